"""What the owner is to see in Saved Messages beside the cards: questions, answers, problems. Facts, not wording.

A conversation adds an item; the Saved Messages room words it and makes it a ledger row. A reply of the owner to that
message finds the item again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from userbot.store import rows
from userbot.store.rows import as_json
from userbot.store.tables import DeskRow

_read = rows.reader(DeskRow)

Kind = Literal["choose", "approve", "ask", "status", "list", "said", "problem"]
# In the payload of a `status`: it says that a command was seen, and stands until the command is dealt with. Its value
# is the text that stands there, once it does.
SEEN = "seen"
# In the payload of a `status`: it tells that its task has ended.
ENDED = "ended"
# In the payload of a `status`: it tells that the contact does it, by a date, or by another one.
PROGRESS = "progress"
# In any payload: the owner should hear of it now.
RINGS = "rings"
# In the payload of a `status`: it rings for a question that was put silently; its value is the question's id.
AGAIN = "again"
QUESTIONS: tuple[Kind, ...] = ("choose", "approve", "ask")
# Of so many items the open questions are looked through, every half minute.
LATE = 500


@dataclass(frozen=True)
class Item:
    """`payload` is a JSON object of this kind's own; for a question it holds what the answer sets going.

    `reply_to`: the owner's message this answers, when there is one.
    """

    id: int
    kind: Kind
    task_id: int | None
    payload: dict[str, Any]
    reply_to: int | None
    ledger_id: int | None
    state: str


def add(
    kind: Kind, payload: dict[str, Any], now: datetime, *, task_id: int | None = None, reply_to: int | None = None
) -> None:
    DeskRow.create(
        kind=kind,
        task_id=task_id,
        payload=payload,
        reply_to=reply_to,
        state="open" if kind in QUESTIONS else "done",
        created_at=now,
    )


def add_seen(command_message_id: int, now: datetime) -> bool:
    """Say that this command was seen; once. An answer to it takes the place of that; else it is taken away again."""
    if DeskRow.select().where(DeskRow.reply_to == command_message_id).exists():
        return False
    DeskRow.create(kind="status", payload={SEEN: True}, reply_to=command_message_id, state="open", created_at=now)
    return True


def standing_seen() -> list[Item]:
    """The notes that a command was seen whose command is not known to be dealt with."""
    found = [_item(row) for row in _read("WHERE task_id IS NULL AND state = 'open' AND kind = 'status' ORDER BY id")]
    return [item for item in found if SEEN in item.payload]


def replace_seen(seen: Item, answer: Item) -> None:
    """The note's message becomes the answer's, whose text is to be put there."""
    rows.change("UPDATE desk_item SET state = 'void', ledger_id = NULL WHERE id = ?", seen.id)
    rows.change("UPDATE desk_item SET ledger_id = ?, stale = 1 WHERE id = ?", seen.ledger_id, answer.id)


def signs_moved() -> bool:
    """What the standing notes say may be another thing now; False where none stands."""
    tail = "WHERE task_id IS NULL AND state = 'open' AND kind = 'status' AND ledger_id IS NOT NULL"
    return bool(rows.change(f"UPDATE desk_item SET stale = 1 {tail}"))


def is_over(seen: Item) -> None:
    """Its command was dealt with: the note is to be taken away."""
    rows.change("UPDATE desk_item SET state = 'void', stale = ledger_id IS NOT NULL WHERE id = ?", seen.id)


def post_again(item_id: int) -> None:
    rows.change("UPDATE desk_item SET ledger_id = NULL, stale = 0 WHERE id = ?", item_id)


def unposted() -> list[Item]:
    return [_item(row) for row in _read("WHERE ledger_id IS NULL AND state <> 'void' ORDER BY id")]


def posted_as(item_id: int, ledger_id: int) -> None:
    DeskRow.update(ledger_id=ledger_id).where(DeskRow.id == item_id).execute()


def shown_in(ledger_id: int) -> Item | None:
    """The item this message of ours shows, if it shows one."""
    row = DeskRow.get_or_none(DeskRow.ledger_id == ledger_id)
    return None if row is None else _item(row)


def get(item_id: int) -> Item | None:
    row = DeskRow.get_or_none(DeskRow.id == item_id)
    return None if row is None else _item(row)


def open_questions(task_id: int) -> list[Item]:
    return [_item(row) for row in _read("WHERE task_id = ? AND state = 'open' ORDER BY id", task_id)]


def late_questions() -> list[Item]:
    """The questions that are open, of the last items."""
    tail = (
        "WHERE id > (SELECT ifnull(max(id), 0) - ? FROM desk_item) AND state = 'open'"
        " AND kind IN ('choose', 'approve', 'ask') ORDER BY id"
    )
    return [_item(row) for row in _read(tail, LATE)]


def asked_again(question_id: int) -> Item | None:
    """What rings for this question, if anything has to."""
    found = _read("WHERE kind = 'status' AND json_extract(payload, '$.again') = ?", question_id)
    return _item(found[0]) if found else None


def asks_about_text(task_id: int) -> bool:
    """Is the owner being asked what to write, in place of a message that was held back?"""
    return any("blocked" in question.payload for question in open_questions(task_id))


def is_open(item_id: int) -> bool:
    return DeskRow.select().where((DeskRow.id == item_id) & (DeskRow.state == "open")).exists()


def close(item_id: int) -> bool:
    """False when it was closed already: whoever closes a question acts on it, so nothing happens twice."""
    sql = "UPDATE desk_item SET state = 'done', stale = ledger_id IS NOT NULL WHERE id = ? AND state = 'open'"
    return bool(rows.change(sql, item_id))


def is_wanted(ledger_id: int) -> bool:
    """Is what this message asks still open, the end it tells of still the end? True of whatever is neither."""
    item = shown_by_part(ledger_id)
    if item is None or not rings(item):
        return True
    if item.kind in QUESTIONS:
        return item.state == "open"
    if AGAIN in item.payload:
        return is_open(item.payload[AGAIN])
    if PROGRESS in item.payload:
        return True
    sql = "SELECT 1 FROM conversation_task WHERE id = ? AND status IN ('pending', 'in_progress')"
    return rows.value(sql, item.task_id) is None


def rings(item: Item) -> bool:
    """Is the owner's phone to ring for it? For what needs them, and for the end of a task, or what it came to."""
    return item.kind in QUESTIONS or not {ENDED, PROGRESS, AGAIN, RINGS}.isdisjoint(item.payload)


