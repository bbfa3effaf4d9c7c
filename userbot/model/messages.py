"""What the program and the model say to each other, in one format of our own, above both wire forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class ToolSpec:
    """A tool as offered to the model.

    `parameters` is a JSON Schema in strict shape: every property required, `additionalProperties` false,
    what may be left out is a union with null.
    """

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class ToolCall:
    """A tool call as the model made it: the name may be of no known tool, the arguments are not validated.

    `arguments` is None when they could not be read; `problem` then says why, in words meant for the model.
    `id` is never empty and unique in its conversation, whatever the server sent.
    """

    id: str
    name: str
    arguments: Mapping[str, object] | None
    problem: str | None = None


@dataclass(frozen=True)
class Image:
    """A picture as it goes to the model: the file's bytes and its kind, such as `image/jpeg`."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True)
class Message:
    """One message of a conversation. `images` are a user's only; a model that takes none reads "[a picture]" instead.

    `echo` is what the provider's own message carried and wants back (reasoning, signatures). It is opaque,
    JSON-serializable, and may be kept or dropped, but not changed. It is sent only to where it came from.
    """

    role: Role
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str | None = None
    echo: Mapping[str, object] | None = None
    images: tuple[Image, ...] = ()


def system(text: str) -> Message:
    return Message("system", text)


def user(text: str, *images: Image) -> Message:
    return Message("user", text, images=images)


def tool_result(call_id: str, text: str) -> Message:
    """The answer to the tool call `call_id`; every call of an assistant message needs exactly one."""
    return Message("tool", text, call_id=call_id)


@dataclass(frozen=True)
class Usage:
    """What one wire call cost, after OpenTelemetry's `gen_ai` names. None is "unknown", never zero.

    `cost_usd` is what the server says it cost, else what the owner's price table makes of the tokens.
    `reckoned_tokens`: in and out, by the length of the texts, where the server answered and did not count.
    """

    model_asked: str
    model_answered: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    duration_s: float
    finish_reason: str | None
    error: str | None
    reckoned_tokens: int | None = None


@dataclass(frozen=True)
class Reply:
    """The assistant's message, with text or calls or both, and what the wire call that brought it cost."""

    message: Message
    usage: Usage
