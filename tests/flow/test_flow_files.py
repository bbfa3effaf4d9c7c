"""Protects the record: a disk that fills up, damaged and locked files are said to be so and left alone, and a copy of
the files taken at any moment, as a power cut leaves them, is whole."""

import asyncio
import contextlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession

from tests.flow.conftest import House
from tests.flow.script import OPENING, anna_lane, open_meeting
from userbot import app
from userbot.__main__ import main
from userbot.config import default_home
from userbot.errors import MachineFails, UserbotError
from userbot.rehearsal.model import Call, Said, Step
from userbot.rehearsal.script import reply, turn
from userbot.store import journal, ledger
from userbot.store.database import db
from userbot.telegram.client import make_client


async def test_a_disk_that_fills_up_ends_the_program_and_what_came_then_is_read_after_it(house: House) -> None:
    """A message that could not be stored is not forgotten, and the turn in flight has not happened."""
    await house.start_program()
    await open_meeting(house)
    lane = anna_lane(house)
    calls = (Call("reply", {"task_id": 1, "text": "А в 17:00?", "reply_to": None}),)
    lane.add(Step(Said(calls=calls, delay_s=60)), Step(Said("done")))
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(10)
    # From here on no page can be added: SQLite's own way to a full disk.
    db.pragma("max_page_count", 1)
    written = 0
    while house.is_running:
        written += 1
        await house.type(house.cast.anna, f"и вот почему {written}: " + "потому что " * 100)
        await house.settle(1)
    assert 0 < written < 40
    with pytest.raises(MachineFails, match="the disk is full"):
        await house.stop_program()
    await house.kill_program()
    assert "А в 17:00?" not in house.texts(house.cast.anna)
    everything = ("в два не могу", *(f"и вот почему {number}:" for number in range(1, written + 1)))
    lane.take(lane.asked[-1])
    turn(lane, everything, lambda _: [reply(1, "В 16:00 отлично.")])
    await house.start_program()
    await house.see(house.cast.anna, "В 16:00 отлично.")
    assert house.texts(house.cast.anna).count(OPENING) == 1
    house.model.check()


@pytest.mark.parametrize("table", ["schema_migration", "journal", "ledger"])
async def test_a_database_damaged_inside_ends_the_program_with_what_to_do(house: House, table: str) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.stop_program()
    path = house.settings.database_path
    with contextlib.closing(sqlite3.connect(path)) as file:
        (page,) = file.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    whole = path.read_bytes()
    damage(path, (page - 1) * 4096, 4096)
    await house.type(house.cast.anna, "а в четыре?")
    with pytest.raises(UserbotError, match=r"userbot\.db.*it is damaged: put back a backup"):
        await _start_and_go_on(house)
    await house.kill_program()
    path.write_bytes(whole)
    turn(anna_lane(house), "а в четыре?", lambda _: [reply(1, "В 16:00 отлично.")])
    await house.start_program()
    await house.see(house.cast.anna, "В 16:00 отлично.")
    assert house.texts(house.cast.anna).count(OPENING) == 1


async def _start_and_go_on(house: House) -> None:
    await house.start_program()
    await house.settle(60)
    await house.stop_program()


