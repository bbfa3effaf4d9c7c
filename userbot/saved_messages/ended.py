"""The end of a task in one line, for which the owner's phone rings. The report is the card, which it replies to."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from userbot.saved_messages import card_text, pieces, plan_text, standing_text, when, wording
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.when import Language
from userbot.store import journal
from userbot.store.journal import Entry
from userbot.store.tasks import Task
from userbot.tasks.slots import ResultError, resolve_due, resolve_meeting

LINE = 200
MOST_QUOTED = 3


def render_ended(task: Task, desk: Desk) -> str:
    """Who, and what came of it: "✅ № 3 · Анна Кузнецова: пн, 23 ноября, 18:30–19:30 МСК"."""
    language = wording.language_of(task.language)
    sign, _, _ = card_text.outcome(language, task).partition(" ")
    facts = _facts(language, task, desk) if card_text.is_agreed(task) else ""
    if standing_text.is_left(task):
        facts = standing_text.ended_as(language, task, desk) or ""
    if card_text.is_done(task):
        said = [entry for entry in journal.find(task.user_id, task.evidence) if entry.author == "contact"]
        done = card_text.ended_as(language, task)
        facts = wording.say(language, "ended.done", outcome=done, said=_words(language, said)) if said else done
    numbers, who = plan_text.of_all(language, task)
    return wording.say(
        language, "ended", sign=sign, task_id=numbers, who=who, what=facts or card_text.ended_as(language, task)
    )


def meeting_title(task: Task) -> str:
    """What the meeting is called in the owner's calendar."""
    language = wording.language_of(task.language)
    _, who = plan_text.of_all(language, task)
    topic = task.context.get("topic")
    kind = wording.task_type(language, task.task_type)
    return one_line(f"{topic if isinstance(topic, str) and topic.strip() else kind} · {who}")


def _facts(language: Language, task: Task, desk: Desk) -> str:
    """The result's heart, by code; empty where only its outcome can be told in a line."""
    skill = desk.skills.by_type.get(task.task_type)
    values = task.result or {}
    if skill is not None and "meeting-time" in skill.checks:
        try:
            slot = resolve_meeting(values)
        except ResultError:
            return ""
        return when.short_stretch(language, slot.start, slot.end, desk.zone)
    if skill is not None and "due-date" in skill.checks and (due := _due(language, values, desk)):
        return due
    said = [entry for entry in journal.find(task.user_id, task.evidence) if entry.author == "contact"]
    if isinstance(values.get("answer"), str) and said:
        # The contact's own words, rather than what a model made of them.
        return _words(language, said)
    lines = pieces.result(language, skill, values, desk.zone)
    return one_line(lines[0], LINE) if lines else ""


def _words(language: Language, said: Sequence[Entry]) -> str:
    """The messages by which it ended, the last of them, one after the other."""
    told = said[-MOST_QUOTED:]
    return " ".join(pieces.words(language, entry, LINE // len(told)) for entry in told)


def _due(language: Language, values: Mapping[str, Any], desk: Desk) -> str:
    try:
        slot = resolve_due(values)
    except ResultError:
        return ""
    if slot is None:
        return ""
    time = when.short_day(language, date.fromisoformat(values["due_date"]))
    if values.get("due_time") is not None:
        time = when.short_time(language, slot.start, desk.zone)
    return wording.say(language, "ended.due", time=time)
