"""When the owner is busy, as last read; which task holds which time; and what the calendar is still to be told.

Holds keep two tasks from promising the same hour: `hold` looks and takes in one transaction. The tasks of one plan hold
the same hour together, and are no others to each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from userbot.store.database import transaction
from userbot.store.plans import mates
from userbot.store.tables import BusyRow, CalendarReadRow, EventJobRow, HeldRow

HoldState = Literal["offered", "agreed"]


@dataclass(frozen=True, order=True)
class Stretch:
    """[start, end) in UTC. `task_id`: whose own meeting or hold it is; None for anything else in the calendar."""

    start: datetime
    end: datetime
    task_id: int | None = None


@dataclass(frozen=True)
class LastRead:
    """`fetched_at`: when the calendar was last read; None: never. `failing_since` and `why` while it cannot be read."""

    fetched_at: datetime | None
    until: datetime | None
    failing_since: datetime | None
    why: str | None


@dataclass(frozen=True)
class EventJob:
    """What the calendar is to hold for a task: the meeting's facts, or with `meeting` None nothing any more.

    `sequence` grows with every change. `error`: why the last try did not work.
    """

    task_id: int
    uid: str
    sequence: int
    meeting: Mapping[str, Any] | None
    attempts: int
    error: str | None


# --- busy times ---------------------------------------------------------------------------------------------------


def replace_busy(stretches: Iterable[Stretch], start: datetime, end: datetime, now: datetime) -> None:
    """The calendar was read just now, for [start, end): this is all there is."""
    with transaction():
        BusyRow.delete().execute()
        for one in stretches:
            BusyRow.create(start_at=one.start, end_at=one.end, task_id=one.task_id)
        CalendarReadRow.delete().execute()
        CalendarReadRow.create(id=1, fetched_at=now, until=end)


def note_failure(why: str, now: datetime) -> LastRead:
    """The calendar could not be read. What was read before stays."""
    with transaction():
        CalendarReadRow.insert(id=1, failing_since=now, why=why).on_conflict_ignore().execute()
        CalendarReadRow.update(failing_since=now).where(CalendarReadRow.failing_since.is_null()).execute()
        CalendarReadRow.update(why=why).execute()
    return last_read()


def last_read() -> LastRead:
    row = CalendarReadRow.get_or_none()
    return (
        LastRead(None, None, None, None)
        if row is None
        else LastRead(row.fetched_at, row.until, row.failing_since, row.why)
    )


def forget_busy() -> None:
    """No calendar is set any more."""
    with transaction():
        BusyRow.delete().execute()
        CalendarReadRow.delete().execute()


def busy_between(start: datetime, end: datetime, *, but_of_task: int | None = None) -> list[Stretch]:
    """What of the calendar overlaps [start, end), without this task's own meeting."""
    own = [] if but_of_task is None else mates(but_of_task)
    rows = BusyRow.select().where((BusyRow.start_at < end) & (BusyRow.end_at > start)).order_by(BusyRow.start_at)
    return [
        Stretch(row.start_at, row.end_at, row.task_id) for row in rows if row.task_id is None or row.task_id not in own
    ]


def forget_meeting(task_id: int) -> None:
    """The task's meeting is no longer where the calendar had it when it was last read."""
    BusyRow.delete().where(BusyRow.task_id == task_id).execute()


# --- holds --------------------------------------------------------------------------------------------------------


def hold(task_id: int, start: datetime, end: datetime, state: HoldState, now: datetime) -> bool:
    """The task holds [start, end), beside what it holds already. False, and nothing changed, when another task holds
    any of it."""
    with transaction():
        if held_by_others(task_id, start, end):
            return False
        same = (HeldRow.task_id == task_id) & (HeldRow.start_at == start) & (HeldRow.end_at == end)
        if not HeldRow.update(state=state).where(same).execute():
            HeldRow.create(task_id=task_id, start_at=start, end_at=end, state=state, created_at=now)
        return True


def hold_only(task_id: int, start: datetime, end: datetime, state: HoldState, now: datetime) -> bool:
    """The task holds [start, end) and no longer anything else; False, and nothing changed, as in `hold`."""
    with transaction():
        if held_by_others(task_id, start, end):
            return False
        release(task_id)
        return hold(task_id, start, end, state, now)


