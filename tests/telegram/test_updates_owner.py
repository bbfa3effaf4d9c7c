"""Protects the owner's words: which of what they type is a command, which is a takeover, and which is our own message
(invariant 5)."""

import asyncio
from collections.abc import Callable

import pytest
from telethon import TelegramClient
from telethon.tl import types

from tests.telegram.conftest import SEND, START, Room, everything_stored, journal_size, new_message, soon, wrapped
from userbot.conversation import takeovers
from userbot.rehearsal.telegram import Account, Message
from userbot.rehearsal.telegram.message import ForwardedFrom, ReplyTo
from userbot.store import conversations, journal, ledger, peers, tasks


def post(room: Room, text: str) -> int:
    """A message of ours in Saved Messages; returns its id."""
    ledger_id = ledger.queue(room.owner.id, "card", text, room.clock.now())
    posted = room.server.world.send(room.owner, room.owner, text)
    ledger.mark_sent(ledger_id, posted.id, room.clock.now())
    return posted.id


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
