"""Protects the look from beside: it changes nothing, works while the program writes, and shows no message's text."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from userbot.errors import OwnerMustAct
from userbot.people import Contact
from userbot.store import ledger, peers, tasks, usage
from userbot.store.database import close_database, open_database, transaction
from userbot.store.overview import read_condition, read_overview, read_tasks

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data folder?" / "userbot #1.db"
    open_database(path)
    yield path
    close_database()


def new_task(user_id: int, now: datetime = NOW) -> int:
    return tasks.create(
        owner_id=1,
        user_id=user_id,
        task_type="meeting",
        context={},
        private_notes=None,
        mandate=None,
        language="ru",
        command_message_id=None,
        now=now,
    )


def test_an_empty_database(path: Path) -> None:
    seen = read_overview(path, NOW)
    assert (dict(seen.open_tasks), seen.unsent, seen.last_problem) == ({}, 0, None)
    assert read_tasks(path) == []
    assert (read_condition(path).integrity, read_condition(path).pending) == ("ok", ())


def test_tasks_with_their_people_open_ones_first(path: Path) -> None:
    peers.remember(Contact(7, 70, "Борис", "Крылов"))
    closed, waiting, latest = new_task(7), new_task(7), new_task(8)
    tasks.change(
        closed, who="owner", what="x", now=NOW + timedelta(hours=9), status="cancelled", closed_because="stopped"
    )
    tasks.change(latest, who="code", what="x", now=NOW + timedelta(hours=1), status="in_progress", paused="owner")
    lines = read_tasks(path)
    assert [line.task_id for line in lines] == [latest, waiting, closed]
    assert [line.contact for line in lines] == [None, "Борис Крылов", "Борис Крылов"]
    assert (lines[0].paused, lines[0].updated_at) == ("owner", NOW + timedelta(hours=1))
    assert lines[2].closed_because == "stopped"
    assert dict(read_overview(path, NOW).open_tasks) == {"paused": 1, "pending": 1}


def test_what_is_unsent_and_what_went_wrong_last(path: Path) -> None:
    task_id = new_task(7)
    sent = ledger.queue(7, "opening", "secret words", NOW, task_id=task_id)
    failed = ledger.queue(7, "reply", "secret words", NOW + timedelta(minutes=1), task_id=task_id)
    ledger.queue(7, "reply", "secret words", NOW, task_id=task_id)
    ledger.start_sending(sent)
    ledger.mark_sent(sent, 5, NOW)
    ledger.mark_failed(failed, "USER_IS_BLOCKED")
    seen = read_overview(path, NOW)
    assert seen.unsent == 1
    assert seen.last_problem is not None
    assert (seen.last_problem.what, seen.last_problem.task_id) == ("USER_IS_BLOCKED", task_id)
    usage.record_call("t", 7, NOW + timedelta(hours=1), model_asked="m", duration_s=1.0, error="timeout")
    problem = read_overview(path, NOW).last_problem
    assert problem is not None
    assert (problem.what, problem.at, problem.task_id) == ("timeout", NOW + timedelta(hours=1), None)
    assert "secret" not in repr(read_overview(path, NOW))


def test_it_works_while_the_program_writes(path: Path) -> None:
    new_task(7)
    with transaction():
        new_task(8)
        assert len(read_tasks(path)) == 1


def test_it_works_after_the_program_has_ended(path: Path) -> None:
    new_task(7)
    close_database()
    assert len(read_tasks(path)) == 1
    assert read_condition(path).integrity == "ok"


def test_a_database_from_before_an_update_is_read_as_it_is(path: Path) -> None:
    """`status` between the update and the next start: nothing is brought up to date, and nothing fails."""
    usage.record_call("t", 7, NOW, model_asked="m", duration_s=1.0, input_tokens=5, output_tokens=2)
    close_database()
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        for index in ("usage_at", "usage_task_id"):
            file.execute(f"DROP INDEX {index}")
        file.execute("ALTER TABLE usage DROP COLUMN reckoned_tokens")
    assert read_overview(path, NOW).spent.tokens == 7


def test_migrations_to_come_and_of_a_newer_version_are_named_and_not_run(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        (first,) = file.execute("SELECT min(name) FROM schema_migration").fetchone()
        file.execute("UPDATE schema_migration SET name = '9999_from_the_future' WHERE name = ?", (first,))
    condition = read_condition(path)
    assert condition.pending == (first,)
    assert condition.unknown == ("9999_from_the_future",)


def test_what_is_no_database_of_ours_is_said_to_be_none(tmp_path: Path) -> None:
    for content in (b"no database at all" * 100, b""):
        path = tmp_path / "userbot.db"
        path.write_bytes(content)
        with pytest.raises(OwnerMustAct, match="database"):
            read_overview(path, NOW)
        assert path.read_bytes() == content
    with pytest.raises(OwnerMustAct, match="database"):
        read_tasks(tmp_path / "missing.db")
