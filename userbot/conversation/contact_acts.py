"""What a turn of a contact's conversation can ask for, and its tools: data until committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from userbot.conversation.tool_arguments import distinct, one_of_tasks, schema, text, text_or_null
from userbot.model.messages import ToolSpec
from userbot.tasks.slots import Slot


@dataclass(frozen=True)
class Reply:
    """A message in the contact's own dialog. `task_id` is the task it is about; `reply_to` a message id to quote."""

    task_id: int
    text: str
    reply_to: int | None


@dataclass(frozen=True)
class Settle:
    """A result that passed the skill's schema and the mandate, with the contact's messages that settle it. `slot`: what
    it takes of the owner's time, if it does. `due`: until when the contact is asked how it stands, if they are."""

    task_id: int
    result: Mapping[str, Any]
    evidence: tuple[int, ...]
    slot: Slot | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Done:
    """What the contact took on is done: these messages of theirs say so."""

    task_id: int
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class Stuck:
    """The contact cannot go on with what they took on: the owner is asked, with these words of theirs."""

    task_id: int
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class Decline:
    """The contact will not; the task ends without a result."""

    task_id: int
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class RecordTimes:
    """When the contact can, for a meeting of several people: stretches in UTC, in place of those recorded before."""

    task_id: int
    can: tuple[tuple[datetime, datetime], ...]
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class SayYes:
    """The contact said yes to the time that is proposed to several people. Nothing is agreed by it alone."""

    task_id: int
    result: Mapping[str, Any]
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class AskAboutResult:
    """A result outside the mandate: only the owner's yes makes it an agreement."""

    task_id: int
    result: Mapping[str, Any]
    reasons: tuple[str, ...]
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class OfferRefused:
    """One more result outside the mandate in the same turn: the owner is not asked about it, but it counts."""

    task_id: int


@dataclass(frozen=True)
class NotifyOwner:
    """One line on the task's card about how it stands."""

    task_id: int
    message: str


@dataclass(frozen=True)
class AskOwner:
    task_id: int
    question: str


@dataclass(frozen=True)
class AskAboutText:
    """A message that the guard held back `tries` times: the owner decides what is written. `reasons`: the names of
    guard.Fault in small letters."""

    task_id: int
    text: str
    reasons: tuple[str, ...]
    tries: int


@dataclass(frozen=True)
class Mark:
    """Nothing is settled, but these messages of the contact are to stay in the prompt, however long the dialog gets."""

    task_id: int
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class StaySilent:
    reason: str


ContactAct = (
    Reply
    | Settle
    | Done
    | Stuck
    | Decline
    | RecordTimes
    | SayYes
    | AskAboutResult
    | OfferRefused
    | NotifyOwner
    | AskOwner
    | AskAboutText
    | Mark
    | StaySilent
)


def ended_by(act: ContactAct) -> int | None:
    """The task that is over with this act, if one is. What was taken on by a date goes on."""
    if isinstance(act, Done | Decline):
        return act.task_id
    return act.task_id if isinstance(act, Settle) and act.due is None else None


# --- the tools ------------------------------------------------------------------------------------------------------


def contact_tools(task_ids: Sequence[int], result_schemas: Sequence[Mapping[str, Any]]) -> list[ToolSpec]:
    """The contact's conversation: it can reply in its own dialog, update its own open tasks, tell or ask the owner.

    None of these tools takes a recipient.
    """
    return [
        ToolSpec(
            "reply",
            "Send a message to the contact in this dialog, as one writes in a chat. Comes after update_conversation "
            "and ask_owner, not before.",
            schema(
                task_id=one_of_tasks(task_ids),
                text=text("Plain text, no markup."),
                reply_to={
                    "type": ["integer", "null"],
                    "description": "Id of the contact's message to quote, where it helps; usually null.",
                },
                last={
                    "type": "boolean",
                    "description": "true: nothing is left to call, your turn ends with this message. "
                    "false: more calls follow.",
                },
            ),
        ),
        ToolSpec(
            "update_conversation",
            "Record how a task stands. completed: the contact agreed to `result`, and the messages in `evidence` say "
            "so. cancelled: the contact finally refused. in_progress: nothing is settled yet, but what `evidence` "
            "says must not be forgotten.",
            schema(
                task_id=one_of_tasks(task_ids),
                status={"type": "string", "enum": ["in_progress", "completed", "cancelled"]},
                result={
                    "anyOf": [*distinct(result_schemas), {"type": "null"}],
                    "description": "What was agreed, with completed; otherwise null.",
                },
                evidence={
                    "type": "array",
                    "items": {"type": "integer"},
                    "description": "Ids of the contact's own messages that say it.",
                },
            ),
        ),
        ToolSpec(
            "notify_owner",
            "Tell the owner in one sentence, in the owner's language, how the task stands. Shown on its card.",
            schema(task_id=one_of_tasks(task_ids), message=text("One sentence.")),
        ),
        ToolSpec(
            "ask_owner",
            "Ask the owner what only they can decide or know. The answer comes later; tell the contact you will find "
            "out. Not for a result: update_conversation asks by itself.",
            schema(
                task_id=one_of_tasks(task_ids),
                question=text("One question in the owner's language that can be answered without the dialog."),
            ),
        ),
        ToolSpec(
            "stay_silent",
            "Write nothing now, when nothing needs an answer. Ends the turn.",
            schema(reason=text("Why, for the record.")),
        ),
    ]


def progress_tool(task_ids: Sequence[int]) -> ToolSpec:
    """For tasks that the contact has taken on: the states of `checkins.STATES`."""
    return ToolSpec(
        "report_progress",
        "Record what the contact says about a task they have taken on. done: it is finished. late: it comes by another "
        "date. stuck: they cannot go on; the owner is asked.",
        schema(
            task_id=one_of_tasks(task_ids),
            state={"type": "string", "enum": ["done", "late", "stuck"]},
            due_date=text_or_null("YYYY-MM-DD, with late; otherwise null."),
            due_time=text_or_null("HH:MM, 24 hours; null: end of that day."),
            timezone=text_or_null("IANA zone of the new date; null without one."),
            evidence={
                "type": "array",
                "items": {"type": "integer"},
                "description": "Ids of the contact's own messages that say so.",
            },
        ),
    )
