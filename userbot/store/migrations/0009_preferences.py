"""What the owner has set by a command, which wins over the settings. Plain SQL, frozen like the first tables."""

from typing import Any

STATEMENTS = ("CREATE TABLE preference (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",)


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)
