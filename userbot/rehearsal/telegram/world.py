"""Everybody's accounts and what they do to each other: the state of this Telegram, without any I/O.

Whatever happens is told to `on_change` (the server pushes it to devices), and messages also to `on_message`
and `on_edit` (a demo prints them). `by` is whoever did it, opaque here: the server uses it so that a device
is not told of what it has just done itself.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from userbot.clock import Clock
from userbot.rehearsal.telegram.account import SERVICE_ACCOUNT_ID, Account, Contact
from userbot.rehearsal.telegram.box import MessageBox
from userbot.rehearsal.telegram.changes import (
    Draft,
    DraftChanged,
    Lasting,
    LogEntry,
    MessageEdited,
    MessagesDeleted,
    NewMessage,
    Passing,
    Typing,
)
from userbot.rehearsal.telegram.message import ForwardedFrom, Message, ReplyTo
from userbot.rehearsal.telegram.refusal import Refusal

MESSAGE_LENGTH_MAX = 4096
CAPTION_LENGTH_MAX = 1024
# Except in Saved Messages, where there is no limit.
EDITABLE_FOR = timedelta(hours=48)

_FIRST_ACCOUNT_ID = 5_000_001
# Boxes start counting at different numbers, so that a test that takes one side's id for the other's fails.
_IDS_BETWEEN_BOXES = 1000


@dataclass(frozen=True)
class Delivery:
    """A message as it passes by.

    `recipient_copy` is None in Saved Messages, and where the recipient has blocked the sender.
    """

    sender: Account
    recipient: Account
    sender_copy: Message
    recipient_copy: Message | None

    @property
    def text(self) -> str:
        return self.sender_copy.text


@dataclass(frozen=True)
class Change:
    """Something happened to `account`: a LogEntry when it lasts."""

    account: Account
    what: LogEntry | Passing
    by: object | None


def digits_of(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit())


def utf16_length(text: str) -> int:
    """How Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


