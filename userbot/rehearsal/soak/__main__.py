"""`make soak`: the crash soak, with what it counted at the end. `--help` explains its options.

The dice are thrown from the seed alone, one Random for each purpose; how they fall together with real processes
differs a little from run to run.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from userbot.rehearsal.model import ScriptedModel
from userbot.rehearsal.program import Program, ProgramFailed
from userbot.rehearsal.soak.brain import Brain
from userbot.rehearsal.soak.director import Director
from userbot.rehearsal.soak.people import make_cast
from userbot.rehearsal.soak.score import Score
from userbot.rehearsal.soak.trouble import Trouble
from userbot.rehearsal.telegram import TelegramServer

# As everywhere but where the load itself would hit a limit that has tests of its own.
SETTINGS = {
    "QUIET_SECONDS": "0.5",
    "MESSAGES_PER_MINUTE": "600",
    "FIRST_CONTACTS_PER_DAY": "100",
    "TURNS_PER_TASK": "100000",
    "MESSAGES_PER_TASK": "10000",
    "TOKENS_PER_TASK": "1000000000",
    "TURNS_PER_DAY": "1000000",
    "MESSAGES_PER_DAY": "100000",
    "TOKENS_PER_DAY": "1000000000",
}
LOGIN_S = 30.0
POLL_S = 0.05
# So many cases of a kind are named; the rest is only counted.
SHOWN = 20


def main() -> int:
    """Exit code 0 when nothing was lost, doubled, misattributed or wrong."""
    options = _parser().parse_args()
    started = time.monotonic()

    def tell(line: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {line}", flush=True)

    home = Path(tempfile.mkdtemp(prefix="userbot-soak-"))
    score, director, faults = asyncio.run(_soak(options, home, tell))
    _print_outcome(score, director, faults, options, time.monotonic() - started)
    if score.is_clean:
        shutil.rmtree(home)
    else:
        print(f"The program's logs and database are kept in {home}")
    return 0 if score.is_clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m userbot.rehearsal.soak",
        description="Kills the real program again and again under load, and counts what was lost, doubled or mixed up.",
    )
    parser.add_argument("--seed", type=int, default=1, help="what every die is thrown from (default 1)")
    parser.add_argument("--dialogs", type=int, default=20, help="how many contacts (default 20)")
    parser.add_argument("--messages", type=int, default=300, help="how many messages they write (default 300)")
    parser.add_argument("--kills", type=int, default=100, help="how many kills at least (default 100)")
    parser.add_argument("--faults", action="store_true", help="with Telegram's and the model's faults as well")
    return parser


async def _soak(
    options: argparse.Namespace, home: Path, tell: Callable[[str], None]
) -> tuple[Score, Director, Counter[str]]:
    seed = options.seed
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer())
        cast = make_cast(server.world, options.dialogs, options.messages, random.Random(f"{seed} people"))  # noqa: S311
        brain = Brain(cast, random.Random(f"{seed} model"))  # noqa: S311
        model = ScriptedModel(api_key="demo")
        model.lane("owner", "You are the secretary inside", brain.owner)
        model.lane("contact", "You are the personal assistant of", brain.contact)
        await model.start()
        stack.push_async_callback(model.stop)
        program = Program(home, server, model, cast.owner, SETTINGS)
        stack.push_async_callback(program.kill)
        await program.log_in(_until)
        trouble = Trouble(server, cast, random.Random(f"{seed} trouble")) if options.faults else None  # noqa: S311
        director = Director(program, server, cast, brain, trouble, kills=options.kills, seed=seed, tell=tell)
        score = await director.play()
        score.misattributed += brain.wrong + model.failures
        faults = brain.struck + (trouble.struck if trouble else Counter())
        return score, director, faults


async def _until(holds: Callable[[], bool], what: str) -> None:
    left_s = LOGIN_S
    while not holds():
        await asyncio.sleep(POLL_S)
        left_s -= POLL_S
        if left_s < 0:
            raise ProgramFailed(f"waited {LOGIN_S:g} s in vain for {what}")


def _print_outcome(
    score: Score, director: Director, faults: Counter[str], options: argparse.Namespace, duration_s: float
) -> None:
    for name, cases in (
        ("lost", score.lost),
        ("doubled", score.doubled),
        ("misattributed", score.misattributed),
        ("wrong results", score.wrong),
    ):
        print(f"{name}: {len(cases)}")
        for case in cases[:SHOWN]:
            print(f"    {case}")
    tally = director.tally
    print(f"kills: {tally.killed}, {tally.at_commits} of them at commits ({_listed(tally.kills)})")
    if tally.exits:
        print(f"ended by itself: {_listed(Counter({f'exit code {code}': n for code, n in tally.exits.items()}))}")
    print(f"people: {_listed(director.talk.done)}")
    print(f"faults: {faults.total()} ({_listed(faults)})")
    print(
        f"seed {options.seed}, {options.dialogs} dialogs, {options.messages} messages, "
        f"{'with' if options.faults else 'without'} faults, {duration_s:.0f} s"
    )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
