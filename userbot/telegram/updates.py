"""Updates to the journal, and sweeps for whatever was missed. The one way in for what people write.

The handler commits its row before it awaits anything: Telegram's update state moves on before handlers run, so a
message that was not stored then would never be seen again.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from telethon import errors, events
from telethon.tl.functions.messages import GetMessagesRequest
from telethon.tl.types import (
    InputMessageID,
    InputPeerSelf,
    InputPeerUser,
    Message,
    MessageEmpty,
    PeerUser,
    SendMessageCancelAction,
    UpdateDeleteMessages,
    UpdateDeleteScheduledMessages,
    UpdateEditMessage,
    UpdateMessageID,
    UpdateNewMessage,
    UpdateReadHistoryOutbox,
    UpdateShortMessage,
    UpdateUserTyping,
)

from userbot.clock import Clock
from userbot.errors import MachineFails
from userbot.people import SERVICE_ACCOUNT, Contact
from userbot.store import journal, ledger, peers, restored, tasks
from userbot.store.database import failure, transaction
from userbot.store.journal import Received, State
from userbot.store.ledger import Outgoing
from userbot.telegram.calls import ask, history_request
from userbot.telegram.client import Client
from userbot.telegram.describe import describe, kind_of
from userbot.telegram.refusals import classify

log = logging.getLogger(__name__)

HISTORY_PAGE = 100


class Intake:
    """Takes in what concerns this program and nothing else: the owner's commands, and messages of contacts who have
    an open or lately closed task. Of other dialogs nothing is stored."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        *,
        owner_id: int,
        prefix: str,
        lately: timedelta,
        history: int,
        takes_voice: bool = False,
        on_journaled: Callable[[int], None],
        on_typing: Callable[[int], None],
        on_sent: Callable[[Outgoing], None],
        on_lost: Callable[[MachineFails], None],
        on_read: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`on_journaled(peer_id)`: a row of this peer is new or changed. `on_sent(row)`: Telegram told which message
        a ledger row became. `on_lost(error)`: an update could not be stored, and only the next connection brings it
        again. `on_read(peer_id)`: they have read more of what was written to them. `history`: how many messages of a
        dialog a new task reads. `takes_voice`: a voice note among the owner's notes may be a command."""
        self._client = client
        self._clock = clock
        self._owner_id = owner_id
        self._prefix = prefix
        self._lately = lately
        self._history = history
        self._takes_voice = takes_voice
        self._on_journaled = on_journaled
        self._on_typing = on_typing
        self._on_sent = on_sent
        self._on_lost = on_lost
        self._on_read = on_read

    def attach(self) -> None:
        """Before connecting, so that what Telegram replays finds its handler."""
        self._client.add_event_handler(self._on_update, events.Raw())

    async def _on_update(self, update: Any) -> None:
        # No await anywhere below.
        try:
            self._take_update(update)
        except Exception as error:
            # Telethon would log it and go on, and take the update for seen.
            told = failure(error)
            if told is None:
                log.exception("an update could not be dealt with: %s", type(update).__name__)
                return
            self._client.keeps_update_state = False
            self._on_lost(told)

    def _take_update(self, update: Any) -> None:
        match update:
            case UpdateNewMessage(message=Message() as message):
                self._take_and_tell(message)
            case UpdateShortMessage():
                self._take_and_tell(_as_message(update, self._owner_id))
            case UpdateEditMessage(message=Message() as message):
                self._take_edit(message)
            case UpdateDeleteMessages():
                for peer_id in journal.record_deletion(update.messages):
                    self._on_journaled(peer_id)
            case UpdateMessageID():
                with transaction():
                    row = ledger.learn_message_id(update.random_id, update.id, self._clock.now())
                    if row is not None:
                        self._on_sent(row)
            case UpdateDeleteScheduledMessages(peer=PeerUser(user_id=self._owner_id)):
                self._take_scheduled(update)
            case UpdateReadHistoryOutbox(peer=PeerUser(user_id=user_id), max_id=max_id):
                if self._is_of_interest(user_id) and peers.set_read_to(user_id, max_id):
                    self._on_read(user_id)
            case UpdateUserTyping() if not isinstance(update.action, SendMessageCancelAction):
                if self._is_of_interest(update.user_id):
                    self._on_typing(update.user_id)
            case _:
                pass

    def _take_scheduled(self, update: UpdateDeleteScheduledMessages) -> None:
        """Messages have left the schedule of Saved Messages: they went out, or were taken off it."""
        became = dict(zip(update.messages, update.sent_messages or (), strict=False))
        with transaction():
            for scheduled_id in update.messages:
                if scheduled_id in became:
                    row = ledger.scheduled_became(scheduled_id, became[scheduled_id], self._clock.now())
                    if row is not None:
                        self._on_sent(row)
                else:
                    for row in ledger.scheduled():
                        if row.scheduled_id == scheduled_id:
                            ledger.drop_scheduled(row.id)

    def _take_and_tell(self, message: Message) -> None:
        if self._take(message) in ("new", "held"):
            self._on_journaled(message.peer_id.user_id)

    def _take(self, message: Message) -> State | None:
        """Journal a message when it concerns this program; the state it is in now, None when no row was made."""
        peer_id = _private_peer(message)
        if peer_id is None:
            return None
        state: State = "new"
        if peer_id == self._owner_id:
            if self._is_ours_that_rang(message):
                return None
            received = self._command(message)
            # One of our own that comes back before Telegram has told its id.
            if ledger.is_sending(peer_id, message.message or ""):
                state = "held"
        else:
            received = self._of_contact(message, peer_id)
            began = None if received is None else self._began(peer_id)
            if began is not None and began.is_after(message):
                # Updates come again after a crash: what the owner wrote before they gave the task is no takeover.
                state = "history"
            elif message.out:
                # Whether it is ours or the owner's is for the ledger to say, once it knows.
                state = "held"
        if received is None or not journal.record(received, state, self._clock.now()):
            return None
        return state

    def _is_ours_that_rang(self, message: Message) -> bool:
        """Is this a scheduled message of ours that has gone out just now? Then its row learns which one it became."""
        if not message.from_scheduled or message.fwd_from is not None:
            return False
        now = self._clock.now()
        with transaction():
            if message.id in ledger.by_message([message.id]):
                return True
            row = ledger.went_out(message.message or "", message.id, message.date, now)
            if row is not None:
                self._on_sent(row)
        return row is not None

    def _began(self, peer_id: int) -> "_Began | None":
        """When the oldest open task with a contact was asked for, or else the oldest of those lately closed."""
        of_interest = tasks.open_with(peer_id) or tasks.closed_since(peer_id, self._clock.now() - self._lately)
        if not of_interest:
            return None
        oldest = min(of_interest, key=lambda task: (task.created_at, task.id))
        # Telegram counts in whole seconds.
        return _Began(oldest.created_at.replace(microsecond=0), oldest.command_message_id)

    def _is_of_interest(self, peer_id: int) -> bool:
        return peer_id != SERVICE_ACCOUNT and tasks.is_of_interest(peer_id, self._clock.now(), self._lately)

    def _of_contact(self, message: Message, peer_id: int) -> Received | None:
        if not self._is_of_interest(peer_id):
            return None
        if message.out and message.id in ledger.by_message([message.id]):
            return None
        return _received(message, peer_id, "owner" if message.out else "contact")

    def _command(self, message: Message) -> Received | None:
        """A new message of the owner's own in Saved Messages that is a command, or a reply to one of ours there.

        Not a forward, not via a bot, not ours: text that only looks like a command is somebody else's. Nor one that a
        sweep passed over: it was there before this program came.
        """
        if message.fwd_from is not None or message.via_bot_id is not None:
            return None
        if message.id <= peers.swept_to(self._owner_id):
            return None
        reply_to = _reply_to(message)
        known = ledger.by_message([message.id] if reply_to is None else [message.id, reply_to])
        if message.id in known:
            return None
        answers_us = reply_to in known and known[reply_to].peer_id == self._owner_id
        may_be_spoken = self._takes_voice and kind_of(message) == "voice" and not message.message
        if not answers_us and not may_be_spoken and not (message.message or "").startswith(self._prefix):
            return None
        return _received(message, self._owner_id, "owner")

    def _take_edit(self, message: Message) -> None:
        """Edits are announced for reactions too: only another text counts."""
        peer_id = _private_peer(message)
        if peer_id is None:
            return
        # A command that was carried out is not carried out again because its text was changed.
        again = peer_id != self._owner_id
        if journal.record_edit(peer_id, message.id, message.message or "", again=again):
            self._on_journaled(peer_id)

    # --- sweeps -----------------------------------------------------------------------------------------------------

    async def sweep(self, peer_id: int) -> int:
        """Read what this dialog holds and no update brought; returns how many rows were new.

        Of what was said before a contact's oldest open task began (or the oldest of those lately closed) only the last
        messages are read, as history. What was read before is looked at again as far back as a prompt reaches, and the
        messages that settled a task however old they are: they may have been changed or deleted. The first sweep of
        Saved Messages reads nothing: what was typed before this program came is not for it.
        Raises TryAgain or OwnerMustAct; a dialog that Telegram does not show is left as it is.
        """
        is_owners = peer_id == self._owner_id
        since = peers.swept_to(peer_id)
        began = None if is_owners else self._began(peer_id)
        if not is_owners and began is None:
            return 0
        mark = peers.mark(peer_id)
        try:
            found = await self._history_since(peer_id, since, began)
            older = await self._evidence_but(peer_id, {message.id for message in found})
        except errors.RPCError as error:
            log.warning("the dialog with peer=%s cannot be read: %s", peer_id, classify(error).name)
            return 0
        new, to_tell = 0, False
        with transaction():
            # What an update brought meanwhile may be newer than the answer: then the next sweep looks again.
            if not is_owners and peers.mark(peer_id) == mark:
                to_tell = self._take_changes(peer_id, found, older)
            for message in found if since or not is_owners else ():
                if message.id > since:
                    state = self._take(message)
                    new += state is not None
                    to_tell = to_tell or state in ("new", "held")
            # While one of our own messages has no id yet it cannot be told from the owner's: look again next time.
            if not ledger.is_sending(peer_id):
                peers.set_swept_to(peer_id, max(since, found[-1].id if found else 1))
        if to_tell:
            self._on_journaled(peer_id)
        return new

    def _take_changes(self, peer_id: int, found: Sequence[Message], older: Sequence[Any]) -> bool:
        """Edits and deletions that no update brought. `found` holds every message between its first and its last;
        `older` what else was asked for by its id. True when there is something to read."""
        there = {message.id: message for message in (*older, *found) if isinstance(message, Message)}
        known = {entry.message_id: entry for entry in journal.find(peer_id, there)}
        edited = [
            journal.record_edit(peer_id, message_id, there[message_id].message or "")
            for message_id, entry in known.items()
            if entry.text != (there[message_id].message or "")
        ]
        gone = [message.id for message in older if isinstance(message, MessageEmpty)]
        if found:
            # Only what has newer messages around it: an answer may be older than the update that was faster.
            between = journal.ids_between(peer_id, found[0].id, found[-1].id)
            gone += [message_id for message_id in between if message_id not in there]
        return bool(journal.record_deletion(gone)) or any(edited)

    async def _evidence_but(self, peer_id: int, seen: Collection[int]) -> list[Any]:
        """The messages that settled this contact's lately closed tasks, but for those `seen`; a deleted one comes as
        MessageEmpty."""
        closed = tasks.closed_since(peer_id, self._clock.now() - self._lately)
        wanted = sorted({message_id for task in closed for message_id in task.evidence} - set(seen))
        if not wanted:
            return []
        answer = await ask(self._client, GetMessagesRequest(id=[InputMessageID(id=one) for one in wanted]))
        return list(answer.messages)

    async def _history_since(self, peer_id: int, since: int, began: "_Began | None") -> list[Message]:
        """Messages after `since`, oldest first; of those before `began` only the last few. Of a contact's dialog that
        was read before, also the last messages up to `since`, as many as a prompt shows."""
        if peer_id == self._owner_id:
            peer: Any = InputPeerSelf()
        else:
            contact = peers.contact(peer_id)
            if contact is None:
                return []
            peer = InputPeerUser(contact.user_id, contact.access_hash)
        again = self._history if since and began is not None else 0
        found: list[Message] = []
        history = 0
        offset_id = 0
        while True:
            limit = again or HISTORY_PAGE
            page = await ask(
                self._client,
                history_request(peer, limit, offset_id=offset_id, min_id=0 if again else since),
            )
            for message in page.messages:
                if not isinstance(message, Message) or (message.id <= since and not again):
                    continue
                if message.id > since and began is not None and began.is_after(message):
                    history += 1
                    if history > self._history:
                        return found[::-1]
                found.append(message)
            # Of Saved Messages the first sweep only wants to know where they end.
            if len(page.messages) < limit or (since == 0 and began is None) or page.messages[-1].id <= since:
                return found[::-1]
            again, offset_id = 0, page.messages[-1].id


