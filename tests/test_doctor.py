"""Protects doctor: it finds what is wrong, says how to mend it, and changes nothing by looking."""

import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.telegram.door import Person, environ_for, settings_for
from userbot.clock import Clock
from userbot.doctor import Check, State, examine
from userbot.doctor_machine import free_bytes
from userbot.rehearsal.model import Asked, Call, Fault, Said, ScriptedModel, Tokens
from userbot.rehearsal.model.said import Brain
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.store.database import close_database, open_database
from userbot.telegram.client import SessionLock
from userbot.telegram.login import login

CHECKOUT = Path(__file__).parent.parent
PHONE = "+7 900 000-00-01"
CALLS = Said(calls=(Call("report_health", {"word": "samovar"}),))


def healthy(asked: Asked) -> Said:
    """Calls the tool with the word it was given: in the user's message, or in the rules before a long text."""
    assert "report_health" in asked.tools
    return Said(calls=(Call("report_health", {"word": "lantern" if "lantern" in asked.system else "samovar"}),))


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def anna(server: TelegramServer, tmp_path: Path) -> Account:
    """Logged in, in a home with everything in it."""
    account = server.world.add_account(PHONE, "Anna")
    settings = settings_for(server, tmp_path, TELEGRAM_PHONE=PHONE)
    open_database(settings.database_path)
    await login(settings, Person(lambda: server.last_code(PHONE)), "en")
    close_database()
    shutil.copytree(CHECKOUT / "skills", tmp_path / "skills")
    return account


def environ(server: TelegramServer, home: Path, model: ScriptedModel | None = None, **more: str) -> dict[str, str]:
    url = model.base_url if model else "http://127.0.0.1:9/v1"
    mine = {"OWNER_TIMEZONE": "Europe/Moscow", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-1", "LLM_API": "chat"}
    # TZ: not whatever this machine's own clocks show.
    return {"TZ": "UTC"} | environ_for(server, home, **(mine | more))


async def examine_offline(settings: Mapping[str, str]) -> list[Check]:
    return await examine(settings, None, offline=True)


def change(database: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(database)) as file, file:
        file.execute(sql)


def files_in(home: Path) -> dict[Path, bytes]:
    """All that has to stay as it is: not the lock, which is taken for a moment, nor SQLite's own files beside the
    database, which a reader leaves behind."""
    passing = {".lock", ".db-shm", ".db-wal"}
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix not in passing}


def of(checks: list[Check], name: str) -> list[Check]:
    return [check for check in checks if check.name == name]


def wrong(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.state is not State.OK]


