"""Keeps what the owner sees current: posts and edits cards as their tasks move, no message more often than Telegram
and a reader like it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from userbot.clock import Clock
from userbot.errors import TryAgain
from userbot.saved_messages import cards
from userbot.saved_messages.cards import Edit
from userbot.store import tasks
from userbot.telegram.delivery import Delivery
from userbot.waiting import either

CARDS_EVERY_S = 60.0
# What changes shortly after one another is one edit: Telegram counts them.
GATHER_S = 0.5
# No message of ours is edited more often than this; what else changes meanwhile is shown with the next edit.
EDIT_GAP = timedelta(seconds=2)
# Telegram tells again every few seconds that somebody is typing.
TYPING_SHOWN_S = 8.0
# After a start the cards of so many tasks are looked at, those that changed last.
LOOKED_AT_FIRST = 200
FIRST_EDIT_RETRY_S, LONGEST_EDIT_RETRY_S = 5.0, 300.0


class CardKeeper:
    """What is to be looked at again, until when contacts type, and what was edited a moment ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wanted = asyncio.Event()
        # Until when cards say that a contact is typing.
        self._typing_until_s: dict[int, float] = {}
        # When each message was last edited, and whose card it is.
        self._edited_at: dict[int, datetime] = {}
        self._card_of: dict[int, int] = {}
        # Since when something has changed that no edit shows yet.
        self._changed_s: float | None = None
        # Tasks whose cards may read otherwise, of what is no row. A crash forgets it: the next change shows it too.
        self._stepped: set[int] = set()
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def wake(self) -> None:
        """Something changed that the owner sees."""
        if self._changed_s is None:
            self._changed_s = _now_s()
        self._wanted.set()

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    def is_typing(self, peer_id: int) -> bool:
        return _now_s() < self._typing_until_s.get(peer_id, 0.0)

    def show_typing(self, peer_id: int) -> None:
        """One edit for as long as they type, and one when they have stopped."""
        begins = not self.is_typing(peer_id)
        self._typing_until_s[peer_id] = _now_s() + TYPING_SHOWN_S
        if begins:
            self.step(peer_id)
            self._look_whether_typing_ended(peer_id)

    def _look_whether_typing_ended(self, peer_id: int) -> None:
        left_s = self._typing_until_s[peer_id] - _now_s()
        if left_s > 0:
            loop = asyncio.get_running_loop()
            self._timers[peer_id] = loop.call_later(left_s, self._look_whether_typing_ended, peer_id)
        else:
            self.step(peer_id)

    def step(self, peer_id: int) -> None:
        """Something small happened between us and this contact: their cards may read otherwise now."""
        for task in tasks.open_with(peer_id):
            self._stepped.add(task.id)
            self.wake()

    async def run(self, desk: Callable[[], cards.Desk], delivery: Delivery) -> None:
        """Post and edit what the owner sees, as it changes; now and then in any case. When Telegram takes no edits,
        answers still are posted meanwhile."""
        # What stood on them when the program ended ("typing", say) need not be true any more.
        self._stepped |= {task.id for task in tasks.latest(LOOKED_AT_FIRST) if task.status in tasks.OPEN}
        failures, edits_from_s = 0, _now_s()
        failed: set[int] = set()
        while True:
            self._wanted.clear()
            resting = self._resting()
            gathers_s = self._gathers_s()
            edits = cards.refresh(desk(), self._clock.now(), self._rests, self._stepped)
            if gathers_s <= 0:
                kept = {edit.card_of for edit in edits} | {self._card_of[message_id] for message_id in resting}
                self._stepped &= kept
            delivery.wake()
            # One that always fails keeps the others waiting once only.
            edits.sort(key=lambda edit: edit.message_id in failed)
            for edit in edits if _now_s() >= edits_from_s else ():
                if edit.message_id in resting:
                    continue
                self._stepped.discard(edit.card_of)
                try:
                    if await self._carry_out(edit, delivery):
                        cards.mark_shown(edit)
                    else:
                        cards.mark_gone(edit)
                        self._wanted.set()
                    failures = 0
                    failed.discard(edit.message_id)
                except TryAgain as error:
                    self._stepped.add(edit.card_of)
                    retry_s = min(FIRST_EDIT_RETRY_S * 2 ** min(failures, 10), LONGEST_EDIT_RETRY_S)
                    failures += 1
                    failed.add(edit.message_id)
                    edits_from_s = _now_s() + max(error.after_s or 0, retry_s)
                    break
            wait_s = min(CARDS_EVERY_S, max(0.0, edits_from_s - _now_s()) or CARDS_EVERY_S)
            rests_s = min(resting.values(), default=CARDS_EVERY_S)
            await either(self._wanted.wait(), asyncio.sleep(min(wait_s, rests_s, gathers_s or CARDS_EVERY_S)))

    def _rests(self, message_id: int) -> bool:
        return self._changed_s is not None or message_id in self._edited_at

    def _gathers_s(self) -> float:
        """For how many seconds cards wait yet for what else changes; 0 when they are to be edited now."""
        if self._changed_s is None:
            return 0.0
        left_s = self._changed_s + GATHER_S - _now_s()
        if left_s <= 0:
            self._changed_s = None
        return max(0.0, left_s)

    def _resting(self) -> dict[int, float]:
        """Messages that were edited a moment ago, and for how many seconds they wait for what else changes."""
        now = self._clock.now()
        self._edited_at = {known: at for known, at in self._edited_at.items() if timedelta(0) <= now - at < EDIT_GAP}
        self._card_of = {known: self._card_of[known] for known in self._edited_at}
        return {known: (at + EDIT_GAP - now).total_seconds() for known, at in self._edited_at.items()}

    async def _carry_out(self, edit: Edit, delivery: Delivery) -> bool:
        self._edited_at[edit.message_id] = self._clock.now()
        self._card_of[edit.message_id] = edit.card_of
        if not edit.text:
            return await delivery.own.delete(edit.message_id)
        return await delivery.own.edit(edit.message_id, edit.text, edit.entities)


def _now_s() -> float:
    """What waits here waits by the loop's time: a clock that is set back puts nothing off."""
    return asyncio.get_running_loop().time()
