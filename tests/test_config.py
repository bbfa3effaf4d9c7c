"""Protects the settings: read once, everything wrong named at once, no secret shown, no key sent astray."""

import re
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from userbot.config import (
    ALL_PARTS,
    HOME_ONLY,
    LOGIN_PARTS,
    Settings,
    SettingsError,
    default_home,
    find_env_file,
    find_system_zone,
    read_settings,
)
from userbot.settings_page import WHEN, settings_page, write_pages
from userbot.settings_table import SETTINGS, Part, example_env

CHECKOUT = Path(__file__).parent.parent
HASH = "0123456789abcdef0123456789abcdef"
KEY = "sk-secret-0123456789"
GOOD = {"TELEGRAM_API_ID": "12345", "TELEGRAM_API_HASH": HASH, "OPENAI_API_KEY": KEY, "OWNER_TIMEZONE": "Europe/Moscow"}


def read(
    environ: Mapping[str, str],
    env_file: Path | None = None,
    needs: frozenset[Part] = ALL_PARTS,
    zone: str | None = None,
) -> Settings:
    return read_settings(environ, env_file, needs=needs, system_zone=lambda: zone)


def problems(
    environ: Mapping[str, str], env_file: Path | None = None, needs: frozenset[Part] = ALL_PARTS
) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(environ, env_file, needs)
    return caught.value.problems


def write(folder: Path, *lines: str) -> Path:
    path = folder / ".env"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_good_environment_is_enough() -> None:
    settings = read(GOOD)
    assert (settings.api_id, settings.api_hash, settings.openai_api_key) == (12345, HASH, KEY)
    assert settings.owner_timezone.key == "Europe/Moscow"
    assert (settings.openai_model, settings.llm_api, settings.owner_language) == ("gpt-6-luna", "auto", "auto")
    assert (settings.command_prefix, settings.quiet_s, settings.dialog_lines) == (".", 6.0, 20)
    assert (settings.phone, settings.telegram_server, settings.telegram_dc) == (None, None, 2)


