"""iCalendar bytes -> when somebody is busy. The one place that sees titles, and it lets none of them out.

Runs in a thread: a large calendar takes seconds. What hostile or broken events may cost is bounded here.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from userbot.calendars.sources import Busy, BusyTimes, CalendarBroken, CalendarUnavailable
from userbot.tasks.local_time import day_edge
from userbot.tasks.slots import Span
from userbot.tasks.windows import joined

MAX_EVENTS = 50_000
MAX_INSTANCES = 20_000
# A rule that repeats more often than anybody is busy, and would take minutes to follow, or for ever where it goes on by
# nothing: its event counts as unread.
_DENSE = re.compile(
    rb"^RRULE[^:\r\n]*:[^\r\n]*(FREQ=SECONDLY|FREQ=MINUTELY|BYSECOND=\d+,|BYMINUTE=(?:\d+,){7}|INTERVAL=(?!\s*[1-9]))[^\r\n]*\r?\n?",
    re.IGNORECASE | re.MULTILINE,
)
_FOLD = re.compile(rb"\r?\n[ \t]")
_A_DAY = timedelta(days=1)


def read_busy(
    texts: Iterable[bytes],
    span: Span,
    zone: ZoneInfo,
    ours: Mapping[str, int] | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> BusyTimes:
    """When the calendars in `texts` say busy within `span`.

    `zone` is the owner's: for whole days, and times without a zone or with one that nobody knows. `ours` are the UIDs
    of this program's own meetings and their tasks. Raises CalendarBroken for what is no calendar, CalendarUnavailable
    when `is_over` says that it takes too long.
    """
    spans: dict[int | None, list[Span]] = defaultdict(list)
    unread = instances = events = 0
    for text in texts:
        plain, dense = _DENSE.subn(b"", _FOLD.sub(b"", text))
        unread += dense
        for uid, series in _series(plain):
            if is_over():
                raise CalendarUnavailable("the calendar takes too long to read")
            events += len(series.events)
            try:
                for found in _spans(series, span, zone):
                    spans[(ours or {}).get(uid)].append(found)
                    instances += 1
                    if instances > MAX_INSTANCES:
                        break
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError, IndexError, ArithmeticError):
                # Whatever the library makes of an event that keeps no rules: its text may hold the event's.
                unread += 1
            if events > MAX_EVENTS or instances > MAX_INSTANCES:
                raise CalendarBroken("the calendar holds more events than can be read: share a smaller one")
    busy = [Busy(one, task_id) for task_id, several in spans.items() for one in joined(several)]
    return BusyTimes(tuple(sorted(busy, key=lambda one: (one.span, one.task_id or 0))), unread)


class _Series:
    """The event of one UID: its master and what overrides single instances of it."""

    def __init__(self, calendar: icalendar.Calendar) -> None:
        self._calendar = calendar
        self.events: list[Any] = []

    def has_fixed_length(self) -> bool:
        """A DURATION in hours is exact time, also over a change of clocks; DTEND is what the clocks will show."""
        return all("DTEND" not in one and "DURATION" in one and not one["DURATION"].dt.days for one in self.events)

    def instances(self, span: Span) -> list[Any]:
        alone = icalendar.Calendar()
        if "X-WR-TIMEZONE" in self._calendar:
            alone.add("X-WR-TIMEZONE", str(self._calendar["X-WR-TIMEZONE"]))
        for event in self.events:
            alone.add_component(event)
        # A day more on each side: the library compares times without a zone by their digits.
        return list(recurring_ical_events.of(alone).between(span.start - _A_DAY, span.end + _A_DAY))


def _series(text: bytes) -> Iterator[tuple[str, _Series]]:
    try:
        calendars = icalendar.Calendar.from_ical(text.decode("utf-8-sig", "replace"), multiple=True)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, IndexError, RecursionError):
        raise CalendarBroken("what is at the calendar's address is no iCalendar file: copy its address anew") from None
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        raise CalendarBroken("what is at the calendar's address is no iCalendar file: copy its address anew")
    for calendar in calendars:
        by_uid: dict[str, _Series] = {}
        for number, event in enumerate(calendar.walk("VEVENT")):
            uid = str(event.get("UID", ""))
            # Events without a UID are no one event.
            by_uid.setdefault(uid or f"\0{number}", _Series(calendar)).events.append(event)
        yield from by_uid.items()


def _spans(series: _Series, within: Span, zone: ZoneInfo) -> Iterator[Span]:
    has_fixed_length = series.has_fixed_length()
    for event in series.instances(within):
        if _is_free(event):
            continue
        starts, ends = event.start, event.end
        start = _instant(starts, zone)
        if has_fixed_length and isinstance(starts, datetime):
            end = start + (ends.replace(tzinfo=None) - starts.replace(tzinfo=None))
        elif not isinstance(starts, datetime) and ends <= starts:
            end = _instant(starts + _A_DAY, zone)  # some programs write the last day where the day after belongs
        else:
            end = _instant(ends, zone)
        start, end = max(start, within.start), min(end, within.end)
        if start < end:
            yield Span(start, end)


def _is_free(event: Any) -> bool:
    return str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or str(event.get("STATUS", "")).upper() == "CANCELLED"


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    return day_edge(datetime.combine(moment, time()), zone)
