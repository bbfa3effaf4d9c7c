"""Messages that wait for the owner's yes, and how much of a task's writing the owner wants to see first."""

from typing import Any

# A CHECK cannot be changed in place. Whoever refers to the ledger lets go of it while it is made anew.
STATEMENTS = """
CREATE TEMP TABLE kept_item AS SELECT id, ledger_id FROM desk_item WHERE ledger_id IS NOT NULL;
CREATE TEMP TABLE kept_card AS SELECT task_id, ledger_id FROM card WHERE ledger_id IS NOT NULL;
UPDATE desk_item SET ledger_id = NULL WHERE ledger_id IS NOT NULL;
UPDATE card SET ledger_id = NULL WHERE ledger_id IS NOT NULL;
CREATE TABLE ledger_anew (
    id INTEGER NOT NULL PRIMARY KEY,
    peer_id INTEGER NOT NULL,
    task_id INTEGER,
    purpose TEXT NOT NULL CHECK (purpose IN ('opening', 'reply', 'relay', 'card', 'answer', 'question')),
    text TEXT NOT NULL CHECK (text <> ''),
    entities TEXT,
    reply_to INTEGER,
    random_id INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'queued', 'sending', 'sent', 'failed', 'dropped')),
    not_before TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER,
    error TEXT,
    turn_id TEXT,
    created_at TEXT NOT NULL,
    sent_at TEXT,
    CHECK (state <> 'sent' OR message_id IS NOT NULL),
    CHECK (state <> 'proposed' OR (attempts = 0 AND message_id IS NULL))
);
INSERT INTO ledger_anew (id, peer_id, task_id, purpose, text, entities, reply_to, random_id, state, not_before,
    attempts, message_id, error, turn_id, created_at, sent_at)
  SELECT id, peer_id, task_id, purpose, text, entities, reply_to, random_id, state, not_before,
    attempts, message_id, error, turn_id, created_at, sent_at FROM ledger;
DROP TABLE ledger;
ALTER TABLE ledger_anew RENAME TO ledger;
CREATE UNIQUE INDEX ledger_random_id ON ledger (random_id);
CREATE INDEX ledger_message_id ON ledger (message_id);
CREATE INDEX ledger_peer_id ON ledger (peer_id, id);
CREATE INDEX ledger_task_id ON ledger (task_id);
CREATE INDEX ledger_due ON ledger (peer_id, id) WHERE state IN ('queued', 'sending');
CREATE INDEX ledger_proposed ON ledger (peer_id, id) WHERE state = 'proposed';
CREATE INDEX ledger_sent_at ON ledger (sent_at, peer_id) WHERE state = 'sent';
CREATE INDEX ledger_last_sent ON ledger (peer_id, sent_at) WHERE state = 'sent';
CREATE INDEX ledger_created_at ON ledger (created_at, peer_id);
UPDATE desk_item SET ledger_id = (SELECT ledger_id FROM kept_item WHERE kept_item.id = desk_item.id)
  WHERE id IN (SELECT id FROM kept_item);
UPDATE card SET ledger_id = (SELECT ledger_id FROM kept_card WHERE kept_card.task_id = card.task_id)
  WHERE task_id IN (SELECT task_id FROM kept_card);
DROP TABLE kept_item;
DROP TABLE kept_card;
ALTER TABLE conversation_task ADD COLUMN mode TEXT CHECK (mode IN ('auto', 'first', 'draft'));
ALTER TABLE desk_item ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
CREATE INDEX desk_item_stale ON desk_item (id) WHERE stale;
"""


def up(migrator: Any, db: Any) -> None:
    # One statement at a time: executescript() would commit the migration's transaction.
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
