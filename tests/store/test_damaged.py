"""Protects the record: only what nobody can read is emptied, and whose it was is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from userbot.people import Contact
from userbot.store import damaged, peers, rows, tasks
from userbot.store.damaged import Damage
from userbot.store.database import close_database, open_database

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ANNA = 2001


@pytest.fixture(autouse=True)
def one_task(tmp_path: Path) -> object:
    open_database(tmp_path / "userbot.db")
    peers.remember(Contact(ANNA, 1, "Анна"))
    tasks.create(
        owner_id=1000,
        user_id=ANNA,
        task_type="meeting",
        context={"topic": "x"},
        private_notes=None,
        mandate={"windows": []},
        language="ru",
        command_message_id=None,
        now=NOW,
        mode="auto",
    )
    yield
    close_database()


def everything() -> list[tuple[object, ...]]:
    return [*rows.tuples("SELECT * FROM conversation_task"), *rows.tuples("SELECT * FROM task_event")]


@pytest.mark.parametrize("details", [None, "{}", '{"price": NaN}', "[1e999]", '"2026"', "null"])
def test_what_can_be_read_stays_as_it_is(details: str | None) -> None:
    rows.change("UPDATE task_event SET details = ?", details)
    before = everything()
    assert damaged.mend(NOW) == []
    assert everything() == before


@pytest.mark.parametrize("at", ["12:00", "2451545", "2026-11-23", "", "2026-02-31T09:00:00.000Z", b"\x00", 5])
def test_an_instant_that_is_none_becomes_now_and_its_event_says_nothing(at: object) -> None:
    rows.change("UPDATE task_event SET at = ?", at)
    assert damaged.mend(NOW) == [Damage("task_event", ANNA, (1,), False)]
    assert [(event.what, event.at) for event in tasks.events(1)] == [("damaged", NOW)]
    assert damaged.mend(NOW) == []


@pytest.mark.parametrize("at", ["2026-11-23T09:00:00.000Z", "2026-11-23T09:00:00+00:00", "2026-11-23T01:00+03:00"])
def test_an_instant_written_in_another_way_stays(at: str) -> None:
    rows.change("UPDATE task_event SET at = ?", at)
    assert damaged.mend(NOW) == []
    assert tasks.events(1)[0].at.tzinfo is not None


def test_what_a_task_may_do_is_told_apart() -> None:
    rows.change("UPDATE conversation_task SET mandate = '{'")
    assert damaged.mend(NOW) == [Damage("conversation_task", ANNA, (1,), True)]
    task = tasks.get(1)
    assert task is not None
    assert task.mandate is None
    assert damaged.mend(NOW) == []
