"""When a silent contact is reminded, when a task is given up, and when its time has run out. Pure.

In the flow: `conversation/silent.py` reads from the record how long a contact has been silent, and asks here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from userbot.tasks.manners import QuietHours, next_humane

# Nobody is reminded of anything in the evening or at night, whatever the owner's own quiet hours are.
REMINDED_NOT = QuietHours(20 * 60, 9 * 60)
# However near the last moment is, people get as long to answer.
LEAST = timedelta(minutes=30)


class Due(StrEnum):
    NOTHING = "nothing"
    REMINDER = "reminder"
    NO_ANSWER = "no_answer"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Reminding:
    """How often a silent contact is reminded, and after how long each time. `times` 0: never, and never given up."""

    times: int = 2
    after: timedelta = timedelta(hours=24)


@dataclass(frozen=True)
class Silence:
    """`since`: when the contact was last written to, or last wrote; None while it is not the contact who is waited for.
    `reminded`: reminders since they last wrote. `last_moment`: after it nothing can come of the task any more.
    `of_use_until`: by then an answer should be there."""

    since: datetime | None
    reminded: int
    last_moment: datetime | None
    of_use_until: datetime | None = None


def next_at(silence: Silence, rules: Reminding, zone: ZoneInfo) -> datetime | None:
    """When something is due; None: only what the contact or the owner does moves the task."""
    at = None
    if silence.since is not None and rules.times:
        at = next_humane(silence.since + _wait(silence, silence.since, rules), zone, REMINDED_NOT)
    return min((one for one in (at, silence.last_moment) if one is not None), default=None)


def due(silence: Silence, rules: Reminding, zone: ZoneInfo, now: datetime) -> Due:
    """What is to be done now. A reminder that was missed, the program being off, is made at a humane hour too."""
    if silence.last_moment is not None and now >= silence.last_moment:
        return Due.EXPIRED
    at = next_at(silence, rules, zone)
    if at is None or now < at or next_humane(now, zone, REMINDED_NOT) > now:
        return Due.NOTHING
    return Due.REMINDER if silence.reminded < rules.times else Due.NO_ANSWER


def _wait(silence: Silence, since: datetime, rules: Reminding) -> timedelta:
    """Sooner when the last moment is near: what is left is shared out among the reminders still to come."""
    longest = max(LEAST, rules.after)
    until = [one for one in (silence.last_moment, silence.of_use_until) if one is not None]
    if not until:
        return longest
    to_come = max(0, rules.times - silence.reminded) + 1
    return min(longest, max(LEAST, (min(until) - since) / to_come))
