"""The typed things a turn can ask for, and the tools through which a model asks. Data until they are committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from userbot.model.messages import ToolSpec
from userbot.people import Contact, Several
from userbot.tasks.plain_text import clean
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


@dataclass(frozen=True)
class StartConversation:
    """`who` is several people when the owner has to choose first. `mode`: which messages wait for the owner's yes, when
    the owner said it."""

    who: Contact | Several
    query: str
    task_type: str
    context: Mapping[str, Any]
    mandate: Mapping[str, Any] | None
    private_notes: str | None
    mode: str | None = None


@dataclass(frozen=True)
class StartPlan:
    """One meeting with several people, each of whom is named by the query at the same place. `timezone`: the owner's.
    The rest as in StartConversation."""

    who: tuple[Contact | Several, ...]
    queries: tuple[str, ...]
    timezone: str
    task_type: str
    context: Mapping[str, Any]
    mandate: Mapping[str, Any] | None
    private_notes: str | None
    mode: str | None = None


@dataclass(frozen=True)
class SendToUser:
    """The owner's own words, passed on without a task."""

    who: Contact | Several
    query: str
    text: str


@dataclass(frozen=True)
class Steer:
    """`instruction` is for the contact's conversation; None: the words were for the record alone."""

    task_id: int
    instruction: str | None
    mandate: Mapping[str, Any] | None
    private_notes: str | None = None
    mode: str | None = None


@dataclass(frozen=True)
class Cancel:
    """`words`: what the contact of an agreement may be told of why."""

    task_id: int
    words: str | None = None


@dataclass(frozen=True)
class ShowStatus:
    task_id: int


@dataclass(frozen=True)
class ShowList:
    pass


@dataclass(frozen=True)
class Answer:
    """The model's own words to the owner."""

    text: str


OwnerAct = StartConversation | StartPlan | SendToUser | Steer | Cancel | ShowStatus | ShowList | Answer


@dataclass(frozen=True)
class Decided:
    """An owner's act. `tainted`: a contact's words had been read in this turn before it was asked for."""

    act: OwnerAct
    tainted: bool


class BadArguments(ValueError):
    """A call that cannot be taken; the text tells the model how to mend it."""


# --- tool schemas ---------------------------------------------------------------------------------------------------


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Strict shape: every property required, nothing beside them."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a tool that is defined elsewhere, in the same shape."""
    return _object(**properties)


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _text_or_null(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description}


_MODE: Mapping[str, Any] = {
    "type": ["string", "null"],
    "enum": ["auto", "first", "draft", None],
    "description": "Only where the owner says whether to see messages before they are sent (draft: each one, «покажи "
    "мне перед отправкой»; first: the first one; auto: none). Otherwise null.",
}


def _task_id(task_ids: Sequence[int]) -> dict[str, Any]:
    return {"type": "integer", "enum": list(task_ids)}


