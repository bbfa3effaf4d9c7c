"""Protects what rings the owner's phone: it goes out once, as a scheduled message, whatever fails, is known as ours
whoever tells of it, and does not ring for what the owner has answered."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.telegram.conftest import SEND, SOON_S, Room
from tests.telegram.test_delivery import FAULTS
from userbot.rehearsal.telegram.faults import Faults
from userbot.rehearsal.telegram.message import Message
from userbot.store import database, desk, journal, ledger
from userbot.telegram.ringing import AHEAD

ASKED = "❓ № 7: is Friday all right?"
SCHEDULED = "messages.GetScheduledHistory"


def ring(room: Room, text: str = ASKED, reply_to: int | None = None) -> int:
    """A question to the owner; its row."""
    desk.add("ask", {"question": text}, room.clock.now())
    row_id = ledger.queue(room.owner.id, "question", text, room.clock.now(), reply_to=reply_to, rings=True)
    desk.posted_as(desk.unposted()[-1].id, row_id)
    return row_id


def standing(room: Room, text: str = ASKED) -> list[Message]:
    return [message for message in room.server.world.dialog(room.owner, room.owner) if message.text == text]


def assert_rang_once(room: Room, row_id: int, *, in_time: bool = True) -> None:
    (seen,) = standing(room)
    row = room.row(row_id)
    assert (row.state, row.message_id) == ("sent", seen.id)
    assert seen.from_scheduled == in_time, "nothing else rings"
    assert room.owner.scheduled == {}
    assert [one.id for one in room.sent].count(row_id) == 1, "told once"


async def test_a_question_rings_and_nothing_waits_for_it(room: Room) -> None:
    row_id = ring(room)
    after = room.queue(room.owner, "a note", purpose="answer")
    room.deliver()
    await asyncio.sleep(5)
    assert room.row(after).state == "sent"
    assert standing(room) == []
    (waiting,) = room.owner.scheduled
    assert room.row(row_id).scheduled_id == waiting
    await asyncio.sleep(AHEAD.total_seconds())
    assert_rang_once(room, row_id)
    assert len(room.random_ids(ASKED)) == 1


SCHEDULING_FAULTS: dict[str, Callable[[Faults], object]] = {
    **FAULTS,
    "the answer is lost for longer than it waits": lambda faults: [
        faults.drop_after(method=SEND),
        faults.refuse(-503, "Timeout", method=SCHEDULED, times=4),
    ],
}


@pytest.mark.parametrize("fault", SCHEDULING_FAULTS)
async def test_it_rings_once_whatever_happens_to_the_call(room: Room, fault: str) -> None:
    row_id = ring(room)
    SCHEDULING_FAULTS[fault](room.server.faults)
    room.deliver()
    await room.until(lambda: room.row(row_id).state == "sent")
    await asyncio.sleep(120)
    # A call that lay about until after its message was due is carried out at once.
    assert_rang_once(room, row_id, in_time=fault != "RANDOM_ID_DUPLICATE")


@pytest.mark.parametrize("fault", ["never answered, but executed", "never answered nor executed"])
async def test_it_rings_once_where_telegram_schedules_the_same_random_id_again(
    room: Room, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it does not is known of messages, not of scheduled ones."""
    row_id = ring(room)
    FAULTS[fault](room.server.faults)
    room.deliver()
    await asyncio.sleep(5)
    for scheduled_id, waiting in room.owner.scheduled.items():
        # As if Telegram had forgotten which request this came from.
        room.owner.scheduled[scheduled_id] = type(waiting)(waiting.message, None)
    await room.until(lambda: room.row(row_id).state == "sent")
    await asyncio.sleep(120)
    assert_rang_once(room, row_id)


@pytest.mark.parametrize("answered", [True, False])
async def test_what_went_out_while_the_program_was_dead_is_known_as_ours(room: Room, answered: bool) -> None:
    """Also when it replies to a message of ours, as the owner's commands do, and when even the scheduling's answer was
    lost."""
    card = room.queue(room.owner, "№ 7", purpose="card")
    room.deliver()
    await room.until(lambda: room.row(card).state == "sent")
    await room.intake.sweep(room.owner.id)
    if not answered:
        room.server.faults.never_answer(method=SEND)
    row_id = ring(room, reply_to=room.row(card).message_id)
    room.delivery.wake()
    await asyncio.sleep(5)
    assert len(room.owner.scheduled) == 1
    await room.stop()
    assert (room.row(row_id).scheduled_id is not None) == answered
    await asyncio.sleep(60)
    assert len(standing(room)) == 1, "Telegram sends it, whoever is there"
    database.close_database()
    database.open_database(room.settings.database_path)
    await room.start()
    await room.intake.sweep(room.owner.id)
    assert_rang_once(room, row_id)
    assert journal.waiting(room.owner.id, "new", "held") == [], "it is no command"
    room.deliver()
    await asyncio.sleep(60)
    assert_rang_once(room, row_id)


async def test_two_alike_are_two(room: Room) -> None:
    first, second = ring(room), ring(room)
    room.deliver()
    await room.until(lambda: {room.row(first).state, room.row(second).state} == {"sent"})
    assert sorted([room.row(first).message_id or 0, room.row(second).message_id or 0]) == [
        message.id for message in standing(room)
    ]


async def test_what_was_answered_meanwhile_rings_for_nobody(room: Room) -> None:
    row_id = ring(room)
    room.deliver()
    await asyncio.sleep(5)
    assert len(room.owner.scheduled) == 1
    item = desk.shown_in(row_id)
    assert item is not None
    assert desk.close(item.id)
    room.delivery.wake()
    await asyncio.sleep(SOON_S)
    assert room.owner.scheduled == {}
    await asyncio.sleep(60)
    assert standing(room) == []
    assert room.row(row_id).state == "dropped"


async def test_what_the_owner_took_off_the_schedule_is_waited_for_no_longer(room: Room) -> None:
    """On another device, while this program was off: nobody tells of that."""
    row_id = ring(room)
    room.deliver()
    await asyncio.sleep(5)
    await room.stop()
    (scheduled_id,) = room.owner.scheduled
    assert room.server.scheduling.delete(room.owner, scheduled_id)
    await room.start()
    room.deliver()
    await room.until(lambda: room.row(row_id).state == "dropped", within_s=300)
    assert standing(room) == []


async def test_the_owners_own_reminder_is_still_a_command(room: Room, boris: object) -> None:
    """They may schedule one for themselves: it is not ours only because it was scheduled."""
    await room.intake.sweep(room.owner.id)
    room.server.world.send(room.owner, room.owner, ". ask Boris", from_scheduled=True)
    await asyncio.sleep(SOON_S)
    assert [entry.text for entry in journal.waiting(room.owner.id, "new")] == [". ask Boris"]


@pytest.mark.parametrize("behind_s", [-3600, -20, 20, 3600])
async def test_a_wrong_clock_neither_silences_nor_delays_it(room: Room, behind_s: int) -> None:
    """What is due too soon by Telegram's clock would be sent at once, and what is due late would come late."""
    room.deliver()
    loop = asyncio.get_running_loop()
    room.server.world.clock = type(room.clock)(room.clock.now() + timedelta(seconds=behind_s), loop)
    row_id = ring(room)
    room.delivery.wake()
    began = loop.time()
    await room.until(lambda: room.row(row_id).state == "sent")
    assert AHEAD.total_seconds() - 2 < loop.time() - began < AHEAD.total_seconds() + 5
    assert_rang_once(room, row_id)
