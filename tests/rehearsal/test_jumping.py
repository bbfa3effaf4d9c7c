"""Protects the ground under every other test: time jumps, sockets do not lose the race against it."""

import asyncio
import selectors
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

from userbot.clock import LoopClock
from userbot.rehearsal.jumping import JumpingLoop, _JumpingSelector


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


def test_what_was_sent_since_is_looked_for_once() -> None:
    """A jump looks whether something is on its way where something was sent since the last one, and only there: else
    days of sleep take long, or a message loses against a timer."""
    selector = _JumpingSelector()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        selector.register(ours, selectors.EVENT_READ)
        assert not selector.is_quiet(), "a connection that came just now was never looked at"
        for sent in (b".", b".."):
            assert selector.select(1.0) == []
            assert selector.is_quiet()
            ours.send(sent)
            assert not selector.is_quiet()
        assert selector.select(1.0) == []
        theirs.recv(10)
        assert selector.is_quiet(), "what was taken in is no news"
        selector.unregister(ours)
        assert not selector.is_quiet(), "a connection that went may have sent something"
    assert selector.ahead_s == 3.0
    selector.close()


async def test_time_stands_still_while_a_thread_works() -> None:
    timer = asyncio.create_task(asyncio.sleep(3600))
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.05)
    assert not timer.done()
    timer.cancel()


async def a_moment_of_real_time() -> None:
    sender, receiver = socket.socketpair()
    with sender, receiver:
        receiver.setblocking(False)
        threading.Timer(0.1, sender.send, [b"."]).start()
        assert await asyncio.get_running_loop().sock_recv(receiver, 1) == b"."


async def test_no_time_is_jumped_while_somebody_outside_is_waited_for() -> None:
    """A model in another process takes its real time: no timeout may pass meanwhile."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    timer = asyncio.create_task(asyncio.sleep(3600))
    with loop.outside():
        await a_moment_of_real_time()
        assert not timer.done()
    await timer


async def test_time_jumps_no_further_than_it_may() -> None:
    """To that very moment, though the next timer is beyond it; from there on it is an ordinary loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    began_s = loop.time()
    loop.jumps_until = began_s + 1000
    timer = asyncio.create_task(asyncio.sleep(2000))
    await a_moment_of_real_time()
    assert 1000 <= loop.time() - began_s < 1100
    assert not timer.done()
    timer.cancel()
