"""Every message this program sends, one row each, made before it is sent and carrying its random_id from birth."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from peewee import fn

from userbot.store.database import transaction
from userbot.store.tables import LedgerRow, TaskRow

Purpose = Literal["opening", "reply", "relay", "card", "answer", "question"]
State = Literal["queued", "sending", "sent", "failed", "dropped"]
UNDELIVERED = ("queued", "sending")
# What a contact can see; the rest goes to Saved Messages.
TO_CONTACTS: tuple[Purpose, ...] = ("opening", "reply", "relay")


@dataclass(frozen=True)
class Outgoing:
    """A ledger row. `random_id` is what makes Telegram send it once, however often it is asked."""

    id: int
    peer_id: int
    task_id: int | None
    purpose: Purpose
    text: str
    entities: list[dict[str, Any]] | None
    reply_to: int | None
    random_id: int
    state: State
    not_before: datetime | None
    attempts: int
    message_id: int | None
    error: str | None
    created_at: datetime
    sent_at: datetime | None


def queue(
    peer_id: int,
    purpose: Purpose,
    text: str,
    now: datetime,
    *,
    task_id: int | None = None,
    reply_to: int | None = None,
    turn_id: str | None = None,
    entities: list[dict[str, Any]] | None = None,
) -> int:
    """Promise a message: it will be sent once, unless it is dropped first. Returns the row's id.

    The text must fit one message (4096 UTF-16 units) and say something.
    """
    if not text.strip():
        raise ValueError("an empty message would reach somebody")
    row = LedgerRow.create(
        peer_id=peer_id,
        task_id=task_id,
        purpose=purpose,
        text=text,
        entities=entities,
        reply_to=reply_to,
        random_id=secrets.randbits(63) or 1,
        state="queued",
        turn_id=turn_id,
        created_at=now,
    )
    return int(row.id)


def get(ledger_id: int) -> Outgoing | None:
    row = LedgerRow.get_or_none(LedgerRow.id == ledger_id)
    return None if row is None else _outgoing(row)


def next_of_each_peer() -> list[Outgoing]:
    """For every peer with something undelivered, the oldest such row: a dialog's messages go out in order."""
    rows: dict[int, Outgoing] = {}
    for row in LedgerRow.select().where(LedgerRow.state.in_(UNDELIVERED)).order_by(LedgerRow.id):
        rows.setdefault(row.peer_id, _outgoing(row))
    return list(rows.values())


def is_sending(peer_id: int, text: str | None = None) -> bool:
    """Is there a row whose outcome is unknown? Then a strange outgoing message in that dialog may be it.

    With `text`: a row that says this, spaces aside, which Telegram trims.
    """
    rows = LedgerRow.select(LedgerRow.text).where((LedgerRow.peer_id == peer_id) & (LedgerRow.state == "sending"))
    return any(text is None or row.text.split() == text.split() for row in rows)


def start_sending(ledger_id: int) -> bool:
    """False when the row was dropped (or delivered) meanwhile and must not be sent."""
    return bool(
        LedgerRow.update(state="sending", attempts=LedgerRow.attempts + 1)
        .where((LedgerRow.id == ledger_id) & LedgerRow.state.in_(UNDELIVERED))
        .execute()
    )


def mark_sent(ledger_id: int, message_id: int, now: datetime) -> bool:
    """Record the message's id; True when this is news."""
    return bool(
        LedgerRow.update(state="sent", message_id=message_id, sent_at=now, error=None)
        .where((LedgerRow.id == ledger_id) & (LedgerRow.state != "sent"))
        .execute()
    )


def learn_message_id(random_id: int, message_id: int, now: datetime) -> Outgoing | None:
    """Telegram said which message a random_id became. Returns the row when it is ours and this is news."""
    row = LedgerRow.get_or_none(LedgerRow.random_id == random_id)
    if row is None or not mark_sent(row.id, message_id, now):
        return None
    return get(row.id)


def postpone(ledger_id: int, not_before: datetime, error: str) -> None:
    """Try the same row again later. It stays `sending` if it was: the outcome of the last try is still unknown."""
    LedgerRow.update(not_before=not_before, error=error).where(_undelivered(ledger_id)).execute()


def requeue(ledger_id: int, not_before: datetime, error: str) -> None:
    """Try again later after Telegram clearly refused: nothing was sent, so the row may still be dropped."""
    unwanted = TaskRow.select(TaskRow.id).where(
        TaskRow.closed_because.in_(("stopped", "undeliverable")) | TaskRow.paused.is_null(False)
    )
    with transaction():
        LedgerRow.update(state="queued", not_before=not_before, error=error).where(_undelivered(ledger_id)).execute()
        # A task that was stopped or paused while Telegram had its message could not drop it then.
        LedgerRow.update(state="dropped").where(
            (LedgerRow.id == ledger_id)
            & (LedgerRow.state == "queued")
            & LedgerRow.task_id.in_(unwanted)
            & LedgerRow.purpose.in_(TO_CONTACTS)
        ).execute()


