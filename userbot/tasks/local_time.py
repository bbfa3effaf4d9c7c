"""Dates, clock times and zones as people and models write them, turned into instants. Pure.

Every `read_…` gives the value, or None after naming in `problems` what is wrong, so that a caller can report
everything at once.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTES_A_DAY = 24 * 60
# Keeps every sum of a date and a day or an offset within what datetime can hold.
_YEARS = range(2000, 2200)
MAX_DURATION_MINUTES = MINUTES_A_DAY
MAX_PROBLEMS = 20


def read_date(raw: object, name: str, problems: list[str]) -> date | None:
    """YYYY-MM-DD and no other form of ISO 8601."""
    try:
        day = date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != raw:
        problems.append(f"{name} {shown(raw)} is not a date: write YYYY-MM-DD")
        return None
    if day.year not in _YEARS:
        problems.append(f"{name} {day} is not in a year to plan for")
        return None
    return day


def read_clock(raw: object, name: str, problems: list[str], *, day_end: bool) -> int | None:
    """HH:MM as minutes since midnight; 24:00 only where `day_end` allows it."""
    if isinstance(raw, str):
        hours, colon, minutes = raw.partition(":")
        digits = all(len(part) == 2 and part.isascii() and part.isdigit() for part in (hours, minutes))
        if colon and digits and int(minutes) < 60:
            minute = int(hours) * 60 + int(minutes)
            if minute < MINUTES_A_DAY or (day_end and minute == MINUTES_A_DAY):
                return minute
    latest = "24:00" if day_end else "23:59"
    problems.append(f"{name} {shown(raw)} is not a time: write HH:MM, 00:00 to {latest}")
    return None


def read_zone(raw: object, problems: list[str]) -> ZoneInfo | None:
    """An IANA zone."""
    # Every IANA zone starts with a capital; what does not (`localtime`, `posix/…`, `right/…`, `posixrules`)
    # means another thing on another machine.
    if isinstance(raw, str) and raw[:1].isupper() and raw != "Factory":
        try:
            return ZoneInfo(raw)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # no such file, a path out of the folder, a folder
    problems.append(
        f"timezone {shown(raw)} is unknown: write an IANA name such as Europe/Moscow, Asia/Vladivostok, UTC"
    )
    return None


def read_instant(day: date, minute: int, zone: ZoneInfo, problems: list[str]) -> datetime | None:
    """The one instant, in UTC, at which the zone's clocks show this time of this day.

    A time that clocks skip or show twice is a problem, except 24:00: that is the end of the day, and every
    day has one.
    """
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    instants = instants_of(local, zone)
    if len(instants) == 1:
        return instants[0]
    if minute == MINUTES_A_DAY:
        return day_edge(local, zone)
    problems.append(f"{misread(local, zone)}: settle on another time, or give it in timezone UTC")
    return None


def instants_of(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants, in UTC, at which the zone's clocks show `local`: none in a gap, two after going back."""
    candidates = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in candidates if moment.astimezone(zone).replace(tzinfo=None) == local)


def day_edge(midnight: datetime, zone: ZoneInfo) -> datetime:
    """Where a day starts, in UTC: the first instant that shows midnight, or the end of its gap."""
    return midnight.replace(tzinfo=zone, fold=0).astimezone(UTC)


def misread(local: datetime, zone: ZoneInfo) -> str:
    """Why a local time is not one instant; to be asked only when it is not."""
    what = "happens twice" if instants_of(local, zone) else "does not exist"
    return f"{local:%Y-%m-%d %H:%M} {what} in {zone.key}, where the clocks change"


def clock_text(minute: int) -> str:
    """Minutes since midnight as HH:MM; 1440 is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def read_duration(raw: object, problems: list[str]) -> int | None:
    """Minutes, at least one and at most a day."""
    # JSON has one kind of number, and 60.0 passes a schema's `integer`.
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and 1 <= raw <= MAX_DURATION_MINUTES:
        return raw
    problems.append(f"duration_minutes {shown(raw)} must be a whole number from 1 to {MAX_DURATION_MINUTES}")
    return None


def listed(problems: list[str]) -> str:
    """All problems as one text, of a length a prompt can bear."""
    more = len(problems) - MAX_PROBLEMS
    return "; ".join(problems[:MAX_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")


def shown(value: object) -> str:
    """A value as an error may show it: recognisable, never long."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"  # nested without end, it could not be shown
    try:
        text = repr(value)
    except ValueError:  # a number of thousands of digits
        return "a number"
    return text if len(text) <= 40 else text[:39] + "…"
