"""Messages that go out later: kept apart from the box, under ids of their own, until their time comes."""

import asyncio

from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.changes import ScheduledMessagesGone
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.world import World

# Telegram sends at once what is due sooner.
SOONEST_S = 10


class Scheduling:
    def __init__(self, world: World) -> None:
        self._world = world
        self._timers: dict[tuple[int, int], asyncio.TimerHandle] = {}

    def set_timer(self, account: Account, scheduled_id: int) -> None:
        due = account.scheduled[scheduled_id].message.date
        delay_s = max(0.0, (due - self._world.clock.now()).total_seconds())
        self._timers[account.id, scheduled_id] = asyncio.get_running_loop().call_later(
            delay_s, self.send_now, account, scheduled_id
        )

    def send_now(self, account: Account, scheduled_id: int) -> None:
        self._forget_timer(account, scheduled_id)
        waiting = account.scheduled.pop(scheduled_id, None)
        if waiting is None:
            return
        message = waiting.message
        peer_id, random_id = message.peer_id, waiting.random_id
        try:
            # The random_id is not passed on: no UpdateMessageID tells which message this one has become.
            sent = self._world.send(
                account,
                self._world.accounts[message.peer_id],
                message.text,
                entities=message.entities,
                media=message.media,
                reply_to=message.reply_to,
                silent=message.silent,
                from_scheduled=True,
            )
        except Refusal:
            gone = ScheduledMessagesGone(message.peer_id, (scheduled_id,))
        else:
            if random_id is not None:
                account.box.sent_by_random_id[peer_id, random_id] = sent.id
            gone = ScheduledMessagesGone(message.peer_id, (scheduled_id,), (sent.id,))
        self._world.announce(account, gone)

    def delete(self, account: Account, scheduled_id: int) -> bool:
        self._forget_timer(account, scheduled_id)
        return account.scheduled.pop(scheduled_id, None) is not None

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _forget_timer(self, account: Account, scheduled_id: int) -> None:
        if timer := self._timers.pop((account.id, scheduled_id), None):
            timer.cancel()
