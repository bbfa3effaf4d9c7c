"""What a check of `userbot doctor` says."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    BROKEN = "broken"


@dataclass(frozen=True)
class Check:
    """`what` was found, and the `mend` where there is something to mend."""

    name: str
    state: State
    what: str
    mend: str | None = None
