"""`python -m userbot.rehearsal.bench [--quick]`: take the figures, print them, and hold them against the bars.

Everything runs on this machine and at the same time: one Telegram on loopback, a model that answers at once, and as
real processes a bare Telethon handler, this program with a small database, and this program with a large one. They
are measured by turns in short rounds, so that whatever else the machine does hits all of them alike.
"""

import argparse
import asyncio
import logging
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from userbot.rehearsal.bench import fill
from userbot.rehearsal.bench.processes import BenchFailed, Home, Process, start, write_key
from userbot.rehearsal.bench.traffic import Traffic
from userbot.rehearsal.model import Asked, Said, ScriptedModel
from userbot.rehearsal.script import reply
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of
from userbot.rehearsal.telegram.world import Delivery

ANSWER = "Thank you, that helps. And what else should be known?"
# Who writes: enough for 10,000 turns and the rest within a task's 40 messages and a dialog's 60 turns a day.
SPEAKERS = 400
AT_ONCE = 50
# Everybody has spoken once: their dialog was read and their card is what it will stay.
WARM_UP = SPEAKERS


@dataclass(frozen=True)
class Size:
    """How much is done. The bars are the same."""

    rounds: int
    alone: int  # messages a round, one dialog at a time
    crowd: int  # messages a round, AT_ONCE dialogs at once
    turns: int  # of the memory's run
    tasks: int
    journal: int


FULL = Size(rounds=5, alone=120, crowd=240, turns=10_000, tasks=10_000, journal=1_000_000)
QUICK = Size(rounds=3, alone=60, crowd=120, turns=1_000, tasks=10_000, journal=1_000_000)


@dataclass(frozen=True)
class Bars:
    added_ms: float = 12.0
    large: float = 1.2
    ready_s: float = 3.0
    memory_mb: float = 110.0
    growth: float = 1.1


@dataclass
class Cost:
    """What one process took for its messages, in one kind of traffic."""

    messages: int = 0
    cpu_s: float = 0.0
    took_s: list[float] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        return self.cpu_s / self.messages * 1000

    @property
    def latency_ms(self) -> float:
        return median(self.took_s) * 1000

    @property
    def slow_ms(self) -> float:
        return sorted(self.took_s)[int(len(self.took_s) * 0.95)] * 1000


@dataclass
class Measured:
    """One process under measurement, and what it has cost so far."""

    process: Process
    traffic: Traffic
    alone: Cost = field(default_factory=Cost)
    crowd: Cost = field(default_factory=Cost)

    async def take(self, cost: Cost, messages: int, at_once: int) -> None:
        before = self.process.cpu_s()
        took = await self.traffic.run(messages, at_once)
        # What follows a reply (the record of it, the card) is part of its cost.
        await asyncio.sleep(0.3)
        cost.cpu_s += self.process.cpu_s() - before
        cost.messages += messages
        cost.took_s += took


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m userbot.rehearsal.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer messages, and 1,000 turns instead of 10,000")
    options = parser.parse_args(arguments)
    if not Path("/proc/self/stat").exists():
        print("this reads /proc, which is Linux's", file=sys.stderr)
        return 2
    logging.basicConfig(level="ERROR")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="userbot-bench-") as folder:
        try:
            missed = asyncio.run(_bench(Path(folder), QUICK if options.quick else FULL, Bars()))
        except BenchFailed as failure:
            print(f"\nno figures: {failure}", file=sys.stderr)
            return 1
    print(
        f"\n{time.monotonic() - started:.0f} s; " + (f"missed: {', '.join(missed)}" if missed else "every bar is kept")
    )
    return 1 if missed else 0


