"""Protects the file of a meeting: any program reads the agreed time out of it, whatever stands in its texts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from userbot.calendars.meetings import Meeting, meeting_ics, moved
from userbot.calendars.reading import read_busy
from userbot.tasks.meetings import meeting_uid
from userbot.tasks.slots import Slot, Span

NOW = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("start", [datetime(2026, 10, 24, 10, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)])
def test_the_time_is_read_back_and_texts_stay_texts(zone: str, start: datetime) -> None:
    slot = Slot(start, start + timedelta(hours=1), zone)
    text = meeting_ics(Meeting("u@x", 3, slot, "Встреча, с Анной; " * 9, "Кафе\nEND:VEVENT"), NOW)
    (one,) = read_busy([text], Span(start - timedelta(days=9), start + timedelta(days=9)), ZoneInfo("Asia/Tokyo")).busy
    assert one.span == slot.span
    lines = text.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert lines.count(b"END:VEVENT") == 1
    assert b"SEQUENCE:3" in lines
    assert b"METHOD" not in text
    assert (b"BEGIN:VTIMEZONE" in lines) == (zone != "UTC")


def test_the_uid_is_a_tasks_for_ever_and_of_no_other_database() -> None:
    assert meeting_uid(1, 2, NOW) == meeting_uid(1, 2, NOW)
    assert len({meeting_uid(1, 2, NOW), meeting_uid(1, 3, NOW), meeting_uid(1, 2, NOW + timedelta(seconds=1))}) == 3


def test_an_event_that_ends_beyond_all_dates_is_written_anew() -> None:
    """Whatever became of it in the calendar: an event must not end the program."""
    event = "BEGIN:VEVENT\r\nUID:x\r\nDTSTART:20261124T100000Z\r\nDURATION:P99999999D\r\nEND:VEVENT\r\n"
    current = f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n".encode()
    meeting = Meeting("x", 0, Slot(NOW, NOW + timedelta(hours=1), "UTC"), "Анна")
    assert moved(current, meeting, NOW) == meeting_ics(meeting, NOW)
