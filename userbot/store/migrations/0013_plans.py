"""Several people for one meeting: the plan, and what each of its tasks has brought."""

from typing import Any

TABLES = """
CREATE TABLE plan (
    id INTEGER NOT NULL PRIMARY KEY,
    phase TEXT NOT NULL CHECK (phase IN ('going', 'stuck', 'agreed', 'over')),
    step INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    timezone TEXT NOT NULL,
    mandate TEXT,
    proposed_start TEXT,
    proposed_end TEXT,
    stale INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    CHECK ((proposed_start IS NULL) = (proposed_end IS NULL)),
    CHECK (proposed_start < proposed_end)
);
CREATE INDEX plan_stale ON plan (id) WHERE stale;
CREATE INDEX plan_going ON plan (id) WHERE phase = 'going';
CREATE INDEX plan_proposed ON plan (proposed_start) WHERE phase = 'going' AND proposed_start IS NOT NULL;

CREATE TABLE plan_member (
    task_id INTEGER NOT NULL PRIMARY KEY REFERENCES conversation_task (id),
    plan_id INTEGER NOT NULL REFERENCES plan (id),
    can TEXT,
    asked INTEGER NOT NULL DEFAULT 0,
    yes INTEGER,
    result TEXT,
    evidence TEXT,
    told INTEGER,
    is_out INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX plan_member_plan_id ON plan_member (plan_id, task_id);
"""


def up(migrator: Any, db: Any) -> None:
    # One statement at a time: executescript() would commit the migration's transaction.
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
