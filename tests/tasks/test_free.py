"""Protects the times a contact is offered: allowed, free, at a time clocks show once, spread over the days."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from userbot.tasks.free import free_slots, humane_hours, is_free, without
from userbot.tasks.slots import Slot, Span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_days_take_turns_and_round_hours_come_first() -> None:
    allowed = [Span(utc(day, 9, 10), utc(day, 18)) for day in (24, 25)]
    found = free_slots(allowed, [Span(utc(24, 10), utc(24, 12))], HOUR, ZoneInfo("UTC"), NOW, 3)
    assert [one.start for one in found] == [utc(24, 12), utc(24, 14), utc(25, 10)]


def test_each_day_has_something_after_lunch_and_in_the_evening_before_it_has_more_of_the_morning() -> None:
    """A contact who says "Wednesday after lunch" can be offered a time."""
    allowed = [Span(utc(day, 9), utc(day, 20)) for day in (24, 25, 26)]
    found = free_slots(allowed, [], HOUR, ZoneInfo("UTC"), NOW, 9)
    assert [one.start for one in found] == [utc(day, hour) for day in (24, 25, 26) for hour in (9, 15, 19)]


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
    every = free_slots(allowed, taken, duration, BERLIN, now, 10_000)
    assert len(found) == min(limit, len(every))
    days = {one.local()[0].date() for one in every}
    assert len({one.local()[0].date() for one in found}) >= min((limit + 1) // 2, len(days))
    left = without(allowed, taken)
    for one in every:
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
