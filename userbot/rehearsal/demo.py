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

from userbot.rehearsal.model import ScriptedModel
from userbot.rehearsal.program import Program, ProgramFailed
from userbot.rehearsal.story import Cast, StoryFailed, make_cast, play, stage_until
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of
from userbot.rehearsal.telegram.world import Delivery

WIDTH = 76
INDENT = {"Telegram": 0, "Saved Messages": 0, "Анна": 12, "Ben": 24}
COLOURS = {"Telegram": "35", "Saved Messages": "36", "Анна": "33", "Ben": "32"}


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
    """The story's stage with the program as a process."""

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
        self._program = Program(home, server, model, cast.owner)

    def tell(self, line: str) -> None:
        print(f"\n=== {line}")

    async def log_in(self) -> None:
        self.tell("userbot login (the code and the password are typed in)")
        try:
            await self._program.log_in(lambda holds, what: stage_until(self, holds, what))
        except ProgramFailed as failure:
            raise StoryFailed(str(failure)) from failure

    async def start_program(self) -> None:
        self.tell("userbot run")
        starts = self._program.times_ready()
        await self._program.start()
        await stage_until(self, lambda: self._program.times_ready() > starts, "userbot run to be ready")

    async def kill_program(self) -> None:
        await self._program.kill()

    async def stop_program(self) -> None:
        await self._program.stop()


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
