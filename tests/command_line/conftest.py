"""Real processes, and a server for them: they live in ordinary time."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of

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
