"""A message that may have gone out and that nobody wants any more: looked for in its dialog, rather than sent again.

A stop comes while Telegram is out of reach, say, and a try of before it is still open. Only `delivery` calls this.
"""

from typing import Any

from telethon import TelegramClient
from telethon.tl.types import Message

from userbot.store import ledger
from userbot.store.ledger import Outgoing
from userbot.telegram.calls import ask, history_request

LOOKED_THROUGH = 100


async def find_sent(client: TelegramClient, peer: Any, row: Outgoing) -> int | None:
    """The id under which the row's message stands in its dialog; None when it does not, and so was not sent.

    Where it appears after that, its random_id tells whose it is. Raises TelegramUnavailable, or Telegram's refusal to
    show the dialog.
    """
    answer = await ask(client, history_request(peer, LOOKED_THROUGH))
    alike = [
        message.id
        for message in answer.messages
        if isinstance(message, Message)
        and message.out
        # Telegram trims spaces. Clocks differ.
        and (message.message or "").split() == row.text.split()
        and message.date >= row.created_at - ledger.GOES_OUT_WITHIN
    ]
    known = ledger.by_message(alike)
    return next((message_id for message_id in reversed(alike) if message_id not in known), None)
