"""Tasks with their events as JSON lines, for the owner's own use of them: read beside the running program."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from userbot.store.overview import looking

# Columns that hold JSON.
_PARSED = ("context", "mandate", "result", "evidence", "details")


def export_tasks(path: Path) -> Iterator[str]:
    """One JSON object a line and task, oldest first, each with `contact` and its `events`; instants are UTC.

    Raises OwnerMustAct when the database cannot be read.
    """
    with looking(path) as db:
        tasks = db.execute_sql("SELECT * FROM conversation_task ORDER BY id")
        for task in _rows(tasks):
            people = db.execute_sql(
                "SELECT user_id, first_name, last_name, username, phone FROM peer WHERE user_id = ?", (task["user_id"],)
            )
            events = db.execute_sql(
                "SELECT at, who, what, message_id, details FROM task_event WHERE task_id = ? ORDER BY id", (task["id"],)
            )
            whole = task | {"contact": next(_rows(people), None), "events": list(_rows(events))}
            yield json.dumps(whole, ensure_ascii=False)


def _rows(cursor: Any) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    for row in cursor:
        values = dict(zip(names, row, strict=True))
        yield {name: _parsed(value) if name in _PARSED else value for name, value in values.items()}


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value
