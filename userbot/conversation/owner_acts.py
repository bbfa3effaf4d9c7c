"""What a turn of the owner's conversation can ask for, and its tools: data until committed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from userbot.conversation.tool_arguments import distinct, one_of_tasks, schema, text, text_or_null
from userbot.model.messages import ToolSpec
from userbot.people import Contact, Several


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


# --- the tools ------------------------------------------------------------------------------------------------------


_MODE: Mapping[str, Any] = {
    "type": ["string", "null"],
    "enum": ["auto", "first", "draft", None],
    "description": "Only where the owner says whether to see messages before they are sent (draft: each one, «покажи "
    "мне перед отправкой»; first: the first one; auto: none). Otherwise null.",
}


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
            schema(
                user=text("@username, phone number, or the name as in the contacts, in its basic form."),
                together_with={
                    "type": ["array", "null"],
                    "items": {"type": "string"},
                    "description": "The others of one meeting with several people, else null.",
                },
                type={"type": "string", "enum": list(task_types)},
                context={
                    # What each says of itself, this says of all.
                    "anyOf": [_without(brief, "description") for brief in distinct(brief_schemas)],
                    "description": "The brief: only what the owner clearly means this person to be told.",
                },
                mandate={
                    "anyOf": [mandate_schema, {"type": "null"}],
                    "description": "The limits the owner set, checked by code; null where they set none.",
                },
                private_notes=text_or_null("Everything else the owner said about it; null if nothing."),
                mode=_MODE,
            ),
        ),
        ToolSpec(
            "get_conversation_status",
            "Read how a task stands, with the contact's last words. The owner is shown its record as well.",
            schema(task_id={"type": "integer", "description": "The task's number."}),
        ),
        ToolSpec("list_conversations", "Show the owner the list of tasks, and read it.", schema()),
        # Nothing is there to steer while no task is open, and the limits once more are a fifth of the prompt.
        *(about_a_task if is_any_open else ()),
        ToolSpec(
            "send_to_user",
            "Pass on the owner's own words to a person, once, without a task and without waiting for an answer.",
            schema(
                user=text("@username, phone number, or the name as in the contacts, in its basic form."),
                text=text("The owner's words as the person should read them."),
            ),
        ),
        ToolSpec(
            "find_contact",
            "Look up whom a name, @username or phone number means, without writing to anybody.",
            schema(query=text("@username, phone number, or a name.")),
        ),
        reply,
    ]


def owner_tools_for_task(mandate_schema: Mapping[str, Any], task_ids: Sequence[int]) -> list[ToolSpec]:
    """What a reply of the owner to one task's card can do: it reaches that task and no other."""
    # Of all open tasks none is named: else every task that opens or ends would change the tools, and with them the
    # whole of what a provider could reuse. Code refuses any other number.
    task_id = one_of_tasks(task_ids) if task_ids else {"type": "integer", "description": "The number of an open task."}
    return [
        ToolSpec(
            "steer_conversation",
            "Tell a task's conversation how to go on, or to move what was agreed. It knows its dialog, but nothing the "
            "owner says here unless it stands in `instruction`.",
            schema(
                task_id=task_id,
                instruction=text_or_null(
                    "The owner's wish or answer, all of which the contact may learn; null only with private_notes."
                ),
                mandate={
                    "anyOf": [mandate_schema, {"type": "null"}],
                    "description": "The whole new limits when the owner's words change them, otherwise null.",
                },
                private_notes=text_or_null("What the owner adds that is not for the contact; null if nothing."),
                mode=_MODE,
            ),
        ),
        ToolSpec(
            "cancel_conversation",
            "Stop a task silently; but the contact of something agreed is told that it is off.",
            schema(task_id=task_id, words=text_or_null("Why, if they are to know.")),
        ),
        ToolSpec(
            "reply",
            "Say something to the owner: ask for what is missing, or answer in a sentence or two.",
            schema(text=text("In the owner's language.")),
        ),
    ]


def _without(described: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in described.items() if name not in names}


def _undescribed(described: Any) -> Any:
    """The schema with nothing but its shape."""
    if isinstance(described, Mapping):
        return {key: _undescribed(part) for key, part in described.items() if key != "description"}
    return [_undescribed(part) for part in described] if isinstance(described, list) else described
