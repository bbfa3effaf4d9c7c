"""What a contact took on, by a date: how it is recorded, when they are asked how it stands, and what they say to that.

The date is the task's deadline, and `result` what was agreed; the task stays open until it is done, given up or called
off. When they are asked is reckoned from the record each time, like reminders (`silent.py`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import moves
from userbot.conversation.contact_acts import Done, Settle, Stuck
from userbot.conversation.tool_arguments import BadArguments
from userbot.skills import Skill
from userbot.store import desk, journal, tasks
from userbot.store.desk import Item
from userbot.store.tasks import Event, Task
from userbot.tasks import checkins
from userbot.tasks.checkins import CheckIn, Promise
from userbot.tasks.lifecycle import Change
from userbot.tasks.slots import resolve_due

TOOL = "report_progress"
STATES = ("done", "late", "stuck")
# In the payload of a question to the owner: the contact cannot go on, in their own words.
STUCK = "stuck"
_DATES = ("due_date", "due_time", "timezone")

RULES = """\
What is "taken_on" is agreed: do not ask again whether they will. What they say of it goes to report_progress before \
you write: done (all of it is finished), late (by another date: ask which), stuck (they cannot go on; it asks the \
owner by itself). So far on time, or a part of it done: nothing to record. A bare «+» or 👌 answers what you asked \
last. What was to be sent is done when a file comes whose name fits it. If they will not do it after all, or somebody \
else will: update_conversation, cancelled."""


def followed_until(skill: Skill, result: Mapping[str, Any], is_on: bool) -> datetime | None:
    """Until when whoever agreed to this result is asked how it stands; None: not at all. `is_on`: the setting."""
    due = resolve_due(result) if is_on and skill.check_ins else None
    return None if due is None else due.start


def with_date(task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was agreed, with another date. Raises BadArguments without one. What was written about it for the owner
    names the date before, and so falls."""
    if given["due_date"] is None:
        raise BadArguments("late needs due_date: ask them by when, and if they cannot say, it is stuck")
    agreed = {**(task.result or {}), **{name: given[name] for name in _DATES}}
    return {**agreed, "summary": ""} if "summary" in agreed else agreed


def but_for_date(result: Mapping[str, Any]) -> dict[str, Any]:
    """What of a result stays when it is only put off: not its date, nor what was written about it for the owner."""
    return {name: value for name, value in result.items() if name not in (*_DATES, "summary")}


def check_is_news(task: Task, evidence: tuple[int, ...]) -> None:
    """Words by which it was taken on do not tell how it stands. Raises BadArguments."""
    # Not the task's own evidence: of one that has ended that is what ended it.
    event = tasks.last_event(task.id, Change.TAKEN_ON, Change.PUT_OFF) if task.is_taken_on else None
    known = [] if event is None else event.details["evidence"]
    if not evidence or max(evidence) <= max(known, default=0):
        raise BadArguments("evidence must name the contact's messages, after they took it on, that say so")


def take_on(act: Settle, now: datetime) -> None:
    """The contact does it by this date, or by another than they said before: the owner is told. Inside the commit."""
    task = tasks.get(act.task_id)
    if task is None or act.due is None:
        raise ValueError("nothing to be followed")
    was = task.deadline if task.is_taken_on else None
    told = {"due": act.due.isoformat(), "was": None if was is None else was.isoformat()}
    if not moves.move(
        task.id,
        Change.TAKEN_ON if was is None else Change.PUT_OFF,
        who="model",
        now=now,
        message_id=act.evidence[-1],
        details={"result": act.result, "evidence": act.evidence, **told},
        result=act.result,
        evidence=list(act.evidence),
        deadline=act.due,
        # What stood on the card was about the date before.
        latest=task.latest if was is None else None,
    ):
        return
    desk.add("status", {desk.PROGRESS: True, **told}, now, task_id=task.id)


def record_done(act: Done, now: datetime) -> None:
    """It is done: what was taken on, or what was done before they were asked, of which nothing else was agreed."""
    task = tasks.get(act.task_id)
    evidence = list(act.evidence)
    columns: dict[str, object] = {"evidence": evidence}
    if task is not None and task.result is None:
        columns["result"] = {}
    details = {"evidence": evidence}
    moves.move(act.task_id, Change.DONE, who="model", now=now, message_id=evidence[-1], details=details, **columns)


def record_stuck(act: Stuck, now: datetime) -> None:
    """The owner is asked at once, with the contact's own words; once for the same words."""
    payload = {STUCK: True, "evidence": list(act.evidence)}
    if any(question.payload == payload for question in desk.open_questions(act.task_id)):
        return
    desk.add("ask", payload, now, task_id=act.task_id)
    moves.move(act.task_id, Change.STUCK, who="model", now=now, message_id=act.evidence[-1], details=payload)


def is_stuck(question: Item) -> bool:
    return bool(question.payload.get(STUCK))


# --- when they are asked --------------------------------------------------------------------------------------------


def due(task: Task, zone: ZoneInfo, now: datetime) -> CheckIn | None:
    """The check-in that is to be made now. None while the owner is waited for: then it is we who owe an answer."""
    promise = promise_of(task)
    if promise is None or task.status != "in_progress" or task.waiting_for != "time" or task.trouble is not None:
        return None
    # A turn for what they wrote is about to run.
    if journal.waiting(task.user_id, "new"):
        return None
    return checkins.due(promise, zone, now)


def next_at(task: Task, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When this task's contact is asked next; None when they are not, or the owner is waited for."""
    promise = promise_of(task)
    return None if promise is None or task.waiting_for != "time" else checkins.next_at(promise, zone, now)


def promise_of(task: Task) -> Promise | None:
    """What the contact took on, and what was asked about it since they named this date; None when they did not."""
    if not task.is_taken_on or task.deadline is None:
        return None
    since, asked = task.created_at, frozenset[CheckIn]()
    for event in tasks.events(task.id):
        if event.what in (Change.TAKEN_ON, Change.PUT_OFF):
            since, asked = event.at, frozenset()
        elif event.what == Change.CHECKED_IN:
            asked |= {_which(event)}
    return Promise(since, task.deadline, asked)


def was_asked_after(task: Task) -> bool:
    """The date is over, and they were asked whether it is done: from now on they are silent."""
    promise = promise_of(task)
    return promise is not None and CheckIn.AFTER in promise.asked


def _which(event: Event) -> CheckIn:
    return CheckIn(event.details["when"])
