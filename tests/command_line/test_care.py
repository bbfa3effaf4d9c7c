"""Protects what is done beside a running program: backups, exports, health, and the end of a login."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.command_line.conftest import BARE, CHECKOUT, NOW, command, log_in_long_ago
from tests.telegram.door import environ_for
from userbot.people import Contact
from userbot.rehearsal.telegram import TelegramServer
from userbot.store import peers, tasks
from userbot.store.database import close_database, open_database
from userbot.telegram.session import read_session


def test_backup_and_restore_at_the_command_line(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    open_database(old / "data" / "userbot.db")
    close_database()
    made = command({"USERBOT_HOME": str(old)}, "backup", str(tmp_path / "copies"))
    assert (made.returncode, made.stderr) == (0, "")
    done = command({"USERBOT_HOME": str(new)}, "restore", made.stdout.strip())
    assert done.returncode == 0
    assert "next: `userbot login`" in done.stdout
    again = command({"USERBOT_HOME": str(new)}, "restore", made.stdout.strip())
    assert (again.returncode, "move it away" in again.stderr) == (1, True)


def test_a_backup_with_the_session_is_said_to_be_a_key(
    server: TelegramServer, server_loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    environ = environ_for(server, tmp_path)
    log_in_long_ago(server, server_loop, tmp_path)
    open_database(tmp_path / "data" / "userbot.db")
    close_database()
    done = command(environ, "backup", str(tmp_path / "copies"), "--with-session")
    assert (done.returncode, "key to your whole Telegram account" in done.stderr) == (0, True)


def test_export_writes_each_task_with_its_events_as_a_line(home: dict[str, str], tmp_path: Path) -> None:
    assert command(home, "export").stdout == ""
    open_database(tmp_path / "data" / "userbot.db")
    peers.remember(Contact(2001, 77, "Анна", username="anna"))
    for question in ("Когда?", "Где?"):
        tasks.create(
            owner_id=1000,
            user_id=2001,
            task_type="question",
            context={"question": question},
            private_notes=None,
            mandate=None,
            language="ru",
            command_message_id=1,
            now=NOW,
        )
    close_database()
    lines = [json.loads(line) for line in command(home, "export").stdout.splitlines()]
    assert [line["context"]["question"] for line in lines] == ["Когда?", "Где?"]
    assert lines[0]["contact"]["username"] == "anna"
    assert lines[0]["events"][0]["what"] == "created"
    assert lines[0]["created_at"] == "2026-11-23T09:00:00.000Z"


def test_health_of_a_program_that_does_not_run(home: dict[str, str]) -> None:
    done = command(home, "health")
    assert (done.returncode, done.stdout) == (1, "not running\n")


def test_health_of_a_running_program(
    server: TelegramServer, server_loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    environ = environ_for(server, tmp_path, OPENAI_API_KEY="sk-1", OWNER_TIMEZONE="Europe/Moscow")
    shutil.copytree(CHECKOUT / "skills", tmp_path / "skills")
    log_in_long_ago(server, server_loop, tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "userbot", "run"], env=BARE | environ, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            assert next(line for line in process.stderr if "ready" in line)
            done = command(environ, "health")
            assert (done.returncode, done.stdout) == (0, "ready\n")
        finally:
            process.kill()
            process.wait()
    assert command(environ, "health").stdout == "not running\n"


def test_logging_out_ends_the_session_at_telegram_too(
    server: TelegramServer, server_loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    environ = environ_for(server, tmp_path)
    log_in_long_ago(server, server_loop, tmp_path)
    facts = read_session(tmp_path / "sessions" / "userbot.session")
    assert facts is not None
    before = len([one for one in server.logins.sessions.values() if one.account is not None])
    done = command(environ, "logout")
    assert (done.returncode, done.stdout) == (0, "logged out\n")
    assert len([one for one in server.logins.sessions.values() if one.account is not None]) == before - 1
    assert not (tmp_path / "sessions" / "userbot.session").exists()
    again = command(environ, "logout")
    assert (again.returncode, "nothing to end" in again.stderr) == (3, True)
