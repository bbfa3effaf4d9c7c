"""Contacts who do not answer: who is reminded, which tasks are given up, and an answer that comes after that.

Everything is reckoned from the record each time (messages, events, limits), so that neither a restart nor a clock that
was set makes a reminder come twice or never. A reminder is a turn of the contact's conversation; its event says that
one is owed (`owed.py`), and whatever the turn does about it ends that. So are questions how it stands (`checkins.py`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from userbot.conversation import checkins, first_hour, moves, owed, plan_parts, reopening, standing, times
from userbot.store import conversations, journal, ledger, tasks
from userbot.store.database import transaction
from userbot.store.tasks import Task
from userbot.tasks.followups import Due, Reminding, Silence, due, next_at
from userbot.tasks.lifecycle import Change, ClosedBecause
from userbot.tasks.limits import Mandate, MandateError

# So many tasks are looked at in one go, which holds everything else up; and those of which nothing is known, again.
LOOKED_AT_ONCE = 50
LOOKED_AGAIN = timedelta(minutes=10)


def follow_up(rules: Reminding, zone: ZoneInfo, now: datetime) -> set[int]:
    """Do what the passing of time brings about for open tasks; returns the contacts whose worker has something to do.

    Tasks that are paused wait for their owner, whatever the time.
    """
    to_wake = set()
    for task in tasks.to_follow_up(now, LOOKED_AT_ONCE):
        here = times.zone_of(task, zone)
        with transaction():
            silence = silence_of(task, rules)
            if (check_in := checkins.due(task, here, now)) is not None and not owed.anything(task.id):
                moves.move(task.id, Change.CHECKED_IN, who="code", now=now, details={"when": check_in})
            elif not first_hour.mind(task, now, is_silent=silence.since is not None):
                _mind(task, silence, rules, here, now)
            is_owed = owed.anything(task.id)
            # What is due later moves on only when something happens, and a task that changed is looked at anew.
            later = None if is_owed else _next_at(task, silence, rules, here, now)
            tasks.set_followup(task.id, later if later is not None and later > now else now + LOOKED_AGAIN)
        if is_owed:
            to_wake.add(task.user_id)
    return to_wake


def silence_of(task: Task, rules: Reminding) -> Silence:
    """How long this task's contact has been silent, and how often they were reminded."""
    since = _silent_since(task)
    stood = standing.first(task)
    heard_by = None if stood is None else stood.last_call
    if since is not None and heard_by is not None and heard_by <= since:
        heard_by = None
    return Silence(since, _reminded(task.id), _last_moment(task), heard_by)


def settle_late(peer_id: int, now: datetime) -> bool:
    """Somebody answers after their task was given up: it is open again, and goes on. True when that happened."""
    new = [entry for entry in journal.waiting(peer_id, "new") if entry.author == "contact" and entry.revision == 1]
    if not new or tasks.has_open(peer_id):
        return False
    with transaction():
        latest = next(iter(tasks.closed_since(peer_id, now - moves.LATELY)), None)
        if latest is None or latest.closed_because != ClosedBecause.NO_ANSWER:
            return False
        return reopening.reopen(
            latest, new[-1].message_id, now, told="answered_late", why="the contact answered after all"
        )


def _mind(task: Task, silence: Silence, rules: Reminding, here: ZoneInfo, now: datetime) -> None:
    match due(silence, rules, here, now):
        case Due.EXPIRED:
            _end(task, Change.EXPIRED, now)
        case Due.NO_ANSWER:
            _end(task, Change.NO_ANSWER, now)
        case Due.REMINDER:
            number = {"number": silence.reminded + 1, "of": rules.times}
            moves.move(task.id, Change.REMINDED, who="code", now=now, details=number)


def _next_at(task: Task, silence: Silence, rules: Reminding, here: ZoneInfo, now: datetime) -> datetime | None:
    all_ = (next_at(silence, rules, here), checkins.next_at(task, here, now), first_hour.next_at(task))
    return min((one for one in all_ if one is not None), default=None)


def _end(task: Task, what: Change, now: datetime) -> None:
    if moves.move(task.id, what, who="code", now=now):
        moves.drop_queued(task.id)


def _silent_since(task: Task) -> datetime | None:
    """None while something is on its way to the contact, or the owner, a turn or somebody else has to act first."""
    if plan_parts.waits_for_others(task.id):
        return None
    if task.status != "in_progress" or task.trouble is not None or not _is_awaited(task):
        return None
    rows = [row for purpose in ledger.TO_CONTACTS for row in ledger.of_task(task.id, purpose)]
    if any(row.state in (*ledger.UNDELIVERED, "proposed") for row in rows) or owed.anything(task.id):
        return None
    if journal.waiting(task.user_id, "new"):
        return None
    # Those of a task that has ended are read by nobody, before it is opened again.
    if any(note.task_id == task.id for note in conversations.new_instructions(task.user_id)):
        return None
    # Opened again: from then on it is waited for anew.
    moments = [row.sent_at for row in rows if row.sent_at is not None]
    moments += [event.at for event in tasks.events(task.id) if event.what in {*owed.ANEW, owed.STAYED_SILENT}]
    return max(moments, default=None)


def _is_awaited(task: Task) -> bool:
    """Is it this contact who is to write next? Who took something on: only when they were asked after its date."""
    return task.waiting_for == "contact" or (task.waiting_for == "time" and checkins.was_asked_after(task))


def _reminded(task_id: int) -> int:
    count = 0
    for event in tasks.events(task_id):
        count = 0 if event.what in owed.ANEW else count + (event.what == Change.REMINDED)
    return count


def _last_moment(task: Task) -> datetime | None:
    """When the last of the times the owner allows is over; None where they named none, or something was taken on: they
    are asked about it after that."""
    if task.is_taken_on:
        return None
    try:
        limits = Mandate() if task.mandate is None else Mandate.from_json(task.mandate)
    except MandateError:
        return None
    spans: Collection[datetime] = [span.end for span in limits.spans()]
    approved = [case.span.end for case in limits.approved if case.span is not None]
    return max([*spans, *approved], default=None) if spans else None
