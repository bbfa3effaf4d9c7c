"""Updates to the journal, and sweeps for whatever was missed. The one way in for what people write.

The handler commits its row before it awaits anything: Telegram's update state moves on before handlers run, so a
message that was not stored then would never be seen again.
"""

import logging
from collections.abc import Callable
from typing import Any

from telethon import TelegramClient, events
from telethon.tl.functions.messages import GetHistoryRequest
from telethon.tl.types import (
    InputPeerSelf,
    InputPeerUser,
    Message,
    PeerUser,
    UpdateDeleteMessages,
    UpdateEditMessage,
    UpdateMessageID,
    UpdateNewMessage,
    UpdateShortMessage,
    UpdateUserTyping,
)

from userbot.clock import Clock
from userbot.people import SERVICE_ACCOUNT
from userbot.store import journal, ledger, peers, tasks
from userbot.store.database import transaction
from userbot.store.journal import Received, State
from userbot.store.ledger import Outgoing
from userbot.telegram.calls import ask

log = logging.getLogger(__name__)

HISTORY_PAGE = 100
_MEDIA = (
    "voice",
    "video_note",
    "sticker",
    "gif",
    "video",
    "audio",
    "photo",
    "contact",
    "venue",
    "geo",
    "poll",
    "document",
)


class Intake:
    """Takes in what concerns this program and nothing else: the owner's commands, and messages of contacts who have
    an open or lately closed task. Of other dialogs nothing is stored."""

    def __init__(
        self,
        client: TelegramClient,
        clock: Clock,
        *,
        owner_id: int,
        prefix: str,
        lately: Any,
        history: int,
        on_journaled: Callable[[int], None],
        on_typing: Callable[[int], None],
        on_sent: Callable[[Outgoing], None],
    ) -> None:
        """`on_journaled(peer_id)`: a row of this peer is new or changed. `on_sent(row)`: Telegram told which message
        a ledger row became. `history`: how many messages of a dialog a new task reads."""
        self._client = client
        self._clock = clock
        self._owner_id = owner_id
        self._prefix = prefix
        self._lately = lately
        self._history = history
        self._on_journaled = on_journaled
        self._on_typing = on_typing
        self._on_sent = on_sent

    def attach(self) -> None:
        """Before connecting, so that what Telegram replays finds its handler."""
        self._client.add_event_handler(self._on_update, events.Raw())

    async def _on_update(self, update: Any) -> None:
        # No await anywhere below.
        match update:
            case UpdateNewMessage(message=Message() as message):
                self._take(message)
            case UpdateShortMessage():
                self._take(_as_message(update, self._owner_id))
            case UpdateEditMessage(message=Message() as message):
                self._take_edit(message)
            case UpdateDeleteMessages():
                for peer_id in journal.record_deletion(update.messages):
                    self._on_journaled(peer_id)
            case UpdateMessageID():
                row = ledger.learn_message_id(update.random_id, update.id, self._clock.now())
                if row is not None:
                    self._on_sent(row)
            case UpdateUserTyping():
                self._on_typing(update.user_id)
            case _:
                pass

    def _take(self, message: Message, state: State | None = None) -> bool:
        """Journal a message when it concerns this program; True when the row is new."""
        peer_id = _private_peer(message)
        if peer_id is None:
            return False
        is_command = peer_id == self._owner_id
        received = self._command(message) if is_command else self._of_contact(message, peer_id)
        if received is None:
            return False
        # Whether an outgoing message is ours or the owner's is for the ledger to say, once it knows.
        held = received.author == "owner" and not is_command
        is_new = journal.record(received, state or ("held" if held else "new"), self._clock.now())
        if is_new:
            self._on_journaled(peer_id)
        return is_new

    def _of_contact(self, message: Message, peer_id: int) -> Received | None:
        if peer_id == SERVICE_ACCOUNT or not tasks.is_of_interest(peer_id, self._clock.now(), self._lately):
            return None
        if message.out and message.id in ledger.by_message([message.id]):
            return None
        return _received(message, peer_id, "owner" if message.out else "contact")

    def _command(self, message: Message) -> Received | None:
        """A new message of the owner's own in Saved Messages that is a command, or a reply to one of ours.

        Not a forward, not via a bot, not ours: text that only looks like a command is somebody else's.
        """
        if message.fwd_from is not None or message.via_bot_id is not None:
            return None
        if message.id in ledger.by_message([message.id]):
            return None
        text = message.message or ""
        if not text.startswith(self._prefix) and not ledger.by_message([_reply_to(message) or 0]):
            return None
        return _received(message, self._owner_id, "owner")

    def _take_edit(self, message: Message) -> None:
        """Edits are announced for reactions too: only another text counts."""
        peer_id = _private_peer(message)
        if peer_id is not None and journal.record_edit(peer_id, message.id, message.message or ""):
            self._on_journaled(peer_id)

    # --- sweeps -----------------------------------------------------------------------------------------------------

    async def sweep(self, peer_id: int) -> int:
        """Read what this dialog holds and no update brought; returns how many rows were new.

        The first sweep of a contact's dialog reads its last messages as history; of Saved Messages it reads nothing,
        since what was typed before this program came is not for it. Raises TryAgain or OwnerMustAct.
        """
        since = peers.swept_to(peer_id)
        found = await self._history_since(peer_id, since)
        new = 0
        with transaction():
            for message in found:
                if since == 0 and peer_id == self._owner_id:
                    continue
                new += self._take(message, self._state_of_old(message, peer_id))
            # While one of our own messages has no id yet it cannot be told from the owner's: look again next time.
            if not ledger.is_sending(peer_id):
                peers.set_swept_to(peer_id, found[-1].id if found else max(since, 1))
        return new

    def _state_of_old(self, message: Message, peer_id: int) -> State | None:
        """What was said before the oldest open task was asked for is history: read, but nothing follows from it."""
        opened = tasks.open_with(peer_id)
        if peer_id == self._owner_id or not opened:
            return None
        began = min(task.command_message_id or 0 for task in opened)
        return "history" if message.id < began else None

    async def _history_since(self, peer_id: int, since: int) -> list[Message]:
        """Messages after `since`, oldest first; with 0 the last few."""
        if peer_id == self._owner_id:
            peer: Any = InputPeerSelf()
        else:
            contact = peers.contact(peer_id)
            if contact is None:
                return []
            peer = InputPeerUser(contact.user_id, contact.access_hash)
        found: list[Message] = []
        offset_id = 0
        while True:
            page = await ask(
                self._client,
                GetHistoryRequest(
                    peer=peer,
                    offset_id=offset_id,
                    offset_date=None,
                    add_offset=0,
                    limit=self._history if since == 0 else HISTORY_PAGE,
                    max_id=0,
                    min_id=since,
                    hash=0,
                ),
            )
            messages = [message for message in page.messages if isinstance(message, Message) and message.id > since]
            found += messages
            if since == 0 or len(page.messages) < HISTORY_PAGE:
                return found[::-1]
            offset_id = page.messages[-1].id


def _private_peer(message: Message) -> int | None:
    return message.peer_id.user_id if isinstance(message.peer_id, PeerUser) else None


def _reply_to(message: Message) -> int | None:
    return getattr(message.reply_to, "reply_to_msg_id", None) or None


def _received(message: Message, peer_id: int, author: journal.Author) -> Received:
    media = None
    if message.media is not None and message.web_preview is None:
        media = next((name for name in _MEDIA if getattr(message, name, None)), "document")
    return Received(
        peer_id=peer_id,
        message_id=message.id,
        author=author,
        text=message.message or "",
        sent_at=message.date,
        media=media,
        reply_to=_reply_to(message),
    )


def _as_message(update: UpdateShortMessage, owner_id: int) -> Message:
    """The short form of a text message between two people, as the long one."""
    return Message(
        id=update.id,
        peer_id=PeerUser(update.user_id),
        from_id=PeerUser(owner_id if update.out else update.user_id),
        message=update.message,
        date=update.date,
        out=update.out,
        reply_to=update.reply_to,
        fwd_from=update.fwd_from,
        via_bot_id=update.via_bot_id,
    )
