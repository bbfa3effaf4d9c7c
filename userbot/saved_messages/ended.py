"""The end of a task in one line, for which the owner's phone rings. The report is the card, which it replies to."""

from userbot.saved_messages import card_text, pieces, plan_text, when, wording
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.when import Language
from userbot.store.tasks import Task
from userbot.tasks.slots import ResultError, resolve_meeting

LINE = 200


def render_ended(task: Task, desk: Desk) -> str:
    """Who, and what came of it: "✅ № 3 · Анна Кузнецова: пн, 23 ноября, 18:30–19:30 МСК"."""
    language = wording.language_of(task.language)
    sign, _, outcome = card_text.outcome(language, task).partition(" ")
    facts = _facts(language, task, desk) if card_text.is_agreed(task) else ""
    numbers, who = plan_text.of_all(language, task)
    return wording.say(language, "ended", sign=sign, task_id=numbers, who=who, what=facts or outcome)


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
    lines = pieces.result(language, skill, values, desk.zone)
    return one_line(lines[0], LINE) if lines else ""
