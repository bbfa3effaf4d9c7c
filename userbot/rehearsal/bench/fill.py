"""Fills the program's database as years of use would have, in one transaction of plain SQL, the same every time."""

import contextlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Everything filled in is older than what the run itself brings.
FIRST_LIVE_MESSAGE = 2_000_000
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})"
_INSTANT = "strftime('%Y-%m-%dT%H:%M:%fZ', '{base}', '+' || ({n}) || ' seconds')"
_BRIEF = {
    "question": "What should be known about your part of the work?",
    "details": "Everything that could matter for the plan.",
    "choices": None,
    "answer_format": None,
}


@dataclass(frozen=True)
class Person:
    user_id: int
    access_hash: int
    # The message in Saved Messages that shows this person's task.
    card_message_id: int


def fill(path: Path, owner_id: int, people: Sequence[Person], *, messages_each: int) -> None:
    """One open task with each of `people`, well under way: `messages_each` journal rows, an answer of ours to every
    tenth of them with the model calls behind it, events, and a card."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        _insert(db, owner_id, people, messages_each)
        db.commit()


def counts(path: Path) -> Mapping[str, int]:
    """How many rows each large table holds."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("conversation_task", "journal", "ledger", "task_event", "usage")
        }


def _insert(db: sqlite3.Connection, owner_id: int, people: Sequence[Person], messages_each: int) -> None:
    peers, answers_each = len(people), messages_each // 10
    rows = peers * messages_each
    step = max(1, FIRST_LIVE_MESSAGE // 2 // max(rows, 1))
    db.execute("CREATE TEMP TABLE person (n INTEGER PRIMARY KEY, user_id INTEGER, access_hash INTEGER, card INTEGER)")
    db.executemany(
        "INSERT INTO person VALUES (?, ?, ?, ?)",
        [(n, person.user_id, person.access_hash, person.card_message_id) for n, person in enumerate(people)],
    )
    # Message ids rise over all dialogs, in which people write in turn.
    db.execute(
        "INSERT INTO peer (user_id, access_hash, first_name, mark, swept_to) "
        f"SELECT user_id, access_hash, 'Person ' || n, {messages_each}, {rows * step} FROM person"
    )
    at = _INSTANT.format(base="2020-01-01", n=f"i * {step} * 60")
    db.execute(
        _NUMBERS.format(count=rows) + "INSERT INTO journal"
        " (peer_id, message_id, author, text, sent_at, received_at, state, task_id, matched_by, turn_id)"
        f" SELECT user_id, 1 + i * {step}, 'contact', 'What I know about it, part ' || i || ' of all there is.',"
        f" {at}, {at}, 'handled', person.n + 1, 'lone', 'turn ' || i"
        f" FROM n JOIN person ON person.n = i % {peers}"
    )
    task_at = _INSTANT.format(base="2019-12-31", n="n")
    db.execute(
        "INSERT INTO conversation_task (id, owner_id, user_id, command_message_id, task_type, context, language,"
        " status, waiting_for, revision, created_at, updated_at)"
        f" SELECT n + 1, {owner_id}, user_id, 1, 'question', ?, 'en', 'in_progress', 'contact', {messages_each},"
        f" {task_at}, {task_at} FROM person",
        [json.dumps(_BRIEF)],
    )
    db.execute(
        "INSERT INTO task_event (task_id, at, who, what) SELECT n + 1, " + task_at + ", 'owner', 'created' FROM person"
    )
    _insert_answers(db, owner_id, peers, answers_each, messages_each * peers * step)


def _insert_answers(db: sqlite3.Connection, owner_id: int, peers: int, answers_each: int, last_id: int) -> None:
    """Ids of our own messages lie between those of the journal's second half and the live ones."""
    count = peers * answers_each
    at = _INSTANT.format(base="2020-01-02", n="i * 600")
    numbers = _NUMBERS.format(count=count)
    db.execute(
        numbers + "INSERT INTO ledger"
        " (peer_id, task_id, purpose, text, random_id, state, attempts, message_id, turn_id, created_at, sent_at)"
        f" SELECT user_id, NULL, CASE WHEN i < {peers} THEN 'opening' ELSE 'reply' END,"
        " 'This is the assistant: what should be known about your part of the work?', 1 + i, 'sent', 1,"
        f" {last_id} + 1 + i, 'turn ' || i, {at}, {at} FROM n JOIN person ON person.n = i % {peers}"
    )
    db.execute(
        numbers + "INSERT INTO task_event (task_id, at, who, what)"
        f" SELECT 1 + i % {peers}, {at}, CASE i % 2 WHEN 0 THEN 'contact' ELSE 'model' END,"
        " CASE i % 2 WHEN 0 THEN 'contact_wrote' ELSE 'answered' END FROM n"
    )
    db.execute(
        numbers + "INSERT INTO usage (turn_id, peer_id, at, model_asked, input_tokens, output_tokens, duration_s)"
        f" SELECT 'turn ' || i, user_id, {at}, 'scripted', 2000, 50, 1.0 FROM n JOIN person ON person.n = i % {peers}"
    )
    db.execute(
        "INSERT INTO ledger (peer_id, task_id, purpose, text, random_id, state, attempts, message_id, created_at,"
        f" sent_at) SELECT {owner_id}, n + 1, 'card', 'card', {count} + 1 + n, 'sent', 1, card,"
        " '2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z' FROM person"
    )
    db.execute(
        "INSERT INTO card (task_id, ledger_id, shown, stale) SELECT task_id, id, 'card', 0 FROM ledger"
        " WHERE purpose = 'card'"
    )
