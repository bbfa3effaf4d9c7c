"""Protects the way in: what concerns the program is in the journal, once and before anything else happens; of what
does not concern it nothing is stored; and nobody's words are taken for somebody else's (invariants 1, 5 and 6)."""

import ast
import asyncio
import inspect
import sqlite3
import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

import pytest
from telethon import TelegramClient
from telethon.tl import types

from tests.telegram.conftest import SEND, SOON_S, START, Room
from userbot.conversation import moves, takeovers
from userbot.errors import TelegramUnavailable
from userbot.rehearsal.telegram import Account, Message, TelegramServer
from userbot.rehearsal.telegram.message import ForwardedFrom, ReplyTo
from userbot.rehearsal.telegram.phone import phone_of
from userbot.store import conversations, journal, ledger, peers, tasks
from userbot.store.database import db
from userbot.store.tables import JournalRow
from userbot.telegram.updates import HISTORY_PAGE, Intake


async def soon() -> None:
    await asyncio.sleep(SOON_S)


def journal_size() -> int:
    return int(JournalRow.select().count())


def beside(room: Room) -> AbstractContextManager[sqlite3.Connection]:
    """The database's file as others see it."""
    return closing(sqlite3.connect(room.settings.database_path, isolation_level=None))


def everything_stored(room: Room) -> str:
    with beside(room) as file:
        return "".join(file.iterdump())


def new_message(peer: Any, text: str = "hello", message_id: int = 900_001, **fields: Any) -> types.UpdateNewMessage:
    """As Telegram pushes it, for what the loopback world has no people for. A pts of 0 is none."""
    message = types.Message(id=message_id, peer_id=peer, message=text, date=START, **fields)
    return types.UpdateNewMessage(message, pts=0, pts_count=0)


def wrapped(*some: Any) -> types.Updates:
    return types.Updates(updates=list(some), users=[], chats=[], date=START, seq=0)


def post(room: Room, text: str) -> int:
    """A message of ours in Saved Messages; returns its id."""
    ledger_id = ledger.queue(room.owner.id, "card", text, room.clock.now())
    posted = room.server.world.send(room.owner, room.owner, text)
    ledger.mark_sent(ledger_id, posted.id, room.clock.now())
    return posted.id


def ask_for(room: Room, account: Account) -> int:
    """The owner's command and the task it made."""
    command = room.server.world.send(room.owner, room.owner, ". ask them")
    return room.open_task(account, command.id)


# --- journal first


