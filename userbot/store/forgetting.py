"""Takes everything a person wrote, and what was written to and about them, out of the database. Numbers stay."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from userbot.people import Contact
from userbot.store import rows
from userbot.store.database import transaction
from userbot.store.rows import as_text, marks

MARK = "(forgotten)"
# A name of fewer letters stands in too many words.
_SHORTEST_NAME = 3


@dataclass(frozen=True)
class Kept:
    """How much the database holds of a person."""

    received: int
    sent: int
    tasks: int


def kept_of(user_id: int) -> Kept:
    return Kept(
        int(rows.value("SELECT count(*) FROM journal WHERE peer_id = ? AND text <> ?", user_id, MARK)),
        int(rows.value("SELECT count(*) FROM ledger WHERE peer_id = ? AND text <> ?", user_id, MARK)),
        int(rows.value("SELECT count(*) FROM conversation_task WHERE user_id = ?", user_id)),
    )


def erase(person: Contact, owner_id: int | None, not_after: datetime) -> None:
    """All texts of this person's dialog and tasks, and what the owner's own dialog says of them, become MARK or
    nothing; then their bytes leave the file too. Rows stay where messages are known again by them.

    Tasks count as closed at `not_after` at the latest, so that nothing more of this person is taken in. None of them
    may be open.
    """
    rows.tuples("PRAGMA secure_delete = 1")
    with transaction():
        task_ids = [row[0] for row in rows.tuples("SELECT id FROM conversation_task WHERE user_id = ?", person.user_id)]
        _erase_dialog(person.user_id)
        _erase_tasks(task_ids, not_after)
        if owner_id is not None:
            _erase_mentions(person, owner_id, task_ids)
        rows.change(
            "UPDATE peer SET first_name = '', last_name = NULL, username = NULL, phone = NULL WHERE user_id = ?",
            person.user_id,
        )
    # What was overwritten still stands in the log, and in pages the file has no use for.
    for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
        rows.tuples(statement)


def _erase_dialog(user_id: int) -> None:
    # As deleted, no sweep and no edit brings a text back.
    rows.change(
        "UPDATE journal SET text = ?, media = NULL, about = NULL, heard = NULL, state = 'deleted' WHERE peer_id = ?",
        MARK,
        user_id,
    )
    _erase_sent("peer_id = ?", user_id)
    rows.change("DELETE FROM conversation_note WHERE peer_id = ?", user_id)


def _erase_sent(which: str, *values: object) -> None:
    # What was never told to have arrived must not be tried again: the mark would reach somebody.
    rows.change(
        "UPDATE ledger SET text = ?, entities = NULL, file_name = NULL, file = NULL,"
        f" state = CASE WHEN state IN ('queued', 'sending') THEN 'dropped' ELSE state END WHERE {which}",
        MARK,
        *values,
    )


def _erase_tasks(task_ids: Sequence[int], not_after: datetime) -> None:
    of_tasks = f"IN ({marks(task_ids)})"
    rows.change(
        "UPDATE conversation_task SET context = '{}', private_notes = NULL, mandate = NULL, evidence = NULL,"
        " latest = NULL, result = CASE WHEN result IS NULL THEN NULL ELSE '{}' END, updated_at = min(updated_at, ?)"
        f" WHERE id {of_tasks}",
        as_text(not_after),
        *task_ids,
    )
    rows.change(f"UPDATE task_event SET details = NULL WHERE task_id {of_tasks}", *task_ids)
    rows.change(
        f"UPDATE plan_member SET can = NULL, result = NULL, evidence = NULL WHERE task_id {of_tasks}", *task_ids
    )
    rows.change(
        f"UPDATE plan SET mandate = NULL WHERE id IN (SELECT plan_id FROM plan_member WHERE task_id {of_tasks})",
        *task_ids,
    )
    rows.change(f"DELETE FROM conversation_note WHERE task_id {of_tasks}", *task_ids)
    # The calendar itself is the owner's to tidy; it is told nothing more.
    rows.change(
        f"UPDATE event_job SET meeting = NULL, next_try_at = NULL, error = NULL WHERE task_id {of_tasks}", *task_ids
    )
    rows.change(f"UPDATE card SET shown = NULL, stale = 0 WHERE task_id {of_tasks}", *task_ids)
    _erase_sent(f"task_id {of_tasks}", *task_ids)
    # The commands that asked for them, and the owner's replies to their cards.
    rows.change(
        f"UPDATE journal SET text = ?, about = NULL, heard = NULL WHERE task_id {of_tasks} OR message_id IN"
        f" (SELECT command_message_id FROM conversation_task WHERE id {of_tasks})",
        MARK,
        *task_ids,
        *task_ids,
    )


def _erase_mentions(person: Contact, owner_id: int, task_ids: Sequence[int]) -> None:
    """What stands in Saved Messages beside the cards: by its task, by the person's id, or by their name in it."""
    names = [name.casefold() for name in (person.username, person.phone, person.first_name, person.last_name) if name]
    names = [name for name in names if len(name) >= _SHORTEST_NAME]

    def mentions(text: str) -> bool:
        return any(name in text.casefold() for name in names)

    for item_id, task_id, payload, ledger_id in rows.tuples("SELECT id, task_id, payload, ledger_id FROM desk_item"):
        known: Any = json.loads(payload)
        if task_id in task_ids or person.user_id in _ids(known) or mentions(payload):
            rows.change(
                "UPDATE desk_item SET payload = ?, state = 'void' WHERE id = ?", json.dumps({"text": MARK}), item_id
            )
            _erase_sent("id = ?", ledger_id)
    for table, said in (("journal", "text || ' ' || coalesce(heard, '')"), ("ledger", "text")):
        texts = rows.tuples(f"SELECT id, {said} FROM {table} WHERE peer_id = ?", owner_id)
        for row_id, text in texts:
            if not mentions(text):
                continue
            if table == "ledger":
                _erase_sent("id = ?", row_id)
            else:
                rows.change("UPDATE journal SET text = ?, heard = NULL WHERE id = ?", MARK, row_id)


def _ids(value: Any) -> set[int]:
    """Every whole number in a payload: people are named by theirs."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*(_ids(part) for part in value))
    return {value} if isinstance(value, int) and not isinstance(value, bool) else set()
