"""Protects the account from Telegram's limits: messages keep their pace, waits are kept, repeated ones mean rest."""

import asyncio
from datetime import timedelta
from itertools import pairwise

from tests.telegram.conftest import HOUR_S, PER_MINUTE, SEND, Room, assert_sent_once
from userbot.rehearsal.telegram import Account
from userbot.telegram.delivery import DIALOG_GAP


async def test_a_flood_wait_for_one_contact_is_nobody_elses(room: Room, boris: Account, vera: Account) -> None:
    to_boris, to_vera = room.queue(boris, "hello, Boris"), room.queue(vera, "hello, Vera")
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND, when=lambda request: "Boris" in request.message)
    room.deliver()
    await asyncio.sleep(10)
    own = room.queue(room.owner, "a note", purpose="answer")
    room.delivery.wake()
    await asyncio.sleep(10)
    assert [room.row(row).state for row in (to_boris, to_vera, own)] == ["queued", "sent", "sent"]
    assert len(room.random_ids("hello, Boris")) == 1, "not asked again before its time"
    await room.hours_later(timedelta(seconds=HOUR_S - 60))
    assert len(room.random_ids("hello, Boris")) == 1
    await room.hours_later(timedelta(minutes=1))
    assert_sent_once(room, to_boris, boris, "hello, Boris")


async def test_what_was_sent_before_telegram_asks_to_wait_counts_as_sent(room: Room, boris: Account) -> None:
    """Telethon asks again when its connection was lost, and the refusal is of that second request. Taken for one of the
    message, what is in the dialog would read as the owner's own, and be written once more. The soak found it."""
    ledger_id = room.queue(boris, "hello")
    # Nothing else tells that it was sent.
    room.server.hold_updates(room.owner)
    room.server.faults.refuse(500, "BUSY", method="updates.GetDifference", times=None)
    room.server.faults.drop_after(method=SEND)
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=60)
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_a_wait_outlives_a_restart(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "hello")
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND)
    room.deliver()
    await asyncio.sleep(10)
    await room.stop()
    await room.start()
    room.deliver()
    await room.hours_later(timedelta(seconds=HOUR_S - 120))
    assert len(room.random_ids()) == 1
    await room.hours_later(timedelta(minutes=2))
    assert_sent_once(room, ledger_id, boris, "hello")


# --- pacing


async def test_a_dialog_gets_a_message_every_few_seconds(room: Room, boris: Account) -> None:
    for n in range(4):
        room.queue(boris, str(n))
    room.deliver()
    await room.until(lambda: len(room.seen_by(boris)) == 4)
    times = room.sent_at()
    gaps = [after - before for before, after in pairwise(times)]
    assert all(gap > DIALOG_GAP.total_seconds() - 0.01 for gap in gaps), gaps
    assert times[-1] - times[0] < 4 * DIALOG_GAP.total_seconds(), "and no slower than needed"


async def test_the_gap_counts_over_a_restart(room: Room, boris: Account) -> None:
    room.queue(boris, "one")
    room.deliver()
    await room.until(lambda: room.sent)
    await room.stop_delivering()
    room.queue(boris, "two")
    room.deliver()
    await room.until(lambda: len(room.sent) == 2)
    first, second = room.sent_at()
    assert second - first > DIALOG_GAP.total_seconds() - 0.01


async def test_all_dialogs_together_get_no_more_than_so_many_a_minute(room: Room) -> None:
    """Notes to the owner do not count, and do not wait."""
    people = [room.server.world.add_account(f"+7911000{n:04}", f"Person {n}") for n in range(2 * PER_MINUTE + 5)]
    for someone in people:
        room.queue(someone, "hello")
    room.deliver()
    await asyncio.sleep(5)
    assert len(room.sent_at()) == PER_MINUTE
    note = room.queue(room.owner, "a note", purpose="answer")
    room.delivery.wake()
    await asyncio.sleep(2)
    assert room.row(note).state == "sent"
    await room.until(lambda: all(room.seen_by(someone) == ["hello"] for someone in people))
    times = [r.at_s for r in room.server.requests if r.method == SEND and r.request.message == "hello"]
    for start in times:
        assert sum(start <= at < start + 59.9 for at in times) <= PER_MINUTE
    assert times[-1] - times[0] < 150, "and no slower than needed"


async def test_repeated_flood_waits_rest_all_contacts_and_a_restart_does_not_end_the_rest(
    room: Room, boris: Account, vera: Account
) -> None:
    """Three waits within ten minutes mean that we write too much altogether. The owner's own notes still go out."""
    people = [boris, vera, room.server.world.add_account("+79000000006", "Olga")]
    room.server.faults.refuse(420, "FLOOD_WAIT_30", method=SEND, times=3)
    refused = [room.queue(person, f"hello, {person.first_name}") for person in people]
    room.deliver()
    await asyncio.sleep(10)
    (until,) = room.rests
    assert until - room.clock.now() > timedelta(minutes=55)
    fresh = room.queue(room.server.world.add_account("+79000000007", "Lev"), "hello, Lev")
    note = room.queue(room.owner, "a note", purpose="answer")
    await room.stop()
    await room.start()
    room.deliver()
    await asyncio.sleep(120)
    assert [room.row(row).state for row in (*refused, fresh, note)] == ["queued"] * 4 + ["sent"]
    await room.hours_later(timedelta(hours=1))
    assert [room.row(row).state for row in (*refused, fresh)] == ["sent"] * 4
    assert len(room.rests) == 1, "the owner is told once"


async def test_two_waits_hold_up_nobody_else(room: Room, boris: Account, vera: Account) -> None:
    room.server.faults.refuse(
        420, "FLOOD_WAIT_20", method=SEND, times=2, when=lambda request: "Boris" in request.message
    )
    room.queue(boris, "hello, Boris")
    room.deliver()
    await asyncio.sleep(60)
    to_vera = room.queue(vera, "hello, Vera")
    room.delivery.wake()
    await asyncio.sleep(10)
    assert room.row(to_vera).state == "sent"
    assert room.rests == []


async def test_waits_of_a_few_seconds_are_no_reason_to_rest(room: Room, boris: Account) -> None:
    room.server.faults.refuse(420, "FLOOD_WAIT_3", method=SEND, times=6)
    to_boris = room.queue(boris, "hello, Boris")
    room.deliver()
    await room.until(lambda: room.row(to_boris).state == "sent")
    assert room.rests == []
