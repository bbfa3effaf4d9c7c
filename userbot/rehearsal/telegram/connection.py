"""One client's TCP connection: key exchange, encryption and MTProto's service messages.

What remains are remote calls; they are handed to the server, and their answers written back here.
"""

import asyncio
import secrets
import time
from typing import Protocol

from telethon.crypto import AuthKey
from telethon.errors import TypeNotFoundError
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked, MessageContainer

from userbot.rehearsal.telegram.encryption import Envelope, decrypt_from_client, encrypt_for_client, key_id_of
from userbot.rehearsal.telegram.framing import BrokenFrame, FramedStream
from userbot.rehearsal.telegram.handshake import KeyExchange, ServerKey
from userbot.rehearsal.telegram.logins import Session
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.wire import TL, from_bytes, rpc_result, to_bytes

_AUTH_KEY_UNKNOWN = (-404).to_bytes(4, "little", signed=True)
_BAD_SALT = 48

_WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InitConnectionRequest,
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeAfterMsgRequest,
    functions.InvokeAfterMsgsRequest,
)


class Switchboard(Protocol):
    """What a connection needs of the server."""

    key: ServerKey
    auth_keys: dict[int, AuthKey]
    salt: int

    def session_of_key(self, key_id: int) -> Session: ...

    def end_duplicated(self, session: Session) -> None: ...

    def execute(self, connection: "Connection", message_id: int, request: TL) -> None: ...


class Connection:
    def __init__(self, server: Switchboard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._stream = FramedStream(reader, writer)
        self._exchange = KeyExchange(server.key)
        self._auth_key: AuthKey | None = None
        self._session_id: int | None = None
        self._content_messages = 0
        self._last_message_id = 0
        self._address: str = writer.get_extra_info("peername")[0]
        # Set with the first encrypted message.
        self.session: Session | None = None
        self.wants_updates = True
        self._is_silent = False

    async def run(self) -> None:
        """Until either side hangs up."""
        try:
            while True:
                packet = await self._stream.read()
                if not self._is_silent:
                    self._take(packet)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._stream.close()
            await self._stream.wait_closed()

    def close(self) -> None:
        self._stream.close()

    def fall_silent(self) -> None:
        """Half-open from now on: nothing is taken or sent any more, and neither side is told."""
        self._is_silent = True

    def push(self, updates: TL) -> None:
        self._send(to_bytes(updates))

    def answer(self, message_id: int, result: TL) -> None:
        self._send(rpc_result(message_id, result), is_answer=True)

    # Inwards

    def _take(self, packet: bytes) -> None:
        key_id = key_id_of(packet)
        if key_id == 0:
            self._exchange_keys(packet)
            return
        auth_key = self._server.auth_keys.get(key_id)
        if auth_key is None:
            self._stream.write(_AUTH_KEY_UNKNOWN)
            raise BrokenFrame("an authorisation key of some other server")
        envelope = decrypt_from_client(auth_key, packet)
        is_new_session = self._session_id != envelope.session_id
        self._auth_key, self._session_id = auth_key, envelope.session_id
        self._note_use(self._server.session_of_key(key_id))
        if envelope.salt != self._server.salt:
            # A client starts with salt 0, and sends the message again under the one it is told.
            self._session_id = None if is_new_session else self._session_id
            self._send(
                bytes(types.BadServerSalt(envelope.message_id, envelope.sequence, _BAD_SALT, self._server.salt)),
                session_id=envelope.session_id,
                is_content=False,
            )
            return
        if is_new_session:
            self._send(bytes(types.NewSessionCreated(envelope.message_id, secrets.randbits(62), self._server.salt)))
        try:
            message = from_bytes(envelope.body)
        except TypeNotFoundError:
            self.answer(envelope.message_id, types.RpcError(400, "INPUT_METHOD_INVALID"))
            return
        self._handle(envelope.message_id, message)

    def _note_use(self, session: Session) -> None:
        """A key lives at one address at a time. It may move, as a phone does from one network to another: then the
        connection it had before is never heard of again. Where it is, both are in use. How many connections and
        session ids there are makes no difference: Telethon takes a new id with every reconnect."""
        has_spoken, self.session = self.session is session, session
        if session.address != self._address:
            if has_spoken:
                self._server.end_duplicated(session)
            session.address = self._address

    def _exchange_keys(self, packet: bytes) -> None:
        answer = bytes(self._exchange.answer(from_bytes(packet[20:])))
        header = (
            bytes(8) + self._next_message_id(is_answer=True).to_bytes(8, "little") + len(answer).to_bytes(4, "little")
        )
        self._stream.write(header + answer)
        if (auth_key := self._exchange.auth_key) is not None:
            self._server.auth_keys[auth_key.key_id] = auth_key
            self._exchange = KeyExchange(self._server.key)

    def _handle(self, message_id: int, message: TL) -> None:
        if isinstance(message, MessageContainer):
            for inner in message.messages:
                self._handle(inner.msg_id, inner.obj)
        elif isinstance(message, GzipPacked):
            self._handle(message_id, from_bytes(message.data))
        elif isinstance(message, _WRAPPERS):
            self._note_wrapper(message)
            self._handle(message_id, message.query)
        elif isinstance(message, functions.PingRequest | functions.PingDelayDisconnectRequest):
            self._send(bytes(types.Pong(message_id, message.ping_id)), is_answer=True)
        elif not isinstance(message, types.MsgsAck | types.MsgsStateInfo):
            self._server.execute(self, message_id, message)

    def _note_wrapper(self, wrapper: TL) -> None:
        if isinstance(wrapper, functions.InvokeWithoutUpdatesRequest):
            self.wants_updates = False
        elif isinstance(wrapper, functions.InitConnectionRequest) and self.session is not None:
            self.session.device_model = wrapper.device_model
            self.session.system_version = wrapper.system_version
            self.session.app_version = wrapper.app_version
            self.session.api_id = wrapper.api_id

    # Outwards

    def _send(
        self, body: bytes, *, is_answer: bool = False, is_content: bool = True, session_id: int | None = None
    ) -> None:
        session_id = self._session_id if session_id is None else session_id
        if self._auth_key is None or session_id is None or self._is_silent:
            return
        sequence = self._content_messages * 2 + is_content
        self._content_messages += is_content
        envelope = Envelope(self._server.salt, session_id, self._next_message_id(is_answer=is_answer), sequence, body)
        self._stream.write(encrypt_for_client(self._auth_key, envelope))

    def _next_message_id(self, *, is_answer: bool) -> int:
        # Seconds and fractions since 1970, in steps of four: the low bits tell answers from other messages.
        # Telethon compares them with the computer's clock, so they come from it too.
        now = time.time_ns()
        message_id = (now // 1_000_000_000 << 32) | ((now % 1_000_000_000 << 2) & ~3)
        self._last_message_id = max(message_id, self._last_message_id + 4)
        return self._last_message_id | (1 if is_answer else 3)


def refusal_as_tl(refusal: Refusal) -> TL:
    return types.RpcError(refusal.code, refusal.message)
