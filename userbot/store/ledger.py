"""Every message this program sends, one row each, made before it is sent and carrying its random_id from birth.

A `proposed` one waits for the owner's yes: nobody has it, and delivery does not see it.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from userbot.store import rows
from userbot.store.database import transaction
from userbot.store.rows import as_json, as_text, marks
from userbot.store.tables import LedgerRow

_read = rows.reader(LedgerRow)

Purpose = Literal["opening", "reply", "relay", "card", "answer", "question"]
State = Literal["proposed", "queued", "sending", "sent", "failed", "dropped"]
UNDELIVERED = ("queued", "sending")
# Conditions of the queries here and in ledger_counts, literally as in the indexes that answer them.
_DUE = "state IN ('queued', 'sending')"
# Telegram holds it, and sends it when its time comes.
_SCHEDULED = "scheduled_for IS NOT NULL AND state IN ('sending', 'dropped') AND state = 'sending'"
IS_SEEN = "state IN ('queued', 'sending', 'sent')"
# How far apart what was asked for and when it stands in the dialog may be: clocks, retries, a slow Telegram.
GOES_OUT_WITHIN = timedelta(hours=1)
IS_TO_CONTACT = "purpose IN ('opening', 'reply', 'relay')"
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
    turn_id: str | None
    created_at: datetime
    sent_at: datetime | None
    rings: bool = False
    scheduled_id: int | None = None
    scheduled_for: datetime | None = None
    file_name: str | None = None
    file: str | None = None


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
    state: Literal["queued", "proposed"] = "queued",
    rings: bool = False,
    file: tuple[str, str] | None = None,
) -> int:
    """Promise a message: it will be sent once, unless it is dropped first. Returns the row's id.

    A proposed one is no promise yet: `release` makes it one.

    The text must fit one message (4096 UTF-16 units; 1024 with a file) and say something. `rings`: the owner's phone
    is to ring for it. `file`: a name and what the file of that name holds.
    """
    if not text.strip():
        raise ValueError("an empty message would reach somebody")
    return rows.insert(
        "ledger",
        peer_id=peer_id,
        task_id=task_id,
        purpose=purpose,
        text=text,
        entities=as_json(entities),
        reply_to=reply_to,
        random_id=secrets.randbits(63) or 1,
        state=state,
        turn_id=turn_id,
        not_before=None if purpose in ("card", "question", "answer") else _asked_to_wait_until(peer_id, now),
        created_at=as_text(now),
        rings=int(rings),
        file_name=file and file[0],
        file=file and file[1],
    )


def _asked_to_wait_until(peer_id: int, now: datetime) -> str | None:
    """What takes the place of a message that Telegram refused for now waits as long as that one would have."""
    sql = (
        "SELECT not_before FROM ledger WHERE peer_id = ? AND state = 'dropped' AND attempts > 0 AND not_before > ?"
        " ORDER BY not_before DESC LIMIT 1"
    )
    found = rows.value(sql, peer_id, as_text(now))
    return None if found is None else str(found)


def get(ledger_id: int) -> Outgoing | None:
    return next((_outgoing(row) for row in _read("WHERE id = ?", ledger_id)), None)


def next_of_each_peer() -> list[Outgoing]:
    """For every peer with something undelivered, the oldest such row: a dialog's messages go out in order."""
    # What is scheduled is Telegram's to send.
    due = f"{_DUE} AND scheduled_id IS NULL"
    oldest = f"WHERE id IN (SELECT min(id) FROM ledger WHERE {due} GROUP BY peer_id) ORDER BY id"
    return [_outgoing(row) for row in _read(oldest)]


def peers_due() -> set[int]:
    """Peers with something undelivered."""
    return {row[0] for row in rows.tuples(f"SELECT DISTINCT peer_id FROM ledger WHERE {_DUE}")}