def test_the_handler_awaits_nothing() -> None:
    """Telegram's update state moves on before handlers run: what is not stored in the first step may be lost. So
    neither the handler nor anything it calls in its class is asynchronous, but for sweeps."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(Intake)))
    (intake,) = tree.body
    assert isinstance(intake, ast.ClassDef)
    asynchronous = [node for node in intake.body if isinstance(node, ast.AsyncFunctionDef)]
    assert [function.name for function in asynchronous] == ["_on_update", "sweep", "_evidence_but", "_history_since"]
    waits = (ast.Await, ast.AsyncFor, ast.AsyncWith)
    assert not [node for node in ast.walk(asynchronous[0]) if isinstance(node, waits)]


async def test_when_the_handler_returns_the_row_is_committed(room: Room, boris: Account) -> None:
    """One step of the coroutine does it all, and another connection to the file sees the row."""
    room.open_task(boris)
    handling = room.intake._on_update(new_message(types.PeerUser(boris.id)))
    with pytest.raises(StopIteration):
        handling.send(None)
    assert not db.in_transaction()
    with beside(room) as file:
        assert file.execute("SELECT text, state FROM journal").fetchall() == [("hello", "new")]


async def test_whoever_is_told_of_a_row_finds_it_committed(room: Room, boris: Account) -> None:
    room.open_task(boris)
    seen: list[tuple[int, bool]] = []
    room.intake._on_journaled = lambda peer_id: seen.append((journal_size(), db.in_transaction()))
    room.server.world.send(boris, room.owner, "hello")
    await soon()
    room.server.world.send(boris, room.owner, "hello?")
    await room.intake.sweep(boris.id)
    assert seen[0] == (1, False)
    assert not any(in_transaction for _, in_transaction in seen)


async def test_a_message_that_comes_twice_is_one_row(room: Room, boris: Account) -> None:
    room.open_task(boris)
    sent = room.server.world.send(boris, room.owner, "hello")
    await soon()
    again = new_message(types.PeerUser(boris.id), "hello", sent.twin_id or 0)
    for _ in range(3):
        room.server.push(room.owner, wrapped(again))
    await room.intake.sweep(boris.id)
    await soon()
    assert room.texts_of(boris) == ["hello"]
    assert room.journaled == [boris.id], "told once"
    assert peers.mark(boris.id) == 1


async def test_a_handled_message_that_comes_again_stays_handled(room: Room, boris: Account) -> None:
    room.open_task(boris)
    sent = room.server.world.send(boris, room.owner, "hello")
    await soon()
    journal.mark_handled([entry.id for entry in room.rows_of(boris)], "turn")
    room.server.push(room.owner, wrapped(new_message(types.PeerUser(boris.id), "hello", sent.twin_id or 0)))
    await soon()
    assert room.texts_of(boris, "handled") == ["hello"]


# --- whose messages are taken


async def test_a_contacts_message_with_everything_that_matters(room: Room, boris: Account) -> None:
    room.open_task(boris)
    asked = room.server.world.send(room.owner, boris, "when?")
    await soon()
    async with phone_of(room.server, boris) as phone:
        await phone.get_dialogs()
        (theirs,) = await phone.get_messages(room.owner.id)
        await theirs.reply("at three")
    await soon()
    entry = room.rows_of(boris)[-1]
    assert (entry.author, entry.text, entry.state, entry.reply_to) == ("contact", "at three", "new", asked.id)
    assert entry.sent_at == room.server.world.dialog(room.owner, boris)[-1].date
    assert entry.received_at >= entry.sent_at
    assert entry.media is None


async def test_what_is_not_text_says_what_it_is(room: Room, boris: Account) -> None:
    room.open_task(boris)
    world = room.server.world

    def document(*attributes: Any) -> types.MessageMediaDocument:
        file = types.Document(1, 1, b"", world.clock.now(), "application/octet-stream", 10, 2, list(attributes))
        return types.MessageMediaDocument(document=file)

    kinds = {
        "geo": types.MessageMediaGeo(types.GeoPoint(37.6, 55.7, 0)),
        "contact": types.MessageMediaContact("79000000009", "Vera", "", "", 0),
        "voice": document(types.DocumentAttributeAudio(3, voice=True)),
        "video_note": document(types.DocumentAttributeVideo(3, 100, 100, round_message=True)),
        "sticker": document(types.DocumentAttributeSticker("🎉", types.InputStickerSetEmpty())),
        "document": document(types.DocumentAttributeFilename("plan.pdf")),
    }
    for media in kinds.values():
        world.send(boris, room.owner, media=media)
    await soon()
    assert [(entry.media, entry.text) for entry in room.rows_of(boris)] == [(kind, "") for kind in kinds]


@pytest.mark.parametrize(
    "page",
    [types.WebPage(1, "https://example.org", "example.org", 0), types.WebPagePending(1, START), types.WebPageEmpty(1)],
)
async def test_a_link_with_its_preview_is_text(room: Room, boris: Account, page: Any) -> None:
    room.open_task(boris)
    preview = types.MessageMediaWebPage(page)
    room.server.push(
        room.owner, wrapped(new_message(types.PeerUser(boris.id), "see https://example.org", media=preview))
    )
    await soon()
    assert [(entry.media, entry.text) for entry in room.rows_of(boris)] == [(None, "see https://example.org")]


async def test_the_short_form_of_an_update_is_a_message_too(room: Room, boris: Account) -> None:
    room.open_task(boris)
    room.server.push(
        room.owner,
        types.UpdateShortMessage(900_001, boris.id, "hello", pts=0, pts_count=0, date=START, out=False),
    )
    await soon()
    assert [(entry.author, entry.text) for entry in room.rows_of(boris)] == [("contact", "hello")]


async def test_of_other_dialogs_nothing_is_stored(room: Room, boris: Account, vera: Account) -> None:
    """Neither what a stranger writes, edits or deletes, nor what the owner writes to them, nor that they type."""
    room.open_task(vera)
    world = room.server.world
    theirs = world.send(boris, room.owner, "hello")
    world.send(room.owner, boris, "hello yourself")
    world.edit(boris, theirs.id, "hello there")
    world.type(boris, room.owner, types.SendMessageTypingAction())
    world.delete(boris, [theirs.id])
    await soon()
    assert await room.intake.sweep(boris.id) == 0
    assert room.server.requests_of(room.owner, "messages.GetHistory") == []
    assert journal_size() == 0
    assert peers.contact(boris.id) is None
    assert (room.journaled, room.typed) == ([], [])
    kept = everything_stored(room)
    assert "hello" not in kept
    assert str(boris.id) not in kept


async def test_a_task_lately_closed_still_listens_and_one_long_closed_does_not(room: Room, boris: Account) -> None:
    task_id = room.open_task(boris)
    moves.stop(task_id, room.clock.now())
    room.server.world.send(boris, room.owner, "one more thing")
    await soon()
    assert room.texts_of(boris) == ["one more thing"]
    room.clock.move_on(moves.LATELY + timedelta(minutes=1))
    room.server.world.send(boris, room.owner, "and how are you?")
    await soon()
    assert room.texts_of(boris) == ["one more thing"]


async def test_the_service_account_is_never_read(room: Room, server: TelegramServer) -> None:
    """Login codes arrive there. Not even a task that should not exist opens the door."""
    room.open_task(server.world.service)
    server.world.send(server.world.service, room.owner, "Login code: 12345")
    server.world.type(server.world.service, room.owner, types.SendMessageTypingAction())
    await soon()
    assert journal_size() == 0
    assert (room.journaled, room.typed) == ([], [])


async def test_groups_and_channels_are_never_read(room: Room, boris: Account) -> None:
    """Not though their ids, or who writes in them, are those of a contact with a task."""
    room.open_task(boris)
    author = types.PeerUser(boris.id)
    in_group = new_message(types.PeerChat(boris.id), from_id=author)
    in_channel = types.UpdateNewChannelMessage(
        types.Message(id=5, peer_id=types.PeerChannel(boris.id), message="hello", date=START, from_id=author), 0, 0
    )
    edited = types.UpdateEditChannelMessage(in_channel.message, 0, 0)
    for update in (in_group, in_channel, edited):
        room.server.push(room.owner, wrapped(update))
    room.server.push(
        room.owner,
        types.UpdateShortChatMessage(6, boris.id, boris.id, ".tasks", pts=0, pts_count=0, date=START),
    )
    # What Telethon makes of it need not come through a connection.
    for update in (in_group, in_channel, edited):
        await room.intake._on_update(update)
    await soon()
    assert journal_size() == 0


async def test_a_bot_without_a_task_is_nobody(room: Room, server: TelegramServer) -> None:
    bot = server.world.add_account("+79000000008", "Helper", bot=True)
    server.world.send(bot, room.owner, ".tasks")
    await soon()
    assert journal_size() == 0


async def test_service_messages_are_no_messages(room: Room, boris: Account) -> None:
    room.open_task(boris)
    call = types.MessageService(
        id=5, peer_id=types.PeerUser(boris.id), date=START, action=types.MessageActionPhoneCall(1)
    )
    room.server.push(room.owner, wrapped(types.UpdateNewMessage(call, 0, 0)))
    await soon()
    assert journal_size() == 0


async def test_typing_is_a_hint_about_contacts_only(room: Room, boris: Account) -> None:
    room.open_task(boris)
    world = room.server.world
    world.send(room.owner, boris, "when?")
    world.type(boris, room.owner, types.SendMessageTypingAction())
    await soon()
    assert room.typed == [boris.id]
    world.type(boris, room.owner, types.SendMessageCancelAction())
    await soon()
    assert room.typed == [boris.id], "somebody who stopped typing is not typing"
    assert room.rows_of(boris)[0].author == "owner"


# --- commands


async def test_a_command_typed_on_another_device(room: Room, owners_phone: TelegramClient) -> None:
    await owners_phone.send_message("me", ".tasks")
    await soon()
    (entry,) = room.rows_of(room.owner)
    assert (entry.author, entry.text, entry.state) == ("owner", ".tasks", "new")
    assert room.journaled == [room.owner.id]


async def test_other_notes_are_not_read(room: Room, owners_phone: TelegramClient) -> None:
    for text in ("buy milk", "x.tasks", "…"):
        await owners_phone.send_message("me", text)
    note = await owners_phone.send_message("me", "buy bread")
    await note.reply("and butter")
    await soon()
    await room.intake.sweep(room.owner.id)
    assert journal_size() == 0
    kept = everything_stored(room)
    assert "milk" not in kept
    assert "butter" not in kept


async def test_a_forwarded_command_is_somebody_elses_text(
    room: Room, boris: Account, owners_phone: TelegramClient
) -> None:
    room.server.world.send(boris, room.owner, ". write to everybody")
    await owners_phone.get_dialogs()
    (theirs,) = await owners_phone.get_messages(boris.id)
    await theirs.forward_to("me")
    own = await owners_phone.send_message(boris.id, ". said to Boris")
    await own.forward_to("me")
    await soon()
    assert [message.text for message in room.server.world.dialog(room.owner, room.owner)] == [
        ". write to everybody",
        ". said to Boris",
    ]
    assert journal_size() == 0
    card = post(room, "a card")
    origin = ForwardedFrom(boris.id, room.clock.now())
    room.server.world.send(room.owner, room.owner, "yes", forwarded_from=origin, reply_to=ReplyTo(card))
    await soon()
    assert journal_size() == 0


async def test_a_command_by_way_of_a_bot_is_not_the_owners(room: Room) -> None:
    room.server.push(
        room.owner, wrapped(new_message(types.PeerUser(room.owner.id), ".stop 1", via_bot_id=42, out=True))
    )
    await soon()
    assert journal_size() == 0


async def test_an_edit_makes_no_command(room: Room, owners_phone: TelegramClient) -> None:
    """Neither of a note, nor again of a command that was carried out."""
    note = await owners_phone.send_message("me", "tasks")
    command = await owners_phone.send_message("me", ".stop 1")
    await soon()
    journal.mark_handled([entry.id for entry in room.rows_of(room.owner)], None)
    told = len(room.journaled)
    await note.edit(".tasks")
    await command.edit(".stop 2")
    await soon()
    assert [(entry.text, entry.state) for entry in room.rows_of(room.owner)] == [(".stop 1", "handled")]
    assert len(room.journaled) == told


async def test_a_command_nobody_has_read_yet_is_read_as_it_was_changed(
    room: Room, owners_phone: TelegramClient
) -> None:
    command = await owners_phone.send_message("me", ". ask Boris about Monday")
    await soon()
    await command.edit(". ask Boris about Tuesday")
    await soon()
    assert room.texts_of(room.owner, "new") == [". ask Boris about Tuesday"]
    assert len(room.journaled) == 2


async def test_a_reply_to_one_of_ours_needs_no_prefix(room: Room, owners_phone: TelegramClient) -> None:
    card = post(room, "Which Boris?")
    await owners_phone.send_message("me", "the second", reply_to=card)
    await soon()
    (entry,) = room.rows_of(room.owner)
    assert (entry.text, entry.state, entry.reply_to) == ("the second", "new", card)


async def test_a_reply_to_what_we_wrote_elsewhere_is_a_note(room: Room, boris: Account) -> None:
    """A message of a contact's dialog can be quoted in Saved Messages: that is no answer to a card."""
    ours = room.queue(boris, "when?")
    sent = room.server.world.send(room.owner, boris, "when?")
    ledger.mark_sent(ours, sent.id, room.clock.now())
    card = post(room, "a card")
    quote = types.MessageReplyHeader(reply_to_msg_id=sent.id, reply_to_peer_id=types.PeerUser(boris.id))
    same_id = types.MessageReplyHeader(reply_to_msg_id=card, reply_to_peer_id=types.PeerUser(boris.id))
    for n, reply_to in enumerate((quote, same_id, types.MessageReplyHeader(reply_to_msg_id=sent.id))):
        update = new_message(types.PeerUser(room.owner.id), "a note", 900_001 + n, reply_to=reply_to)
        room.server.push(room.owner, wrapped(update))
    await soon()
    assert room.rows_of(room.owner) == []


