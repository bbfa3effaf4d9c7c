"""ConversationTasks and the events that made them what they are. Every change is an event and a new revision."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from userbot.store import plans, rows
from userbot.store.database import transaction
from userbot.store.rows import as_json, as_text, marks
from userbot.store.tables import CardRow, EventRow, TaskRow

_read = rows.reader(TaskRow)
_read_events = rows.reader(EventRow)

_FIELDS = TaskRow._meta.fields

OPEN = ("pending", "in_progress")
# Literally as in the index of open tasks.
_OPEN = "status IN ('pending', 'in_progress')"


@dataclass(frozen=True)
class Task:
    """What the owner wants from one contact. `context` is the brief (may be told), `private_notes` never is.

    `command_message_id`: the owner's message that asked for it; whatever has a smaller id, in any private chat, was
    there before. `mandate` and `result` are JSON objects as the skill's checks and schemas define them. `mode`: which
    of its messages wait for the owner's yes.
    """

    id: int
    owner_id: int
    user_id: int
    command_message_id: int | None
    task_type: str
    context: Mapping[str, Any]
    private_notes: str | None
    mandate: Mapping[str, Any] | None
    language: str
    status: str
    waiting_for: str | None
    closed_because: str | None
    paused: str | None
    trouble: str | None
    result: Mapping[str, Any] | None
    evidence: tuple[int, ...]
    latest: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    deadline: datetime | None
    next_followup_at: datetime | None
    mode: str

    @property
    def is_taken_on(self) -> bool:
        """Does (or did, when it is closed) its contact do something by a date, the deadline, and `result` says what?"""
        return self.deadline is not None and self.result is not None


@dataclass(frozen=True)
class Event:
    at: datetime
    who: str
    what: str
    message_id: int | None
    details: Any


def create(
    *,
    owner_id: int,
    user_id: int,
    task_type: str,
    context: Mapping[str, Any],
    private_notes: str | None,
    mandate: Mapping[str, Any] | None,
    language: str,
    command_message_id: int | None,
    now: datetime,
    mode: str = "auto",
) -> int:
    with transaction():
        task_id = int(
            TaskRow.create(
                owner_id=owner_id,
                user_id=user_id,
                command_message_id=command_message_id,
                task_type=task_type,
                context=dict(context),
                private_notes=private_notes,
                mandate=mandate,
                language=language,
                status="pending",
                waiting_for="contact",
                mode=mode,
                created_at=now,
                updated_at=now,
            ).id
        )
        CardRow.create(task_id=task_id)
        add_event(task_id, who="owner", what="created", now=now, message_id=command_message_id)
    return task_id


def change(
    task_id: int,
    *,
    who: str,
    what: str,
    now: datetime,
    message_id: int | None = None,
    details: object = None,
    **columns: object,
) -> None:
    """Set `columns`, raise the revision, keep the event, and make the card be drawn anew: always together."""
    with transaction():
        given = {name: _FIELDS[name].db_value(value) for name, value in columns.items()}
        assignments = "".join(f", {name} = ?" for name in given)
        sql = (
            "UPDATE conversation_task SET revision = revision + 1, updated_at = ?, next_followup_at = NULL"
            f"{assignments} WHERE id = ?"
        )
        rows.change(sql, as_text(now), *given.values(), task_id)
        add_event(task_id, who=who, what=what, now=now, message_id=message_id, details=details)
        make_card_stale(task_id)
        plans.touch(task_id)


def add_event(
    task_id: int, *, who: str, what: str, now: datetime, message_id: int | None = None, details: object = None
) -> None:
    rows.insert(
        "task_event",
        task_id=task_id,
        at=as_text(now),
        who=who,
        what=what,
        message_id=message_id,
        details=as_json(details),
    )


def set_followup(task_id: int, at: datetime) -> None:
    """When to look again whether something is due by itself. Not a change of the task; any change is looked at soon."""
    sql = "UPDATE conversation_task SET next_followup_at = ? WHERE id = ? AND next_followup_at IS NOT ?"
    rows.change(sql, as_text(at), task_id, as_text(at))


def to_follow_up(now: datetime, limit: int) -> list[Task]:
    """Open tasks that are not paused and that it is time to look at, those not looked at since they changed first."""
    tail = f"WHERE {_OPEN} AND paused IS NULL AND (next_followup_at IS NULL OR next_followup_at <= ?)"
    return [_task(row) for row in _read(f"{tail} ORDER BY next_followup_at, id LIMIT ?", as_text(now), limit)]


def events(task_id: int) -> list[Event]:
    found = _read_events("WHERE task_id = ? ORDER BY id", task_id)
    return [Event(row.at, row.who, row.what, row.message_id, row.details) for row in found]


def owner_events(message_id: int) -> list[tuple[int, Event]]:
    """What this message of the owner's did to tasks, with the task's id, in order."""
    found = _read_events("WHERE message_id = ? AND who = 'owner' ORDER BY id", message_id)
    return [(row.task_id, Event(row.at, row.who, row.what, row.message_id, row.details)) for row in found]


def last_resumed_at(task_id: int) -> datetime | None:
    """When the owner last said go on, in a message of theirs."""
    sql = "SELECT max(at) FROM task_event WHERE task_id = ? AND what = 'resumed' AND message_id IS NOT NULL"
    last = rows.value(sql, task_id)
    return None if last is None else datetime.fromisoformat(last)


def last_event(task_id: int, *what: str) -> Event | None:
    """The latest event of one of these kinds."""
    return next(iter(latest_events(task_id, what, 1)), None)


def latest_events(task_id: int, what: Collection[str], limit: int) -> list[Event]:
    """The last events of these kinds, the latest first."""
    tail = f"WHERE task_id = ? AND what IN ({marks(what)}) ORDER BY id DESC LIMIT ?"
    found = _read_events(tail, task_id, *what, limit)
    return [Event(row.at, row.who, row.what, row.message_id, row.details) for row in found]


def set_trouble(task_id: int, trouble: str | None) -> bool:
    """Say (or take back) why nothing moves; not a change of the task itself. True when it was news."""
    is_news = TaskRow.trouble.is_null(trouble is not None) | (TaskRow.trouble != trouble)
    with transaction():
        changed = bool(TaskRow.update(trouble=trouble).where((TaskRow.id == task_id) & is_news).execute())
        if changed:
            make_card_stale(task_id)
    return changed


def trouble_is_over(user_id: int, but: Collection[str] = ()) -> None:
    """This contact's open tasks move again; what they wait for otherwise (`but`) stays."""
    for task in _read(f"WHERE user_id = ? AND {_OPEN} AND trouble IS NOT NULL", user_id):
        if task.trouble not in but:
            set_trouble(task.id, None)


