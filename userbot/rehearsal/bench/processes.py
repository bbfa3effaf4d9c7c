"""The processes that are measured, and what the system says they have used."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import userbot
from userbot.rehearsal.model import ScriptedModel
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import API_HASH, API_ID

READY_S = 120.0
STOP_S = 10.0
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchFailed(Exception):
    """Something did not come about that the figures need; the text says what."""


@dataclass
class Process:
    """A process under measurement, and how long it took to say that it is ready."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    ready_s: float = 0.0

    def cpu_s(self) -> float:
        """User and system time so far, of all its threads."""
        fields = self._proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self) -> float:
        """What of it is in memory now (RSS)."""
        line = next(line for line in self._proc("status").splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def _proc(self, name: str) -> str:
        if self.process.returncode is not None:
            raise BenchFailed(f"{self.name} ended; the end of its log:\n{self.tail()}")
        return Path(f"/proc/{self.process.pid}/{name}").read_text()

    def tail(self) -> str:
        return "\n".join(self.log.read_text().splitlines()[-20:])

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), STOP_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


async def start(name: str, arguments: Sequence[str], environ: Mapping[str, str], log: Path, sign: str) -> Process:
    """Start `python -m …` and wait until `sign` stands in what it prints."""
    log.write_text("")
    started = time.perf_counter()
    with log.open("ab") as out:
        process = Process(
            name,
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**_environment(), **environ},
            ),
            log,
        )
    while sign not in log.read_text():
        if process.process.returncode is not None or time.perf_counter() - started > READY_S:
            await process.stop()
            raise BenchFailed(f"{name} did not get ready; the end of its log:\n{process.tail()}")
        await asyncio.sleep(0.005)
    process.ready_s = time.perf_counter() - started
    return process


class Home:
    """A home of the program with a login in it, told where to connect by nothing but its settings."""

    def __init__(self, folder: Path, name: str, server: TelegramServer, model: ScriptedModel, owner: Account) -> None:
        self.owner = owner
        self.name = name
        self._folder = folder / name
        self._folder.mkdir()
        self._server = server
        (self._folder / "skills").symlink_to(Path(userbot.__file__).parents[1] / "skills")
        self._environ = {
            "TELEGRAM_API_ID": str(API_ID),
            "TELEGRAM_API_HASH": API_HASH,
            "TELEGRAM_PHONE": f"+{owner.phone}",
            "TELEGRAM_SERVER": f"127.0.0.1:{server.port}",
            "TELEGRAM_SERVER_KEY": str(write_key(folder, server)),
            "OPENAI_API_KEY": "bench",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": "scripted",
            "OWNER_TIMEZONE": "Europe/Moscow",
            "OWNER_LANGUAGE": "en",
            # Nobody's time is measured but the program's: no quiet or hold time, and no pace or budget that would be
            # reached.
            "QUIET_SECONDS": "0",
            "HOLD_SECONDS": "0",
            "REPLY_DELAY_MAX_SECONDS": "0",
            "QUIET_HOURS": "off",
            "MESSAGES_PER_MINUTE": "6000",
            "TURNS_PER_TASK": "100000",
            "MESSAGES_PER_TASK": "10000",
            "TOKENS_PER_TASK": "10000000000",
            "INCOMING_MESSAGES_PER_DAY": "100000",
            "INCOMING_CHARS_PER_DAY": "100000000",
            "TURNS_PER_DAY": "1000000",
            "MESSAGES_PER_DAY": "100000",
            "TOKENS_PER_DAY": "10000000000",
            "USERBOT_HOME": str(self._folder),
        }

    @property
    def database(self) -> Path:
        return self._folder / "data" / "userbot.db"

    async def log_in(self) -> None:
        log = self._folder / "login.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "userbot", "login"),
                stdin=asyncio.subprocess.PIPE,
                stdout=out,
                stderr=out,
                env=_environment() | self._environ,
            )
        assert process.stdin is not None  # noqa: S101  (a pipe was asked for)
        while (code := self._code()) is None:
            if process.returncode is not None:
                raise BenchFailed(f"the login failed:\n{log.read_text()}")
            await asyncio.sleep(0.02)
        process.stdin.write(f"{code}\n".encode())
        process.stdin.close()
        if await process.wait() != 0:
            raise BenchFailed(f"the login failed:\n{log.read_text()}")

    def _code(self) -> str | None:
        try:
            return self._server.last_code(self.owner.phone)
        except KeyError:
            return None

    async def start(self) -> Process:
        log = self._folder / "run.log"
        return await start(self.name, ("userbot", "run"), self._environ, log, "ready: account=")


def write_key(folder: Path, server: TelegramServer) -> Path:
    key = folder / "server.pem"
    key.write_text(server.public_key_pem)
    return key


def _environment() -> dict[str, str]:
    # Nothing of the owner's own settings may reach the bench.
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}
