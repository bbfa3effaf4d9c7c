"""Protects the owner from a calendar that is half read: `doctor` asks a real CalDAV server and says what is wrong
with it and what to do, and nothing secret."""

from pathlib import Path
from typing import Any

import pytest

from tests.calendars.conftest import PASSWORD, USER, Radicale
from userbot.checks import Check, State
from userbot.doctor import examine

EVENT = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20261120T090000Z\r\n"
    b"SUMMARY:Dentist\r\nDTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\n%sEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """In real time: a loop that jumps would not wait for another process."""
    return "asyncio", {}


async def examined(tmp_path: Path, url: str, password: str = PASSWORD) -> list[Check]:
    settings = {
        "USERBOT_HOME": str(tmp_path),
        "OWNER_TIMEZONE": "Europe/Moscow",
        "CALDAV_URL": url,
        "CALDAV_USERNAME": USER,
        "CALDAV_PASSWORD": password,
    }
    checks = [check for check in await examine(settings, None) if check.name == "calendar"]
    assert not any(secret in f"{checks}" for secret in ("Dentist", PASSWORD))
    return checks


async def test_one_calendar_is_well(radicale: Radicale, tmp_path: Path) -> None:
    (check,) = await examined(tmp_path, radicale.url)
    assert (check.state, check.mend) == (State.OK, None)


async def test_of_several_calendars_none_is_written_into(radicale: Radicale, tmp_path: Path) -> None:
    radicale.make_calendar("home")
    well, several = await examined(tmp_path, radicale.home)
    assert well.state is State.OK
    assert (several.state, "written into none" in several.what) == (State.WARN, True)
    assert several.mend is not None


@pytest.mark.parametrize("what", ["password", "address", "down"])
async def test_a_calendar_that_cannot_be_read_is_broken(radicale: Radicale, tmp_path: Path, what: str) -> None:
    if what == "down":
        radicale.stop()
    url = radicale.home + "nothing/" if what == "address" else radicale.url
    (check,) = await examined(tmp_path, url, "wrong" if what == "password" else PASSWORD)
    assert (check.state, "CALDAV_" in (check.mend or "")) == (State.BROKEN, True)
    assert check.what


async def test_events_that_cannot_be_understood_are_counted(tmp_path: Path) -> None:
    """Their hours would be offered to others without a word."""
    feed = tmp_path / "feed.ics"
    feed.write_bytes(EVENT % (b"1", b"RRULE:FREQ=NOPE\r\n"))
    settings = {"USERBOT_HOME": str(tmp_path), "OWNER_TIMEZONE": "Europe/Moscow", "CALENDAR_URL": str(feed)}
    checks = [check for check in await examine(settings, None, offline=True) if check.name == "calendar"]
    assert [check.state for check in checks] == [State.OK, State.WARN]
    assert "1 events cannot be understood" in checks[1].what
