"""`userbot run` that kills itself at a commit: `python -m userbot.rehearsal.killable before|after N`.

The product knows nothing of this. SQLite itself is watched, so that every commit of the process counts, those of the
Telegram session too: a COMMIT, and a single statement outside of a transaction that writes.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

from userbot.__main__ import main

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")
_ENDS = ("COMMIT", "END")


class Countdown:
    """Kills this process, as a power cut would, right before or right after the commit with the number `at`."""

    def __init__(self, side: str, at: int) -> None:
        self._side = side
        self._left = at

    def before(self) -> None:
        self._left -= 1
        if self._left == 0 and self._side == "before":
            self._kill()

    def after(self) -> None:
        if self._left == 0 and self._side == "after":
            self._kill()

    def _kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, parameters: Any = ()) -> "_Cursor":
        connection = self.connection
        assert isinstance(connection, _Connection)  # noqa: S101  (its factory made this cursor)
        word = sql.lstrip()[:8].upper()
        # A statement outside of a transaction commits by itself, unless the module opens one for it.
        alone = not connection.in_transaction and connection.isolation_level is None and word.startswith(_WRITES)
        if not (alone or word.startswith(_ENDS)):
            super().execute(sql, parameters)
            return self
        connection.countdown.before()
        super().execute(sql, parameters)
        connection.countdown.after()
        return self


class _Connection(sqlite3.Connection):
    countdown: Countdown

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        cursor: _Cursor = self.cursor()
        return cursor.execute(sql, parameters)

    def commit(self) -> None:
        if not self.in_transaction:
            super().commit()
            return
        self.countdown.before()
        super().commit()
        self.countdown.after()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        # SQLite's own context manager commits without calling `commit`.
        if error is None:
            self.commit()
            return False
        return super().__exit__(kind, error, trace)


def kill_at(countdown: Countdown) -> None:
    """From now on every connection to an SQLite file counts its commits."""
    sqlite3.connect = partial(sqlite3.connect, factory=type("_Counted", (_Connection,), {"countdown": countdown}))  # type: ignore[assignment]


def run(arguments: Iterable[str]) -> int:
    side, at = arguments
    kill_at(Countdown(side, int(at)))
    return main(["run"])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