def release(task_id: int, state: HoldState | None = None) -> None:
    """The task holds nothing any more, or nothing in this state."""
    mine = HeldRow.task_id == task_id
    HeldRow.delete().where(mine if state is None else mine & (HeldRow.state == state)).execute()


def holds(task_id: int) -> list[Stretch]:
    rows = HeldRow.select().where(HeldRow.task_id == task_id).order_by(HeldRow.start_at)
    return [Stretch(row.start_at, row.end_at, row.task_id) for row in rows]


def held_after(now: datetime) -> list[int]:
    """The tasks that hold some time which is not over, in the order of their ids."""
    return [
        row.task_id
        for row in HeldRow.select(HeldRow.task_id).where(HeldRow.end_at > now).distinct().order_by(HeldRow.task_id)
    ]


def held_by_others(task_id: int | None, start: datetime, end: datetime) -> list[Stretch]:
    """What other tasks hold of [start, end)."""
    overlaps = (HeldRow.start_at < end) & (HeldRow.end_at > start)
    others = overlaps if task_id is None else overlaps & HeldRow.task_id.not_in(mates(task_id))
    return [Stretch(row.start_at, row.end_at, row.task_id) for row in HeldRow.select().where(others)]


# --- what the calendar is to be told ------------------------------------------------------------------------------


def want_event(task_id: int, uid: str, meeting: Mapping[str, Any] | None, now: datetime) -> None:
    """The calendar is to hold this meeting of the task, or with None none. To be called in the commit that agrees it.

    `uid` counts the first time only. What the calendar holds already is not written again.
    """
    with transaction():
        row = EventJobRow.get_or_none(EventJobRow.task_id == task_id)
        if row is None:
            if meeting is not None:
                EventJobRow.create(task_id=task_id, uid=uid, sequence=0, meeting=dict(meeting), next_try_at=now)
        elif row.meeting != (None if meeting is None else dict(meeting)):
            EventJobRow.update(
                meeting=None if meeting is None else dict(meeting),
                sequence=EventJobRow.sequence + 1,
                attempts=0,
                next_try_at=now,
                error=None,
            ).where(EventJobRow.task_id == task_id).execute()


def events_due(now: datetime) -> list[EventJob]:
    due = EventJobRow.select().where(EventJobRow.next_try_at <= now).order_by(EventJobRow.next_try_at)
    return [_job(row) for row in due]


def event_of(task_id: int) -> EventJob | None:
    row = EventJobRow.get_or_none(EventJobRow.task_id == task_id)
    return None if row is None else _job(row)


def event_done(job: EventJob) -> bool:
    """The calendar holds what the job wanted. False when something else is wanted by now."""
    return bool(EventJobRow.update(next_try_at=None, error=None).where(_unchanged(job)).execute())


def event_failed(job: EventJob, why: str, again_at: datetime | None) -> bool:
    """It did not work; None: it never will. False when something else is wanted by now."""
    changed = EventJobRow.update(next_try_at=again_at, error=why, attempts=EventJobRow.attempts + 1)
    return bool(changed.where(_unchanged(job)).execute())


def own_events() -> dict[str, int]:
    """The UIDs of this program's own meetings, and their tasks."""
    return {row.uid: row.task_id for row in EventJobRow.select(EventJobRow.uid, EventJobRow.task_id)}


def clock_was_set_back(now: datetime, by: timedelta) -> None:
    """See `instants`: nothing here waits longer than before."""
    CalendarReadRow.update(fetched_at=now).where(CalendarReadRow.fetched_at > now).execute()
    CalendarReadRow.update(failing_since=now).where(CalendarReadRow.failing_since > now).execute()
    for row in list(EventJobRow.select().where(EventJobRow.next_try_at > now)):
        EventJobRow.update(next_try_at=max(now, row.next_try_at - by)).where(
            EventJobRow.task_id == row.task_id
        ).execute()


def _unchanged(job: EventJob) -> Any:
    return (EventJobRow.task_id == job.task_id) & (EventJobRow.sequence == job.sequence)


def _job(row: Any) -> EventJob:
    return EventJob(row.task_id, row.uid, row.sequence, row.meeting, row.attempts, row.error)