class World:
    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.accounts: dict[int, Account] = {}
        # Username to title. They can be looked up, and that is all.
        self.channels: dict[str, str] = {}
        self.on_change: list[Callable[[Change], None]] = []
        self.on_message: Callable[[Delivery], None] | None = None
        self.on_edit: Callable[[Delivery], None] | None = None
        self._by_phone: dict[str, Account] = {}
        self._secret = secrets.token_bytes(16)
        self.service = self._add(Account(SERVICE_ACCOUNT_ID, "42777", "Telegram"))

    # People

    def add_account(
        self,
        phone: str,
        first_name: str,
        last_name: str | None = None,
        username: str | None = None,
        *,
        password: str | None = None,
        lang_code: str = "en",
        bot: bool = False,
        deleted: bool = False,
        account_id: int | None = None,
    ) -> Account:
        phone = digits_of(phone)
        if not phone or self.by_phone(phone):
            raise ValueError(f"the phone {phone!r} is empty or taken")
        if username and self.by_username(username):
            raise ValueError(f"the username {username!r} is taken")
        return self._add(
            Account(
                id=account_id or _FIRST_ACCOUNT_ID + len(self.accounts) - 1,
                phone=phone,
                first_name=first_name,
                last_name=last_name,
                username=username,
                password=password,
                lang_code=lang_code,
                bot=bot,
                deleted=deleted,
            )
        )

    def _add(self, account: Account) -> Account:
        if account.id in self.accounts:
            raise ValueError(f"the id {account.id} is taken")
        account.box.last_message_id = _IDS_BETWEEN_BOXES * len(self.accounts)
        account.met |= {account.id, SERVICE_ACCOUNT_ID}
        self.accounts[account.id] = account
        if not account.is_service:
            self._by_phone[account.phone] = account
        return account

    def by_phone(self, phone: str) -> Account | None:
        return self._by_phone.get(digits_of(phone))

    def by_username(self, username: str) -> Account | None:
        username = username.lower().lstrip("@")
        return next((a for a in self.accounts.values() if a.username and a.username.lower() == username), None)

    def access_hash(self, viewer: Account, target: Account) -> int:
        """What `viewer` has to show to address `target`: different for every pair, as on Telegram."""
        seed = self._secret + f"{viewer.id}:{target.id}".encode()
        return int.from_bytes(hashlib.sha256(seed).digest()[:8], "big", signed=True) or 1

    def add_contact(
        self, account: Account, person: Account, first_name: str | None = None, last_name: str | None = None
    ) -> None:
        """`account` saves `person`, under a name of its own choice or the person's own."""
        account.contacts[person.id] = Contact(
            person.id, first_name or person.first_name, last_name if first_name else person.last_name
        )
        account.met.add(person.id)

    # Messages

    def send(
        self,
        sender: Account,
        recipient: Account,
        text: str = "",
        *,
        random_id: int | None = None,
        entities: Iterable[Any] = (),
        media: Any = None,
        reply_to: ReplyTo | None = None,
        forwarded_from: ForwardedFrom | None = None,
        silent: bool = False,
        grouped_id: int | None = None,
        from_scheduled: bool = False,
        by: object | None = None,
    ) -> Message:
        """Deliver a message to both sides and return the sender's copy. Raises Refusal as Telegram would."""
        check_text(text, media)
        check_may_write(sender, recipient)
        for stranger_id in (forwarded_from and forwarded_from.author_id, getattr(media, "user_id", None)):
            if stranger_id:
                sender.met.add(stranger_id)
                recipient.met.add(stranger_id)
        own = Message(
            id=sender.box.next_message_id(),
            peer_id=recipient.id,
            sender_id=sender.id,
            text=text,
            date=self.clock.now().replace(microsecond=0),
            out=True,
            entities=tuple(entities),
            media=media,
            reply_to=reply_to,
            forwarded_from=forwarded_from,
            silent=silent,
            grouped_id=grouped_id,
            from_scheduled=from_scheduled,
        )
        theirs: Message | None = None
        if recipient is not sender and sender.id not in recipient.blocked:
            theirs = replace(
                own,
                id=recipient.box.next_message_id(),
                peer_id=sender.id,
                out=False,
                twin_id=own.id,
                reply_to=_reply_of_twin(sender.box, reply_to),
                from_scheduled=False,
            )
            own = replace(own, twin_id=theirs.id)
        if random_id is not None:
            sender.box.sent_by_random_id[recipient.id, random_id] = own.id
            sender.box.random_id_of[own.id] = random_id
        self._store(sender, own, by)
        if theirs is not None:
            self._store(recipient, theirs, by)
        if self.on_message is not None:
            self.on_message(Delivery(sender, recipient, own, theirs))
        return own

    def _store(self, holder: Account, message: Message, by: object | None) -> None:
        holder.met.add(message.peer_id)
        holder.box.put(message)
        self.record(holder, NewMessage(message.id), by=by)

    def edit(
        self,
        editor: Account,
        message_id: int,
        text: str,
        entities: Iterable[Any] = (),
        *,
        by: object | None = None,
    ) -> Message:
        message = editor.box.messages.get(message_id)
        if message is None or message.forwarded_from is not None:
            raise Refusal(400, "MESSAGE_ID_INVALID")
        if message.sender_id != editor.id:
            raise Refusal(403, "MESSAGE_AUTHOR_REQUIRED")
        if message.peer_id != editor.id and self.clock.now() - message.date > EDITABLE_FOR:
            raise Refusal(400, "MESSAGE_EDIT_TIME_EXPIRED")
        entities = tuple(entities)
        check_text(text, message.media)
        if text == message.text and _same(entities, message.entities):
            raise Refusal(400, "MESSAGE_NOT_MODIFIED")
        edited_at = self.clock.now().replace(microsecond=0)
        copies: list[Message] = []
        peer = self.accounts[message.peer_id]
        for holder, copy in self._both_copies(editor, message):
            copies.append(replace(copy, text=text, entities=entities, edited_at=edited_at))
            holder.box.messages[copy.id] = copies[-1]
            self.record(holder, MessageEdited(copy.id), by=by)
        if self.on_edit is not None:
            self.on_edit(Delivery(editor, peer, copies[0], copies[1] if len(copies) > 1 else None))
        return copies[0]

    def delete(
        self, account: Account, message_ids: Sequence[int], *, revoke: bool = True, by: object | None = None
    ) -> int:
        """How many of them the account had. With `revoke` the other sides' copies go too."""
        gone: dict[int, list[int]] = {account.id: []}
        for message_id in message_ids:
            message = account.box.messages.get(message_id)
            if message is None:
                continue
            copies = self._both_copies(account, message)
            for holder, copy in copies if revoke else copies[:1]:
                del holder.box.messages[copy.id]
                gone.setdefault(holder.id, []).append(copy.id)
        for holder_id, ids in gone.items():
            if ids:
                self.record(self.accounts[holder_id], MessagesDeleted(tuple(ids)), pts_count=len(ids), by=by)
        return len(gone[account.id])

    def _both_copies(self, holder: Account, message: Message) -> list[tuple[Account, Message]]:
        """The holder's copy first. The other one may be gone or may never have been."""
        copies = [(holder, message)]
        if message.twin_id is not None:
            peer = self.accounts[message.peer_id]
            if twin := peer.box.messages.get(message.twin_id):
                copies.append((peer, twin))
        return copies

    def read(self, reader: Account, peer: Account, max_id: int = 0, *, by: object | None = None) -> LogEntry | None:
        """The reader has seen everything up to `max_id`, or everything. None when it was all read before."""
        box = reader.box
        entry = box.read_inbox(peer.id, max_id or box.last_message_id)
        if entry is None:
            return None
        self.announce(reader, entry, by=by)
        seen_up_to = box.dialog(peer.id).read_inbox_max_id
        seen = [m.twin_id for m in box.newest_first(peer.id) if not m.out and m.id <= seen_up_to and m.twin_id]
        if seen and (entry_of_peer := peer.box.read_outbox(reader.id, max(seen))):
            self.announce(peer, entry_of_peer, by=by)
        return entry

    def type(self, account: Account, peer: Account, action: Any = None) -> None:
        """A hint to the peer's devices; without an action (a TL SendMessageAction) it is plain typing."""
        if peer is not account and account.id not in peer.blocked and account.id in peer.met:
            self.announce(peer, Typing(account.id, action))

    def save_draft(self, account: Account, peer: Account, draft: Draft | None, *, by: object | None = None) -> None:
        account.box.dialog(peer.id).draft = draft
        self.announce(account, DraftChanged(peer.id), by=by)

    def dialog(self, account: Account, peer: Account) -> list[Message]:
        """What `account` sees in the dialog with `peer`, oldest first."""
        return account.box.newest_first(peer.id)[::-1]

    # Telling what happened

    def record(self, account: Account, change: Lasting, *, pts_count: int = 1, by: object | None = None) -> LogEntry:
        entry = account.box.record(change, pts_count=pts_count)
        self.announce(account, entry, by=by)
        return entry

    def announce(self, account: Account, what: LogEntry | Passing, *, by: object | None = None) -> None:
        for listener in self.on_change:
            listener(Change(account, what, by))


