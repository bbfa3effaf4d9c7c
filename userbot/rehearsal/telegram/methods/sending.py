"""messages.*: everything that makes, changes or removes messages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import functions, types

from userbot.rehearsal.telegram.account import Account, ScheduledMessage
from userbot.rehearsal.telegram.changes import (
    Draft,
    LogEntry,
    NewMessage,
    ScheduledMessageAdded,
    ScheduledMessagesGone,
)
from userbot.rehearsal.telegram.message import ForwardedFrom, Message, ReplyTo
from userbot.rehearsal.telegram.methods.calls import Call, answers
from userbot.rehearsal.telegram.methods.files import stored_media
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.render import people_in, render_entry, render_message, wrap_updates
from userbot.rehearsal.telegram.scheduling import SOONEST_S
from userbot.rehearsal.telegram.wire import TL
from userbot.rehearsal.telegram.world import check_may_write, check_text, utf16_length

# TL's own limit for messages.forwardMessages.
_FORWARDED_AT_ONCE_MAX = 100


@answers(functions.messages.SendMessageRequest)
def send_message(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    call.server.logins.expire_codes_told_in(call.account, request.message)
    earlier = _earlier_message(call.account, peer, request.random_id)
    if earlier is not None:
        return _sent_before(call, earlier, request.random_id)
    if scheduled := _schedule(call, peer, request, media=None):
        return scheduled
    sent = call.world.send(
        call.account,
        peer,
        request.message,
        random_id=request.random_id,
        entities=_valid_entities(request.message, request.entities),
        reply_to=_reply_to(call.account, peer, request.reply_to),
        silent=bool(request.silent),
        by=call.connection,
    )
    _clear_draft(call, peer, request)
    if peer is call.account:
        return _sent_now(call, [sent], [request.random_id])
    return types.UpdateShortSentMessage(
        id=sent.id,
        pts=_entry_of(call.account, sent).pts,
        pts_count=1,
        date=sent.date,
        out=True,
        entities=list(sent.entities) or None,
    )


@answers(functions.messages.SendMediaRequest)
def send_media(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    earlier = _earlier_message(call.account, peer, request.random_id)
    if earlier is not None:
        return _sent_before(call, earlier, request.random_id)
    media = stored_media(call, request.media)
    if scheduled := _schedule(call, peer, request, media=media):
        return scheduled
    sent = call.world.send(
        call.account,
        peer,
        request.message,
        random_id=request.random_id,
        entities=_valid_entities(request.message, request.entities),
        media=media,
        reply_to=_reply_to(call.account, peer, request.reply_to),
        silent=bool(request.silent),
        by=call.connection,
    )
    _clear_draft(call, peer, request)
    return _sent_now(call, [sent], [request.random_id])


@answers(functions.messages.ForwardMessagesRequest)
def forward_messages(call: Call, request: TL) -> TL:
    source, target = call.peer(request.from_peer), call.peer(request.to_peer)
    if len(request.id) != len(request.random_id) or len(request.id) > _FORWARDED_AT_ONCE_MAX:
        raise Refusal(400, "RANDOM_ID_INVALID")
    account = call.account
    originals = [account.box.messages.get(message_id) for message_id in request.id]
    if not originals or any(m is None or m.peer_id != source.id for m in originals):
        raise Refusal(400, "MESSAGE_ID_INVALID")
    sent: list[Message] = []
    for original, random_id in zip(originals, request.random_id, strict=True):
        assert original is not None  # noqa: S101 - looked at above
        earlier = _earlier_message(account, target, random_id)
        sent.append(
            earlier
            or call.world.send(
                account,
                target,
                original.text,
                random_id=random_id,
                entities=original.entities,
                media=original.media,
                forwarded_from=None if request.drop_author else _origin(account, original, target),
                silent=bool(request.silent),
                by=call.connection,
            )
        )
    return _sent_now(call, sent, request.random_id)


def _origin(account: Account, original: Message, target: Account) -> ForwardedFrom:
    """A forward of a forward names the first author."""
    first = original.forwarded_from
    to_saved_messages = target is account
    return ForwardedFrom(
        author_id=first.author_id if first else original.sender_id,
        date=first.date if first else original.date,
        saved_from_peer_id=original.peer_id if to_saved_messages else None,
        saved_from_message_id=original.id if to_saved_messages else None,
    )


@answers(functions.messages.EditMessageRequest)
def edit_message(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    message = call.account.box.messages.get(request.id)
    if message is None or message.peer_id != peer.id:
        raise Refusal(400, "MESSAGE_ID_INVALID")
    text = message.text if request.message is None else request.message
    edited = call.world.edit(
        call.account, request.id, text, _valid_entities(text, request.entities), by=call.connection
    )
    entry = call.account.box.log[-1]
    return wrap_updates(call.world, call.account, [render_entry(call.account, entry)], people_in([edited]))


@answers(functions.messages.DeleteMessagesRequest)
def delete_messages(call: Call, request: TL) -> TL:
    gone = call.world.delete(call.account, request.id, revoke=bool(request.revoke), by=call.connection)
    return types.messages.AffectedMessages(pts=call.account.box.pts, pts_count=gone)


@answers(functions.messages.SaveDraftRequest)
def save_draft(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    draft = None
    if request.message:
        draft = Draft(
            request.message,
            call.world.clock.now(),
            tuple(request.entities or ()),
            getattr(request.reply_to, "reply_to_msg_id", None),
        )
    call.world.save_draft(call.account, peer, draft, by=call.connection)
    return True


# Scheduled messages


def _schedule(call: Call, peer: Account, request: TL, media: Any) -> TL:
    """None when it is for now, or due so soon that Telegram sends it at once."""
    if not request.schedule_date:
        return None
    account, due = call.account, _as_utc(request.schedule_date)
    if due < call.world.clock.now() + timedelta(seconds=SOONEST_S):
        return None
    check_text(request.message, media)
    check_may_write(account, peer)
    for earlier in account.scheduled.values():
        if (earlier.message.peer_id, earlier.random_id) == (peer.id, request.random_id):
            return _scheduled_as(call, earlier.message, request.random_id)
    account.last_scheduled_id += 1
    waiting = Message(
        id=account.last_scheduled_id,
        peer_id=peer.id,
        sender_id=account.id,
        text=request.message,
        date=due,
        out=True,
        entities=_valid_entities(request.message, request.entities),
        media=media,
        reply_to=_reply_to(account, peer, request.reply_to),
        silent=bool(request.silent),
    )
    account.scheduled[waiting.id] = ScheduledMessage(waiting, request.random_id)
    call.server.scheduling.set_timer(account, waiting.id)
    call.world.announce(account, ScheduledMessageAdded(peer.id, waiting.id), by=call.connection)
    return _scheduled_as(call, waiting, request.random_id)


def _scheduled_as(call: Call, waiting: Message, random_id: int) -> TL:
    updates = [
        types.UpdateMessageID(waiting.id, random_id),
        types.UpdateNewScheduledMessage(render_message(call.account, waiting, scheduled=True)),
    ]
    return wrap_updates(call.world, call.account, updates, people_in([waiting]))


@answers(functions.messages.GetScheduledHistoryRequest)
def get_scheduled_history(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    return _scheduled_messages(call, lambda message: message.peer_id == peer.id)


@answers(functions.messages.GetScheduledMessagesRequest)
def get_scheduled_messages(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    return _scheduled_messages(call, lambda message: message.peer_id == peer.id and message.id in request.id)


def _scheduled_messages(call: Call, wanted: Callable[[Message], bool]) -> TL:
    found = [s.message for s in call.account.scheduled.values() if wanted(s.message)]
    found.sort(key=lambda message: message.date, reverse=True)
    return types.messages.Messages(
        messages=[render_message(call.account, message, scheduled=True) for message in found],
        topics=[],
        chats=[],
        users=call.users(people_in(found)),
    )


@answers(functions.messages.SendScheduledMessagesRequest)
def send_scheduled_messages(call: Call, request: TL) -> TL:
    call.peer(request.peer)
    for scheduled_id in request.id:
        call.server.scheduling.send_now(call.account, scheduled_id)
    return wrap_updates(call.world, call.account, [], set())


@answers(functions.messages.DeleteScheduledMessagesRequest)
def delete_scheduled_messages(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    gone = tuple(i for i in request.id if call.server.scheduling.delete(call.account, i))
    call.world.announce(call.account, ScheduledMessagesGone(peer.id, gone), by=call.connection)
    update = types.UpdateDeleteScheduledMessages(types.PeerUser(peer.id), list(gone))
    return wrap_updates(call.world, call.account, [update], {peer.id})


# Answers


def _earlier_message(account: Account, peer: Account, random_id: int) -> Message | None:
    """Raises RANDOM_ID_DUPLICATE when it has been deleted since: it is not sent again even then."""
    message_id = account.box.sent_by_random_id.get((peer.id, random_id))
    if message_id is None:
        return None
    if message_id not in account.box.messages:
        raise Refusal(500, "RANDOM_ID_DUPLICATE")
    return account.box.messages[message_id]


def _sent_before(call: Call, message: Message, random_id: int) -> TL:
    """The message as it was sent the first time: nothing is new, so the state does not move."""
    updates = [
        types.UpdateMessageID(message.id, random_id),
        types.UpdateNewMessage(render_message(call.account, message), call.account.box.pts, 0),
    ]
    return wrap_updates(call.world, call.account, updates, people_in([message]))


def _sent_now(call: Call, messages: list[Message], random_ids: list[int]) -> TL:
    updates: list[TL] = [
        types.UpdateMessageID(message.id, random_id) for message, random_id in zip(messages, random_ids, strict=True)
    ]
    for message in messages:
        updates.append(render_entry(call.account, _entry_of(call.account, message)))
    return wrap_updates(call.world, call.account, updates, people_in(messages))


def _entry_of(account: Account, message: Message) -> LogEntry:
    """The log's entry of a message that is fresh, so it stands near the end."""
    change = NewMessage(message.id)
    return next(entry for entry in reversed(account.box.log) if entry.change == change)


