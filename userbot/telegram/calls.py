"""Requests to Telegram, each bounded in time: what is queued while reconnecting fails would otherwise hang for ever."""

import asyncio
import sqlite3
from typing import Any

from telethon import TelegramClient
from telethon.tl import TLRequest
from telethon.tl.functions.messages import GetHistoryRequest
from telethon.tl.types import TypeInputPeer

from userbot.errors import MachineFails, TelegramUnavailable
from userbot.telegram.refusals import Kind, classify, understand

TIMEOUT_S = 30.0
# A limited account stays limited for hours.
LIMITED_S = 3600.0


async def call(client: TelegramClient, request: TLRequest, timeout_s: float = TIMEOUT_S) -> Any:
    """Telegram's answer. Raises what Telethon raises, TimeoutError, ConnectionError, or MachineFails.

    Telethon remembers a flood wait by the request's type and then refuses every such request on its own, also to
    people who have nothing to do with it. Waiting is scheduled per row by the ledger, so that memory is cleared.
    """
    client._flood_waited_requests.pop(request.CONSTRUCTOR_ID, None)
    try:
        async with asyncio.timeout(timeout_s):
            return await client(request)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # Nobody cancelled us: Telethon does so to what is pending when it closes the connection by itself.
        raise ConnectionError("the connection was closed before Telegram answered") from None
    except sqlite3.Error as error:
        # Telethon notes whom an answer names before it hands the answer over.
        raise MachineFails(f"the session file cannot be used: {error}") from error
    finally:
        client._flood_waited_requests.pop(request.CONSTRUCTOR_ID, None)


def history_request(peer: TypeInputPeer, limit: int, *, offset_id: int = 0, min_id: int = 0) -> GetHistoryRequest:
    """The request for a dialog's last messages, newest first: those below `offset_id`, where it is given, and above
    `min_id`."""
    return GetHistoryRequest(
        peer=peer,
        offset_id=offset_id,
        offset_date=None,
        add_offset=0,
        limit=limit,
        max_id=0,
        min_id=min_id,
        hash=0,
    )


async def ask(client: TelegramClient, request: TLRequest) -> Any:
    """Like `call` for reading: trouble that passes becomes TelegramUnavailable, a lost login NotLoggedIn.

    Clear refusals of Telegram's (an unknown username) stay what they are.
    """
    try:
        return await call(client, request)
    except MachineFails:
        raise
    except Exception as error:
        refusal = classify(error)
        if refusal.kind is Kind.WAIT:
            raise TelegramUnavailable(f"Telegram asks to wait: {refusal.name}", after_s=refusal.seconds) from error
        if refusal.kind is Kind.ACCOUNT:
            raise TelegramUnavailable(f"Telegram limits this account: {refusal.name}", LIMITED_S) from error
        if refusal.kind is Kind.UNKNOWN:
            raise TelegramUnavailable(f"Telegram cannot be asked now: {refusal.name}") from error
        if refusal.kind is Kind.LOGGED_OUT:
            raise understand(error) from error
        raise
