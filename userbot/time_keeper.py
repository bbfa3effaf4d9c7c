"""What the passing of time brings about: reminders, drafts nobody answered, the digest; and a clock that jumps.

Sleeps count the loop's time and rows are dated by the clock: when the two part, what waits is put right.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from userbot.clock import Clock
from userbot.config import Settings
from userbot.conversation import approvals, silent, takeovers
from userbot.saved_messages import asked_again, digest
from userbot.saved_messages.cards import Desk
from userbot.store import instants

log = logging.getLogger(__name__)

CLOCK_EVERY_S = 30.0
# More than clocks are ever nudged by between two looks.
CLOCK_JUMP_S = 5.0
# A clock that has just been set may be set again: so long it gives up no task and reminds nobody.
STEADY_S = 600.0


class TimeKeeper:
    """Looks every half minute. `on_woken`: there is something to do with this contact. `on_change`: something was
    decided that others are to carry out. `on_looked`: cards may read otherwise. `on_tick`: every time."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        desk: Callable[[], Desk],
        on_jump: Callable[[], None],
        on_woken: Callable[[int], None],
        on_change: Callable[[], None],
        on_looked: Callable[[], None],
        on_tick: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._desk = desk
        self._on_jump = on_jump
        self._on_woken = on_woken
        self._on_change = on_change
        self._on_looked = on_looked
        self._on_tick = on_tick

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        then, then_s = self._clock.now(), loop.time()
        steady_from_s = then_s
        while True:
            await asyncio.sleep(CLOCK_EVERY_S)
            now, now_s = self._clock.now(), loop.time()
            if mind_the_clock(now, (now - then).total_seconds() - (now_s - then_s)):
                self._on_jump()
                steady_from_s = now_s + STEADY_S
            then, then_s = now, now_s
            self._end_takeovers(now)
            self._expire_drafts(now)
            if digest.look(self._desk(), self._settings.digest_at, now):
                self._on_change()
            if now_s >= steady_from_s:
                if asked_again.look(self._desk(), now):
                    self._on_change()
                self._follow_up(now)
            self._on_tick()

    def _end_takeovers(self, now: datetime) -> None:
        hours = self._settings.resume_after_hours
        if hours:
            for peer_id in takeovers.end_takeovers(now, timedelta(hours=hours)):
                self._on_woken(peer_id)
                self._on_change()

    def _expire_drafts(self, now: datetime) -> None:
        hours = self._settings.approval_hours
        if hours and approvals.expire(now, timedelta(hours=hours)):
            self._on_change()

    def _follow_up(self, now: datetime) -> None:
        """Silent contacts are reminded, and tasks given up when that does not help or their time has run out."""
        for peer_id in silent.follow_up(self._settings.reminding, self._settings.owner_timezone, now):
            self._on_woken(peer_id)
        self._on_looked()


def mind_the_clock(now: datetime, jumped_s: float) -> bool:
    """The clock says `now`, which is `jumped_s` more than time has passed. True when that made a difference."""
    # Forward and back between two looks, or while the program was off, shows in the rows only.
    back_s = max(-jumped_s, instants.ahead_of(now).total_seconds())
    if max(jumped_s, back_s) <= CLOCK_JUMP_S:
        return False
    if back_s > CLOCK_JUMP_S:
        log.warning("this computer's clock was set back by %.0f s", back_s)
        instants.clock_was_set_back(now, timedelta(seconds=back_s))
    else:
        log.warning("this computer's clock was set forward by %.0f s, or the computer slept", jumped_s)
    return True
