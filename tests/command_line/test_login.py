"""Protects the login as its owner meets it: what it asks, what it says when it fails, ends, or lies open to others."""

import asyncio
import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line.conftest import BARE, CHECKOUT, PHONE, answer, command, hear, log_in_long_ago, talking
from tests.telegram.door import environ_for
from userbot.rehearsal.telegram import TelegramServer
from userbot.telegram.session import read_session


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


# What becomes of it


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
