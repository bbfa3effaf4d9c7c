"""Values that nobody can read (a disk's fault, a hand in the file): found and emptied at the start, before anything
reads them. One such row would end the program again at every start, for everybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from userbot.store import rows
from userbot.store.database import transaction
from userbot.store.tables import (
    TABLES,
    BusyRow,
    DeskRow,
    EventRow,
    InstantField,
    JsonField,
    PlanMemberRow,
    PlanRow,
    TaskRow,
)

# What may be unreadable, told fast; Python, which is to read it, has the last word.
_SUSPECT: dict[type, str] = {
    type(InstantField()): "{column} IS NOT NULL AND (typeof({column}) <> 'text' OR julianday({column}) IS NULL"
    " OR date({column}, '+0 days') <> substr({column}, 1, 10) OR {column} NOT LIKE '____-__-__T%')",
    type(JsonField()): "{column} IS NOT NULL AND (typeof({column}) <> 'text' OR NOT json_valid({column}))",
}


@dataclass(frozen=True)
class Damage:
    """What was emptied. `peer_id`, `task_ids`: whose it was, where the row says so. `is_mandate`: what the task may do
    stood there, and nobody knows it any more."""

    table: str
    peer_id: int | None
    task_ids: tuple[int, ...]
    is_mandate: bool


def mend(now: datetime) -> list[Damage]:
    """Empty every value that cannot be read: to nothing, or to `now` where there has to be a time. What only says when
    the owner is busy goes as a whole, since it is read anew."""
    found: list[Damage] = []
    with transaction():
        for table in TABLES:
            for field in table._meta.sorted_fields:
                if type(field) in _SUSPECT:
                    found += _mend(table, field, now)
    return found


def _mend(table: Any, field: Any, now: datetime) -> Iterator[Damage]:
    name, column = table._meta.table_name, field.column_name
    where = _SUSPECT[type(field)].format(column=column)
    suspect = rows.tuples(f"SELECT rowid, {column} FROM {name} WHERE {where}")
    for row_id, value in suspect:
        if _can_be_read(field, value):
            continue
        yield Damage(name, *_whose(table, row_id), table in (TaskRow, PlanRow, PlanMemberRow))
        if table is BusyRow:
            rows.change("DELETE FROM busy WHERE rowid = ?", row_id)
            continue
        if table is EventRow:
            # What it says it cannot tell: then nothing may be reckoned from it.
            rows.change("UPDATE task_event SET what = 'damaged' WHERE id = ?", row_id)
        if table is DeskRow:
            # It is neither asked nor answered any more.
            rows.change("UPDATE desk_item SET state = 'void', stale = 0 WHERE id = ?", row_id)
        empty = None if field.null else "{}" if type(field) is type(JsonField()) else rows.as_text(now)
        rows.change(f"UPDATE {name} SET {column} = ? WHERE rowid = ?", empty, row_id)


def _can_be_read(field: Any, value: object) -> bool:
    try:
        read = field.python_value(value)
    except (ValueError, TypeError):
        return False
    # An instant without a zone breaks whatever it is compared with.
    return not isinstance(read, datetime) or read.tzinfo is not None


def _whose(table: Any, row_id: int) -> tuple[int | None, tuple[int, ...]]:
    """The contact whose dialog the row is about, and the tasks."""
    name, columns = table._meta.table_name, set(table._meta.columns)
    if table is TaskRow:
        return rows.value("SELECT user_id FROM conversation_task WHERE id = ?", row_id), (row_id,)
    if table is PlanRow:
        members = rows.tuples("SELECT task_id FROM plan_member WHERE plan_id = ?", row_id)
        return None, tuple(task_id for (task_id,) in members)
    peer_id, task_id = (
        rows.value(f"SELECT {column} FROM {name} WHERE rowid = ?", row_id) if column in columns else None
        for column in ("peer_id", "task_id")
    )
    if task_id is not None and peer_id is None:
        peer_id = rows.value("SELECT user_id FROM conversation_task WHERE id = ?", task_id)
    return peer_id, () if task_id is None else (task_id,)
