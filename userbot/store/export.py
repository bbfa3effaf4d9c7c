"""Tasks with their events as JSON lines, for the owner's own use of them: read beside the running program."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from userbot.store.overview import looking

# Columns that hold JSON.
_PARSED = ("context", "mandate", "result", "evidence", "details", "can")


def export_tasks(path: Path) -> Iterator[str]:
    """One JSON object a line and task, oldest first, each with `contact`, its `events`, and its part in a `plan` of
    several people if it has one; instants are UTC.

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
            plan = db.execute_sql(
                "SELECT plan_id, can, evidence, is_out FROM plan_member WHERE task_id = ?", (task["id"],)
            )
            known = {"contact": next(_rows(people), None), "events": list(_rows(events))}
            whole = task | known | {"plan": next(_rows(plan), None)}
            yield json.dumps(whole, ensure_ascii=False)


def _rows(cursor: Any) -> Iterator[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    for row in cursor:
        values = dict(zip(names, row, strict=True))
        yield {name: _parsed(value) if name in _PARSED else value for name, value in values.items()}


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value
