"""Free times to propose: what the mandate allows, without what is taken, at hours people keep. Pure.

Only the starts that come out of here may be told to a contact; why another time is not among them is not.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from userbot.tasks.local_time import day_edge, instants_of
from userbot.tasks.slots import Slot, Span
from userbot.tasks.windows import joined

# Where the mandate names no hours: working days' waking hours, so that nobody is asked to meet at three in the night.
HUMANE = (time(9), time(20))
STEP_MINUTES = 15
# How round a start is: on the hour before on the half hour before on a quarter.
_ROUND = {0: 0, 30: 1, 15: 2, 45: 2}
# Two proposals of one day are further apart than this where the day allows it.
APART = timedelta(hours=2)
# More of one day are of no use: they would be its quarter hours.
PER_DAY = 6
# What people ask for in words: before these hours, between them («после обеда»), after them («вечером»).
PARTS = (time(14), time(18))


def humane_hours(within: Span, zone: ZoneInfo) -> tuple[Span, ...]:
    """The hours of `within` in which people meet, by the clocks of `zone`."""
    spans = []
    for day in _days(within, zone):
        opens, closes = (datetime.combine(day, hour, zone).astimezone(UTC) for hour in HUMANE)
        spans.append(Span(max(opens, within.start), min(closes, within.end)))
    return joined(one for one in spans if one.start < one.end)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """`spans` less `taken`, in order."""
    left = list(joined(spans))
    for busy in joined(one for one in taken if one.start < one.end):
        left = [piece for one in left for piece in _around(one, busy)]
    return tuple(left)


def free_slots(
    allowed: Iterable[Span], taken: Iterable[Span], duration: timedelta, zone: ZoneInfo, now: datetime, limit: int
) -> tuple[Slot, ...]:
    """Up to `limit` slots of `duration` to propose, in order, spread over the days and the parts of each; none starts
    before `now`.

    A slot lies in one of `allowed`, touches none of `taken`, starts on a quarter hour by the clocks of `zone`, and at
    a time those clocks show once.
    """
    if duration <= timedelta(0) or limit <= 0:
        return ()
    by_day: dict[date, list[datetime]] = {}
    for span in without(allowed, taken):
        for start in _starts(Span(max(span.start, now), span.end), duration, zone):
            by_day.setdefault(start.astimezone(zone).date(), []).append(start)
    order = [_by_worth(starts, zone)[:PER_DAY] for _, starts in sorted(by_day.items())]
    # Two of each of the first days, before more days or more of a day: "after lunch" is asked for as often as a day.
    first = (limit + 1) // 2
    worth = (
        (rank // 2 + nth // first, rank, nth, start)
        for nth, starts in enumerate(order)
        for rank, start in enumerate(starts)
    )
    chosen = [start for *_, start in sorted(worth)[:limit]]
    return tuple(Slot(start, start + duration, zone.key) for start in sorted(chosen))


def is_free(slot: Slot | Span, taken: Iterable[Span]) -> bool:
    """Nothing taken overlaps it; what ends where it starts does not."""
    return not any(one.start < slot.end and slot.start < one.end for one in taken)


def _around(span: Span, busy: Span) -> Iterator[Span]:
    if busy.end <= span.start or busy.start >= span.end:
        yield span
        return
    if span.start < busy.start:
        yield Span(span.start, busy.start)
    if busy.end < span.end:
        yield Span(busy.end, span.end)


def _starts(span: Span, duration: timedelta, zone: ZoneInfo) -> Iterator[datetime]:
    for day in _days(span, zone):
        for minute in range(0, 24 * 60, STEP_MINUTES):
            instants = instants_of(datetime.combine(day, time()) + timedelta(minutes=minute), zone)
            # Where the clocks change, an hour is skipped or shown twice: nobody is asked to meet there.
            if len(instants) == 1 and span.start <= instants[0] and instants[0] + duration <= span.end:
                yield instants[0]


def _by_worth(starts: list[datetime], zone: ZoneInfo) -> list[datetime]:
    """Of one day: one of each part of it, then the rounder first, and each far from those before it where it can be."""
    ranked = sorted(starts, key=lambda start: (_ROUND[start.astimezone(zone).minute], start))
    chosen: list[datetime] = []
    rest: list[datetime] = []
    for start in ranked:
        (chosen if all(abs(start - one) >= APART for one in chosen) else rest).append(start)
    ordered = chosen + rest
    parts: dict[int, datetime] = {}
    for start in ordered:
        parts.setdefault(bisect_right(PARTS, start.astimezone(zone).time()), start)
    leading = [parts[part] for part in sorted(parts)]
    return leading + [start for start in ordered if start not in leading]


def _days(span: Span, zone: ZoneInfo) -> Iterator[date]:
    if span.start >= span.end:
        return
    day, last = (moment.astimezone(zone).date() for moment in (span.start, span.end))
    while day <= last and day_edge(datetime.combine(day, time()), zone) < span.end:
        yield day
        day += timedelta(days=1)
