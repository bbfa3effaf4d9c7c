"""Reads the JSON that servers really send, without trusting any of it. Shared by both wire forms."""

import base64
import json
import math
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from userbot.model.messages import Image, Message, ToolCall

_NAME_IS_REFUSED = re.compile(r"[^a-zA-Z0-9_-]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NO_JSON = "The arguments are not valid JSON (cut off?). Make the call again, shorter and whole."


@dataclass(frozen=True)
class Answer:
    """One wire reply, read. Numbers are None where the server gave none."""

    message: Message
    model: str | None
    finish_reason: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    cache_write_tokens: int | None = None

    @property
    def is_empty(self) -> bool:
        return not self.message.calls and not self.message.text.strip()


def as_mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def as_text(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None


def as_count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value != value // 1:
        return None
    return int(value)


def as_cost(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        return None
    return float(value)


def clean(text: str) -> str:
    """`text` as something that can be encoded: half a surrogate pair (a reply cut inside an emoji) cannot."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def without_nulls(value: Mapping[str, object]) -> dict[str, object]:
    return {key: item for key, item in value.items() if item is not None}


def wire_name(name: str) -> str:
    """A tool name that may be sent back: servers refuse a history whose calls are named `functions.reply`."""
    return _NAME_IS_REFUSED.sub("_", name)[:64] or "unnamed"


def wire_image(image: Image) -> str:
    """The picture as a data URL: nobody has to fetch it anywhere."""
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"


def wire_arguments(call: ToolCall) -> str:
    """Arguments that may be sent back: always an object, since servers parse the history again."""
    return json.dumps(call.arguments or {}, ensure_ascii=False)


def read_call(call_id: object, name: object, arguments: object, taken: set[str]) -> ToolCall:
    """A tool call, whatever its pieces are. Its id is added to `taken` and was not in it before."""
    chosen = as_text(call_id)
    if not chosen or chosen in taken:
        chosen = f"call_{secrets.token_hex(8)}"
    taken.add(chosen)
    if not isinstance(name, str) or not name.strip():
        return ToolCall(chosen, "unnamed", None, "The call names no tool.")
    values, problem = _read_arguments(arguments)
    return ToolCall(chosen, clean(name.strip()), values, problem)


def _read_arguments(raw: object) -> tuple[Mapping[str, object] | None, str | None]:
    # Twice: some servers encode an already encoded string once more.
    for _ in range(2):
        if not isinstance(raw, str):
            break
        if not raw.strip():
            raw = {}
            break
        try:
            raw = json.loads(raw, strict=False, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return None, _NO_JSON
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        return None, "The arguments must be one JSON object. Make the call again."
    try:
        return {clean(key): cleaned(item) for key, item in raw.items()}, None
    except RecursionError:
        return None, _NO_JSON


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def cleaned(value: object) -> object:
    """`value` with every text in it made encodable, and no number that JSON has no form for (1e999 is read as one)."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
