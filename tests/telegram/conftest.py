"""The program's Telegram room alone: its real client on a loopback Telegram, its real database, and what it told."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from telethon import TelegramClient
from telethon.tl import types

from userbot.clock import LoopClock
from userbot.config import Settings, read_settings
from userbot.conversation import moves, takeovers
from userbot.errors import MachineFails
from userbot.people import Contact
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of
from userbot.store import database, journal, ledger, peers, tasks
from userbot.store.journal import Entry
from userbot.store.ledger import Outgoing, Purpose
from userbot.store.tables import CardRow, JournalRow
from userbot.telegram.client import connect, make_client
from userbot.telegram.delivery import Delivery
from userbot.telegram.updates import Intake

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
SEND = "messages.SendMessage"
PER_MINUTE = 20
# Long enough for anything that is on its way over loopback, and shorter than every delay that is tested.
SOON_S = 0.3


class MovableClock(LoopClock):
    """Hours can pass at once, without the loop going through every keepalive in between."""

    def move_on(self, by: timedelta) -> None:
        self._start += by


class Room:
    """What the program is on one computer: `start` and `stop` it as often as needed, the files stay.

    What the room told is in `journaled`, `typed`, `sent`, `refused`, `limited` and `logged_out`, in order.
    """

    def __init__(self, server: TelegramServer, clock: MovableClock, owner: Account, settings: Settings) -> None:
        self.server = server
        self.clock = clock
        self.owner = owner
        self.settings = settings
        self.history = 20
        self.journaled: list[int] = []
        self.typed: list[int] = []
        self.sent: list[Outgoing] = []
        self.refused: list[tuple[Outgoing, str]] = []
        self.limited: list[str] = []
        self.rests: list[datetime] = []
        self.logged_out: list[str] = []
        self.waiting: list[tuple[int, str]] = []
        self.free: list[str] = []
        self.lost: list[MachineFails] = []
        self._client: TelegramClient | None = None
        self._delivering: asyncio.Task[None] | None = None

    @property
    def client(self) -> TelegramClient:
        assert self._client is not None
        return self._client

    async def start(self) -> None:
        self._client = make_client(self.settings)
        self.intake = Intake(
            self._client,
            self.clock,
            owner_id=self.owner.id,
            prefix=".",
            lately=moves.LATELY,
            history=self.history,
            on_journaled=self.journaled.append,
            on_typing=self.typed.append,
            on_sent=self._sent,
            on_lost=self.lost.append,
        )
        self.intake.attach()
        await connect(self._client)
        peers.remember_owner(self.contact(self.owner))
        await asyncio.sleep(SOON_S)

    async def stop(self) -> None:
        await self.stop_delivering()
        if self._client is not None:
            await self._client.disconnect()
            self._client = None

    def deliver(self) -> Delivery:
        """From now on what the ledger promises is sent."""
        self.delivery = Delivery(
            self.client,
            self.clock,
            owner_id=self.owner.id,
            per_minute=PER_MINUTE,
            on_sent=self._sent,
            on_refused=self._refused,
            on_waiting=lambda row, why: self.waiting.append((row.id, why)),
            on_put_back=lambda row: None,
            on_account_limited=self.limited.append,
            on_rest=self.rests.append,
            on_account_free=self._free,
            on_logged_out=self.logged_out.append,
        )
        self._delivering = asyncio.create_task(self.delivery.run())
        self._ringing = asyncio.create_task(self.delivery.ringing.run())
        return self.delivery

    async def hours_later(self, wait: timedelta) -> None:
        self.clock.move_on(wait)
        if self._delivering is not None:
            self.delivery.wake()
        await asyncio.sleep(30)

    async def stop_delivering(self) -> None:
        """As when the program is stopped, whatever is under way."""
        if self._delivering is not None:
            self._ringing.cancel()
            await asyncio.gather(self._ringing, return_exceptions=True)
            self._delivering.cancel()
            (outcome,) = await asyncio.gather(self._delivering, return_exceptions=True)
            self._delivering = None
            assert isinstance(outcome, asyncio.CancelledError), outcome

    def _sent(self, row: Outgoing) -> None:
        self.sent.append(row)
        moves.delivered(row, self.clock.now())

    def _free(self, name: str) -> None:
        if name in self.limited and name not in self.free:
            self.free.append(name)

    def _refused(self, row: Outgoing, name: str) -> None:
        self.refused.append((row, name))
        moves.undeliverable(row, self.clock.now(), name)

    async def until(self, holds: Callable[[], object], within_s: float = 600.0) -> None:
        """Looks less and less often: every look at a quiet loop takes real time."""
        deadline = asyncio.get_running_loop().time() + within_s
        pause_s = 0.2
        while not holds():
            assert asyncio.get_running_loop().time() < deadline, f"not within {within_s:g} s"
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.2, 60)

    # --- what is in the files

    def contact(self, account: Account) -> Contact:
        access_hash = self.server.world.access_hash(self.owner, account)
        return Contact(account.id, access_hash, account.first_name, account.last_name, account.username, account.phone)

    def open_task(self, account: Account, command_message_id: int | None = 1, *, with_card: bool = False) -> int:
        """A task that was asked for before anything else was said. Nothing draws cards here: it has none to wait for,
        unless a test makes one."""
        task_id = moves.open_task(
            self.contact(account),
            owner_id=self.owner.id,
            task_type="question",
            context={},
            private_notes=None,
            mandate=None,
            language="en",
            command_message_id=command_message_id,
            now=self.clock.now(),
        )
        if not with_card:
            CardRow.delete().where(CardRow.task_id == task_id).execute()
        return task_id

    def queue(
        self,
        account: Account,
        text: str,
        *,
        purpose: Purpose = "reply",
        task_id: int | None = None,
        reply_to: int | None = None,
    ) -> int:
        """Promise a message to this person, who is known already or is now."""
        peers.remember(self.contact(account))
        return ledger.queue(account.id, purpose, text, self.clock.now(), task_id=task_id, reply_to=reply_to)

    def row(self, ledger_id: int) -> Outgoing:
        row = ledger.get(ledger_id)
        assert row is not None
        return row

    def rows_of(self, account: Account) -> list[Entry]:
        """The journal of this dialog, whatever became of its rows."""
        return journal.waiting(account.id, "new", "held", "handled", "history", "deleted")

    def texts_of(self, account: Account, *states: Any) -> list[str]:
        return [entry.text for entry in self.rows_of(account) if not states or entry.state in states]

    def owner_took_over(self, account: Account) -> bool:
        """Decide as the dispatch does after every change."""
        takeovers.settle_outgoing(account.id, self.clock.now())
        return any(task.paused == "takeover" for task in tasks.open_with(account.id))

    # --- what is on Telegram

    def seen_by(self, account: Account) -> list[str]:
        """What the owner's dialog looks like on this person's phone."""
        return [message.text for message in self.server.world.dialog(account, self.owner)]

    def random_ids(self, text: str | None = None) -> list[int]:
        """Of every request to send that reached Telegram."""
        requests = self.server.requests_of(self.owner, SEND)
        return [request.random_id for request in requests if text is None or request.message == text]

    def sent_at(self) -> list[float]:
        """The loop's time of every request to send that reached Telegram."""
        return [request.at_s for request in self.server.requests if request.method == SEND]