@pytest.mark.parametrize("text", [".stop 1", "yes", "...", ". ask Boris"])
async def test_what_we_post_ourselves_is_no_command(room: Room, text: str) -> None:
    """Sent while an answer is lost, our own note comes back as an event before anybody knows its id."""
    card = post(room, "a card")
    await room.intake.sweep(room.owner.id)
    ledger_id = ledger.queue(room.owner.id, "answer", text, room.clock.now(), reply_to=card)
    room.server.faults.never_answer(method=SEND)
    room.deliver()
    await soon()
    await room.stop_delivering()
    posted = room.server.world.dialog(room.owner, room.owner)[-1]
    own = new_message(
        types.PeerUser(room.owner.id), text, posted.id, reply_to=types.MessageReplyHeader(reply_to_msg_id=card)
    )
    room.server.push(room.owner, wrapped(own))
    await soon()
    await room.intake.sweep(room.owner.id)
    takeovers.settle_commands(room.owner.id)
    assert room.texts_of(room.owner, "new") == []
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    takeovers.settle_commands(room.owner.id)
    assert room.rows_of(room.owner) == []
    room.server.push(room.owner, wrapped(own))
    await soon()
    assert room.rows_of(room.owner) == []


async def test_a_stop_does_not_wait_for_our_own_note(room: Room, owners_phone: TelegramClient) -> None:
    """While the outcome of one of our own is unknown, only what reads like it is held back; and when it turns out to
    be the owner's after all, it is carried out."""
    ledger_id = ledger.queue(room.owner.id, "answer", ".tasks", room.clock.now())
    ledger.start_sending(ledger_id)
    await owners_phone.send_message("me", ".stop 1")
    await owners_phone.send_message("me", ".tasks")
    await soon()
    assert room.texts_of(room.owner, "new") == [".stop 1"]
    takeovers.settle_commands(room.owner.id)
    assert room.texts_of(room.owner, "new") == [".stop 1"]
    ledger.mark_sent(ledger_id, 900_001, room.clock.now())
    takeovers.settle_commands(room.owner.id)
    assert room.texts_of(room.owner, "new") == [".stop 1", ".tasks"]


