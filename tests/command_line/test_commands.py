"""Protects the command line: real processes, their exit codes, and words that say what to do next."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.command_line.conftest import BARE, CHECKOUT, NOW, PHONE, command, log_in_long_ago
from tests.telegram.door import environ_for
from userbot import __version__
from userbot.__main__ import EXIT_CODES, _until_stopped
from userbot.clock import Clock
from userbot.people import Contact
from userbot.rehearsal.telegram import TelegramServer
from userbot.store import ledger, peers, tasks, usage
from userbot.store.database import close_database, open_database
from userbot.store.tables import LedgerRow, UsageRow
from userbot.telegram.session import SessionLock, read_session

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


@pytest.mark.parametrize("name", ["AUTH_KEY_UNREGISTERED", "AUTH_KEY_DUPLICATED"])
def test_a_login_that_ends_while_it_runs(
    server: TelegramServer, server_loop: asyncio.AbstractEventLoop, tmp_path: Path, name: str
) -> None:
    """Exit code 3, which tells a supervisor that starting it again is of no use."""
    environ = environ_for(server, tmp_path, OPENAI_API_KEY="sk-1", OWNER_TIMEZONE="Europe/Moscow")
    shutil.copytree(CHECKOUT / "skills", tmp_path / "skills")
    owner = log_in_long_ago(server, server_loop, tmp_path)

    async def end_the_login() -> None:
        server.drop_connections(owner)
        if name == "AUTH_KEY_DUPLICATED":
            server.faults.refuse(406, name, account=owner, times=None)
        else:
            server.revoke(server.sessions(owner)[-1])

    with subprocess.Popen(
        [sys.executable, "-m", "userbot", "run"], env=BARE | environ, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            said = next(line for line in process.stderr if "ready" in line)
            asyncio.run_coroutine_threadsafe(end_the_login(), server_loop).result(30)
            said += process.stderr.read()
            assert process.wait(30) == 3
        finally:
            process.kill()
            server_loop.call_soon_threadsafe(server.faults.clear)
    assert "userbot login" in said.splitlines()[-1]
    assert "Traceback" not in said


def test_a_second_instance(server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path)
    with SessionLock(tmp_path / "sessions" / "userbot.lock"):
        done = command(environ, "login")
    assert (done.returncode, f"pid {os.getpid()}" in done.stderr) == (4, True)


# Login


@contextmanager
def talking(environ: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "userbot", *arguments],
        env=BARE | dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        # Whoever runs the tests in the background has Ctrl-C ignored, and so would the process.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def hear(process: subprocess.Popen[bytes], until: str) -> str:
    assert process.stdout is not None
    heard = b""
    while not heard.endswith(until.encode()):
        byte = process.stdout.read(1)
        assert byte, heard.decode()
        heard += byte
    return heard.decode()


def answer(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line.encode() + b"\n")


def test_a_login_fed_by_a_script_in_russian_then_status_then_again(server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path, LANG="ru_RU.UTF-8")
    with talking(environ, "login") as process:
        heard = hear(process, "Номер телефона с кодом страны:")
        assert "на ваш собственный риск" in heard
        answer(process, PHONE)
        hear(process, "Код:")
        answer(process, "00000")
        hear(process, "Осталось попыток: 2.")
        hear(process, "Код:")
        answer(process, server.last_code(PHONE))
        hear(process, "Пароль (не отображается):")
        answer(process, "пароль")
        assert "Анна Орлова" in hear(process, "`userbot run`.")
        assert process.wait(30) == 0
    facts = read_session(tmp_path / "sessions" / "userbot.session")
    assert facts is not None
    assert facts.is_logged_in
    assert "yes (id " in command(environ, "status").stdout
    again = command(environ | {"OWNER_LANGUAGE": "en"}, "login")
    assert (again.returncode, "Already logged in as Анна Орлова" in again.stdout) == (0, True)


def test_a_login_that_fails_says_what_to_do(server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path, TELEGRAM_PHONE=PHONE)
    done = command(environ, "login", words="1\n2\n3\n")
    assert (done.returncode, "Run `userbot login` again" in done.stderr) == (1, True)
    done = command(environ, "login")
    assert (done.returncode, "standard input has ended" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_an_interrupted_login(server: TelegramServer, tmp_path: Path) -> None:
    with talking(environ_for(server, tmp_path), "login") as process:
        hear(process, "country code:")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stdout is not None
        assert b"Traceback" not in process.stdout.read()


# Status and tasks


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """Two tasks, and the program at work on them."""
    path = tmp_path / "data" / "userbot.db"
    open_database(path)
    peers.remember(Contact(7, 70, "Борис\n", "Крылов"))
    for user_id in (7, 8):
        task_id = tasks.create(
            owner_id=1,
            user_id=user_id,
            task_type="meeting",
            context={"secret": "brief"},
            private_notes="secret notes",
            mandate=None,
            language="ru",
            command_message_id=None,
            now=NOW,
        )
    tasks.change(task_id, who="owner", what="stopped", now=NOW, status="cancelled", closed_because="stopped")
    message = ledger.queue(7, "opening", "secret message", NOW, task_id=1)
    ledger.requeue(message, NOW, "FLOOD_WAIT_30")
    # Of the last 24 hours of real time, which is what the processes live in.
    ledger.queue(7, "reply", "secret answer", Clock().now(), task_id=1)
    LedgerRow.update(state="sent", message_id=1).where(LedgerRow.created_at > NOW).execute()
    call: dict[str, Any] = {
        "model_asked": "m",
        "duration_s": 1.0,
        "input_tokens": 60,
        "output_tokens": 10,
        "cost_usd": 0.25,
    }
    usage.record_call("t", 7, Clock().now(), **call)
    with SessionLock(tmp_path / "sessions" / "userbot.lock"):
        yield path
    close_database()


def test_status_while_it_runs(home: dict[str, str], database: Path) -> None:
    shown = command(home, "status")
    assert shown.returncode == 0
    assert shown.stdout == (
        f"running          yes (pid {os.getpid()})\n"
        "logged in        no: run `userbot login`\n"
        "open tasks       1 (1 pending)\n"
        "unsent messages  1\n"
        "model            gpt-6-luna (not asked yet)\n"
        "last 24 hours    1 of 500 turns, 1 of 300 messages, 70 of 2000000 tokens, $0.25 of $5.00\n"
        "last problem     2026-11-23 09:00 UTC  FLOOD_WAIT_30 (task 1)\n"
    )
    assert json.loads(command(home, "status", "--json").stdout) == {
        "running": True,
        "pid": os.getpid(),
        "logged_in": False,
        "owner_id": None,
        "open_tasks": {"pending": 1},
        "unsent_messages": 1,
        "account_limits": {},
        "model_answering": None,
        "spent_in_24_hours": {"turns": 1, "messages": 1, "tokens": 70, "dollars": 0.25},
        "most_in_24_hours": {"turns": 500, "messages": 300, "tokens": 2000000, "dollars": 5.0},
        "last_problem": {"at": "2026-11-23T09:00:00Z", "what": "FLOOD_WAIT_30", "task_id": 1},
    }


def test_status_says_that_the_account_is_limited(home: dict[str, str], database: Path) -> None:
    """A frozen account cannot write to Saved Messages: this is where its owner finds out."""
    usage.tell_once("account:FROZEN_METHOD_INVALID", NOW)
    shown = command(home, "status").stdout
    assert "account          FROZEN_METHOD_INVALID since 2026-11-23 09:00 UTC: Telegram has frozen it; open" in shown
    limits = json.loads(command(home, "status", "--json").stdout)["account_limits"]
    assert limits == {"FROZEN_METHOD_INVALID": "2026-11-23T09:00:00Z"}


def test_tasks_are_listed_in_the_owners_time(home: dict[str, str], database: Path) -> None:
    shown = command(home | {"OWNER_TIMEZONE": "Europe/Moscow"}, "tasks")
    assert shown.stdout.splitlines() == [
        "id  type     contact       status               waiting for  updated (Europe/Moscow)",
        "1   meeting  Борис Крылов  pending              contact      2026-11-23 12:00",
        "2   meeting  id 8          cancelled (stopped)  contact      2026-11-23 12:00",
    ]
    listed = json.loads(command(home, "tasks", "--json").stdout)
    assert [task["task_id"] for task in listed] == [1, 2]
    assert listed[0]["updated_at"] == "2026-11-23T09:00:00Z"
    assert "secret" not in shown.stdout + json.dumps(listed)


def test_usage_by_day_model_and_task(home: dict[str, str], database: Path) -> None:
    now = datetime.now(UTC)
    UsageRow.delete().execute()
    for task_id, cost in ((1, 0.25), (2, None)):
        usage.record_call(
            "t",
            7,
            now,
            task_id=task_id,
            model_asked="m",
            duration_s=1.0,
            input_tokens=10,
            output_tokens=2,
            cost_usd=cost,
        )
    usage.record_call("t", 7, now - timedelta(days=20), model_asked="old", duration_s=1.0, input_tokens=5)
    shown = command(home | {"OWNER_TIMEZONE": "Europe/Moscow"}, "usage")
    lines = [line.split() for line in shown.stdout.splitlines()]
    today = f"{now.astimezone(ZoneInfo('Europe/Moscow')):%Y-%m-%d}"
    assert [today, "2", "0", "20", "0", "4", "0", "$0.2500", "and", "1", "calls", "unknown"] in lines
    assert ["1", "1", "0", "10", "0", "2", "0", "$0.2500"] in lines
    assert ["2", "1", "0", "10", "0", "2", "0", "unknown"] in lines
    assert "old" not in shown.stdout
    listed = json.loads(command(home, "usage", "--json", "--days", "30").stdout)
    assert [(one["model"], one["task_id"], one["cost_usd"]) for one in listed] == [
        ("old", None, None),
        ("m", 1, 0.25),
        ("m", 2, None),
    ]
    assert command(home, "usage", "--days", "0").returncode == 2


def test_status_names_the_model_that_answers(home: dict[str, str], database: Path) -> None:
    assert re.search(r"^model +m1 \(not asked yet\)$", command(home | {"OPENAI_MODEL": "m1"}, "status").stdout, re.M)
    usage.record_call("t", 7, NOW, model_asked="m2", duration_s=1.0, finish_reason="stop")
    shown = command(home | {"OPENAI_MODEL": "m1"}, "status").stdout
    assert re.search(r"^model +m2 answers, instead of m1$", shown, re.M)
    assert json.loads(command(home, "status", "--json").stdout)["model_answering"] == "m2"


def test_looking_does_not_import_the_models_library(home: dict[str, str], database: Path) -> None:
    """It costs half a second and 50 MB, on a small computer more."""
    for name in ("status", "usage", "tasks"):
        looking = f"import sys; from userbot.__main__ import main; main([{name!r}]); sys.exit('openai' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", looking], env=BARE | home, capture_output=True, check=False)  # noqa: S603
        assert done.returncode == 0, name


def test_nothing_there_yet(home: dict[str, str], tmp_path: Path) -> None:
    assert command(home, "tasks").stdout == "no tasks yet\n"
    assert command(home, "tasks", "--json").stdout == "[]\n"
    assert command(home, "usage").stdout == "no model was asked\n"
    assert command(home, "usage", "--json").stdout == "[]\n"
    assert "running          no" in command(home, "status").stdout
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"


def test_a_database_that_cannot_be_read(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "userbot.db").write_bytes(b"not a database" * 100)
    for name in ("status", "tasks"):
        done = command(home, name)
        assert (done.returncode, "database" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


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


# What others can reach


def test_a_login_that_others_can_read_is_refused(server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path, OPENAI_API_KEY="sk-1", OWNER_TIMEZONE="Europe/Moscow")
    (tmp_path / "sessions").mkdir(mode=0o700)
    session = tmp_path / "sessions" / "userbot.session"
    owner = server.world.by_phone(PHONE)
    assert owner is not None
    with contextlib.closing(sqlite3.connect(session)) as file, file:
        file.execute("CREATE TABLE sessions (server_address TEXT, port INT, auth_key BLOB)")
        file.execute("CREATE TABLE entities (id INT, hash INT)")
        file.execute("INSERT INTO sessions VALUES ('127.0.0.1', 1, 'key')")
        file.execute("INSERT INTO entities VALUES (0, ?)", (owner.id,))
    session.chmod(0o644)
    shutil.copytree(CHECKOUT / "skills", tmp_path / "skills")
    requests = len(server.requests)
    for name in ("run", "login"):
        done = command(environ, name)
        assert done.returncode == 1
        assert f"chmod 600 {session}" in done.stderr
        assert "Traceback" not in done.stderr
    assert len(server.requests) == requests


# Doctor


def test_doctor(home: dict[str, str], tmp_path: Path) -> None:
    done = command(home, "doctor")
    assert done.returncode == 1
    assert re.search(r"^broken +settings +TELEGRAM_API_ID is missing", done.stdout, re.M)
    assert re.search(r"^ +→ run `userbot login`$", done.stdout, re.M)
    checks = json.loads(command(home, "doctor", "--json").stdout)
    assert {check["state"] for check in checks} <= {"ok", "warn", "broken"}
    assert set(checks[0]) == {"name", "state", "what", "mend"}
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"


def test_doctor_is_content(home: dict[str, str], server: TelegramServer, tmp_path: Path) -> None:
    environ = environ_for(server, tmp_path, TELEGRAM_PHONE=PHONE, OWNER_TIMEZONE="Europe/Moscow", OPENAI_API_KEY="sk-1")
    shutil.copytree(CHECKOUT / "skills", tmp_path / "skills")
    with talking(environ, "login") as process:
        hear(process, "Code:")
        answer(process, server.last_code(PHONE))
        hear(process, "Password (not shown):")
        answer(process, "пароль")
        assert process.wait(30) == 0
    done = command(environ, "doctor", "--offline")
    assert (done.returncode, done.stderr) == (0, "")
    assert ZoneInfo("Europe/Moscow").key in done.stdout


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
