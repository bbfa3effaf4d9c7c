"""Protects the ground under every other test: time jumps, sockets do not lose the race against it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from userbot.clock import LoopClock


async def test_a_day_passes_in_no_time_and_the_clock_agrees() -> None:
    clock = LoopClock(datetime(2026, 11, 23, 9, tzinfo=UTC), asyncio.get_running_loop())
    await asyncio.sleep(86_400)  # on any other loop this test would run for a day
    assert timedelta(days=1) <= clock.now() - datetime(2026, 11, 23, 9, tzinfo=UTC) < timedelta(days=1, seconds=1)


async def test_what_is_on_its_way_over_loopback_arrives_before_a_timeout_jumps() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for n in range(200):
            writer.write(b"%d\n" % n)
            assert await asyncio.wait_for(reader.readline(), timeout=1) == b"%d\n" % n
        writer.close()
        await writer.wait_closed()


async def test_time_stands_still_while_a_thread_works() -> None:
    timer = asyncio.create_task(asyncio.sleep(3600))
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.05)
    assert not timer.done()
    timer.cancel()
