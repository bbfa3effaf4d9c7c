"""The whole program in the test's own loop: a Telegram and a model on loopback, a phone in everybody's hands."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from telethon import TelegramClient

from tests.calendars.conftest import radicale as radicale
from userbot import app
from userbot.clock import LoopClock
from userbot.config import Settings, default_home, read_settings
from userbot.rehearsal.model import ScriptedModel
from userbot.rehearsal.story import Cast, make_cast, stage_until
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.message import Message
from userbot.rehearsal.telegram.phone import phone_of

# A Sunday, 16:00 in Moscow.
START = datetime(2026, 11, 22, 13, tzinfo=UTC)


class House:
    """A Stage in one process, and what flow tests look at."""

    def __init__(
        self,
        settings: Settings,
        clock: LoopClock,
        server: TelegramServer,
        model: ScriptedModel,
        cast: Cast,
        phones: Mapping[int, TelegramClient],
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.server = server
        self.model = model
        self.cast = cast
        self.phones = phones
        self._program: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    def tell(self, line: str) -> None:
        pass

    async def start_program(self) -> None:
        """Until it takes commands."""
        self._stop.clear()
        ready = asyncio.Event()
        self._program = asyncio.create_task(
            app.run(self.settings, clock=self.clock, stop=self._stop, on_ready=ready.set)
        )
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait([self._program, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._program.done():
            self._program.result()

    @property
    def is_running(self) -> bool:
        return self._program is not None and not self._program.done()

    async def kill_program(self) -> None:
        """As abrupt as one process allows: everything under way is cut off where it awaits."""
        if self._program is not None:
            self._program.cancel()
            await asyncio.gather(self._program, return_exceptions=True)
            self._program = None

    async def stop_program(self) -> None:
        """A clean stop; raises what the program died of, if it did."""
        if self._program is not None:
            self._stop.set()
            await self._program
            self._program = None

    async def days_pass(self, days: float) -> None:
        """The program is off meanwhile: every connected client would ping its server through all of that time."""
        await self.stop_program()
        now = self.clock.now()
        self.clock = LoopClock(now + timedelta(days=days), asyncio.get_running_loop())
        await self.start_program()

    # --- what people do and see

    async def type(self, writer: Account, text: str, *, to: Account | None = None, reply_to: int | None = None) -> int:
        """`writer` types to the owner (or `to`); the owner types in Saved Messages. Returns the writer's message id."""
        peer = to or self.cast.owner
        sent = await self.phones[writer.id].send_message(peer.id, text, reply_to=reply_to)
        return int(sent.id)

    def dialog(self, viewer: Account, peer: Account | None = None) -> list[Message]:
        return self.server.world.dialog(viewer, peer or self.cast.owner)

    def texts(self, viewer: Account, peer: Account | None = None) -> list[str]:
        return [message.text for message in self.dialog(viewer, peer)]

    async def see(self, viewer: Account, fragment: str, *, peer: Account | None = None) -> Message:
        """Wait until a message with `fragment`, no command, stands in the viewer's dialog with the owner."""
        found: list[Message] = []

        def holds() -> bool:
            found[:] = [m for m in self.dialog(viewer, peer) if fragment in m.text and not m.text.startswith(".")]
            if self._program is not None and self._program.done():
                self._program.result()
                raise AssertionError("the program ended")
            return bool(found)

        await stage_until(self, holds, f"{fragment!r} in the dialog of {viewer.first_name}")
        return found[-1]

    async def settle(self, seconds: float = 30.0) -> None:
        """Let time pass, for what must not happen."""
        await asyncio.sleep(seconds)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


@asynccontextmanager
async def open_house(tmp_path: Path, *, with_phones: bool = True) -> AsyncIterator[House]:
    """Everything but the program is running; nothing of the model is written yet."""
    clock = LoopClock(START, asyncio.get_running_loop())
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer(clock=clock))
        cast = make_cast(server.world)
        model = ScriptedModel(api_key="test")
        await model.start()
        stack.push_async_callback(model.stop)
        phones = {
            account.id: await stack.enter_async_context(phone_of(server, account))
            for account in (cast.owner, cast.anna, cast.ben)
            if with_phones
        }
        settings = _settings(tmp_path, server, model)
        await log_in_long_ago(settings, server, cast.owner)
        house = House(settings, clock, server, model, cast, phones)
        try:
            yield house
            await house.stop_program()
        finally:
            await house.kill_program()


def _settings(home: Path, server: TelegramServer, model: ScriptedModel) -> Settings:
    return read_settings(environ_of(home, server, model), None)


def environ_of(home: Path, server: TelegramServer, model: ScriptedModel) -> dict[str, str]:
    """What the program is told; its skills are put into that home."""
    shutil.copytree(default_home() / "skills", home / "skills", dirs_exist_ok=True)
    key = home / "server.pem"
    key.write_text(server.public_key_pem)
    return {
        "TELEGRAM_API_ID": "1",
        "TELEGRAM_API_HASH": "loopback",
        "TELEGRAM_SERVER": f"127.0.0.1:{server.port}",
        "TELEGRAM_SERVER_KEY": str(key),
        "OPENAI_API_KEY": "test",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_MODEL": "scripted",
        "OWNER_TIMEZONE": "Europe/Moscow",
        "OWNER_LANGUAGE": "auto",
        "QUIET_SECONDS": "5",
        "HOLD_SECONDS": "0",
        "REPLY_DELAY_MAX_SECONDS": "0",
        "QUIET_HOURS": "off",
        # Days pass in these tests, and nobody's script holds reminders but those that are about them.
        "FOLLOW_UPS": "0",
        "USERBOT_HOME": str(home),
    }


async def log_in_long_ago(settings: Settings, server: TelegramServer, owner: Account) -> None:
    """The session file as a login leaves it, without the key exchange, which other tests do for real."""
    settings.sessions_dir.mkdir(mode=0o700)
    async with phone_of(server, owner, settings.session_path) as client:
        await client.get_me()
    settings.session_path.chmod(0o600)


@pytest.fixture
def drafting(house: House) -> House:
    """Every message waits for the owner's yes."""
    house.settings = replace(house.settings, approval_mode="draft")
    return house
