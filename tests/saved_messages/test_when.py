from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from userbot.saved_messages import when
from userbot.saved_messages.when import Language

MOSCOW = ZoneInfo("Europe/Moscow")


def test_a_time_is_told_with_weekday_date_hours_and_zone() -> None:
    """The owner must not have to guess which Monday or whose clock is meant."""
    start, end = datetime(2026, 11, 23, 12, 30, tzinfo=UTC), datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
    assert when.stretch("ru", start, end, MOSCOW) == "понедельник, 23 ноября 2026, 15:30–16:30 МСК (Europe/Moscow)"
    assert when.stretch("en", start, end, MOSCOW) == "Monday, 23 November 2026, 15:30–16:30 MSK (Europe/Moscow)"


def test_a_meeting_over_midnight_names_both_days() -> None:
    start, end = datetime(2026, 11, 23, 20, 30, tzinfo=UTC), datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    assert when.stretch("en", start, end, MOSCOW) == (
        "Monday, 23 November 2026, 23:30 – Tuesday, 24 November 2026, 00:30 MSK (Europe/Moscow)"
    )


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Yekaterinburg", "UTC+5 (Asia/Yekaterinburg)"),
        ("Asia/Kolkata", "IST (Asia/Kolkata)"),
        ("Asia/Kathmandu", "UTC+5:45 (Asia/Kathmandu)"),
        ("America/Sao_Paulo", "UTC-3 (America/Sao_Paulo)"),
        ("UTC", "UTC"),
    ],
)
def test_zones_without_a_name_are_told_by_their_offset(zone: str, shown: str) -> None:
    assert when.zone_name("ru", datetime(2026, 11, 23, tzinfo=UTC), ZoneInfo(zone)) == shown


@pytest.mark.parametrize(
    ("number", "russian", "english"),
    [
        (0, "0 задач", "0 tasks"),
        (1, "1 задача", "1 task"),
        (2, "2 задачи", "2 tasks"),
        (5, "5 задач", "5 tasks"),
        (11, "11 задач", "11 tasks"),
        (12, "12 задач", "12 tasks"),
        (21, "21 задача", "21 tasks"),
        (112, "112 задач", "112 tasks"),
        (104, "104 задачи", "104 tasks"),
    ],
)
def test_plurals(number: int, russian: str, english: str) -> None:
    assert when.counted("ru", number, "task") == russian
    assert when.counted("en", number, "task") == english


@pytest.mark.parametrize(
    ("minutes", "language", "shown"),
    [
        (60, "ru", "1 час"),
        (90, "ru", "1 час 30 минут"),
        (45, "en", "45 minutes"),
        (120, "en", "2 hours"),
        (1440, "ru", "1 день"),
        (1, "ru", "1 минута"),
    ],
)
def test_lengths(minutes: int, language: Language, shown: str) -> None:
    assert when.length(language, minutes) == shown


def test_every_weekday_and_month_has_its_name() -> None:
    assert when.day("ru", date(2027, 5, 2)) == "воскресенье, 2 мая 2027"
    assert when.day("en", date(2027, 12, 31)) == "Friday, 31 December 2027"
