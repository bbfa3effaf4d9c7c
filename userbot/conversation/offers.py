"""How many results outside the mandate a contact may still bring: counted from the record, so that neither a new turn
nor a restart makes them forgotten. What the owner says to the task starts the count anew."""

from collections.abc import Sequence

from userbot.store import tasks
from userbot.store.conversations import Note
from userbot.store.tasks import Event, Task
from userbot.tasks import mandate
from userbot.tasks.lifecycle import Change

# An offer beyond the first of a turn: refused, and the owner is not asked about it.
REFUSED = "offer_refused"
# How a result that was put to the owner begins among what was done, and what a turn is told with the answer to it.
PUT = "asked the owner: may we agree to "
ANSWERED = """\
If that grants what the contact proposed, record it first, on the same messages as before; then tell them. If it \
changes it, ask them whether they can."""


def made(task_id: int) -> int:
    """Results outside the mandate since the owner last said something to this task."""
    count = 0
    for event in tasks.events(task_id):
        if event.what == Change.STEERED.value and event.who == "owner":
            count = 0
        count += _is_offer(event)
    return count


def are_used_up(task: Task, more: int = 0) -> bool:
    """Can only the owner go on? `more`: what this turn brought and no event tells yet."""
    return made(task.id) + more >= _allowed(task)


def was_put_last(notes: Sequence[Note], task_id: int | None) -> bool:
    """Is a result that was put to the owner what was done last for this task?"""
    done = [note.text for note in notes if note.kind == "did" and note.task_id == task_id]
    return bool(done) and done[-1].startswith(PUT)


def _allowed(task: Task) -> int:
    try:
        return mandate.offers_of(None if task.mandate is None else mandate.Mandate.from_json(task.mandate))
    except mandate.MandateError:
        return 1


def _is_offer(event: Event) -> bool:
    if event.what == REFUSED:
        return True
    return (
        event.what == Change.ASKED_OWNER.value and isinstance(event.details, dict) and bool(event.details.get("result"))
    )