# Parts of requests


def _reply_to(account: Account, peer: Account, reply: TL) -> ReplyTo | None:
    """A reply to a message that is not there is sent as no reply, as Telegram does."""
    if not isinstance(reply, types.InputReplyToMessage):
        return None
    original = account.box.messages.get(reply.reply_to_msg_id)
    if original is None or original.peer_id != peer.id:
        return None
    if reply.quote_text and reply.quote_text not in original.text:
        raise Refusal(400, "QUOTE_TEXT_INVALID")
    return ReplyTo(
        reply.reply_to_msg_id, reply.quote_text or None, tuple(reply.quote_entities or ()), reply.quote_offset
    )


def _valid_entities(text: str, entities: Any) -> tuple[Any, ...]:
    valid = tuple(entities or ())
    end = utf16_length(text)
    if any(e.offset < 0 or e.length <= 0 or e.offset + e.length > end for e in valid):
        raise Refusal(400, "ENTITY_BOUNDS_INVALID")
    return tuple(
        types.MessageEntityMentionName(e.offset, e.length, e.user_id.user_id)
        if isinstance(e, types.InputMessageEntityMentionName)
        else e
        for e in valid
    )


def _clear_draft(call: Call, peer: Account, request: TL) -> None:
    if request.clear_draft and call.account.box.dialog(peer.id).draft is not None:
        call.world.save_draft(call.account, peer, None, by=call.connection)


def _as_utc(date: datetime) -> datetime:
    return date if date.tzinfo else date.replace(tzinfo=UTC)
