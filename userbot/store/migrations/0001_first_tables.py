"""The tables of version 0.1.0. Plain SQL: a frozen text that later changes to the models cannot alter."""

from typing import Any

TABLES = """
CREATE TABLE peer (
    user_id INTEGER NOT NULL PRIMARY KEY,
    access_hash INTEGER NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT,
    username TEXT,
    phone TEXT,
    mark INTEGER NOT NULL DEFAULT 0,
    swept_to INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE journal (
    id INTEGER NOT NULL PRIMARY KEY,
    peer_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    author TEXT NOT NULL CHECK (author IN ('contact', 'owner')),
    text TEXT NOT NULL,
    media TEXT,
    reply_to INTEGER,
    sent_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL CHECK (state IN ('new', 'held', 'handled', 'history', 'deleted')),
    task_id INTEGER,
    matched_by TEXT CHECK (matched_by IN ('quote', 'lone', 'model')),
    turn_id TEXT
);
CREATE UNIQUE INDEX journal_peer_id_message_id ON journal (peer_id, message_id);
CREATE INDEX journal_message_id ON journal (message_id);
CREATE INDEX journal_waiting ON journal (peer_id, id) WHERE state IN ('new', 'held');

CREATE TABLE ledger (
    id INTEGER NOT NULL PRIMARY KEY,
    peer_id INTEGER NOT NULL,
    task_id INTEGER,
    purpose TEXT NOT NULL CHECK (purpose IN ('opening', 'reply', 'relay', 'card', 'answer', 'question')),
    text TEXT NOT NULL CHECK (text <> ''),
    entities TEXT,
    reply_to INTEGER,
    random_id INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped')),
    not_before TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER,
    error TEXT,
    turn_id TEXT,
    created_at TEXT NOT NULL,
    sent_at TEXT,
    CHECK (state <> 'sent' OR message_id IS NOT NULL)
);
CREATE UNIQUE INDEX ledger_random_id ON ledger (random_id);
CREATE INDEX ledger_message_id ON ledger (message_id);
CREATE INDEX ledger_peer_id ON ledger (peer_id, id);
CREATE INDEX ledger_task_id ON ledger (task_id);
CREATE INDEX ledger_due ON ledger (peer_id, id) WHERE state IN ('queued', 'sending');
CREATE INDEX ledger_sent_at ON ledger (sent_at, peer_id) WHERE state = 'sent';
CREATE INDEX ledger_last_sent ON ledger (peer_id, sent_at) WHERE state = 'sent';
CREATE INDEX ledger_created_at ON ledger (created_at, peer_id);

CREATE TABLE conversation_task (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    command_message_id INTEGER,
    task_type TEXT NOT NULL,
    context TEXT NOT NULL,
    private_notes TEXT,
    mandate TEXT,
    language TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'in_progress', 'completed', 'cancelled')),
    waiting_for TEXT CHECK (waiting_for IN ('contact', 'owner', 'time')),
    closed_because TEXT CHECK (
        closed_because IN ('agreed', 'declined', 'no_answer', 'stopped', 'undeliverable', 'expired')
    ),
    paused TEXT CHECK (paused IN ('owner', 'takeover')),
    trouble TEXT,
    result TEXT,
    evidence TEXT,
    latest TEXT,
    revision INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deadline TEXT,
    next_followup_at TEXT,
    CHECK ((status IN ('completed', 'cancelled')) = (closed_because IS NOT NULL)),
    CHECK (closed_because IS NOT 'agreed' OR result IS NOT NULL)
);
CREATE INDEX conversation_task_open ON conversation_task (user_id, id) WHERE status IN ('pending', 'in_progress');
CREATE INDEX conversation_task_user_id ON conversation_task (user_id, updated_at);
CREATE INDEX conversation_task_pending ON conversation_task (id) WHERE status = 'pending';
CREATE INDEX conversation_task_updated_at ON conversation_task (updated_at);

CREATE TABLE task_event (
    id INTEGER NOT NULL PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES conversation_task (id),
    at TEXT NOT NULL,
    who TEXT NOT NULL CHECK (who IN ('owner', 'contact', 'model', 'code')),
    what TEXT NOT NULL,
    message_id INTEGER,
    details TEXT
);
CREATE INDEX task_event_task_id ON task_event (task_id, id);

CREATE TABLE conversation_note (
    id INTEGER NOT NULL PRIMARY KEY,
    peer_id INTEGER NOT NULL,
    task_id INTEGER,
    kind TEXT NOT NULL CHECK (kind IN ('instruction', 'did')),
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'read')),
    turn_id TEXT,
    at TEXT NOT NULL
);
CREATE INDEX conversation_note_peer_id ON conversation_note (peer_id, id);
CREATE INDEX conversation_note_new ON conversation_note (peer_id, id) WHERE state = 'new';

CREATE TABLE desk_item (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('choose', 'approve', 'ask', 'status', 'list', 'said', 'problem')),
    task_id INTEGER REFERENCES conversation_task (id),
    payload TEXT NOT NULL,
    reply_to INTEGER,
    ledger_id INTEGER REFERENCES ledger (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'void')),
    created_at TEXT NOT NULL
);
CREATE INDEX desk_item_ledger_id ON desk_item (ledger_id);
CREATE INDEX desk_item_task_id ON desk_item (task_id, state);
CREATE INDEX desk_item_unposted ON desk_item (id) WHERE ledger_id IS NULL AND state <> 'void';
CREATE INDEX desk_item_said ON desk_item (id) WHERE kind = 'said';

CREATE TABLE card (
    task_id INTEGER NOT NULL PRIMARY KEY REFERENCES conversation_task (id),
    ledger_id INTEGER REFERENCES ledger (id),
    shown TEXT,
    stale INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX card_ledger_id ON card (ledger_id);
CREATE INDEX card_stale ON card (task_id) WHERE stale;

CREATE TABLE usage (
    id INTEGER NOT NULL PRIMARY KEY,
    turn_id TEXT NOT NULL,
    peer_id INTEGER NOT NULL,
    at TEXT NOT NULL,
    model_asked TEXT NOT NULL,
    model_answered TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cached_tokens INTEGER,
    reasoning_tokens INTEGER,
    cost_usd REAL,
    duration_s REAL NOT NULL,
    finish_reason TEXT,
    error TEXT
);
CREATE INDEX usage_at ON usage (at, input_tokens, output_tokens, cost_usd);
CREATE INDEX usage_peer_id ON usage (peer_id, at, turn_id);

CREATE TABLE flood_wait (
    id INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    peer_id INTEGER NOT NULL,
    seconds REAL NOT NULL,
    rest_until TEXT
);
CREATE INDEX flood_wait_at ON flood_wait (at);

CREATE TABLE account (
    user_id INTEGER NOT NULL PRIMARY KEY,
    first_name TEXT NOT NULL
);

CREATE TABLE notice (
    key TEXT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL
);
"""


def up(migrator: Any, db: Any) -> None:
    # One statement at a time: executescript() would commit the migration's transaction.
    for statement in TABLES.split(";\n"):
        if statement.strip():
            db.execute_sql(statement)
