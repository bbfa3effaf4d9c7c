"""What is known of one meeting with several people, as its rules read it: of the record alone. It changes nothing.

In the flow: `plans.py` asks here, and then `tasks/plan.py` what follows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import calling_off, moves, plan_parts, standing, times
from userbot.store import desk, journal, plans, tasks
from userbot.store.desk import Item
from userbot.store.plans import Plan
from userbot.store.tasks import Task
from userbot.tasks import plan as rules
from userbot.tasks.lifecycle import ClosedBecause
from userbot.tasks.plan import Phase
from userbot.tasks.slots import Slot, Span

# What the owner is asked about a plan: an `ask` with this in its payload, and one of the two.
PLAN, WITHOUT, TIMES = moves.ABOUT_A_PLAN, "without", "times"
# In the question about times: by task, the time that would suit all but this one.
FITS_WITHOUT = "fits_without"


def view(plan: Plan, now: datetime) -> rules.Plan:
    asked = [question.payload for question in questions(plan)]
    without = [int(payload[WITHOUT]) for payload in asked if WITHOUT in payload]
    members = []
    limits_changed = False
    for one in plan.members:
        task = task_of(one.task_id)
        members.append(
            rules.Member(
                task_id=task.id,
                ended=None if task.closed_because is None else ClosedBecause(task.closed_because),
                is_paused=task.paused is not None,
                can=None if one.can is None else tuple(Span(*stretch) for stretch in one.can),
                says_yes=plan_parts.says_yes(task, plan, one),
                is_unread=any(entry.author == "contact" for entry in journal.waiting(task.user_id, "new")),
                is_out=one.is_out,
                is_called_off=calling_off.is_pending(task.id),
                stands=standing.first(task) is not None,
            )
        )
        limits_changed |= not one.is_out and task.status in tasks.OPEN and limits(task.mandate) != limits(plan.mandate)
    proposed = None if plan.proposed is None else Span(*plan.proposed)
    return rules.Plan(
        phase=Phase(plan.phase),
        members=tuple(members),
        proposed=proposed,
        tries=plan.tries,
        is_past=proposed is not None and proposed.start <= now,
        limits_changed=limits_changed,
        asked_without=without[0] if without else None,
        is_asked_for_times=any(TIMES in payload for payload in asked),
        suits_again=plan.phase == Phase.STUCK and best_time(plan, now) is not None,
    )


def limits(mandate: Mapping[str, Any] | None) -> dict[str, Any]:
    """The limits as the owner set them, without what they said yes to since."""
    return {name: value for name, value in (mandate or {}).items() if name != "approved"}


def questions(plan: Plan) -> list[Item]:
    """What the owner is being asked about this plan."""
    return [
        question
        for one in plan.members
        for question in desk.open_questions(one.task_id)
        if question.payload.get(PLAN) == plan.id
    ]


def left(plan: Plan) -> list[Task]:
    """The tasks it is still about, as they are now."""
    return [task_of(one.task_id) for one in plan.members if not one.is_out]


def opened(plan: Plan) -> list[Task]:
    return [task for task in left(plan) if task.status in tasks.OPEN]


def task_of(task_id: int) -> Task:
    task = tasks.get(task_id)
    assert task is not None  # noqa: S101  (tasks are never deleted)
    return task


def best_time(plan: Plan, now: datetime) -> Slot | None:
    """The next time to put to everybody; None when none suits all, or as many as may be were put in vain."""
    if plan.tries >= rules.MOST_TRIES:
        return None
    return _suiting([one for one in plan.members if not one.is_out], plan, now)


def _suiting(members: Sequence[plans.Member], plan: Plan, now: datetime) -> Slot | None:
    room = times.room_for(task_of(members[0].task_id), ZoneInfo(plan.timezone), now)
    cans = [[Span(*stretch) for stretch in one.can or ()] for one in members]
    return None if room is None else rules.best(room, cans, now)


def fits_without(plan: Plan, now: datetime) -> dict[str, list[str]]:
    """Whom the others could meet without, and when. Of two people the other one can always be met."""
    left = [one for one in plan.members if not one.is_out]
    found = {one.task_id: _suiting([two for two in left if two is not one], plan, now) for one in left if len(left) > 2}
    return {str(task_id): [slot.start.isoformat(), slot.end.isoformat()] for task_id, slot in found.items() if slot}