def test_everything_missing_is_named_at_once_with_where_to_get_it() -> None:
    found = problems({})
    assert [line.split()[0] for line in found] == [
        "TELEGRAM_API_ID",
        "TELEGRAM_API_HASH",
        "OPENAI_API_KEY",
        "OWNER_TIMEZONE",
    ]
    assert "my.telegram.org" in found[0]
    assert "platform.openai.com" in found[2]
    assert "OPENAI_BASE_URL" in found[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_API_ID", "abc"),
        ("TELEGRAM_API_ID", "0"),
        ("TELEGRAM_API_ID", "²"),
        ("TELEGRAM_API_HASH", "short"),
        ("TELEGRAM_PHONE", "my phone"),
        ("TELEGRAM_SERVER", "localhost"),
        ("TELEGRAM_SERVER", "localhost:99999"),
        ("TELEGRAM_SERVER", "https://localhost:443"),
        ("TELEGRAM_SERVER_KEY", "no-such-file.pem"),
        ("TELEGRAM_DC", "-1"),
        ("OPENAI_API_KEY", "sk-with spaces"),
        ("OPENAI_BASE_URL", "localhost:11434"),
        ("OPENAI_BASE_URL", "http://"),
        ("OPENAI_BASE_URL", "http://name:word@localhost/v1"),
        ("LLM_API", "soap"),
        ("MODEL_TIMEOUT_SECONDS", "0"),
        ("FALLBACK_1_BASE_URL", "localhost"),
        ("FALLBACK_2_API_KEY", "sk-with spaces"),
        ("FALLBACK_TO_CLOUD", "maybe"),
        ("SPEECH_BASE_URL", "localhost"),
        ("OWNER_TIMEZONE", "Moscow"),
        ("OWNER_TIMEZONE", "../../etc/passwd"),
        ("OWNER_LANGUAGE", "fr"),
        ("COMMAND_PREFIX", "/"),
        ("COMMAND_PREFIX", "a"),
        ("COMMAND_PREFIX", "...."),
        ("COMMAND_PREFIX", ". ."),
        ("QUIET_SECONDS", "soon"),
        ("QUIET_SECONDS", "nan"),
        ("DIALOG_LINES", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("USERBOT_HOME", "/no/such/folder"),
        ("USERBOT_HOME", "~nobody-of-this-name/home"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    assert any(line.startswith(f"{name} ") for line in problems(GOOD | {name: value}))


def test_all_that_is_wrong_is_named_together() -> None:
    assert len(problems({"LLM_API": "soap", "QUIET_SECONDS": "soon", "TELEGRAM_API_ID": "x"})) == 6


def test_no_secret_is_shown() -> None:
    shown = repr(read(GOOD))
    assert HASH not in shown
    assert KEY not in shown
    wrong = problems(GOOD | {"TELEGRAM_API_HASH": HASH + "!", "OPENAI_API_KEY": KEY + " " + KEY, "DIALOG_LINES": "x"})
    assert HASH not in "".join(wrong)
    assert KEY not in "".join(wrong)


def test_the_environment_wins_and_an_empty_value_is_unset(tmp_path: Path) -> None:
    env_file = write(tmp_path, "QUIET_SECONDS=9", "OPENAI_MODEL=from-file", "OPENAI_BASE_URL=", "COMMAND_PREFIX='#'")
    settings = read(GOOD | {"OPENAI_MODEL": "from-environment", "QUIET_SECONDS": "  "}, env_file)
    assert settings.openai_model == "from-environment"
    assert settings.quiet_s == 9
    assert settings.openai_base_url is None
    assert settings.command_prefix == "#"


def test_env_file_is_taken_as_written(tmp_path: Path) -> None:
    env_file = write(tmp_path, "\ufeffOPENAI_API_KEY=sk-$HOME-${PATH}", 'OPENAI_MODEL="with quotes"'.replace(" ", "-"))
    settings = read({k: v for k, v in GOOD.items() if k != "OPENAI_API_KEY"}, env_file)
    assert settings.openai_api_key == "sk-$HOME-${PATH}"
    assert settings.openai_model == "with-quotes"


def test_a_misspelt_setting_is_noted_and_a_missing_file_is_none(tmp_path: Path) -> None:
    (note,) = read(GOOD, write(tmp_path, "OWNER_TIMEZON=Europe/Moscow")).notes
    assert "OWNER_TIMEZON" in note
    assert read(GOOD, tmp_path / "nothing").env_file is None


def test_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"OPENAI_MODEL=\xff\xfe")
    assert "UTF-8" in problems(GOOD, env_file)[0]


def test_login_needs_only_telegrams_settings() -> None:
    settings = read({"TELEGRAM_API_ID": "1", "TELEGRAM_API_HASH": HASH}, needs=LOGIN_PARTS)
    assert (settings.openai_api_key, settings.owner_timezone.key) == ("", "UTC")
    assert [line.split()[0] for line in problems({}, needs=LOGIN_PARTS)] == ["TELEGRAM_API_ID", "TELEGRAM_API_HASH"]


def test_looking_at_the_database_needs_no_setting_and_is_not_stopped_by_a_wrong_one(tmp_path: Path) -> None:
    settings = read({"USERBOT_HOME": str(tmp_path), "TELEGRAM_API_ID": "x"}, needs=HOME_ONLY)
    assert settings.database_path == tmp_path / "data" / "userbot.db"
    assert settings.session_path == tmp_path / "sessions" / "userbot.session"
    assert settings.lock_path.parent == settings.sessions_dir
    assert settings.skills_dir == tmp_path / "skills"


# Another Telegram server


def test_another_server_takes_any_hash_and_brings_its_key(tmp_path: Path) -> None:
    pem = "-----BEGIN RSA PUBLIC KEY-----\nMAo=\n-----END RSA PUBLIC KEY-----\n"
    (tmp_path / "key.pem").write_text(pem)
    env_file = write(tmp_path, "TELEGRAM_SERVER_KEY=key.pem", "TELEGRAM_SERVER=[::1]:8443", "TELEGRAM_DC=3")
    settings = read(GOOD | {"TELEGRAM_API_HASH": "loopback"}, env_file)
    assert settings.telegram_server_key == pem, "a relative path is relative to .env"
    assert settings.telegram_server is not None
    assert (settings.telegram_server.host, settings.telegram_server.port, settings.telegram_dc) == ("::1", 8443, 3)
    assert str(settings.telegram_server) == "[::1]:8443"


def test_only_a_server_of_ones_own_takes_a_flood(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN RSA PUBLIC KEY-----\n-----END RSA PUBLIC KEY-----\n")
    fast = GOOD | {"MESSAGES_PER_MINUTE": "31"}
    (problem,) = problems(fast)
    assert problem.startswith("MESSAGES_PER_MINUTE is 31")
    assert read(GOOD | {"MESSAGES_PER_MINUTE": "30"}).messages_per_minute == 30
    own = {"TELEGRAM_SERVER": "127.0.0.1:4433", "TELEGRAM_SERVER_KEY": str(tmp_path / "key.pem")}
    assert read(fast | own).messages_per_minute == 31


def test_a_key_without_its_server_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN RSA PUBLIC KEY-----")
    assert "TELEGRAM_SERVER" in problems(GOOD | {"TELEGRAM_SERVER_KEY": str(tmp_path / "key.pem")})[0]
    (tmp_path / "key.pem").write_text("-----BEGIN CERTIFICATE-----")
    server = {"TELEGRAM_SERVER": "localhost:1"}
    assert "RSA" in problems(GOOD | server | {"TELEGRAM_SERVER_KEY": str(tmp_path / "key.pem")})[0]


# The model's key


def test_a_model_of_ones_own_needs_no_key() -> None:
    settings = read(
        {k: v for k, v in GOOD.items() if k != "OPENAI_API_KEY"} | {"OPENAI_BASE_URL": "http://box:11434/v1"}
    )
    assert settings.openai_api_key == ""
    assert settings.model_settings.base_url == "http://box:11434/v1"


def test_openai_named_in_full_needs_its_key() -> None:
    url = {"OPENAI_BASE_URL": "https://api.openai.com/v1"}
    assert "OPENAI_API_KEY" in problems({k: v for k, v in GOOD.items() if k != "OPENAI_API_KEY"} | url)[0]


def test_a_key_from_the_environment_is_not_sent_where_env_file_points(tmp_path: Path) -> None:
    env_file = write(tmp_path, "OPENAI_BASE_URL=http://gateway.example/v1")
    settings = read(GOOD, env_file)
    assert settings.openai_api_key == ""
    (note,) = settings.notes
    assert "OPENAI_API_KEY" in note
    assert KEY not in note


def test_a_key_in_env_file_is_not_sent_where_the_environment_points(tmp_path: Path) -> None:
    env_file = write(tmp_path, f"OPENAI_API_KEY={KEY}")
    environ = {k: v for k, v in GOOD.items() if k != "OPENAI_API_KEY"} | {
        "OPENAI_BASE_URL": "http://gateway.example/v1"
    }
    assert read(environ, env_file).openai_api_key == ""


def test_a_key_and_a_url_from_one_place_belong_together(tmp_path: Path) -> None:
    assert read(GOOD | {"OPENAI_BASE_URL": "http://gateway.example/v1"}).model_settings.api_key == KEY
    env_file = write(tmp_path, f"OPENAI_API_KEY={KEY}", "OPENAI_BASE_URL=http://gateway.example/v1")
    assert read({k: v for k, v in GOOD.items() if k != "OPENAI_API_KEY"}, env_file).model_settings.api_key == KEY


# Fallbacks and speech

HOME_MODEL = {k: v for k, v in GOOD.items() if k != "OPENAI_API_KEY"} | {"OPENAI_BASE_URL": "http://box:11434/v1"}


def places(settings: Settings) -> list[tuple[str, str, str | None, str]]:
    return [(model.model, model.api_key, model.base_url, model.named) for model in settings.models]


def test_fallbacks_come_in_their_order_each_with_its_own_key() -> None:
    more = {
        "OPENAI_MODEL": "first",
        "FALLBACK_1_MODEL": "second",
        "FALLBACK_2_MODEL": "third",
        "FALLBACK_2_BASE_URL": "https://gateway.example/v1",
        "FALLBACK_2_API_KEY": "sk-gateway",
        "FALLBACK_3_MODEL": "fourth",
        "FALLBACK_3_BASE_URL": "http://box:11434/v1",
    }
    settings = read(GOOD | more)
    assert places(settings) == [
        ("first", KEY, None, "OPENAI"),
        ("second", KEY, None, "FALLBACK_1"),
        ("third", "sk-gateway", "https://gateway.example/v1", "FALLBACK_2"),
        ("fourth", "", "http://box:11434/v1", "FALLBACK_3"),
    ]
    assert "sk-gateway" not in repr(settings)
    assert places(read(GOOD | {"OPENAI_MODEL": "first", "FALLBACK_3_MODEL": "last"}))[1][0] == "last"
    assert len(read(GOOD).models) == 1


def test_a_fallbacks_key_without_an_address_is_openais_and_goes_to_no_server_at_home() -> None:
    """Who writes an OpenAI key beneath a model at home means OpenAI."""
    settings = read(HOME_MODEL | {"FALLBACK_1_MODEL": "gpt-6-luna", "FALLBACK_1_API_KEY": KEY})
    assert places(settings)[1] == ("gpt-6-luna", KEY, None, "FALLBACK_1")
    assert settings.fallback_to_cloud is False


def test_a_fallbacks_key_of_the_environment_is_not_sent_where_env_file_points(tmp_path: Path) -> None:
    env_file = write(tmp_path, "FALLBACK_1_MODEL=m", "FALLBACK_1_BASE_URL=http://gateway.example/v1")
    settings = read(GOOD | {"FALLBACK_1_API_KEY": "sk-other"}, env_file)
    assert settings.models[1].api_key == ""
    assert "FALLBACK_1_API_KEY" in settings.notes[0]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"FALLBACK_1_BASE_URL": "http://box/v1"}, "FALLBACK_1_MODEL"),
        ({"FALLBACK_2_API_KEY": "sk-1"}, "FALLBACK_2_MODEL"),
        ({"FALLBACK_1_MODEL": "m", "FALLBACK_1_BASE_URL": "https://api.openai.com/v1"}, "FALLBACK_1_API_KEY"),
        ({"SPEECH_BASE_URL": "http://box:8000/v1"}, "SPEECH_MODEL"),
        ({"SPEECH_BASE_URL": "https://api.openai.com/v1"}, "SPEECH_API_KEY"),
        ({"SPEECH_MODEL": "whisper"}, "SPEECH_BASE_URL"),
    ],
)
def test_half_a_model_is_named(more: dict[str, str], names: str) -> None:
    (problem,) = problems(HOME_MODEL | more)
    assert problem.startswith(f"{names} is missing")


