"""MTProto 2.0 encryption, the server's side: one packet is one message under an authorisation key."""

import secrets
import struct
from dataclasses import dataclass
from hashlib import sha256

from telethon.crypto import AES, AuthKey

from userbot.rehearsal.telegram.framing import BrokenFrame

_HEADER = struct.Struct("<qqqii")


@dataclass(frozen=True)
class Envelope:
    """A message and what MTProto writes around it."""

    salt: int
    session_id: int
    message_id: int
    sequence: int
    body: bytes


def key_id_of(packet: bytes) -> int:
    """Zero means that the packet is not encrypted."""
    key_id: int = struct.unpack_from("<Q", packet)[0]
    return key_id


def decrypt_from_client(key: AuthKey, packet: bytes) -> Envelope:
    message_key = packet[8:24]
    plain = AES.decrypt_ige(packet[24:], *_aes_key(key, message_key, from_client=True))
    if sha256(key.key[88:120] + plain).digest()[8:24] != message_key:
        raise BrokenFrame("the message key does not match the message")
    salt, session_id, message_id, sequence, length = _HEADER.unpack_from(plain)
    return Envelope(salt, session_id, message_id, sequence, plain[_HEADER.size : _HEADER.size + length])


def encrypt_for_client(key: AuthKey, envelope: Envelope) -> bytes:
    plain = (
        _HEADER.pack(
            envelope.salt,
            envelope.session_id,
            envelope.message_id,
            envelope.sequence,
            len(envelope.body),
        )
        + envelope.body
    )
    plain += secrets.token_bytes(-(len(plain) + 12) % 16 + 12)
    message_key = sha256(key.key[96:128] + plain).digest()[8:24]
    cipher_text: bytes = AES.encrypt_ige(plain, *_aes_key(key, message_key, from_client=False))
    return struct.pack("<Q", key.key_id) + message_key + cipher_text


def _aes_key(key: AuthKey, message_key: bytes, *, from_client: bool) -> tuple[bytes, bytes]:
    x = 0 if from_client else 8
    a = sha256(message_key + key.key[x : x + 36]).digest()
    b = sha256(key.key[x + 40 : x + 76] + message_key).digest()
    return a[:8] + b[8:24] + a[24:32], b[:8] + a[8:24] + b[24:32]