# --- edits and deletions


async def test_an_edit_makes_a_message_new_again_with_its_last_text(room: Room, boris: Account) -> None:
    room.open_task(boris)
    sent = room.server.world.send(boris, room.owner, "at three")
    await soon()
    journal.mark_handled([entry.id for entry in room.rows_of(boris)], "turn")
    before = peers.mark(boris.id)
    room.server.world.edit(boris, sent.id, "at four")
    await soon()
    (entry,) = room.rows_of(boris)
    assert (entry.text, entry.state, entry.revision) == ("at four", "new", 2)
    assert room.journaled == [boris.id] * 2
    assert peers.mark(boris.id) > before, "a turn that has read the old text must notice"


async def test_a_reaction_is_no_edit(room: Room, boris: Account) -> None:
    room.open_task(boris)
    sent = room.server.world.send(boris, room.owner, "at three")
    await soon()
    journal.mark_handled([entry.id for entry in room.rows_of(boris)], "turn")
    before = (peers.mark(boris.id), list(room.journaled))
    message = new_message(types.PeerUser(boris.id), "at three", sent.twin_id or 0, edit_hide=True).message
    room.server.push(room.owner, wrapped(types.UpdateEditMessage(message, 0, 0)))
    await soon()
    assert room.texts_of(boris, "handled") == ["at three"]
    assert (peers.mark(boris.id), room.journaled) == before


async def test_a_deleted_message_is_gone_from_the_conversation(room: Room, boris: Account, vera: Account) -> None:
    """Telegram says only the id, not in which dialog."""
    room.open_task(boris)
    room.open_task(vera)
    sent = room.server.world.send(boris, room.owner, "at three")
    room.server.world.send(vera, room.owner, "hello")
    await soon()
    room.journaled.clear()
    room.server.world.delete(boris, [sent.id])
    await soon()
    assert room.texts_of(boris, "deleted") == ["at three"]
    assert conversations.dialog(boris.id, 20) == []
    assert room.texts_of(vera, "new") == ["hello"]
    assert room.journaled == [boris.id]
    late = new_message(types.PeerUser(boris.id), "at five", sent.twin_id or 0).message
    room.server.push(room.owner, wrapped(types.UpdateEditMessage(late, 0, 0)))
    await soon()
    assert room.texts_of(boris, "deleted") == ["at three"], "it does not come back"


# --- who wrote


