"""What a supervisor is told of this process: systemd by its notify socket, Docker and everybody else by a file whose
age says when the process last was alive. A process that hangs says nothing, and is ended by who asked for it."""

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

# The program says that it is alive so often; a supervisor should wait for some of them.
ALIVE_EVERY_S = 30.0
ALIVE_FOR = timedelta(seconds=120)


class Phase(StrEnum):
    CONNECTING = "connecting"
    READY = "ready"  # commands are taken
    STOPPING = "stopping"


class Supervisor:
    """Tells whoever watches this process how it is; call `alive` every ALIVE_EVERY_S. Trouble in telling is nobody's
    trouble: a full disk has louder voices."""

    def __init__(self, alive_path: Path, environ: Mapping[str, str]) -> None:
        self._alive_path = alive_path
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._phase: Phase | None = None

    def enter(self, phase: Phase) -> None:
        """A new phase. systemd counts the service as started from the first READY on."""
        if phase is self._phase:
            return
        self._phase = phase
        word = {Phase.READY: "READY=1\n", Phase.STOPPING: "STOPPING=1\n"}.get(phase, "")
        self._tell(f"{word}STATUS={phase.value}\n")
        self.alive()

    def alive(self) -> None:
        self._tell("WATCHDOG=1\n")
        with contextlib.suppress(OSError):
            self._alive_path.write_text(f"{self._phase or Phase.CONNECTING}\n", encoding="ascii")

    def _tell(self, text: str) -> None:
        """As sd_notify(3) does, without its library."""
        if not self._address.startswith(("/", "@")):
            return
        # "@" stands for the NUL that an abstract socket's name starts with.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.setblocking(False)
            notify.sendto(text.encode(), address)


@dataclass(frozen=True)
class Health:
    """`is_fine`: a supervisor should leave the process alone. `what` says how it is, in a line."""

    is_fine: bool
    what: str


def read_health(alive_path: Path, is_running: bool, now: datetime) -> Health:
    """How the running process is, seen from beside it. `is_running`: somebody holds the session's lock."""
    if not is_running:
        return Health(False, "not running")
    try:
        phase = alive_path.read_text(encoding="ascii").strip()
        age_s = now.timestamp() - alive_path.stat().st_mtime
    except (OSError, ValueError):
        return Health(False, "running, but never said that it is alive")
    # A clock that was set back makes the file look young at worst, and for as long as it was set back.
    if age_s > ALIVE_FOR.total_seconds():
        return Health(False, f"hanging: last alive {age_s:.0f} s ago")
    if phase == Phase.READY:
        return Health(True, "ready")
    # Telegram or the network is away; starting the process anew brings neither back.
    return Health(True, f"alive, {phase if phase in tuple(Phase) else 'starting'}")
