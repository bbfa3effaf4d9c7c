"""Protects invariant 4: whatever fails, a message that was promised reaches its contact once, in order, or never."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.telegram.conftest import HOUR_S, PER_MINUTE, SEND, SOON_S, Room, assert_sent_once
from userbot.rehearsal.telegram import Account
from userbot.rehearsal.telegram.faults import Faults
from userbot.store import database, ledger
from userbot.store.ledger import Outgoing
from userbot.telegram.calls import TIMEOUT_S
from userbot.telegram.delivery import Delivery
from userbot.telegram.refused import TRIES_IN_SILENCE

FAULTS: dict[str, Callable[[Faults], object]] = {
    "dropped before it was executed": lambda faults: faults.drop_before(method=SEND),
    "executed and dropped before the answer": lambda faults: faults.drop_after(method=SEND),
    "dropped three times, executed or not": lambda faults: [
        faults.drop_before(method=SEND),
        faults.drop_after(method=SEND),
        faults.drop_before(method=SEND),
    ],
    "never answered, but executed": lambda faults: faults.never_answer(method=SEND),
    "never answered nor executed": lambda faults: faults.never_answer(method=SEND, executed=False),
    "-503 Timeout": lambda faults: faults.refuse(-503, "Timeout", method=SEND, times=5),
    "500": lambda faults: faults.refuse(500, "NEED_MEMBER_INVALID", method=SEND, times=5),
    "MSG_WAIT_FAILED": lambda faults: faults.refuse(400, "MSG_WAIT_FAILED", method=SEND),
    # The first call still runs when the second one comes.
    "RANDOM_ID_DUPLICATE": lambda faults: faults.delay(TIMEOUT_S + 20, method=SEND),
    "RANDOM_ID_DUPLICATE, from Telegram": lambda faults: faults.refuse(
        500, "RANDOM_ID_DUPLICATE", method=SEND, times=3
    ),
    "FLOOD_WAIT": lambda faults: faults.refuse(420, "FLOOD_WAIT_30", method=SEND),
    "unknown, then FLOOD_WAIT": lambda faults: [
        faults.never_answer(method=SEND),
        faults.refuse(420, "FLOOD_WAIT_30", method=SEND),
    ],
    "SLOWMODE_WAIT": lambda faults: faults.refuse(420, "SLOWMODE_WAIT_30", method=SEND),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_message_arrives_whatever_happens_to_the_call(room: Room, boris: Account, fault: str) -> None:
    ledger_id = room.queue(boris, "hello")
    FAULTS[fault](room.server.faults)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    await asyncio.sleep(120)
    assert_sent_once(room, ledger_id, boris, "hello")
    assert len(room.random_ids()) >= 2, "the fault struck"


@pytest.mark.parametrize("was_executed", [True, False])
async def test_one_message_arrives_though_the_program_died_while_sending(
    room: Room, boris: Account, was_executed: bool
) -> None:
    ledger_id = room.queue(boris, "hello")
    room.server.faults.never_answer(method=SEND, executed=was_executed)
    room.deliver()
    await asyncio.sleep(SOON_S)
    await room.stop()
    assert room.row(ledger_id).state == "sending"
    assert room.seen_by(boris) == ["hello"] * was_executed
    database.close_database()
    database.open_database(room.settings.database_path)
    await room.start()
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_the_id_is_made_with_the_row_and_no_two_are_alike(room: Room, boris: Account) -> None:
    rows = [room.row(room.queue(boris, "hello")) for _ in range(50)]
    assert len({row.random_id for row in rows}) == 50
    assert all(0 < row.random_id < 2**63 for row in rows)


async def test_an_outage_longer_than_every_retry(room: Room, boris: Account) -> None:
    """The connection is lost while a message is under way, and Telegram is in trouble for long after that. (Had the
    message gone through, the difference asked for after the reconnect would say so.)"""
    ledger_id = room.queue(boris, "hello")
    room.server.faults.drop_before(method=SEND)
    room.server.faults.refuse(-503, "Timeout", method=SEND, times=20)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=2 * HOUR_S)
    assert_sent_once(room, ledger_id, boris, "hello")
    gaps = [after - before for before, after in pairwise(room.sent_at())]
    assert max(gaps) > 60, "it asks more and more rarely"
    assert set(room.waiting) == {(ledger_id, "not_confirmed")}, "and the owner is told after some minutes"
    assert len(room.waiting) <= 21 - TRIES_IN_SILENCE, "not before"


async def test_cancelled_in_the_middle_the_outcome_is_open(room: Room, boris: Account) -> None:
    """A message cannot be called back: the row must say that it may have gone out."""
    ledger_id = room.queue(boris, "hello")
    room.server.faults.delay(5, method=SEND)
    room.deliver()
    await asyncio.sleep(1)
    await room.stop_delivering()
    assert room.row(ledger_id).state == "sending"
    assert ledger.drop_queued(room.row(ledger_id).task_id or 0) == 0
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_a_stop_comes_through_even_with_news_at_the_same_moment(room: Room) -> None:
    """A wake-up and the cancellation in one step of the loop: the worker must end all the same."""
    delivery = room.deliver()
    await asyncio.sleep(1)
    delivery.wake()
    await asyncio.sleep(0)
    await asyncio.wait_for(room.stop_delivering(), 5)


async def test_a_dialogs_messages_keep_their_order_while_others_go_on(
    room: Room, boris: Account, vera: Account
) -> None:
    texts = ["one", "two", "three"]
    for text in texts:
        room.queue(boris, text)
        room.queue(vera, text)
    room.server.faults.refuse(500, "BUSY", method=SEND, times=8, when=lambda request: request.peer.user_id == boris.id)
    room.deliver()
    await room.until(lambda: room.seen_by(vera) == texts, within_s=15)
    assert room.seen_by(boris) == []
    await room.until(lambda: len(room.seen_by(boris)) == 3)
    assert room.seen_by(boris) == texts


async def test_one_message_of_a_dialog_at_a_time(room: Room, boris: Account) -> None:
    """While the first is under way the second is not sent, whatever wakes the worker."""
    room.queue(boris, "one")
    room.queue(boris, "two")
    room.server.faults.delay(20, method=SEND)
    room.deliver()
    for _ in range(10):
        await asyncio.sleep(1)
        room.delivery.wake()
    assert len(room.random_ids()) == 1
    await room.until(lambda: room.seen_by(boris) == ["one", "two"])


# --- what is sent


async def test_what_arrives_is_what_was_written(room: Room, boris: Account) -> None:
    """A model's text holds marks that Telethon would read as formatting, and links that Telegram would fetch."""
    text = "**not bold** __nor italic__ `nor code` [link](https://example.org) ~~x~~ <b>y</b> 🎉\nhttps://example.org"
    room.queue(boris, text)
    room.deliver()
    await room.until(lambda: room.seen_by(boris))
    (message,) = room.server.world.dialog(boris, room.owner)
    assert (message.text, message.entities) == (text, ())
    (request,) = room.server.requests_of(room.owner, SEND)
    assert request.no_webpage
    assert not request.clear_draft, "what the owner is typing there stays"


