"""A real database file for each test, and short ways to fill it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from userbot.people import Contact
from userbot.store import journal, ledger, peers, tasks
from userbot.store.database import close_database, open_database
from userbot.store.journal import Author, Entry, Received, State

OWNER, ANNA, BORIS = 1000, 2001, 2002
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """An open database that knows the owner, Anna and Boris."""
    path = tmp_path / "data" / "userbot.db"
    open_database(path)
    for user_id, name in ((OWNER, "Олег"), (ANNA, "Анна"), (BORIS, "Борис")):
        peers.remember(Contact(user_id, user_id * 7, name))
    yield path
    close_database()


def receive(
    message_id: int,
    text: str = "привет",
    *,
    peer_id: int = ANNA,
    author: Author = "contact",
    state: State = "new",
    reply_to: int | None = None,
) -> Entry:
    """A message that came in, as its journal row."""
    received = Received(
        peer_id=peer_id, message_id=message_id, author=author, text=text, sent_at=NOW, reply_to=reply_to
    )
    assert journal.record(received, state, NOW)
    return entry(message_id, peer_id)


def entry(message_id: int, peer_id: int = ANNA) -> Entry:
    (found,) = journal.find(peer_id, [message_id])
    return found


def new_task(user_id: int = ANNA, now: datetime = NOW, **changed: Any) -> int:
    given: dict[str, Any] = {
        "task_type": "question",
        "context": {"question": "Когда отчёт?"},
        "private_notes": None,
        "mandate": None,
        "language": "ru",
        "command_message_id": 10,
        **changed,
    }
    return tasks.create(owner_id=OWNER, user_id=user_id, now=now, **given)


def task(task_id: int) -> tasks.Task:
    found = tasks.get(task_id)
    assert found is not None
    return found


def row(ledger_id: int) -> ledger.Outgoing:
    found = ledger.get(ledger_id)
    assert found is not None
    return found


def send(ledger_id: int, message_id: int, now: datetime = NOW) -> None:
    """The row reaches Telegram and becomes this message."""
    assert ledger.start_sending(ledger_id)
    assert ledger.mark_sent(ledger_id, message_id, now)
