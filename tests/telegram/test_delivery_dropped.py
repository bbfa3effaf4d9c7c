"""Protects people from messages nobody wants any more: what was dropped is not sent, and what may be out is found."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.telegram.conftest import SEND, SOON_S, Room, assert_sent_once
from userbot.conversation import moves
from userbot.rehearsal.telegram import Account
from userbot.store import ledger, tasks
from userbot.telegram.refused import ACCOUNT_WAIT


async def test_what_is_given_up_under_way_is_not_waited_for(room: Room, boris: Account) -> None:
    """The owner pauses the task while Telegram has its message: its card must not say that the message waits."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", task_id=task_id)
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND, after_s=5)
    room.deliver()
    await asyncio.sleep(1)
    moves.pause(task_id, room.clock.now())
    await asyncio.sleep(10)
    assert room.row(ledger_id).state == "dropped"
    assert room.waiting == [(ledger_id, "flood_wait")]
    assert not moves.held_up(room.row(ledger_id), "flood_wait")
    task = tasks.get(task_id)
    assert task is not None
    assert task.trouble is None


@pytest.mark.parametrize("end", [moves.stop, moves.pause])
@pytest.mark.parametrize("was_executed", [True, False])
async def test_a_stop_counts_for_what_may_have_gone_out(
    room: Room, boris: Account, was_executed: bool, end: Callable[..., object]
) -> None:
    """A try whose outcome a broken line hides is not made again after the stop: it went through before, or never."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", purpose="opening", task_id=task_id)
    room.server.faults.never_answer(method=SEND, executed=was_executed)
    room.server.faults.refuse(-503, "Timeout", method="messages.GetHistory", times=2)
    room.deliver()
    await asyncio.sleep(1)
    await room.stop()
    end(task_id, room.clock.now())
    await room.start()
    room.deliver()
    await asyncio.sleep(300)
    assert room.row(ledger_id).state == ("sent" if was_executed else "dropped")
    assert room.seen_by(boris) == ["hello"] * was_executed
    assert len(room.random_ids("hello")) == 1


# --- what must not be sent any more


async def test_a_row_dropped_before_its_time_is_never_sent(room: Room, boris: Account) -> None:
    """The owner said stop while the message was still waiting for its turn."""
    task_id = room.open_task(boris)
    room.queue(boris, "one", task_id=task_id)
    paced = room.queue(boris, "two", task_id=task_id)
    room.deliver()
    await room.until(lambda: room.sent)
    ledger.drop_queued(task_id)
    await room.hours_later(timedelta(hours=1))
    assert room.seen_by(boris) == ["one"]
    refused = room.queue(boris, "three", task_id=task_id)
    room.server.faults.refuse(420, "FLOOD_WAIT_60", method=SEND)
    room.delivery.wake()
    await asyncio.sleep(5)
    ledger.drop_queued(task_id)
    await room.hours_later(timedelta(hours=1))
    assert room.seen_by(boris) == ["one"]
    assert [room.row(row).state for row in (paced, refused)] == ["dropped", "dropped"]


async def test_dropped_in_the_last_moment(room: Room, boris: Account) -> None:
    """The worker has taken the row, and before its first step the owner says stop."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", task_id=task_id)
    delivery = room.deliver()
    await asyncio.sleep(0)
    assert delivery._at_work
    ledger.drop_queued(task_id)
    await asyncio.sleep(10)
    assert (room.row(ledger_id).state, room.random_ids()) == ("dropped", [])


@pytest.mark.parametrize(
    ("code", "message"),
    [(420, "FLOOD_WAIT_60"), (400, "PEER_FLOOD"), (400, "PEER_ID_INVALID"), (401, "SESSION_REVOKED")],
)
async def test_a_row_that_may_be_out_is_never_free_to_be_dropped(
    room: Room, boris: Account, code: int, message: str
) -> None:
    """A refusal of the second try says nothing about the first."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", task_id=task_id)
    room.server.faults.never_answer(method=SEND)
    room.server.faults.refuse(code, message, method=SEND)
    room.deliver()
    await room.until(lambda: len(room.random_ids()) >= 2)
    await asyncio.sleep(SOON_S)
    if room.row(ledger_id).state != "sent":
        assert room.row(ledger_id).state == "sending"
        assert ledger.drop_queued(task_id) == 0
        await room.hours_later(ACCOUNT_WAIT)
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_what_an_update_told_is_not_asked_again(room: Room, boris: Account) -> None:
    """The answer is lost, but the difference tells the id: the retry is spared, and a refusal that comes late
    changes nothing."""
    ledger_id = room.queue(boris, "hello")
    room.server.faults.never_answer(method=SEND)
    room.deliver()
    await asyncio.sleep(1)
    await room.client.catch_up()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=5)
    await room.hours_later(timedelta(hours=1))
    assert_sent_once(room, ledger_id, boris, "hello")
    assert len(room.random_ids()) == 1
    before = room.row(ledger_id)
    ledger.requeue(ledger_id, room.clock.now(), "FLOOD_WAIT")
    ledger.postpone(ledger_id, room.clock.now(), "Timeout")
    ledger.drop_quote(ledger_id)
    assert not ledger.mark_failed(ledger_id, "USER_IS_BLOCKED")
    assert not ledger.start_sending(ledger_id)
    assert room.row(ledger_id) == before


async def test_what_was_delivered_by_an_earlier_try_does_not_close_its_task(room: Room, boris: Account) -> None:
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", purpose="opening", task_id=task_id)
    ledger.start_sending(ledger_id)
    late = room.row(ledger_id)
    ledger.mark_sent(ledger_id, 5, room.clock.now())
    room._refused(late, "USER_IS_BLOCKED")
    assert [task.id for task in tasks.open_with(boris.id)] == [task_id]
