"""What the owner, the contact and time do to a message that waits for a yes, or for its time to go. Each change is one
transaction; what goes out is byte for byte what the owner saw, or typed, or it is nothing."""

from datetime import datetime, timedelta
from enum import StrEnum

from userbot.conversation import drafts, moves
from userbot.conversation.drafts import Draft
from userbot.store import desk, journal, ledger, tasks
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.journal import Entry
from userbot.store.ledger import Outgoing
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import REOPENS, Change, ClosedBecause
from userbot.tasks.manners import RUNNING_EXCHANGE


class Outcome(StrEnum):
    """What became of the owner's answer to a draft."""

    SENT = "draft_sent"
    NOT_SENT = "draft_not_sent"
    STALE = "draft_stale"  # something newer was said: nothing was sent
    ANSWERED = "answered"  # before, or it was void


def send(item: Item, now: datetime, message_id: int | None = None, *, text: str | None = None) -> Outcome:
    """The owner's yes to the draft that `item` shows, or their own `text` instead of it, as they typed it."""
    with transaction():
        draft = _asked(item)
        if draft is None:
            return Outcome.ANSWERED
        if not _stands(draft):
            _void(draft, now)
            return Outcome.STALE
        desk.close(item.id)
        ledger_ids = [row.id for row in draft.rows]
        if text is None:
            ledger.release(ledger_ids, now)
        else:
            ledger.drop_proposed(ledger_ids)
            first = draft.rows[0]
            ledger.queue(first.peer_id, first.purpose, text, now, task_id=draft.task_id, reply_to=first.reply_to)
        details = {"instead": text is not None}
        moves.move(draft.task_id, Change.APPROVED, who="owner", now=now, message_id=message_id, details=details)
    return Outcome.SENT


def refuse(item: Item, now: datetime, message_id: int | None = None) -> Outcome:
    """The owner's no: nothing is sent, and an open task rests until they say how to go on."""
    with transaction():
        draft = _asked(item)
        if draft is None or not desk.close(item.id):
            return Outcome.ANSWERED
        moves.move(draft.task_id, Change.DRAFT_REFUSED, who="owner", now=now, message_id=message_id)
    return Outcome.NOT_SENT


def expire(now: datetime, after: timedelta) -> bool:
    """Drafts that nobody answered in time are not sent. True when there were any; the owner is told of each once."""
    with transaction():
        late = ledger.proposed_before(now - after)
        for task_id in dict.fromkeys(row.task_id for row in late):
            if task_id is not None and moves.move(task_id, Change.DRAFT_EXPIRED, who="code", now=now):
                desk.add("problem", {"what": "draft_expired"}, now, task_id=task_id)
    return bool(late)


def settle(peer_id: int, now: datetime) -> bool:
    """Void what waits in this dialog and is an answer to less than has been said by now. True when that happened."""
    if not (rows := ledger.proposed(peer_id)):
        return False
    with transaction():
        changed = False
        for task_id in dict.fromkeys(row.task_id for row in rows):
            draft = None if task_id is None else drafts.waiting(task_id)
            if draft is not None and _is_overtaken(draft.rows):
                _void(draft, now)
                changed = True
    return changed


def take_back(peer_id: int, now: datetime, answered_since: datetime, *, holds_back: bool = True) -> bool:
    """The contact wrote while an answer was still held: it is dropped, and answered together with the new message.

    Held by our manners (`holds_back`), unless that answer has been due since before `answered_since`: whoever goes on
    writing is answered all the same. Or by Telegram, which refused it for now: it cannot go before that is over, and
    the new one waits as long. Not for a task that is over: nobody would write again. True when any was taken back.
    """
    held = ledger.not_begun(peer_id)
    refused = [row for row in ledger.refused(peer_id) if row.not_before is not None and row.not_before > now]
    if refused:
        # What stands behind it waits with it.
        refused += held
    if not refused and not (held and holds_back):
        return False
    with transaction():
        new = _new_words(peer_id)
        active = {task.id for task in tasks.open_with(peer_id) if task.paused is None}
        back = []
        for row in held if new and holds_back and not refused else ():
            # What waited for the morning, say, is not what somebody who goes on writing has not been told.
            is_fresh = _due_since(row) >= answered_since or new[0].received_at - row.created_at > RUNNING_EXCHANGE
            if row.task_id in active and is_fresh and ledger.take_back(row.id):
                back.append(row)
        back += [row for row in refused if new and row.task_id in active and ledger.take_back_refused(row.id)]
        drafts.reopen(back)
        for task_id in dict.fromkeys(row.task_id for row in back):
            assert task_id is not None  # noqa: S101  (it is active)
            tasks.add_event(task_id, who="code", what="taken_back", now=now, message_id=new[-1].message_id)
            tasks.make_card_stale(task_id)
    return bool(back)


def _asked(item: Item) -> Draft | None:
    """The draft that `item` asks about, as it is bound now; None when nobody waits for the answer."""
    now = desk.get(item.id)
    return None if now is None or now.state != "open" else drafts.of(now)


def _due_since(row: Outgoing) -> datetime:
    """When what this message answers came."""
    answered = journal.of_turn(row.peer_id, row.turn_id) if row.turn_id is not None else []
    return min([row.created_at, *(entry.received_at for entry in answered)])


def _stands(draft: Draft) -> bool:
    """May a yes send it: is all as it was when the owner was asked?"""
    task = tasks.get(draft.task_id)
    if task is None or task.revision != draft.revision or not draft.is_whole or not draft.rows:
        return False
    return _may_send(task) and not _is_overtaken(draft.rows)


def _may_send(task: Task) -> bool:
    """An open task that does not rest, or one whose last word is still to be said: that of the turn which ended it, or
    that its end, which the owner or time brought about, is news to somebody."""
    if task.status in tasks.OPEN:
        return task.paused is None
    ends = (*REOPENS, ClosedBecause.STOPPED, ClosedBecause.EXPIRED)
    return task.closed_because is not None and ClosedBecause(task.closed_because) in ends


def _is_overtaken(rows: tuple[Outgoing, ...]) -> bool:
    """Has the contact written, changed or deleted something since these were written?"""
    peer_id = rows[0].peer_id
    if _new_words(peer_id):
        return True
    turns = {row.turn_id for row in rows if row.turn_id is not None}
    return any(entry.state == "deleted" for turn_id in turns for entry in journal.of_turn(peer_id, turn_id))


def _new_words(peer_id: int) -> list[Entry]:
    return [entry for entry in journal.waiting(peer_id, "new") if entry.author == "contact"]


def _void(draft: Draft, now: datetime) -> None:
    """Something newer was said. An open task's conversation writes anew; of one that is over the owner is told."""
    task = tasks.get(draft.task_id)
    moves.move(draft.task_id, Change.DRAFT_VOID, who="code", now=now)
    # Whatever became of its messages, nothing of it is asked or sent any more.
    desk.void(draft.item_id)
    ledger.drop_proposed([row.id for row in draft.rows])
    if task is not None and task.status not in tasks.OPEN:
        desk.add("problem", {"what": "draft_void_closed"}, now, task_id=task.id)
