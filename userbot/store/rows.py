"""The queries of every turn as plain SQL: peewee builds a query's text anew each time, which costs several times what
SQLite takes to answer it. What is asked once in a while stays in peewee's own words."""

from collections import namedtuple
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from peewee import BooleanField

from userbot.store.database import db
from userbot.store.tables import InstantField, JsonField, Table

_INSTANT, _JSON = InstantField(), JsonField()
_CONVERTED = (type(_INSTANT), type(_JSON), BooleanField)

Read = Callable[..., list[Any]]

# peewee brings no types for it.
_execute: Callable[[str, tuple[object, ...]], Any] = db.execute_sql


def reader(table: type[Table]) -> Read:
    """A function `read(tail, *values)` for rows of this table, with attributes named and of types as peewee has them.
    `tail` is the SQL after FROM."""
    fields = table._meta.sorted_fields
    row = namedtuple(table.__name__, [field.name for field in fields])  # type: ignore[misc]
    sql = f"SELECT {', '.join(field.column_name for field in fields)} FROM {table._meta.table_name} "
    converted = [(n, field.python_value) for n, field in enumerate(fields) if isinstance(field, _CONVERTED)]

    def read(tail: str, *values: object) -> list[Any]:
        rows = []
        for found in _execute(sql + tail, values):
            columns = list(found)
            for n, convert in converted:
                if columns[n] is not None:
                    columns[n] = convert(columns[n])
            rows.append(row._make(columns))
        return rows

    return read


def change(sql: str, *values: object) -> int:
    """Run a statement that changes rows; returns how many."""
    return int(_execute(sql, values).rowcount)


def insert(table: str, **columns: object) -> int:
    """A new row, with values as SQLite takes them; returns its id."""
    names = ", ".join(columns)
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks(columns)})"
    return int(_execute(sql, tuple(columns.values())).lastrowid)


def value(sql: str, *values: object) -> Any:
    """The first column of the first row; None when there is none."""
    row = _execute(sql, values).fetchone()
    return None if row is None else row[0]


def tuples(sql: str, *values: object) -> list[tuple[Any, ...]]:
    return list(_execute(sql, values))


def marks(values: Iterable[object]) -> str:
    """A question mark for each value, as IN (…) and VALUES (…) want them."""
    return ", ".join("?" for _ in values)


def as_text(at: datetime | None) -> str | None:
    """An instant as its column holds it."""
    text: str | None = _INSTANT.db_value(at)
    return text


def as_instant(text: str | None) -> datetime | None:
    """What a column of instants holds."""
    at: datetime | None = None if text is None else _INSTANT.python_value(text)
    return at


def as_json(given: object) -> str | None:
    text: str | None = _JSON.db_value(given)
    return text
