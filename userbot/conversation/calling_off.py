"""What the owner has called off: is its contact still to be told, and were they? Read from the record alone.

Who calls it off: `agreed.py`. The task ends when the message that says so is delivered, not before.
"""

from userbot.store import ledger, tasks
from userbot.store.tasks import Event
from userbot.tasks.lifecycle import Change

# The owner wants it after all, in another way.
DROPPED = "call_off_dropped"
# In the details of the event: the last message to the contact that was written before.
AFTER = "after"
_WAITS = frozenset({*ledger.UNDELIVERED, "proposed"})


def is_pending(task_id: int) -> bool:
    return pending(task_id) is not None


def is_owed(task_id: int) -> bool:
    """Is the contact to be told now? Not when what tells them waits, or is on its way."""
    event = pending(task_id)
    return event is not None and not {*_WAITS, "sent"}.intersection(_states(task_id, event))


def is_told(task_id: int) -> bool:
    """All that was written since it was called off is delivered."""
    event = pending(task_id)
    states = [] if event is None else _states(task_id, event)
    return "sent" in states and not _WAITS.intersection(states)


def may_be_told(task_id: int) -> bool:
    """May the contact have heard of it, from us or the owner?"""
    event = pending(task_id)
    states = [] if event is None else _states(task_id, event)
    return owner_wrote(task_id) or not {"sent", "sending"}.isdisjoint(states)


def owner_wrote(task_id: int) -> bool:
    """The owner wrote in the dialog themselves since they called it off: perhaps they told it, and nothing is to be
    told twice."""
    last = tasks.last_event(task_id, Change.CALLING_OFF, Change.TOOK_OVER)
    return is_pending(task_id) and last is not None and last.what == Change.TOOK_OVER


def last_written(task_id: int) -> int:
    """The id of the last ledger row for the task's contact."""
    return max((row.id for purpose in ledger.TO_CONTACTS for row in ledger.of_task(task_id, purpose)), default=0)


def pending(task_id: int) -> Event | None:
    """The event of it, while its contact has not been told."""
    last = tasks.last_event(task_id, Change.CALLING_OFF, Change.CALLED_OFF, DROPPED)
    task = tasks.get(task_id) if last is not None and last.what == Change.CALLING_OFF else None
    # A stop of the owner's ends it, and one that they take back does not.
    return last if task is not None and task.status in tasks.OPEN else None


def _states(task_id: int, event: Event) -> list[str]:
    return [row.state for row in ledger.of_task(task_id, "reply") if row.id > int(event.details[AFTER])]
