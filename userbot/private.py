"""Who else on this computer can read what is secret: looked at before anything is opened, and refused, not mended.

What others could read so far may have been read: the owner is to know of it. Only an empty folder, as a checkout brings
it, is made private without a word.
"""

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from userbot.errors import OwnerMustAct

FOLDER, FILE = 0o700, 0o600
# What this program puts there: the session, the database, what SQLite keeps beside them, the lock.
_OURS = "userbot*"


@dataclass(frozen=True)
class Loose:
    """`what` others can do with `path`, and the command that ends it."""

    path: Path
    what: str
    mend: str


def make_private_folder(path: Path) -> None:
    """Made when missing. One that holds nothing of ours yet is closed to others. Raises OSError."""
    path.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    if stat.S_IMODE(path.stat().st_mode) & ~FOLDER and not any(path.glob(_OURS)):
        path.chmod(FOLDER)


def find_loose(folders: Iterable[Path]) -> list[Loose]:
    """What others can read or write of these folders and of what this program keeps in them."""
    return [loose for folder in folders for loose in _looked_at(folder)]


def refuse_loose(folders: Iterable[Path]) -> None:
    """Raises OwnerMustAct naming everything that others can reach, and what to type."""
    found = find_loose(folders)
    if not found:
        return
    lines = "\n".join(f"  {loose.path} {loose.what}: {loose.mend}" for loose in found)
    raise OwnerMustAct(
        f"others on this computer can reach your login or your messages:\n{lines}\n"
        "If that changes nothing, the disk keeps no rights (FAT, some network and container drives): "
        "set USERBOT_HOME to a folder on one that does"
    )


def loose_file(path: Path) -> Loose | None:
    """None when only this user can reach it, or there is no such file."""
    return _loose(path, FILE)


def _looked_at(folder: Path) -> Iterator[Loose]:
    try:
        ours = sorted(path for path in folder.glob(_OURS) if path.is_file())
    except OSError:
        return  # whoever opens it says what is wrong
    if ours and (loose := _loose(folder, FOLDER)) is not None:
        yield loose
    yield from (loose for path in ours if (loose := _loose(path, FILE)) is not None)


def _loose(path: Path, most: int) -> Loose | None:
    try:
        found = path.stat()
    except OSError:
        return None
    quoted = shlex.quote(str(path))
    if found.st_uid != os.geteuid():
        return Loose(path, f"belongs to another user (id {found.st_uid})", f"sudo chown {os.geteuid()} {quoted}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        return Loose(path, f"can be reached by others (mode {mode:04o})", f"chmod {most:o} {quoted}")
    return None
