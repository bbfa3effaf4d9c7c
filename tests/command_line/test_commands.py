"""Protects the command line: real processes, their exit codes, and words that say what to do next."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from tests.command_line.conftest import command
from tests.telegram.door import environ_for
from userbot import __version__
from userbot.__main__ import EXIT_CODES, _until_stopped
from userbot.rehearsal.telegram import TelegramServer
from userbot.store.database import close_database
from userbot.telegram.session import SessionLock

# Usage and settings


def test_version_and_help() -> None:
    assert command({}, "--version").stdout == f"userbot {__version__}\n"
    shown = command({}, "--help")
    assert shown.returncode == 0
    assert EXIT_CODES in shown.stdout
    for name in (
        "login",
        "logout",
        "run",
        "demo",
        "status",
        "tasks",
        "usage",
        "doctor",
        "health",
        "backup",
        "restore",
        "export",
        "forget",
        "skills",
    ):
        assert re.search(rf"^ +{name} ", shown.stdout, re.M)


@pytest.mark.parametrize("arguments", [(), ("dance",), ("status", "--loud")])
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    done = command({}, *arguments)
    assert (done.returncode, "usage: userbot" in done.stderr) == (2, True)


def test_missing_settings_are_all_named_at_once(home: dict[str, str]) -> None:
    done = command(home, "run")
    assert done.returncode == 2
    for name in ("TELEGRAM_API_ID", "TELEGRAM_API_HASH", "OPENAI_API_KEY", "OWNER_TIMEZONE"):
        assert name in done.stderr
    assert "my.telegram.org" in done.stderr
    assert "Traceback" not in done.stderr
    done = command(home, "login")
    assert done.returncode == 2
    assert "OPENAI_API_KEY" not in done.stderr


def test_env_file_of_the_home_is_read(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OWNER_TIMEZONE=Nowhere\n")
    assert "'Nowhere'" in command(home, "run").stderr


def test_running_without_a_login(server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path, OPENAI_API_KEY="sk-1", OWNER_TIMEZONE="Europe/Moscow")
    requests = len(server.requests)
    done = command(environ, "run")
    assert (done.returncode, "userbot login" in done.stderr) == (3, True)
    assert len(server.requests) == requests
    assert not (tmp_path / "sessions").exists(), "and nothing was made"


def test_a_second_instance(server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path)
    with SessionLock(tmp_path / "sessions" / "userbot.lock"):
        done = command(environ, "login")
    assert (done.returncode, f"pid {os.getpid()}" in done.stderr) == (4, True)


# Forget


def test_forget_while_it_runs_is_refused(home: dict[str, str], database: Path) -> None:
    done = command(home, "forget", "7", "--yes")
    assert (done.returncode, "stop it first" in done.stderr) == (4, True)
    assert b"secret message" in b"".join(file.read_bytes() for file in database.parent.iterdir())


def test_forget_asks_first_and_says_what_it_leaves_alone(home: dict[str, str], database: Path) -> None:
    close_database()
    # Not the one the fixture holds.
    lock = database.parent.parent / "sessions" / "userbot.lock"
    lock.unlink()

    def everything() -> bytes:
        return b"".join(file.read_bytes() for file in database.parent.iterdir())

    done = command(home, "forget", "Борис", words="no\n")
    assert (done.returncode, "Nothing was done" in done.stdout) == (1, True)
    assert "1 tasks, of which 1 open" in done.stdout
    assert b"secret message" in everything()
    copy = database.with_name("userbot-before-0003_budgets.db")
    copy.touch(0o600)
    assert command(home, "forget", "@nobody", "--yes").returncode == 1
    done = command(home, "forget", "Борис", words="yes\n")
    assert (done.returncode, done.stderr) == (0, "")
    for kept in ("the dialog in Telegram", "the cards in Saved Messages", str(copy)):
        assert kept in done.stdout
    assert b"secret message" not in everything()
    assert b"secret answer" not in everything()
    assert command(home, "forget", "8", "--yes").returncode == 1, "nobody knows them by more than a task"


def test_forget_without_a_database(home: dict[str, str], tmp_path: Path) -> None:
    done = command(home, "forget", "7")
    assert (done.returncode, "no database" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


# Stopping


async def stopped_by(*numbers: signal.Signals) -> int:
    async def run(stop: asyncio.Event) -> None:
        for number in numbers:
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.01)
        await stop.wait()
        if len(numbers) > 1:
            await asyncio.Event().wait()

    async with asyncio.timeout(60):
        return await _until_stopped(run)


async def test_a_signal_asks_for_an_orderly_end() -> None:
    assert await stopped_by(signal.SIGTERM) == 0
    assert await stopped_by(signal.SIGINT) == 130


async def test_a_second_signal_does_not_wait() -> None:
    with pytest.raises(asyncio.CancelledError):
        await stopped_by(signal.SIGTERM, signal.SIGTERM)
