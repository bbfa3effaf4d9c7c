"""What a contact writes, changes or deletes after their task ended: it may take the end back."""

from datetime import datetime

from userbot.conversation import moves, standing
from userbot.conversation.prompting import quoted
from userbot.store import conversations, desk, journal, plans, tasks
from userbot.store.database import transaction
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import CLOSES, REOPENS, Change, ClosedBecause

EVIDENCE_DELETED = "evidence_deleted"


def settle_changed_words(peer_id: int, now: datetime) -> bool:
    """What ended a task may be changed or deleted by its author afterwards. True when that happened.

    An edit takes the end back: the task is open again and the owner is told. A deletion leaves it as it is, since the
    words were said and are kept; the owner is told all the same.
    """
    opened = tasks.open_with(peer_id)
    taken_on = [task for task in opened if task.is_taken_on]
    moved = [(task, first) for task in opened if (first := standing.first(task)) is not None]
    if not taken_on and not moved and not tasks.closed_since(peer_id, now - moves.LATELY):
        return False
    with transaction():
        edited = {entry.message_id for entry in journal.waiting(peer_id, "new") if entry.revision > 1}
        changed = False
        for task in taken_on:
            if again := sorted(edited.intersection(task.evidence)):
                why = f"the contact changed message {again[-1]} after that"
                changed |= reopen(task, again[-1], now, told="unagreed", why=why)
        settled = [
            (task, _settled_by(task), "reopened")
            for task in tasks.closed_since(peer_id, now - moves.LATELY)
            if moves.state_of(task).closed_because in REOPENS
        ]
        for task, evidence, told in [*((task, first.evidence, "first_changed") for task, first in moved), *settled]:
            entries = {entry.message_id: entry for entry in journal.find(peer_id, evidence)}
            if again := sorted(edited & entries.keys()):
                why = f"the contact changed message {again[-1]} after that"
                changed |= reopen(task, again[-1], now, told=told, why=why)
                continue
            noted = {event.message_id for event in tasks.events(task.id) if event.what == EVIDENCE_DELETED}
            for message_id in sorted({i for i, entry in entries.items() if entry.state == "deleted"} - noted):
                tasks.add_event(task.id, who="contact", what=EVIDENCE_DELETED, now=now, message_id=message_id)
                tasks.make_card_stale(task.id)
                _tell_of_words("evidence_deleted", task, message_id, now)
                changed = True
        return changed


def _settled_by(task: Task) -> tuple[int, ...]:
    """The messages with which a closed task falls. A wish to be left alone that ended the moving of something agreed is
    none of them: whatever it is changed to, `last_words` reads."""
    stood, end = standing.first(task), tasks.last_event(task.id, *CLOSES)
    is_by_wish = end is not None and end.what == Change.ASKED_SILENCE
    return stood.evidence if stood is not None and is_by_wish else tuple(task.evidence)


def reopen(task: Task, message_id: int, now: datetime, *, told: str, why: str) -> bool:
    """What ended the task, or was taken on, is taken back by this message of the contact's. Its hour stays held, and
    stays in the calendar, until another is agreed or nothing comes of it. What was taken on before an end still is.
    What the owner was having moved, and stood so far, stands no longer.
    `told`: the problem the owner reads. False for a task whose plan is over, or goes on without it."""
    if plans.is_shut(task.id):
        return False
    stood = standing.first(task)
    ended_as = ClosedBecause.AGREED if stood else task.closed_because
    ended = {"ended_as": ended_as, "result": dict(stood.result) if stood else task.result and dict(task.result)}
    columns: dict[str, object] = {"result": None, "evidence": None, "deadline": None}
    if task.is_taken_on and task.status not in tasks.OPEN:
        taken_on = tasks.last_event(task.id, Change.TAKEN_ON, Change.PUT_OFF)
        columns = {"evidence": taken_on and list(taken_on.details["evidence"])}
    if not moves.move(
        task.id, Change.REOPENED, who="contact", now=now, message_id=message_id, details=ended, **columns
    ):
        return False
    # What had been agreed, the prompt holds by itself (`contact.World.undone`).
    text = quoted({"ended_as": ended_as, "taken_back": why})
    conversations.add_note(task.user_id, "did", text, now, task_id=task.id)
    _tell_of_words(told, task, message_id, now)
    return True


def since(task: Task) -> int:
    """The message with which what had settled the task was taken back: older words do not settle it again. 0 where
    nothing was."""
    event = tasks.last_event(task.id, Change.REOPENED)
    if event is None or event.message_id is None:
        return 0
    ended_as = event.details.get("ended_as") if isinstance(event.details, dict) else None
    # A task that was given up had not been settled: whatever came with the late answer may settle it.
    return 0 if ended_as == ClosedBecause.NO_ANSWER else event.message_id


def _tell_of_words(what: str, task: Task, message_id: int, now: datetime) -> None:
    payload = {"what": what, "peer_id": task.user_id, "message_id": message_id}
    desk.add("problem", payload, now, task_id=task.id)


def note_late(peer_id: int, now: datetime) -> None:
    """Somebody whose tasks are all closed wrote: no turn, but the card of the latest one shows that they did."""
    if not journal.waiting(peer_id, "new"):
        return
    with transaction():
        late = [entry for entry in journal.waiting(peer_id, "new") if entry.author == "contact"]
        closed = tasks.closed_since(peer_id, now - moves.LATELY)
        journal.mark_handled([entry.id for entry in late], turn_id=None)
        for entry in late:
            if closed:
                moves.move(closed[0].id, Change.CONTACT_WROTE, who="contact", now=now, message_id=entry.message_id)
