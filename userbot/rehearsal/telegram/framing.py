"""MTProto's "full" TCP transport: a length, a counter and a checksum around every packet."""

import asyncio
import contextlib
import struct
from zlib import crc32

_OVERHEAD = 12
_LONGEST = 16 * 1024 * 1024


class BrokenFrame(ConnectionError):
    """The bytes are no packet of this transport; the connection is of no more use."""


class FramedStream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._sent = 0

    async def read(self) -> bytes:
        """The next packet's payload. Raises IncompleteReadError or ConnectionError at the end."""
        head = await self._reader.readexactly(8)
        length, _ = struct.unpack("<ii", head)
        if not _OVERHEAD <= length <= _LONGEST:
            raise BrokenFrame(f"a packet of {length} bytes")
        rest = await self._reader.readexactly(length - 8)
        payload, checksum = rest[:-4], rest[-4:]
        if crc32(head + payload) != struct.unpack("<I", checksum)[0]:
            raise BrokenFrame("the checksum does not match")
        return payload

    def write(self, payload: bytes) -> None:
        """Never fails: what is written to a closing connection is lost, as on a real network."""
        if self._writer.is_closing():
            return
        packet = struct.pack("<ii", len(payload) + _OVERHEAD, self._sent) + payload
        self._sent += 1
        self._writer.write(packet + struct.pack("<I", crc32(packet)))

    def close(self) -> None:
        self._writer.close()

    async def wait_closed(self) -> None:
        with contextlib.suppress(ConnectionError):  # the other side was quicker
            await self._writer.wait_closed()
