"""How many tokens a call took by our own reckoning, where the server did not say: budgets count those. NULL: it said,
or there was no answer."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE usage ADD COLUMN reckoned_tokens INTEGER")
    # What is counted before every turn is read from these alone.
    counted = "turn_id, input_tokens, output_tokens, reckoned_tokens, cost_usd"
    db.execute_sql("DROP INDEX usage_at")
    db.execute_sql(f"CREATE INDEX usage_at ON usage (at, peer_id, {counted})")
    db.execute_sql("DROP INDEX usage_task_id")
    db.execute_sql(f"CREATE INDEX usage_task_id ON usage (task_id, at, {counted}) WHERE task_id IS NOT NULL")
