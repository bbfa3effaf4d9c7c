"""What a client's event handlers were given, in order, for tests to wait on."""

import asyncio
from typing import Any

from telethon import TelegramClient


class Inbox:
    """Collects the events of one kind from one client."""

    def __init__(self, client: TelegramClient, event_builder: Any) -> None:
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        client.add_event_handler(self._take, event_builder)

    async def _take(self, event: Any) -> None:
        self._events.put_nowait(event)

    async def next(self, timeout_s: float = 5) -> Any:
        return await asyncio.wait_for(self._events.get(), timeout_s)

    async def stays_empty(self, for_s: float = 5) -> bool:
        """Nothing more comes within that (jumping) time."""
        await asyncio.sleep(for_s)
        return self._events.empty()