def contact_tools(task_ids: Sequence[int], result_schemas: Sequence[Mapping[str, Any]]) -> list[ToolSpec]:
    """The contact's conversation: it can reply in its own dialog, update its own open tasks, tell or ask the owner.

    None of these tools takes a recipient.
    """
    return [
        ToolSpec(
            "reply",
            "Send a message to the contact in this dialog, as one writes in a chat. Comes after update_conversation "
            "and ask_owner, not before.",
            _object(
                task_id=_task_id(task_ids),
                text=_text("Plain text, no markup."),
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
            _object(
                task_id=_task_id(task_ids),
                status={"type": "string", "enum": ["in_progress", "completed", "cancelled"]},
                result={
                    "anyOf": [*_distinct(result_schemas), {"type": "null"}],
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
            _object(task_id=_task_id(task_ids), message=_text("One sentence.")),
        ),
        ToolSpec(
            "ask_owner",
            "Ask the owner what only they can decide or know. The answer comes later; tell the contact you will find "
            "out. Not for a result: update_conversation asks by itself.",
            _object(
                task_id=_task_id(task_ids),
                question=_text("One question in the owner's language that can be answered without the dialog."),
            ),
        ),
        ToolSpec(
            "stay_silent",
            "Write nothing now, when nothing needs an answer. Ends the turn.",
            _object(reason=_text("Why, for the record.")),
        ),
    ]


def progress_tool(task_ids: Sequence[int]) -> ToolSpec:
    """For tasks that the contact has taken on, or may say they have done: the states of `checkins.STATES`."""
    return ToolSpec(
        "report_progress",
        "Record what the contact says about a task they have taken on. done: it is finished, also where it was before "
        "they were asked. late: it comes by another date. stuck: they cannot go on; the owner is asked.",
        _object(
            task_id=_task_id(task_ids),
            state={"type": "string", "enum": ["done", "late", "stuck"]},
            due_date=_text_or_null("YYYY-MM-DD, with late; otherwise null."),
            due_time=_text_or_null("HH:MM, 24 hours; null: end of that day."),
            timezone=_text_or_null("IANA zone of the new date; null without one."),
            evidence={
                "type": "array",
                "items": {"type": "integer"},
                "description": "Ids of the contact's own messages that say so.",
            },
        ),
    )


def owner_tools(
    task_types: Sequence[str],
    brief_schemas: Sequence[Mapping[str, Any]],
    mandate_schema: Mapping[str, Any],
    *,
    is_any_open: bool,
) -> list[ToolSpec]:
    """The owner's conversation, for a command typed in Saved Messages."""
    # What the limits mean is said once, where a task begins.
    *about_a_task, reply = owner_tools_for_task(_undescribed(mandate_schema), ())
    return [
        ToolSpec(
            "start_conversation",
            "Open a task: somebody else writes to this person from the brief and reports back. One call per person.",
            _object(
                user=_text("@username, phone number, or the name as in the contacts, in its basic form."),
                together_with={
                    "type": ["array", "null"],
                    "items": {"type": "string"},
                    "description": "The others of one meeting with several people, else null.",
                },
                type={"type": "string", "enum": list(task_types)},
                context={
                    # What each says of itself, this says of all.
                    "anyOf": [_without(schema, "description") for schema in _distinct(brief_schemas)],
                    "description": "The brief: only what the owner clearly means this person to be told.",
                },
                mandate={
                    "anyOf": [mandate_schema, {"type": "null"}],
                    "description": "The limits the owner set, checked by code; null where they set none.",
                },
                private_notes=_text_or_null("Everything else the owner said about it; null if nothing."),
                mode=_MODE,
            ),
        ),
        ToolSpec(
            "get_conversation_status",
            "Read how a task stands, with the contact's last words. The owner is shown its record as well.",
            _object(task_id={"type": "integer", "description": "The task's number."}),
        ),
        ToolSpec("list_conversations", "Show the owner the list of tasks, and read it.", _object()),
        # Nothing is there to steer while no task is open, and the limits once more are a fifth of the prompt.
        *(about_a_task if is_any_open else ()),
        ToolSpec(
            "send_to_user",
            "Pass on the owner's own words to a person, once, without a task and without waiting for an answer.",
            _object(
                user=_text("@username, phone number, or the name as in the contacts, in its basic form."),
                text=_text("The owner's words as the person should read them."),
            ),
        ),
        ToolSpec(
            "find_contact",
            "Look up whom a name, @username or phone number means, without writing to anybody.",
            _object(query=_text("@username, phone number, or a name.")),
        ),
        reply,
    ]


def owner_tools_for_task(mandate_schema: Mapping[str, Any], task_ids: Sequence[int]) -> list[ToolSpec]:
    """What a reply of the owner to one task's card can do: it reaches that task and no other."""
    # Of all open tasks none is named: else every task that opens or ends would change the tools, and with them the
    # whole of what a provider could reuse. Code refuses any other number.
    task_id = _task_id(task_ids) if task_ids else {"type": "integer", "description": "The number of an open task."}
    return [
        ToolSpec(
            "steer_conversation",
            "Tell a task's conversation how to go on, or to move what was agreed. It knows its dialog, but nothing the "
            "owner says here unless it stands in `instruction`.",
            _object(
                task_id=task_id,
                instruction=_text_or_null(
                    "The owner's wish or answer, all of which the contact may learn; null only with private_notes."
                ),
                mandate={
                    "anyOf": [mandate_schema, {"type": "null"}],
                    "description": "The whole new limits when the owner's words change them, otherwise null.",
                },
                private_notes=_text_or_null("What the owner adds that is not for the contact; null if nothing."),
                mode=_MODE,
            ),
        ),
        ToolSpec(
            "cancel_conversation",
            "Stop a task silently; but the contact of something agreed is told that it is off.",
            _object(task_id=task_id, words=_text_or_null("Why, if they are to know.")),
        ),
        ToolSpec(
            "reply",
            "Say something to the owner: ask for what is missing, or answer in a sentence or two.",
            _object(text=_text("In the owner's language.")),
        ),
    ]


def _without(schema: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in names}


def _undescribed(schema: Any) -> Any:
    """The schema with nothing but its shape."""
    if isinstance(schema, Mapping):
        return {key: _undescribed(part) for key, part in schema.items() if key != "description"}
    return [_undescribed(part) for part in schema] if isinstance(schema, list) else schema


def _distinct(schemas: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The schemas without repeats, and without the keywords that make sense only for a document of its own."""
    kept: list[Mapping[str, Any]] = []
    for schema in schemas:
        bare = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "title")}
        if bare not in kept:
            kept.append(bare)
    return kept


# --- reading arguments ----------------------------------------------------------------------------------------------

Wanted = Literal["text", "text?", "texts?", "id", "id?", "ids", "flag?", "list", "object", "object?"]


def read(arguments: Mapping[str, object] | None, **wanted: Wanted) -> dict[str, Any]:
    """The arguments by name, each of the kind wanted; what a model may leave out comes as None.

    Raises BadArguments naming everything wrong at once: models send what they like, strict or not.
    """
    given = arguments or {}
    problems = [f"unknown argument {name[:40]}" for name in given if name not in wanted]
    values: dict[str, Any] = {}
    for name, kind in wanted.items():
        value = given.get(name)
        if value is None and kind.endswith("?"):
            values[name] = None
        elif (problem := _problem(value, kind.rstrip("?"))) is not None:
            problems.append(f"{name} must be {problem}")
        else:
            values[name] = value.strip() if isinstance(value, str) else value
    if problems:
        raise BadArguments("; ".join(problems[:6]))
    return values


def _problem(value: object, kind: str) -> str | None:
    match kind:
        case "text":
            # What is only invisible is nothing once it is cleaned.
            return None if isinstance(value, str) and clean(value) else "a text that is not empty"
        case "texts":
            is_texts = isinstance(value, list) and all(isinstance(item, str) and clean(item) for item in value)
            return None if is_texts else "a list of texts that are not empty"
        case "list":
            return None if isinstance(value, list) else "a list"
        case "id":
            return None if _is_id(value) else "a number"
        case "flag":
            return None if isinstance(value, bool) else "true or false"
        case "ids":
            return None if isinstance(value, list) and all(_is_id(item) for item in value) else "a list of message ids"
        case _:
            return None if isinstance(value, Mapping) else "an object"


def _is_id(value: object) -> bool:
    # Ids of messages are int32 and SQLite takes int64: a longer number must not get that far.
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
