"""What a contact's conversation owes a contact without their having written: a reminder, a question how it stands.

Its event says that it is owed, and whatever a turn does about it ends that: so it is written once, over restarts too.
"""

from userbot.store import tasks
from userbot.store.tasks import Event
from userbot.tasks.checkins import CheckIn
from userbot.tasks.lifecycle import Change

STAYED_SILENT = "stayed_silent"
# What ends the count of reminders: it begins anew.
ANEW = frozenset({"contact_wrote", "steered", "resumed", "reopened", "stop_undone", "taken_on", "put_off"})
# What becomes of what is owed.
_DONE = ("answered", "proposed", STAYED_SILENT, "asked_owner", "stuck", "calling_off", *sorted(ANEW))


def reminder(task_id: int) -> tuple[int, int] | None:
    """The reminder that is to be written now: which one, and of how many."""
    event = _owed(task_id, Change.REMINDED)
    return None if event is None else (int(event.details["number"]), int(event.details["of"]))


def check_in(task_id: int) -> CheckIn | None:
    """Which question how it stands is to be written now."""
    event = _owed(task_id, Change.CHECKED_IN)
    return None if event is None else CheckIn(event.details["when"])


def anything(task_id: int) -> bool:
    return reminder(task_id) is not None or check_in(task_id) is not None


def _owed(task_id: int, what: Change) -> Event | None:
    last = tasks.last_event(task_id, what, *_DONE)
    return last if last is not None and last.what == what and isinstance(last.details, dict) else None
