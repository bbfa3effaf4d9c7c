"""The owner's plain yes or no to a question: to a result, to what a conversation asked, to a message held back."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from userbot.conversation import moves
from userbot.conversation.prompting import quoted
from userbot.skills import Skills
from userbot.store import conversations, desk, tasks
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.tasks import Task
from userbot.tasks import mandate as mandates
from userbot.tasks.lifecycle import Change

# What follows is the very message the owner said yes to.
WRITE_THIS = "The owner wants exactly this written: "


class ResultAnswer(StrEnum):
    """What became of the owner's yes or no to a result that a conversation proposed."""

    TAKEN = "taken"
    ANSWERED = "answered"  # before, or the task is over
    PAST = "past"  # its time is past: nobody can agree to it any more
    UNCHECKED = "unchecked"  # no yes makes code able to check it


def answer_result(
    question: Item, agrees: bool, skills: Skills, now: datetime, message_id: int | None = None
) -> ResultAnswer:
    """The owner's plain answer to `question` (of kind ask, with a result): a yes lets the mandate grow by exactly that
    result. The conversation hears of that result and of no limit; other questions of the task stay open."""
    with transaction():
        task = tasks.get(question.task_id) if question.task_id is not None else None
        if task is None or not moves.state_of(task).is_open or not desk.is_open(question.id):
            return ResultAnswer.ANSWERED
        result: Mapping[str, Any] = question.payload["result"]
        asked = quoted({name: value for name, value in result.items() if name != "summary"})
        columns: dict[str, object] = {}
        if agrees:
            grown = _grown_by(task, result, skills, now)
            if isinstance(grown, ResultAnswer):
                return grown
            columns["mandate"] = grown.to_json()
            text = (
                f"The owner agrees to exactly this: {asked} Record it again if it still is what the contact "
                "wants, and confirm it to them."
            )
        else:
            text = f"The owner does not agree to this: {asked} Offer something else from the brief."
        desk.close(question.id)
        details = {"agrees": agrees, "result": result}
        moves.move(task.id, Change.STEERED, who="owner", now=now, message_id=message_id, details=details, **columns)
        conversations.add_note(task.user_id, "instruction", text, now, task_id=task.id)
    return ResultAnswer.TAKEN


def answer_question(question: Item, words: str, now: datetime, message_id: int | None = None) -> bool:
    """The owner's plain yes or no to what the contact's conversation asked. It is passed on with the question, which
    the conversation knows and the owner's would have to guess. False when it was answered already."""
    with transaction():
        task = tasks.get(question.task_id) if question.task_id is not None else None
        if task is None or not moves.state_of(task).is_open or not desk.close(question.id):
            return False
        return moves.instruct(task, moves.with_question(question, words), Change.STEERED, now, message_id)


def answer_text(question: Item, agrees: bool, now: datetime, message_id: int | None = None) -> bool:
    """The owner's plain yes or no to a message that was held back: a yes lets exactly that text be written. False when
    it was answered already."""
    with transaction():
        task = tasks.get(question.task_id) if question.task_id is not None else None
        if task is None or not moves.state_of(task).is_open or not desk.close(question.id):
            return False
        text = "The owner does not want your message written that was not sent. Write something else from the brief."
        if agrees:
            text = WRITE_THIS + quoted({"text": question.payload["blocked"]})
        return moves.instruct(task, text, Change.STEERED, now, message_id)


def _grown_by(task: Task, result: Mapping[str, Any], skills: Skills, now: datetime) -> mandates.Mandate | ResultAnswer:
    """The task's mandate after a yes to `result`, or why a yes does not help."""
    skill = skills.by_type.get(task.task_type)
    if skill is None:
        return ResultAnswer.UNCHECKED
    try:
        limits = None if task.mandate is None else mandates.Mandate.from_json(task.mandate)
        grown = mandates.approve(limits, mandates.check_result(skill.checks, limits, result, now, task.context))
        verdict = mandates.check_result(skill.checks, grown, result, now, task.context)
    except (mandates.MandateError, mandates.ResultError):
        return ResultAnswer.UNCHECKED
    if verdict.kind is mandates.VerdictKind.IMPOSSIBLE:
        return ResultAnswer.PAST
    return grown if verdict.kind is mandates.VerdictKind.FITS else ResultAnswer.UNCHECKED
