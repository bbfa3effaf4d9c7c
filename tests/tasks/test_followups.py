"""Protects people from being pestered, and owners from waiting for ever: when a reminder is due, and when it ends."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from userbot.tasks.followups import Due, Reminding, Silence, due, next_at

ZONE = ZoneInfo("Europe/Moscow")
RULES = Reminding(2, timedelta(hours=24))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


NOON = at(23, 12)


def test_two_reminders_a_day_apart_and_then_it_is_over() -> None:
    for reminded, what in ((0, Due.REMINDER), (1, Due.REMINDER), (2, Due.NO_ANSWER)):
        silence = Silence(NOON, reminded, None)
        assert next_at(silence, RULES, ZONE) == at(24, 12)
        assert due(silence, RULES, ZONE, at(24, 11, 59)) is Due.NOTHING
        assert due(silence, RULES, ZONE, at(24, 12)) is what


def test_nobody_is_reminded_at_night_nor_when_a_reminder_was_missed() -> None:
    late = Silence(at(23, 22), 0, None)
    assert next_at(late, RULES, ZONE) == at(25, 9)
    assert due(late, RULES, ZONE, at(25, 8, 59)) is Due.NOTHING
    assert due(late, RULES, ZONE, at(25, 9)) is Due.REMINDER
    # The program was off when it was due, and starts in the night.
    assert due(Silence(NOON, 0, None), RULES, ZONE, at(26, 3)) is Due.NOTHING
    assert due(Silence(NOON, 0, None), RULES, ZONE, at(26, 9)) is Due.REMINDER


def test_sooner_when_the_time_runs_out() -> None:
    soon = Silence(NOON, 0, at(23, 18))
    assert next_at(soon, RULES, ZONE) == at(23, 14)
    assert next_at(Silence(at(23, 14), 1, at(23, 18)), RULES, ZONE) == at(23, 16)
    # But nobody is hurried more than every half hour.
    assert next_at(Silence(at(23, 17, 30), 0, at(23, 18)), RULES, ZONE) == at(23, 18)


def test_sooner_too_when_an_answer_is_of_use_only_until_then_and_that_ends_nothing() -> None:
    soon = Silence(NOON, 0, None, at(23, 18))
    assert next_at(soon, RULES, ZONE) == at(23, 14)
    assert due(Silence(None, 0, None, at(23, 18)), RULES, ZONE, at(23, 19)) is Due.NOTHING


def test_when_the_last_moment_is_over_so_is_the_task_whoever_is_waited_for() -> None:
    assert due(Silence(None, 0, at(23, 18)), RULES, ZONE, at(23, 17, 59)) is Due.NOTHING
    assert due(Silence(None, 0, at(23, 18)), RULES, ZONE, at(23, 18)) is Due.EXPIRED
    assert due(Silence(NOON, 2, at(23, 18)), RULES, ZONE, at(26, 3)) is Due.EXPIRED


@pytest.mark.parametrize("silence", [Silence(None, 0, None), Silence(NOON, 0, None)])
def test_who_is_not_silent_or_is_not_to_be_reminded_is_left_alone(silence: Silence) -> None:
    rules = RULES if silence.since is None else Reminding(0)
    assert next_at(silence, rules, ZONE) is None
    assert due(silence, rules, ZONE, at(30, 12)) is Due.NOTHING


def test_a_setting_of_no_hours_is_no_flood() -> None:
    assert next_at(Silence(NOON, 0, None), Reminding(5, timedelta(0)), ZONE) == at(23, 12, 30)
