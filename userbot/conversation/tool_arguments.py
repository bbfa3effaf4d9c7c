"""What a tool may be called with: how it is described to a model, and how what the model sent is read."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from userbot.tasks.plain_text import clean


class BadArguments(ValueError):
    """A call that cannot be taken; the text tells the model how to mend it."""


# --- describing it --------------------------------------------------------------------------------------------------


def schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's parameters in strict shape: every property required, nothing beside them."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def text_or_null(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description}


def one_of_tasks(task_ids: Sequence[int]) -> dict[str, Any]:
    return {"type": "integer", "enum": list(task_ids)}


def distinct(schemas: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The schemas without repeats, and without the keywords that make sense only for a document of its own."""
    kept: list[Mapping[str, Any]] = []
    for schema in schemas:
        bare = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "title")}
        if bare not in kept:
            kept.append(bare)
    return kept


# --- reading what was sent ------------------------------------------------------------------------------------------

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
