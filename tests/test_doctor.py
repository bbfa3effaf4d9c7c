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
from userbot.rehearsal.model import Call, Fault, Said, ScriptedModel, Step
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.store.database import close_database, open_database
from userbot.telegram.client import SessionLock
from userbot.telegram.login import login

CHECKOUT = Path(__file__).parent.parent
PHONE = "+7 900 000-00-01"
CALLS = Said(calls=(Call("report_health", {"word": "samovar"}),))


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
    return environ_for(server, home, **(mine | more))


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
    async with ScriptedModel([Step(CALLS, tools=("report_health",))]) as model:
        checks = await examine(environ(server, tmp_path, model), None)
    assert wrong(checks) == []
    assert [check.name for check in checks] == ["settings", "files", "session", "database", "skills", "clock", "model"]
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
    assert f"chmod 600 '{session}'" in [check.mend for check in found]


async def test_not_logged_in(server: TelegramServer, tmp_path: Path) -> None:
    for offline in (True, False):
        checks = await examine(environ(server, tmp_path), None, offline=offline)
        (check,) = of(checks, "session")
        assert (check.state, check.mend) == (State.BROKEN, "run `userbot login`")
    assert not (tmp_path / "sessions" / "userbot.session").exists()


async def test_a_session_that_telegram_ended(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    server.revoke(server.sessions(anna)[0])
    async with ScriptedModel([CALLS]) as model:
        (check,) = of(await examine(environ(server, tmp_path, model), None), "session")
    assert check.state is State.BROKEN
    assert check.mend == "run `userbot login`"


async def test_telegram_away(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    server.refuse_connections()
    async with ScriptedModel([CALLS]) as model:
        (check,) = of(await examine(environ(server, tmp_path, model), None), "session")
    assert (check.state, "network" in (check.mend or "")) == (State.BROKEN, True)


async def test_a_session_in_use_is_left_alone(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    requests = len(server.requests)
    async with ScriptedModel([CALLS]) as model:
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
    async with ScriptedModel([CALLS]) as model:
        checks = await examine(environ(server, tmp_path, model), None, clock=OffClock(timedelta(seconds=by_s)))
    assert [check.state.value for check in of(checks, "clock")] == states


async def test_a_clock_of_long_ago(server: TelegramServer, tmp_path: Path) -> None:
    clock = OffClock(datetime(1970, 1, 2, tzinfo=UTC) - datetime.now(UTC))
    checks = await examine(environ(server, tmp_path), None, offline=True, clock=clock)
    assert of(checks, "clock")[0].state is State.BROKEN


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
        (CALLS, State.OK, "calls tools"),
        (Said("I would call it if I could."), State.BROKEN, "calls no tools"),
        (Said(calls=(Call("report_health", {"word": "kettle"}),)), State.WARN, "wrong arguments"),
        (Said(calls=(Call("report_health", "{cut off"),)), State.BROKEN, "calls no tools"),
        (Fault.error(401, "Incorrect API key provided", "invalid_api_key"), State.BROKEN, "scripted-model at"),
        (Fault.http(200, "<html>hello</html>"), State.BROKEN, "scripted-model at"),
    ],
)
async def test_the_model(server: TelegramServer, tmp_path: Path, answer: Said | Fault, state: State, says: str) -> None:
    # Some faults are tried again before they are believed: the same answer as often as it is asked for.
    async with ScriptedModel(lambda _: answer) as model:
        settings = environ(server, tmp_path, model, OPENAI_MODEL="scripted-model")
        (check,) = of(await examine(settings, None), "model")
    assert (check.state, says in check.what) == (state, True)
    assert (check.mend is None) == (state is State.OK)


async def test_a_model_that_is_down(server: TelegramServer, tmp_path: Path) -> None:
    (check,) = of(await examine(environ(server, tmp_path), None), "model")
    assert check.state is State.BROKEN
