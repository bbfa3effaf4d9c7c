"""Protects what is read from and written to a real CalDAV server (Radicale): busy times whole, one event a meeting."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.calendars.conftest import NOW, Radicale
from userbot.calendars import caldav, fetching
from userbot.calendars.calendar import Calendar
from userbot.calendars.meetings import Meeting
from userbot.calendars.sources import Account, CalendarBroken, CalendarUnavailable, Sources
from userbot.tasks.slots import Slot, Span

MOSCOW = ZoneInfo("Europe/Moscow")
WEEK = Span(NOW, NOW + timedelta(days=7))
MEETING = Meeting(
    "one@userbot.invalid", 0, Slot(NOW + timedelta(days=1), NOW + timedelta(days=1, hours=1), "Europe/Moscow"), "Анна"
)
WEEKLY = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//x//EN\r
BEGIN:VEVENT\r
UID:standup\r
DTSTAMP:20260101T000000Z\r
SUMMARY:SECRET TITLE\r
DTSTART;TZID=Europe/Moscow:20260105T100000\r
DURATION:PT30M\r
RRULE:FREQ=DAILY\r
EXDATE;TZID=Europe/Moscow:20261125T100000\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:standup\r
DTSTAMP:20260101T000000Z\r
RECURRENCE-ID;TZID=Europe/Moscow:20261126T100000\r
DTSTART;TZID=Europe/Moscow:20261126T150000\r
DURATION:PT1H\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """In real time: a loop that jumps would not wait for another process."""
    return "asyncio", {}


def calendar(account: Account) -> Calendar:
    return Calendar(Sources(account=account), MOSCOW)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


async def test_a_series_made_there_is_expanded_here(radicale: Radicale) -> None:
    radicale.put("standup", WEEKLY)
    span = Span(utc(24, 0), utc(27, 0))
    found = await calendar(radicale.account()).busy_times(span)
    assert [one.span for one in found.busy] == [Span(utc(24, 7), utc(24, 7, 30)), Span(utc(26, 12), utc(26, 13))]
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize("path", ["oleg/", ""])
async def test_a_home_or_a_principal_leads_to_its_calendars(radicale: Radicale, path: str) -> None:
    radicale.make_calendar("private")
    root = radicale.home.removesuffix("oleg/")
    found = await caldav.find_collections(radicale.account(root + path))
    assert sorted(one.name for one in found) == ["oleg/private", "oleg/work"]
    with pytest.raises(CalendarBroken, match="2 calendars"):
        await calendar(radicale.account(radicale.home)).write(MEETING, NOW)


async def test_a_meeting_is_written_once_moved_and_deleted(radicale: Radicale) -> None:
    mine = calendar(radicale.account())
    await mine.write(MEETING, NOW)
    before = radicale.ask("GET", "work/one@userbot.invalid.ics")
    await mine.write(MEETING, NOW)
    assert radicale.ask("GET", "work/one@userbot.invalid.ics").headers["etag"] == before.headers["etag"]
    found = await mine.busy_times(WEEK, {MEETING.uid: 7})
    assert [(one.span, one.task_id) for one in found.busy] == [(MEETING.slot.span, 7)]

    slot = Slot(MEETING.slot.start + timedelta(hours=3), MEETING.slot.end + timedelta(hours=3), "Europe/Moscow")
    await mine.write(replace(MEETING, sequence=1, slot=slot), NOW)
    assert [one.span for one in (await mine.busy_times(WEEK)).busy] == [slot.span]

    await mine.delete(MEETING.uid)
    await mine.delete(MEETING.uid)
    assert (await mine.busy_times(WEEK)).busy == ()


async def test_what_the_owner_wrote_into_the_event_stays_when_it_moves(radicale: Radicale) -> None:
    mine = calendar(radicale.account())
    await mine.write(MEETING, NOW)
    text = radicale.ask("GET", "work/one@userbot.invalid.ics").content
    changed = text.replace(b"SUMMARY:", b"DESCRIPTION:bring the plan\r\nSUMMARY:")
    assert radicale.ask("PUT", "work/one@userbot.invalid.ics", changed).status_code in (201, 204)
    slot = Slot(MEETING.slot.start + timedelta(hours=3), MEETING.slot.end + timedelta(hours=3), "Europe/Moscow")
    await mine.write(replace(MEETING, sequence=1, slot=slot), NOW)
    after = radicale.ask("GET", "work/one@userbot.invalid.ics").content
    assert b"bring the plan" in after
    assert b"20261124T150000" in after


async def test_a_change_between_look_and_write_is_not_overwritten(
    radicale: Radicale, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own 412, to a version that somebody else replaced after we read it."""
    mine = calendar(radicale.account())
    await mine.write(MEETING, NOW)
    real = fetching.fetch
    statuses: list[int] = []

    async def fetch(method: str, url: str, **more: Any) -> Any:
        if method == "PUT" and not statuses:
            text = radicale.ask("GET", "work/one@userbot.invalid.ics").content
            changed = text.replace(b"SUMMARY:", b"DESCRIPTION:meanwhile\r\nSUMMARY:")
            radicale.ask("PUT", "work/one@userbot.invalid.ics", changed)
        answer = await real(method, url, **more)
        if method == "PUT":
            statuses.append(answer.status)
        return answer

    monkeypatch.setattr(caldav, "fetch", fetch)
    slot = Slot(MEETING.slot.start + timedelta(hours=3), MEETING.slot.end + timedelta(hours=3), "Europe/Moscow")
    await mine.write(replace(MEETING, sequence=1, slot=slot), NOW)
    assert statuses[0] == 412
    assert statuses[1] in (201, 204)
    assert b"meanwhile" in radicale.ask("GET", "work/one@userbot.invalid.ics").content


async def test_wrong_password_no_calendar_and_no_server(radicale: Radicale) -> None:
    """Each tells what to mend, and none the address or the password."""
    told = []
    with pytest.raises(CalendarBroken, match="CALDAV_PASSWORD") as wrong:
        await calendar(radicale.account(password="wrong horse")).busy_times(WEEK)
    told.append(wrong.value)
    with pytest.raises(CalendarBroken, match="CALDAV_URL") as nothing:
        await calendar(radicale.account(radicale.home + "nothing/")).busy_times(WEEK)
    told.append(nothing.value)
    radicale.stop()
    with pytest.raises(CalendarUnavailable) as down:
        await calendar(radicale.account()).busy_times(WEEK)
    for error in (*told, down.value):
        assert "127.0.0.1" not in f"{error!r} {error.__cause__!r}"
        assert "horse" not in f"{error!r}"
    assert "horse" not in repr(radicale.account())
    assert "127" not in repr(radicale.account())


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0" encoding="unheard-of"?><multistatus/>',
        b'<multistatus xmlns="DAV:"><response><href>http://[bad</href></response></multistatus>',
    ],
)
async def test_an_answer_that_makes_no_sense_is_the_owners_to_mend(body: bytes) -> None:
    """And does not end the program."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 207 Multi-Status\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CalendarBroken, match="does not speak CalDAV"):
            await caldav.find_collections(Account(f"http://127.0.0.1:{port}/", "u", "p"))
