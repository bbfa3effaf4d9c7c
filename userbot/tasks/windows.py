"""The mandate's time windows: hours of a day by one zone's clocks, and the instants they span. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from userbot.tasks.local_time import (
    MINUTES_A_DAY,
    clock_text,
    day_edge,
    instants_of,
    misread,
    read_clock,
    read_date,
)
from userbot.tasks.slots import Span

MAX_WINDOWS = 62
# Further off than this a date is more likely a slip in the year than a plan.
MAX_AHEAD = timedelta(days=731)


@dataclass(frozen=True)
class Window:
    """Hours of one day by the mandate's own clock, in minutes since midnight; `to_minute` may be 1440."""

    day: date
    from_minute: int
    to_minute: int


def read_windows(raw: object, problems: list[str]) -> tuple[Window, ...]:
    """The well-formed ones of a JSON list of windows; what is wrong with the others goes into `problems`."""
    if raw is None:
        return ()
    if not isinstance(raw, list):
        problems.append("windows must be a list or null")
        return ()
    if len(raw) > MAX_WINDOWS:
        problems.append(f"{len(raw)} windows are too many: at most {MAX_WINDOWS}")
        return ()
    read = (_read_window(item, f"windows[{n}]", problems) for n, item in enumerate(raw))
    return tuple(window for window in read if window is not None)


def _read_window(raw: object, name: str, problems: list[str]) -> Window | None:
    if not isinstance(raw, Mapping) or set(raw) != {"date", "from", "to"}:
        problems.append(f"{name} must be an object with date, from and to")
        return None
    day = read_date(raw["date"], f"{name}.date", problems)
    opens = read_clock(raw["from"], f"{name}.from", problems, day_end=False)
    closes = read_clock(raw["to"], f"{name}.to", problems, day_end=True)
    if opens is not None and closes is not None and opens >= closes:
        problems.append(
            f"{name}: from {clock_text(opens)} is not before to {clock_text(closes)}; "
            "the end of a day is 24:00, and hours past midnight are a second window on the next date"
        )
        return None
    if day is None or opens is None or closes is None:
        return None
    return Window(day, opens, closes)


def faults_in_windows(
    windows: Iterable[Window], duration_minutes: int | None, zone: ZoneInfo, now: datetime
) -> list[str]:
    """What only the zone's clocks and the present can tell about windows that are well-formed."""
    problems: list[str] = []
    spans: list[Span] = []
    for window in windows:
        name = _window_name(window)
        faults: list[str] = []
        span = window_span(window, zone, faults)
        problems.extend(f"{name}: {fault}" for fault in faults)
        if faults:
            continue
        if span.end <= now:
            problems.append(f"{name} is past: in {zone.key} it is now {now.astimezone(zone):%Y-%m-%d %H:%M}")
        elif span.start - now > MAX_AHEAD:
            problems.append(f"{name} is more than {MAX_AHEAD.days} days ahead: check the year")
        else:
            spans.append(span)
    if duration_minutes is not None:
        for span in joined(spans):
            left_minutes = int((span.end - max(span.start, now)).total_seconds() // 60)
            if left_minutes < duration_minutes:
                problems.append(
                    f"duration_minutes {duration_minutes} is longer than the {left_minutes} minutes "
                    f"left in the window that ends {span.end.astimezone(zone):%Y-%m-%d %H:%M}"
                )
    return problems


def window_span(window: Window, zone: ZoneInfo, faults: list[str]) -> Span:
    """The window as instants. An edge that clocks skip or show twice is a fault, unless it is midnight: then
    it stands for the edge of the day."""
    ends: list[datetime] = []
    for minute in (window.from_minute, window.to_minute):
        local = datetime.combine(window.day, time()) + timedelta(minutes=minute)
        if minute not in (0, MINUTES_A_DAY) and len(instants_of(local, zone)) != 1:
            faults.append(f"{misread(local, zone)}: move the window's edge")
        ends.append(day_edge(local, zone))
    return Span(ends[0], ends[1])


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order, adjacent and overlapping ones made one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _window_name(window: Window) -> str:
    return f"window {window.day} {clock_text(window.from_minute)}-{clock_text(window.to_minute)}"
