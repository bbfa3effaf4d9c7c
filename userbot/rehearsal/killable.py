"""`userbot run` that kills itself at a commit: `python -m userbot.rehearsal.killable before|after N`.

The product knows nothing of this. Every commit of the process counts, those of the Telegram session too.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from userbot.__main__ import main
from userbot.rehearsal.commits import watched


class Countdown:
    """Kills this process, as a power cut would, right before or right after the commit with the number `at`."""

    def __init__(self, side: str, at: int) -> None:
        self._side = side
        self._left = at

    def before(self, _: Path) -> None:
        self._left -= 1
        if self._left == 0 and self._side == "before":
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, _: Path) -> None:
        if self._left == 0 and self._side == "after":
            os.kill(os.getpid(), signal.SIGKILL)


def run(arguments: Sequence[str]) -> int:
    side, at = arguments
    with watched(Countdown(side, int(at))):
        return main(["run"])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
