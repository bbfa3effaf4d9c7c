"""Protects what opens the account and what costs money: no secret shows in anything that is printed or logged, at the
most talkative level, by any command, in success and in failure. Message texts only show at DEBUG."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.telegram.door import environ_for
from userbot.config import read_settings
from userbot.rehearsal.model import Fault, ScriptedModel
from userbot.rehearsal.telegram import TelegramServer
from userbot.rehearsal.telegram.phone import phone_of

CHECKOUT = Path(__file__).parent.parent
PHONE = "+79005550142"
API_HASH = "0123hashhashhash4567"
KEY = "sk-marked-key-1234567890"
PASSWORD = "очень-тайный-пароль"
WORDS = "напомни про голубой конверт"
BARE = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}


class Stage:
    """A Telegram and a model in a thread of their own, and everything that any process said."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.said = ""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.server = TelegramServer()
        self.model = ScriptedModel(lambda _: Fault.http(401), api_key="another key")
        self.do(self.server.start())
        self.do(self.model.start())
        self.owner = self.server.world.add_account(PHONE, "Анна", "Орлова", password=PASSWORD)
        self.environ = environ_for(
            self.server,
            home,
            TELEGRAM_API_HASH=API_HASH,
            TELEGRAM_PHONE=PHONE,
            OPENAI_API_KEY=KEY,
            OPENAI_BASE_URL=self.model.base_url,
            OWNER_TIMEZONE="Europe/Moscow",
            LOG_LEVEL="DEBUG",
        )
        shutil.copytree(CHECKOUT / "skills", home / "skills")

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        self.do(self.model.stop())
        self.do(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    def command(self, *arguments: str, words: str = "", **more: str) -> str:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "userbot", *arguments],
            env=BARE | self.environ | more,
            input=words,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.said += done.stdout + done.stderr
        return done.stdout + done.stderr

    def log_in(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "userbot", "login"],
            env=BARE | self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            heard = b""
            answers: dict[bytes, list[str]] = {b"Code:": ["00000", ""], b"(not shown):": ["falsch", PASSWORD]}
            while process.poll() is None and (byte := process.stdout.read(1)):
                heard += byte
                for question, left in answers.items():
                    if heard.endswith(question) and left:
                        process.stdin.write(f"{left.pop(0) or self.server.last_code(PHONE)}\n".encode())
            assert process.wait(30) == 0, heard.decode()
            # Which number the code goes to is to be seen, by whoever logs in.
            self.said += heard.decode().replace(PHONE, "the number")

    def run_with_a_command(self, **more: str) -> str:
        """The program at work on a command that the model refuses to hear."""
        with subprocess.Popen(
            [sys.executable, "-m", "userbot", "run"], env=BARE | self.environ | more, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            heard = []
            for line in process.stderr:
                heard.append(line)
                if "ready" in line:
                    self.do(self._type(f". {WORDS}"))
                if "OwnerMustAct" in line:
                    process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, "".join(heard)
        self.said += "".join(heard)
        return "".join(heard)

    async def _type(self, text: str) -> None:
        async with phone_of(self.server, self.owner) as phone:
            await phone.send_message("me", text)

    def session_key(self) -> bytes:
        with closing(sqlite3.connect(self.home / "sessions" / "userbot.session")) as file:
            ((key,),) = file.execute("SELECT auth_key FROM sessions").fetchall()
        assert isinstance(key, bytes)
        return key


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("home"))
    yield stage
    stage.close()


def secrets(stage: Stage) -> Mapping[str, str]:
    key = stage.session_key()
    return {
        "API hash": API_HASH,
        "model key": KEY,
        "phone": PHONE.lstrip("+"),
        "password": PASSWORD,
        "session key": key.hex(),
        "session key as Python shows it": repr(key)[2:42],
    }


def test_no_command_shows_a_secret(stage: Stage) -> None:
    stage.log_in()
    assert "ready" in stage.run_with_a_command()
    for arguments in (
        ("login",),
        ("status",),
        ("status", "--json"),
        ("tasks", "--json"),
        ("doctor",),
        ("doctor", "--offline", "--json"),
        ("forget", "nobody"),
    ):
        assert stage.command(*arguments)
    # Settings that are wrong: what is said of them must not hold them.
    wrong = {
        "TELEGRAM_API_HASH": f"{API_HASH} x",
        "OPENAI_API_KEY": f"{KEY} x",
        "OPENAI_BASE_URL": f"http://a:{KEY}@b/v1",
    }
    assert "must not hold spaces" in stage.command("run", **wrong)
    # A login that Telegram ended, and one that is damaged.
    stage.loop.call_soon_threadsafe(stage.server.revoke, stage.server.sessions(stage.owner)[0])
    known = secrets(stage)
    assert "userbot login" in stage.command("doctor")
    assert "userbot login" in stage.command("run")
    session = stage.home / "sessions" / "userbot.session"
    session.write_bytes(session.read_bytes()[:200] + b"broken" * 500)
    assert stage.command("run")
    for name, secret in known.items():
        assert secret not in stage.said, f"{name} was shown"


def test_settings_do_not_show_their_secrets(stage: Stage) -> None:
    shown = repr(settings := read_settings(stage.environ, None))
    shown += repr(settings.model_settings) + str(settings)
    assert API_HASH not in shown
    assert KEY not in shown
    assert PHONE not in shown


def test_what_people_write_is_no_business_of_the_log(tmp_path: Path) -> None:
    other = Stage(tmp_path)
    try:
        other.log_in()
        heard = other.run_with_a_command(LOG_LEVEL="INFO")
        assert "конверт" not in heard
        assert "Анна" not in heard
    finally:
        other.close()
