"""Protects the connection: whatever stops in it without a word is found."""

import asyncio
import logging
from datetime import timedelta

import pytest
from telethon import events
from telethon.tl.types import UpdateDeleteMessages

from tests.telegram.conftest import Room
from userbot.conversation import moves
from userbot.errors import TryAgain
from userbot.rehearsal.telegram import Account
from userbot.telegram.watch import SWEPT_A_ROUND, Watch


def watch(room: Room) -> Watch:
    return Watch(room.client, room.clock, owner_id=room.owner.id, lately=moves.LATELY, sweep=room.intake.sweep)


async def ends_within(room: Room, seconds: float) -> TryAgain:
    with pytest.raises(TryAgain) as ended:
        async with asyncio.timeout(seconds):
            await watch(room).run()
    return ended.value


async def test_a_sound_connection_is_left_alone(room: Room) -> None:
    connection = room.client._sender._connection
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(700):
            await watch(room).run()
    assert room.client._sender._connection is connection
    assert len(room.server.requests_of(room.owner, "updates.GetDifference")) <= 14


async def test_an_update_loop_that_ended_in_silence(room: Room) -> None:
    room.client._updates_handle.cancel()
    assert "updates worker ended" in str(await ends_within(room, 60))


async def test_a_keepalive_that_a_failing_save_ended(room: Room) -> None:
    """Really: the session file loses a table."""
    room.client.session._conn.execute("ALTER TABLE update_state RENAME TO elsewhere")
    error = await ends_within(room, 120)
    assert "keepalive worker ended: OperationalError" in str(error)
    room.client.session._conn.execute("ALTER TABLE elsewhere RENAME TO update_state")


async def test_an_update_loop_that_waits_for_ever(room: Room, boris: Account) -> None:
    async def hang(update: object) -> None:
        await asyncio.Event().wait()

    room.client.add_event_handler(hang, events.Raw())
    for _ in range(3):
        room.server.world.send(boris, room.owner, "hello")
    assert "updates have been waiting" in str(await ends_within(room, 240))


async def test_a_half_open_connection_is_made_anew_in_less_than_a_minute(room: Room) -> None:
    connection = room.client._sender._connection
    running = asyncio.create_task(watch(room).run())
    await asyncio.sleep(1)
    room.server.silence_connections(room.owner)
    await asyncio.sleep(50)
    assert room.client._sender._connection is connection, "Telethon keeps the object and connects it anew"
    assert await asyncio.wait_for(room.client.get_me(), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_update_that_makes_no_sense_is_logged_and_passed_over(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    """One strange update must not end the program, again at every start."""
    with caplog.at_level(logging.ERROR):
        await room.intake._on_update(UpdateDeleteMessages(messages=None, pts=1, pts_count=1))
    assert "UpdateDeleteMessages" in caplog.text
    assert room.lost == []
    assert room.client.keeps_update_state


async def test_a_difference_too_long_at_the_connect_itself_has_dialogs_of_closed_tasks_read(
    room: Room, boris: Account, vera: Account
) -> None:
    """Telegram says it before anybody watches. Of very many closed tasks those that ended last are read."""
    world = room.server.world
    others = [world.add_account(f"+7 900 100-{n:04}", f"Somebody {n}") for n in range(SWEPT_A_ROUND)]
    for account in (vera, *others[1:], boris):
        moves.stop(room.open_task(account), room.clock.now())
        room.clock.move_on(timedelta(seconds=1))
    await room.stop()
    for account in (vera, boris):
        world.send(account, room.owner, "wait")
    room.owner.box.forget_changes()
    await room.start()
    keeping = asyncio.create_task(watch(room).keep_swept())
    await asyncio.sleep(2 * SWEPT_A_ROUND)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert room.texts_of(boris, "new") == ["wait"]
    assert room.texts_of(vera) == [], "the one that ended first is left for later"
    read = [request.peer for request in room.server.requests_of(room.owner, "messages.GetHistory")]
    assert len(read) == 1 + SWEPT_A_ROUND, "Saved Messages, and as many dialogs as a round may read"


async def test_a_clock_that_is_set_back_puts_nothing_off(room: Room, boris: Account) -> None:
    """Both nets: what was missed is asked for, and dialogs are read, as often as before."""
    room.open_task(boris)
    watching = watch(room)
    tasks_ = [asyncio.create_task(one) for one in (watching.run(), watching.keep_swept())]
    await asyncio.sleep(100)
    asked = [len(room.server.requests_of(room.owner, one)) for one in ("updates.GetDifference", "messages.GetHistory")]
    room.clock.move_on(-timedelta(hours=8))
    await asyncio.sleep(700)
    after = [len(room.server.requests_of(room.owner, one)) for one in ("updates.GetDifference", "messages.GetHistory")]
    for one in tasks_:
        one.cancel()
    await asyncio.gather(*tasks_, return_exceptions=True)
    assert after[0] >= asked[0] + 8
    assert after[1] >= asked[1] + 2