def test_who_turns_voice_into_text() -> None:
    def speech(environ: dict[str, str]) -> tuple[str, str, str | None] | None:
        found = read(environ).speech_settings
        return None if found is None else (found.model, found.api_key, found.base_url)

    assert speech(GOOD) == ("gpt-transcribe", KEY, None)
    assert speech(GOOD | {"SPEECH_MODEL": "off"}) is None
    assert speech(HOME_MODEL) is None
    assert speech(HOME_MODEL | {"SPEECH_API_KEY": "sk-2"}) == ("gpt-transcribe", "sk-2", None)
    at_home = {"SPEECH_BASE_URL": "http://box:8000/v1", "SPEECH_MODEL": "whisper-large"}
    assert speech(GOOD | at_home) == ("whisper-large", "", "http://box:8000/v1"), "OpenAI's key goes to OpenAI alone"
    gateway = {"OPENAI_BASE_URL": "https://gateway.example/v1"}
    assert speech(GOOD | gateway) is None, "a gateway's key is no key of OpenAI's"


# Zone and home


def test_the_systems_zone_is_taken_when_none_is_set() -> None:
    without = {k: v for k, v in GOOD.items() if k != "OWNER_TIMEZONE"}
    assert read(without, zone="Asia/Yekaterinburg").owner_timezone.key == "Asia/Yekaterinburg"
    assert problems(without)[0].startswith("OWNER_TIMEZONE")


