"""What the owner does with what was agreed, while it is still ahead: calls it off, or wants it in another way.

The owner alone: no act of a contact's conversation comes here, and a command whose turn read a contact's words waits
for the owner's yes first.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from userbot.conversation import calling_off, drafts, moves, standing, times
from userbot.conversation.prompting import quoted
from userbot.store import busy, conversations, peers, plans, tasks
from userbot.store.database import transaction
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import Change, ClosedBecause

# In the details of calling off: it was being moved.
_MOVED = "moved"
# Of one owner's agreements still ahead, so many can be meant.
MOST = 20


class Cancelled(StrEnum):
    """What became of the owner's word that they want no more of a task."""

    STOPPED = "stopped"  # nothing more is written
    CALLING_OFF = "calling_off"  # the contact is told
    CLOSED = "closed"  # there was nothing to stop


def is_ahead(task: Task, now: datetime) -> bool:
    """Was a meeting agreed that is still to come?"""
    return task.closed_because == "agreed" and any(held.end > now for held in busy.holds(task.id))


def all_ahead(now: datetime) -> list[Task]:
    """The closed tasks whose meeting is still to come, oldest first."""
    found = (tasks.get(task_id) for task_id in busy.held_after(now))
    return [task for task in found if task is not None and task.closed_because == "agreed"][:MOST]


def stands(task: Task, now: datetime) -> bool:
    """Is there something agreed that can be called off? What is only being moved can."""
    return (task.status in tasks.OPEN and task.is_taken_on) or is_ahead(task, now) or is_moved(task, now)


def is_moved(task: Task, now: datetime) -> bool:
    """Is it open to be moved, and the hour that stands so far not over?"""
    return standing.is_moved(task) and any(held.end > now for held in busy.holds(task.id))


def can_change(task: Task, now: datetime) -> bool:
    """Is it open, or agreed and still ahead?"""
    return task.status in tasks.OPEN or is_ahead(task, now)


def cancel(task_id: int, now: datetime, message_id: int | None = None, *, words: str | None = None) -> Cancelled:
    """The owner wants no more of it. Of what was agreed the contact is told, `words` with it (what they may know of
    why); the hour is free at once, and the calendar shows nothing of it. Anything else just stops."""
    with transaction():
        task = tasks.get(task_id)
        if task is None or not can_change(task, now):
            return Cancelled.CLOSED
        if calling_off.is_pending(task_id):
            return Cancelled.CALLING_OFF
        if not stands(task, now):
            return Cancelled.STOPPED if moves.stop(task_id, now, message_id) else Cancelled.CLOSED
        # What was written while it stood says that it does.
        moves.drop_queued(task_id)
        details = {calling_off.AFTER: calling_off.last_written(task_id), _MOVED: is_moved(task, now)}
        if not moves.move(
            task_id,
            Change.CALLING_OFF,
            who="owner",
            now=now,
            message_id=message_id,
            details=details,
            result=dict(standing.agreed_result(task)),
            evidence=list(_rests_on(task)),
            deadline=None,
        ):
            return Cancelled.CLOSED
        times.let_go(task_id, now)
        # No word here says that something is agreed: the guard would take it for the owner's.
        text = f"I call this off: {quoted(dict(_told(task)))}" + (f" Tell them: {words}" if words else "")
        conversations.add_note(task.user_id, "instruction", text, now, task_id=task_id)
    return Cancelled.CALLING_OFF


def take_up(task_id: int, now: datetime, message_id: int | None = None) -> None:
    """The owner wants what was agreed, or was to be called off, in another way: the task is open for that. What was
    agreed stands until another is, or it is called off (`standing.py`). To be followed by the owner's words
    (`moves.steer`)."""
    with transaction():
        task = tasks.get(task_id)
        if task is None:
            return
        if calling_off.is_pending(task_id):
            _take_up_called_off(task, now, message_id)
        elif is_ahead(task, now):
            moves.move(
                task_id,
                Change.REOPENED,
                who="owner",
                now=now,
                message_id=message_id,
                details=standing.details(task),
                result=None,
                evidence=None,
                deadline=None,
            )
            text = quoted({"ended_as": task.closed_because, "reopened": "the owner wants it changed"})
            conversations.add_note(task.user_id, "did", text, now, task_id=task_id)


def keep(task_id: int, now: datetime, message_id: int | None = None) -> bool:
    """The owner takes back that they call it off: it is as it was, agreed with its hour, or being moved from there.
    False, and nothing changed, where its contact may have heard of it, or the hour cannot be had any more."""
    with transaction():
        task = tasks.get(task_id)
        event = calling_off.pending(task_id)
        if task is None or event is None or not _can_stand_again(task, now):
            return False
        _take_up_called_off(task, now, message_id)
        if event.details.get(_MOVED):
            return True
        # It ends here: nobody is to read these words any more, nor to wait until somebody has.
        conversations.put_by(task.user_id, task_id)
        kept = {moves.KEPT: True}
        result, evidence = task.result or {}, task.evidence
        return moves.agree(task_id, result, evidence, who="owner", now=now, message_id=message_id, **kept)


def _told(task: Task) -> Mapping[str, Any]:
    """What was agreed, without what was written for the owner."""
    return {name: value for name, value in standing.agreed_result(task).items() if name not in ("summary", "answer")}


def _take_up_called_off(task: Task, now: datetime, message_id: int | None) -> None:
    """What was to be called off is open again. It stands, with its hour, where its contact cannot have heard of it."""
    moves.drop_queued(task.id)
    drafts.drop(task.user_id, task.id, again=False)
    slot, contact = standing.slot_of(task.result or {}), peers.contact(task.user_id)
    stands = _can_stand_again(task, now)
    if stands and slot is not None and contact is not None:
        stands = times.promise(task, contact, slot, task.result or {}, now)
    tasks.add_event(task.id, who="owner", what=calling_off.DROPPED, now=now, message_id=message_id)
    tasks.change(
        task.id,
        who="owner",
        what=Change.REOPENED.value,
        now=now,
        message_id=message_id,
        details={**standing.details(task), "ended_as": ClosedBecause.AGREED.value} if stands else None,
        result=None,
        evidence=None,
    )
    conversations.add_note(task.user_id, "instruction", "I do not call it off after all.", now, task_id=task.id)


def _can_stand_again(task: Task, now: datetime) -> bool:
    slot = standing.slot_of(task.result or {})
    may_know = calling_off.may_be_told(task.id) or plans.member(task.id) is not None
    return not may_know and slot is not None and slot.end > now and times.clash(task, slot) is None


def _rests_on(task: Task) -> tuple[int, ...]:
    stood = standing.first(task)
    return stood.evidence if stood else task.evidence
