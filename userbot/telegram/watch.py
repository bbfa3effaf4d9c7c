"""Watches over a connected client: what Telethon does not notice, or notices in silence, is mended here or ends the
connection, which is then made anew.
"""

import asyncio
import bisect
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from random import getrandbits
from typing import Any

from telethon.tl.functions import PingRequest

from userbot.clock import Clock
from userbot.errors import TelegramUnavailable, TryAgain
from userbot.store import tasks
from userbot.telegram.client import Client
from userbot.telegram.refusals import logged_out_error

log = logging.getLogger(__name__)

# How soon a connection that only looks alive is made anew: Telethon's own keepalive takes two minutes.
LOOK_EVERY_S = 30.0
PONG_S = 15.0
# A connected client's updates may have stopped all the same: ask for what was missed, and read dialogs again.
CATCH_UP_EVERY_S = 60.0
SWEEP_EVERY_S = 600.0
# Telegram makes those wait who read many dialogs in a row: in one round those that moved last are read, and of the
# others, however many there are, as many more, in turn. The first few are read at once.
SWEPT_A_ROUND = 100
# Of contacts whose tasks are all closed so many, in turn; those of the latest ones when updates were skipped.
CLOSED_SWEPT_A_ROUND = 20
SWEPT_AT_ONCE = 10
SWEEP_GAP_S = 1.0
# How often the same update may be found waiting at the head of the queue.
STUCK_LOOKS = 4


class Watch:
    """One per connection. `run` ends only by an error: TryAgain when the connection is of no more use."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        *,
        owner_id: int,
        lately: timedelta,
        sweep: Callable[[int], Awaitable[object]],
    ) -> None:
        """`lately`: for how long after its end a task still takes note of what its contact writes."""
        self._client = client
        self._clock = clock
        self._owner_id = owner_id
        self._lately = lately
        self._sweep = sweep
        # By the loop's time: a clock that is set back must not put any of it off.
        self._caught_up_s = self._sweep_s = _now_s()
        # Dialogs that Telegram wants to be left alone until then.
        self._not_before_s: dict[int, float] = {}
        self._reading: dict[int, asyncio.Lock] = {}
        self._waiting: Any = None
        self._looks = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._look()
            await self._ping()
            if _now_s() - self._caught_up_s >= CATCH_UP_EVERY_S:
                self._caught_up_s = _now_s()
                await self._client.catch_up()

    async def keep_swept(self) -> None:
        """The second net: read the dialogs themselves, now and again, for what no update and no difference brought.

        Who gets a turn is read before it (see Dispatch), so that nothing here is in a hurry, unless Telegram skipped
        updates: then every dialog with an open task is read at once, and those of tasks closed last.
        """
        turn = closed_turn = failures = 0
        skipped = self._client.has_skipped
        while True:
            people, closed = tasks.people_of_open(), tasks.people_of_closed(self._clock.now() - self._lately)
            if skipped.is_set():
                skipped.clear()
                people += closed[:SWEPT_A_ROUND]
            else:
                people, turn = _next_round(people, turn)
                others, closed_turn = _in_turn(sorted(closed), closed_turn, CLOSED_SWEPT_A_ROUND)
                people += others
            try:
                await self.sweep([self._owner_id, *people])
                failures = 0
            except TryAgain as error:
                log.warning("could not read what was missed: %s", error)
                retry_s = LOOK_EVERY_S * 2 ** min(failures, 10)
                failures += 1
                self._sweep_s = _now_s() + min(retry_s, SWEEP_EVERY_S)
            wait_s = self._sweep_s - _now_s()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(wait_s, SWEEP_GAP_S)):
                    await skipped.wait()

    async def sweep(self, peer_ids: Sequence[int]) -> None:
        """Read these dialogs. One that Telegram wants to be left alone is left for later, and the others go on.
        Raises TryAgain when Telegram cannot be asked at all."""
        self._sweep_s = _now_s() + SWEEP_EVERY_S
        for n, peer_id in enumerate(peer_ids):
            if n >= SWEPT_AT_ONCE:
                await asyncio.sleep(SWEEP_GAP_S)
            try:
                await self.read(peer_id)
            except TelegramUnavailable as error:
                if error.after_s is None:
                    raise
                self._sweep_s = min(self._sweep_s, self._not_before_s[peer_id])

    async def read(self, peer_id: int) -> None:
        """Read one dialog. Raises TelegramUnavailable, without asking, while Telegram wants it to be left alone."""
        # A round and a turn may want the same dialog at once.
        async with self._reading.setdefault(peer_id, asyncio.Lock()):
            left_s = self._not_before_s.get(peer_id, 0.0) - _now_s()
            if left_s > 0:
                raise TelegramUnavailable("this dialog is to be left alone", left_s)
            self._not_before_s.pop(peer_id, None)
            try:
                await self._sweep(peer_id)
            except TelegramUnavailable as error:
                if error.after_s is not None:
                    self._not_before_s[peer_id] = _now_s() + error.after_s
                    log.warning("the dialog with peer=%s is read in %.0f s: %s", peer_id, error.after_s, error)
                raise

    def _look(self) -> None:
        """Telethon's own workers end in silence, and one that waits for an answer without end looks alive."""
        client = self._client
        for name in ("updates", "keepalive"):
            worker: asyncio.Task[None] = getattr(client, f"_{name}_handle")
            if worker.done() and client.is_connected():
                error = None if worker.cancelled() else worker.exception()
                raise logged_out_error(error or ConnectionError()) or TryAgain(
                    f"Telethon's {name} worker ended: {type(error).__name__ if error else 'without a word'}"
                )
        waiting = next(iter(client._updates_queue._queue), None)
        self._looks = self._looks + 1 if waiting is not None and waiting is self._waiting else 0
        self._waiting = waiting
        if self._looks >= STUCK_LOOKS:
            raise TryAgain(f"updates have been waiting for {self._looks * LOOK_EVERY_S:.0f} s")

    async def _ping(self) -> None:
        """A connection that nobody closed may be dead all the same. Telethon then makes another one, and asks again
        what was not answered."""
        sender = self._client._sender
        if not sender._transport_connected():
            return
        try:
            pong = sender.send(PingRequest(getrandbits(63)))
        except ConnectionError:
            return
        # Not cancelled when it is late: Telethon would stumble over the answer.
        done, _ = await asyncio.wait([pong], timeout=PONG_S)
        if not done:
            log.warning("no answer from Telegram for %.0f s: connecting anew", PONG_S)
            sender._start_reconnect(ConnectionError("no answer to a ping"))


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _next_round(people: Sequence[int], turn: int) -> tuple[list[int], int]:
    """Whose dialogs to read in this round, of `people`, who moved last first; and the turn of the next round."""
    active, rest = people[:SWEPT_A_ROUND], sorted(people[SWEPT_A_ROUND:])
    others, turn = _in_turn(rest, turn, SWEPT_A_ROUND)
    return [*active, *others], turn


def _in_turn(people: Sequence[int], turn: int, most: int) -> tuple[list[int], int]:
    """The next of `people`, who are in order, after the one whose `turn` it was last; and whose turn it was now."""
    start = bisect.bisect_right(people, turn)
    some = list(people[start : start + most])
    return some, some[-1] if start + most < len(people) else 0
