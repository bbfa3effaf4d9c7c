"""An event loop whose time jumps: when nothing is ready it moves straight on to the next timer.

Sleeping a day takes milliseconds, while sockets stay real: before every jump the loop gives the kernel
`GRACE_S` of real time to deliver what is on its way over loopback, and it never jumps while a thread of an
executor is at work.
"""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

GRACE_S = 0.003
# A loop with no timer at all and nothing on its way would wait for ever: in a test that is a deadlock.
STUCK_S = 30.0


class LoopIsStuck(Exception):
    """Nothing is ready, no timer is set, and nothing arrived for STUCK_S real seconds."""


class _JumpingSelector(selectors.BaseSelector):
    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.ahead_s = 0.0
        self.threads_at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            ready = self._real.select(STUCK_S)
            if not ready and not self.threads_at_work:
                raise LoopIsStuck(f"no timer set and nothing arrived for {STUCK_S:g} s")
            return ready
        if timeout <= 0 or self.threads_at_work:
            return self._real.select(timeout)
        ready = self._real.select(min(timeout, GRACE_S))
        if not ready:
            self.ahead_s += timeout
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


class JumpingLoop(asyncio.SelectorEventLoop):
    """Use as a loop factory: `asyncio.Runner(loop_factory=JumpingLoop)`."""

    def __init__(self) -> None:
        self._jumps = _JumpingSelector()
        super().__init__(self._jumps)

    def time(self) -> float:
        return super().time() + self._jumps.ahead_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self._jumps.threads_at_work += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: "asyncio.Future[Any]") -> None:
        self._jumps.threads_at_work -= 1
