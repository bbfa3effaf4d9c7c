"""A bare Telethon handler that answers every private message: what the program is measured against.

Run as a process of its own: `python -m userbot.rehearsal.bench.echo SESSION PORT KEY`.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from telethon import TelegramClient, events
from telethon.crypto import rsa

from userbot.rehearsal.telegram.phone import API_HASH, API_ID, point_session_at

ANSWER = "Thank you, that helps. And what else should be known?"


async def _echo(session: Path, port: int, key: Path) -> None:
    rsa.add_key(key.read_text(), old=False)
    client = TelegramClient(str(session), API_ID, API_HASH)
    point_session_at(client.session, "127.0.0.1", port)

    @client.on(events.NewMessage(incoming=True))  # type: ignore[untyped-decorator]
    async def answer(event: Any) -> None:
        await client.send_message(await event.get_input_chat(), ANSWER)

    await client.connect()
    await client.get_me()
    print("ready", flush=True)
    await client.run_until_disconnected()


if __name__ == "__main__":
    asyncio.run(_echo(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
