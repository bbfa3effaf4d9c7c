"""Protects the record of tasks: a change, its event, its revision and the card that shows it are one fact."""

from datetime import timedelta
from typing import Any

import peewee
import pytest

from tests.store.conftest import ANNA, BORIS, NOW, OWNER, later, new_task, row, task
from userbot.store import ledger, tasks
from userbot.store.database import transaction
from userbot.store.tables import CardRow, EventRow, TaskRow

pytestmark = pytest.mark.usefixtures("database")

LATELY = timedelta(days=14)


def stale() -> list[int]:
    return [card.task_id for card in tasks.stale_cards()]


def show(task_id: int) -> int:
    """Post the card; returns its ledger row."""
    ledger_id = ledger.queue(OWNER, "card", "карточка", NOW, task_id=task_id)
    tasks.card_posted_as(task_id, ledger_id, "карточка")
    return ledger_id


def test_a_new_task_waits_for_its_first_message_and_has_a_card_to_be_drawn() -> None:
    task_id = new_task(private_notes="не больше часа", mandate={"windows": [], "duration_minutes": 60})
    made = task(task_id)
    assert (made.status, made.waiting_for, made.revision, made.paused) == ("pending", "contact", 1, None)
    assert (made.context, made.private_notes) == ({"question": "Когда отчёт?"}, "не больше часа")
    assert made.mandate == {"windows": [], "duration_minutes": 60}
    assert (made.created_at, made.updated_at) == (NOW, NOW)
    assert [(event.who, event.what, event.message_id) for event in tasks.events(task_id)] == [("owner", "created", 10)]
    assert stale() == [task_id]


def test_a_change_is_state_event_revision_and_card_together() -> None:
    task_id = new_task()
    show(task_id)
    assert stale() == []
    tasks.change(
        task_id,
        who="contact",
        what="contact_wrote",
        now=later(minutes=1),
        message_id=5,
        details={"text": "да"},
        status="in_progress",
    )
    changed = task(task_id)
    assert (changed.status, changed.revision, changed.updated_at) == ("in_progress", 2, later(minutes=1))
    event = tasks.events(task_id)[-1]
    assert (event.at, event.who, event.what) == (later(minutes=1), "contact", "contact_wrote")
    assert (event.message_id, event.details) == (5, {"text": "да"})
    assert stale() == [task_id]


def test_a_change_that_cannot_be_recorded_has_not_happened() -> None:
    """No state without the event that says how it came to be."""
    task_id = new_task()
    show(task_id)
    with pytest.raises(peewee.IntegrityError):
        tasks.change(task_id, who="nobody", what="paused", now=later(minutes=1), paused="owner")
    unchanged = task(task_id)
    assert (unchanged.paused, unchanged.revision, unchanged.updated_at) == (None, 1, NOW)
    assert len(tasks.events(task_id)) == 1
    assert stale() == []


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "completed"},
        {"status": "in_progress", "closed_because": "stopped"},
        {"status": "completed", "closed_because": "agreed"},
        {"status": "done", "closed_because": "agreed"},
    ],
    ids=["no reason", "reason while open", "agreed to nothing", "unknown status"],
)
def test_the_database_refuses_an_end_that_is_none(columns: dict[str, Any]) -> None:
    task_id = new_task()
    with pytest.raises(peewee.IntegrityError):
        tasks.change(task_id, who="code", what="agreed", now=NOW, **columns)


def test_trouble_is_no_change_of_the_task_but_the_card_says_it_once() -> None:
    """A model that is down must not drop the turn of a model that answers."""
    task_id = new_task()
    show(task_id)
    assert tasks.set_trouble(task_id, "model_down")
    assert stale() == [task_id]
    tasks.card_shown(task_id, "ждём", 1)
    assert not tasks.set_trouble(task_id, "model_down")
    assert tasks.set_trouble(task_id, "model_key")
    assert tasks.set_trouble(task_id, None)
    assert not tasks.set_trouble(task_id, None)
    assert (task(task_id).revision, task(task_id).updated_at) == (1, NOW)


def close(task_id: int, minutes: float) -> None:
    tasks.change(
        task_id, who="owner", what="stopped", now=later(minutes=minutes), status="cancelled", closed_because="stopped"
    )


def test_open_tasks_of_one_contact_oldest_first_paused_ones_too() -> None:
    first, second, of_boris, closed = new_task(), new_task(), new_task(BORIS), new_task()
    close(closed, 1)
    tasks.change(first, who="owner", what="paused", now=NOW, paused="owner")
    assert [one.id for one in tasks.open_with(ANNA)] == [first, second]
    assert [one.id for one in tasks.all_open()] == [first, second, of_boris]


def test_closed_tasks_newest_first_as_long_as_they_matter() -> None:
    long_ago, lately, newest = new_task(), new_task(), new_task()
    close(long_ago, 1)
    close(lately, 10)
    close(newest, 20)
    assert [one.id for one in tasks.closed_since(ANNA, later(minutes=5))] == [newest, lately]
    assert [one.id for one in tasks.latest(2)] == [newest, lately]


def test_only_people_with_an_open_or_lately_closed_task_are_of_interest() -> None:
    """Invariant 6: of other dialogs nothing is stored."""
    assert not tasks.is_of_interest(ANNA, NOW, LATELY)
    task_id = new_task()
    assert tasks.is_of_interest(ANNA, later(days=400), LATELY)
    close(task_id, 0)
    assert tasks.is_of_interest(ANNA, later(days=14), LATELY)
    assert not tasks.is_of_interest(ANNA, later(days=14, seconds=1), LATELY)
    assert not tasks.is_of_interest(BORIS, NOW, LATELY)


def test_numbers_of_tasks_are_never_given_twice() -> None:
    """The owner types them: `.stop 7` must not mean another task than the card it was read on."""
    last = new_task()
    with transaction():
        for table in (CardRow, EventRow):
            table.delete().where(table.task_id == last).execute()
        TaskRow.delete().where(TaskRow.id == last).execute()
    assert new_task() > last


def test_a_card_is_found_by_its_message_and_posted_anew_when_it_is_gone() -> None:
    task_id = new_task()
    ledger_id = show(task_id)
    assert tasks.task_of_card(ledger_id) == task_id
    assert tasks.task_of_card(ledger.queue(ANNA, "reply", "да", NOW)) is None
    tasks.card_posted_as(task_id, None, None)
    assert [(card.task_id, card.ledger_id) for card in tasks.stale_cards()] == [(task_id, None)]
    assert row(ledger_id).state == "queued"
