"""What the owner's turn is doing just now, for the sign that their command was seen: which step, since when, which try.
Facts, not wording, and kept in memory alone: after a restart the turn begins anew, and so does this.

`dispatch/` tells it what happens; `saved_messages/seen.py` words it. One command of the owner's is worked on at a
time.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from userbot.clock import Clock
from userbot.conversation.turn import Model
from userbot.model.messages import Message, Reply, ToolSpec
from userbot.people import Directory, Found

# What is over sooner is not worth an edit.
SETTLED_S = 2.0
# How often the time is told that a step takes: by tens of seconds in the first minute, then by minutes.
FIRST_GRAIN_S, LATER_GRAIN_S = 10, 60


@dataclass(frozen=True)
class Step:
    """`about`: whom it looks for, in the words of the call; or which trouble it waits out. `tries`: how often the
    model was asked for the same answer."""

    what: Literal["asks", "looks_for", "hears", "waits_its_turn", "held_up"]
    since: datetime
    about: str = ""
    tries: int = 1

    def seconds(self, now: datetime) -> int:
        """How long it has taken, as it is told; 0 in the beginning."""
        passed = max(0, int((now - self.since).total_seconds()))
        return passed - passed % (FIRST_GRAIN_S if passed < LATER_GRAIN_S else LATER_GRAIN_S)


class Doing:
    """`on_step()`: what a sign says may be another thing now."""

    def __init__(self, clock: Clock, on_step: Callable[[], None]) -> None:
        self._clock = clock
        self._on_step = on_step
        self._command: int | None = None
        self._step: Step | None = None
        self._timer: asyncio.TimerHandle | None = None

    def of(self, command_message_id: int) -> Step | None:
        """What is being done about this command; None where nothing is known but that it was seen."""
        if self._command in (None, command_message_id) or self._step is None:
            return self._step
        return Step("waits_its_turn", self._step.since)

    @contextlib.contextmanager
    def working_on(self, command_message_id: int) -> Iterator[None]:
        self._command = command_message_id
        try:
            yield
        finally:
            self._command = None
            self._end()

    @contextlib.contextmanager
    def held_up(self, trouble: str) -> Iterator[None]:
        """Whatever waits for a model waits for this to pass."""
        self._begin(Step("held_up", self._clock.now(), trouble))
        try:
            yield
        finally:
            self._end()

    @contextlib.contextmanager
    def hearing(self) -> Iterator[None]:
        """Voice notes are turned into words."""
        self._begin(Step("hears", self._clock.now()))
        try:
            yield
        finally:
            self._end()

    def asked_in_vain(self) -> None:
        """A call of the model failed, and another follows, or the turn is over."""
        if self._command is not None and self._step is not None and self._step.what == "asks":
            self._begin(replace(self._step, since=self._clock.now(), tries=self._step.tries + 1))

    def model(self, model: Model) -> Model:
        return _Model(model, self)

    def directory(self, directory: Directory) -> Directory:
        return _Directory(directory, self)

    @contextlib.contextmanager
    def step(self, what: Literal["asks", "looks_for"], about: str = "") -> Iterator[None]:
        self._begin(Step(what, self._clock.now(), about))
        yield

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _begin(self, step: Step) -> None:
        self._step = step
        self._tell_in(SETTLED_S)

    def _end(self) -> None:
        self._step = None
        self._tell_in(SETTLED_S)

    def _tell_in(self, seconds: float) -> None:
        self.close()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._tell)

    def _tell(self) -> None:
        self._on_step()
        if self._step is not None and self._step.what == "asks":
            passed = (self._clock.now() - self._step.since).total_seconds()
            grain = FIRST_GRAIN_S if passed < LATER_GRAIN_S else LATER_GRAIN_S
            self._tell_in(grain - passed % grain)


@dataclass(frozen=True)
class _Model:
    model: Model
    doing: Doing

    async def complete(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply:
        with self.doing.step("asks"):
            return await self.model.complete(messages, tools)


@dataclass(frozen=True)
class _Directory:
    directory: Directory
    doing: Doing

    async def find(self, query: str) -> Found:
        with self.doing.step("looks_for", query):
            return await self.directory.find(query)

    async def shown_in(self, message_id: int) -> Found:
        return await self.directory.shown_in(message_id)
