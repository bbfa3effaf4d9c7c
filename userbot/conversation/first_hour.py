"""A meeting that its owner is having moved, as its first hour comes near: nobody may come, or not come, by mistake.

Who never answered is not asked any longer: the first agreement stands, and the owner hears it in time. Where it is
being talked about, the owner is told once that nothing else is settled yet, and the talk goes on.
"""

from datetime import datetime

from userbot.conversation import moves, standing
from userbot.store import desk, tasks
from userbot.store.database import transaction
from userbot.store.plans import mates
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import Change

# The event: the owner was told.
NEAR = "first_hour_near"


def next_at(task: Task) -> datetime | None:
    """When it is to be looked at; None when there is nothing of it, or all is done."""
    stood = standing.first(task)
    last = None if stood is None else tasks.last_event(task.id, NEAR)
    was_told = stood is not None and last is not None and last.at >= stood.since
    return None if stood is None or was_told else stood.last_call


def mind(task: Task, now: datetime, *, is_silent: bool) -> bool:
    """True when the moving ended with it. `is_silent`: the contact has our words and is to write next."""
    stood, at = standing.first(task), next_at(task)
    if stood is None or at is None or now < at:
        return False
    with transaction():
        if is_silent and not standing.wrote_since(task, stood):
            ended = moves.move(task.id, Change.NO_ANSWER, who="code", now=now)
            moves.drop_queued(task.id)
            return ended
        tasks.add_event(task.id, who="code", what=NEAR, now=now)
        # Of one meeting with several people it is said once.
        opened = (one for one in map(tasks.get, mates(task.id)) if one is not None and one.status in tasks.OPEN)
        is_first = task.id == min(one.id for one in opened)
        if is_first and stood.slot is not None and now < stood.slot.start:
            desk.add("problem", {"what": NEAR, "peer_id": task.user_id, desk.RINGS: True}, now, task_id=task.id)
        return False
