"""Runs the soak: starts the program, lets people write, kills it, again and again; then waits for what must follow."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from userbot.rehearsal.program import Program
from userbot.rehearsal.soak.brain import Brain
from userbot.rehearsal.soak.people import Cast
from userbot.rehearsal.soak.score import Score, count
from userbot.rehearsal.soak.talk import Talk
from userbot.rehearsal.soak.trouble import HISTORY, SEND, Trouble
from userbot.rehearsal.telegram import TelegramServer
from userbot.rehearsal.telegram.world import Delivery

POLL_S = 0.01
# No process is left alive longer than that before all kills are made.
LONGEST_LIFE_S = 7.0
# The end is given up when nothing was sent or edited for so long: longer than any wait between tries in it.
PATIENCE_S = 150.0
SETTLE_S = 4.0
AT_COMMIT = ("before a commit", "after a commit")
# The mean number of commits in a life: a start has about 15, a message from its arrival to its answer 10.
COMMITS_MEAN = 25
# While less was said than should be (cards go out one a second, and a first message waits for its card) lives are so
# many times as long: kills are to strike a program at work, not one that starts.
WHEN_BEHIND = 4


@dataclass
class Tally:
    """What was done to the program. `exits` are processes that ended by themselves, by exit code."""

    kills: Counter[str] = field(default_factory=Counter)
    exits: Counter[int] = field(default_factory=Counter)

    @property
    def killed(self) -> int:
        return self.kills.total()

    @property
    def at_commits(self) -> int:
        return sum(self.kills[kind] for kind in AT_COMMIT)


class Director:
    """`play` is the whole soak; the score is true afterwards."""

    def __init__(
        self,
        program: Program,
        server: TelegramServer,
        cast: Cast,
        brain: Brain,
        trouble: Trouble | None,
        *,
        kills: int,
        seed: int,
        tell: Callable[[str], None],
    ) -> None:
        self._program = program
        self._server = server
        self._cast = cast
        self._brain = brain
        self._trouble = trouble
        self._kills = kills
        self._kill_dice = random.Random(f"{seed} kills")  # noqa: S311
        self.talk = Talk(server, cast, program.database, random.Random(f"{seed} talk"), self._progress)  # noqa: S311
        self._tell = tell
        self._last_sign = 0.0
        self.tally = Tally()
        server.world.on_message = self._note_sign
        server.world.on_edit = self._note_sign

    async def play(self) -> Score:
        talking = asyncio.create_task(self.talk.run())
        trouble = asyncio.create_task(self._trouble.run()) if self._trouble else None
        self._brain.with_faults = self._trouble is not None
        while self.tally.killed < self._kills or self.tally.at_commits * 2 < self.tally.killed < self._kills * 2:
            before = self.tally.killed
            await self._one_life()
            if self.tally.killed // 10 > before // 10:
                self._tell(f"{self.tally.killed} kills, {self.talk.said} messages")
        if trouble and self._trouble:
            trouble.cancel()
            await asyncio.gather(trouble, return_exceptions=True)
            await self._trouble.end()
        self._brain.with_faults = False
        await self._come_to_an_end()
        # Who was never written to still waits to speak.
        talking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await talking
        return count(self._cast, self._server, self._program.database)

    def _progress(self) -> float:
        return min(1.0, (self.tally.killed + 1) / self._kills)

    @property
    def _longer(self) -> int:
        return WHEN_BEHIND if self.talk.is_behind else 1

    # --- one life of the program

    async def _one_life(self) -> None:
        """Start it, kill it in one of the ways, and write down which it was."""
        if self.tally.at_commits * 2 <= self.tally.killed:
            kind = self._kill_dice.choice(AT_COMMIT)
        else:
            kind = self._kill_dice.choice(
                (*AT_COMMIT, "at a random moment", "during start-up", "in a sweep", "at a send")
            )
        started = len(self._server.requests)
        if kind in AT_COMMIT:
            number = 1 + int(self._kill_dice.expovariate(1 / (COMMITS_MEAN * self._longer)))
            await self._program.start("userbot.rehearsal.killable", kind.split()[0], str(number))
        else:
            await self._program.start()
        waiting = asyncio.create_task(self._moment(kind, started))
        ended = asyncio.create_task(self._program.ended())
        await asyncio.wait([waiting, ended], return_when=asyncio.FIRST_COMPLETED)
        was_dead = ended.done()
        waiting.cancel()
        await self._program.kill()
        code = await ended
        if not was_dead and kind in AT_COMMIT:
            kind = "at a random moment"
        if code == -9:
            self.tally.kills[kind] += 1
        else:
            self.tally.exits[code] += 1
        await asyncio.sleep(self._kill_dice.choice([0.0, 0.0, self._kill_dice.uniform(0, 1)]))

    async def _moment(self, kind: str, started: int) -> None:
        """Until it is time to kill."""
        dice = self._kill_dice
        match kind:
            case "at a random moment":
                await asyncio.sleep(dice.uniform(1, 5) * self._longer)
            case "during start-up":
                await asyncio.sleep(dice.uniform(0.05, 1.8))
            case "in a sweep":
                await self._requests_come(HISTORY, dice.randint(1, len(self._cast.people)), started)
                await asyncio.sleep(dice.uniform(0, 0.03))
            case "at a send":
                await self._requests_come(SEND, dice.randint(1, 6 * self._longer), started)
                await asyncio.sleep(dice.uniform(0, 0.02))
            case _:
                await asyncio.sleep(LONGEST_LIFE_S * self._longer)

    async def _requests_come(self, method: str, number: int, started: int) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_LIFE_S * self._longer
        while loop.time() < until:
            if sum(request.method == method for request in self._server.requests[started:]) >= number:
                return
            await asyncio.sleep(POLL_S)

    # --- the end

    def _note_sign(self, _: Delivery) -> None:
        self._last_sign = asyncio.get_running_loop().time()

    async def _come_to_an_end(self) -> None:
        """Alive and undisturbed, until everything has come out or nothing moves any more; then once more from the
        start, after which nothing may be left to say."""
        self._tell("no more kills: waiting for what must follow")
        loop = asyncio.get_running_loop()
        self._last_sign = loop.time()
        await self._program.start()
        while not self._is_all_out() and loop.time() < self._last_sign + PATIENCE_S:
            if not self._program.is_running:
                self.tally.exits[await self._program.ended()] += 1
                await self._program.start()
            await asyncio.sleep(0.5)
        for _ in range(2):
            await asyncio.sleep(SETTLE_S)
            await self._program.stop()
            await self._program.start()
        await asyncio.sleep(SETTLE_S)
        await self._program.stop()

    def _is_all_out(self) -> bool:
        score = count(self._cast, self._server, self._program.database)
        return self.talk.is_over and not (score.lost or score.wrong)
