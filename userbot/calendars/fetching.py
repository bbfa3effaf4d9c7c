"""HTTP to a calendar's server, bounded in time, size and redirects. What goes wrong is told without the address.

httpx2 comes with the model's SDK anyway: it streams, so that a size limit holds before the body is in memory, and it
can be cancelled, which a thread around urllib cannot.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx2

from userbot.calendars.sources import CalendarBroken, CalendarUnavailable

MAX_BYTES = 20 * 1024 * 1024
TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 15.0
MAX_REDIRECTS = 5
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_REDIRECTS = (301, 302, 303, 307, 308)


class _NoAddresses(logging.Filter):
    """httpx2 logs every request's URL, which for a calendar is a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        return False


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str  # where it came from in the end; a secret as well

    def __repr__(self) -> str:
        return f"Answer({self.status})"


def is_safe(url: str) -> bool:
    """https, or http that does not leave this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def same_host(one: str, other: str) -> bool:
    return _origin(one) == _origin(other)


async def fetch(
    method: str,
    url: str,
    *,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout_s: float = TIMEOUT_S,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """The answer, whatever its status; redirects are followed to https only, and with `auth` never to another host.

    Raises CalendarUnavailable when there is no answer in time, CalendarBroken when there never will be a usable one.
    """
    try:
        async with asyncio.timeout(timeout_s), _client() as client:
            for _ in range(MAX_REDIRECTS + 1):
                answer = await _one(client, method, url, auth, headers or {}, body, max_bytes)
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or not location:
                    return answer
                url = _next(url, location, with_auth=auth is not None)
            raise CalendarBroken("the calendar's server redirects in a circle: look at its address")
    # The client's own errors hold the request and so the address: not carried along.
    except TimeoutError:
        raise CalendarUnavailable(f"the calendar's server did not answer within {timeout_s:.0f} s") from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError, ValueError):
        raise CalendarBroken("the calendar's address is not one that can be asked: copy it anew") from None
    except (httpx2.HTTPError, OSError) as error:
        raise CalendarUnavailable(f"the calendar's server cannot be reached ({type(error).__name__})") from None


def _client() -> httpx2.AsyncClient:
    # Filters of a logger, not its level: the program's own settings of levels stay as they are.
    logger = logging.getLogger("httpx2")
    if not any(isinstance(one, _NoAddresses) for one in logger.filters):
        logger.addFilter(_NoAddresses())
    return httpx2.AsyncClient(timeout=httpx2.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S), follow_redirects=False)


async def _one(
    client: httpx2.AsyncClient,
    method: str,
    url: str,
    auth: tuple[str, str] | None,
    headers: Mapping[str, str],
    body: bytes,
    max_bytes: int,
) -> Answer:
    request = client.build_request(method, url, headers=dict(headers), content=body or None)
    basic = httpx2.BasicAuth(*auth) if auth else None
    response = await client.send(request, stream=True, auth=basic)
    try:
        taken = bytearray()
        # Counted as unpacked: a small answer may unpack to anything.
        async for part in response.aiter_bytes(65536):
            taken += part
            if len(taken) > max_bytes:
                raise CalendarBroken(f"the calendar is larger than {max_bytes // 1024 // 1024} MB: share a smaller one")
        return Answer(response.status_code, dict(response.headers), bytes(taken), url)
    finally:
        await response.aclose()


def _next(url: str, location: str, *, with_auth: bool) -> str:
    target = urljoin(url, location)
    if not is_safe(target) or (urlsplit(target).hostname in LOOPBACK and urlsplit(url).hostname not in LOOPBACK):
        raise CalendarBroken("the calendar's server redirects to an address that is not https: that is not followed")
    if with_auth and not same_host(url, target):
        raise CalendarBroken(
            "the calendar's server redirects to another host, which is not given the password: "
            "set CALDAV_URL to the calendar's own address there"
        )
    return target


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
