"""What somebody took on by a date, in words: the line for which the owner's phone rings, and where its card stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from userbot.conversation import checkins, times
from userbot.saved_messages import pieces, steps, when, wording
from userbot.saved_messages.pieces import Desk
from userbot.saved_messages.quoted import Line
from userbot.saved_messages.when import Language
from userbot.store import peers, tasks
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import Change


def render_progress(task: Task, payload: Mapping[str, Any], desk: Desk) -> str:
    """Taken on, or put off: as it was when it was told, whatever came after that."""
    language = wording.language_of(task.language)
    key = "progress.taken_on" if payload["was"] is None else "progress.put_off"
    values = {name: _day(language, payload[name], desk) for name in ("due", "was")}
    who = pieces.name(language, peers.contact(task.user_id), task.user_id)
    return wording.say(language, key, task_id=task.id, who=who, **values)


def status(language: Language, task: Task, desk: Desk, now: datetime) -> str:
    """The card's status while nobody but time, or the contact, is waited for."""
    if (step := steps.step(task, desk)) in ("answered", "typing"):
        return wording.say(language, f"card.{step}")
    if checkins.was_asked_after(task):
        return wording.say(language, "card.taken_on_over")
    at = checkins.next_at(task, times.zone_of(task, desk.zone), now)
    if at is None:
        return wording.say(language, "card.taken_on")
    return wording.say(language, "card.taken_on_asks", at=when.moment(language, at, desk.zone))


def agreement(language: Language, task: Task, desk: Desk) -> list[Line]:
    """What was taken on and by when, with the contact's own words."""
    skill = desk.skills.by_type.get(task.task_type)
    lines = pieces.result(language, skill, task.result or {}, desk.zone)
    return [*lines, *pieces.own_words(language, task.user_id, task.evidence, desk.zone)]


def evidence(task: Task) -> list[int]:
    """The contact's messages that settle the task: those by which it was taken on, too, when others ended it."""
    taken_on = tasks.last_event(task.id, Change.TAKEN_ON, Change.PUT_OFF) if task.is_taken_on else None
    earlier = [] if taken_on is None else [int(message_id) for message_id in taken_on.details["evidence"]]
    return list(dict.fromkeys([*earlier, *task.evidence]))


def _day(language: Language, at: str | None, desk: Desk) -> str:
    return "" if at is None else when.until(language, datetime.fromisoformat(at), desk.zone)
