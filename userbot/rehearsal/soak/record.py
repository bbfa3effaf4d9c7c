"""What the program wrote down, straight from its database file, whatever it thinks of it."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class TaskRecord:
    id: int
    user_id: int
    question: str
    status: str
    paused: str | None
    result: dict[str, object]
    evidence: list[int]


@dataclass(frozen=True)
class Event:
    id: int
    task_id: int
    what: str
    at: datetime
    message_id: int | None


@dataclass(frozen=True)
class Row:
    """What was to be sent to a contact."""

    peer_id: int
    task_id: int | None
    random_id: int
    state: str
    text: str


@dataclass(frozen=True)
class Record:
    """`handled`: (peer, message id) of what the owner typed and the program has taken in. `cards`: message id of each
    task's card."""

    tasks: tuple[TaskRecord, ...] = ()
    events: tuple[Event, ...] = ()
    to_contacts: tuple[Row, ...] = ()
    handled: frozenset[tuple[int, int]] = frozenset()

    def tasks_with(self, user_id: int) -> list[TaskRecord]:
        return [task for task in self.tasks if task.user_id == user_id]

    def events_of(self, task_id: int, what: str) -> list[Event]:
        return [event for event in self.events if event.task_id == task_id and event.what == what]


def read_record(database: Path) -> Record:
    """Of one moment. Empty before the program has made its tables."""
    if not database.exists():
        return Record()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        try:
            file.execute("BEGIN")
            return Record(
                tuple(
                    TaskRecord(
                        row[0],
                        row[1],
                        json.loads(row[2])["question"],
                        row[3],
                        row[4],
                        json.loads(row[5]),
                        json.loads(row[6]),
                    )
                    for row in file.execute(
                        "SELECT id, user_id, context, status, paused, coalesce(result, '{}'), coalesce(evidence, '[]')"
                        " FROM conversation_task"
                    )
                ),
                tuple(
                    Event(row[0], row[1], row[2], datetime.fromisoformat(row[3]), row[4])
                    for row in file.execute("SELECT id, task_id, what, at, message_id FROM task_event ORDER BY id")
                ),
                tuple(
                    Row(*row)
                    for row in file.execute(
                        "SELECT peer_id, task_id, random_id, state, text FROM ledger"
                        " WHERE purpose IN ('opening', 'reply', 'relay') ORDER BY rowid"
                    )
                ),
                frozenset(
                    file.execute("SELECT peer_id, message_id FROM journal WHERE author = 'owner' AND state = 'handled'")
                ),
            )
        except sqlite3.OperationalError:
            return Record()
