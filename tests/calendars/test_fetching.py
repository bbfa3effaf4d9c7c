"""Protects the calendar's address and password: they go to no other host, into no log, and over no plain line."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from userbot.calendars.fetching import fetch
from userbot.calendars.sources import CalendarBroken, CalendarUnavailable


@asynccontextmanager
async def serving(answer: bytes, seen: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server that says `answer` to whatever it is asked."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(asked)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"


def redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("to", ["http://example.org/", "ftp://example.org/", "file:///etc/passwd"])
async def test_a_redirect_off_https_is_not_followed(to: str) -> None:
    async with serving(redirect(to)) as url:
        with pytest.raises(CalendarBroken, match="not https") as error:
            await fetch("GET", url)
    assert "example" not in str(error.value)


async def test_a_password_follows_no_redirect_to_another_host() -> None:
    seen: list[bytes] = []
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with serving(ok, seen) as other, serving(redirect(other)) as url:
        with pytest.raises(CalendarBroken, match="another host"):
            await fetch("GET", url, auth=("oleg", "secret"))
        assert seen == []
        assert (await fetch("GET", url)).body == b"ok"
    assert b"authorization" not in seen[0].lower()


async def test_what_is_too_large_ends_early_also_when_packed() -> None:
    packed = gzip.compress(b"x" * 100_000)
    assert len(packed) < 2000
    for head, body in (("", b"x" * 3000), ("Content-Encoding: gzip\r\n", packed)):
        answer = f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        async with serving(answer) as url:
            with pytest.raises(CalendarBroken, match="larger"):
                await fetch("GET", url, max_bytes=2000)


async def test_a_circle_and_a_silence_end() -> None:
    async with serving(redirect("/token")) as url:
        with pytest.raises(CalendarBroken, match="circle"):
            await fetch("GET", url)
    async with serving(b"") as url:
        with pytest.raises(CalendarUnavailable):
            await fetch("GET", url)
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") as url:
        with pytest.raises(CalendarUnavailable):
            await fetch("GET", url)


async def test_no_address_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as url:
        answer = await fetch("GET", url)
    assert "token" not in caplog.text + repr(answer)
