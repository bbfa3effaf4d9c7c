"""When the owner is busy, what each task holds, and what the owner's calendar is to be told."""

from typing import Any

TABLES = """
CREATE TABLE busy (
    id INTEGER NOT NULL PRIMARY KEY,
    start_at TEXT NOT NULL,
    end_at TEXT NOT NULL,
    task_id INTEGER,
    CHECK (start_at < end_at)
);
CREATE INDEX busy_start_at ON busy (start_at, end_at);

CREATE TABLE calendar_read (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    fetched_at TEXT,
    until TEXT,
    failing_since TEXT,
    why TEXT
);

CREATE TABLE held_slot (
    id INTEGER NOT NULL PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES conversation_task (id),
    start_at TEXT NOT NULL,
    end_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'agreed')),
    created_at TEXT NOT NULL,
    CHECK (start_at < end_at)
);
CREATE UNIQUE INDEX held_slot_task_id ON held_slot (task_id, start_at, end_at);
CREATE INDEX held_slot_start_at ON held_slot (start_at, end_at);

CREATE TABLE event_job (
    task_id INTEGER NOT NULL PRIMARY KEY REFERENCES conversation_task (id),
    uid TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    meeting TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    error TEXT
);
CREATE UNIQUE INDEX event_job_uid ON event_job (uid);
CREATE INDEX event_job_due ON event_job (next_try_at) WHERE next_try_at IS NOT NULL;
"""


def up(migrator: Any, db: Any) -> None:
    # One statement at a time: executescript() would commit the migration's transaction.
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
