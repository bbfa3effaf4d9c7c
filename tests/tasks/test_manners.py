"""The rules of manners: how long an answer takes, and when nobody is written to."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from userbot.tasks.manners import QuietHours, answering_time, humane_for, next_humane, read_quiet_hours

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(22 * 60, 8 * 60)


def at(text: str, zone: ZoneInfo = MOSCOW) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [("22-8", 1320, 480), ("22:30–7:15", 1350, 435), (" 0 - 9 ", 0, 540), ("13-14", 780, 840), ("22-24", 1320, 0)],
)
def test_quiet_hours_are_read_as_people_write_them(written: str, start: int, end: int) -> None:
    assert read_quiet_hours(written) == QuietHours(start, end)


@pytest.mark.parametrize("written", ["", "22", "8-8", "0-24", "25-8", "22:60-8", "22-8-9", "night", "-1-8"])
def test_what_is_no_quiet_hours_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"quiet hours|hours|minutes"):
        read_quiet_hours(written)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2026-11-22 21:59", "2026-11-22 21:59"),
        ("2026-11-22 22:00", "2026-11-23 08:00"),
        ("2026-11-23 00:00", "2026-11-23 08:00"),
        ("2026-11-23 07:59", "2026-11-23 08:00"),
        ("2026-11-23 08:00", "2026-11-23 08:00"),
    ],
)
def test_what_falls_into_the_night_waits_for_its_end(asked: str, expected: str) -> None:
    assert next_humane(at(asked), MOSCOW, NIGHT) == at(expected)


def test_quiet_hours_within_one_day() -> None:
    lunch = QuietHours(13 * 60, 14 * 60)

    assert next_humane(at("2026-11-22 13:30"), MOSCOW, lunch) == at("2026-11-22 14:00")
    assert next_humane(at("2026-11-22 14:00"), MOSCOW, lunch) == at("2026-11-22 14:00")


def test_without_quiet_hours_nothing_waits() -> None:
    assert next_humane(at("2026-11-22 03:00"), MOSCOW, None) == at("2026-11-22 03:00")


@pytest.mark.parametrize(
    ("evening", "hours"),
    [("2026-03-28 22:00", 9), ("2026-10-24 22:00", 11), ("2026-11-22 22:00", 10)],
)
def test_the_night_ends_at_its_hour_also_when_clocks_change(evening: str, hours: int) -> None:
    started = at(evening, BERLIN)

    assert next_humane(started, BERLIN, NIGHT) - started == timedelta(hours=hours)


def test_an_end_that_clocks_skip_or_show_twice_is_in_the_future() -> None:
    early = QuietHours(22 * 60, 2 * 60 + 30)
    skipped = next_humane(at("2026-03-29 01:30", BERLIN), BERLIN, early)
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    # 02:10 for the second time: the first 02:30 is over.
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert next_humane(second, BERLIN, early) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_both_the_owner_and_the_contact_are_let_sleep() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    # 16:00 in Moscow is 22:00 in Tokyo; Tokyo wakes at 02:00 in Moscow, and Moscow at 08:00.
    assert humane_for(at("2026-11-22 16:30"), [MOSCOW, tokyo], NIGHT) == at("2026-11-23 08:00")
    assert humane_for(at("2026-11-22 15:30"), [MOSCOW, tokyo], NIGHT) == at("2026-11-22 15:30")


def test_people_who_share_no_hour_are_written_to_when_the_contact_is_awake() -> None:
    long_night = QuietHours(18 * 60, 10 * 60)
    auckland = ZoneInfo("Pacific/Auckland")

    found = humane_for(at("2026-11-22 12:00"), [MOSCOW, auckland], long_night)

    assert found == at("2026-11-23 10:00", auckland)


def test_a_long_answer_takes_longer_but_never_longer_than_allowed() -> None:
    short, long = answering_time("ok", 504, 60), answering_time("x" * 120, 504, 60)

    assert timedelta(seconds=2) < short < timedelta(seconds=3)
    assert timedelta(seconds=20) < long < timedelta(seconds=25)
    assert answering_time("x" * 4000, 504, 20) == timedelta(seconds=20)
    assert answering_time("x" * 4000, 504, 0) == timedelta(0)


def test_answers_are_not_equally_quick_but_each_is_the_same_again() -> None:
    taken = [answering_time("x" * 60, random_id, 60) for random_id in range(0, 5000, 7)]

    assert len(set(taken)) > 100
    assert min(taken) >= timedelta(seconds=12 * 0.8)
    assert max(taken) <= timedelta(seconds=12 * 1.2)
    assert taken == [answering_time("x" * 60, random_id, 60) for random_id in range(0, 5000, 7)]
