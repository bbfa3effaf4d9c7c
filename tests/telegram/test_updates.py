"""Protects the way in: what concerns the program is in the journal, once and before anything else happens; of what
does not concern it nothing is stored; and nobody's words are taken for somebody else's (invariants 1, 5 and 6)."""

import ast
import inspect
import textwrap
from datetime import timedelta
from typing import Any

import pytest
from telethon.tl import types

from tests.telegram.conftest import (
    START,
    Room,
    beside,
    everything_stored,
    journal_size,
    new_message,
    soon,
    wrapped,
)
from userbot.conversation import moves
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of
from userbot.store import conversations, journal, peers
from userbot.store.database import db
from userbot.telegram.updates import Intake

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
