"""Whom the owner means: @username, phone number or name to exactly one person on Telegram, or a question."""

import re
from datetime import datetime, timedelta
from typing import Any

from telethon import TelegramClient, errors
from telethon.tl import TLRequest
from telethon.tl.functions.contacts import GetContactsRequest, ResolvePhoneRequest, ResolveUsernameRequest
from telethon.tl.functions.messages import GetDialogsRequest, GetMessagesRequest
from telethon.tl.types import InputMessageID, InputPeerEmpty, Message, MessageMediaContact, PeerUser, User

from userbot.clock import Clock
from userbot.people import SERVICE_ACCOUNT, Contact, Found, Nobody, Several, choose
from userbot.telegram.calls import ask

# Look-ups draw flood waits of hours after some tens in a burst, so an answer is good for a while.
LOOK_UPS_KEPT = timedelta(hours=1)
CONTACTS_KEPT = timedelta(minutes=5)
DIALOGS_READ = 100

_USERNAME = re.compile(r"(?:@|(?:https?://)?t\.me/)([A-Za-z][A-Za-z0-9_]{2,31})/?")
_PHONE = re.compile(r"\+?[\d\s()./-]{7,22}")


class People:
    """The Directory over Telegram. Never picks one of several, and never a bot, the owner, or a service account."""

    def __init__(self, client: TelegramClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._asked: dict[str, tuple[datetime, Found]] = {}
        self._known: tuple[datetime, list[Contact]] | None = None

    async def find(self, query: str) -> Found:
        """Raises TryAgain when Telegram cannot be asked now, OwnerMustAct when the login is gone."""
        query = query.strip()
        if match := _USERNAME.fullmatch(query):
            username = match.group(1).lower()
            return await self._asked_once(f"@{username}", ResolveUsernameRequest(username))
        digits = re.sub(r"\D", "", query)
        if _PHONE.fullmatch(query) and 7 <= len(digits) <= 15:
            # In Russia 8 is dialled where the world dials +7.
            is_dialled = len(digits) == 11 and digits.startswith("8") and not query.startswith("+")
            return await self._by_phone("7" + digits[1:] if is_dialled else digits)
        return choose(query, await self._people_known())

    async def shown_in(self, message_id: int) -> Found:
        """As `Directory.shown_in`. Somebody who hides who they are behind a name, or is not on Telegram, is looked for
        by that name or number. OwnerMustAct when the login is gone."""
        answer = await ask(self._client, GetMessagesRequest([InputMessageID(message_id)]))
        message = next((one for one in answer.messages if isinstance(one, Message) and one.id == message_id), None)
        if message is None or not isinstance(message.peer_id, PeerUser):
            return Nobody("unknown")
        shown = message.media if isinstance(message.media, MessageMediaContact) else None
        forwarded = message.fwd_from
        user_id = shown.user_id if shown else getattr(forwarded and forwarded.from_id, "user_id", None)
        for user in answer.users:
            if user_id and user.id == user_id and isinstance(user, User):
                return person(user)
        if shown is not None:
            return await self.find(f"+{re.sub(r'[^0-9]', '', shown.phone_number)}")
        if forwarded is not None and forwarded.from_id is None and forwarded.from_name:
            found = choose(forwarded.from_name, await self._people_known())
            # Anybody can call themselves so.
            return Several((found,)) if isinstance(found, Contact) else found
        return Nobody("unknown" if forwarded is None or user_id else "not_a_person")

    async def _by_phone(self, digits: str) -> Found:
        for contact in await self._people_known():
            if contact.phone and re.sub(r"\D", "", contact.phone) == digits:
                return contact
        return await self._asked_once(f"+{digits}", ResolvePhoneRequest(digits))

    async def _asked_once(self, key: str, request: TLRequest) -> Found:
        asked_at, found = self._asked.get(key, (None, None))
        if asked_at is not None and found is not None and abs(self._clock.now() - asked_at) < LOOK_UPS_KEPT:
            return found
        try:
            found = _single(await ask(self._client, request))
        except errors.BadRequestError:
            found = Nobody("unknown")
        self._asked[key] = (self._clock.now(), found)
        return found

    async def _people_known(self) -> list[Contact]:
        """Contacts, and the people of recent dialogs."""
        if self._known is None or abs(self._clock.now() - self._known[0]) >= CONTACTS_KEPT:
            self._known = (self._clock.now(), await _people_at_hand(self._client))
        return self._known[1]


async def find_again(client: TelegramClient, contact: Contact) -> Contact | None:
    """The same person under the address that Telegram gives now; None when it shows them nowhere.

    Asking with the stale address would only bring the same refusal. Raises TryAgain or OwnerMustAct.
    """
    for one in await _people_at_hand(client):
        if one.user_id == contact.user_id:
            return one
    if contact.username is not None:
        try:
            found = _single(await ask(client, ResolveUsernameRequest(contact.username)))
        except errors.BadRequestError:
            return None
        # The name may be somebody else's by now.
        if isinstance(found, Contact) and found.user_id == contact.user_id:
            return found
    return None


async def _people_at_hand(client: TelegramClient) -> list[Contact]:
    contacts = await ask(client, GetContactsRequest(hash=0))
    dialogs = await ask(
        client,
        GetDialogsRequest(offset_date=None, offset_id=0, offset_peer=InputPeerEmpty(), limit=DIALOGS_READ, hash=0),
    )
    # Telegram sends more people along: members of groups, authors of forwarded messages. The owner has no dialog with
    # them, so a name must never mean one of them.
    with_dialog = {dialog.peer.user_id for dialog in dialogs.dialogs if isinstance(dialog.peer, PeerUser)}
    users = [*contacts.users, *(user for user in dialogs.users if user.id in with_dialog)]
    people = [person(user) for user in users if isinstance(user, User)]
    return list({one.user_id: one for one in people if isinstance(one, Contact)}.values())


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