def check_text(text: str, media: Any = None) -> None:
    if media is None:
        if not text.strip():
            raise Refusal(400, "MESSAGE_EMPTY")
        if utf16_length(text) > MESSAGE_LENGTH_MAX:
            raise Refusal(400, "MESSAGE_TOO_LONG")
    elif utf16_length(text) > CAPTION_LENGTH_MAX:
        raise Refusal(400, "MEDIA_CAPTION_TOO_LONG")


def check_may_write(sender: Account, recipient: Account) -> None:
    """A recipient who blocked the sender is no obstacle here: Telegram takes the message and delivers it to
    nobody, with a single check mark."""
    if recipient.deleted:
        raise Refusal(400, "INPUT_USER_DEACTIVATED")
    if recipient.id in sender.blocked:
        raise Refusal(400, "YOU_BLOCKED_USER")
    has_been_written_to = any(not message.out for message in sender.box.in_dialog(recipient.id))
    if sender.is_service or sender.id in recipient.contacts or has_been_written_to:
        return
    if recipient.requires_premium:
        raise Refusal(403, "PRIVACY_PREMIUM_REQUIRED")
    if recipient.stars_per_message:
        raise Refusal(403, f"ALLOW_PAYMENT_REQUIRED_{recipient.stars_per_message}")


def _reply_of_twin(box: MessageBox, reply_to: ReplyTo | None) -> ReplyTo | None:
    """The same reply as the other side's box counts it; a reply to what they do not have is no reply."""
    if reply_to is None:
        return None
    original = box.messages.get(reply_to.message_id)
    if original is None or original.twin_id is None:
        return None
    return replace(reply_to, message_id=original.twin_id)


def _same(entities: Sequence[Any], others: Sequence[Any]) -> bool:
    return [bytes(e) for e in entities] == [bytes(e) for e in others]
