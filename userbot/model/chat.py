"""The Chat Completions wire form: our messages to its JSON and back, and the call itself."""

from collections.abc import Mapping, Sequence

from openai import AsyncOpenAI

from userbot.model.messages import Message, ToolCall, ToolSpec
from userbot.model.reading import (
    Answer,
    as_cost,
    as_count,
    as_list,
    as_mapping,
    as_text,
    clean,
    cleaned,
    read_call,
    wire_arguments,
    wire_image,
    wire_name,
    without_nulls,
)
from userbot.model.refusals import Refusal, read_error_object

NAME = "chat"
# What may be left out of a request; "strict" of each of its tools.
DROPPABLE: tuple[str, ...] = ("parallel_tool_calls", "strict")
# Remembered like a refused parameter: tools are taken only with `reasoning_effort` sent, and sent as "none".
NEEDS_REASONING_OFF = "tools with reasoning"
# What the answer's own format says already; every other field of a message or a call is echoed.
_OURS_IN_MESSAGE = {"role", "content", "tool_calls", "refusal", "annotations", "audio", "function_call"}
_OURS_IN_CALL = {"id", "type", "function", "index"}


def build_request(
    model: str, messages: Sequence[Message], tools: Sequence[ToolSpec], refused: frozenset[str], origin: str
) -> dict[str, object]:
    """The request's JSON.

    `refused`: parameters this model does not take; `origin`: whose echoes may be sent.
    """
    body: dict[str, object] = {
        "model": model,
        "messages": [_to_wire(message, origin) for message in messages],
    }
    if tools:
        body["tools"] = [_tool_to_wire(tool, "strict" not in refused) for tool in tools]
        if "parallel_tool_calls" not in refused:
            body["parallel_tool_calls"] = False
        if NEEDS_REASONING_OFF in refused:
            body["reasoning_effort"] = "none"
    return body


def _tool_to_wire(tool: ToolSpec, strict: bool) -> dict[str, object]:
    function: dict[str, object] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    if strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _to_wire(message: Message, origin: str) -> dict[str, object]:
    text = clean(message.text)
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": text}
    if message.images:
        parts: list[dict[str, object]] = [{"type": "text", "text": text}] if text else []
        parts += [{"type": "image_url", "image_url": {"url": wire_image(image)}} for image in message.images]
        return {"role": message.role, "content": parts}
    if message.role != "assistant":
        return {"role": message.role, "content": text}
    echo = as_mapping(message.echo) if message.echo and message.echo.get("origin") == origin else {}
    wire: dict[str, object] = {**as_mapping(echo.get("message")), "role": "assistant", "content": text}
    if message.calls:
        extras = as_mapping(echo.get("calls"))
        wire["content"] = text or None
        wire["tool_calls"] = [_call_to_wire(call, as_mapping(extras.get(call.id))) for call in message.calls]
    return wire


def _call_to_wire(call: ToolCall, extras: Mapping[str, object]) -> dict[str, object]:
    return {
        **extras,
        "id": call.id,
        "type": "function",
        "function": {"name": wire_name(call.name), "arguments": wire_arguments(call)},
    }


async def send(client: AsyncOpenAI, body: Mapping[str, object]) -> str:
    """The response's body as it came. Raises the SDK's errors."""
    # Not chat.completions.create: it goes through every message and tool once more, for a third of the call's cost.
    text: str = await client.post("/chat/completions", cast_to=str, body=dict(body))
    return text


def read_response(payload: Mapping[str, object], taken: set[str], origin: str) -> Answer | Refusal:
    """Reads a 200 response. `taken`: call ids the conversation already has; `origin` marks the echo."""
    choice = as_mapping(next(iter(as_list(payload.get("choices"))), None))
    error = payload.get("error") or choice.get("error")
    if error or not choice:
        found = read_error_object(error) if error else Refusal("the response has no choices")
        return Refusal(found.message, 200, found.code, found.param)
    wire = as_mapping(choice.get("message"))
    calls: list[ToolCall] = []
    call_extras: dict[str, object] = {}
    for item in as_list(wire.get("tool_calls")):
        raw = as_mapping(item)
        function = as_mapping(raw.get("function"))
        call = read_call(raw.get("id"), function.get("name"), function.get("arguments"), taken)
        calls.append(call)
        extras = {key: cleaned(value) for key, value in without_nulls(raw).items() if key not in _OURS_IN_CALL}
        if extras:
            call_extras[call.id] = extras
    extras = {key: cleaned(value) for key, value in without_nulls(wire).items() if key not in _OURS_IN_MESSAGE}
    echo = {"origin": origin, "message": extras, "calls": call_extras} if extras or call_extras else None
    usage = as_mapping(payload.get("usage"))
    details = as_mapping(usage.get("prompt_tokens_details"))
    cached = as_count(details.get("cached_tokens"))
    return Answer(
        message=Message("assistant", _read_text(wire), tuple(calls), echo=echo),
        model=as_text(payload.get("model")),
        finish_reason=as_text(choice.get("finish_reason")),
        input_tokens=as_count(usage.get("prompt_tokens")),
        output_tokens=as_count(usage.get("completion_tokens")),
        cached_tokens=cached if cached is not None else as_count(usage.get("prompt_cache_hit_tokens")),
        reasoning_tokens=as_count(as_mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")),
        cost_usd=as_cost(usage.get("cost")),
        cache_write_tokens=as_count(details.get("cache_write_tokens")),
    )


def _read_text(wire: Mapping[str, object]) -> str:
    content = wire.get("content")
    parts = [as_text(as_mapping(part).get("text")) or "" for part in as_list(content)]
    return as_text(content) or "".join(parts) or as_text(wire.get("refusal")) or ""
