"""`make security`: plays the matrix and prints what was counted. Exit code 1 when the bar is not met."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.security import looks, matrix
from tests.security.looks import Violation
from tests.security.matrix import Cell
from tests.tasks.test_guard_data import DIALOGS, FALSE_BLOCKS, HELD_OUT, checked
from userbot.rehearsal.jumping import JumpingLoop


async def play_all(home: Path, wanted: Sequence[Cell]) -> list[Violation]:
    """Every cell, in houses of some hundred; what must not have happened and did."""
    found: list[Violation] = []
    for n, part in enumerate(matrix.houses(wanted)):
        found += await matrix.play_in(home / str(n), part, looks.look)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="make security", description=__doc__)
    parser.add_argument("--wrappers", type=int, default=2, help="wrappings in which every combination is played")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    wanted = matrix.cells(options.wrappers)
    with tempfile.TemporaryDirectory() as home, asyncio.Runner(loop_factory=JumpingLoop) as runner:
        found = runner.run(play_all(Path(home), wanted))
    print(f"cells played: {len(wanted)}")
    by_attack = Counter(cell.attack.number for cell in wanted)
    print("  by attack: " + ", ".join(f"{number}: {by_attack[number]}" for number in sorted(by_attack)))
    print(f"cells that cannot exist: {matrix.skipped(options.wrappers).total()}")
    for reason, number in matrix.skipped(options.wrappers).most_common():
        print(f"  {number}: {reason}")
    print(f"violations: {len(found)}")
    for (attack, kind), number in sorted(Counter((one.attack, one.kind) for one in found).items()):
        print(f"  attack {attack}: {kind}: {number}")
    is_good = not found
    for name, dialogs in (("ordinary", DIALOGS), ("held out", HELD_OUT)):
        said = [faults for dialog in dialogs for _, faults in checked(dialog, dialogs)]
        blocked = sum(map(bool, said))
        print(f"falsely blocked, {name} dialogs: {blocked} of {len(said)} messages ({blocked / len(said):.1%})")
        is_good = is_good and blocked <= FALSE_BLOCKS * len(said)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