async def _bench(folder: Path, size: Size, bars: Bars) -> list[str]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer())
        model = ScriptedModel(api_key="bench", checks_requests=False)
        lane = model.lane("everybody", None, _think)
        await model.start()
        stack.push_async_callback(model.stop)
        bench = Bench(folder, size, server, model)
        stack.push_async_callback(bench.stop)
        forgetting = asyncio.create_task(_forget(server, model, lane.asked))
        stack.callback(forgetting.cancel)
        return await bench.run(bars)


def _think(asked: Asked) -> Said:
    """The model: one reply, and then the end of the turn, as models do it: two requests."""
    if asked.last.role == "tool":
        return Said("done")
    found = re.search(r'"task_id": (\d+)', asked.text)
    assert found is not None  # noqa: S101  (a failure of the script is told as one)
    return Said(calls=(reply(int(found[1]), ANSWER),))


async def _forget(server: TelegramServer, model: ScriptedModel, asked: list[Asked]) -> None:
    """The rehearsal remembers every request, which tests like and ten thousand turns do not."""
    while True:
        await asyncio.sleep(0.5)
        server.requests.clear()
        model.asked.clear()
        asked.clear()


class Bench:
    def __init__(self, folder: Path, size: Size, server: TelegramServer, model: ScriptedModel) -> None:
        self._folder = folder
        self._size = size
        self._server = server
        self._model = model
        self._world = server.world
        self._processes: list[Process] = []
        self._traffics: list[Traffic] = []
        self._world.on_message = self._passes

    async def stop(self) -> None:
        for process in self._processes:
            await process.stop()

    def _passes(self, delivery: Delivery) -> None:
        for traffic in self._traffics:
            traffic.note(delivery)

    async def run(self, bars: Bars) -> list[str]:
        size = self._size
        people = [self._world.add_account(f"+7000{n:08}", f"Person {n}") for n in range(size.tasks)]
        speakers = people[:SPEAKERS]
        echo = await self._start_echo(speakers)
        print("setting up (two logins, two databases) ...", flush=True)
        small, small_rows = await self._start_program("small", speakers, speakers, messages_each=20)
        large, large_rows = await self._start_program(
            "large", people, speakers, messages_each=size.journal // size.tasks
        )
        memory = {one.process.name: one.process.memory_mb() for one in (echo, small, large)}
        measured = (echo, small, large)
        for one in measured:
            await one.traffic.run(WARM_UP, AT_ONCE)
        for number in range(size.rounds):
            print(f"round {number + 1} of {size.rounds} ...", flush=True)
            for one in measured:
                await one.take(one.alone, size.alone, 1)
                await one.take(one.crowd, size.crowd, AT_ONCE)
        print(f"{size.turns} turns with the small database ...", flush=True)
        at = time.perf_counter()
        sizes = []
        for _ in range(10):
            await small.traffic.run(size.turns // 10, AT_ONCE)
            sizes.append(small.process.memory_mb())
        took_s = time.perf_counter() - at
        if self._model.failures:
            raise BenchFailed("the model was asked what it does not know:\n" + "\n".join(self._model.failures[:3]))
        _print_rows(small_rows, large_rows)
        _print_costs(measured)
        print(f"\nready after {small.process.ready_s:.2f} s (small), {large.process.ready_s:.2f} s (large)")
        print("memory after start: " + ", ".join(f"{mb:.0f} MB ({name})" for name, mb in memory.items()))
        print(
            f"memory over {size.turns} turns ({size.turns / took_s:.0f} a second): "
            + " ".join(f"{mb:.0f}" for mb in sizes)
            + f" MB; large after its {large.alone.messages + large.crowd.messages} turns: "
            f"{large.process.memory_mb():.0f} MB"
        )
        return _judge(bars, echo, small, large, memory, sizes[-1])

    async def _start_echo(self, speakers: Sequence[Account]) -> Measured:
        owner = self._world.add_account("+19000000000", "Echo")
        session = self._folder / "echo.session"
        async with phone_of(self._server, owner, session) as client:
            await client.get_me()
        arguments = ("userbot.rehearsal.bench.echo", str(session), str(self._server.port))
        key = str(write_key(self._folder, self._server))
        process = await start("echo", (*arguments, key), {}, self._folder / "echo.log", "ready")
        return self._measured(process, owner, speakers)

    def _measured(self, process: Process, owner: Account, speakers: Sequence[Account]) -> Measured:
        self._processes.append(process)
        traffic = Traffic(self._world, owner, speakers)
        self._traffics.append(traffic)
        return Measured(process, traffic)

    async def _start_program(
        self, name: str, people: Sequence[Account], speakers: Sequence[Account], *, messages_each: int
    ) -> tuple[Measured, dict[str, int]]:
        owner = self._world.add_account(f"+1900000{len(self._processes):04}", "Pavel", "Orlov")
        home = Home(self._folder, name, self._server, self._model, owner)
        owner.box.last_message_id = fill.FIRST_LIVE_MESSAGE
        owner.met |= {person.id for person in people}
        # Before the login, so that no start has to catch up on them.
        cards = {person.id: self._world.send(owner, owner, f"Card of {person.first_name}").id for person in people}
        await home.log_in()
        # The first start makes the tables.
        first = await home.start()
        await first.stop()
        fill.fill(
            home.database,
            owner.id,
            [fill.Person(one.id, self._world.access_hash(owner, one), cards[one.id]) for one in people],
            messages_each=messages_each,
        )
        rows = dict(fill.counts(home.database))
        return self._measured(await home.start(), owner, speakers), rows


def _print_rows(small: dict[str, int], large: dict[str, int]) -> None:
    print(f"\n{'rows at the start':<24}{'small':>12}{'large':>12}")
    for table in small:
        print(f"{table:<24}{small[table]:>12,}{large[table]:>12,}")


def _print_costs(measured: Sequence[Measured]) -> None:
    print(f"\n{'a message and its reply':<24}{'CPU ms':>10}{'median ms':>12}{'95 % ms':>10}{'messages':>10}")
    for one in measured:
        for kind, cost in (("1 at a time", one.alone), (f"{AT_ONCE} at once", one.crowd)):
            print(
                f"{one.process.name + ', ' + kind:<24}{cost.cpu_ms:>10.2f}{cost.latency_ms:>12.1f}"
                f"{cost.slow_ms:>10.1f}{cost.messages:>10}"
            )


def _judge(
    bars: Bars, echo: Measured, small: Measured, large: Measured, memory: dict[str, float], last_mb: float
) -> list[str]:
    """Print each bar with what was measured against it; returns those that were missed."""
    missed: list[str] = []

    def hold(what: str, value: float, bar: float, unit: str = "") -> None:
        is_kept = value <= bar
        print(f"{what:<52}{value:>9.2f}{unit:<4}at most {bar:g}{unit}{'' if is_kept else '   MISSED'}")
        if not is_kept:
            missed.append(what)

    print()
    for kind, ours, bare, theirs in (
        ("1 at a time", small.alone, echo.alone, large.alone),
        (f"{AT_ONCE} at once", small.crowd, echo.crowd, large.crowd),
    ):
        hold(f"CPU added over the echo a turn, {kind}", ours.cpu_ms - bare.cpu_ms, bars.added_ms, " ms")
        hold(f"CPU a turn, large over small, {kind}", theirs.cpu_ms / ours.cpu_ms, bars.large)
    hold("latency a turn, large over small, 1 at a time", large.alone.latency_ms / small.alone.latency_ms, bars.large)
    hold("ready with the large database after", large.process.ready_s, bars.ready_s, " s")
    for name in ("small", "large"):
        hold(f"memory after start, {name}", memory[name], bars.memory_mb, " MB")
    hold(
        f"memory after the turns over memory after start ({memory['small']:.0f} MB)",
        last_mb / memory["small"],
        bars.growth,
    )
    return missed


if __name__ == "__main__":
    sys.exit(main())
