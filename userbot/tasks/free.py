"""Free times to propose: what the mandate allows, without what is taken, at hours people keep. Pure.

Only the starts that come out of here may be told to a contact; why another time is not among them is not.
"""

from collections import Counter
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
# When the afternoon and the evening begin: of each part of the day something is proposed where it can be.
PARTS = (12, 17)
# Two proposals of one day are further apart than this where the day allows it.
APART = timedelta(hours=2)


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
    """Up to `limit` slots of `duration` to propose, in order, spread over the days and the parts of the day; none
    starts before `now`, and no two overlap, unless no two could be proposed otherwise.

    A slot lies in one of `allowed`, touches none of `taken`, starts on a quarter hour by the clocks of `zone`, and at
    a time those clocks show once.
    """
    if duration <= timedelta(0) or limit <= 0:
        return ()
    by_day: dict[date, list[datetime]] = {}
    for span in without(allowed, taken):
        for start in _starts(Span(max(span.start, now), span.end), duration, zone):
            by_day.setdefault(start.astimezone(zone).date(), []).append(start)
    days = [sorted(starts) for _, starts in sorted(by_day.items())]
    on_the_hour = [[start for start in starts if _round(start, zone) == 0] for starts in days]
    # Where more fit one after another than from the best on, those.
    chosen = max(
        (_spread(some, duration, zone, limit) for some in (days, _packed(on_the_hour, duration))),
        key=len,
    )
    if len(chosen) < min(limit, 2):
        # A round time in the middle of one hole, or room for one alone: an earlier and a later one leave a choice.
        every = [start for starts in days for start in starts]
        chosen = sorted({*every[:1], *every[-1:]})
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


def _spread(days: list[list[datetime]], duration: timedelta, zone: ZoneInfo, limit: int) -> list[datetime]:
    """Rounds over the days, each of which gives one start a round, the best of those that overlap none before: one in a
    part of the day of which that day and all of them have fewest, and a round one."""
    chosen: list[datetime] = []
    parts: Counter[int] = Counter()
    of_day = [Counter[int]() for _ in days]
    left = [list(starts) for starts in days]
    while any(left) and len(chosen) < limit:
        for n, starts in enumerate(left):
            left[n] = [start for start in starts if all(abs(start - one) >= duration for one in chosen)]
            if not left[n] or len(chosen) >= limit:
                continue
            near = {start for start in left[n] if any(abs(start - one) < APART for one in chosen)}
            best = min(
                left[n],
                key=lambda start: (
                    start in near,
                    of_day[n][_part(start, zone)],
                    parts[_part(start, zone)],
                    _ROUND[start.astimezone(zone).minute],
                    start,
                ),
            )
            chosen.append(best)
            parts[_part(best, zone)] += 1
            of_day[n][_part(best, zone)] += 1
    return chosen


def _packed(days: list[list[datetime]], duration: timedelta) -> list[list[datetime]]:
    """As many as fit one after another, the earliest first."""
    packed: list[list[datetime]] = []
    last: datetime | None = None
    for starts in days:
        packed.append([])
        for start in starts:
            if last is None or start - last >= duration:
                packed[-1].append(start)
                last = start
    return packed


def _round(start: datetime, zone: ZoneInfo) -> int:
    return _ROUND[start.astimezone(zone).minute]


def _part(start: datetime, zone: ZoneInfo) -> int:
    return sum(start.astimezone(zone).hour >= hour for hour in PARTS)


def _days(span: Span, zone: ZoneInfo) -> Iterator[date]:
    if span.start >= span.end:
        return
    day, last = (moment.astimezone(zone).date() for moment in (span.start, span.end))
    while day <= last and day_edge(datetime.combine(day, time()), zone) < span.end:
        yield day
        day += timedelta(days=1)
