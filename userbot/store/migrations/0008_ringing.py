"""Messages that ring the owner's phone: scheduled a little ahead, with an id of their own until they go out; the file a
message may carry; and how far a contact has read."""

from typing import Any

STATEMENTS = """
ALTER TABLE ledger ADD COLUMN rings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN scheduled_id INTEGER;
ALTER TABLE ledger ADD COLUMN scheduled_for TEXT;
ALTER TABLE ledger ADD COLUMN file_name TEXT;
ALTER TABLE ledger ADD COLUMN file TEXT;
ALTER TABLE peer ADD COLUMN read_to INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ledger_scheduled_id ON ledger (scheduled_id) WHERE scheduled_id IS NOT NULL;
CREATE INDEX ledger_scheduled ON ledger (id) WHERE scheduled_for IS NOT NULL AND state IN ('sending', 'dropped');
"""


def up(migrator: Any, db: Any) -> None:
    # One statement at a time: executescript() would commit the migration's transaction.
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
