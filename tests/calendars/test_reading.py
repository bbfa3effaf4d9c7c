"""Protects the meaning of a calendar: every kind of event is busy exactly when its owner is, and no word gets out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from userbot.calendars.reading import read_busy
from userbot.calendars.sources import CalendarBroken, CalendarUnavailable
from userbot.tasks.slots import Span

BERLIN = ZoneInfo("Europe/Berlin")
AUTUMN = Span(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC))


def file_of(*events: str, head: str = "") -> bytes:
    bodies = "".join(
        f"BEGIN:VEVENT\nUID:{n}\nDTSTAMP:20260101T000000Z\nSUMMARY:SECRET\nLOCATION:SECRET\n{event}\nEND:VEVENT\n"
        if "RECURRENCE-ID" not in event
        else f"BEGIN:VEVENT\nUID:{n - 1}\nDTSTAMP:20260101T000000Z\n{event}\nEND:VEVENT\n"
        for n, event in enumerate(events)
    )
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{head}{bodies}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def busy(*events: str, head: str = "") -> list[str]:
    """Busy times as "day hour:minute-day hour:minute", in UTC."""
    found = read_busy([file_of(*events, head=head)], AUTUMN, BERLIN)
    assert "SECRET" not in repr(found)
    assert found.unread == 0
    return [f"{one.span.start:%d %H:%M}-{one.span.end:%d %H:%M}" for one in found.busy]


HOUR = "DTSTART:20261105T100000Z\nDTEND:20261105T110000Z"
OLD_ZONE = """BEGIN:VTIMEZONE
TZID:Our Office
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0500
TZOFFSETTO:+0500
END:STANDARD
END:VTIMEZONE
"""


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (HOUR, ["05 10:00-05 11:00"]),
        ("DTSTART:20261105T100000Z\nDURATION:PT90M", ["05 10:00-05 11:30"]),
        (HOUR + "\nTRANSP:TRANSPARENT", []),
        (HOUR + "\nSTATUS:CANCELLED", []),
        ("DTSTART:20261105T100000Z", []),
        # Floating, and of a zone that nobody knows: the owner's clocks, an hour ahead of UTC by then.
        ("DTSTART:20261105T100000\nDTEND:20261105T110000", ["05 09:00-05 10:00"]),
        ("DTSTART;TZID=Nowhere/City:20261105T100000\nDURATION:PT1H", ["05 09:00-05 10:00"]),
        ("DTSTART;TZID=Russian Standard Time:20261105T100000\nDURATION:PT1H", ["05 07:00-05 08:00"]),
        # Over midnight, and over the start of what is asked about.
        ("DTSTART:20261105T230000Z\nDTEND:20261106T010000Z", ["05 23:00-06 01:00"]),
        ("DTSTART:20261019T230000Z\nDTEND:20261020T010000Z", ["20 00:00-20 01:00"]),
        # Whole days are the owner's: 25 hours on the day the clocks go back.
        ("DTSTART;VALUE=DATE:20261105", ["04 23:00-05 23:00"]),
        ("DTSTART;VALUE=DATE:20261025\nDTEND;VALUE=DATE:20261026", ["24 22:00-25 23:00"]),
        ("DTSTART;VALUE=DATE:20261105\nDTEND;VALUE=DATE:20261105", ["04 23:00-05 23:00"]),
        ("DTSTART;VALUE=DATE:20261105\nTRANSP:TRANSPARENT", []),
        # A series keeps its time by the clocks; a length in hours stays one when they change.
        (
            "DTSTART;TZID=Europe/Berlin:20261024T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2",
            ["24 07:00-24 08:00", "25 08:00-25 09:00"],
        ),
        ("DTSTART;TZID=Europe/Berlin:20261025T013000\nDURATION:PT3H", ["24 23:30-25 02:30"]),
        (HOUR + "\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261106T100000Z", ["05 10:00-05 11:00", "07 10:00-07 11:00"]),
        (HOUR + "\nRDATE:20261107T120000Z", ["05 10:00-05 11:00", "07 12:00-07 13:00"]),
        ("DTSTART:20000103T100000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=3", ["03 10:00-03 11:00"]),
    ],
)
def test_when_an_event_is_busy(event: str, expected: list[str]) -> None:
    assert busy(event) == expected


def test_one_instance_moved_one_cancelled_one_free() -> None:
    series = HOUR + "\nRRULE:FREQ=DAILY;COUNT=4"
    moved = "RECURRENCE-ID:20261106T100000Z\nDTSTART:20261106T150000Z\nDTEND:20261106T160000Z"
    assert busy(series, moved) == ["05 10:00-05 11:00", "06 15:00-06 16:00", "07 10:00-07 11:00", "08 10:00-08 11:00"]
    for change in ("STATUS:CANCELLED", "TRANSP:TRANSPARENT"):
        off = f"RECURRENCE-ID:20261106T100000Z\nDTSTART:20261106T100000Z\nDTEND:20261106T110000Z\n{change}"
        assert busy(series, off) == ["05 10:00-05 11:00", "07 10:00-07 11:00", "08 10:00-08 11:00"]


def test_a_zone_the_calendar_brings_itself() -> None:
    assert busy("DTSTART;TZID=Our Office:20261105T100000\nDURATION:PT1H", head=OLD_ZONE) == ["05 05:00-05 06:00"]


def test_overlapping_and_adjacent_events_are_one_stretch_and_a_tasks_own_is_apart() -> None:
    text = file_of(HOUR, "DTSTART:20261105T103000Z\nDURATION:PT1H", "DTSTART:20261105T113000Z\nDURATION:PT1H")
    (one,) = read_busy([text], AUTUMN, BERLIN).busy
    assert one.span == Span(datetime(2026, 11, 5, 10, tzinfo=UTC), datetime(2026, 11, 5, 12, 30, tzinfo=UTC))
    found = read_busy([text], AUTUMN, BERLIN, {"1": 7}).busy
    assert [(busy.span.start.hour, busy.task_id) for busy in found] == [(10, None), (10, 7), (11, None)]


@pytest.mark.parametrize(
    "text", [b"", b"<html>Sign in</html>", b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n", b"\xff\x00"]
)
def test_what_is_no_calendar_is_told_without_its_text(text: bytes) -> None:
    with pytest.raises(CalendarBroken, match="no iCalendar file") as error:
        read_busy([text], AUTUMN, BERLIN)
    assert "Sign" not in str(error.value)


def test_one_broken_event_is_counted_and_the_others_stand() -> None:
    found = read_busy([file_of("DTSTART:SECRET", HOUR, HOUR + "\nRRULE:FREQ=NOPE")], AUTUMN, BERLIN)
    assert found.unread == 2
    assert len(found.busy) == 1
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=\n SECONDLY", "FREQ=DAILY;BYSECOND=1,2,3"),
        *("FREQ=DAILY;INTERVAL=0", "INTERVAL=00;FREQ=DAILY", "FREQ=DAILY;INTERVAL=+0;COUNT=9"),
    ],
)
def test_an_event_that_never_stops_costs_nothing(rule: str) -> None:
    found = read_busy([file_of(f"{HOUR}\nRRULE:{rule}")], AUTUMN, BERLIN)
    assert found.unread == 1
    assert [one.span.end - one.span.start for one in found.busy] == [timedelta(hours=1)]


def test_too_much_and_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("userbot.calendars.reading.MAX_INSTANCES", 10)
    with pytest.raises(CalendarBroken, match="more events"):
        read_busy([file_of(HOUR + "\nRRULE:FREQ=HOURLY")], AUTUMN, BERLIN)
    with pytest.raises(CalendarUnavailable, match="too long"):
        read_busy([file_of(HOUR)], AUTUMN, BERLIN, is_over=lambda: True)
