"""Whole copies of SQLite files that may be in use: for backups, and before the tables are changed. Nothing here needs
the program's own connection, so that a copy can be made beside a running program."""

import contextlib
import os
import sqlite3
from pathlib import Path

from userbot.errors import OwnerMustAct

BUSY_TIMEOUT_S = 30.0


def copy_sqlite(source: Path, target: Path) -> None:
    """Write what `source` holds at one instant, all that was committed, to the new file `target` (mode 0600, synced).

    Raises OwnerMustAct when the source cannot be read or is damaged, or the target cannot be written; then there is no
    target.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise OwnerMustAct(f"{target} cannot be written: {error.strerror}") from error
    try:
        uri = f"{source.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as file:
            # Into an empty file: what was deleted from the source is not carried along.
            file.execute("VACUUM INTO ?", (str(target),))
        sync(target)
    except (sqlite3.Error, OSError) as error:
        target.unlink(missing_ok=True)
        raise OwnerMustAct(f"{source} cannot be copied to {target}: {error}") from error


def check_sqlite(path: Path) -> str:
    """SQLite's own word on the file: "ok", or what is wrong with it. The file stays as it is."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            return "; ".join(str(row[0]) for row in file.execute("PRAGMA quick_check").fetchmany(3))
    except sqlite3.Error as error:
        return str(error)


def sync(path: Path) -> None:
    """Have it on the disk, not only on its way there; a folder's names too."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
