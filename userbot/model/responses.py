"""The Responses wire form, used statelessly: our messages to its JSON and back, and the call itself."""

from collections.abc import Mapping, Sequence
from typing import Any

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

NAME = "responses"
# What may be left out of a request; "strict" of each of its tools. Never `store`: without it the provider
# would keep other people's messages.
DROPPABLE: tuple[str, ...] = ("parallel_tool_calls", "strict", "include")


def build_request(
    model: str, messages: Sequence[Message], tools: Sequence[ToolSpec], refused: frozenset[str], origin: str
) -> dict[str, object]:
    """The request's JSON.

    `refused`: parameters this model does not take; `origin`: whose echoes may be sent.
    """
    items: list[object] = []
    for message in messages:
        items += _to_wire(message, origin)
    body: dict[str, object] = {"model": model, "input": items, "store": False}
    if "include" not in refused:
        body["include"] = ["reasoning.encrypted_content"]
    if tools:
        body["tools"] = [_tool_to_wire(tool, "strict" not in refused) for tool in tools]
        if "parallel_tool_calls" not in refused:
            body["parallel_tool_calls"] = False
    return body


def _tool_to_wire(tool: ToolSpec, strict: bool) -> dict[str, object]:
    # Said even when false: this form takes a tool without it for a strict one.
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "strict": strict,
    }


def _to_wire(message: Message, origin: str) -> list[object]:
    text = clean(message.text)
    if message.role == "tool":
        return [{"type": "function_call_output", "call_id": message.call_id, "output": text}]
    if message.images:
        parts: list[dict[str, object]] = [{"type": "input_text", "text": text}] if text else []
        parts += [{"type": "input_image", "image_url": wire_image(image), "detail": "auto"} for image in message.images]
        return [{"type": "message", "role": message.role, "content": parts}]
    if message.role != "assistant":
        return [{"type": "message", "role": message.role, "content": text}]
    echoed: Sequence[object] = ()
    if message.echo and message.echo.get("origin") == origin:
        echoed = as_list(message.echo.get("items"))
    calls = {call.id: call for call in message.calls}
    items: list[object] = []
    has_text = False
    for item in map(as_mapping, echoed):
        if item.get("type") == "function_call":
            call = calls.pop(str(item.get("call_id")), None)
            if call:
                items.append(_call_to_wire(call, item))
        else:
            has_text = has_text or item.get("type") == "message"
            items.append(item)
    if text and not has_text:
        items.append({"type": "message", "role": "assistant", "content": text})
    items += [_call_to_wire(call, {}) for call in calls.values()]
    return items


def _call_to_wire(call: ToolCall, extras: Mapping[str, object]) -> dict[str, object]:
    return {
        **extras,
        "type": "function_call",
        "call_id": call.id,
        "name": wire_name(call.name),
        "arguments": wire_arguments(call),
    }


async def send(client: AsyncOpenAI, body: Mapping[str, object]) -> str:
    """The response's body as it came. Raises the SDK's errors."""
    request: dict[str, Any] = dict(body)
    raw = await client.responses.with_raw_response.create(**request)
    text: str = raw.text
    return text


def read_response(payload: Mapping[str, object], taken: set[str], origin: str) -> Answer | Refusal:
    """Reads a 200 response. `taken`: call ids the conversation already has; `origin` marks the echo."""
    error = payload.get("error")
    output = payload.get("output")
    if error or payload.get("status") == "failed" or not isinstance(output, list):
        found = read_error_object(error) if error else Refusal("the response has no output")
        return Refusal(found.message, 200, found.code, found.param)
    texts: list[str] = []
    calls: list[ToolCall] = []
    echoed: list[object] = []
    for raw in map(as_mapping, output):
        item = without_nulls(raw)
        match item.get("type"):
            case "message":
                parts = [as_mapping(part) for part in as_list(item.get("content"))]
                texts.append(as_text(item.get("content")) or "")
                texts += [as_text(part.get("text")) or as_text(part.get("refusal")) or "" for part in parts]
            case "function_call":
                call = read_call(item.get("call_id"), item.get("name"), item.get("arguments"), taken)
                calls.append(call)
                item = {**item, "call_id": call.id, "arguments": "", "name": wire_name(call.name)}
        echoed.append(cleaned(item))
    usage = as_mapping(payload.get("usage"))
    details = as_mapping(usage.get("input_tokens_details"))
    return Answer(
        message=Message(
            "assistant",
            "".join(texts),
            tuple(calls),
            echo={"origin": origin, "items": echoed} if echoed else None,
        ),
        model=as_text(payload.get("model")),
        finish_reason=_read_finish(payload, bool(calls)),
        input_tokens=as_count(usage.get("input_tokens")),
        output_tokens=as_count(usage.get("output_tokens")),
        cached_tokens=as_count(details.get("cached_tokens")),
        reasoning_tokens=as_count(as_mapping(usage.get("output_tokens_details")).get("reasoning_tokens")),
        cost_usd=as_cost(usage.get("cost")),
        cache_write_tokens=as_count(details.get("cache_write_tokens")),
    )


def _read_finish(payload: Mapping[str, object], has_calls: bool) -> str | None:
    """In the other form's words, so that recorded calls can be compared."""
    match payload.get("status"):
        case "completed":
            return "tool_calls" if has_calls else "stop"
        case "incomplete":
            reason = as_text(as_mapping(payload.get("incomplete_details")).get("reason"))
            return "length" if reason == "max_output_tokens" else reason
        case status:
            return as_text(status)
