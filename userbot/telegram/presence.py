"""What a contact sees of us beside messages: that an answer is being typed, and, if the owner wants it so, that theirs
was read. Hints only: whatever Telegram says to them, nothing waits for it and nothing is tried again."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from telethon import TelegramClient
from telethon.tl.functions.messages import ReadHistoryRequest, SetTypingRequest
from telethon.tl.types import InputPeerUser, SendMessageCancelAction, SendMessageTypingAction

from userbot.clock import Clock
from userbot.errors import MachineFails
from userbot.store import ledger, peers
from userbot.telegram.calls import LIMITED_S, call
from userbot.telegram.refusals import Kind, classify

log = logging.getLogger(__name__)

# A contact's client forgets that we type after six seconds.
RENEWED_EVERY = timedelta(seconds=5)
LOOK_EVERY_S = 10.0
# An answer that comes later is not worth having.
ANSWER_S = 5.0
# The request whose moment has passed is not made up for: this is only what a failing network is spared.
AFTER_FAILURE_S = 30.0


class Presence:
    """Shows typing to whomever `typed_to(now)` names, until it does not.

    `is_taken_back(peer_id, since)`: is what was shown since then to be taken back, since no message came of it?
    """

    def __init__(
        self,
        client: TelegramClient,
        clock: Clock,
        *,
        typed_to: Callable[[datetime], set[int]],
        is_taken_back: Callable[[int, datetime], bool],
    ) -> None:
        self._client = client
        self._clock = clock
        self._typed_to = typed_to
        self._is_taken_back = is_taken_back
        self._wake = asyncio.Event()
        # Since when typing is shown to them, and when it was last.
        self._since: dict[int, datetime] = {}
        self._shown_at: dict[int, datetime] = {}
        self._not_before: datetime | None = None
        self._to_read: dict[int, int] = {}

    def wake(self) -> None:
        """Somebody may be typed to who was not, or no more."""
        self._wake.set()

    def read(self, peer_id: int, up_to: int) -> None:
        """Mark this dialog as read up to that message, soon."""
        self._to_read[peer_id] = max(up_to, self._to_read.get(peer_id, 0))
        self.wake()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            await self._show()
            await self._mark_read()
            wait_s = RENEWED_EVERY.total_seconds() if self._since else LOOK_EVERY_S if ledger.peers_due() else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()

    async def _show(self) -> None:
        wanted = self._typed_to(self._clock.now())
        for peer_id in sorted(self._since.keys() - wanted):
            since = self._since.pop(peer_id)
            del self._shown_at[peer_id]
            if self._is_taken_back(peer_id, since):
                await self._ask(peer_id, functools.partial(SetTypingRequest, action=SendMessageCancelAction()))
                wanted = self._typed_to(self._clock.now())
        for peer_id in sorted(wanted):
            now = self._clock.now()
            if peer_id in self._shown_at and now - self._shown_at[peer_id] < RENEWED_EVERY:
                continue
            # While others were shown it, the answer may have gone: typing after it would announce another.
            if peer_id not in wanted:
                continue
            self._since.setdefault(peer_id, now)
            self._shown_at[peer_id] = now
            await self._ask(peer_id, functools.partial(SetTypingRequest, action=SendMessageTypingAction()))
            wanted = self._typed_to(self._clock.now())

    async def _mark_read(self) -> None:
        while self._to_read:
            peer_id, up_to = self._to_read.popitem()
            await self._ask(peer_id, functools.partial(ReadHistoryRequest, max_id=up_to))

    async def _ask(self, peer_id: int, request: Callable[[InputPeerUser], Any]) -> None:
        contact = peers.contact(peer_id)
        now = self._clock.now()
        if contact is None or (self._not_before is not None and now < self._not_before):
            return
        try:
            await call(self._client, request(InputPeerUser(contact.user_id, contact.access_hash)), ANSWER_S)
        except MachineFails:
            raise
        except Exception as error:
            refusal = classify(error)
            log.info("not shown to peer=%s: %s", peer_id, refusal.name)
            if refusal.kind is Kind.WAIT:
                self._not_before = now + timedelta(seconds=refusal.seconds)
            elif refusal.kind is Kind.ACCOUNT:
                self._not_before = now + timedelta(seconds=LIMITED_S)
            elif refusal.kind is Kind.UNKNOWN:
                self._not_before = now + timedelta(seconds=AFTER_FAILURE_S)