async def test_all_is_well_and_stays_as_it_was(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    before = files_in(tmp_path)
    async with ScriptedModel(healthy) as model:
        checks = await examine(environ(server, tmp_path, model), None)
    assert wrong(checks) == []
    assert [check.name for check in checks] == [
        "settings",
        "files",
        "disk",
        "session",
        "database",
        "skills",
        "clock",
        "model",
    ]
    assert "Anna" in of(checks, "session")[0].what
    assert files_in(tmp_path) == before


async def test_settings_are_all_named_and_do_not_hide_the_rest(
    server: TelegramServer, anna: Account, tmp_path: Path
) -> None:
    settings = environ(server, tmp_path, OWNER_TIMEZONE="Moscow", DIALOG_LINES="many", OPENAI_BASE_URL="nowhere")
    checks = await examine(settings, None)
    assert len(of(checks, "settings")) == 3
    assert all(check.state is State.BROKEN and check.mend for check in of(checks, "settings"))
    assert of(checks, "session")[0].state is State.OK
    assert of(checks, "database")[0].state is State.OK
    assert of(checks, "model") == [], "there is nothing to call it by"


async def test_secrets_that_others_can_read(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    session = tmp_path / "sessions" / "userbot.session"
    session.chmod(0o644)
    (tmp_path / ".env").write_text("LOG_LEVEL=INFO")
    (tmp_path / ".env").chmod(0o640)
    found = of(await examine_offline(environ(server, tmp_path)), "files")
    assert [check.state for check in found] == [State.BROKEN, State.WARN]
    assert f"chmod 600 {session}" in [check.mend for check in found]


async def test_not_logged_in(server: TelegramServer, tmp_path: Path) -> None:
    for offline in (True, False):
        checks = await examine(environ(server, tmp_path), None, offline=offline)
        (check,) = of(checks, "session")
        assert (check.state, check.mend) == (State.BROKEN, "run `userbot login`")
    assert not (tmp_path / "sessions" / "userbot.session").exists()


async def test_a_session_that_telegram_ended(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    server.revoke(server.sessions(anna)[0])
    async with ScriptedModel(healthy) as model:
        (check,) = of(await examine(environ(server, tmp_path, model), None), "session")
    assert check.state is State.BROKEN
    assert check.mend == "run `userbot login`"


async def test_telegram_away(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    server.refuse_connections()
    async with ScriptedModel(healthy) as model:
        (check,) = of(await examine(environ(server, tmp_path, model), None), "session")
    assert (check.state, "network" in (check.mend or "")) == (State.BROKEN, True)


async def test_a_session_in_use_is_left_alone(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    requests = len(server.requests)
    async with ScriptedModel(healthy) as model:
        with SessionLock(tmp_path / "sessions" / "userbot.lock"):
            (check,) = of(await examine(environ(server, tmp_path, model), None), "session")
    assert (check.state, "in use" in check.what) == (State.OK, True)
    assert len(server.requests) == requests


async def test_offline_asks_nobody(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    requests = len(server.requests)
    checks = await examine_offline(environ(server, tmp_path))
    assert wrong(checks) == []
    assert len(server.requests) == requests


class OffClock(Clock):
    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return super().now() + self._by


@pytest.mark.parametrize(
    ("by_s", "states"), [(5, ["ok"]), (30, ["warn", "ok"]), (-30, ["warn", "ok"]), (600, ["broken", "ok"])]
)
async def test_a_clock_that_is_off(
    server: TelegramServer, anna: Account, tmp_path: Path, by_s: int, states: list[str]
) -> None:
    async with ScriptedModel(healthy) as model:
        checks = await examine(environ(server, tmp_path, model), None, clock=OffClock(timedelta(seconds=by_s)))
    assert [check.state.value for check in of(checks, "clock")] == states


async def test_a_clock_of_long_ago(server: TelegramServer, tmp_path: Path) -> None:
    clock = OffClock(datetime(1970, 1, 2, tzinfo=UTC) - datetime.now(UTC))
    checks = await examine(environ(server, tmp_path), None, offline=True, clock=clock)
    assert of(checks, "clock")[0].state is State.BROKEN


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (500_000_000, State.OK),
        (499_999_999, State.WARN),
        (50_000_000, State.WARN),
        (49_999_999, State.BROKEN),
        (0, State.BROKEN),
    ],
)
async def test_room_on_the_disk(server: TelegramServer, tmp_path: Path, left: int, state: State) -> None:
    asked: list[Path] = []

    def free(folder: Path) -> int:
        asked.append(folder)
        return left

    (check,) = of(await examine(environ(server, tmp_path), None, offline=True, free=free), "disk")
    assert (check.state, f"{left // 1_000_000:,} MB" in check.what) == (state, True)
    assert (check.mend is None) == (state is State.OK)
    assert [folder.is_relative_to(tmp_path) for folder in asked] == [True], "both folders are on one disk"


async def test_a_disk_that_cannot_be_asked_is_broken(server: TelegramServer, tmp_path: Path) -> None:
    def free(folder: Path) -> int:
        raise OSError(5, "Input/output error")

    (check,) = of(await examine(environ(server, tmp_path), None, offline=True, free=free), "disk")
    assert (check.state, "Input/output error" in check.what) == (State.BROKEN, True)


def test_the_free_bytes_are_the_systems_own_count(tmp_path: Path) -> None:
    usage = shutil.disk_usage(tmp_path)
    assert 0 <= free_bytes(tmp_path) <= usage.total
    assert abs(free_bytes(tmp_path) - usage.free) < 1_000_000_000, "others write meanwhile"


@pytest.mark.parametrize(
    ("system", "owner", "warns"),
    [
        ("Europe/Berlin", "Europe/Moscow", True),
        ("Europe/London", "Africa/Abidjan", True),  # the same in November, an hour apart in July
        ("Europe/Berlin", "Europe/Paris", False),  # two names of one time
        ("Europe/Moscow", "Europe/Moscow", False),
        ("Europe/Moscow", "", False),
        ("UTC", "Europe/Moscow", False),  # a server
    ],
)
async def test_a_system_with_other_clocks_than_the_owner(
    server: TelegramServer, tmp_path: Path, system: str, owner: str, warns: bool
) -> None:
    clock = OffClock(datetime(2026, 11, 24, 12, tzinfo=UTC) - datetime.now(UTC))
    settings = environ(server, tmp_path, TZ=system, OWNER_TIMEZONE=owner)
    found = of(await examine(settings, None, offline=True, clock=clock), "time zone")
    assert [check.state for check in found] == [State.WARN] * warns
    assert all(system in (check.mend or "") for check in found)


async def test_databases(server: TelegramServer, tmp_path: Path) -> None:
    path = tmp_path / "data" / "userbot.db"
    settings = environ(server, tmp_path)
    assert "not made yet" in of(await examine_offline(settings), "database")[0].what
    open_database(path)
    change(path, "DELETE FROM schema_migration WHERE name = (SELECT max(name) FROM schema_migration)")
    assert of(await examine_offline(settings), "database")[0].state is State.WARN
    change(path, "INSERT INTO schema_migration (name, applied) VALUES ('9999_from_the_future', '2027-01-01')")
    assert "newer version" in of(await examine_offline(settings), "database")[0].what
    close_database()
    path.write_bytes(path.read_bytes()[:5000] + b"\xff" * 20000)
    for leftover in path.parent.glob("*.db-*"):
        leftover.unlink()
    assert of(await examine_offline(settings), "database")[0].state is State.BROKEN


async def test_skills(server: TelegramServer, tmp_path: Path) -> None:
    settings = environ(server, tmp_path)
    assert "none can be used" in of(await examine_offline(settings), "skills")[-1].what
    shutil.copytree(CHECKOUT / "skills", tmp_path / "skills")
    (tmp_path / "skills" / "half-done").mkdir()
    fine, faulty = of(await examine_offline(settings), "skills")
    assert (fine.state, "meeting" in fine.what) == (State.OK, True)
    assert (faulty.state, "half-done" in faulty.what) == (State.BROKEN, True)


@pytest.mark.parametrize(
    ("answer", "state", "says"),
    [
        (healthy, State.OK, "calls tools"),
        (CALLS, State.WARN, "beginning of a long prompt"),
        (Said("I would call it if I could."), State.BROKEN, "calls no tools"),
        (Said(calls=(Call("report_health", {"word": "kettle"}),)), State.WARN, "wrong arguments"),
        (Said(calls=(Call("report_health", "{cut off"),)), State.BROKEN, "calls no tools"),
        (Fault.error(401, "Incorrect API key provided", "invalid_api_key"), State.BROKEN, "scripted-model at"),
        (Fault.http(200, "<html>hello</html>"), State.BROKEN, "scripted-model at"),
    ],
)
async def test_the_model(
    server: TelegramServer, tmp_path: Path, answer: Said | Fault | Brain, state: State, says: str
) -> None:
    # Some faults are tried again before they are believed: the same answer as often as it is asked for.
    async with ScriptedModel(answer if callable(answer) else lambda _: answer) as model:
        settings = environ(server, tmp_path, model, OPENAI_MODEL="scripted-model")
        (check,) = of(await examine(settings, None), "model")
    assert (check.state, says in check.what) == (state, True)
    assert (check.mend is None) == (state is State.OK)


async def test_a_model_that_is_down(server: TelegramServer, tmp_path: Path) -> None:
    (check,) = of(await examine(environ(server, tmp_path), None), "model")
    assert check.state is State.BROKEN


# What a server does to a prompt of eight thousand words: it answers all the same.
def cut_silently(asked: Asked) -> Said:
    """Ollama with its context of 4096: the rules and the tools are gone, the count says so."""
    if len(asked.text) < 5000:
        return healthy(asked)
    return Said("The diary holds nothing of note.", tokens=Tokens(4096, 9))


def cut_without_counting(asked: Asked) -> Said:
    return healthy(asked) if len(asked.text) < 5000 else Said("Nothing of note.", tokens="none")


def too_long(asked: Asked) -> Said | Fault:
    too = Fault.error(400, "the request exceeds the available context size", "exceed_context_size_error")
    return healthy(asked) if len(asked.text) < 5000 else too


@pytest.mark.parametrize(
    ("brain", "state", "says"),
    [
        (cut_silently, State.BROKEN, "it read 4096 tokens"),
        (cut_without_counting, State.BROKEN, "lost its beginning"),
        (too_long, State.WARN, "takes no prompt of 8000 words"),
    ],
)
async def test_a_context_that_is_too_short(
    server: TelegramServer, tmp_path: Path, brain: Brain, state: State, says: str
) -> None:
    """Rules and mandate stand at the beginning: a server that cuts there takes them away without a word."""
    async with ScriptedModel(brain) as model:
        (check,) = of(await examine(environ(server, tmp_path, model), None), "model")
    assert (check.state, says in check.what, "OLLAMA_CONTEXT_LENGTH" in (check.mend or "")) == (state, True, True)


async def test_every_fallback_is_asked_but_none_that_may_not_be(server: TelegramServer, tmp_path: Path) -> None:
    async with ScriptedModel(healthy) as first, ScriptedModel(healthy) as second:
        settings = environ(
            server,
            tmp_path,
            first,
            FALLBACK_1_MODEL="other",
            FALLBACK_1_BASE_URL=second.base_url,
            FALLBACK_2_MODEL="gpt-6-luna",
            FALLBACK_2_API_KEY="sk-cloud",
            FALLBACK_3_MODEL="nobody",
            FALLBACK_3_BASE_URL="http://127.0.0.1:9/v1",
        )
        checks = await examine(settings, None)
    assert of(checks, "model")[0].state is State.OK
    assert of(checks, "fallback 1")[0].state is State.OK
    (never,) = of(checks, "fallback 2")
    assert (never.state, "never asked" in never.what, "FALLBACK_TO_CLOUD" in (never.mend or "")) == (
        State.WARN,
        True,
        True,
    )
    (away,) = of(checks, "fallback 3")
    assert (away.state, "FALLBACK_3_BASE_URL" in (away.mend or "")) == (State.WARN, True), "the first one works"
    assert {asked.model for asked in second.asked} == {"other"}


@pytest.mark.parametrize(("answer", "state"), [("", State.OK), (Fault.error(404, "no such model"), State.WARN)])
async def test_the_speech_model(server: TelegramServer, tmp_path: Path, answer: str | Fault, state: State) -> None:
    async with ScriptedModel(healthy) as model:
        model.hears(answer)
        settings = environ(server, tmp_path, model, SPEECH_MODEL="whisper", SPEECH_BASE_URL=model.base_url)
        (check,) = of(await examine(settings, None), "speech")
    assert check.state is state


@pytest.mark.parametrize(
    ("today", "states"),
    [
        (datetime(2026, 11, 24, tzinfo=UTC), ["warn"]),
        (datetime(2026, 12, 11, tzinfo=UTC), ["broken"]),
        (datetime(2026, 10, 11, tzinfo=UTC), []),
    ],
)
async def test_a_model_that_is_shut_down(
    server: TelegramServer, tmp_path: Path, today: datetime, states: list[str]
) -> None:
    clock = OffClock(today - datetime.now(UTC))
    model = "gpt-5-mini-2025-08-07"
    at_openai = environ(server, tmp_path, OPENAI_BASE_URL="", OPENAI_MODEL=model)
    checks = await examine(at_openai, None, offline=True, clock=clock)
    assert [check.state.value for check in of(checks, "model")] == states
    checks = await examine(environ(server, tmp_path, OPENAI_MODEL=model), None, offline=True, clock=clock)
    assert of(checks, "model") == [], "that name means something else there"


async def test_a_table_of_prices_that_cannot_be_read(server: TelegramServer, tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text('["m"]\ninput = "cheap"\n')
    (check,) = of(await examine_offline(environ(server, tmp_path)), "prices")
    assert (check.state, "input of m" in check.what) == (State.BROKEN, True)


async def test_a_calendar_is_counted_and_neither_its_titles_nor_its_address_are_told(tmp_path: Path) -> None:
    feed = tmp_path / "token.ics"
    start = Clock().now() + timedelta(days=1)
    feed.write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:Dentist\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    settings = {"USERBOT_HOME": str(tmp_path), "OWNER_TIMEZONE": "Europe/Moscow", "CALENDAR_URL": str(feed)}
    (check,) = of(await examine_offline(settings), "calendar")
    assert (check.state, check.what) == (State.OK, "1 busy times in the next 14 days")
    feed.write_text("Dentist")
    (check,) = of(await examine_offline(settings), "calendar")
    assert check.state is State.BROKEN
    assert not any(word in f"{check}" for word in ("Dentist", "token"))
    url = {**settings, "CALENDAR_URL": "http://example.org/token"}
    (check,) = [one for one in wrong(await examine_offline(url)) if "CALENDAR_URL" in one.what]
    assert "token" not in f"{check}"