async def test_the_owner_typing_in_the_dialog_takes_over(
    room: Room, boris: Account, owners_phone: TelegramClient
) -> None:
    room.open_task(boris)
    await owners_phone.send_message("boris", "I'll take it from here")
    await soon()
    (entry,) = room.rows_of(boris)
    assert (entry.author, entry.state) == ("owner", "held")
    assert room.journaled == [boris.id]
    assert room.owner_took_over(boris)
    (line,) = conversations.dialog(boris.id, 20)
    assert (line.speaker, line.text) == ("owner", "I'll take it from here")


async def test_a_short_update_of_the_owners_own_typing(room: Room, boris: Account) -> None:
    room.open_task(boris)
    room.server.push(
        room.owner,
        types.UpdateShortMessage(900_001, boris.id, "mine", pts=0, pts_count=0, date=START, out=True),
    )
    await soon()
    assert room.owner_took_over(boris)


def replayed_by_the_difference(room: Room, sent: Message) -> None:
    room.server.push(room.owner, types.UpdatesTooLong())


def replayed_alone(room: Room, sent: Message) -> None:
    room.server.push(room.owner, wrapped(new_message(types.PeerUser(sent.peer_id), sent.text, sent.id, out=True)))


REPLAYS: list[Callable[[Room, Message], None]] = [replayed_by_the_difference, replayed_alone]


@pytest.mark.parametrize("replay", REPLAYS)
async def test_our_own_message_as_an_event_is_not_the_owners(
    room: Room, boris: Account, replay: Callable[[Room, Message], None]
) -> None:
    room.open_task(boris)
    room.queue(boris, "hello")
    room.deliver()
    await room.until(lambda: room.sent)
    (sent,) = room.server.world.dialog(room.owner, boris)
    replay(room, sent)
    await room.intake.sweep(boris.id)
    await soon()
    assert room.rows_of(boris) == []
    assert peers.mark(boris.id) == 0, "a turn that is under way is not disturbed"
    assert not room.owner_took_over(boris)
    assert [line.speaker for line in conversations.dialog(boris.id, 20)] == ["assistant"]


@pytest.mark.parametrize("replay", REPLAYS)
async def test_while_a_send_is_open_nobody_is_said_to_have_written(
    room: Room, boris: Account, replay: Callable[[Room, Message], None]
) -> None:
    """The message is out, the answer is lost, and the message comes back as an event: the question is held until the
    ledger knows."""
    room.open_task(boris)
    ledger_id = room.queue(boris, "hello")
    room.server.faults.never_answer(method=SEND)
    room.deliver()
    await soon()
    (sent,) = room.server.world.dialog(room.owner, boris)
    replay(room, sent)
    await soon()
    await room.intake.sweep(boris.id)
    assert not room.owner_took_over(boris)
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert not room.owner_took_over(boris)
    assert room.rows_of(boris) == []
    assert [(line.speaker, line.text) for line in conversations.dialog(boris.id, 20)] == [("assistant", "hello")]


async def test_the_owner_typing_while_a_send_is_open_is_found_out_afterwards(
    room: Room, boris: Account, owners_phone: TelegramClient
) -> None:
    room.open_task(boris)
    ledger_id = room.queue(boris, "hello")
    room.server.faults.never_answer(method=SEND, account=room.owner, executed=False)
    room.deliver()
    await soon()
    await owners_phone.send_message("boris", "wait, let me")
    await soon()
    assert not room.owner_took_over(boris)
    assert room.texts_of(boris, "held") == ["wait, let me"]
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert room.owner_took_over(boris)
    assert room.texts_of(boris) == ["wait, let me"]


