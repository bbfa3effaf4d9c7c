"""`userbot demo`: the story in real processes on loopback, with both sides' dialogs printed as they happen.

The program runs as `userbot login` and `userbot run` would for anybody, in a home of its own under the system's
temporary folder; contacts and the owner hold stock Telethon clients. No account, no key, nothing leaves the machine.
"""

import asyncio
import os
import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from telethon import TelegramClient

from userbot.config import default_home
from userbot.rehearsal.model import ScriptedModel
from userbot.rehearsal.story import Cast, StoryFailed, make_cast, play, stage_until
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import API_HASH, API_ID, phone_of
from userbot.rehearsal.telegram.world import Delivery

WIDTH = 76
INDENT = {"Telegram": 0, "Saved Messages": 0, "Анна": 12, "Ben": 24}
COLOURS = {"Telegram": "35", "Saved Messages": "36", "Анна": "33", "Ben": "32"}
STOP_S = 10.0


def main() -> int:
    """Play the story; the exit code is 0 when it came out."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="userbot-demo-") as folder:
        home = Path(folder)
        try:
            asyncio.run(_demo(home))
        except StoryFailed as failure:
            print(f"\nThe story did not come out: {failure}", file=sys.stderr)
            _print_log(home)
            return 1
    print(f"\nThe story came out, in {time.monotonic() - started:.0f} s.")
    return 0


async def _demo(home: Path) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer())
        cast = make_cast(server.world)
        model = ScriptedModel(api_key="demo")
        await model.start()
        stack.push_async_callback(model.stop)
        phones = {
            account.id: await stack.enter_async_context(phone_of(server, account))
            for account in (cast.owner, cast.anna, cast.ben)
        }
        stage = ProcessStage(home, server, model, cast, phones)
        stack.push_async_callback(stage.stop_program)
        printer = _Printer(cast)
        server.world.on_message = printer.message
        server.world.on_edit = printer.message
        await stage.log_in()
        await play(stage)


class ProcessStage:
    """The program as processes of its own, told where to connect by nothing but its settings."""

    def __init__(
        self,
        home: Path,
        server: TelegramServer,
        model: ScriptedModel,
        cast: Cast,
        phones: Mapping[int, TelegramClient],
    ) -> None:
        self.server = server
        self.model = model
        self.cast = cast
        self.phones = phones
        self._home = home
        self._process: asyncio.subprocess.Process | None = None
        (home / "skills").symlink_to(default_home() / "skills")
        key = home / "server.pem"
        key.write_text(server.public_key_pem)
        settings = {
            "TELEGRAM_API_ID": str(API_ID),
            "TELEGRAM_API_HASH": API_HASH,
            "TELEGRAM_PHONE": f"+{cast.owner.phone}",
            "TELEGRAM_SERVER": f"127.0.0.1:{server.port}",
            "TELEGRAM_SERVER_KEY": str(key),
            "OPENAI_API_KEY": "demo",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": "scripted",
            "OWNER_TIMEZONE": "Europe/Moscow",
            "OWNER_LANGUAGE": "ru",
            "QUIET_SECONDS": "1",
            "USERBOT_HOME": str(home),
        }
        # Nothing of the owner's own settings may reach the demo.
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
        self._environment = {name: os.environ[name] for name in kept if name in os.environ} | settings

    def tell(self, line: str) -> None:
        print(f"\n=== {line}")

    async def log_in(self) -> None:
        self.tell("userbot login (the code and the password are typed in)")
        login = await self._start("login", stdin=asyncio.subprocess.PIPE)
        assert login.stdin is not None  # noqa: S101  (a pipe was asked for)
        phone = self.cast.owner.phone
        await stage_until(self, lambda: bool(self._requests("auth.SendCode")), "the login to ask for a code")
        login.stdin.write(f"{self.server.last_code(phone)}\n{self.cast.owner.password}\n".encode())
        login.stdin.close()
        if await login.wait() != 0:
            raise StoryFailed("userbot login failed")

    def _requests(self, method: str) -> list[object]:
        return [request for request in self.server.requests if request.method == method]

    async def start_program(self) -> None:
        self.tell("userbot run")
        starts = self._times_ready()
        self._process = await self._start("run")
        await stage_until(self, lambda: self._times_ready() > starts, "userbot run to be ready")

    def _times_ready(self) -> int:
        log = self._home / "run.log"
        return log.read_text().count("ready: account=") if log.exists() else 0

    async def kill_program(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def stop_program(self) -> None:
        """As a supervisor would: SIGTERM, and a little time."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            await self.kill_program()

    async def _start(self, command: str, stdin: int = asyncio.subprocess.DEVNULL) -> asyncio.subprocess.Process:
        with (self._home / f"{command}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "userbot", command, stdin=stdin, stdout=log, stderr=log, env=self._environment
            )


class _Printer:
    """Prints messages as they pass by, each dialog at its own indent and in its own colour."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._started = time.monotonic()

    def message(self, delivery: Delivery) -> None:
        copy = delivery.sender_copy
        dialog, who = self._place(delivery)
        if copy.edited_at is not None:
            who += ", edited"
        indent = " " * INDENT[dialog]
        self._print(dialog, f"{indent}[{time.monotonic() - self._started:5.1f} s] {dialog} | {who}:")
        for line in copy.text.split("\n"):
            wrapped = textwrap.wrap(line, WIDTH - 4, break_long_words=False) or [""]
            for part in wrapped:
                self._print(dialog, f"{indent}    {part}")

    def _place(self, delivery: Delivery) -> tuple[str, str]:
        """Which dialog, and who wrote. In the contacts' dialogs the owner's account is the program's."""
        owner: Account = self._cast.owner
        if delivery.sender is owner and delivery.recipient is owner:
            return "Saved Messages", "the owner" if delivery.text.startswith(".") else "userbot"
        if delivery.sender.is_service:
            return "Telegram", "the code to log in, on the owner's phone"
        contact = delivery.recipient if delivery.sender is owner else delivery.sender
        return contact.first_name, f"{owner.first_name}'s account" if delivery.sender is owner else contact.first_name

    def _print(self, dialog: str, line: str) -> None:
        print(f"\x1b[{COLOURS[dialog]}m{line}\x1b[0m" if self._colour else line, flush=True)


def _print_log(home: Path) -> None:
    for log in sorted(home.glob("*.log")):
        print(f"--- the end of {log.name}", file=sys.stderr)
        print("\n".join(log.read_text().splitlines()[-40:]), file=sys.stderr)
