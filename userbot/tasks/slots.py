"""When a result takes place: local date, time and zone as the model read them, resolved to instants. Pure.

In the flow: `mandate.check_result` resolves a contact's result here before it is held against the mandate.
Models get weekdays and local times wrong; what does not add up is sent back instead of guessed at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from userbot.tasks.local_time import (
    MINUTES_A_DAY,
    listed,
    read_clock,
    read_date,
    read_duration,
    read_instant,
    read_zone,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ResultError(ValueError):
    """The result cannot be resolved. The text names every problem at once, for the model to mend its call;
    it speaks of the result alone, never of the mandate."""


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time [start, end), in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Slot:
    """When a result takes place: instants in UTC, and the zone it was spoken in. A due date is a slot
    that ends where it starts."""

    start: datetime
    end: datetime
    timezone: str

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def local(self, timezone: str | None = None) -> tuple[datetime, datetime]:
        """Start and end by the clocks of `timezone`, or of the zone it was spoken in."""
        zone = ZoneInfo(timezone or self.timezone)
        return self.start.astimezone(zone), self.end.astimezone(zone)


def resolve_meeting(result: Mapping[str, Any]) -> Slot:
    """The instants of a meeting's result: date, time, timezone, duration_minutes, weekday, said.

    A local time that the clocks skip or show twice is refused rather than guessed: on such a night two people
    easily mean two different instants, and asking again costs one message.
    """
    problems: list[str] = []
    day = read_date(result.get("date"), "date", problems)
    minute = read_clock(result.get("time"), "time", problems, day_end=False)
    zone = read_zone(result.get("timezone"), problems)
    duration = read_duration(result.get("duration_minutes"), problems)
    weekday = result.get("weekday")
    if weekday not in WEEKDAYS:
        problems.append(f"weekday must be one of {', '.join(WEEKDAYS)}")
    elif day is not None and weekday != WEEKDAYS[day.weekday()]:
        problems.append(f"{day} is a {WEEKDAYS[day.weekday()]}, not a {weekday}: find out which of the two is meant")
    said = result.get("said")
    if not isinstance(said, str) or not said.strip():
        problems.append("said must hold the words the time came from")
    start = None
    if day is not None and minute is not None and zone is not None:
        start = read_instant(day, minute, zone, problems)
    if start is None or zone is None or duration is None or problems:
        raise ResultError(listed(problems))
    return Slot(start, start + timedelta(minutes=duration), zone.key)


def resolve_due(result: Mapping[str, Any]) -> Slot | None:
    """When a task's result is due: due_date, due_time, timezone. None: no due date, or the task was refused.

    Without a time it is due at the end of that day.
    """
    if result.get("accepted") is False:
        return None
    if result.get("due_date") is None:
        if result.get("due_time") is not None:
            raise ResultError("due_time without due_date: give the date as well")
        return None
    problems: list[str] = []
    day = read_date(result["due_date"], "due_date", problems)
    zone = read_zone(result.get("timezone"), problems)
    minute: int | None = MINUTES_A_DAY
    if result.get("due_time") is not None:
        minute = read_clock(result["due_time"], "due_time", problems, day_end=True)
    due = None
    if day is not None and minute is not None and zone is not None:
        due = read_instant(day, minute, zone, problems)
    if due is None or zone is None or problems:
        raise ResultError(listed(problems))
    return Slot(due, due, zone.key)
