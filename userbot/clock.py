"""The only place that reads the time. Everything inside is UTC; zones are put on at the edges."""

import asyncio
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall time as timezone-aware UTC datetimes. Pass it in; never call `datetime.now` elsewhere."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class LoopClock(Clock):
    """A clock that starts at `start` and moves with the running event loop's own time.

    On an ordinary loop it is a wall clock with another date; on a loop whose time jumps it jumps along, so
    that the program's dates and its sleeps agree.
    """

    def __init__(self, start: datetime, loop: asyncio.AbstractEventLoop) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be timezone-aware")
        self._loop = loop
        self._start = start.astimezone(UTC)
        self._zero = loop.time()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.time() - self._zero)
