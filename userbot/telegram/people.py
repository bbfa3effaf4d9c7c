"""Whom the owner means: @username, phone number or name to exactly one person on Telegram, or a question."""

import re
from datetime import datetime, timedelta
from typing import Any

from telethon import TelegramClient, errors
from telethon.tl.functions.contacts import GetContactsRequest, ResolvePhoneRequest, ResolveUsernameRequest
from telethon.tl.functions.messages import GetDialogsRequest
from telethon.tl.types import InputPeerEmpty, User

from userbot.clock import Clock
from userbot.people import SERVICE_ACCOUNT, Contact, Found, Nobody, choose
from userbot.telegram.calls import ask

# Username look-ups draw flood waits of hours after some tens in a burst, so an answer is good for a while.
USERNAME_KEPT = timedelta(hours=1)
CONTACTS_KEPT = timedelta(minutes=5)
DIALOGS_READ = 100

_USERNAME = re.compile(r"(?:@|(?:https?://)?t\.me/)([A-Za-z][A-Za-z0-9_]{2,31})/?")
_PHONE = re.compile(r"\+?[\d\s()./-]{7,22}")


class People:
    """The Directory over Telegram. Never picks one of several, and never a bot, the owner, or a service account."""

    def __init__(self, client: TelegramClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._usernames: dict[str, tuple[datetime, Found]] = {}
        self._known: tuple[datetime, list[Contact]] | None = None

    async def find(self, query: str) -> Found:
        """Raises TryAgain when Telegram cannot be asked now, OwnerMustAct when the login is gone."""
        query = query.strip()
        if match := _USERNAME.fullmatch(query):
            return await self._by_username(match.group(1).lower())
        digits = re.sub(r"\D", "", query)
        if _PHONE.fullmatch(query) and 7 <= len(digits) <= 15:
            return await self._by_phone(digits)
        return choose(query, await self._people_known())

    async def _by_username(self, username: str) -> Found:
        asked_at, found = self._usernames.get(username, (None, None))
        if asked_at is not None and found is not None and self._clock.now() - asked_at < USERNAME_KEPT:
            return found
        try:
            answer = await ask(self._client, ResolveUsernameRequest(username))
        except (errors.UsernameInvalidError, errors.UsernameNotOccupiedError):
            found = Nobody("unknown")
        else:
            found = _single(answer)
        self._usernames[username] = (self._clock.now(), found)
        return found

    async def _by_phone(self, digits: str) -> Found:
        # In Russia 8 is dialled where the world dials +7.
        if len(digits) == 11 and digits.startswith("8"):
            digits = "7" + digits[1:]
        for contact in await self._people_known():
            if contact.phone and re.sub(r"\D", "", contact.phone) == digits:
                return contact
        try:
            return _single(await ask(self._client, ResolvePhoneRequest(digits)))
        except errors.BadRequestError:
            return Nobody("unknown")

    async def _people_known(self) -> list[Contact]:
        """Contacts, and the people of recent dialogs."""
        if self._known is not None and self._clock.now() - self._known[0] < CONTACTS_KEPT:
            return self._known[1]
        contacts = await ask(self._client, GetContactsRequest(hash=0))
        dialogs = await ask(
            self._client,
            GetDialogsRequest(offset_date=None, offset_id=0, offset_peer=InputPeerEmpty(), limit=DIALOGS_READ, hash=0),
        )
        people: dict[int, Contact] = {}
        for user in (*contacts.users, *dialogs.users):
            found = person(user)
            if isinstance(found, Contact):
                people[found.user_id] = found
        self._known = (self._clock.now(), list(people.values()))
        return self._known[1]


def _single(answer: Any) -> Found:
    """Who a ResolvedPeer is."""
    user_id = getattr(answer.peer, "user_id", None)
    user = next((user for user in answer.users if user.id == user_id), None)
    return Nobody("not_a_person") if user is None else person(user)


def person(user: User) -> Found:
    """A Telegram user as somebody who may be written to, or why they may not."""
    if user.id == SERVICE_ACCOUNT or getattr(user, "support", False):
        return Nobody("service")
    for flag, why in (("is_self", "self"), ("bot", "bot"), ("deleted", "deleted")):
        if getattr(user, flag, False):
            return Nobody(why)
    if user.access_hash is None or getattr(user, "min", False):
        return Nobody("unknown")
    return Contact(
        user_id=user.id,
        access_hash=user.access_hash,
        first_name=user.first_name or "",
        last_name=user.last_name or None,
        username=user.username or next((name.username for name in user.usernames or () if name.active), None),
        phone=user.phone or None,
    )
