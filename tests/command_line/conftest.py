"""Real processes, and a server for them: they live in ordinary time."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from userbot.clock import Clock
from userbot.people import Contact
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of
from userbot.store import ledger, peers, tasks, usage
from userbot.store.database import close_database, open_database
from userbot.store.tables import LedgerRow
from userbot.telegram.session import SessionLock

CHECKOUT = Path(__file__).parents[2]
PHONE = "+7 900 000-00-01"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
# Nothing of this machine's own environment reaches the processes.
BARE = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}


def command(environ: Mapping[str, str], *arguments: str, words: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "userbot", *arguments],
        env=BARE | dict(environ),
        input=words,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An empty one."""
    return {"USERBOT_HOME": str(tmp_path)}


@pytest.fixture(scope="module")
def server_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """In a thread of its own: the processes that talk to its server live in ordinary time."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def server(server_loop: asyncio.AbstractEventLoop) -> Iterator[TelegramServer]:
    server = TelegramServer()
    asyncio.run_coroutine_threadsafe(server.start(), server_loop).result(10)
    server.world.add_account(PHONE, "Анна", "Орлова", password="пароль")
    yield server
    asyncio.run_coroutine_threadsafe(server.stop(), server_loop).result(10)


def log_in_long_ago(server: TelegramServer, loop: asyncio.AbstractEventLoop, home: Path) -> Account:
    """The session file as a login leaves it; returns whose it is."""
    owner = server.world.by_phone(PHONE)
    assert owner is not None
    (home / "sessions").mkdir(mode=0o700)

    async def log_in() -> None:
        async with phone_of(server, owner, home / "sessions" / "userbot.session") as client:
            await client.get_me()

    asyncio.run_coroutine_threadsafe(log_in(), loop).result(30)
    return owner


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