def tasks_with_queued(peer_id: int) -> list[int]:
    """The tasks, closed ones too, that have something for this contact which was not begun."""
    sql = (
        f"SELECT DISTINCT task_id FROM ledger WHERE peer_id = ? AND {_DUE} AND state = 'queued' AND {IS_TO_CONTACT}"
        " AND task_id IS NOT NULL"
    )
    return [row[0] for row in rows.tuples(sql, peer_id)]


def undelivered_of(task_id: int) -> list[Outgoing]:
    """What waits to go to this task's contact, oldest first."""
    return [_outgoing(row) for row in _read(f"WHERE task_id = ? AND {_DUE} AND {IS_TO_CONTACT} ORDER BY id", task_id)]


def is_sending(peer_id: int, text: str | None = None) -> bool:
    """Is there a row whose outcome is unknown? Then a strange outgoing message in that dialog may be it.

    With `text`: a row that says this, spaces aside, which Telegram trims. What is scheduled is known when it comes.
    """
    sql = f"SELECT text FROM ledger WHERE peer_id = ? AND {_DUE} AND state = 'sending' AND scheduled_id IS NULL"
    found = rows.tuples(sql, peer_id)
    return any(text is None or said.split() == text.split() for (said,) in found)


def start_sending(ledger_id: int, scheduled_for: datetime | None = None) -> bool:
    """False when the row was dropped (or delivered) meanwhile and must not be sent.

    `scheduled_for`: it is to go out then. A row whose earlier try may have been scheduled stays known as such.
    """
    sql = (
        "UPDATE ledger SET state = 'sending', attempts = attempts + 1, scheduled_for = coalesce(?, scheduled_for)"
        f" WHERE id = ? AND {_DUE}"
    )
    return bool(rows.change(sql, as_text(scheduled_for), ledger_id))


def mark_sent(ledger_id: int, message_id: int, now: datetime) -> bool:
    """Record the message's id; True when this is news."""
    return bool(
        rows.change(
            "UPDATE ledger SET state = 'sent', message_id = ?, sent_at = ?, error = NULL"
            " WHERE id = ? AND state <> 'sent'",
            *(message_id, as_text(now), ledger_id),
        )
    )


def learn_message_id(random_id: int, message_id: int, now: datetime) -> Outgoing | None:
    """Telegram said which message a random_id became. Returns the row when it is ours and this is news."""
    row = LedgerRow.get_or_none(LedgerRow.random_id == random_id)
    # Of one that is to be scheduled this may be the id it has until it goes out: only its answer tells.
    if row is None or row.scheduled_for is not None or not mark_sent(row.id, message_id, now):
        return None
    return get(row.id)


def mark_scheduled(ledger_id: int, scheduled_id: int) -> bool:
    """Telegram holds it now, under an id of its own; False when it went out meanwhile."""
    sql = f"UPDATE ledger SET scheduled_id = ?, error = NULL WHERE id = ? AND {_DUE}"
    return bool(rows.change(sql, scheduled_id, ledger_id))


def scheduled() -> list[Outgoing]:
    """What Telegram holds, or may hold, until its time comes; oldest first."""
    return [_outgoing(row) for row in _read(f"WHERE {_SCHEDULED} ORDER BY id")]


def scheduled_became(scheduled_id: int, message_id: int, now: datetime) -> Outgoing | None:
    """A scheduled message went out, under this id. Returns the row when it is ours and this is news."""
    found = next(iter(_read("WHERE scheduled_id = ? ORDER BY id DESC LIMIT 1", scheduled_id)), None)
    if found is None:
        return None
    by_words = by_message([message_id]).get(message_id)
    if by_words is not None and by_words.id != found.id:
        # Two alike, taken for each other by their words: they exchange what was known of them.
        rows.change(
            "UPDATE ledger SET state = ?, message_id = ?, sent_at = ? WHERE id = ?",
            *(found.state, found.message_id, as_text(found.sent_at), by_words.id),
        )
        rows.change("UPDATE ledger SET message_id = ? WHERE id = ? AND state = 'sent'", message_id, found.id)
    return get(found.id) if mark_sent(found.id, message_id, now) else None


