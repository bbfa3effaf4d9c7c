"""Scheduled messages in Saved Messages, for which the owner's phone rings: asked for a little ahead, looked for after
an unknown outcome, taken off the schedule when they are no longer wanted.

A message of one's own account rings no phone; one that was scheduled does when it goes out. Telegram tells of that in
updates which it does not repeat, so what is overdue is asked for.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from telethon import TelegramClient, errors
from telethon.tl.functions.messages import (
    DeleteScheduledMessagesRequest,
    GetScheduledHistoryRequest,
)
from telethon.tl.functions.updates import GetStateRequest
from telethon.tl.types import InputPeerSelf, Message, UpdateDeleteScheduledMessages, UpdateNewScheduledMessage

from userbot.clock import Clock
from userbot.errors import TryAgain
from userbot.store import desk, ledger
from userbot.store.database import transaction
from userbot.store.ledger import Outgoing
from userbot.telegram.calls import ask, history_request

log = logging.getLogger(__name__)

# Telegram sends at once, and without ringing, what is due in less than ten seconds.
AHEAD = timedelta(seconds=12)
# When it should have gone out long ago and nobody told of it.
OVERDUE = timedelta(seconds=60)
LOOK_EVERY_S = 60.0
LOOKED_THROUGH = 100


def scheduled_id(answer: Any) -> int | None:
    """The id that the message of this answer has until it goes out; None when it was sent at once."""
    for update in getattr(answer, "updates", []):
        if isinstance(update, UpdateNewScheduledMessage):
            return int(update.message.id)
    return None


class Ringing:
    """`run` it beside the delivery; `wake` when the owner may have answered something."""

    def __init__(self, client: TelegramClient, clock: Clock, *, on_sent: Callable[[Outgoing], None]) -> None:
        self._client = client
        self._clock = clock
        self._on_sent = on_sent
        self._wake = asyncio.Event()
        # How far Telegram's clock is ahead of this computer's.
        self._apart = timedelta(0)

    async def goes_out_at(self) -> datetime:
        """When a message that is scheduled now is to go out, by Telegram's clock: by a wrong one of this computer it
        would not ring, or too late."""
        try:
            state = await ask(self._client, GetStateRequest())
            self._apart = state.date - self._clock.now()
        except (TryAgain, errors.RPCError) as error:
            log.info("Telegram's time is not known: %s", type(error).__name__)
        # It counts in whole seconds: rounded up.
        return (self._now() + AHEAD).replace(microsecond=0) + timedelta(seconds=1)

    def _now(self) -> datetime:
        return self._clock.now() + self._apart

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._take_back()
                await self._look_for_overdue()
            except (TryAgain, errors.RPCError) as error:
                log.warning("scheduled messages cannot be looked after: %s", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()

    async def _take_back(self) -> None:
        """Take off the schedule what the owner has answered meanwhile, and what has become void."""
        for row in ledger.scheduled():
            if row.scheduled_id is None or desk.is_wanted(row.id):
                continue
            request = DeleteScheduledMessagesRequest(peer=InputPeerSelf(), id=[row.scheduled_id])
            answer = await ask(self._client, request)
            # Not when it was faster: then updates tell which message it became.
            if row.scheduled_id in _deleted(answer) and ledger.drop_scheduled(row.id):
                log.info("taken back row=%s task=%s", row.id, row.task_id)

    async def _look_for_overdue(self) -> None:
        for row in ledger.scheduled():
            if row.scheduled_id is None or row.scheduled_for is None or self._now() < row.scheduled_for + OVERDUE:
                continue
            if await self.find(row) is None and ledger.drop_scheduled(row.id):
                log.warning("nobody knows of row=%s task=%s: it was taken off the schedule", row.id, row.task_id)

    async def find(self, row: Outgoing) -> Outgoing | None:
        """The row as it is now, when Telegram holds its message or has sent it; None when Telegram knows of none.

        Raises TelegramUnavailable."""
        waiting = await ask(self._client, GetScheduledHistoryRequest(peer=InputPeerSelf(), hash=0))
        for message in _alike(waiting.messages, row):
            if row.scheduled_id in (None, message.id):
                ledger.mark_scheduled(row.id, message.id)
                return ledger.get(row.id)
        latest = await ask(self._client, history_request(InputPeerSelf(), LOOKED_THROUGH))
        sent = [message for message in _alike(latest.messages, row)]
        known = ledger.by_message([message.id for message in sent])
        for message in sent:
            if message.id not in known and row.scheduled_for is not None and _may_be(message, row.scheduled_for):
                with transaction():
                    if ledger.mark_sent(row.id, message.id, self._clock.now()):
                        now_sent = ledger.get(row.id)
                        assert now_sent is not None  # noqa: S101  (rows are never deleted)
                        self._on_sent(now_sent)
                break
        found = ledger.get(row.id)
        return found if found is not None and found.state == "sent" else None


def _may_be(message: Message, due: datetime) -> bool:
    return bool(message.from_scheduled) and abs(message.date - due) <= ledger.GOES_OUT_WITHIN


def _alike(messages: Sequence[Any], row: Outgoing) -> list[Message]:
    """Those that say what this row says, spaces aside, which Telegram trims."""
    return [
        message
        for message in messages
        if isinstance(message, Message) and (message.message or "").split() == row.text.split()
    ]


def _deleted(answer: Any) -> list[int]:
    gone: list[int] = []
    for update in getattr(answer, "updates", []):
        if isinstance(update, UpdateDeleteScheduledMessages) and not update.sent_messages:
            gone += update.messages
    return gone