@dataclass(frozen=True)
class _Began:
    """When a task was asked for: by the command's id where it is known, since ids rise over all private chats of an
    account and clocks differ."""

    at: datetime
    command_id: int | None

    def is_after(self, message: Message) -> bool:
        """Was this said before?"""
        return bool(message.id < self.command_id if self.command_id is not None else message.date < self.at)


async def mark_end_of_saved_messages(client: Client, owner: Contact) -> None:
    """Remember, at the login, where Saved Messages ends: what the owner types from then on is for this program, also
    what comes before it first runs. Raises TryAgain or OwnerMustAct (the database is another account's)."""
    last = await _end_of_saved_messages(client)
    with transaction():
        peers.remember_owner(owner)
        if peers.swept_to(owner.user_id) == 0:
            peers.set_swept_to(owner.user_id, last)


async def go_on_after_restore(client: Client, owner: Contact, clock: Clock) -> None:
    """A database from a backup takes commands again, from here on. Nothing when it is none. Raises like a sweep."""
    if restored.restored_from() is not None:
        restored.go_on_after(owner.user_id, await _end_of_saved_messages(client), clock.now())


async def _end_of_saved_messages(client: Client) -> int:
    """The id of the last message there, at least 1."""
    answer = await ask(client, history_request(InputPeerSelf(), 1))
    return max([1, *(int(message.id) for message in answer.messages)])


def _private_peer(message: Message) -> int | None:
    return message.peer_id.user_id if isinstance(message.peer_id, PeerUser) else None


def _reply_to(message: Message) -> int | None:
    """The message of the same dialog that this one answers."""
    if getattr(message.reply_to, "reply_to_peer_id", None) is not None:
        return None
    return getattr(message.reply_to, "reply_to_msg_id", None) or None


def _received(message: Message, peer_id: int, author: journal.Author) -> Received:
    media = kind_of(message)
    return Received(
        peer_id=peer_id,
        message_id=message.id,
        author=author,
        text=message.message or "",
        sent_at=message.date,
        media=media,
        reply_to=_reply_to(message),
        forwarded=message.fwd_from is not None,
        about=describe(message, media),
        grouped_id=message.grouped_id,
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
