"""CalDAV (RFC 4791), as much as this program needs: find the calendars, read events of a time, keep one event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.etree import ElementTree

from userbot.calendars.fetching import Answer, fetch, same_host
from userbot.calendars.meetings import Meeting, meeting_ics, moved
from userbot.calendars.sources import Account, CalendarBroken, CalendarUnavailable, EventRefused
from userbot.tasks.slots import Span

DAV, CAL = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
MAX_CALENDARS = 30
MAX_PLACES = 6
# Somebody else may change the event between our look and our write; that they do so again and again is unlikely.
TRIES = 3
_PROPERTIES = b"""<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><resourcetype/><displayname/>
<current-user-principal/><C:calendar-home-set/><C:supported-calendar-component-set/></prop></propfind>"""
_QUERY = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="{start}" end="{end}"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""


@dataclass(frozen=True)
class Collection:
    """A calendar of events. `name` is what its owner called it."""

    url: str = field(repr=False)
    name: str


async def find_collections(account: Account) -> tuple[Collection, ...]:
    """The calendar at the account's address, or those of its home. Raises CalendarBroken when there is none."""
    found, places = await _look(account, account.url)
    itself = [one for one in found if one.url.rstrip("/") == account.url.rstrip("/")]
    if itself:
        return tuple(itself)
    # From a principal to its home, and from anywhere to the principal: what servers name differs with where one asks.
    seen = {account.url}
    while not found and (unseen := [one for one in places if one not in seen]) and len(seen) < MAX_PLACES:
        seen.add(unseen[0])
        there, more = await _look(account, unseen[0])
        found += there
        places += more
    if not found:
        raise CalendarBroken("there is no calendar at CALDAV_URL: set it to a calendar's own address")
    if len(found) > MAX_CALENDARS:
        raise CalendarBroken("there are too many calendars at CALDAV_URL: set it to one calendar's own address")
    return tuple(found)


async def read_events(account: Account, collection: Collection, span: Span) -> list[bytes]:
    """The events that touch `span`, each with all that belongs to its series."""
    query = _QUERY.format(start=_stamp(span.start), end=_stamp(span.end)).encode()
    answer = await _ask(account, "REPORT", collection.url, query, depth="1")
    return [text.encode() for text in (one.text for one in _xml(answer).iter(f"{CAL}calendar-data")) if text]


async def write_meeting(account: Account, meeting: Meeting, now: datetime) -> None:
    """The calendar holds this meeting, once, at its time: made, moved or left alone. As often as one likes.

    Written only over the very version that was read, so that what the owner changed meanwhile is not lost.
    """
    url = await _event_url(account, meeting.uid)
    for _ in range(TRIES):
        current = await _ask(account, "GET", url, takes=(404, 410))
        if current.status == 200:
            text, condition = moved(current.body, meeting, now), {"if-match": _etag(current)}
        else:
            text, condition = meeting_ics(meeting, now), {"if-none-match": "*"}
        if text is None:
            return
        answer = await _ask(account, "PUT", url, text, headers=condition, takes=(400, 403, 404, 409, 412, 413, 415))
        if answer.status < 300:
            return
        if answer.status not in (404, 412):
            raise EventRefused(f"the calendar's server refuses the event (HTTP {answer.status})")
    raise CalendarUnavailable("somebody else keeps changing this event")


async def delete_meeting(account: Account, uid: str) -> None:
    """The calendar no longer holds the event, whoever took it out."""
    url = await _event_url(account, uid)
    for _ in range(TRIES):
        current = await _ask(account, "GET", url, takes=(404, 410))
        if current.status != 200:
            return
        answer = await _ask(account, "DELETE", url, headers={"if-match": _etag(current)}, takes=(403, 404, 410, 412))
        if answer.status == 403:
            raise EventRefused("the calendar's server does not let the event be deleted")
        if answer.status != 412:
            return
    raise CalendarUnavailable("somebody else keeps changing this event")


