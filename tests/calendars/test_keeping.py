"""Protects the stored busy times, current and outliving failures, and the way of a meeting into the calendar."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.calendars.conftest import NOW, Radicale
from tests.calendars.test_reading import file_of
from tests.store.conftest import database as database
from tests.store.conftest import new_task
from userbot.calendars.calendar import Calendar
from userbot.calendars.keeping import Keeper
from userbot.calendars.sources import Feed, Sources
from userbot.clock import Clock
from userbot.store import busy
from userbot.tasks.meetings import meeting_facts
from userbot.tasks.slots import Slot

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """In real time: a loop that jumps would not wait for another process."""
    return "asyncio", {}


class StandingClock(Clock):
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> Any:
        return self.at


@pytest.fixture
def told() -> list[str]:
    return []


def keeper(sources: Sources, clock: Clock, told: list[str]) -> Keeper:
    return Keeper(
        Calendar(sources, MOSCOW),
        clock,
        on_trouble=lambda why: told.append(why),
        on_fine=lambda: told.append("fine"),
        on_refused=lambda task_id, why: told.append(f"{task_id}: {why}"),
    )


def stored_in(database: Path) -> bytes:
    return database.read_bytes() + database.with_name(database.name + "-wal").read_bytes()


async def test_a_file_that_breaks_leaves_the_last_state_and_is_told(
    database: Path, tmp_path: Path, told: list[str]
) -> None:
    feed, clock = tmp_path / "secret-name.ics", StandingClock()
    feed.write_bytes(file_of("DTSTART:20261124T100000Z\nDURATION:PT1H"))
    keeping = keeper(Sources(Feed(path=feed)), clock, told)
    assert await keeping.refresh()
    assert told == ["fine"]
    feed.write_bytes(b"<html>")
    clock.at += timedelta(hours=1)
    assert not await keeping.refresh()
    assert len(busy.busy_between(NOW, NOW + timedelta(days=9))) == 1
    assert busy.last_read().fetched_at == NOW
    assert "iCalendar" in told[1]
    assert "secret-name" not in "".join(told)
    assert not any(word in stored_in(database) for word in (b"SECRET", b"secret-name"))


async def test_an_unreachable_server_is_told_only_after_long(database: Path, told: list[str]) -> None:
    clock = StandingClock()
    keeping = keeper(Sources(Feed(url="http://127.0.0.1:9/private-token")), clock, told)
    for hours in (0, 1, 2):
        clock.at = NOW + timedelta(hours=hours)
        assert not await keeping.refresh()
        assert bool(told) == (hours == 2)
    assert "private-token" not in "".join(told) + str(busy.last_read())


async def test_a_meeting_reaches_the_calendar_once_and_follows_what_was_agreed(
    database: Path, radicale: Radicale, told: list[str]
) -> None:
    clock = StandingClock()
    keeping = keeper(Sources(account=radicale.account()), clock, told)
    task_id, start = new_task(), NOW + timedelta(days=1)
    busy.want_event(
        task_id, "u@x", meeting_facts(Slot(start, start + timedelta(hours=1), "Europe/Moscow"), "Анна"), NOW
    )
    await keeping.write_due()
    assert busy.events_due(NOW) == []
    await keeping.refresh()
    (mine,) = busy.busy_between(NOW, NOW + timedelta(days=9))
    assert (mine.start, mine.task_id) == (start, task_id)
    assert busy.busy_between(NOW, NOW + timedelta(days=9), but_of_task=task_id) == []

    radicale.stop()
    busy.want_event(task_id, "u@x", None, NOW)
    await keeping.write_due()
    job = busy.event_of(task_id)
    assert job is not None
    assert (job.meeting, job.attempts) == (None, 1)
    assert busy.events_due(NOW + timedelta(hours=1)) == [job]


async def test_a_meeting_that_cannot_be_written_is_told_once_though_the_calendar_can_be_read(
    database: Path, radicale: Radicale, told: list[str]
) -> None:
    """Where the address names two calendars each try to write fails, and each reading in between succeeds."""
    radicale.make_calendar("home")
    clock = StandingClock()
    keeping = keeper(Sources(account=radicale.account(radicale.home)), clock, told)
    task_id, start = new_task(), NOW + timedelta(days=1)
    facts = meeting_facts(Slot(start, start + timedelta(hours=1), "Europe/Moscow"), "Анна")
    busy.want_event(task_id, "u@x", facts, NOW)
    for hours in range(3):
        clock.at = NOW + timedelta(hours=hours)
        await keeping.write_due()
        assert await keeping.refresh()
    assert [why for why in told if why != "fine"] == [told[0]]
    assert "names 2 calendars" in told[0]


async def test_a_calendar_that_was_never_read_is_forgotten_when_it_is_taken_out_of_the_settings(
    database: Path, told: list[str]
) -> None:
    """Else `.status` would say for ever that it fails."""
    busy.note_failure("no answer", NOW)
    running = asyncio.create_task(keeper(Sources(), StandingClock(), told).run())
    await asyncio.sleep(0.1)
    running.cancel()
    assert busy.last_read().failing_since is None
    assert told == ["fine"]
