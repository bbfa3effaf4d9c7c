"""When somebody who does something by a date is asked how it stands: before that date, and after it. Pure.

In the flow: `conversation/checkins.py` reads from the record what was taken on and what was asked, and asks here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from userbot.tasks.followups import REMINDED_NOT
from userbot.tasks.manners import next_humane

# Asked when so much of the time is left, and no sooner than so long before the date.
LEFT = 1 / 4
SOONEST = timedelta(days=2)
# What is due sooner after it was taken on is not asked about before; nor is anybody asked within the last hour.
LEAST = timedelta(hours=6)
LATEST = timedelta(hours=1)
# People are given so long after the date to say by themselves that it is done.
GRACE = timedelta(hours=1)


class CheckIn(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Promise:
    """`since`: when the contact took it on, or named this date. `asked`: the check-ins that were made about it."""

    since: datetime
    due: datetime
    asked: frozenset[CheckIn] = frozenset()


def due(promise: Promise, zone: ZoneInfo, now: datetime) -> CheckIn | None:
    """The check-in that is to be made now. One before the date that was missed, the program being off, is not made in
    its last hour; one after it is, however late, at a humane hour."""
    if next_humane(now, zone, REMINDED_NOT) > now:
        return None
    if now >= promise.due:
        return CheckIn.AFTER if (at := _after_at(promise, zone)) is not None and now >= at else None
    at = _before_at(promise, zone)
    return CheckIn.BEFORE if at is not None and at <= now <= promise.due - LATEST else None


def next_at(promise: Promise, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the next check-in is due; None when there is none any more."""
    before = _before_at(promise, zone)
    if before is not None and now <= promise.due - LATEST:
        return max(before, now)
    return _after_at(promise, zone)


def _before_at(promise: Promise, zone: ZoneInfo) -> datetime | None:
    left = promise.due - promise.since
    if CheckIn.BEFORE in promise.asked or left < LEAST:
        return None
    at = next_humane(promise.due - min(left * LEFT, SOONEST), zone, REMINDED_NOT)
    return at if at <= promise.due - LATEST else None


def _after_at(promise: Promise, zone: ZoneInfo) -> datetime | None:
    if CheckIn.AFTER in promise.asked:
        return None
    return next_humane(promise.due + GRACE, zone, REMINDED_NOT)
