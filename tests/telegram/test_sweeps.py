"""Protects what nobody was told of: what came, changed or went meanwhile is found by reading dialogs."""

import asyncio
from datetime import timedelta

import pytest
from telethon import TelegramClient
from telethon.tl import types

from tests.telegram.conftest import SEND, SOON_S, Room, beside, journal_size, new_message, soon, wrapped
from userbot.conversation import moves
from userbot.errors import TelegramUnavailable
from userbot.rehearsal.telegram import Account, Message
from userbot.store import journal, peers, tasks
from userbot.telegram.updates import HISTORY_PAGE


def ask_for(room: Room, account: Account) -> int:
    """The owner's command and the task it made."""
    command = room.server.world.send(room.owner, room.owner, ". ask them")
    return room.open_task(account, command.id)


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


async def slowly_swept(room: Room, boris: Account) -> tuple[Message, asyncio.Task[int]]:
    """Boris has written, and a sweep is under way whose answer is made already and takes its time to come."""
    ask_for(room, boris)
    said = room.server.world.send(boris, room.owner, "at three")
    await room.intake.sweep(boris.id)
    room.server.faults.delay(5, executed_first=True, method="messages.GetHistory")
    sweeping = asyncio.create_task(room.intake.sweep(boris.id))
    await asyncio.sleep(1)
    return said, sweeping


async def test_an_edit_that_was_faster_than_a_sweeps_answer_is_not_undone(room: Room, boris: Account) -> None:
    said, sweeping = await slowly_swept(room, boris)
    room.server.world.edit(boris, said.id, "at four")
    await sweeping
    assert room.texts_of(boris) == ["at four"]


async def test_the_newest_message_is_not_taken_for_deleted_because_an_answer_lacks_it(
    room: Room, boris: Account
) -> None:
    _, sweeping = await slowly_swept(room, boris)
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
