"""Protects people who took something on from being asked at the wrong time, or twice: before the date, and after it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from userbot.tasks.checkins import CheckIn, Promise, due, next_at

ZONE = ZoneInfo("Europe/Moscow")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return (datetime(2026, 11, 1, hour, minute, tzinfo=ZONE) + timedelta(days=day - 1)).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        # Monday noon, by the end of Friday: when a quarter of the time is left, at a humane hour.
        (at(23, 12), at(28, 0), at(26, 21) + timedelta(hours=12)),
        (at(23, 10), at(23, 18), at(23, 16)),
        # Never more than two days ahead, however far off the date is.
        (at(1, 12), at(28, 18), at(26, 18)),
        # Too soon to be asked about before, or only in the night.
        (at(23, 15), at(23, 20), None),
        (at(23, 20), at(24, 9), None),
        (at(23, 15), at(24, 0), None),
    ],
)
def test_asked_before_when_a_quarter_of_the_time_is_left(
    since: datetime, until: datetime, before: datetime | None
) -> None:
    promise = Promise(since, until)
    if before is None:
        assert next_at(promise, ZONE, since) >= until  # type: ignore[operator]
        return
    assert next_at(promise, ZONE, since) == before
    assert due(promise, ZONE, before - timedelta(minutes=1)) is None
    assert due(promise, ZONE, before) is CheckIn.BEFORE
    asked = replace(promise, asked=frozenset({CheckIn.BEFORE}))
    assert due(asked, ZONE, before) is None
    assert next_at(asked, ZONE, before) >= until  # type: ignore[operator]


def test_asked_after_when_people_are_awake_and_had_a_while_to_say_so_themselves() -> None:
    by_the_end_of_friday = Promise(at(23, 12), at(28, 0), frozenset({CheckIn.BEFORE}))
    assert next_at(by_the_end_of_friday, ZONE, at(27, 12)) == at(28, 9)
    assert due(by_the_end_of_friday, ZONE, at(28, 8, 59)) is None
    assert due(by_the_end_of_friday, ZONE, at(28, 9)) is CheckIn.AFTER
    at_six = Promise(at(23, 12), at(27, 18), frozenset({CheckIn.BEFORE}))
    assert due(at_six, ZONE, at(27, 18, 30)) is None
    assert due(at_six, ZONE, at(27, 19)) is CheckIn.AFTER
    # The program was off for days.
    assert due(at_six, ZONE, at(30, 3)) is None
    assert due(at_six, ZONE, at(30, 9)) is CheckIn.AFTER
    over = replace(at_six, asked=frozenset(CheckIn))
    assert due(over, ZONE, at(30, 9)) is None
    assert next_at(over, ZONE, at(30, 9)) is None


def test_a_question_that_was_missed_is_not_put_in_the_last_hour() -> None:
    promise = Promise(at(23, 12), at(27, 18))
    assert due(promise, ZONE, at(27, 17)) is CheckIn.BEFORE
    assert due(promise, ZONE, at(27, 17, 1)) is None
    assert next_at(promise, ZONE, at(27, 17, 1)) == at(27, 19)


MINUTES = st.integers(0, 40 * 24 * 60)


@settings(max_examples=300, deadline=None)
@given(MINUTES, MINUTES, MINUTES, st.sets(st.sampled_from(CheckIn)))
def test_whenever_it_is_looked_at_nobody_is_asked_twice_nor_at_night(
    lasts: int, later: int, start: int, asked: set[CheckIn]
) -> None:
    since = at(1, 0) + timedelta(minutes=start)
    promise = Promise(since, since + timedelta(minutes=lasts), frozenset(asked))
    now = since + timedelta(minutes=later)
    which = due(promise, ZONE, now)
    coming = next_at(promise, ZONE, now)
    assert which not in asked
    if which is not None:
        assert 9 <= now.astimezone(ZONE).hour < 20
        assert (which is CheckIn.BEFORE) == (now < promise.due)
    # What the program sleeps until is when something is due: it neither oversleeps nor wakes for nothing.
    if coming is not None and coming > now:
        assert which is None
        assert due(promise, ZONE, coming) is not None