def get(task_id: int) -> Task | None:
    return next((_task(row) for row in _read("WHERE id = ?", task_id)), None)


def open_with(user_id: int) -> list[Task]:
    """This contact's open tasks, oldest first, paused ones too."""
    return [_task(row) for row in _read(f"WHERE user_id = ? AND {_OPEN} ORDER BY id", user_id)]


def has_open(user_id: int) -> bool:
    return rows.value(f"SELECT 1 FROM conversation_task WHERE user_id = ? AND {_OPEN} LIMIT 1", user_id) is not None


def count_open() -> int:
    return int(rows.value(f"SELECT count(*) FROM conversation_task WHERE {_OPEN}"))


def people_of_open() -> list[int]:
    """The contacts of open tasks, those whose tasks changed last first."""
    sql = f"SELECT user_id FROM conversation_task WHERE {_OPEN} GROUP BY user_id ORDER BY max(updated_at) DESC, user_id"
    return [row[0] for row in rows.tuples(sql)]


def people_of_closed(since: datetime) -> list[int]:
    """The contacts without an open task of whom one was closed since, those of the latest first."""
    sql = (
        "SELECT user_id FROM conversation_task AS closed WHERE updated_at >= ? AND NOT EXISTS"
        f" (SELECT 1 FROM conversation_task WHERE user_id = closed.user_id AND {_OPEN})"
        " GROUP BY user_id ORDER BY max(updated_at) DESC, user_id"
    )
    return [row[0] for row in rows.tuples(sql, as_text(since))]


def all_open() -> list[Task]:
    return [_task(row) for row in TaskRow.select().where(TaskRow.status.in_(OPEN)).order_by(TaskRow.id)]


def pending() -> list[Task]:
    """Open tasks whose first message is not delivered."""
    return [_task(row) for row in _read("WHERE status = 'pending' ORDER BY id")]


def taken_over() -> list[Task]:
    """Open tasks that rest because the owner wrote in the dialog."""
    rows = TaskRow.select().where(TaskRow.status.in_(OPEN) & (TaskRow.paused == "takeover"))
    return [_task(row) for row in rows.order_by(TaskRow.id)]


def latest(limit: int) -> list[Task]:
    """The tasks changed last, newest first."""
    return [_task(row) for row in TaskRow.select().order_by(TaskRow.updated_at.desc()).limit(limit)]


def closed_since(user_id: int, since: datetime) -> list[Task]:
    found = _read(
        f"WHERE user_id = ? AND NOT {_OPEN} AND updated_at >= ? ORDER BY updated_at DESC", user_id, as_text(since)
    )
    return [_task(row) for row in found]


def ended_since(at: datetime) -> list[Task]:
    """The tasks that ended since then, whosever they are, oldest first."""
    return [_task(row) for row in _read(f"WHERE NOT {_OPEN} AND updated_at >= ? ORDER BY updated_at", as_text(at))]


def agreed_with(user_id: int, limit: int) -> list[Task]:
    """The last tasks with this person that ended in a result, oldest first."""
    tail = "WHERE user_id = ? AND closed_because = 'agreed' ORDER BY updated_at DESC LIMIT ?"
    return [_task(row) for row in _read(tail, user_id, limit)][::-1]


