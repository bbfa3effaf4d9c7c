"""Keeps the stored busy times current, and the owner's calendar what was agreed. What it does survives a restart: rows.

A calendar that cannot be read leaves the last state standing; its age is known (`store.busy.last_read`).
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from userbot.calendars.calendar import Calendar
from userbot.calendars.meetings import Meeting
from userbot.calendars.sources import EventRefused
from userbot.clock import Clock
from userbot.errors import OwnerMustAct, TryAgain
from userbot.store import busy
from userbot.store.busy import EventJob, Stretch
from userbot.tasks.slots import Slot, Span

log = logging.getLogger(__name__)

EVERY_S = 900.0
# How far ahead busy times are known. Beyond it nothing is said to be free or not.
AHEAD = timedelta(days=62)
BEHIND = timedelta(days=1)
# For how long a calendar may fail before its owner hears of it; one that only they can mend, at once.
TELL_AFTER = timedelta(hours=2)
FIRST_RETRY_S, LONGEST_RETRY_S = 30.0, 3600.0


class Keeper:
    """`on_trouble(why)` whenever the calendar has failed for long, to be told once; `on_fine()` whenever it works;
    `on_refused(task_id, why)` when a meeting cannot be written."""

    def __init__(
        self,
        calendar: Calendar,
        clock: Clock,
        *,
        on_trouble: Callable[[str], None],
        on_fine: Callable[[], None],
        on_refused: Callable[[int, str], None],
    ) -> None:
        self._calendar = calendar
        self._clock = clock
        self._on_trouble = on_trouble
        self._on_fine = on_fine
        self._on_refused = on_refused
        self._wanted = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def wake(self) -> None:
        """A meeting was agreed, moved or cancelled: the calendar is told soon."""
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        if not self._calendar.sources.is_set:
            # Nor does one that never could be read fail any more.
            busy.forget_busy()
            self._on_fine()
            await asyncio.Event().wait()
        read_at: datetime | None = None
        while True:
            self._wanted.clear()
            await self.write_due()
            now = self._clock.now()
            # A clock that was set back must not put the next reading off.
            if read_at is None or not timedelta(0) <= now - read_at < timedelta(seconds=EVERY_S):
                await self.refresh()
                read_at = now
            try:
                async with asyncio.timeout(self._rest_s(read_at)):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def refresh(self) -> bool:
        """Read the calendar now; True when it could be read."""
        if not self._calendar.sources.is_set:
            return False
        async with self._one_at_a_time:
            now = self._clock.now()
            span = Span(now - BEHIND, now + AHEAD)
            try:
                found = await self._calendar.busy_times(span, busy.own_events())
            except (TryAgain, OwnerMustAct) as error:
                self._failed(str(error), isinstance(error, OwnerMustAct))
                return False
            after = [Stretch(one.span.start, one.span.end, one.task_id) for one in found.busy]
            busy.replace_busy(after, span.start, span.end, now)
        log.info("calendar read: busy=%s unread=%s", len(after), found.unread)
        self._on_fine()
        return True

    async def write_due(self) -> None:
        """Tell the calendar what it is still to be told."""
        if not self._calendar.can_write:
            return
        for job in busy.events_due(self._clock.now()):
            await self._write(job)

    async def _write(self, job: EventJob) -> None:
        now = self._clock.now()
        if job.meeting is not None and _meeting(job).slot.end <= now:
            # It is over: nobody needs it in a calendar any more.
            busy.event_done(job)
            return
        try:
            if job.meeting is None:
                await self._calendar.delete(job.uid)
            else:
                await self._calendar.write(_meeting(job), now)
        except EventRefused as error:
            if busy.event_failed(job, str(error), None):
                self._on_refused(job.task_id, str(error))
        except (TryAgain, OwnerMustAct) as error:
            wait_s = min(FIRST_RETRY_S * 2 ** min(job.attempts, 10), LONGEST_RETRY_S)
            busy.event_failed(job, str(error), self._clock.now() + timedelta(seconds=wait_s))
            log.warning("task %s: its meeting is not in the calendar yet: %s", job.task_id, error)
            # Once, not at every try: that the calendar can be read in between ends nothing about it.
            if isinstance(error, OwnerMustAct) and job.error != str(error):
                self._on_trouble(str(error))
        else:
            busy.event_done(job)
            log.info("task %s: its meeting is in the calendar as agreed", job.task_id)

    def _failed(self, why: str, only_the_owner_can_mend: bool) -> None:
        now = self._clock.now()
        state = busy.note_failure(why, now)
        log.warning("the calendar cannot be read: %s", why)
        if only_the_owner_can_mend or (state.failing_since and now - state.failing_since >= TELL_AFTER):
            self._on_trouble(why)

    def _rest_s(self, read_at: datetime) -> float:
        now = self._clock.now()
        next_read_s = EVERY_S - (now - read_at).total_seconds()
        return max(1.0, min(next_read_s, FIRST_RETRY_S if self._calendar.can_write else EVERY_S))


def _meeting(job: EventJob) -> Meeting:
    facts = job.meeting or {}
    slot = Slot(datetime.fromisoformat(facts["start"]), datetime.fromisoformat(facts["end"]), facts["timezone"])
    return Meeting(job.uid, job.sequence, slot, facts["summary"], facts["location"])
