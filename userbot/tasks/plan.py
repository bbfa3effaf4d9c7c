"""One meeting with several people: what a plan does next, and which time suits everybody. Pure.

In the flow: `conversation/plans.py` reads the record, asks `next_step`, does it, and asks again until nothing follows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from userbot.tasks.free import free_slots, humane_hours
from userbot.tasks.lifecycle import ClosedBecause
from userbot.tasks.local_time import listed, read_zone
from userbot.tasks.slots import Slot, Span
from userbot.tasks.windows import Window, joined, read_windows, window_span

# More people than this nobody brings together by asking each apart.
MOST_PEOPLE = 8
# So many times are put to everybody before only the owner can go on: else one of them could feel out the others' days.
MOST_TRIES = 4
# Nobody is offered a meeting that begins sooner, if there is a later one.
NOTICE = timedelta(hours=1)


class Phase(StrEnum):
    GOING = "going"
    STUCK = "stuck"  # no time suits everybody: the owner is asked
    AGREED = "agreed"
    OVER = "over"


class Step(StrEnum):
    """What is to be done now."""

    NOTHING = "nothing"
    WAIT = "wait"  # somebody who said yes wrote again, and nobody has read it yet
    FIND = "find"  # everybody has said when they can: choose a time, or ask the owner where there is none
    DROP = "drop"  # the proposed time suits somebody no more
    SETTLE = "settle"  # everybody said yes
    ROUND = "round"  # everybody is asked anew
    REOPEN = "reopen"  # it was agreed, and somebody wants it otherwise
    ASK_WITHOUT = "ask_without"  # somebody will not come: the owner says whether the others meet all the same
    STOP = "stop"  # the owner stopped one of its tasks, or called it off, and so all
    TAKE_UP = "take_up"  # and takes that back
    EXPIRE = "expire"  # the last allowed time is over
    GIVE_UP = "give_up"  # nobody is left
    FALL = "fall"  # what is being moved stands no longer for one of them, and so for none
    LEAVE = "leave"  # it is not moved after all: what was agreed stays, for all


@dataclass(frozen=True)
class Member:
    """`ended`: why the task of this person is closed, if it is. `can`: None while they have not said."""

    task_id: int
    ended: ClosedBecause | None = None
    is_paused: bool = False
    can: tuple[Span, ...] | None = None
    says_yes: bool = False  # to the time that is proposed now
    is_unread: bool = False  # wrote something that no turn has read yet
    is_out: bool = False
    is_called_off: bool = False  # by the owner, and told of it by their own conversation
    stands: bool = False  # what was agreed with them before still does, while it is moved


@dataclass(frozen=True)
class Plan:
    """`asked_without`: about whom the owner is being asked; `is_asked_for_times`: they are asked for other times, and
    `suits_again`: by now there is one all the same."""

    phase: Phase
    members: tuple[Member, ...]
    proposed: Span | None = None
    tries: int = 0
    is_past: bool = False  # the proposed time has come
    limits_changed: bool = False
    asked_without: int | None = None
    is_asked_for_times: bool = False
    suits_again: bool = False

    @property
    def left(self) -> tuple[Member, ...]:
        """Those it is still about."""
        return tuple(one for one in self.members if not one.is_out)

    @property
    def gone(self) -> tuple[Member, ...]:
        """Those of them who will not come, as far as is known."""
        return tuple(one for one in self.left if one.ended not in (None, ClosedBecause.AGREED))


def next_step(plan: Plan) -> Step:
    """The one thing that follows from what is known. NOTHING: somebody else has to do something first."""
    left, gone = plan.left, plan.gone
    if plan.phase is Phase.OVER:
        # The owner took back what had ended it.
        return Step.TAKE_UP if any(one.ended is None and not one.is_called_off for one in left) else Step.NOTHING
    if plan.phase is not Phase.AGREED and len({one.stands for one in left}) > 1:
        return Step.FALL
    if any(one.ended is ClosedBecause.STOPPED or one.is_called_off for one in left):
        return Step.STOP
    if any(one.ended is ClosedBecause.EXPIRED for one in left):
        return Step.EXPIRE
    if len(gone) == len(left):
        return Step.GIVE_UP
    if plan.phase is Phase.AGREED:
        return Step.NOTHING if all(one.ended is ClosedBecause.AGREED for one in left) else Step.REOPEN
    if any(one.ended is ClosedBecause.AGREED for one in left):
        return Step.LEAVE
    if gone:
        return Step.NOTHING if plan.asked_without == gone[0].task_id else Step.ASK_WITHOUT
    if plan.limits_changed:
        return Step.ROUND
    if plan.phase is Phase.STUCK:
        # Whatever the owner said to it, everybody is asked again.
        if not plan.is_asked_for_times:
            return Step.ROUND
        return Step.FIND if plan.suits_again and not any(one.is_paused for one in left) else Step.NOTHING
    if any(one.is_paused for one in left):
        return Step.NOTHING
    return _going_on(plan)


def _going_on(plan: Plan) -> Step:
    if plan.proposed is None:
        return Step.NOTHING if any(one.can is None for one in plan.left) else Step.FIND
    if plan.is_past or not all(suits(one, plan.proposed) for one in plan.left):
        return Step.DROP
    if not all(one.says_yes for one in plan.left):
        return Step.NOTHING
    # "Oh, wait, I cannot" must not come too late by the seconds it takes to read it.
    return Step.WAIT if any(one.is_unread for one in plan.left) else Step.SETTLE


def suits(member: Member, time: Span) -> bool:
    """Is there nothing that this person said against it?"""
    return member.can is None or holds(member.can, time)


def holds(stretches: Iterable[Span], time: Span) -> bool:
    return any(one.start <= time.start and time.end <= one.end for one in joined(stretches))


@dataclass(frozen=True)
class Room:
    """When the owner would meet: `allowed` stretches less what is `taken`, for `duration`, by the clocks of `zone`."""

    allowed: tuple[Span, ...]
    taken: tuple[Span, ...]
    duration: timedelta
    zone: ZoneInfo


def best(room: Room, cans: Iterable[Sequence[Span]], now: datetime) -> Slot | None:
    """The time to propose: on the first day that suits everybody, the roundest start, and at hours when people meet if
    there is one; None when none suits."""
    allowed = room.allowed
    for can in cans:
        allowed = both(allowed, can)
    if not allowed:
        return None
    humane = both(allowed, humane_hours(Span(allowed[0].start, allowed[-1].end), room.zone))
    for stretches, earliest in product((humane, allowed), (now + NOTICE, now)):
        if found := free_slots(stretches, room.taken, room.duration, room.zone, earliest, 1):
            return found[0]
    return None


def both(these: Iterable[Span], those: Iterable[Span]) -> tuple[Span, ...]:
    """The time that lies in both."""
    others = joined(those)
    shared = (Span(max(a.start, b.start), min(a.end, b.end)) for a in joined(these) for b in others)
    return joined(one for one in shared if one.start < one.end)


def read_times(raw: object, timezone: object, duration: timedelta, now: datetime) -> tuple[Span, ...]:
    """When somebody can, as a model wrote it: dates with hours `from` and `to` by one zone's clocks, `to` null where
    `from` is a start they can make.

    Raises ValueError with everything that is wrong with it, and nothing about any limit.
    """
    problems: list[str] = []
    zone = read_zone(timezone, problems)
    items = raw if isinstance(raw, list) else []
    if not isinstance(raw, list):
        problems.append("times must be a list")
    starts = [isinstance(item, Mapping) and item.get("to") is None for item in items]
    windows = [_read(item, is_start, problems) for item, is_start in zip(items, starts, strict=True)]
    if zone is None or problems:
        raise ValueError(listed(problems))
    minutes = int(duration.total_seconds() // 60)
    spans = []
    for window, is_start in zip(windows, starts, strict=True):
        assert window is not None  # noqa: S101  (else there was a problem)
        span = window_span(window, zone, problems)
        if is_start:
            span = Span(span.start, span.start + duration)
        elif span.end - span.start < duration:
            problems.append(
                f"a time on {window.day} is shorter than {minutes} minutes: give `to` null for a mere start"
            )
        if span.end <= now:
            problems.append(f"a time on {window.day} is past")
        spans.append(span)
    if problems:
        raise ValueError(listed(problems))
    return joined(spans)


def _read(item: Any, is_start: bool, problems: list[str]) -> Window | None:
    if is_start:
        # The minute that begins it stands for the start.
        start = str(item.get("from"))
        item = {"date": item.get("date"), "from": start, "to": _next_minute(start)}
    found = read_windows([item], problems)
    return found[0] if found else None


def _next_minute(clock: str) -> str:
    hour, _, minute = clock.partition(":")
    if not (hour.isdigit() and minute.isdigit()):
        return clock
    total = int(hour) * 60 + int(minute) + 1
    return f"{total // 60:02}:{total % 60:02}"
