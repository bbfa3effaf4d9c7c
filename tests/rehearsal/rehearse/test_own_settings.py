"""Protects the owner while they try things: their account, calendar and speech server take no part in a rehearsal."""

from pathlib import Path

import pytest

from userbot.config import SettingsError
from userbot.rehearsal.rehearse.own_settings import take_settings

WRITTEN = """
TELEGRAM_API_ID=12345
TELEGRAM_API_HASH=0123456789abcdef0123456789abcdef
TELEGRAM_PHONE=+79991234567
OPENAI_API_KEY=sk-own
OPENAI_MODEL=a-model
FALLBACK_1_MODEL=another
SPEECH_MODEL=ears
SPEECH_API_KEY=sk-ears
CALENDAR_URL=https://calendar.example/secret.ics
CALDAV_URL=https://calendar.example/dav
CALDAV_USERNAME=me
CALDAV_PASSWORD=hidden
OWNER_TIMEZONE=Europe/Moscow
APPROVAL_MODE=draft
QUIET_HOURS=22-8
HOLD_SECONDS=7
LOG_LEVEL=DEBUG
"""


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    (tmp_path / ".env").write_text(WRITTEN)
    return tmp_path / ".env"


def test_the_models_settings_and_the_manners_are_taken_and_nothing_else(env_file: Path) -> None:
    own = take_settings({"OPENAI_MODEL": "of-the-environment"}, env_file, as_set=True)
    assert own.by_name == {
        "OPENAI_API_KEY": "sk-own",
        "OPENAI_MODEL": "of-the-environment",
        "FALLBACK_1_MODEL": "another",
        "SPEECH_MODEL": "off",
        "OWNER_TIMEZONE": "Europe/Moscow",
        "APPROVAL_MODE": "draft",
        "QUIET_HOURS": "22-8",
        "HOLD_SECONDS": "7",
    }


def test_pauses_are_shortened_unless_they_are_wanted_as_set(env_file: Path) -> None:
    own = take_settings({}, env_file, as_set=False)
    assert (own.by_name["QUIET_HOURS"], own.by_name["HOLD_SECONDS"]) == ("off", "0")
    assert own.by_name["APPROVAL_MODE"] == "draft"


def test_no_login_is_needed_and_a_model_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as missing:
        take_settings({"OWNER_TIMEZONE": "Europe/Moscow"}, tmp_path / ".env", as_set=False)
    assert [problem.split(" is missing")[0] for problem in missing.value.problems] == ["OPENAI_API_KEY"]


@pytest.mark.parametrize(
    ("url", "is_local"), [("http://127.0.0.1:11434/v1", True), ("https://models.example.org/v1", False), ("", False)]
)
def test_whether_anything_leaves_the_house_is_known(url: str, *, is_local: bool) -> None:
    own = take_settings(
        {"OWNER_TIMEZONE": "Europe/Moscow", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-own"}, None, as_set=False
    )
    assert own.is_local is is_local