def void_questions(task_id: int) -> None:
    sql = "UPDATE desk_item SET state = 'void', stale = ledger_id IS NOT NULL WHERE task_id = ? AND state = 'open'"
    rows.change(sql, task_id)


def set_payload(item_id: int, payload: dict[str, Any]) -> None:
    rows.change("UPDATE desk_item SET payload = ? WHERE id = ?", as_json(payload), item_id)


def void(item_id: int) -> bool:
    """Nobody waits for its answer any more, and where it stands already that is to be said there."""
    sql = "UPDATE desk_item SET state = 'void', stale = ledger_id IS NOT NULL WHERE id = ? AND state = 'open'"
    return bool(rows.change(sql, item_id))


def stale() -> list[Item]:
    """Items whose message in Saved Messages is to be edited."""
    return [_item(row) for row in _read("WHERE stale ORDER BY id")]


def edited(item_id: int) -> None:
    rows.change("UPDATE desk_item SET stale = 0 WHERE id = ?", item_id)


def last_said(limit: int) -> list[Item]:
    """The last answers to the owner in a model's own words, oldest first."""
    return [_item(row) for row in _read("WHERE kind = 'said' ORDER BY id DESC LIMIT ?", limit)][::-1]


def answers_to(message_id: int) -> list[Item]:
    """Everything that answers this message of the owner's, oldest first."""
    return [_item(row) for row in _read("WHERE reply_to = ? ORDER BY id", message_id)]


def last_of(kind: Kind, limit: int) -> list[Item]:
    """The last items of this kind, newest first."""
    return [_item(row) for row in _read("WHERE kind = ? ORDER BY id DESC LIMIT ?", kind, limit)]


def _item(row: Any) -> Item:
    return Item(row.id, row.kind, row.task_id, row.payload, row.reply_to, row.ledger_id, row.state)


def unanswered(task_id: int) -> list[Item]:
    """The questions that a task's end left without an answer."""
    return [_item(row) for row in _read("WHERE task_id = ? AND state = 'void' ORDER BY id", task_id)]


def shown_by_part(ledger_id: int) -> Item | None:
    """The item that this message shows, or goes on with: a long one takes several rows, made one after another, of
    which the first carries it. Only for rows with the purpose of a question or an answer."""
    row = DeskRow.select().where(DeskRow.ledger_id <= ledger_id).order_by(DeskRow.ledger_id.desc()).first()
    return None if row is None else _item(row)
