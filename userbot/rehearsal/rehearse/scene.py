"""A Telegram on loopback with the owner, their contacts and the program in it, all in this process: what rehearsals and
replays are played on. The time is that of the running JumpingLoop.
"""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from userbot import app
from userbot.clock import LoopClock
from userbot.config import Settings, read_settings
from userbot.errors import OwnerMustAct, UserbotError
from userbot.rehearsal.jumping import JumpingLoop
from userbot.rehearsal.rehearse.ear import Ear
from userbot.rehearsal.rehearse.outcome import Outcome, read_outcome
from userbot.rehearsal.rehearse.recording import OWNER, REFERENCES, Line, Person, split_reference
from userbot.rehearsal.telegram import Account, Message, TelegramServer
from userbot.rehearsal.telegram.attached import a_file
from userbot.rehearsal.telegram.message import ReplyTo
from userbot.rehearsal.telegram.phone import API_HASH, API_ID, phone_of
from userbot.store import desk, journal, ledger, tasks

# Every line's message id is a multiple of this, so that what the program writes in between (another card, a sign that
# a command was seen) changes no id that a recorded call names.
IDS_A_LINE = 100
# Nothing is pending for so long: then there is nothing to do.
CALM_S = 2.5
# What is pending waits for something far away: quiet hours, a budget, somebody's yes.
STALLED_S = 90.0
LOOK_EVERY_S = 0.2
# Whatever the program looks at now and then it looks at so often where nothing happens.
STRIDE_S = 300.0
MEMORY = Path("/dev/shm")  # noqa: S108  (everything made there is a folder of one's own)


class CannotBeSaid(OwnerMustAct):
    """A line names a message or a person that is not there; the text says which."""


@dataclass(frozen=True)
class Place:
    """Where the program lives while it is rehearsed. `settings`: everything but its Telegram and its home, by name."""

    home: Path
    skills: Path
    settings: Mapping[str, str]
    prices: Path | None = None


@dataclass(frozen=True)
class _Written:
    """A message of the program's: of which kind of those that lines may reply to, of which task."""

    kind: str
    task_id: int | None
    message_id: int


