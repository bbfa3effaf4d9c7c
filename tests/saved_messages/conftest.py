"""A desk over a real database file: an owner who types, a contact who writes, and what stands in Saved Messages."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from userbot.conversation import moves
from userbot.conversation.owner import Command
from userbot.people import Contact
from userbot.saved_messages import cards
from userbot.saved_messages.cards import Desk, Edit
from userbot.saved_messages.commands import handle
from userbot.saved_messages.when import Language
from userbot.skills import load_skills
from userbot.store import desk as items
from userbot.store import journal, ledger, peers, tasks
from userbot.store.database import close_database, open_database
from userbot.store.journal import Author, Entry, Received
from userbot.store.ledger import Outgoing
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import Change

OWNER = 1000
ANNA = Contact(2001, 77, "Анна", "Петрова", "anna", "79161234567")
BORIS = Contact(2002, 78, "Борис", None, "boris")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday, 12:00 in Moscow

MEETING = {
    "topic": "обсудить договор",
    "when_words": "завтра, 24 ноября, с 12 до 20 по Москве",
    "duration_minutes": 60,
    "place": None,
    "timezone": "Europe/Moscow",
}
LIMITS = {
    "windows": [{"date": "2026-11-24", "from": "12:00", "to": "20:00"}],
    "timezone": "Europe/Moscow",
    "duration_minutes": 60,
}
SETTLED = {
    "date": "2026-11-24",
    "time": "15:30",
    "timezone": "Europe/Moscow",
    "duration_minutes": 60,
    "weekday": "tue",
    "said": "в полчетвёртого",
    "place": None,
    "summary": "Встреча завтра в 15:30.",
}
OUTSIDE = {**SETTLED, "date": "2026-11-25", "weekday": "wed"}
# What the owner's turn wanted begun, as a question about it keeps it.
START: dict[str, Any] = {
    "kind": "start",
    "query": "Анна",
    "task_type": "meeting",
    "context": MEETING,
    "mandate": LIMITS,
    "private_notes": None,
    "language": "ru",
}
SKILLS = load_skills(Path(__file__).parents[2] / "skills")


@dataclass
class Room:
    """What the tests do, in the words of the story; time moves a minute with every step."""

    desk: Desk
    now: datetime = NOW
    message_id: int = 100
    edits: list[Edit] = field(default_factory=list)

    def tick(self) -> int:
        self.now += timedelta(minutes=1)
        self.message_id += 1
        return self.message_id

    # --- what happens ---

    def open(self, **changed: Any) -> int:
        """A meeting with Anna, unless `changed` says otherwise."""
        given: dict[str, Any] = {
            "task_type": "meeting",
            "context": MEETING,
            "private_notes": None,
            "mandate": LIMITS,
            "language": "ru",
            "contact": ANNA,
            **changed,
        }
        contact = given.pop("contact")
        return moves.open_task(contact, owner_id=OWNER, command_message_id=self.tick(), now=self.now, **given)

    def write(self, task_id: int, purpose: ledger.Purpose = "opening") -> int:
        """A message of ours for the contact, not delivered yet; its row's id."""
        return ledger.queue(self.task(task_id).user_id, purpose, "Здравствуйте!", self.now, task_id=task_id)

    def deliver_to_contact(self, task_id: int) -> None:
        row = ledger.get(self.write(task_id))
        assert row is not None
        ledger.mark_sent(row.id, self.tick(), self.now)
        moves.delivered(row, self.now)

    def contact_writes(self, text: str, task_id: int | None = None, peer_id: int = ANNA.user_id) -> int:
        message_id = self.tick()
        self.receive(peer_id, "contact", text, message_id)
        if task_id is not None:
            entry = journal.find(peer_id, [message_id])[0]
            journal.mark_handled([entry.id], "t1", task_id, "lone")
            moves.move(task_id, Change.CONTACT_WROTE, who="contact", now=self.now, message_id=message_id)
        return message_id

    def settle(self, task_id: int, result: dict[str, Any], evidence: list[int]) -> None:
        assert moves.move(
            task_id, Change.AGREED, who="model", now=self.now, result=result, evidence=evidence, details=None
        )

    def ask(self, task_id: int, **payload: Any) -> None:
        items.add("ask", payload, self.now, task_id=task_id)
        moves.move(task_id, Change.ASKED_OWNER, who="model", now=self.now)

    def receive(self, peer_id: int, author: Author, text: str, message_id: int, **more: Any) -> Entry:
        received = Received(peer_id=peer_id, message_id=message_id, author=author, text=text, sent_at=self.now, **more)
        assert journal.record(received, "new", self.now)
        return journal.find(peer_id, [message_id])[0]

    # --- Saved Messages ---

    def types(self, text: str, reply_to: Outgoing | None = None, media: str | None = None) -> Command | None:
        """The owner types it, perhaps as a reply, and the room deals with it."""
        target = reply_to.message_id if reply_to else None
        entry = self.receive(OWNER, "owner", text, self.tick(), reply_to=target, media=media)
        return handle(entry, self.desk, self.now)

    def refresh(self) -> list[Outgoing]:
        """Post and edit what is due, as the program would; the new messages in Saved Messages, oldest first."""
        self.edits = cards.refresh(self.desk, self.now)
        for edit in self.edits:
            cards.mark_shown(edit)
        return self.delivered()

    def delivered(self) -> list[Outgoing]:
        new = []
        while rows := [row for row in ledger.next_of_each_peer() if row.peer_id == OWNER]:
            ledger.mark_sent(rows[0].id, self.tick(), self.now)
            row = ledger.get(rows[0].id)
            assert row is not None
            new.append(row)
        return new

    def answer(self) -> str:
        """The one new message that is no card."""
        rows = [row for row in self.refresh() if row.purpose != "card"]
        assert len(rows) == 1, [row.text for row in rows]
        return rows[0].text

    def card(self, task_id: int) -> Outgoing:
        self.refresh()
        row = ledger.of_task(task_id, "card")[-1]
        assert row.message_id is not None
        return row

    def text(self, task_id: int) -> str:
        return cards.render_card(self.task(task_id), self.desk, self.now)

    def task(self, task_id: int) -> Task:
        task = tasks.get(task_id)
        assert task is not None
        return task

    def speaking(self, language: Any) -> "Room":
        self.desk = replace(self.desk, language=language)
        return self


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    open_database(tmp_path / "userbot.db")
    peers.remember(Contact(OWNER, 1, "Олег"))
    yield Room(Desk(OWNER, ZoneInfo("Europe/Moscow"), SKILLS, "ru"))
    close_database()


BOTH = pytest.mark.parametrize("language", ["ru", "en"])


def says(text: str, russian: str, english: str, language: Language) -> bool:
    return (russian if language == "ru" else english) in text


LONG = "😀 слово " * 800
