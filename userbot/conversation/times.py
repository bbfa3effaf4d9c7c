"""The owner's time in a contact's conversation: which hours are offered, which cannot be had, and which are promised.

What is busy is known to code alone: a conversation reads the times it may offer, and of another time no more than that
it cannot be had. `promise` is called in the commit that agrees a meeting, so that no two tasks promise the same hour.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import standing
from userbot.conversation.contact_acts import ContactAct, Settle
from userbot.people import Contact
from userbot.skills import Skill
from userbot.store import busy
from userbot.store.tasks import Task
from userbot.tasks.free import free_slots, humane_hours, is_free, without
from userbot.tasks.limits import Mandate, MandateError
from userbot.tasks.meetings import meeting_facts, meeting_uid
from userbot.tasks.plain_text import clean
from userbot.tasks.plan import NOTICE, Room
from userbot.tasks.slots import Slot, Span

OFFERED = 12
# Where the owner named no times, those of so many days are offered.
AHEAD = timedelta(days=14)
MINUTES = 60


class Clash(StrEnum):
    """Why a time cannot be had. Never told to a contact's conversation."""

    BUSY = "busy"  # the owner's calendar; the owner may say yes all the same
    HELD = "held"  # another task's meeting


def is_timed(skill: Skill | None) -> bool:
    """Do results of this skill take some of the owner's time?"""
    return skill is not None and "meeting-time" in skill.checks


def room_for(task: Task, zone: ZoneInfo, now: datetime) -> Room | None:
    """When this task's result may take place, and what of that is taken. `zone`: the owner's, where the brief names
    none. None where nobody can read the limits."""
    limits = _limits(task)
    if limits is None:
        return None
    here = zone_of(task, zone)
    allowed = without(limits.spans() or humane_hours(Span(now, now + AHEAD), here), limits.excluded())
    taken = _taken(task.id, allowed[0].start, allowed[-1].end) if allowed else []
    if (stood := standing.first(task)) is not None and stood.slot is not None:
        # It is to be moved away from there.
        taken = sorted([*taken, stood.slot.span])
    return Room(allowed, tuple(taken), length_of(task), here)


def length_of(task: Task) -> timedelta:
    """How long its result takes: as the owner's limits say, else as the brief does."""
    limits = _limits(task)
    minutes = (limits and limits.duration_minutes) or task.context.get("duration_minutes")
    return timedelta(minutes=minutes if isinstance(minutes, int) and minutes > 0 else MINUTES)


def to_offer(task: Task, zone: ZoneInfo, now: datetime) -> tuple[Slot, ...]:
    """Times to propose for this task, in the zone its brief speaks in: inside the limits, and free. `zone`: the
    owner's, where the brief names none."""
    room = room_for(task, zone, now)
    if room is None:
        return ()
    return free_slots(room.allowed, room.taken, room.duration, room.zone, now + NOTICE, OFFERED) or free_slots(
        room.allowed, room.taken, room.duration, room.zone, now, OFFERED
    )


def clash(task: Task, slot: Slot, beside: Sequence[ContactAct] = ()) -> Clash | None:
    """Why the task cannot have this time; None when it can. `beside`: what this turn settles already."""
    settled = [act.slot.span for act in beside if isinstance(act, Settle) and act.slot and act.task_id != task.id]
    if busy.held_by_others(task.id, slot.start, slot.end) or not is_free(slot, settled):
        return Clash.HELD
    limits = _limits(task)
    if limits is not None and any(case.span == slot.span for case in limits.approved):
        # The owner said yes to exactly this, and was told that they are busy then.
        return None
    return Clash.BUSY if busy.busy_between(slot.start, slot.end, but_of_task=task.id) else None


def spoken(slots: Sequence[Slot]) -> str:
    """Starts for a model, day by day, by the clocks of the slots' own zone; empty for none."""
    if not slots:
        return ""
    by_day: dict[str, list[str]] = {}
    for slot in slots:
        start = slot.local()[0]
        by_day.setdefault(f"{start:%a %Y-%m-%d}", []).append(f"{start:%H:%M}")
    return "; ".join(f"{day} {', '.join(hours)}" for day, hours in by_day.items()) + f" ({slots[0].timezone})"


def promise(task: Task, contact: Contact, slot: Slot, result: Mapping[str, Any], now: datetime) -> bool:
    """The task holds this time from now on and no other, and the owner's calendar is to show the meeting. False, and
    nothing changed, when the time cannot be had any more. Call inside the transaction that agrees it."""
    if clash(task, slot) is not None or not busy.hold_only(task.id, slot.start, slot.end, "agreed", now):
        return False
    _want_event(task, [contact.name], slot, result, now)
    return True


def promise_together(
    with_whom: Sequence[tuple[Task, Contact]], slot: Slot, result: Mapping[str, Any], now: datetime
) -> bool:
    """As `promise`, for the tasks of one plan: they hold the hour together, and the calendar shows one meeting, the
    first task's."""
    if any(clash(task, slot) is not None for task, _ in with_whom):
        return False
    for task, _ in with_whom:
        busy.hold_only(task.id, slot.start, slot.end, "agreed", now)
    show_together(with_whom, slot, result, now)
    return True


def show_together(
    with_whom: Sequence[tuple[Task, Contact]], slot: Slot, result: Mapping[str, Any], now: datetime
) -> None:
    """The owner's calendar is to show one meeting with these people, as the first task's."""
    _want_event(with_whom[0][0], [contact.name for _, contact in with_whom], slot, result, now)


def _want_event(task: Task, names: Sequence[str], slot: Slot, result: Mapping[str, Any], now: datetime) -> None:
    topic, place = task.context.get("topic"), result.get("place")
    who = ", ".join(names)
    summary = f"{topic}: {who}" if isinstance(topic, str) and topic.strip() else who
    facts = meeting_facts(slot, clean(summary), clean(place) if isinstance(place, str) and place.strip() else None)
    busy.forget_meeting(task.id)
    busy.want_event(task.id, meeting_uid(task.owner_id, task.id, task.created_at), facts, now)


def let_go(task_id: int, now: datetime) -> None:
    """The task came to nothing: what it held is free again, and the calendar shows nothing of it."""
    busy.release(task_id)
    busy.forget_meeting(task_id)
    busy.want_event(task_id, "", None, now)


def _taken(task_id: int, start: datetime, end: datetime) -> list[Span]:
    found = busy.busy_between(start, end, but_of_task=task_id) + busy.held_by_others(task_id, start, end)
    return [Span(one.start, one.end) for one in found]


def _limits(task: Task) -> Mandate | None:
    """None where nobody can read them: then nothing is offered, and the owner is asked about every result."""
    try:
        return Mandate() if task.mandate is None else Mandate.from_json(task.mandate)
    except MandateError:
        return None


def zone_of(task: Task, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone its brief speaks in, or else that of what was agreed."""
    name = task.context.get("timezone") or standing.agreed_result(task).get("timezone")
    try:
        return ZoneInfo(name) if isinstance(name, str) else otherwise
    except (KeyError, ValueError, OSError):  # an unknown name, one that is no name, or a folder's
        return otherwise
