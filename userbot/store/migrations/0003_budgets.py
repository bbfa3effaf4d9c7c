"""Which task a model call was for, and what budgets count by. Plain SQL, frozen like the first tables."""

from typing import Any

STATEMENTS = (
    "ALTER TABLE usage ADD COLUMN task_id INTEGER",
    "DROP INDEX usage_at",
    "DROP INDEX usage_peer_id",
    "CREATE INDEX usage_at ON usage (at, peer_id, turn_id, input_tokens, output_tokens, cost_usd)",
    "CREATE INDEX usage_task_id ON usage (task_id, at, turn_id, input_tokens, output_tokens, cost_usd)"
    " WHERE task_id IS NOT NULL",
    "CREATE INDEX journal_received_at ON journal (peer_id, received_at)",
)


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)