async def test_a_reply_quotes_the_message_it_answers(room: Room, boris: Account) -> None:
    asked = room.server.world.send(boris, room.owner, "when?")
    room.queue(boris, "at three", reply_to=asked.twin_id)
    room.deliver()
    await room.until(lambda: len(room.seen_by(boris)) == 2)
    reply = room.server.world.dialog(boris, room.owner)[-1].reply_to
    assert reply is not None
    assert reply.message_id == asked.id


# --- its place in the program


async def test_trouble_of_our_own_ends_the_program(room: Room, boris: Account) -> None:
    """A full disk, say: going on as if nothing were would lose what the ledger is for."""

    def broken(row: Outgoing) -> None:
        raise OSError("no space left")

    delivery = Delivery(
        room.client,
        room.clock,
        owner_id=room.owner.id,
        per_minute=PER_MINUTE,
        on_sent=broken,
        on_refused=lambda row, name: None,
        on_put_back=lambda row: None,
        on_waiting=lambda row, why: None,
        on_account_limited=room.limited.append,
        on_rest=room.rests.append,
        on_account_free=room.free.append,
        on_logged_out=room.logged_out.append,
    )
    room.queue(boris, "hello")
    with pytest.raises(OSError, match="no space left"):
        await asyncio.wait_for(delivery.run(), 60)