async def test_the_difference_tells_which_message_a_row_became(room: Room, boris: Account) -> None:
    """Killed after Telegram had taken the message: the row is resolved before anything is sent again, and the
    message is ours."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", purpose="opening", task_id=task_id)
    room.server.faults.never_answer(method=SEND)
    room.deliver()
    await soon()
    await room.stop()
    assert room.row(ledger_id).state == "sending"
    await room.start()
    (sent,) = room.server.world.dialog(room.owner, boris)
    row = room.row(ledger_id)
    assert (row.state, row.message_id) == ("sent", sent.id)
    assert [one.id for one in room.sent] == [ledger_id]
    task = tasks.get(task_id)
    assert task is not None
    assert task.status == "in_progress"
    await room.intake.sweep(boris.id)
    assert not room.owner_took_over(boris)
    room.deliver()
    await asyncio.sleep(60)
    assert len(room.random_ids()) == 1


async def test_somebody_elses_random_id_is_nothing(room: Room) -> None:
    room.server.push(room.owner, wrapped(types.UpdateMessageID(5, 12345)))
    await soon()
    assert room.sent == []


# --- what came while nobody listened


async def test_what_came_while_offline_is_there_once(room: Room, boris: Account, owners_phone: TelegramClient) -> None:
    """By the difference at the start, and by the sweep; in order, each once."""
    room.open_task(boris)
    await room.intake.sweep(boris.id)
    await room.intake.sweep(room.owner.id)
    await room.stop()
    for text in ("one", "two", "three"):
        room.server.world.send(boris, room.owner, text)
    await owners_phone.send_message("me", ".tasks")
    await room.start()
    assert room.texts_of(boris, "new") == ["one", "two", "three"]
    assert room.texts_of(room.owner, "new") == [".tasks"]
    assert await room.intake.sweep(boris.id) == 0
    assert await room.intake.sweep(room.owner.id) == 0


async def test_what_the_difference_skips_the_sweep_finds(
    room: Room, boris: Account, owners_phone: TelegramClient
) -> None:
    """After too long Telegram gives no difference, and Telethon says nothing about it."""
    room.open_task(boris)
    await room.intake.sweep(boris.id)
    await room.intake.sweep(room.owner.id)
    await room.stop()
    for text in ("one", "two"):
        room.server.world.send(boris, room.owner, text)
    await owners_phone.send_message("me", ".tasks")
    room.owner.box.forget_changes()
    await room.start()
    assert journal_size() == 0
    room.journaled.clear()
    assert await room.intake.sweep(boris.id) == 2
    assert await room.intake.sweep(room.owner.id) == 1
    assert await room.intake.sweep(boris.id) == 0
    assert room.texts_of(boris, "new") == ["one", "two"]
    assert room.texts_of(room.owner, "new") == [".tasks"]
    assert room.journaled == [boris.id, room.owner.id]


async def test_updates_that_stopped_are_made_up_for(room: Room, boris: Account) -> None:
    """Connected, and yet nothing comes: asking for the difference brings it, and what is pushed later is no news."""
    room.open_task(boris)
    room.server.hold_updates(room.owner)
    room.server.world.send(boris, room.owner, "hello")
    await soon()
    assert journal_size() == 0
    await room.client.catch_up()
    await soon()
    room.server.release_updates(room.owner)
    await soon()
    assert room.texts_of(boris) == ["hello"]
    assert room.journaled == [boris.id]


async def test_the_first_sweep_of_saved_messages_executes_nothing(room: Room, owners_phone: TelegramClient) -> None:
    """What was typed before the program came is not for it; what is typed from then on is."""
    await room.stop()
    for n in range(3):
        await owners_phone.send_message("me", f".stop {n}")
    room.owner.box.forget_changes()
    await room.start()
    assert await room.intake.sweep(room.owner.id) == 0
    assert journal_size() == 0
    await room.stop()
    await owners_phone.send_message("me", ".tasks")
    room.owner.box.forget_changes()
    await room.start()
    assert await room.intake.sweep(room.owner.id) == 1
    assert room.texts_of(room.owner) == [".tasks"]


async def test_what_was_said_before_the_task_is_history(room: Room, boris: Account) -> None:
    """It is read, for the tone of the dialog, and nothing follows from it: no turn, and no takeover by what the owner
    wrote last week."""
    world = room.server.world
    room.server.hold_updates(room.owner)
    for n in range(30):
        world.send(boris, room.owner, f"old {n}")
        world.send(room.owner, boris, f"own {n}")
    room.clock.move_on(timedelta(days=1))
    ask_for(room, boris)
    await room.intake.sweep(boris.id)
    rows = room.rows_of(boris)
    assert len(rows) == room.history
    assert {entry.state for entry in rows} == {"history"}
    assert [entry.text for entry in rows[-2:]] == ["old 29", "own 29"]
    assert (rows[-1].author, rows[-2].author) == ("owner", "contact")
    assert room.journaled == []
    assert not room.owner_took_over(boris)
    assert peers.mark(boris.id) == 0


async def test_what_was_written_before_the_task_and_is_replayed_after_a_crash_is_history(
    room: Room, boris: Account, owners_phone: TelegramClient
) -> None:
    """Telethon saves its state now and then: killed in between, updates come again, now that the dialog is of
    interest. Taken as news, the owner's own greeting would stop the task they gave a moment later."""
    greeting = await owners_phone.send_message("boris", "hi, my assistant will write to you")
    room.server.world.send(boris, room.owner, "ok")
    await soon()
    assert journal_size() == 0
    ask_for(room, boris)
    for text, message_id, out in (("hi, my assistant will write to you", greeting.id, True), ("ok", None, False)):
        known = message_id or room.server.world.dialog(room.owner, boris)[-1].id
        room.server.push(room.owner, wrapped(new_message(types.PeerUser(boris.id), text, known, out=out)))
    await soon()
    assert not room.owner_took_over(boris)
    assert [(entry.author, entry.state) for entry in room.rows_of(boris)] == [
        ("owner", "history"),
        ("contact", "history"),
    ]
    assert boris.id not in room.journaled


@pytest.mark.parametrize("is_command_known", [True, False])
async def test_what_came_after_the_task_began_is_new_however_late_it_is_read(
    room: Room, boris: Account, is_command_known: bool
) -> None:
    """By the command's id, which clocks that differ cannot confuse, or by the time."""
    world = room.server.world
    room.server.hold_updates(room.owner)
    world.send(boris, room.owner, "before")
    command = world.send(room.owner, room.owner, ". ask Boris")
    if not is_command_known:
        room.clock.move_on(timedelta(minutes=1))
    room.open_task(boris, command.id if is_command_known else None)
    for n in range(room.history + 5):
        world.send(boris, room.owner, f"after {n}")
    await room.intake.sweep(boris.id)
    assert room.texts_of(boris, "history") == ["before"]
    assert room.texts_of(boris, "new") == [f"after {n}" for n in range(room.history + 5)]


