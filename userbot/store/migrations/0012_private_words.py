"""What the guard reads of other tasks before every message, the latest notes and briefs, by indexes."""

from typing import Any

STATEMENTS = (
    "CREATE INDEX conversation_task_noted ON conversation_task (updated_at) WHERE private_notes IS NOT NULL",
    "CREATE INDEX conversation_task_newest_open ON conversation_task (id) WHERE status IN ('pending', 'in_progress')",
)


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)
