"""Manners towards contacts: how long a person would take to answer, when people are let sleep, what to quote. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from userbot.tasks.local_time import MINUTES_A_DAY, clock_text

# A reply to somebody who wrote as lately disturbs nobody.
RUNNING_EXCHANGE = timedelta(minutes=10)
# Somebody reads for a moment, then types, on a phone, some six characters a second.
READING_S = 2.0
TYPED_PER_S = 6.0
# Nobody is equally quick twice: a fifth more or less.
JITTER = 0.2
# Zones so far apart that their people share no hour of the day.
_LOOKED_AHEAD = 8
_HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–—]\s*(\d{1,2})(?::(\d{2}))?")


@dataclass(frozen=True)
class QuietHours:
    """From `start` until before `end`, both in minutes since midnight of whoever is to sleep; over midnight where
    `end` is the smaller one. Never equal: a day that is quiet as a whole has no end to wait for."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.start == self.end or not all(0 <= at < MINUTES_A_DAY for at in (self.start, self.end)):
            raise ValueError("quiet hours need a start and another end within one day")

    def __str__(self) -> str:
        return f"{clock_text(self.start)}-{clock_text(self.end)}"


def read_quiet_hours(text: str) -> QuietHours:
    """ "22-8", "22:30–7:15". Raises ValueError when these are no hours of a day, or are the same."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError("no quiet hours: write them as 22-8 or 22:30-7:15")
    hours = [int(found[1]), int(found[3])]
    minutes = [int(found[2] or 0), int(found[4] or 0)]
    if any(minute > 59 for minute in minutes):
        raise ValueError("an hour has 60 minutes")
    start, end = (hour * 60 + minute for hour, minute in zip(hours, minutes, strict=True))
    if start > MINUTES_A_DAY or end > MINUTES_A_DAY:
        raise ValueError("a day has 24 hours")
    # 24:00 is how some write the midnight that a day ends with.
    return QuietHours(start % MINUTES_A_DAY, end % MINUTES_A_DAY)


def next_humane(at: datetime, zone: ZoneInfo, quiet: QuietHours | None) -> datetime:
    """`at`, or in UTC the end of the quiet hours that it falls into in this zone, whatever its clocks do that night."""
    if quiet is None:
        return at
    here = at.astimezone(zone)
    minute = here.hour * 60 + here.minute
    is_begun, is_over = minute >= quiet.start, minute >= quiet.end
    over_midnight = quiet.start > quiet.end
    if not (is_begun or not is_over if over_midnight else is_begun and not is_over):
        return at
    last_day = here.date() + timedelta(days=int(over_midnight and is_begun))
    end = datetime.combine(last_day, time(quiet.end // 60, quiet.end % 60), tzinfo=zone)
    # Where clocks go back the end is shown twice, and the first may be over.
    ends = sorted({end.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})
    return next((one for one in ends if one > at), at)


def humane_for(at: datetime, zones: Sequence[ZoneInfo], quiet: QuietHours | None) -> datetime:
    """The first instant from `at` on that is quiet in none of these zones. Where there is none (people too far apart),
    the last one counts: put whoever is to be let sleep there."""
    found = at
    for _ in range(_LOOKED_AHEAD):
        later = found
        for zone in zones:
            later = next_humane(later, zone, quiet)
        if later == found:
            return found
        found = later
    return next_humane(at, zones[-1], quiet)


def answering_time(text: str, random_id: int, longest_s: float) -> timedelta:
    """How long a person would take to read what came and type `text`, at most `longest_s` seconds. The same whenever
    it is asked for the same message."""
    swing = 1 + JITTER * (2 * (random_id % 1009) / 1008 - 1)
    return timedelta(seconds=min((READING_S + len(text) / TYPED_PER_S) * swing, longest_s))


def message_to_quote(about: Sequence[tuple[int, str]], last_id: int, *, is_first: bool) -> int | None:
    """The id of the message that a reply answers, when that is clear and the reply would not stand right below it.

    `about`: ids and texts of what is new and the reply is about. `last_id`: of the dialog's last message. `is_first`:
    no other reply goes out before it. Of several messages the only one that asks something is what is answered.
    """
    asking = [message_id for message_id, text in about if text.rstrip(" )!🙂😊").endswith("?")]
    ids = [message_id for message_id, _ in about]
    target = ids[0] if len(ids) == 1 else asking[0] if len(asking) == 1 else None
    return None if target == last_id and is_first else target