async def _event_url(account: Account, uid: str) -> str:
    found = await find_collections(account)
    if len(found) > 1:
        raise CalendarBroken(
            f"CALDAV_URL names {len(found)} calendars: to have meetings written, set it to one calendar's own address"
        )
    return found[0].url.rstrip("/") + f"/{quote(uid, safe='@')}.ics"


async def _look(account: Account, url: str) -> tuple[list[Collection], list[str]]:
    """The calendars at this address and right below it, and the homes and then the principals it names."""
    answer = await _ask(account, "PROPFIND", url, _PROPERTIES, depth="1")
    found, homes, principals = [], [], []
    for response in _xml(answer).iter(f"{DAV}response"):
        href = _place(answer, response.findtext(f"{DAV}href"))
        homes += [_place(answer, one.text) for one in response.findall(f".//{CAL}calendar-home-set/{DAV}href")]
        principals += [
            _place(answer, one.text) for one in response.findall(f".//{DAV}current-user-principal/{DAV}href")
        ]
        kinds = {one.get("name") for one in response.findall(f".//{CAL}supported-calendar-component-set/{CAL}comp")}
        if response.find(f".//{DAV}resourcetype/{CAL}calendar") is not None and (not kinds or "VEVENT" in kinds):
            last = unquote(urlsplit(href).path.rstrip("/").rsplit("/", 1)[-1])
            found.append(Collection(href, response.findtext(f".//{DAV}displayname") or last))
    return found, list(dict.fromkeys([*homes, *principals]))


def _place(answer: Answer, href: str | None) -> str:
    try:
        url = urljoin(answer.url, (href or "").strip())
        is_there = same_host(answer.url, url)
    except ValueError:
        raise CalendarBroken("what is at CALDAV_URL does not speak CalDAV: look at the address") from None
    if not is_there:
        raise CalendarBroken(
            "the calendars lie on another host, which is not given the password: set CALDAV_URL to the calendar's own "
            "address there"
        )
    return url


async def _ask(
    account: Account,
    method: str,
    url: str,
    body: bytes = b"",
    *,
    depth: str | None = None,
    headers: Mapping[str, str] | None = None,
    takes: tuple[int, ...] = (),
) -> Answer:
    """A 2xx answer, or one of the statuses in `takes`."""
    kind = "text/calendar; charset=utf-8" if method == "PUT" else "application/xml; charset=utf-8"
    sent = {**({"content-type": kind} if body else {}), **({"depth": depth} if depth else {}), **(headers or {})}
    answer = await fetch(method, url, auth=(account.username, account.password), headers=sent, body=body)
    if 200 <= answer.status < 300 or answer.status in takes:
        return answer
    if answer.status in (401, 403):
        raise CalendarBroken(
            f"the calendar's server refuses the login (HTTP {answer.status}): look at CALDAV_USERNAME and "
            "CALDAV_PASSWORD; many services want an app password"
        )
    if answer.status in (404, 405, 410, 501):
        raise CalendarBroken(f"there is no calendar at CALDAV_URL (HTTP {answer.status}): look at the address")
    raise CalendarUnavailable(f"the calendar's server answers HTTP {answer.status}")


def _etag(answer: Answer) -> str:
    etag = answer.headers.get("etag")
    if not etag:
        raise EventRefused("the calendar's server names no version of the event, so that it cannot be changed safely")
    # A proxy that packs answers makes tags weak, and a weak one never matches.
    return etag.removeprefix("W/")


def _xml(answer: Answer) -> ElementTree.Element:
    # Entities could make a small answer a large one; no calendar server has need of them.
    if b"<!DOCTYPE" in answer.body or b"<!ENTITY" in answer.body:
        raise CalendarBroken("what is at CALDAV_URL does not speak CalDAV: look at the address")
    try:
        return ElementTree.fromstring(answer.body)  # noqa: S314
    except (ElementTree.ParseError, LookupError, ValueError):  # an encoding that nobody knows is no ParseError
        raise CalendarBroken("what is at CALDAV_URL does not speak CalDAV: look at the address") from None


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