class Scene:
    """Made by `open_scene`. `ear` listens to the model."""

    def __init__(
        self, server: TelegramServer, owner: Account, settings: Settings, clock: LoopClock, loop: JumpingLoop, ear: Ear
    ) -> None:
        self.server = server
        self.owner = owner
        self.settings = settings
        self.clock = clock
        self.loop = loop
        self.ear = ear
        self.people: dict[str, Account] = {}
        # While a line is said: what passes by is somebody's own, not the program's.
        self.is_saying = False
        self._began_s = loop.time()
        self._stop = asyncio.Event()
        self._program: asyncio.Task[None] | None = None
        # Messages and edits so far.
        self._happened = 0

    # --- people ---------------------------------------------------------------------------------------------------

    def add_person(self, person: Person) -> Account:
        """Raises CannotBeSaid when somebody is called so already: prompts know people by their names."""
        names = [_name_of(account) for account in (self.owner, *self.people.values())]
        if person.username in self.people or person.name in names or person.username == OWNER:
            raise CannotBeSaid(f"there is somebody called {person.username} or {person.name} already")
        first, _, last = person.name.partition(" ")
        world = self.server.world
        phone = f"+7 999 100 {len(world.accounts):04d}"
        account = world.add_account(phone, first, last or None, username=person.username)
        world.add_contact(self.owner, account)
        world.add_contact(account, self.owner)
        for who, text in person.before:
            ends = (self.owner, account) if who == OWNER else (account, self.owner)
            world.send(*ends, text)
        self.people[person.username] = account
        return account

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def at_s(self) -> float:
        """Seconds since the beginning."""
        return self.loop.time() - self._began_s

    async def start_program(self) -> None:
        """Until it takes commands."""
        ready = asyncio.Event()
        self._program = asyncio.create_task(
            app.run(
                self.settings,
                clock=self.clock,
                stop=self._stop,
                on_ready=ready.set,
                around_model=self.ear.around,
            )
        )
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait([self._program, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        self.raise_if_ended()

    def raise_if_ended(self) -> None:
        """Raises what the program ended with, if it ended."""
        if self._program is not None and self._program.done():
            self._program.result()
            raise UserbotError("the program ended by itself")

    async def stop_program(self) -> None:
        if self._program is not None:
            self._stop.set()
            await asyncio.gather(self._program, return_exceptions=True)
            self._program = None

    def is_pending(self) -> bool:
        """Is there something the program has still to do, as far as its record tells?"""
        return bool(
            self.ear.in_flight
            or journal.peers_waiting()
            or ledger.peers_due()
            or desk.unposted()
            or desk.stale()
            or tasks.stale_cards()
            or any(not ledger.of_task(task.id, "opening") for task in tasks.pending())
        )

    @contextmanager
    def passing(self, until_s: float) -> Iterator[None]:
        """Time passes, until then by the loop's time: in strides, as long as the program has nothing to do."""

        def stride_s() -> float:
            return 0.0 if self.is_pending() else max(0.0, min(STRIDE_S, until_s - self.loop.time()))

        with self.loop.striding(stride_s):
            yield

    async def settle(self, watch: Callable[[], None] = lambda: None) -> None:
        """Until the program has nothing to do, or nothing happens any more. `watch` is called all the while and may
        raise. Raises what the program ended with, if it ended."""
        calm_since = active_at = self.loop.time()
        seen = self._happened + self.ear.begun
        while True:
            watch()
            self.raise_if_ended()
            now = self.loop.time()
            if self.is_pending():
                calm_since = now
            happened = self._happened + self.ear.begun
            if happened != seen or self.ear.in_flight:
                seen, active_at = happened, now
            if now - calm_since >= CALM_S or now - active_at >= self._stalled_s:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    @property
    def _stalled_s(self) -> float:
        return STALLED_S + self.settings.hold_s + self.settings.reply_delay_max_s + self.settings.quiet_s

    def note_happening(self) -> None:
        self._happened += 1

    # --- what is said ---------------------------------------------------------------------------------------------

    def say(self, line: Line) -> Message:
        """Put the line on Telegram, now; returns its writer's copy. Raises CannotBeSaid."""
        writer = self.owner if line.who == OWNER else self._person(line.who)
        peer = self.owner if line.to is None else self._person(line.to)
        reply_to = None
        if line.reply_to is not None:
            reply_to = ReplyTo(self._message_of(line.reply_to, writer, peer))
        box = self.owner.box
        box.last_message_id = (box.last_message_id // IDS_A_LINE + 1) * IDS_A_LINE - 1
        media = None if line.file is None else a_file(line.file, self.clock.now())
        self.is_saying = True
        try:
            return self.server.world.send(writer, peer, line.text, reply_to=reply_to, media=media)
        finally:
            self.is_saying = False

    def _person(self, username: str) -> Account:
        if username not in self.people:
            raise CannotBeSaid(f"there is no contact {username}")
        return self.people[username]

    def _message_of(self, reference: str, writer: Account, peer: Account) -> int:
        """The id in the writer's own box."""
        kind, number = split_reference(reference)
        dialog = self.owner if writer is peer else (writer if peer is self.owner else peer)
        rows = self._written_in(dialog)
        if kind == "card":
            rows, number = [row for row in rows if row.kind == "card" and row.task_id == number], 1
        else:
            rows = [row for row in rows if row.kind == kind]
        if not 1 <= number <= len(rows):
            raise CannotBeSaid(f"there is no {reference} to reply to")
        message_id = rows[number - 1].message_id
        if writer is self.owner:
            return message_id
        message = self.owner.box.messages.get(message_id)
        if message is None or message.twin_id is None:
            raise CannotBeSaid(f"{reference} is no longer there to reply to")
        return message.twin_id

    def reference_to(self, dialog: Account, message_id: int) -> str:
        """How a line names this message of the program's, by its id in the owner's box. Raises CannotBeSaid."""
        counted: Counter[str] = Counter()
        for row in self._written_in(dialog):
            counted[row.kind] += 1
            if row.message_id == message_id:
                return f"card {row.task_id}" if row.kind == "card" else f"{row.kind} {counted[row.kind]}"
        raise CannotBeSaid("this message is not one of the program's")

    def _written_in(self, dialog: Account) -> list["_Written"]:
        """The program's messages that stand in a dialog, in order."""
        ids = [message.id for message in self.server.world.dialog(self.owner, dialog) if message.out]
        rows = ledger.by_message(ids)
        found = [rows[known] for known in ids if known in rows]
        return [
            _Written(row.purpose if row.purpose in REFERENCES else "message", row.task_id, row.message_id or 0)
            for row in found
        ]

    # --- what became of it ----------------------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        names = {account.id: username for username, account in self.people.items()}
        said = {username: self._texts_to(account) for username, account in self.people.items()}
        return read_outcome(names, {OWNER: self._texts_to(self.owner), **said})

    def _texts_to(self, peer: Account) -> list[str]:
        ids = {row.message_id for row in self._written_in(peer)}
        return [message.text for message in self.server.world.dialog(self.owner, peer) if message.id in ids]


def _name_of(account: Account) -> str:
    return " ".join(filter(None, [account.first_name, account.last_name]))


def scratch_folder(prefix: str) -> tempfile.TemporaryDirectory[str]:
    """Where the program of a scene lives, in memory where this system has a place for that: it writes whenever some
    seconds pass there, and days do in no time."""
    return tempfile.TemporaryDirectory(prefix=prefix, dir=MEMORY if os.access(MEMORY, os.W_OK) else None)


@asynccontextmanager
async def open_scene(
    place: Place, start: datetime, owner_name: str, people: Sequence[Person], ear: Ear
) -> AsyncIterator[Scene]:
    """The program is not started yet, and is stopped in the end. Raises OwnerMustAct, SettingsError too."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)  # noqa: S101  (a rehearsal is run by one)
    clock = LoopClock(start, loop)
    async with TelegramServer(clock=clock) as server:
        first, _, last = owner_name.partition(" ")
        owner = server.world.add_account("+7 999 100 0000", first, last or None, username="the_owner")
        settings = _settings(place, server)
        settings.sessions_dir.mkdir(mode=0o700)
        async with phone_of(server, owner, settings.session_path) as client:
            await client.get_me()
        settings.session_path.chmod(0o600)
        scene = Scene(server, owner, settings, clock, loop, ear)
        server.world.on_change.append(lambda _: scene.note_happening())
        for person in people:
            scene.add_person(person)
        try:
            yield scene
        finally:
            await scene.stop_program()


def _settings(place: Place, server: TelegramServer) -> Settings:
    if not place.skills.is_dir():
        raise OwnerMustAct(f"there is no folder {place.skills}: put the project's skills/ there")
    key = place.home / "server.pem"
    key.write_text(server.public_key_pem)
    (place.home / "skills").symlink_to(place.skills.resolve(), target_is_directory=True)
    if place.prices is not None and place.prices.exists():
        (place.home / "prices.toml").symlink_to(place.prices.resolve())
    environ = {
        **place.settings,
        "TELEGRAM_API_ID": str(API_ID),
        "TELEGRAM_API_HASH": API_HASH,
        "TELEGRAM_SERVER": f"127.0.0.1:{server.port}",
        "TELEGRAM_SERVER_KEY": str(key),
        "USERBOT_HOME": str(place.home),
    }
    return read_settings(environ, None)
