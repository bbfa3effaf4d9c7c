"""What was agreed and still holds while its owner has it moved: it stands until another is agreed, its contact takes it
back, or the owner calls it off. Read from the record alone.

Who opens it for that: `agreed.take_up`. What closes it: `moves.move`, which gives the task its first result back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from userbot.store import tasks
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import CLOSES, Change, ClosedBecause
from userbot.tasks.slots import ResultError, Slot, resolve_meeting

# The owner has to know so long before the first hour whether it is still that.
NOTICE = timedelta(hours=2)
# In the details of `reopened`: it is only to be moved.
STANDS = "stands"
# The last of these says how it is with what was agreed.
_SAYS = (Change.AGREED, Change.REOPENED, Change.DECLINED, Change.CALLING_OFF)


@dataclass(frozen=True)
class First:
    """`result` and `evidence` as they were agreed; `since`: when the owner wanted it moved."""

    result: Mapping[str, Any]
    evidence: tuple[int, ...]
    since: datetime

    @property
    def slot(self) -> Slot | None:
        return slot_of(self.result)

    @property
    def last_call(self) -> datetime | None:
        """When the owner has to hear at the latest that the first hour may be kept; None where it had begun before
        they wanted it moved."""
        slot = self.slot
        if slot is None or slot.start <= self.since:
            return None
        return slot.start - min(NOTICE, (slot.start - self.since) / 2)


def first(task: Task) -> First | None:
    """What was agreed and stands, of a task that is open to move it, or has ended without another agreement."""
    may_stand = task.result is None if task.status in tasks.OPEN else task.closed_because == ClosedBecause.AGREED
    event = tasks.last_event(task.id, *_SAYS) if may_stand else None
    if event is None or event.what != Change.REOPENED or not isinstance(event.details, dict):
        return None
    if not event.details.get(STANDS):
        return None
    return First(event.details["result"], tuple(event.details["evidence"]), event.at)


def agreed_result(task: Task) -> Mapping[str, Any]:
    """What is agreed, also while it is moved; empty where nothing is."""
    if task.result is not None:
        return task.result
    stood = first(task)
    return {} if stood is None else stood.result


def slot_of(result: Mapping[str, Any]) -> Slot | None:
    """When a result takes place; None for one without a time."""
    try:
        return resolve_meeting(result)
    except ResultError:
        return None


def is_moved(task: Task) -> bool:
    """Is it open, and something agreed stands?"""
    return task.status in tasks.OPEN and first(task) is not None


def is_unanswered(task: Task) -> bool:
    """Did the moving end because its contact did not answer?"""
    last = tasks.last_event(task.id, *CLOSES) if task.status not in tasks.OPEN and first(task) is not None else None
    return last is not None and last.what in (Change.NO_ANSWER, Change.EXPIRED)


def wrote_since(task: Task, stood: First) -> bool:
    """Has the contact written since their agreement is to be moved?"""
    last = tasks.last_event(task.id, Change.CONTACT_WROTE)
    return last is not None and last.at >= stood.since


def details(task: Task) -> dict[str, Any]:
    """Of the event that opens an agreed task to move it."""
    result = dict(task.result or {})
    return {"ended_as": task.closed_because, "result": result, "evidence": list(task.evidence), STANDS: True}


def columns(task: Task, *, is_open: bool, also: object = None) -> dict[str, Any]:
    """What the task's row holds when the moving ends, or goes on after a stop that was a slip. `also`: messages that
    ended it."""
    stood = first(task)
    if stood is None or is_open:
        return {"result": None, "evidence": None}
    later = also if isinstance(also, list) else []
    return {"result": dict(stood.result), "evidence": list(dict.fromkeys([*stood.evidence, *later]))}
