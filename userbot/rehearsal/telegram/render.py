"""The world's state as TL objects, as one account sees it."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from telethon.tl import types

from userbot.rehearsal.telegram import changes
from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.changes import LogEntry, Passing
from userbot.rehearsal.telegram.message import Message
from userbot.rehearsal.telegram.wire import TL
from userbot.rehearsal.telegram.world import Change, World


def render_user(world: World, viewer: Account, person: Account) -> TL:
    is_self = person is viewer
    contact = viewer.contacts.get(person.id)
    access_hash = world.access_hash(viewer, person)
    if person.deleted:
        return types.User(id=person.id, deleted=True, access_hash=access_hash)
    now = world.clock.now()
    return types.User(
        id=person.id,
        is_self=is_self,
        contact=contact is not None,
        mutual_contact=contact is not None and viewer.id in person.contacts,
        bot=person.bot,
        bot_info_version=1 if person.bot else None,
        verified=person.is_service,
        support=person.is_service,
        access_hash=access_hash,
        first_name=contact.first_name if contact else person.first_name,
        last_name=contact.last_name if contact else person.last_name,
        username=person.username,
        # A phone shows to oneself and to those who saved it.
        phone=person.phone if is_self or contact or person.is_service else None,
        status=types.UserStatusOnline(person.online_until)
        if person.online_until and person.online_until > now
        else types.UserStatusRecently(),
        contact_require_premium=person.requires_premium and not is_self,
    )


def render_users(world: World, viewer: Account, ids: Iterable[int]) -> list[TL]:
    """Only those whom the viewer has met: Telegram sends along nobody else."""
    wanted = dict.fromkeys(ids)
    return [render_user(world, viewer, world.accounts[i]) for i in wanted if i in viewer.met and i in world.accounts]


def people_in(messages: Iterable[Message]) -> set[int]:
    ids: set[int] = set()
    for message in messages:
        ids |= {message.peer_id, message.sender_id}
        if message.forwarded_from is not None:
            ids.add(message.forwarded_from.author_id)
        if contact_id := getattr(message.media, "user_id", None):
            ids.add(contact_id)
    return ids


def render_message(viewer: Account, message: Message, *, scheduled: bool = False) -> TL:
    in_saved_messages = message.peer_id == viewer.id
    return types.Message(
        id=message.id,
        peer_id=types.PeerUser(message.peer_id),
        date=message.date,
        message=message.text,
        # Not flagged in Saved Messages: Telethon does that itself, but for forwards.
        out=message.out and not in_saved_messages,
        from_id=types.PeerUser(message.sender_id) if message.out else None,
        saved_peer_id=types.PeerUser(viewer.id) if in_saved_messages else None,
        fwd_from=_forward_header(message),
        reply_to=_reply_header(message, scheduled),
        media=message.media,
        entities=list(message.entities) or None,
        edit_date=message.edited_at,
        silent=message.silent,
        grouped_id=message.grouped_id,
        from_scheduled=scheduled or message.from_scheduled,
    )


def _forward_header(message: Message) -> TL:
    origin = message.forwarded_from
    if origin is None:
        return None
    return types.MessageFwdHeader(
        date=origin.date,
        from_id=types.PeerUser(origin.author_id),
        saved_from_peer=types.PeerUser(origin.saved_from_peer_id) if origin.saved_from_peer_id else None,
        saved_from_msg_id=origin.saved_from_message_id,
    )


def _reply_header(message: Message, scheduled: bool) -> TL:
    reply = message.reply_to
    if reply is None:
        return None
    return types.MessageReplyHeader(
        reply_to_msg_id=reply.message_id,
        quote=reply.quote_text is not None,
        quote_text=reply.quote_text,
        quote_entities=list(reply.quote_entities) or None,
        quote_offset=reply.quote_offset,
    )


def render_messages(viewer: Account, messages: Iterable[Message]) -> list[TL]:
    return [render_message(viewer, message) for message in messages]


def render_dialog(viewer: Account, peer_id: int) -> TL:
    box = viewer.box
    dialog = box.dialog(peer_id)
    top = box.last_message_in(peer_id)
    return types.Dialog(
        peer=types.PeerUser(peer_id),
        top_message=top.id if top else 0,
        read_inbox_max_id=dialog.read_inbox_max_id,
        read_outbox_max_id=dialog.read_outbox_max_id,
        unread_count=box.unread_count(peer_id),
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        draft=render_draft(viewer, peer_id) if dialog.draft else None,
    )


def render_draft(viewer: Account, peer_id: int) -> TL:
    draft = viewer.box.dialog(peer_id).draft
    if draft is None:
        return types.DraftMessageEmpty()
    return types.DraftMessage(
        message=draft.text,
        date=draft.date,
        entities=list(draft.entities) or None,
        reply_to=types.InputReplyToMessage(draft.reply_to_message_id) if draft.reply_to_message_id else None,
    )


def render_state(account: Account, now: datetime, pts: int | None = None) -> TL:
    unread = sum(account.box.unread_count(peer_id) for peer_id in account.box.dialogs)
    return types.updates.State(pts=account.box.pts if pts is None else pts, qts=0, date=now, seq=0, unread_count=unread)


def render_change(world: World, change: Change) -> TL:
    """The change wrapped as it is pushed, with the people in it. None when there is nothing left to tell."""
    if isinstance(change.what, LogEntry):
        update = render_entry(change.account, change.what)
        people = people_of(change.account, change.what)
    else:
        update = render_passing(change.account, change.what)
        people = {change.what.peer_id}
    if update is None:
        return None
    now = world.clock.now()
    if isinstance(update, types.UpdateUserTyping):
        return types.UpdateShort(update, now)
    return wrap_updates(world, change.account, [update], people)


def wrap_updates(world: World, viewer: Account, updates: list[TL], people: Iterable[int]) -> TL:
    return types.Updates(
        updates=updates,
        users=render_users(world, viewer, people),
        chats=[],
        date=world.clock.now(),
        seq=0,
    )


def people_of(account: Account, entry: LogEntry) -> set[int]:
    change = entry.change
    if isinstance(change, changes.NewMessage | changes.MessageEdited):
        message = account.box.messages.get(change.message_id)
        return people_in([message]) if message else set()
    if isinstance(change, changes.InboxRead | changes.OutboxRead):
        return {change.peer_id}
    return set()


def render_entry(account: Account, entry: LogEntry) -> TL:
    """None for a message that has been deleted since: its deletion follows in the log."""
    change, pts, count = entry.change, entry.pts, entry.pts_count
    match change:
        case changes.NewMessage(message_id):
            message = account.box.messages.get(message_id)
            return message and types.UpdateNewMessage(render_message(account, message), pts, count)
        case changes.MessageEdited(message_id):
            message = account.box.messages.get(message_id)
            return message and types.UpdateEditMessage(render_message(account, message), pts, count)
        case changes.MessagesDeleted(message_ids):
            return types.UpdateDeleteMessages(list(message_ids), pts, count)
        case changes.InboxRead(peer_id, max_id, still_unread):
            return types.UpdateReadHistoryInbox(types.PeerUser(peer_id), max_id, still_unread, pts, count)
        case changes.OutboxRead(peer_id, max_id):
            return types.UpdateReadHistoryOutbox(types.PeerUser(peer_id), max_id, pts, count)
        case _:
            assert_never(change)


def render_passing(account: Account, passing: Passing) -> TL:
    match passing:
        case changes.Typing(peer_id, action):
            return types.UpdateUserTyping(peer_id, action or types.SendMessageTypingAction())
        case changes.DraftChanged(peer_id):
            return types.UpdateDraftMessage(types.PeerUser(peer_id), render_draft(account, peer_id))
        case changes.ScheduledMessageAdded(_, scheduled_id):
            waiting = account.scheduled.get(scheduled_id)
            return waiting and types.UpdateNewScheduledMessage(render_message(account, waiting.message, scheduled=True))
        case changes.ScheduledMessagesGone(peer_id, scheduled_ids, sent_ids):
            return types.UpdateDeleteScheduledMessages(
                types.PeerUser(peer_id), list(scheduled_ids), list(sent_ids) or None
            )
        case _:
            assert_never(passing)