async def test_a_new_task_reads_no_more_of_an_old_dialog_than_its_last_messages(room: Room, boris: Account) -> None:
    """Between two tasks with the same person months may lie, which are nobody's business."""
    world = room.server.world
    first = room.open_task(boris)
    world.send(boris, room.owner, "hello")
    await soon()
    await room.intake.sweep(boris.id)
    moves.stop(first, room.clock.now())
    room.clock.move_on(moves.LATELY * 2)
    room.server.hold_updates(room.owner)
    for n in range(HISTORY_PAGE * 2):
        world.send(boris, room.owner, f"private {n}")
    await soon()
    room.clock.move_on(timedelta(days=1))
    ask_for(room, boris)
    await room.intake.sweep(boris.id)
    assert len(room.texts_of(boris, "history")) == room.history
    assert room.texts_of(boris)[-1] == f"private {HISTORY_PAGE * 2 - 1}"
    asked = len(room.server.requests_of(room.owner, "messages.GetHistory"))
    assert await room.intake.sweep(boris.id) == 0
    assert len(room.server.requests_of(room.owner, "messages.GetHistory")) == asked + 1


async def test_more_than_a_page_was_missed(room: Room, boris: Account) -> None:
    world = room.server.world
    ask_for(room, boris)
    await room.intake.sweep(boris.id)
    await room.stop()
    texts = [f"message {n}" for n in range(HISTORY_PAGE * 2 + 30)]
    for text in texts:
        world.send(boris, room.owner, text)
    room.owner.box.forget_changes()
    await room.start()
    assert await room.intake.sweep(boris.id) == len(texts)
    assert room.texts_of(boris, "new") == texts
    assert await room.intake.sweep(boris.id) == 0


async def test_a_sweep_brings_the_edit_that_no_update_brought(room: Room, boris: Account) -> None:
    """Edits inside a difference may be dropped; the history holds the last text."""
    ask_for(room, boris)
    sent = room.server.world.send(boris, room.owner, "at three")
    await soon()
    journal.mark_handled([entry.id for entry in room.rows_of(boris)], "turn")
    room.server.hold_updates(room.owner)
    room.server.world.edit(boris, sent.id, "at four")
    room.journaled.clear()
    await room.intake.sweep(boris.id)
    assert room.texts_of(boris, "new") == ["at four"]
    assert room.journaled == [boris.id]


async def test_a_sweep_does_not_move_on_while_a_send_is_open(
    room: Room, boris: Account, owners_phone: TelegramClient
) -> None:
    ask_for(room, boris)
    await room.intake.sweep(boris.id)
    start = peers.swept_to(boris.id)
    ledger_id = room.queue(boris, "hello")
    room.server.faults.never_answer(method=SEND)
    room.server.hold_updates(room.owner)
    room.deliver()
    await soon()
    await owners_phone.send_message("boris", "mine")
    await room.intake.sweep(boris.id)
    assert peers.swept_to(boris.id) == start
    assert room.texts_of(boris, "held") == ["hello", "mine"]
    assert not room.owner_took_over(boris)
    await room.until(lambda: room.row(ledger_id).state == "sent")
    await room.intake.sweep(boris.id)
    assert peers.swept_to(boris.id) == room.server.world.dialog(room.owner, boris)[-1].id
    assert room.owner_took_over(boris)
    assert room.texts_of(boris) == ["mine"]


async def test_a_sweep_that_fails_is_not_taken_for_an_empty_dialog(room: Room, boris: Account) -> None:
    ask_for(room, boris)
    await room.intake.sweep(boris.id)
    room.server.hold_updates(room.owner)
    room.server.world.send(boris, room.owner, "hello")
    room.server.faults.refuse(420, "FLOOD_WAIT_30", method="messages.GetHistory")
    with pytest.raises(TelegramUnavailable):
        await room.intake.sweep(boris.id)
    room.server.faults.refuse(400, "PEER_ID_INVALID", method="messages.GetHistory")
    assert await room.intake.sweep(boris.id) == 0, "a dialog Telegram does not show must not stop the program"
    assert await room.intake.sweep(boris.id) == 1


