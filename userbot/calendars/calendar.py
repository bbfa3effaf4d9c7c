"""The owner's calendar as the rest of the program has it: busy times of a stretch of time, and one event a meeting."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from userbot.calendars import caldav
from userbot.calendars.fetching import MAX_BYTES, fetch
from userbot.calendars.meetings import Meeting
from userbot.calendars.reading import read_busy
from userbot.calendars.sources import BusyTimes, CalendarBroken, CalendarUnavailable, Sources
from userbot.tasks.slots import Span

READ_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Calendar:
    """`zone` is the owner's. Every function raises CalendarUnavailable or CalendarBroken; no text of theirs holds an
    address, a password or anything of an event."""

    sources: Sources
    zone: ZoneInfo

    @property
    def can_write(self) -> bool:
        return self.sources.account is not None

    async def busy_times(self, span: Span, ours: Mapping[str, int] | None = None) -> BusyTimes:
        """When the owner is busy within `span`. `ours`: the UIDs of this program's own meetings, and their tasks."""
        texts: list[bytes] = []
        if self.sources.feed is not None:
            texts.append(await self._read_feed())
        if self.sources.account is not None:
            for collection in await caldav.find_collections(self.sources.account):
                texts += await caldav.read_events(self.sources.account, collection, span)
        over = threading.Event()
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                return await asyncio.to_thread(read_busy, texts, span, self.zone, dict(ours or {}), over.is_set)
        except TimeoutError:
            raise CalendarUnavailable("the calendar takes too long to read") from None
        finally:
            over.set()  # a thread cannot be ended, but it can be asked to

    async def names(self) -> tuple[str, ...]:
        """What the owner called the calendars of the CalDAV account."""
        account = self.sources.account
        return () if account is None else tuple(one.name for one in await caldav.find_collections(account))

    async def write(self, meeting: Meeting, now: datetime) -> None:
        """The calendar holds this meeting at its time. Raises EventRefused when it never will. Does nothing twice."""
        if self.sources.account is not None:
            await caldav.write_meeting(self.sources.account, meeting, now)

    async def delete(self, uid: str) -> None:
        """The calendar does not hold this meeting. Raises EventRefused when it may not be deleted."""
        if self.sources.account is not None:
            await caldav.delete_meeting(self.sources.account, uid)

    async def _read_feed(self) -> bytes:
        feed = self.sources.feed
        if feed is not None and feed.path is not None:
            return await asyncio.to_thread(_read_file, feed.path)
        if feed is None or feed.url is None:
            return b""
        answer = await fetch("GET", feed.url, headers={"accept": "text/calendar, */*;q=0.5"})
        if answer.status == 200:
            return answer.body
        if answer.status in (401, 403, 404, 410):
            raise CalendarBroken(f"there is no calendar at CALENDAR_URL any more (HTTP {answer.status}): copy it anew")
        raise CalendarUnavailable(f"the calendar's server answers HTTP {answer.status}")


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CalendarBroken(f"the file in CALENDAR_URL cannot be read: {error.strerror}") from None
    if len(text) > MAX_BYTES:
        raise CalendarBroken(f"the calendar is larger than {MAX_BYTES // 1024 // 1024} MB: share a smaller one")
    return text
