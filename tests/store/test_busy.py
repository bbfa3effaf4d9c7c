"""Protects the owner's hours: no hour is promised twice, and what was last known outlives a restart."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.conftest import BORIS, NOW, later, new_task
from userbot.store import busy
from userbot.store.busy import Stretch
from userbot.store.database import close_database, open_database

pytestmark = pytest.mark.usefixtures("database")


def test_two_tasks_never_hold_the_same_hour() -> None:
    one, two = new_task(), new_task(BORIS)
    assert busy.hold(one, later(hours=1), later(hours=2), "offered", NOW)
    assert not busy.hold(two, later(hours=1, minutes=59), later(hours=3), "agreed", NOW)
    assert busy.holds(two) == []
    assert busy.hold(two, later(hours=2), later(hours=3), "agreed", NOW)
    assert busy.hold(one, later(hours=1), later(hours=2), "agreed", NOW)
    assert busy.held_by_others(two, NOW, later(days=1)) == [Stretch(later(hours=1), later(hours=2), one)]
    busy.release(one)
    assert busy.hold(two, later(hours=1), later(hours=2), "offered", NOW)
    busy.release(two, "offered")
    assert busy.holds(two) == [Stretch(later(hours=2), later(hours=3), two)]


def test_what_is_agreed_takes_the_place_of_what_was_offered_or_nothing_changes() -> None:
    one, two = new_task(), new_task(BORIS)
    assert busy.hold(one, later(hours=1), later(hours=2), "offered", NOW)
    assert busy.hold(one, later(hours=3), later(hours=4), "offered", NOW)
    assert busy.hold(two, later(hours=5), later(hours=6), "agreed", NOW)
    assert not busy.hold_only(one, later(hours=5), later(hours=6), "agreed", NOW)
    assert len(busy.holds(one)) == 2
    assert busy.hold_only(one, later(hours=3), later(hours=4), "agreed", NOW)
    assert busy.holds(one) == [Stretch(later(hours=3), later(hours=4), one)]


def test_the_last_state_outlives_a_restart_and_a_failure(database: Path) -> None:
    task_id = new_task()
    busy.replace_busy(
        [Stretch(later(hours=1), later(hours=2)), Stretch(later(hours=3), later(hours=4), task_id)],
        NOW,
        later(days=9),
        NOW,
    )
    busy.note_failure("no answer", later(hours=1))
    busy.note_failure("still none", later(hours=2))
    close_database()
    open_database(database)
    assert len(busy.busy_between(NOW, later(days=1))) == 2
    assert busy.busy_between(NOW, later(days=1), but_of_task=task_id) == [Stretch(later(hours=1), later(hours=2))]
    assert busy.busy_between(later(hours=2), later(hours=3)) == []
    state = busy.last_read()
    assert (state.fetched_at, state.failing_since, state.why) == (NOW, later(hours=1), "still none")
    busy.replace_busy([], NOW, later(days=9), later(hours=3))
    assert busy.last_read().failing_since is None
    assert busy.busy_between(NOW, later(days=1)) == []


def test_a_job_done_late_does_not_hide_what_is_wanted_since() -> None:
    task_id = new_task()
    busy.want_event(task_id, "u", {"start": "1"}, NOW)
    (job,) = busy.events_due(NOW)
    busy.want_event(task_id, "u", {"start": "2"}, NOW)
    assert not busy.event_done(job)
    (job,) = busy.events_due(NOW)
    assert (job.sequence, job.meeting) == (1, {"start": "2"})
    assert busy.event_failed(job, "no answer", later(minutes=1))
    assert busy.events_due(NOW) == []
    (job,) = busy.events_due(later(minutes=1))
    assert job.attempts == 1
    assert busy.event_done(job)
    busy.want_event(task_id, "u", {"start": "2"}, NOW)
    assert busy.events_due(later(days=1)) == []
    assert busy.own_events() == {"u": task_id}


def test_nothing_waits_for_a_clock_that_was_set_back() -> None:
    task_id = new_task()
    busy.want_event(task_id, "u", {"start": "1"}, later(hours=3))
    busy.clock_was_set_back(NOW, timedelta(hours=3))
    assert len(busy.events_due(NOW)) == 1
