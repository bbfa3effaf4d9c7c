"""The Telegram client: made as this program needs it, connected within a time limit, its errors told apart."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.crypto import AuthKey, rsa
from telethon.sessions import MemorySession, Session, SQLiteSession
from telethon.tl import functions, types

from userbot import __version__
from userbot.config import Settings
from userbot.errors import NotLoggedIn, OwnerMustAct, UserbotError
from userbot.people import Contact
from userbot.private import make_private_folder
from userbot.telegram.refusals import LOG_IN, logged_out_error, name_of, understand
from userbot.telegram.session import (
    AlreadyRunning,
    SessionLock,
    read_session,
    unusable,
    write_server,
)

__all__ = [
    "AlreadyRunning",
    "Client",
    "NotLoggedIn",
    "SessionLock",
    "connect",
    "disconnect",
    "logged_out_error",
    "make_client",
    "make_probe",
    "me",
    "name_of",
    "open_connection",
    "server_time",
    "understand",
    "until_disconnected",
    "why_disconnected",
]

log = logging.getLogger(__name__)

TELEGRAM_ITSELF = "telegram.org"
CONNECT_TIMEOUT_S = 60.0
CALL_TIMEOUT_S = 30.0
# Of any request, Telethon's own included: its update loop waits for a difference without end.
LONGEST_CALL_S = 60.0
DISCONNECT_S = 4.0
# Named in the owner's list of active sessions: truthful, and the same on every machine and after every update of
# the system, so that the entry never looks like somebody else's.
DEVICE_MODEL = "userbot"
SYSTEM_VERSION = "Python"


class Client(TelegramClient):  # type: ignore[misc]
    """Telethon's client, without those of its habits that lose messages."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Set when Telegram has skipped updates because there were too many of them: at the first connect already.
        self.has_skipped = asyncio.Event()
        # Set when an update could not be stored: from then on the update state in the session file stays as it is,
        # so that the next connection is told of that update again.
        self.keeps_update_state = True
        # How often the connection was made anew: what was under way then was sent once more, by Telethon itself.
        self.reconnects = 0

    async def __call__(self, request: Any, *arguments: Any, **options: Any) -> Any:
        async with asyncio.timeout(LONGEST_CALL_S):
            answer = await super().__call__(request, *arguments, **options)
        match answer:
            case types.updates.DifferenceTooLong():
                log.warning("Telegram skipped updates, too many were missed")
                self.has_skipped.set()
            case types.updates.Difference() | types.updates.DifferenceSlice():
                _let_through(answer.other_updates)
        return answer

    async def _handle_auto_reconnect(self) -> None:
        self.reconnects += 1
        # Telethon only makes itself known; what came meanwhile would wait for the next update.
        await self.catch_up()

    async def _save_states_and_entities(self) -> None:
        if self.keeps_update_state:
            await super()._save_states_and_entities()


def _let_through(updates: list[Any]) -> None:
    """Telethon moves its state to the end of a difference and then takes edits and deletions in it for old ones. What
    has no pts it passes on as it is."""
    for update in updates:
        if isinstance(update, types.UpdateEditMessage | types.UpdateDeleteMessages):
            update.pts = 0


def make_client(settings: Settings) -> Client:
    """A client on the session file, not connected yet. Hold the SessionLock as long as it lives.

    Raises OwnerMustAct when the file is damaged, in use, or holds a login for another server than TELEGRAM_SERVER.
    """
    return _make(settings, _open_session(settings), receive_updates=True)


def make_probe(settings: Settings) -> Client:
    """A client that only looks: on a copy of the session in memory, and without updates, so that nothing in the
    file changes and no update counts as seen. Hold the SessionLock. Raises NotLoggedIn when there is no login."""
    _check_server(settings)
    facts = read_session(settings.session_path)
    if facts is None or not facts.is_logged_in:
        raise NotLoggedIn(f"not logged in: {LOG_IN}")
    session = MemorySession()
    with _session_errors(settings.session_path):
        file = SQLiteSession(str(settings.session_path))
        session.set_dc(file.dc_id, file.server_address, file.port)
        session.auth_key = AuthKey(data=file.auth_key.key)
        file.close()
    return _make(settings, session, receive_updates=False)


def _make(settings: Settings, session: Session, *, receive_updates: bool) -> Client:
    if settings.telegram_server_key is not None:
        try:
            rsa.add_key(settings.telegram_server_key, old=False)
        except Exception as error:
            raise OwnerMustAct(f"TELEGRAM_SERVER_KEY holds no RSA key that can be read: {error}") from error
    return Client(
        session,
        settings.api_id,
        settings.api_hash,
        # Telethon forgets the session's address when this does not fit it.
        use_ipv6=":" in (session.server_address or ""),
        timeout=10,
        # One more try is what moving to the account's own data centre takes at login. Whatever else fails is tried
        # again from rows that outlive a crash.
        request_retries=1,
        raise_last_call_error=True,
        # It sleeps inside the call, and counts a wait for one contact against all of them.
        flood_sleep_threshold=0,
        connection_retries=3,
        retry_delay=1,
        auto_reconnect=True,
        # Handlers do one insert and no more, and dialogs are to be read in order.
        sequential_updates=True,
        # Without it whatever came while the program was off is lost.
        catch_up=receive_updates,
        receive_updates=receive_updates,
        device_model=DEVICE_MODEL,
        system_version=SYSTEM_VERSION,
        app_version=__version__,
        lang_code="en",
        system_lang_code="en",
        entity_cache_limit=5000,
    )


