"""Which journalled messages were forwarded: they hold the words of somebody else. NULL: it was not looked at then."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE journal ADD COLUMN forwarded INTEGER")
