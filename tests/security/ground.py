"""The program without its wire to Telegram: the real database, dispatch, turns, commits, commands and cards, and the
real SDK to a model on loopback. Hundreds of contacts write into one account here; the ledger says what would be sent.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from userbot.clock import LoopClock
from userbot.conversation import moves
from userbot.conversation.contact import Setting
from userbot.conversation.owner import Command
from userbot.dispatch.tools import Tools
from userbot.dispatch.workers import Dispatch
from userbot.model.client import ModelClient, ModelSettings
from userbot.people import Contact, Found, Nobody
from userbot.rehearsal.model import ScriptedModel
from userbot.rehearsal.model.said import Brain
from userbot.saved_messages import cards, commands
from userbot.skills import load_skills
from userbot.store import journal, ledger, peers, tasks
from userbot.store.database import close_database, open_database
from userbot.store.journal import Author, Received, State
from userbot.store.tasks import Task
from userbot.tasks.budgets import Limits

OWNER = Contact(1000, 1, "Олег", None, "oleg_owner")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # Monday, 12:00 in Moscow
ZONE = ZoneInfo("Europe/Moscow")
# Longer than the quiet time, and over all steps enough for a second try of a turn that made no sense.
STEP_S = 8.0
# What may be spent on everybody is no matter here; what one dialog may cost is.
ROOMY = Limits(tokens=10**12, dollars=1e9, first_contacts=10**6)


@dataclass
class Phonebook:
    """People the owner can name by @username."""

    people: dict[str, Contact]

    async def find(self, query: str) -> Found:
        return self.people.get(query.strip().lstrip("@").casefold()) or Nobody("unknown")

    async def shown_in(self, message_id: int) -> Found:
        return Nobody("unknown")


class Ground:
    """One account. Use `open_ground`."""

    def __init__(self, clock: LoopClock, model: ScriptedModel, client: ModelClient, limits: Limits) -> None:
        skills = load_skills(Path(__file__).parents[2] / "skills")
        self.clock = clock
        self.model = model
        self.phonebook = Phonebook({})
        self._last_id = 100
        self._read: set[int] = set()
        self.desk = cards.Desk(owner_id=OWNER.user_id, zone=ZONE, skills=skills, language="ru", limits=limits)
        self.setting = Setting(OWNER.first_name, "Russian", ZONE, skills, limits)
        self.dispatch = Dispatch(
            Tools(
                model=client,
                directory=self.phonebook,
                setting=lambda _: self.setting,
                read_dialog=self._read_dialog,
                take_commands=self._take_commands,
                on_change=lambda: None,
                language=lambda _: "ru",
            ),
            clock,
            owner_id=OWNER.user_id,
            quiet_s=5.0,
            dialog_lines=20,
            limits=limits,
        )

    async def _read_dialog(self, peer_id: int) -> None:
        peers.set_swept_to(peer_id, 1)

    def _take_commands(self) -> list[Command]:
        waiting = journal.waiting(OWNER.user_id, "new")
        handled = [commands.handle(entry, self.desk, self.clock.now()) for entry in waiting]
        return [command for command in handled if command is not None]

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    # --- tasks ---

    def open_task(
        self,
        contact: Contact,
        task_type: str,
        context: Mapping[str, Any],
        mandate: Mapping[str, Any] | None,
        private_notes: str | None,
        opening: str,
        language: str = "ru",
    ) -> int:
        """A task as the owner's command makes it, whose first message has reached the contact."""
        task_id = moves.open_task(
            contact,
            owner_id=OWNER.user_id,
            task_type=task_type,
            context=context,
            private_notes=private_notes,
            mandate=mandate,
            language=language,
            command_message_id=self.next_id(),
            now=self.clock.now(),
        )
        if contact.username:
            self.phonebook.people[contact.username.casefold()] = contact
        ledger.queue(contact.user_id, "opening", opening, self.clock.now(), task_id=task_id)
        return task_id

    def task(self, task_id: int) -> Task:
        found = tasks.get(task_id)
        assert found is not None
        return found

    # --- what comes in ---

    def receive(self, peer_id: int, text: str, *, reply_to: int | None = None) -> int:
        """The contact writes; returns the message's id. Call `pass_time` for what follows."""
        return self._receive(peer_id, "contact", "new", text, reply_to)

    def owner_types_to(self, peer_id: int, text: str) -> int:
        """The owner types in a contact's dialog, on some phone of theirs."""
        return self._receive(peer_id, "owner", "held", text, None)

    def owner_commands(self, text: str, *, reply_to: int | None = None) -> int:
        """The owner types in Saved Messages."""
        return self._receive(OWNER.user_id, "owner", "new", text, reply_to)

    def edit(self, peer_id: int, message_id: int, text: str) -> None:
        if journal.record_edit(peer_id, message_id, text):
            self.dispatch.wake(peer_id)

    def _receive(self, peer_id: int, author: Author, state: State, text: str, reply_to: int | None) -> int:
        message_id = self.next_id()
        received = Received(
            peer_id=peer_id,
            message_id=message_id,
            author=author,
            text=text[:4096],  # no message on Telegram is longer
            sent_at=self.clock.now().replace(microsecond=0),
            reply_to=reply_to,
        )
        assert journal.record(received, state, self.clock.now())
        self.dispatch.wake(peer_id)
        return message_id

    # --- what goes out ---

    def deliver(self) -> None:
        """Everything the ledger promises arrives, cards and questions too."""
        cards.refresh(self.desk, self.clock.now())
        while rows := ledger.next_of_each_peer():
            # In the order of people, not of turns that ran side by side: a transcript is the same every time.
            for row in sorted(rows, key=lambda row: row.peer_id):
                if ledger.start_sending(row.id):
                    ledger.mark_sent(row.id, self.next_id(), self.clock.now())
                    sent = ledger.get(row.id)
                    assert sent is not None
                    moves.delivered(sent, self.clock.now())

    async def pass_time(self, seconds: float = STEP_S) -> None:
        await asyncio.sleep(seconds)
        # A busy machine takes real time for what is no time here: every turn under way is to end in its own step.
        asked = -1
        while asked != (asked := len(self.model.asked)):  # noqa: ASYNC110
            await asyncio.sleep(2.0)
        self.deliver()


@asynccontextmanager
async def open_ground(home: Path, brain: Brain, limits: Limits = ROOMY) -> AsyncIterator[Ground]:
    """`brain` answers every request, the owner's too. The database is new."""
    home.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    open_database(home / "userbot.db")
    peers.remember_owner(OWNER)
    # Replies that OpenAI would never have sent come back as history: that is what a model which breaks forms means.
    model = ScriptedModel(brain, checks_requests=False)
    await model.start()
    settings = ModelSettings("scripted", "sk-rehearsal", model.base_url, "chat", 60.0)
    client = ModelClient(settings, on_usage=lambda call: ground.dispatch.turns.note_usage(call))
    ground = Ground(LoopClock(NOW, asyncio.get_running_loop()), model, client, limits)
    try:
        yield ground
    finally:
        await ground.dispatch.close()
        await client.close()
        await model.stop()
        close_database()