@pytest.mark.parametrize(
    ("tz", "zone"), [("Europe/Moscow", "Europe/Moscow"), (":Europe/Berlin", "Europe/Berlin"), ("UTC", None)]
)
def test_the_zone_of_the_system(tz: str, zone: str | None) -> None:
    assert find_system_zone({"TZ": tz}) == zone


def test_home_is_here_when_skills_are_here_and_else_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_home() == CHECKOUT
    assert find_env_file({}) == CHECKOUT / ".env"
    (tmp_path / "skills").mkdir()
    assert default_home() == tmp_path
    assert find_env_file({}) == tmp_path / ".env"
    assert find_env_file({"USERBOT_HOME": "/elsewhere"}) == Path("/elsewhere/.env")


def test_a_home_in_env_file_is_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    assert read(GOOD, write(tmp_path, "USERBOT_HOME=home")).home == tmp_path / "home"


# .env.example


def test_the_example_is_what_the_code_says() -> None:
    assert (CHECKOUT / ".env.example").read_text(encoding="utf-8") == example_env(), "write it anew: `make pages`"


def test_the_example_holds_every_setting_with_a_line_of_explanation() -> None:
    lines = example_env().splitlines()
    for setting in SETTINGS:
        (at,) = [n for n, line in enumerate(lines) if line.startswith(f"{setting.name}=")]
        assert re.match(r"# \S.*\.$", lines[at - 1]), setting.name


def test_the_page_of_settings_is_what_the_code_says() -> None:
    assert (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page(), "`make pages`"


def test_the_page_says_of_every_setting_when_to_change_it() -> None:
    page = settings_page()
    for setting in SETTINGS:
        assert WHEN.get(setting.name), f"say in settings_page.WHEN when to change {setting.name}"
        assert page.count(f"\n| `{setting.name}` |") == 1


def test_both_files_made_of_the_table_are_written_at_once(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    write_pages(tmp_path)
    assert (tmp_path / ".env.example").read_text(encoding="utf-8") == example_env()
    assert (tmp_path / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page()


def test_a_copied_example_lacks_only_what_must_be_filled_in(tmp_path: Path) -> None:
    env_file = write(tmp_path, example_env())
    assert not stat.S_ISDIR(env_file.stat().st_mode)
    assert [line.split()[0] for line in problems({}, env_file)] == [line.split()[0] for line in problems({})]
    assert read(GOOD, env_file).notes == ()


def test_every_field_comes_from_the_table() -> None:
    fields = {setting.field for setting in SETTINGS} | {"env_file", "notes"}
    assert fields == set(Settings.__dataclass_fields__)