def damage(path: Path, at: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


async def test_a_copy_taken_at_any_moment_is_whole(house: House, tmp_path: Path) -> None:
    """Before every tenth statement and every commit. No copy holds half a turn: an answered message comes with its
    answer, or neither is there."""
    await house.start_program()
    await open_meeting(house)
    statements = copies = 0

    def watch(statement: str) -> None:
        nonlocal statements, copies
        statements += 1
        if statements % 10 and statement != "COMMIT":
            return
        copies += 1
        folder = tmp_path / f"copy {copies}"
        folder.mkdir()
        for name in ("userbot.db", "userbot.db-wal"):
            shutil.copy(house.settings.database_path.with_name(name), folder)
        with contextlib.closing(sqlite3.connect(folder / "userbot.db")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            answered = copy.execute(
                "SELECT count(*) FROM journal WHERE author = 'contact' AND turn_id IS NOT NULL AND state = 'handled'"
            ).fetchone()
            assert answered == copy.execute("SELECT count(*) FROM ledger WHERE purpose = 'reply'").fetchone()
        shutil.rmtree(folder)

    failed: list[BaseException] = []

    def watch_and_tell(statement: str) -> None:
        # SQLite would swallow what is raised here.
        try:
            watch(statement)
        except BaseException as error:
            failed.append(error)

    db.connection().set_trace_callback(watch_and_tell)  # type: ignore[no-untyped-call]
    for number in range(3):
        turn(anna_lane(house), f"вопрос {number}", _answers(number))
        await house.type(house.cast.anna, f"вопрос {number}")
        await house.see(house.cast.anna, f"ответ {number}")
    db.connection().set_trace_callback(None)  # type: ignore[no-untyped-call]
    assert failed == []
    assert copies > 30
    assert [row.text for row in ledger.latest(house.cast.anna.id, 3)] == ["ответ 0", "ответ 1", "ответ 2"]
    assert not journal.waiting(house.cast.anna.id, "new")


def _answers(number: int) -> Callable[[object], list[Call]]:
    return lambda _: [reply(1, f"ответ {number}")]


async def test_every_connection_that_writes_waits_for_the_disk(house: House) -> None:
    """FULL (2) is what "a committed row is still there after a power cut" means, for the session file too."""
    await house.start_program()
    assert (db.pragma("journal_mode"), db.pragma("synchronous")) == ("wal", 2)
    await house.stop_program()
    client = make_client(house.settings)
    assert client.session._cursor().execute("PRAGMA synchronous").fetchone() == (2,)
    client.session.close()


async def test_a_stop_while_telegram_is_away_does_not_wait_for_it(house: House) -> None:
    await house.server.stop()
    stop = asyncio.Event()
    running = asyncio.create_task(app.run(house.settings, clock=house.clock, stop=stop))
    await house.settle(300)
    assert not running.done()
    stop.set()
    async with asyncio.timeout(5):
        await running


# --- what the command line says -------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where somebody has logged in, as the environment tells it; what `main` changes in this process is put back."""
    for name in os.environ:
        if name.startswith(("TELEGRAM_", "OPENAI_", "OWNER_", "USERBOT_", "LLM_")):
            monkeypatch.delenv(name)
    environ = {
        "TELEGRAM_API_ID": "1",
        "TELEGRAM_API_HASH": "0123456789abcdef" * 2,
        "OPENAI_API_KEY": "test",
        "OWNER_TIMEZONE": "Europe/Moscow",
        "USERBOT_HOME": str(tmp_path),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(default_home() / "skills", tmp_path / "skills")
    # As the command line has it: nobody else can read what is made.
    umask = os.umask(0o077)
    (tmp_path / "sessions").mkdir(mode=0o700)
    session = SQLiteSession(str(tmp_path / "sessions" / "userbot.session"))
    session.set_dc(2, "127.0.0.1", 9)
    session.auth_key = AuthKey(os.urandom(256))
    # As Telethon keeps whose login it is.
    session._execute("INSERT INTO entities (id, hash) VALUES (0, 77)")
    session.close()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield tmp_path
    os.umask(umask)
    root.handlers[:] = handlers
    root.setLevel(level)


def _a_file_for_the_folder(home: Path) -> None:
    (home / "data").write_text("")


def _a_folder_for_the_lock(home: Path) -> None:
    (home / "sessions" / "userbot.lock").mkdir()


def _no_database(home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "userbot.db").write_bytes(b"\xa5" * 8192)


def _no_session(home: Path) -> None:
    damage(home / "sessions" / "userbot.session", 0, 100)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_a_file_for_the_folder, "userbot.db cannot be opened"),
        (_a_folder_for_the_lock, "userbot.lock cannot be written"),
        (_no_database, "userbot.db cannot be opened: file is not a database"),
        (_no_session, "userbot.session cannot be used"),
    ],
)
def test_a_home_that_cannot_be_used_is_said_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], None], says: str
) -> None:
    spoil(home)
    assert main(["run"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("userbot: ")
    assert says in line
