"""Messages that wait for the owner's yes: what a question about them is bound to, and how it ends unsent.

A draft is some `proposed` ledger rows of one task and the open desk item that shows them. What the owner does with it
is in `approvals.py`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from userbot.store import conversations, desk, journal, ledger, tasks
from userbot.store.desk import Item
from userbot.store.ledger import Outgoing


@dataclass(frozen=True)
class Draft:
    """`rows` as they are now, whatever became of them. `revision` and `digest` are those that were shown."""

    item_id: int
    task_id: int
    rows: tuple[Outgoing, ...]
    revision: int
    digest: str

    @property
    def is_whole(self) -> bool:
        """Do its messages wait, byte for byte as they were shown?"""
        return all(row.state == "proposed" for row in self.rows) and _digest(self.rows) == self.digest


def ask(task_id: int, ledger_ids: Sequence[int], now: datetime) -> None:
    """Show the owner these messages. Call when the turn has done all it does: the question is bound to the task as it
    then is. Inside a transaction."""
    task = tasks.get(task_id)
    rows = _rows(ledger_ids)
    if task is None or not rows:
        raise ValueError("a draft needs a task and its messages")
    bound = {"rows": list(ledger_ids), "revision": task.revision, "digest": _digest(rows)}
    desk.add("approve", {"draft": bound}, now, task_id=task_id)


def of(item: Item) -> Draft | None:
    """What this item shows, when it shows a draft."""
    bound = item.payload.get("draft")
    if item.kind != "approve" or not bound or item.task_id is None:
        return None
    return Draft(item.id, item.task_id, _rows(bound["rows"]), bound["revision"], bound["digest"])


def waiting(task_id: int) -> Draft | None:
    """The draft of this task that the owner has not answered."""
    found = [draft for item in desk.open_questions(task_id) if (draft := of(item)) is not None]
    return found[-1] if found else None


def bind_anew(draft: Draft) -> None:
    """The task changed in a way that changes nothing about its draft."""
    task, item = tasks.get(draft.task_id), desk.get(draft.item_id)
    if task is not None and item is not None:
        bound = {**item.payload["draft"], "revision": task.revision}
        desk.set_payload(item.id, {**item.payload, "draft": bound})


def drop(peer_id: int, task_id: int, *, again: bool) -> bool:
    """Nothing of what waits for this task is sent; its question says so. `again`: what it was an answer to is new
    again, for another turn. False when nothing waited."""
    rows = [row for row in ledger.proposed(peer_id) if row.task_id == task_id]
    for item in desk.open_questions(task_id) if rows else ():
        if of(item) is not None:
            desk.void(item.id)
    if not rows:
        return False
    ledger.drop_proposed([row.id for row in rows])
    if again:
        reopen(rows)
    return True


def reopen(rows: Sequence[Outgoing]) -> None:
    """What the turns answered with these messages, which nobody gets, is new again."""
    for peer_id, turn_id, task_id in {(row.peer_id, row.turn_id, row.task_id) for row in rows}:
        if turn_id is not None and task_id is not None:
            journal.reopen(peer_id, turn_id, task_id)
            conversations.reopen(peer_id, turn_id, task_id)


def _rows(ledger_ids: Sequence[int]) -> tuple[Outgoing, ...]:
    found = (ledger.get(ledger_id) for ledger_id in ledger_ids)
    return tuple(row for row in found if row is not None)


def _digest(rows: Sequence[Outgoing]) -> str:
    """Of everything about them that a contact would see, byte for byte."""
    shown = [[row.peer_id, row.purpose, row.text, row.entities, row.reply_to] for row in rows]
    return hashlib.sha256(json.dumps(shown, ensure_ascii=True).encode()).hexdigest()
