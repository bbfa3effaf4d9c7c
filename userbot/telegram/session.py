"""The session file and its lock: what can be told of a login without Telegram, and without importing Telethon.

The file is Telethon's own SQLite file and holds the account's key in clear; one table of ours in it says which
server the login is for. Telegram ends a session that is used from two places at once, hence the lock.
"""

import contextlib
import fcntl
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from userbot.errors import OwnerMustAct
from userbot.private import make_private_folder

_TRIES, _BETWEEN_TRIES_S = 3, 0.05


class AlreadyRunning(OwnerMustAct):
    """Another process uses the session."""


class SessionLock:
    """One process per session: `with SessionLock(path): ...`. Freed by the kernel however the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Raises AlreadyRunning, naming the process, or OwnerMustAct when the file cannot be made."""
        try:
            make_private_folder(self._path.parent)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise cannot_be_written(self._path, error) from error
        # `userbot status` looks at the lock by taking it for a moment: one refusal may be that.
        for tries_left in reversed(range(_TRIES)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if tries_left:
                    time.sleep(_BETWEEN_TRIES_S)
                    continue
                pid = _read_pid(self._path)
                os.close(file)
                raise AlreadyRunning(
                    f"userbot is already running{f' (pid {pid})' if pid else ''}: stop it first, "
                    "or set USERBOT_HOME to another folder for another account"
                ) from None
        self._file = file
        # Only for show: on a full disk the lock is as good without it.
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """The file stays: removing it would let two processes lock two files of one name."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@dataclass(frozen=True)
class Holder:
    """Who holds the lock; `pid` is None when the process has not written it yet."""

    pid: int | None


def find_lock_holder(path: Path) -> Holder | None:
    """None when nobody holds it."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Holder(_read_pid(path))
    finally:
        os.close(file)
    return None


def _read_pid(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(path.read_text(encoding="ascii"))
    return None


def cannot_be_written(path: Path, error: OSError) -> OwnerMustAct:
    return OwnerMustAct(
        f"{path} cannot be written ({error.strerror}): see to the rights and the disk of that folder, "
        "or set USERBOT_HOME to another one"
    )


@dataclass(frozen=True)
class SessionFacts:
    """What the session file says. `server` is the one its login is for; None when nobody wrote it down.

    `is_logged_in` is as of the last run: Telegram may have ended the session since.
    """

    is_logged_in: bool
    user_id: int | None
    server: str | None
    address: str | None


def read_session(path: Path) -> SessionFacts | None:
    """None when there is no such file. Never changes it. Raises OwnerMustAct when it is no session."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            server = file.execute("SELECT name FROM userbot_server").fetchone() if "userbot_server" in tables else None
            if "sessions" not in tables:
                return SessionFacts(False, None, server[0] if server else None, None)
            login = file.execute("SELECT server_address, port, auth_key FROM sessions").fetchone()
            # Telethon keeps its own account's id as the "access hash" of id 0, from the login on.
            own = file.execute("SELECT hash FROM entities WHERE id = 0").fetchone()
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return SessionFacts(
        is_logged_in=bool(login and login[2]) and own is not None,
        user_id=own[0] if own else None,
        server=server[0] if server else None,
        address=f"{login[0]}:{login[1]}" if login and login[0] else None,
    )


def write_server(path: Path, server: str) -> None:
    """Write down which server the file's login is for. Makes the file, readable to its owner only, when missing."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with contextlib.closing(sqlite3.connect(path)) as file, file:
            file.execute("CREATE TABLE IF NOT EXISTS userbot_server (name TEXT NOT NULL)")
            file.execute("DELETE FROM userbot_server")
            file.execute("INSERT INTO userbot_server VALUES (?)", (server,))
    except (sqlite3.Error, OSError) as error:
        raise unusable(path, error) from error


def unusable(path: Path, error: Exception) -> OwnerMustAct:
    """What to tell the owner when the session file cannot be read or written."""
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return AlreadyRunning(f"another program uses the session file {path}: stop it first")
    return OwnerMustAct(
        f"the session file {path} cannot be used ({error}): put back a copy of it, "
        "or move it away and run `userbot login` again"
    )