def private_notes(limit: int) -> list[tuple[int, str]]:
    """Whose task, and its private notes, of the tasks changed last, open or closed."""
    sql = (
        "SELECT user_id, private_notes FROM conversation_task WHERE private_notes IS NOT NULL"
        " ORDER BY updated_at DESC LIMIT ?"
    )
    return [(row[0], row[1]) for row in rows.tuples(sql, limit)]


def open_briefs(limit: int) -> list[tuple[int, Mapping[str, Any]]]:
    """Whose task, and its brief, of the newest open ones."""
    # Named, since SQLite would take the other index of open tasks and sort all of them.
    sql = (
        "SELECT user_id, context FROM conversation_task INDEXED BY conversation_task_newest_open"
        f" WHERE {_OPEN} ORDER BY id DESC LIMIT ?"
    )
    return [(row[0], json.loads(row[1])) for row in rows.tuples(sql, limit)]


def asked_silence(user_id: int) -> bool:
    """Did this person once ask not to be written to any more?"""
    sql = (
        "SELECT 1 FROM conversation_task JOIN task_event ON task_event.task_id = conversation_task.id"
        " WHERE conversation_task.user_id = ? AND task_event.what = 'asked_silence' LIMIT 1"
    )
    return rows.value(sql, user_id) is not None


def is_of_interest(user_id: int, now: datetime, lately: timedelta) -> bool:
    """Has this person an open task, one closed less than `lately` ago, or an agreed meeting ahead? Of others nothing is
    stored."""
    sql = (
        f"SELECT 1 FROM conversation_task WHERE user_id = ? AND ({_OPEN} OR updated_at >= ? OR EXISTS"
        " (SELECT 1 FROM held_slot WHERE task_id = conversation_task.id AND end_at > ?)) LIMIT 1"
    )
    return rows.value(sql, user_id, as_text(now - lately), as_text(now)) is not None


@dataclass(frozen=True)
class Card:
    """Where a task is shown in Saved Messages. `message_id`: None while it is on its way. `shown`: the text it has
    there now. `stale`: how often the task changed since then."""

    task_id: int
    ledger_id: int | None
    message_id: int | None
    shown: str | None
    stale: int


def stale_cards(also: Collection[int] = ()) -> list[Card]:
    """Cards whose tasks changed; and those of the tasks `also`."""
    sql = (
        "SELECT card.task_id, ledger_id, message_id, shown, stale FROM card LEFT JOIN ledger ON ledger.id = ledger_id"
        " WHERE "
    )
    found = {row[0]: row for row in rows.tuples(f"{sql} stale")}
    if more := [task_id for task_id in also if task_id not in found]:
        found |= {row[0]: row for row in rows.tuples(f"{sql} card.task_id IN ({rows.marks(more)})", *more)}
    return [Card(*row) for _, row in sorted(found.items())]


def make_card_stale(task_id: int) -> None:
    rows.change("UPDATE card SET stale = stale + 1 WHERE task_id = ?", task_id)


def card_shown(task_id: int, text: str, stale: int) -> None:
    """The card reads so, as of when its task had changed `stale` times: it stays stale when there is more by now."""
    rows.change(
        "UPDATE card SET shown = ?, stale = CASE stale WHEN ? THEN 0 ELSE stale END WHERE task_id = ?",
        *(text, stale, task_id),
    )


def card_posted_as(task_id: int, ledger_id: int | None, text: str | None) -> None:
    """The card is (to be) this message; None: it is gone and must be posted anew."""
    CardRow.update(ledger_id=ledger_id, shown=text, stale=ledger_id is None).where(CardRow.task_id == task_id).execute()


def is_card_settled(task_id: int) -> bool:
    """Is the task's card in Saved Messages, or has it none, or one that will never get there?"""
    sql = (
        "SELECT CASE WHEN card.ledger_id IS NULL THEN 'queued' ELSE ledger.state END FROM card"
        " LEFT JOIN ledger ON ledger.id = card.ledger_id WHERE card.task_id = ?"
    )
    return rows.value(sql, task_id) not in ("queued", "sending")


def task_of_card(ledger_id: int) -> int | None:
    row = CardRow.get_or_none(CardRow.ledger_id == ledger_id)
    return None if row is None else int(row.task_id)


def _task(row: Any) -> Task:
    return Task(
        id=row.id,
        owner_id=row.owner_id,
        user_id=row.user_id,
        command_message_id=row.command_message_id,
        task_type=row.task_type,
        context=row.context,
        private_notes=row.private_notes,
        mandate=row.mandate,
        language=row.language,
        status=row.status,
        waiting_for=row.waiting_for,
        closed_because=row.closed_because,
        paused=row.paused,
        trouble=row.trouble,
        result=row.result,
        evidence=tuple(row.evidence or ()),
        latest=row.latest,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deadline=row.deadline,
        next_followup_at=row.next_followup_at,
        mode=row.mode or "auto",
    )
