"""Protects the times a contact is offered: allowed, free, at a time clocks show once, spread over the days."""

import itertools
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from userbot.tasks.free import PARTS, free_slots, humane_hours, is_free, without
from userbot.tasks.slots import Slot, Span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_days_take_turns_and_round_hours_come_first() -> None:
    allowed = [Span(utc(day, 9, 10), utc(day, 18)) for day in (24, 25)]
    found = free_slots(allowed, [Span(utc(24, 10), utc(24, 12))], HOUR, ZoneInfo("UTC"), NOW, 3)
    assert [one.start for one in found] == [utc(24, 12), utc(24, 17), utc(25, 10)]


def test_each_day_has_something_in_each_part_of_it() -> None:
    """A contact who says "Wednesday after lunch", or "Thursday in the evening", can be offered a time."""
    allowed = [Span(utc(day, 9), utc(day, 21)) for day in (24, 25, 26)]
    found = free_slots(allowed, [], HOUR, ZoneInfo("UTC"), NOW, 9)
    parts = {(one.start.day, sum(one.start.hour >= hour for hour in PARTS)) for one in found}
    assert parts == {(day, part) for day in (24, 25, 26) for part in range(3)}


def test_a_gap_just_long_enough_is_found_and_one_a_minute_short_is_not() -> None:
    allowed, busy = [Span(utc(24, 9), utc(24, 12))], [Span(utc(24, 10), utc(24, 12))]
    assert [one.start for one in free_slots(allowed, busy, HOUR, BERLIN, NOW, 5)] == [utc(24, 9)]
    assert free_slots(allowed, [Span(utc(24, 9, 59), utc(24, 12))], HOUR, BERLIN, NOW, 5) == ()


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 11), (date(2026, 10, 25), 11), (date(2026, 11, 2), 11)])
def test_humane_hours_are_by_the_clocks_of_the_day(day: date, hours: int) -> None:
    start = datetime.combine(day, time(), BERLIN)
    (span,) = humane_hours(Span(start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)), BERLIN)
    assert span.end - span.start == timedelta(hours=hours)
    assert span.start.astimezone(BERLIN).hour == 9


@pytest.mark.parametrize("around", [date(2026, 3, 29), date(2026, 10, 25)])
@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_taken_every_slot_keeps_every_promise(around: date, seed: int) -> None:
    """Over both changes of the clocks, with busy times and windows at odd minutes."""
    rng = random.Random(seed)
    base = datetime.combine(around, time(), UTC) - timedelta(days=2)

    def spans(count: int, longest: int) -> list[Span]:
        starts = [base + timedelta(minutes=rng.randrange(4 * 24 * 60)) for _ in range(count)]
        return [Span(start, start + timedelta(minutes=rng.randint(1, longest))) for start in starts]

    allowed, taken = spans(5, 900), spans(12, 240)
    duration = timedelta(minutes=rng.choice((15, 30, 50, 90)))
    now = base + timedelta(hours=rng.randrange(40))
    limit = rng.randint(1, 6)
    found = free_slots(allowed, taken, duration, BERLIN, now, limit)
    left = without(allowed, taken)
    for one in found:
        assert one.start >= now
        assert one.end - one.start == duration
        assert any(span.start <= one.start and one.end <= span.end for span in left)
        assert is_free(one, taken)
        local = one.start.astimezone(BERLIN)
        assert local.minute % 15 == 0
        assert local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def test_nothing_taken_takes_nothing_and_touching_is_free() -> None:
    allowed = [Span(utc(24, 9), utc(24, 12))]
    assert without(allowed, []) == tuple(allowed)
    assert is_free(
        Slot(utc(24, 10), utc(24, 11), "UTC"), [Span(utc(24, 9), utc(24, 10)), Span(utc(24, 11), utc(24, 12))]
    )
    assert not is_free(Slot(utc(24, 10), utc(24, 11), "UTC"), [Span(utc(24, 10, 59), utc(24, 12))])


# --- what is chosen of all that is free ---

# Busy hours of four days, by quarters of the hour, between 9 and 20.
BUSY = st.lists(st.tuples(st.integers(24, 27), st.integers(0, 43), st.integers(1, 44)), max_size=12)
MINUTES = st.sampled_from((15, 30, 45, 60, 90, 120, 240))


def quarter(day: int, quarters: int) -> datetime:
    return utc(day, 9) + timedelta(minutes=15 * quarters)


def every_start(days: list[Span], taken: list[Span], duration: timedelta) -> list[datetime]:
    """All that could be proposed, looked for one by one."""
    starts = (quarter(day, n) for day in range(24, 28) for n in range(44))
    return [
        start
        for start in starts
        if any(span.start <= start and start + duration <= span.end for span in days)
        and is_free(Span(start, start + duration), taken)
    ]


@settings(max_examples=300, deadline=None)
@given(BUSY, MINUTES, st.integers(1, 6))
@example([(24, 0, 12), (24, 20, 24), (25, 0, 44), (26, 0, 44), (27, 0, 44)], 60, 6)  # 12:00 to 14:00 and no more
@example([(24, 0, 14), (24, 22, 22), (25, 0, 44), (26, 0, 44), (27, 0, 44)], 60, 6)  # 12:30 to 14:30
def test_what_is_offered_is_a_choice(busy: list[tuple[int, int, int]], minutes: int, limit: int) -> None:
    """No two overlap where two that do not can be had; every day that can give a time gives one before any gives two;
    and where one time alone fits the contact is still given two to choose from."""
    days = [Span(utc(day, 9), utc(day, 20)) for day in range(24, 28)]
    taken = [Span(quarter(day, start), quarter(day, start + length)) for day, start, length in busy]
    duration = timedelta(minutes=minutes)
    starts = every_start(days, taken, duration)
    found = [one.start for one in free_slots(days, taken, duration, ZoneInfo("UTC"), NOW, limit)]
    assert found == sorted(set(found))
    assert set(found) <= set(starts)
    assert len(found) >= min(limit, 2, len(starts))
    apart = bool(starts) and starts[-1] - starts[0] >= duration
    if apart:
        assert all(later - earlier >= duration for earlier, later in itertools.pairwise(found))
    by_day = Counter(start.date() for start in found)
    if apart or limit == 1:
        assert len(by_day) == min(limit, len({start.date() for start in starts}))
    # Where there is room for more that is on the hour, more is offered.
    if len(found) < limit:
        assert len(found) >= most_that_fit([start for start in starts if start.minute == 0], duration)


def most_that_fit(starts: list[datetime], duration: timedelta) -> int:
    count, free_from = 0, datetime.min.replace(tzinfo=UTC)
    for start in starts:
        if start >= free_from:
            count, free_from = count + 1, start + duration
    return count


def test_free_days_offer_morning_afternoon_and_evening() -> None:
    week = [Span(utc(day, 9), utc(day, 20)) for day in range(24, 30)]
    found = free_slots(week, [], HOUR, ZoneInfo("UTC"), NOW, 6)
    assert [(one.start.day, one.start.hour) for one in found] == [
        *((24, 9), (25, 12), (26, 17)),
        *((27, 9), (28, 12), (29, 17)),
    ]
    (day,) = [week[:1]]
    assert [one.start.hour for one in free_slots(day, [], HOUR, ZoneInfo("UTC"), NOW, 3)] == [9, 12, 17]