def went_out(text: str, message_id: int, at: datetime, now: datetime) -> Outgoing | None:
    """A message that was scheduled stands in Saved Messages since `at`. Returns the row when it is one of ours that
    nobody had seen going out: known by its words, since Telegram tells nothing else of it to who was away."""
    tail = "WHERE scheduled_for IS NOT NULL AND state IN ('sending', 'dropped') ORDER BY id"
    alike = [
        row
        for row in _read(tail)
        if row.text.split() == text.split() and abs(row.scheduled_for - at) <= GOES_OUT_WITHIN
    ]
    # Alike twice: the one that was to go out then.
    found = min(alike, key=lambda row: (row.state != "sending", abs(row.scheduled_for - at), row.id), default=None)
    return None if found is None or not mark_sent(found.id, message_id, now) else get(found.id)


def drop_scheduled(ledger_id: int) -> bool:
    """It was taken off Telegram's schedule; False when it went out meanwhile."""
    sql = "UPDATE ledger SET state = 'dropped', error = NULL WHERE id = ? AND state = 'sending'"
    return bool(rows.change(sql, ledger_id))


def postpone(ledger_id: int, not_before: datetime, error: str) -> None:
    """Try the same row again later. It stays `sending` if it was: the outcome of the last try is still unknown."""
    LedgerRow.update(not_before=not_before, error=error).where(_undelivered(ledger_id)).execute()


def requeue(ledger_id: int, not_before: datetime, error: str) -> None:
    """Try again later after Telegram clearly refused: nothing was sent, so the row may still be dropped."""
    with transaction():
        LedgerRow.update(state="queued", not_before=not_before, error=error).where(_undelivered(ledger_id)).execute()
        # A task that ended without a last word, or was paused, while Telegram had its message could not drop it then.
        if is_unwanted(ledger_id):
            LedgerRow.update(state="dropped").where(
                (LedgerRow.id == ledger_id) & (LedgerRow.state == "queued")
            ).execute()


# What code tells the people of a plan is a last word, however it ended for them.
_TOLD_BY_PLAN = (
    "EXISTS (SELECT 1 FROM task_event WHERE task_id = task.id AND what = 'plan_told'"
    " AND json_extract(details, '$.row') = ledger.id)"
)

# They asked not to be written to, whatever they said with it, and the owner has not gone on since.
_ASKED_SILENCE = (
    "(SELECT max(CASE what WHEN 'asked_silence' THEN id END) > coalesce(max(CASE who WHEN 'owner' THEN id END), 0)"
    " FROM task_event WHERE task_id = task.id)"
)


def is_unwanted(ledger_id: int) -> bool:
    """Is it for the contact of a task that has ended without a last word, or is paused? What was written after the end
    is such a word: that an agreed meeting is off, say."""
    sql = (
        "SELECT 1 FROM ledger JOIN conversation_task AS task ON task.id = ledger.task_id"
        f" WHERE ledger.id = ? AND {IS_TO_CONTACT} AND (task.paused IS NOT NULL"
        f" OR (task.closed_because IN ('stopped', 'undeliverable', 'expired', 'no_answer') AND NOT {_TOLD_BY_PLAN})"
        f" OR (task.closed_because IN ('declined', 'agreed') AND {_ASKED_SILENCE})"
        # So ended the moving of something agreed, which stands.
        f" OR (task.closed_because = 'agreed' AND NOT {_TOLD_BY_PLAN} AND"
        " (SELECT what FROM task_event WHERE task_id = task.id AND what IN"
        " ('agreed', 'done', 'left', 'stopped', 'undeliverable', 'expired', 'no_answer', 'asked_silence')"
        " ORDER BY id DESC LIMIT 1) IN ('stopped', 'undeliverable', 'expired', 'no_answer', 'asked_silence')))"
    )
    return rows.value(sql, ledger_id) is not None


