"""What a contact's conversation knows and may record of a meeting that its owner is having moved: the first agreement
stands (`standing.py`), may be left as it was, or the contact takes it back."""

from collections.abc import Mapping, Sequence
from typing import Any

from userbot.conversation import prompting, standing
from userbot.conversation.contact_acts import LeaveIt, TakeBack
from userbot.conversation.tool_arguments import BadArguments, schema
from userbot.model.messages import ToolSpec
from userbot.store.tasks import Task
from userbot.tasks import guard
from userbot.tasks.slots import Slot

TOOL = "first_agreement"

ANSWERS: Mapping[type, str] = {
    LeaveIt: "Recorded: it is left as it was agreed before, and the task ends with this turn. Confirm that to the "
    "contact in one short message, with its day and time.",
    TakeBack: "Recorded: they cannot make it either; the owner is told. Go on to another time.",
}
NOT_THE_MEETING = (
    "not recorded: cancelled ends the meeting itself. If they only do not want it moved, it stays as agreed: "
    f"{TOOL}, stays. If another time is still looked for: {TOOL}, gone. If they will not meet at all, call this again"
)


def section(owner: str, first: Mapping[int, Mapping[str, Any]]) -> str:
    """Of the prompt. `first`: by task, what was agreed, as the contact may know it."""
    lines = [prompting.quoted({"task_id": task_id, "result": result}) for task_id, result in first.items()]
    head = (
        f"## Agreed, and {guard.clean(owner)} wants it moved. It stands until another time is recorded, on what "
        f"they wrote since\nIf they want it left as it was: {TOOL}, stays. If they cannot make it either: {TOOL}, "
        "gone. cancelled only if they will not meet at all."
    )
    return "\n".join([head, *lines])


def tool(task_ids: Sequence[int]) -> ToolSpec:
    """The tool that a conversation has beside the usual ones while something agreed is being moved."""
    return ToolSpec(
        TOOL,
        "Record what becomes of the agreement that is being moved. stays: it is left as it was; the task ends. gone: "
        "they cannot make that time either; the task goes on.",
        schema(
            task_id={"type": "integer", "enum": list(task_ids)},
            state={"type": "string", "enum": ["stays", "gone"]},
            evidence={
                "type": "array",
                "items": {"type": "integer"},
                "description": "Ids of the contact's own messages that say so; empty if the owner says it.",
            },
        ),
    )


def take(task: Task, state: str, evidence: tuple[int, ...], *, owner_says: bool, is_part: bool) -> LeaveIt | TakeBack:
    """The act for it. `owner_says`: there are new words of the owner's about this task; `is_part`: it is one of several
    people's, of whom none can say for the others that it stays. Raises BadArguments."""
    if standing.first(task) is None:
        raise BadArguments(f"nothing that was agreed before stands for task {task.id}")
    if state == "gone":
        if not evidence:
            raise BadArguments("evidence must name the contact's messages that say so")
        return TakeBack(task.id, evidence)
    if state != "stays":
        raise BadArguments("state must be stays or gone")
    if not owner_says and is_part:
        raise BadArguments("others are asked too: record_times with what this contact can make")
    if not owner_says and not evidence:
        raise BadArguments("evidence must name the contact's messages that say so")
    return LeaveIt(task.id, evidence)


def is_as_it_was(task: Task, slot: Slot | None, result: Mapping[str, Any]) -> bool:
    """Is this result the one that stands: the same time, and the same place if it names one?"""
    stood = standing.first(task)
    if stood is None or slot is None or stood.slot is None or stood.slot.span != slot.span:
        return False
    return result.get("place") in (None, stood.result.get("place"))