def _open_session(settings: Settings) -> Session:
    path = settings.session_path
    server = _server_name(settings)
    make_private_folder(path.parent)
    _check_server(settings)
    facts = read_session(path)
    if facts is not None and not facts.is_logged_in and facts.server != server:
        # The beginnings of a login elsewhere: nothing to keep.
        path.unlink()
    write_server(path, server)
    with _session_errors(path):
        session = SQLiteSession(str(path))
        # An address that the server itself has moved the account to stays as it is, and so does the key for it.
        if settings.telegram_server is not None and not session.server_address:
            session.set_dc(settings.telegram_dc, settings.telegram_server.host, settings.telegram_server.port)
        session.save()
    return session


def _check_server(settings: Settings) -> None:
    """A login for another server is kept and said to be one: connecting elsewhere with it would be of no use."""
    facts = read_session(settings.session_path)
    if facts is None or not facts.is_logged_in:
        return
    wanted = _server_name(settings)
    # In a session file from elsewhere no server is written down; its address tells enough.
    known = facts.server or (facts.address if settings.telegram_server else None) or wanted
    if known != wanted:
        raise OwnerMustAct(
            f"the login in {settings.session_path} is for {known}, and TELEGRAM_SERVER now means {wanted}: "
            "set it back, or use another USERBOT_HOME, or move the file away and run `userbot login`"
        )


def _server_name(settings: Settings) -> str:
    return str(settings.telegram_server) if settings.telegram_server else TELEGRAM_ITSELF


@contextmanager
def _session_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, TypeError, ValueError) as error:
        raise unusable(path, error) from error


async def connect(client: TelegramClient, timeout_s: float = CONNECT_TIMEOUT_S) -> Contact:
    """Connect, and make sure that Telegram takes the login; returns the owner.

    Raises NotLoggedIn, TryAgain or another of our errors, and leaves the client disconnected then.
    """
    await open_connection(client, timeout_s)
    try:
        return await me(client)
    except BaseException:
        await _give_up(client)
        raise


async def open_connection(client: TelegramClient, timeout_s: float = CONNECT_TIMEOUT_S) -> None:
    """Connect, logged in or not. Raises TryAgain when Telegram cannot be reached, or does not answer in time."""
    try:
        # Telethon bounds the making of the connection, but not the first request on it.
        async with asyncio.timeout(timeout_s):
            await client.connect()
    except Exception as error:
        await _give_up(client)
        raise understand(error) from error
    except BaseException:
        await _give_up(client)
        raise


async def me(client: TelegramClient, timeout_s: float = CALL_TIMEOUT_S) -> Contact:
    """The account's owner. Raises NotLoggedIn, TryAgain or another of our errors."""
    try:
        async with asyncio.timeout(timeout_s):
            # Not get_me() or is_user_authorized(): they take every refusal for "not logged in".
            (user,) = await client(functions.users.GetUsersRequest([types.InputUserSelf()]))
    except Exception as error:
        raise understand(error) from error
    return Contact(user.id, user.access_hash or 0, user.first_name or "", user.last_name, user.username, user.phone)


async def _give_up(client: TelegramClient) -> None:
    with contextlib.suppress(Exception):
        await client.disconnect()


async def disconnect(client: TelegramClient) -> None:
    """For good, within DISCONNECT_S, whatever state the connection and the disk are in. What goes wrong is only logged:
    the next start asks Telegram for whatever the session file then lacks."""
    try:
        async with asyncio.timeout(DISCONNECT_S):
            await client.disconnect()
    except Exception as error:
        log.warning("the connection was not closed in good order: %s: %s", type(error).__name__, error)
        # Open still, it would keep the file locked.
        with contextlib.suppress(Exception):
            client.session.close()
        connection = getattr(client.session, "_conn", None)
        if connection is not None:
            connection.close()


def why_disconnected(client: TelegramClient, error: BaseException | None) -> UserbotError:
    """Why the client stopped, given what `client.disconnected` or `run_until_disconnected()` ended with.

    A revoked session may show there as a plain ConnectionError; what ended Telethon's update loop knows better.
    """
    ended_by: Any = getattr(client, "_updates_error", None)
    for reason in (ended_by, error):
        if reason is not None and (logged_out := logged_out_error(reason)):
            return logged_out
    return understand(error or ended_by or ConnectionError("the connection was closed"))


async def until_disconnected(client: TelegramClient) -> None:
    """Ends only by an error, one of ours, that says why there is no connection any more."""
    try:
        await client.disconnected
    except Exception as error:
        raise why_disconnected(client, error) from error
    raise why_disconnected(client, None)


async def server_time(client: TelegramClient) -> datetime:
    """What time it is at Telegram. Raises TryAgain or another of our errors."""
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            config = await client(functions.help.GetConfigRequest())
    except Exception as error:
        raise understand(error) from error
    date: datetime = config.date
    return date
