"""The one SQLite file: opening it, its migrations, and the one kind of transaction there is."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee
from playhouse.migrations import Runner

from userbot.errors import MachineFails, OwnerMustAct
from userbot.private import make_private_folder
from userbot.store.copies import copy_sqlite

# synchronous=FULL: after a power cut a committed row is still there, which the ledger's promise rests on.
PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": 5000}

# Opened on purpose only: else a query after the end would open the file anew, without its lock.
db = peewee.SqliteDatabase(None, pragmas=PRAGMAS, autoconnect=False)
MIGRATIONS = Path(__file__).parent / "migrations"
# Copies of the database from before its tables were changed: as many updates can be taken back.
COPIES_KEPT = 3

# SQLite's result codes for what is no fault of a statement.
_MENDS = {
    sqlite3.SQLITE_FULL: "the disk is full: make room, then start the program again",
    sqlite3.SQLITE_IOERR: "the disk fails or is full: look at it, then start the program again",
    sqlite3.SQLITE_READONLY: "it cannot be written: see to the rights of the file, its folder and its disk",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: see to the rights of the file, its folder and its disk",
    sqlite3.SQLITE_PERM: "it cannot be opened: see to the rights of the file, its folder and its disk",
    sqlite3.SQLITE_CORRUPT: "it is damaged: put back a backup (`userbot doctor` says whether it is whole)",
    sqlite3.SQLITE_NOTADB: "it is damaged: put back a backup (`userbot doctor` says whether it is whole)",
    sqlite3.SQLITE_BUSY: "another program keeps it locked: stop that, then start this one again",
}


def open_database(path: Path) -> list[str]:
    """Open `path` (made when missing, mode 0600) and bring its tables up to date; returns the migrations applied.

    Raises OwnerMustAct when the file cannot be opened, is damaged, or belongs to a newer version.
    """
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db.init(str(path))
        db.connect()
        return _migrate(path)
    except BaseException as error:
        close_database()
        if isinstance(error, OSError | peewee.DatabaseError):
            mend = _mend(error)
            raise OwnerMustAct(
                f"the database {path} cannot be opened: {error}" + (f"; {mend[0]}" if mend else "")
            ) from error
        raise


def _migrate(path: Path) -> list[str]:
    """Bring the tables up to date. A database that has been used is copied first, beside it."""
    runner = Runner(db, directory=str(MIGRATIONS))
    status = runner.status()
    unknown = [migration.name for migration in status if migration.path is None]
    if unknown:
        raise OwnerMustAct(
            f"the database was written by a newer version of userbot (it has {', '.join(unknown)}): update the program"
        )
    pending = [str(migration.name) for migration in status if not migration.applied]
    if pending and len(pending) < len(status):
        _copy_before(path, pending[0])
    return [str(name) for name in runner.up()]


def _copy_before(path: Path, migration: str) -> None:
    """A copy from before this migration, and only the latest few of such copies. One that is there already is of an
    update that was cut short, and has what this one would have."""
    copy = path.with_name(f"{path.stem}-before-{migration}{path.suffix}")
    if not copy.exists():
        unfinished = copy.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        copy_sqlite(path, unfinished)
        unfinished.rename(copy)
    copies = sorted(path.parent.glob(f"{path.stem}-before-*{path.suffix}"))
    for old in copies[:-COPIES_KEPT]:
        old.unlink()


def close_database() -> None:
    if not db.is_closed():
        db.close()


@contextmanager
def transaction() -> Iterator[None]:
    """One IMMEDIATE transaction: the write lock is taken first, so what is read inside still stands at the commit.

    Nests as savepoints. There must be no `await` inside.
    """
    with db.atomic("IMMEDIATE"):
        yield


def failure(error: BaseException) -> MachineFails | None:
    """What to tell the owner when `error` came of the database's file or disk; None when it came of anything else."""
    if not isinstance(error, peewee.DatabaseError | sqlite3.Error):
        return None
    found = _mend(error)
    return None if found is None else MachineFails(f"the database {db.database}: {found[0]} ({found[1]})")


def _mend(error: BaseException) -> tuple[str, BaseException] | None:
    """What is to be done about it, and the error that says so: what SQLite rolled back by itself cannot be rolled
    back again, so that the first failure stands behind the last."""
    reason: BaseException | None = error
    while reason is not None:
        mend = _MENDS.get(getattr(reason, "sqlite_errorcode", 0) & 0xFF)
        if mend is not None:
            return mend, reason
        reason = reason.__cause__ or reason.__context__
    return None


@contextmanager
def failures_told() -> Iterator[None]:
    """Whatever goes wrong inside because the file or the disk does becomes MachineFails."""
    try:
        yield
    except Exception as error:
        told = failure(error)
        if told is None:
            raise
        raise told from error
