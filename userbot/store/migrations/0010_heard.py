"""What code says of a message's media in a line, what was heard in a voice note, how often hearing it was tried, and
which album a picture belongs to. NULL: nothing, or it was not looked at then."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE journal ADD COLUMN about TEXT")
    db.execute_sql("ALTER TABLE journal ADD COLUMN heard TEXT")
    db.execute_sql("ALTER TABLE journal ADD COLUMN hearing_tries INTEGER")
    db.execute_sql("ALTER TABLE journal ADD COLUMN grouped_id INTEGER")
