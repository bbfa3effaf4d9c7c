"""Stock Telethon clients pointed at the server on loopback: contacts' phones, and the owner's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from telethon import TelegramClient, errors
from telethon.crypto import rsa
from telethon.sessions import MemorySession, Session, SQLiteSession

from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.methods.settings import THIS_DC
from userbot.rehearsal.telegram.server import HOST, TelegramServer

# Loopback asks for no application of one's own.
API_ID = 1
API_HASH = "loopback"


def point_session_at(session: Session, host: str, port: int) -> None:
    """Telethon forgets the authorisation key with the address, even where only the port is new."""
    if session.server_address == host and session.port == port:
        return
    auth_key = session.auth_key
    session.set_dc(THIS_DC, host, port)
    session.auth_key = auth_key


def make_client(server: TelegramServer, session: Session | Path | str | None = None, **options: Any) -> TelegramClient:
    """Not connected yet. Without a session (or a path to one) it forgets everything when it is gone.

    `options` go to TelegramClient as they are. The server's key is made known to the whole process.
    """
    rsa.add_key(server.public_key_pem, old=False)
    return TelegramClient(_session_at(server, session), API_ID, API_HASH, **options)


def _session_at(server: TelegramServer, session: Session | Path | str | None) -> Session:
    if session is None:
        session = MemorySession()
    elif isinstance(session, Path | str):
        # It holds a key to the account: as a login makes it.
        Path(session).touch(0o600)
        session = SQLiteSession(str(session))
    point_session_at(session, HOST, server.port)
    return session


async def connect_client(
    server: TelegramServer, session: Session | Path | str | None = None, **options: Any
) -> TelegramClient:
    """The caller disconnects it."""
    client = make_client(server, session, **options)
    await client.connect()
    return client


async def sign_in(client: TelegramClient, account: Account, server: TelegramServer) -> None:
    """With the code, and with the password where the account has one."""
    await client.send_code_request(account.phone)
    try:
        await client.sign_in(account.phone, server.last_code(account.phone))
    except errors.SessionPasswordNeededError:
        await client.sign_in(password=account.password)


@asynccontextmanager
async def phone_of(
    server: TelegramServer, account: Account, session: Session | Path | str | None = None, **options: Any
) -> AsyncIterator[TelegramClient]:
    """A connected client of the account, logged in long ago unless its session says otherwise.

    It skips the key exchange and the code, which cost more than most tests; `sign_in` does them for real.
    """
    known_session = _session_at(server, session)
    if not known_session.auth_key:
        known_session.auth_key = server.issue_auth_key(account)
    client = make_client(server, known_session, **options)
    try:
        await client.connect()
        yield client
    finally:
        await client.disconnect()
