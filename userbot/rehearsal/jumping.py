"""An event loop whose time jumps: when nothing is ready it moves straight on to the next timer.

Sleeping a day takes milliseconds, while sockets stay real. Before every jump a byte is sent through a loopback
connection of the loop's own: the kernel delivers in order, so when that byte has come, whatever was sent before it has
come too, however busy the machine is. Where every socket says that nothing new of it is on its way, that is not needed.
The loop never jumps while a thread of an executor is at work, nor while somebody
outside of this process is (`JumpingLoop.outside`), nor past `JumpingLoop.jumps_until`: from there on it is an ordinary
loop.
"""

import asyncio
import errno
import fcntl
import math
import selectors
import socket
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

# Order holds for what one processor sends: for what another one may still be handing over there is a little real time.
GRACE_S = 0.0005
# A loop with no timer at all and nothing on its way would wait for ever: in a test that is a deadlock.
STUCK_S = 30.0
_NO_BYTES = bytes(4)


class LoopIsStuck(Exception):
    """Nothing is ready, no timer is set, and nothing arrived for STUCK_S real seconds."""


class _JumpingSelector(selectors.BaseSelector):
    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.ahead_s = 0.0
        # Threads, and whoever else is waited for that no loopback connection tells of.
        self.at_work = 0
        # How far the next jump may go, in seconds.
        self.room_s: Callable[[], float] = lambda: math.inf
        # How far it goes at least, were there a timer before that: such timers are late then.
        self.stride_s: Callable[[], float] = lambda: 0.0
        self._canary_out, self._canary_in = _loopback_pair()
        self._canaries_out = 0
        # What was unacknowledged, by socket, when last nothing more came; None: sockets came or went since.
        self._quiet_with: dict[int, bytes] | None = None
        self._real.register(self._canary_in, selectors.EVENT_READ)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        room_s = self.room_s()
        if room_s <= 0:
            return self._ready(timeout)
        if timeout is None:
            # A canary of before may be the first to come.
            ready = self._ready(STUCK_S) or self._ready(STUCK_S)
            if not ready and not self.at_work:
                raise LoopIsStuck(f"no timer set and nothing arrived for {STUCK_S:g} s")
            return ready
        if timeout <= 0 or self.at_work:
            return self._ready(timeout)
        ready = self._ready(0) if self.is_quiet() else self._whatever_is_on_its_way()
        if not ready:
            self.ahead_s += min(max(timeout, self.stride_s()), room_s)
        return ready

    def _whatever_is_on_its_way(self) -> list[tuple[selectors.SelectorKey, int]]:
        self._canary_out.send(b".")
        self._canaries_out += 1
        while self._canaries_out:
            if ready := self._ready(STUCK_S):
                return ready
        # Looked at again and again: the kernel's shortest timeout is a millisecond, and days of sleep are made of them.
        until_s = time.perf_counter() + GRACE_S
        while not (ready := self._ready(0)) and time.perf_counter() < until_s:
            pass
        if not ready:
            self._quiet_with = self._unacknowledged()
        return ready

    def is_quiet(self) -> bool:
        """Was nothing sent since it was last known that nothing is on its way? Days of sleep are many jumps, and few of
        them come after a message."""
        if self._quiet_with is None or (now := self._unacknowledged()) is None:
            return False
        return now.items() <= self._quiet_with.items()

    def _unacknowledged(self) -> dict[int, bytes] | None:
        """The bytes of each socket that its other end has not told it of yet, where there are any; None: who knows.
        What has come may be acknowledged later: so a number that stays is nothing new."""
        found = {}
        for key in self._real.get_map().values():
            try:
                count = fcntl.ioctl(key.fd, termios.TIOCOUTQ, _NO_BYTES)
            except OSError as error:
                # A socket that listens sends nothing. Elsewhere than on Linux any may refuse to say.
                if error.errno != errno.EINVAL:
                    return None
                continue
            if count != _NO_BYTES:
                found[key.fd] = count
        return found

    def _ready(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready beside canaries; nothing too when only those came."""
        ready = self._real.select(timeout)
        others = [one for one in ready if one[0].fileobj is not self._canary_in]
        if len(others) < len(ready):
            self._canaries_out -= len(self._canary_in.recv(4096))
        return others

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        self._quiet_with = None
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        self._quiet_with = None
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()
        self._canary_out.close()
        self._canary_in.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


def _loopback_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sender = socket.create_connection(listener.getsockname())
        receiver, _ = listener.accept()
    sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sender, receiver


class JumpingLoop(asyncio.SelectorEventLoop):
    """Use as a loop factory: `asyncio.Runner(loop_factory=JumpingLoop)`."""

    def __init__(self) -> None:
        self._jumps = _JumpingSelector()
        super().__init__(self._jumps)
        # By this loop's own time. In the past: nothing jumps.
        self.jumps_until = math.inf
        self._jumps.room_s = lambda: self.jumps_until - self.time()

    @contextmanager
    def striding(self, stride_s: Callable[[], float]) -> Iterator[None]:
        """Jumps are at least `stride_s()` seconds long meanwhile, and what is due earlier is late by as much: days in
        which nothing happens are made of few jumps then."""
        before, self._jumps.stride_s = self._jumps.stride_s, stride_s
        try:
            yield
        finally:
            self._jumps.stride_s = before

    def time(self) -> float:
        return super().time() + self._jumps.ahead_s

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Somebody is waited for who lives in real time: no jump meanwhile."""
        self._jumps.at_work += 1
        try:
            yield
        finally:
            self._jumps.at_work -= 1

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self._jumps.at_work += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: "asyncio.Future[Any]") -> None:
        self._jumps.at_work -= 1
