"""Every commit to an SQLite file, told to whoever watches, right before and right after it.

SQLite itself is watched and not the code that uses it: a COMMIT counts, and a single statement outside of a
transaction that writes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")
_ENDS = ("COMMIT", "END")


class Watcher(Protocol):
    """`path` is the file's."""

    def before(self, path: Path) -> None: ...

    def after(self, path: Path) -> None: ...


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Connections made inside tell `watcher` of their commits."""
    connect = sqlite3.connect
    factory = type("_Watched", (_Connection,), {"watcher": watcher})
    sqlite3.connect = partial(connect, factory=factory)  # type: ignore[assignment]
    try:
        yield
    finally:
        sqlite3.connect = connect


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, parameters: Any = ()) -> "_Cursor":
        connection = self.connection
        assert isinstance(connection, _Connection)  # noqa: S101  (its factory made this cursor)
        word = sql.lstrip()[:8].upper()
        # Where the module itself opens transactions, a write waits for `commit`.
        alone = not connection.in_transaction and connection.isolation_level is None and word.startswith(_WRITES)
        if not (alone or word.startswith(_ENDS)):
            super().execute(sql, parameters)
            return self
        connection.watcher.before(connection.path)
        super().execute(sql, parameters)
        connection.watcher.after(connection.path)
        return self


class _Connection(sqlite3.Connection):
    watcher: Watcher

    def __init__(self, database: str | Path, *args: Any, **options: Any) -> None:
        super().__init__(database, *args, **options)
        self.path = Path(database)

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        cursor: _Cursor = self.cursor()
        return cursor.execute(sql, parameters)

    def commit(self) -> None:
        if not self.in_transaction:
            return
        self.watcher.before(self.path)
        super().commit()
        self.watcher.after(self.path)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        # The module's own context manager commits without calling `commit`.
        if error is None:
            self.commit()
            return False
        return super().__exit__(kind, error, trace)
