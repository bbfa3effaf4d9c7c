"""messages.*: everything that looks at dialogs and messages, and tells how far one has read."""

from telethon.tl import functions, types

from userbot.rehearsal.telegram.box import MessageBox
from userbot.rehearsal.telegram.message import Message
from userbot.rehearsal.telegram.methods.calls import Call, answers
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.render import (
    people_in,
    render_dialog,
    render_draft,
    render_messages,
    render_state,
    wrap_updates,
)
from userbot.rehearsal.telegram.wire import TL

_HISTORY_MAX = 100


@answers(functions.messages.GetHistoryRequest)
def get_history(call: Call, request: TL) -> TL:
    """The newest first. `add_offset` moves the window from `offset_id`, negative towards newer messages."""
    peer = call.peer(request.peer)
    everything = call.account.box.newest_first(peer.id)
    older_from = next(
        (n for n, m in enumerate(everything) if _is_older(m, request)),
        len(everything),
    )
    first = older_from + request.add_offset
    last = first + min(request.limit, _HISTORY_MAX)
    window = [
        m
        for m in everything[max(0, first) : max(0, last)]
        if m.id > request.min_id and (not request.max_id or m.id < request.max_id)
    ]
    return _messages(call, window, total=len(everything))


def _is_older(message: Message, request: TL) -> bool:
    if request.offset_id:
        return bool(message.id < request.offset_id)
    # No date at all is read from the wire as 1970, or as nothing.
    return not request.offset_date or not request.offset_date.timestamp() or message.date < request.offset_date


@answers(functions.messages.GetMessagesRequest)
def get_messages(call: Call, request: TL) -> TL:
    """In the order asked for; what is not there is a MessageEmpty."""
    account = call.account
    wanted = [_message_id(account.box, item) for item in request.id]
    found = [account.box.messages.get(message_id) for message_id in wanted]
    rendered = [
        render_messages(account, [message])[0] if message else types.MessageEmpty(message_id, None)
        for message_id, message in zip(wanted, found, strict=True)
    ]
    people = people_in(message for message in found if message)
    return types.messages.Messages(rendered, [], [], call.users(people))


def _message_id(box: MessageBox, item: TL) -> int:
    """Of a message named by its id, or by that of a reply to it. Zero is no message's."""
    if isinstance(item, types.InputMessageReplyTo):
        reply = box.messages.get(item.id)
        return reply.reply_to.message_id if reply and reply.reply_to else 0
    return item if isinstance(item, int) else int(item.id)


@answers(functions.messages.SearchRequest)
def search(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    if not isinstance(request.filter, types.InputMessagesFilterEmpty):
        raise Refusal(400, "SEARCH_FILTER_NOT_IMPLEMENTED")
    words = request.q.lower()
    found = [m for m in call.account.box.newest_first(peer.id) if words in m.text.lower()]
    page = [m for m in found if not request.offset_id or m.id < request.offset_id][: request.limit]
    return _messages(call, page, total=len(found))


def _messages(call: Call, messages: list[Message], *, total: int) -> TL:
    rendered = render_messages(call.account, messages)
    users = call.users(people_in(messages))
    if len(messages) == total:
        return types.messages.Messages(rendered, [], [], users)
    return types.messages.MessagesSlice(total, rendered, [], [], users)


@answers(functions.messages.GetDialogsRequest)
def get_dialogs(call: Call, request: TL) -> TL:
    """Those with messages, the latest first."""
    account = call.account
    tops = [m for peer_id in account.box.dialogs if (m := account.box.last_message_in(peer_id))]
    tops.sort(key=lambda message: message.id, reverse=True)
    page = [m for m in tops if not request.offset_id or m.id < request.offset_id][: request.limit]
    parts: tuple[TL, ...] = (
        [render_dialog(account, message.peer_id) for message in page],
        render_messages(account, page),
        [],
        call.users(people_in(page)),
    )
    if len(page) == len(tops):
        return types.messages.Dialogs(*parts)
    return types.messages.DialogsSlice(len(tops), *parts)


@answers(functions.messages.GetPinnedDialogsRequest)
def get_pinned_dialogs(call: Call, request: TL) -> TL:
    return types.messages.PeerDialogs([], [], [], [], render_state(call.account, call.world.clock.now()))


@answers(functions.messages.GetPeerDialogsRequest)
def get_peer_dialogs(call: Call, request: TL) -> TL:
    account = call.account
    peers = [call.peer(item.peer) for item in request.peers]
    tops = [m for peer in peers if (m := account.box.last_message_in(peer.id))]
    return types.messages.PeerDialogs(
        dialogs=[render_dialog(account, peer.id) for peer in peers],
        messages=render_messages(account, tops),
        chats=[],
        users=call.users({peer.id for peer in peers} | people_in(tops)),
        state=render_state(account, call.world.clock.now()),
    )


@answers(functions.messages.GetAllDraftsRequest)
def get_all_drafts(call: Call, request: TL) -> TL:
    account = call.account
    peers = {peer_id for peer_id, dialog in account.box.dialogs.items() if dialog.draft}
    updates = [
        types.UpdateDraftMessage(types.PeerUser(peer_id), render_draft(account, peer_id)) for peer_id in sorted(peers)
    ]
    return wrap_updates(call.world, account, updates, peers)


@answers(functions.messages.ReadHistoryRequest)
def read_history(call: Call, request: TL) -> TL:
    peer = call.peer(request.peer)
    entry = call.world.read(call.account, peer, request.max_id, by=call.connection)
    if entry is None:
        return types.messages.AffectedMessages(pts=call.account.box.pts, pts_count=0)
    return types.messages.AffectedMessages(pts=entry.pts, pts_count=entry.pts_count)


@answers(functions.messages.SetTypingRequest)
def set_typing(call: Call, request: TL) -> TL:
    call.world.type(call.account, call.peer(request.peer), request.action)
    return True