@pytest.fixture
async def clock() -> MovableClock:
    return MovableClock(START, asyncio.get_running_loop())


@pytest.fixture
async def server(clock: MovableClock) -> AsyncIterator[TelegramServer]:
    async with TelegramServer(clock=clock) as server:
        yield server


@pytest.fixture
def owner(server: TelegramServer) -> Account:
    return server.world.add_account("+7 900 000-00-01", "Olga", "Orlova", username="olga")


@pytest.fixture
def boris(server: TelegramServer) -> Account:
    return server.world.add_account("+7 900 000-00-02", "Boris", username="boris")


@pytest.fixture
def vera(server: TelegramServer) -> Account:
    return server.world.add_account("+7 900 000-00-03", "Vera", username="vera")


@pytest.fixture
def open_database(tmp_path: Path) -> Iterator[None]:
    database.open_database(tmp_path / "data" / "userbot.db")
    yield
    database.close_database()


@pytest.fixture
async def room(
    server: TelegramServer, clock: MovableClock, owner: Account, tmp_path: Path, open_database: None
) -> AsyncIterator[Room]:
    """Started: logged in, connected, and listening."""
    key = tmp_path / "server.pem"
    key.write_text(server.public_key_pem)
    settings = read_settings(
        {
            "TELEGRAM_API_ID": "1",
            "TELEGRAM_API_HASH": "loopback",
            "TELEGRAM_SERVER": f"127.0.0.1:{server.port}",
            "TELEGRAM_SERVER_KEY": str(key),
            "OPENAI_API_KEY": "test",
            "OPENAI_MODEL": "scripted",
            "OWNER_TIMEZONE": "Europe/Moscow",
            "USERBOT_HOME": str(tmp_path),
        },
        None,
    )
    settings.sessions_dir.mkdir(mode=0o700)
    # The session file as a login leaves it.
    async with phone_of(server, owner, settings.session_path):
        pass
    settings.session_path.chmod(0o600)
    room = Room(server, clock, owner, settings)
    await room.start()
    try:
        yield room
    finally:
        await room.stop()


@pytest.fixture
async def owners_phone(server: TelegramServer, owner: Account) -> AsyncIterator[TelegramClient]:
    """The owner's other device."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(phone_of(server, owner))


HOUR_S = 3600.0


def assert_sent_once(room: Room, ledger_id: int, to: Account, text: str) -> None:
    row = room.row(ledger_id)
    (seen,) = [message for message in room.server.world.dialog(room.owner, to) if message.text == text]
    assert (row.state, row.message_id) == ("sent", seen.id)
    assert room.seen_by(to).count(text) == 1
    assert set(room.random_ids(text)) == {row.random_id}
    assert [one.id for one in room.sent].count(ledger_id) == 1, "told once"


async def soon() -> None:
    await asyncio.sleep(SOON_S)


def journal_size() -> int:
    return int(JournalRow.select().count())


def beside(room: Room) -> AbstractContextManager[sqlite3.Connection]:
    """The database's file as others see it."""
    return closing(sqlite3.connect(room.settings.database_path, isolation_level=None))


def everything_stored(room: Room) -> str:
    with beside(room) as file:
        return "".join(file.iterdump())


def new_message(peer: Any, text: str = "hello", message_id: int = 900_001, **fields: Any) -> types.UpdateNewMessage:
    """As Telegram pushes it, for what the loopback world has no people for. A pts of 0 is none."""
    message = types.Message(id=message_id, peer_id=peer, message=text, date=START, **fields)
    return types.UpdateNewMessage(message, pts=0, pts_count=0)


def wrapped(*some: Any) -> types.Updates:
    return types.Updates(updates=list(some), users=[], chats=[], date=START, seq=0)
