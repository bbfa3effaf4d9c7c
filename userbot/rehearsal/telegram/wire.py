"""TL objects to bytes and back, with the few odd shapes that only a server has to write."""

import struct
from typing import Any

from telethon.extensions import BinaryReader

# Telethon is untyped; this name says that a value is one of its TL objects (or a bare bool or list of them).
TL = Any

_VECTOR = 0x1CB5C415
_TRUE = 0x997275B5
_FALSE = 0xBC799737
_RPC_RESULT = 0xF35C6D01


def to_bytes(value: TL) -> bytes:
    """Vectors and booleans are written bare: Telethon's own classes write them only inside other objects."""
    if isinstance(value, bool):
        return struct.pack("<I", _TRUE if value else _FALSE)
    if isinstance(value, list):
        return struct.pack("<Ii", _VECTOR, len(value)) + b"".join(to_bytes(item) for item in value)
    return bytes(value)


def from_bytes(data: bytes) -> TL:
    with BinaryReader(data) as reader:
        return reader.tgread_object()


def rpc_result(request_message_id: int, answer: TL) -> bytes:
    return struct.pack("<Iq", _RPC_RESULT, request_message_id) + to_bytes(answer)


def method_name(request: TL) -> str:
    """`messages.SendMessage` for a SendMessageRequest or its class, as Telegram's documentation writes it."""
    request_type = request if isinstance(request, type) else type(request)
    topic = request_type.__module__.removeprefix("telethon.tl.functions").lstrip(".")
    name = request_type.__name__.removesuffix("Request")
    return f"{topic}.{name}" if topic else name
