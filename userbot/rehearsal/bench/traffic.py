"""Contacts who write and wait for their reply, one message on its way in each dialog."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from userbot.rehearsal.bench.processes import BenchFailed
from userbot.rehearsal.telegram import Account
from userbot.rehearsal.telegram.world import Delivery, World

PATIENCE_S = 60.0


class Traffic:
    """Takes its contacts in turn, so that nobody is written to again within the program's gap between two messages of
    one dialog: pacing costs neither side anything."""

    def __init__(self, world: World, owner: Account, contacts: Sequence[Account]) -> None:
        self._world = world
        self._owner = owner
        self._idle = deque(contacts)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._said = 0

    def note(self, delivery: Delivery) -> None:
        """A message passes by: perhaps the reply somebody waits for."""
        if delivery.sender is self._owner and (waiting := self._waiting.pop(delivery.recipient.id, None)):
            waiting.set_result(None)

    async def run(self, messages: int, at_once: int) -> list[float]:
        """Let so many messages be written, `at_once` on their way at a time; returns the seconds each reply took."""
        left = iter(range(messages))
        took: list[float] = []

        async def write() -> None:
            for _ in left:
                took.append(await self._write_one())

        await asyncio.gather(*(write() for _ in range(at_once)))
        return took

    async def _write_one(self) -> float:
        contact = self._idle.popleft()
        replied = self._waiting[contact.id] = asyncio.get_running_loop().create_future()
        self._said += 1
        started = time.perf_counter()
        self._world.send(contact, self._owner, f"Here is part {self._said} of what I know about it.")
        try:
            await asyncio.wait_for(replied, PATIENCE_S)
        except TimeoutError:
            raise BenchFailed(f"no reply to message {self._said} within {PATIENCE_S:g} s") from None
        self._idle.append(contact)
        return time.perf_counter() - started