async def test_a_broken_sweep_leaves_nothing_half_done(room: Room, boris: Account) -> None:
    """Rows and the mark how far was read are one transaction."""
    room.server.hold_updates(room.owner)
    ask_for(room, boris)
    for text in ("one", "two"):
        room.server.world.send(boris, room.owner, text)
    trigger = (
        "CREATE TRIGGER full BEFORE INSERT ON journal WHEN NEW.text = 'two' BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with beside(room) as file:
        file.execute(trigger)
    with pytest.raises(Exception, match="full"):
        await room.intake.sweep(boris.id)
    assert (journal_size(), peers.swept_to(boris.id), room.journaled) == (0, 0, [])
    with beside(room) as file:
        file.execute("DROP TRIGGER full")
    assert await room.intake.sweep(boris.id) == 2


async def test_what_was_changed_and_deleted_while_the_program_was_off(room: Room, boris: Account) -> None:
    """Telethon drops both out of a difference: they must be let through."""
    room.open_task(boris, command_message_id=None)
    edited = room.server.world.send(boris, room.owner, "at five")
    deleted = room.server.world.send(boris, room.owner, "or never")
    await asyncio.sleep(SOON_S)
    assert room.texts_of(boris, "new") == ["at five", "or never"]
    await room.stop()
    room.server.world.edit(boris, edited.id, "at six")
    room.server.world.send(boris, room.owner, "well?")
    room.server.world.delete(boris, [deleted.id])
    await room.start()
    assert room.texts_of(boris, "new") == ["at six", "well?"]
    assert room.texts_of(boris, "deleted") == ["or never"]


# --- what no update brings any more


def skip_all(room: Room) -> None:
    """As after a difference that is too long: what happened is in the dialogs only."""
    room.server.release_updates(room.owner, lambda held: [])
    room.owner.box.forget_changes()


def closed_by(room: Room, account: Account, text: str) -> tuple[int, Message]:
    """A task that the contact's message `text` settled; returns its number and that message, in the contact's box."""
    ask_for(room, account)
    (task,) = tasks.open_with(account.id)
    said = room.server.world.send(account, room.owner, text)
    tasks.change(
        task.id,
        who="model",
        what="agreed",
        now=room.clock.now(),
        status="completed",
        closed_because="agreed",
        result={"answer": text},
        evidence=[said.twin_id],
        waiting_for=None,
    )
    return task.id, said


async def test_a_sweep_looks_again_at_what_was_read_before(room: Room, boris: Account) -> None:
    """An edit and a deletion that only the history tells of, of messages that an earlier sweep has passed."""
    ask_for(room, boris)
    said = [room.server.world.send(boris, room.owner, text) for text in ("at three", "or never", "well?")]
    await room.intake.sweep(boris.id)
    journal.mark_handled([entry.id for entry in room.rows_of(boris)], "turn")
    room.server.hold_updates(room.owner)
    room.server.world.edit(boris, said[0].id, "at four")
    room.server.world.delete(boris, [said[1].id])
    skip_all(room)
    room.journaled.clear()
    assert await room.intake.sweep(boris.id) == 0
    assert room.texts_of(boris, "new") == ["at four"]
    assert room.texts_of(boris, "deleted") == ["or never"]
    assert room.journaled == [boris.id]
    asked = len(room.server.requests_of(room.owner, "messages.GetHistory"))
    await room.intake.sweep(boris.id)
    assert len(room.server.requests_of(room.owner, "messages.GetHistory")) == asked + 1, "a quiet dialog is one request"
    assert room.journaled == [boris.id], "and no news"


async def test_an_edit_that_was_faster_than_a_sweeps_answer_is_not_undone(room: Room, boris: Account) -> None:
    ask_for(room, boris)
    said = room.server.world.send(boris, room.owner, "at three")
    await room.intake.sweep(boris.id)
    room.server.faults.delay(5, executed_first=True, method="messages.GetHistory")
    sweeping = asyncio.create_task(room.intake.sweep(boris.id))
    await asyncio.sleep(1)
    room.server.world.edit(boris, said.id, "at four")
    await sweeping
    assert room.texts_of(boris) == ["at four"]


async def test_the_newest_message_is_not_taken_for_deleted_because_an_answer_lacks_it(
    room: Room, boris: Account
) -> None:
    ask_for(room, boris)
    room.server.world.send(boris, room.owner, "at three")
    await room.intake.sweep(boris.id)
    room.server.faults.delay(5, executed_first=True, method="messages.GetHistory")
    sweeping = asyncio.create_task(room.intake.sweep(boris.id))
    await asyncio.sleep(1)
    room.server.world.send(boris, room.owner, "or at four")
    await sweeping
    assert room.texts_of(boris, "new") == ["at three", "or at four"]


async def test_after_the_end_a_sweep_finds_what_was_written_changed_and_deleted(
    room: Room, boris: Account, vera: Account
) -> None:
    """However long ago the settling message was: more was said since than a sweep looks at again."""
    _, agreed = closed_by(room, boris, "yes, at three")
    for n in range(room.history + 5):
        room.server.world.send(boris, room.owner, f"and another thing {n}")
    _, refused = closed_by(room, vera, "no")
    room.server.world.send(vera, room.owner, "sorry")
    for account in (boris, vera):
        await room.intake.sweep(account.id)
        journal.mark_handled([entry.id for entry in room.rows_of(account)], "turn")
    room.server.hold_updates(room.owner)
    room.server.world.edit(boris, agreed.id, "no, at four")
    room.server.world.send(boris, room.owner, "did you see?")
    room.server.world.delete(vera, [refused.id])
    skip_all(room)
    room.journaled.clear()
    assert await room.intake.sweep(boris.id) == 1
    assert await room.intake.sweep(vera.id) == 0
    assert room.texts_of(boris, "new") == ["no, at four", "did you see?"]
    assert room.texts_of(vera, "deleted") == ["no"]
    assert [peer_id for peer_id in room.journaled if peer_id != room.owner.id] == [boris.id, vera.id]


async def test_a_task_closed_before_its_dialog_was_ever_read_leaves_what_was_before_it_as_history(
    room: Room, boris: Account
) -> None:
    room.server.hold_updates(room.owner)
    room.server.world.send(boris, room.owner, "long ago")
    room.server.world.send(room.owner, boris, "mine, long ago")
    closed_by(room, boris, "yes")
    room.server.world.send(boris, room.owner, "wait")
    await room.intake.sweep(boris.id)
    assert room.texts_of(boris, "history") == ["long ago", "mine, long ago"]
    assert room.texts_of(boris, "new") == ["yes", "wait"]


async def test_a_task_closed_long_ago_is_not_read_again(room: Room, boris: Account) -> None:
    closed_by(room, boris, "yes")
    await room.intake.sweep(boris.id)
    room.clock.move_on(moves.LATELY + timedelta(minutes=1))
    before = len(room.server.requests_of(room.owner))
    assert await room.intake.sweep(boris.id) == 0
    assert len(room.server.requests_of(room.owner)) == before
