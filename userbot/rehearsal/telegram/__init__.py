"""A Telegram on loopback: a real MTProto server for any number of accounts and stock Telethon clients.

`server.TelegramServer` is the way in, `world.World` is what its people did, `phone` makes clients for them.
"""

from userbot.rehearsal.telegram.account import SERVICE_ACCOUNT_ID, Account
from userbot.rehearsal.telegram.handshake import ServerKey
from userbot.rehearsal.telegram.message import Message
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.server import Request, TelegramServer
from userbot.rehearsal.telegram.world import Delivery, World

__all__ = [
    "SERVICE_ACCOUNT_ID",
    "Account",
    "Delivery",
    "Message",
    "Refusal",
    "Request",
    "ServerKey",
    "TelegramServer",
    "World",
]
