"""The program as a process of its own, told where to connect by nothing but its settings."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from userbot.config import default_home
from userbot.rehearsal.model import ScriptedModel
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import API_HASH, API_ID

STOP_S = 10.0


class ProgramFailed(AssertionError):
    """A command of the program did not do what it should; the text says which."""


class Program:
    """`userbot login` and `userbot run` as for anybody, in the home given. One process at a time."""

    def __init__(
        self,
        home: Path,
        server: TelegramServer,
        model: ScriptedModel,
        owner: Account,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`settings` go over those that every rehearsal has."""
        self.home = home
        self._server = server
        self._owner = owner
        self._process: asyncio.subprocess.Process | None = None
        (home / "skills").symlink_to(default_home() / "skills")
        key = home / "server.pem"
        key.write_text(server.public_key_pem)
        # Nothing of the owner's own settings may reach a rehearsal.
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
        self._environment = {name: os.environ[name] for name in kept if name in os.environ} | {
            "TELEGRAM_API_ID": str(API_ID),
            "TELEGRAM_API_HASH": API_HASH,
            "TELEGRAM_PHONE": f"+{owner.phone}",
            "TELEGRAM_SERVER": f"127.0.0.1:{server.port}",
            "TELEGRAM_SERVER_KEY": str(key),
            "OPENAI_API_KEY": "demo",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": "scripted",
            "OWNER_TIMEZONE": "Europe/Moscow",
            "OWNER_LANGUAGE": "ru",
            "QUIET_SECONDS": "1",
            "HOLD_SECONDS": "0",
            "REPLY_DELAY_MAX_SECONDS": "0",
            "QUIET_HOURS": "off",
            "USERBOT_HOME": str(home),
            **(settings or {}),
        }

    @property
    def database(self) -> Path:
        return self.home / "data" / "userbot.db"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def times_ready(self) -> int:
        """How often `userbot run` has come so far that it takes commands."""
        log = self.home / "run.log"
        return log.read_text().count("ready: account=") if log.exists() else 0

    async def log_in(self, until: Callable[[Callable[[], bool], str], Awaitable[None]]) -> None:
        """Type the code and the password. `until(holds, what)` waits. Raises ProgramFailed."""
        process = await self._spawn("login", "-m", "userbot", "login", stdin=asyncio.subprocess.PIPE)
        assert process.stdin is not None  # noqa: S101  (a pipe was asked for)
        await until(
            lambda: any(request.method == "auth.SendCode" for request in self._server.requests),
            "the login to ask for a code",
        )
        process.stdin.write(f"{self._server.last_code(self._owner.phone)}\n{self._owner.password}\n".encode())
        process.stdin.close()
        if await process.wait() != 0:
            raise ProgramFailed("userbot login failed")

    async def start(self, *launcher: str) -> None:
        """`userbot run`, or a `launcher` (a module and its arguments) that runs it. Returns at once."""
        self._process = await self._spawn("run", "-m", *(launcher or ("userbot", "run")))

    async def ended(self) -> int:
        """Wait for the process to end by itself; its exit code, negative for a signal."""
        return 0 if self._process is None else await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL; nothing when it is dead already."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """As a supervisor would: SIGTERM, and a little time."""
        if self._process is None or not self.is_running:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            await self.kill()

    async def _spawn(
        self, log_name: str, *arguments: str, stdin: int = asyncio.subprocess.DEVNULL
    ) -> asyncio.subprocess.Process:
        with (self.home / f"{log_name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdin=stdin, stdout=log, stderr=log, env=self._environment
            )