def drop_quote(ledger_id: int) -> None:
    """The message it should reply to is gone: the next try goes without the quote."""
    LedgerRow.update(reply_to=None).where(_undelivered(ledger_id)).execute()


def mark_failed(ledger_id: int, error: str) -> bool:
    """Telegram will never take it; False when it was delivered or dropped meanwhile."""
    return bool(LedgerRow.update(state="failed", error=error).where(_undelivered(ledger_id)).execute())


def rewrite_queued(ledger_id: int, text: str) -> bool:
    """Say something newer instead, as long as nothing was begun; False when it was."""
    return bool(
        LedgerRow.update(text=text)
        .where((LedgerRow.id == ledger_id) & (LedgerRow.state == "queued") & (LedgerRow.attempts == 0))
        .execute()
    )


def drop_queued(task_id: int) -> int:
    """Drop what was not begun for this task and its contact. What is being sent cannot be called back."""
    return int(
        LedgerRow.update(state="dropped")
        .where((LedgerRow.task_id == task_id) & (LedgerRow.state == "queued") & LedgerRow.purpose.in_(TO_CONTACTS))
        .execute()
    )


def by_message(message_ids: Collection[int]) -> dict[int, Outgoing]:
    """The rows that became these messages: what is in here, this program wrote."""
    rows = LedgerRow.select().where(LedgerRow.message_id.in_(list(message_ids)))
    return {row.message_id: _outgoing(row) for row in rows if row.message_id is not None}


def latest(peer_id: int, limit: int) -> list[Outgoing]:
    """The last `limit` messages of ours that this contact has or will get, oldest first."""
    rows = (
        LedgerRow.select()
        .where(
            (LedgerRow.peer_id == peer_id)
            & LedgerRow.state.in_(("queued", "sending", "sent"))
            & LedgerRow.purpose.in_(TO_CONTACTS)
        )
        .order_by(LedgerRow.id.desc())
        .limit(limit)
    )
    return [_outgoing(row) for row in rows][::-1]


def has_written(peer_id: int) -> bool:
    """Has this contact (or will they get) a message in the program's own name? The owner's words passed on are none."""
    return (
        LedgerRow.select()
        .where(
            (LedgerRow.peer_id == peer_id)
            & LedgerRow.state.in_(("queued", "sending", "sent"))
            & LedgerRow.purpose.in_(("opening", "reply"))
        )
        .exists()
    )


def of_task(task_id: int, purpose: Purpose) -> list[Outgoing]:
    rows = LedgerRow.select().where((LedgerRow.task_id == task_id) & (LedgerRow.purpose == purpose))
    return [_outgoing(row) for row in rows.order_by(LedgerRow.id)]


def count_to_contact(task_id: int) -> int:
    """Messages of this task that its contact has or will get."""
    return (
        LedgerRow.select()
        .where(
            (LedgerRow.task_id == task_id)
            & LedgerRow.state.in_(("queued", "sending", "sent"))
            & LedgerRow.purpose.in_(TO_CONTACTS)
        )
        .count()
    )


def count_undelivered() -> int:
    return LedgerRow.select().where(LedgerRow.state.in_(UNDELIVERED)).count()


def first_contacts_since(since: datetime) -> int:
    """People this program wrote to for the first time since then."""
    first = (
        LedgerRow.select(LedgerRow.peer_id)
        .where(LedgerRow.purpose.in_(TO_CONTACTS) & LedgerRow.state.in_(("queued", "sending", "sent")))
        .group_by(LedgerRow.peer_id)
        # A function knows nothing of its field: the instant has to be put into the column's own form.
        .having(fn.MIN(LedgerRow.created_at) >= LedgerRow.created_at.db_value(since))
    )
    return int(first.count())


def sent_since(since: datetime) -> list[tuple[int, datetime]]:
    """(peer, when) of everything that went out since then: what pacing counts, over restarts too."""
    rows = LedgerRow.select(LedgerRow.peer_id, LedgerRow.sent_at).where(
        (LedgerRow.state == "sent") & (LedgerRow.sent_at >= since)
    )
    return [(row.peer_id, row.sent_at) for row in rows]


def _undelivered(ledger_id: int) -> Any:
    # While a try was answered an update may have told that an earlier one went through: that stays.
    return (LedgerRow.id == ledger_id) & LedgerRow.state.in_(UNDELIVERED)


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(
        id=row.id,
        peer_id=row.peer_id,
        task_id=row.task_id,
        purpose=row.purpose,
        text=row.text,
        entities=row.entities,
        reply_to=row.reply_to,
        random_id=row.random_id,
        state=row.state,
        not_before=row.not_before,
        attempts=row.attempts,
        message_id=row.message_id,
        error=row.error,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