def give_up(ledger_id: int) -> bool:
    """It is not wanted any more and stands nowhere; False when it was delivered meanwhile."""
    return bool(rows.change("UPDATE ledger SET state = 'dropped' WHERE id = ? AND state = 'sending'", ledger_id))


def drop_quote(ledger_id: int) -> None:
    """The message it should reply to is gone: the next try goes without the quote."""
    LedgerRow.update(reply_to=None).where(_undelivered(ledger_id)).execute()


def make_plain(ledger_id: int) -> bool:
    """The next try goes as bare words: no links, no quote, no file, no bell. False when it is that already, or was
    delivered or dropped meanwhile."""
    sql = (
        "UPDATE ledger SET entities = NULL, reply_to = NULL, file_name = NULL, file = NULL, rings = 0"
        f" WHERE id = ? AND {_DUE} AND (entities IS NOT NULL OR reply_to IS NOT NULL OR file IS NOT NULL OR rings)"
    )
    return bool(rows.change(sql, ledger_id))


def mark_failed(ledger_id: int, error: str) -> bool:
    """Telegram will never take it; False when it was delivered or dropped meanwhile."""
    return bool(LedgerRow.update(state="failed", error=error).where(_undelivered(ledger_id)).execute())


def rewrite_queued(ledger_id: int, text: str, entities: list[dict[str, Any]] | None = None) -> bool:
    """Say something newer instead, as long as nothing was begun; False when it was."""
    return bool(
        LedgerRow.update(text=text, entities=entities)
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


def proposed(peer_id: int) -> list[Outgoing]:
    """What waits for the owner's yes in this dialog, oldest first."""
    return [_outgoing(row) for row in _read("WHERE state = 'proposed' AND peer_id = ? ORDER BY id", peer_id)]


def peers_proposed() -> set[int]:
    """Contacts for whom something waits for the owner's yes."""
    return {row[0] for row in rows.tuples("SELECT DISTINCT peer_id FROM ledger WHERE state = 'proposed'")}


def proposed_before(at: datetime) -> list[Outgoing]:
    """What has waited for the owner's yes since before `at`."""
    # Else SQLite walks through the table, in the order asked for.
    tail = "INDEXED BY ledger_proposed WHERE state = 'proposed' AND created_at < ? ORDER BY id"
    return [_outgoing(row) for row in _read(tail, as_text(at))]


def release(ledger_ids: Collection[int], now: datetime) -> int:
    """The owner said yes: these become promises, made now. Returns how many did."""
    sql = "UPDATE ledger SET state = 'queued', created_at = ?, turn_id = NULL WHERE state = 'proposed'"
    return rows.change(f"{sql} AND id IN ({marks(ledger_ids)})", as_text(now), *ledger_ids)


def drop_proposed(ledger_ids: Collection[int]) -> int:
    sql = "UPDATE ledger SET state = 'dropped' WHERE state = 'proposed'"
    return rows.change(f"{sql} AND id IN ({marks(ledger_ids)})", *ledger_ids)


def not_begun(peer_id: int) -> list[Outgoing]:
    """What turns wrote for this contact, without the owner's yes, and nobody has begun to send."""
    written = "turn_id IS NOT NULL AND purpose IN ('opening', 'reply')"
    tail = f"WHERE peer_id = ? AND {_DUE} AND attempts = 0 AND {written} ORDER BY id"
    return [_outgoing(row) for row in _read(tail, peer_id)]


def refused(peer_id: int) -> list[Outgoing]:
    """What turns wrote for this contact, and Telegram clearly refused for now: provably not sent. A row of which any
    try has an unknown outcome stays `sending` and is none of these."""
    written = "turn_id IS NOT NULL AND purpose IN ('opening', 'reply')"
    tail = f"WHERE peer_id = ? AND {_DUE} AND state = 'queued' AND attempts > 0 AND {written} ORDER BY id"
    return [_outgoing(row) for row in _read(tail, peer_id)]


def take_back_refused(ledger_id: int) -> bool:
    """False when it was begun again meanwhile."""
    return bool(
        rows.change(f"UPDATE ledger SET state = 'dropped' WHERE id = ? AND {_DUE} AND state = 'queued'", ledger_id)
    )


def take_back(ledger_id: int) -> bool:
    """False when it was begun meanwhile."""
    sql = f"UPDATE ledger SET state = 'dropped' WHERE id = ? AND {_DUE} AND state = 'queued' AND attempts = 0"
    return bool(rows.change(sql, ledger_id))


def relay(peer_id: int, text: str, now: datetime, command_message_id: int | None) -> None:
    """Promise to pass on the owner's words, as this command of theirs asks for."""
    turn_id = None if command_message_id is None else _of_command(command_message_id)
    queue(peer_id, "relay", text, now, turn_id=turn_id)


def relays_of(command_message_id: int, since: datetime) -> list[Outgoing]:
    """The owner's words that this command has passed on since then, whatever became of them."""
    tail = "WHERE purpose = 'relay' AND created_at >= ? AND turn_id = ? ORDER BY id"
    return [_outgoing(row) for row in _read(tail, as_text(since), _of_command(command_message_id))]


def _of_command(message_id: int) -> str:
    return f"command {message_id}"


def by_message(message_ids: Collection[int]) -> dict[int, Outgoing]:
    """The rows that became these messages: what is in here, this program wrote."""
    if not message_ids:
        return {}
    found = _read(f"WHERE message_id IN ({marks(message_ids)})", *message_ids)
    return {row.message_id: _outgoing(row) for row in found}


def latest(peer_id: int, limit: int, before: int | None = None) -> list[Outgoing]:
    """The last `limit` messages of ours that this contact has or will get, oldest first; with `before` those they have
    whose message id is below it."""
    tail = f"WHERE peer_id = ? AND {IS_SEEN} AND {IS_TO_CONTACT}"
    if before is None:
        found = _read(f"{tail} ORDER BY id DESC LIMIT ?", peer_id, limit)
    else:
        found = _read(f"{tail} AND message_id < ? ORDER BY id DESC LIMIT ?", peer_id, before, limit)
    return [_outgoing(row) for row in found][::-1]


def count_shown(peer_id: int) -> int:
    """How many messages `latest` could bring."""
    return int(rows.value(f"SELECT count(*) FROM ledger WHERE peer_id = ? AND {IS_SEEN} AND {IS_TO_CONTACT}", peer_id))


def has_written(peer_id: int) -> bool:
    """Has this contact (or will they get) a message in the program's own name? The owner's words passed on are none."""
    sql = f"SELECT 1 FROM ledger WHERE peer_id = ? AND {IS_SEEN} AND purpose IN ('opening', 'reply') LIMIT 1"
    return rows.value(sql, peer_id) is not None


def of_task(task_id: int, purpose: Purpose) -> list[Outgoing]:
    return [_outgoing(row) for row in _read("WHERE task_id = ? AND purpose = ? ORDER BY id", task_id, purpose)]


def last_sent_at(peer_id: int) -> datetime | None:
    """When the last message to this peer went out."""
    last = rows.value("SELECT max(sent_at) FROM ledger WHERE state = 'sent' AND peer_id = ?", peer_id)
    return None if last is None else datetime.fromisoformat(last)


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
        turn_id=row.turn_id,
        created_at=row.created_at,
        sent_at=row.sent_at,
        rings=row.rings,
        scheduled_id=row.scheduled_id,
        scheduled_for=row.scheduled_for,
        file_name=row.file_name,
        file=row.file,
    )
