"""A Telegram on loopback that stock Telethon clients talk to over TCP.

Requests come in from connections, are matched against the faults on demand, executed by the methods on the
world, and answered; what changes in the world is pushed to the accounts' connected devices.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from telethon.crypto import AuthKey

from userbot.clock import Clock
from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.connection import Connection, refusal_as_tl
from userbot.rehearsal.telegram.faults import Fate, Faults, Rule
from userbot.rehearsal.telegram.files import Files
from userbot.rehearsal.telegram.handshake import ServerKey
from userbot.rehearsal.telegram.logins import Logins, Session
from userbot.rehearsal.telegram.methods import METHODS, Call, known_method_names
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.render import render_change
from userbot.rehearsal.telegram.scheduling import Scheduling
from userbot.rehearsal.telegram.wire import TL, method_name
from userbot.rehearsal.telegram.world import Change, World

HOST = "127.0.0.1"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What really reached Telegram. `request` is Telethon's TL object, `at_s` the loop's time, `at` the world's."""

    account_id: int | None
    method: str
    request: Any
    at_s: float
    session: Session
    at: datetime


class TelegramServer:
    """Start it, sign clients in with `phone.py`, and look at `world` and `requests` to see what they did."""

    def __init__(self, world: World | None = None, *, clock: Clock | None = None, key: ServerKey | None = None) -> None:
        self.world = world or World(clock)
        self.key = key or ServerKey.of_this_process()
        self.logins = Logins(self.world)
        self.faults = Faults(known_method_names)
        self.requests: list[Request] = []
        self.unimplemented: list[str] = []
        # At most so many changes in one answer to updates.GetDifference.
        self.difference_limit = 100
        self.salt = secrets.randbits(62)
        self.auth_keys: dict[int, AuthKey] = {}
        self.port = 0
        self.files = Files()
        self.scheduling = Scheduling(self.world)
        self._listener: asyncio.Server | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._late_calls: set[asyncio.Task[None]] = set()
        self._random_ids_at_work: set[tuple[int, int]] = set()
        self._held_updates: dict[int, list[tuple[TL, object | None]]] = {}
        self.world.on_change.append(self._push)

    @property
    def public_key_pem(self) -> str:
        """For telethon.crypto.rsa.add_key(pem, old=False)."""
        return self.key.public_pem

    # Start and stop

    async def start(self, port: int = 0) -> Self:
        """Listen on loopback; port 0 takes any free one."""
        self._listener = await asyncio.start_server(self._accept, HOST, port or self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """For good: whoever is connected is dropped, and nothing is left running."""
        self.scheduling.stop()
        self.refuse_connections()
        self.drop_connections()
        tasks = [*self._connections.values(), *self._late_calls]
        for task in self._late_calls:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(ValueError):
            self.world.on_change.remove(self._push)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def refuse_connections(self) -> None:
        """New ones fail with "connection refused"; those that exist go on."""
        if self._listener is not None:
            # Not waited for: from Python 3.12 on that would wait for the connections too.
            self._listener.close()
            self._listener = None

    async def accept_connections(self) -> None:
        """Again, on the same port."""
        if self._listener is None:
            await self.start()

    def drop_connections(self, account: Account | None = None) -> None:
        """An account's, or everybody's."""
        for connection in list(self._connections):
            if account is None or (connection.session and connection.session.account is account):
                connection.close()

    def silence_connections(self, account: Account) -> None:
        """The account's connections become half-open, as when a router forgets them; new ones work."""
        for connection in list(self._connections):
            if connection.session and connection.session.account is account:
                connection.fall_silent()

    # Looking in and taking a hand

    def last_code(self, phone: str) -> str:
        return self.logins.last_code(phone)

    def sessions(self, account: Account) -> list[Session]:
        """Where the account is logged in, the oldest first."""
        return self.logins.sessions_of(account)

    def issue_auth_key(self, account: Account) -> AuthKey:
        """The key of a session that has long been logged in, without the exchange and the login code."""
        auth_key = AuthKey(secrets.token_bytes(256))
        self.auth_keys[auth_key.key_id] = auth_key
        self.logins.authorise(self.session_of_key(auth_key.key_id), account)
        return auth_key

    def revoke(self, session: Session) -> None:
        """As when the owner ends a session on another device."""
        self.logins.revoke(session)

    def hold_updates(self, account: Account) -> None:
        """Push nothing to the account's devices until `release_updates`. The difference still tells all."""
        self._held_updates.setdefault(account.id, [])

    def release_updates(self, account: Account, arrange: Callable[[list[Any]], list[Any]] | None = None) -> None:
        """What was held goes out in its order, or as `arrange` gives it back: shuffled, doubled, some lost for good."""
        held = self._held_updates.pop(account.id, [])
        for updates, by in held if arrange is None else arrange(held):
            self._push_to_devices(account, updates, by)

    def push(self, account: Account, updates: TL) -> None:
        """Push updates as they are to the account's devices: of groups and channels, short ones, one again."""
        self._push_to_devices(account, updates, None)

    def requests_of(self, account: Account, method: str | None = None) -> list[Any]:
        """The account's TL requests so far, of one method or of all."""
        return [
            r.request for r in self.requests if r.account_id == account.id and (method is None or r.method == method)
        ]

    # Connections

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        task = asyncio.create_task(connection.run())
        self._connections[connection] = task
        task.add_done_callback(lambda _: self._connections.pop(connection, None))

    def session_of_key(self, key_id: int) -> Session:
        return self.logins.session_of_key(key_id)

    def end_duplicated(self, session: Session) -> None:
        self.logins.end_duplicated(session)

    def connections_of(self, session: Session) -> Iterator[Connection]:
        return (c for c in list(self._connections) if c.session is session)

    # Requests

    def execute(self, connection: Connection, message_id: int, request: TL) -> None:
        """Take one remote call off a connection. Answers keep the order of requests, but for late ones."""
        session = connection.session
        assert session is not None  # noqa: S101 - requests come encrypted, so with a key
        method = method_name(request)
        account = session.account
        at_s, at = asyncio.get_running_loop().time(), self.world.clock.now()
        self.requests.append(Request(account.id if account else None, method, request, at_s, session, at))
        call = Call(self, session, connection)
        rule = self.faults.take(account, method, request)
        if rule is not None:
            self._execute_with_fault(rule, call, message_id, request)
        else:
            connection.answer(message_id, self._result_of(call, request))

    def _execute_with_fault(self, rule: Rule, call: Call, message_id: int, request: TL) -> None:
        match rule.fate:
            case Fate.REFUSED if not rule.delay_s:
                assert rule.refusal is not None  # noqa: S101 - Faults.refuse sets it
                call.connection.answer(message_id, refusal_as_tl(rule.refusal))
            case Fate.DROPPED_BEFORE:
                call.connection.close()
            case Fate.DROPPED_AFTER:
                self._result_of(call, request)
                call.connection.close()
            case Fate.IGNORED:
                pass
            case Fate.UNANSWERED:
                self._result_of(call, request)
            case Fate.DELAYED_BEFORE | Fate.DELAYED_AFTER | Fate.REFUSED:
                task = asyncio.create_task(self._execute_late(rule, call, message_id, request))
                self._late_calls.add(task)
                task.add_done_callback(self._late_calls.discard)

    async def _execute_late(self, rule: Rule, call: Call, message_id: int, request: TL) -> None:
        result = self._result_of(call, request) if rule.fate is Fate.DELAYED_AFTER else None
        if rule.refusal is not None:
            result = refusal_as_tl(rule.refusal)
        random_id = _random_id_at_work(call, request)
        if random_id:
            self._random_ids_at_work.add(random_id)
        try:
            await asyncio.sleep(rule.delay_s)
        finally:
            if random_id:
                self._random_ids_at_work.discard(random_id)
        # The client may be long gone: what was asked happens all the same.
        call.connection.answer(message_id, self._result_of(call, request) if result is None else result)

    def _result_of(self, call: Call, request: TL) -> TL:
        method = METHODS.get(type(request))
        try:
            if method is None:
                name = method_name(request)
                self.unimplemented.append(name)
                raise Refusal(400, f"METHOD_NOT_IMPLEMENTED_{name}")
            if call.session.is_duplicated:
                raise Refusal(406, "AUTH_KEY_DUPLICATED")
            if method.needs_login and call.session.account is None:
                raise Refusal(401, "AUTH_KEY_UNREGISTERED")
            if _random_id_at_work(call, request) in self._random_ids_at_work:
                raise Refusal(500, "RANDOM_ID_DUPLICATE")
            return method.answer(call, request)
        except Refusal as refusal:
            return refusal_as_tl(refusal)
        except Exception:
            log.exception("%s failed", method_name(request))
            return refusal_as_tl(Refusal(500, "INTERNAL_SERVER_ERROR"))

    # Updates

    def _push(self, change: Change) -> None:
        updates = render_change(self.world, change)
        if updates is None:
            return
        held = self._held_updates.get(change.account.id)
        if held is not None:
            held.append((updates, change.by))
        else:
            self._push_to_devices(change.account, updates, change.by)

    def _push_to_devices(self, account: Account, updates: TL, by: object | None) -> None:
        for connection in list(self._connections):
            session = connection.session
            if connection is not by and connection.wants_updates and session and session.account is account:
                connection.push(updates)


def _random_id_at_work(call: Call, request: TL) -> tuple[int, int] | None:
    random_id = getattr(request, "random_id", None)
    if call.session.account is None or not isinstance(random_id, int):
        return None
    return call.session.account.id, random_id
