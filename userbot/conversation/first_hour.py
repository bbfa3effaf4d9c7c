"""A meeting that its owner is having moved, as its first hour comes near: nobody may come, or not come, by mistake.

Who never answered is not asked any longer: the first agreement stands, and the owner hears it in time. Where it is
being talked about, the owner is told once that nothing else is settled yet, and the talk goes on.
"""

from datetime import datetime

from userbot.conversation import moves, standing
from userbot.conversation.standing import First
from userbot.store import desk, tasks
from userbot.store.database import transaction
from userbot.store.plans import mates
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import Change

# The events: the owner was told that it is near; it came, and the card says so.
NEAR = "first_hour_near"
PAST = "first_hour_past"


def next_at(task: Task) -> datetime | None:
    """When it is to be looked at; None when there is nothing of it, or all is done."""
    stood = standing.first(task)
    return None if stood is None else _next(task, stood)[1]


def mind(task: Task, now: datetime, *, is_silent: bool) -> bool:
    """True when the moving ended with it. `is_silent`: the contact has our words and is to write next."""
    stood = standing.first(task)
    what, at = ("", None) if stood is None else _next(task, stood)
    if stood is None or at is None or now < at:
        return False
    with transaction():
        if what == NEAR and is_silent and not standing.wrote_since(task, stood):
            ended = moves.move(task.id, Change.NO_ANSWER, who="code", now=now)
            moves.drop_queued(task.id)
            return ended
        tasks.add_event(task.id, who="code", what=what, now=now)
        tasks.make_card_stale(task.id)
        if what == NEAR and stood.slot is not None and now < stood.slot.start and _speaks_for_all(task):
            desk.add("problem", {"what": NEAR, "peer_id": task.user_id, desk.RINGS: True}, now, task_id=task.id)
        return False


def _next(task: Task, stood: First) -> tuple[str, datetime | None]:
    """What comes next of it, and when."""
    last = tasks.last_event(task.id, NEAR, PAST)
    if last is None or last.at < stood.since:
        return NEAR, stood.last_call
    start = None if last.what == PAST or stood.slot is None else stood.slot.start
    return PAST, start


def _speaks_for_all(task: Task) -> bool:
    """Of one meeting with several people it is said once: by the first of those that are looked at, which a paused one
    is not."""
    opened = (one for one in map(tasks.get, mates(task.id)) if one is not None and one.status in tasks.OPEN)
    return task.id == min(one.id for one in opened if one.paused is None or one.id == task.id)
