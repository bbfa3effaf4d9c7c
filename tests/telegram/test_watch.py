"""Protects the connection: whatever stops in it without a word is found."""

import asyncio
import logging

import pytest
from telethon import events
from telethon.tl.types import UpdateDeleteMessages

from tests.telegram.conftest import Room
from userbot.errors import TryAgain
from userbot.rehearsal.telegram import Account
from userbot.telegram.watch import Watch


def watch(room: Room) -> Watch:
    return Watch(room.client, room.clock, owner_id=room.owner.id, sweep=room.intake.sweep)


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
