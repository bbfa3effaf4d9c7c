"""What the scripted model says, and its shape in both wire forms: replies, faults, steps of a script."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from userbot.rehearsal.model.asked import Asked

JSON_TYPE = {"content-type": "application/json"}


@dataclass(frozen=True)
class Call:
    """A tool call; arguments given as a text go out as they are, valid JSON or not."""

    name: str
    arguments: Mapping[str, object] | str = field(default_factory=dict)


@dataclass(frozen=True)
class Tokens:
    """Usage numbers. `cost_usd` goes out only when given."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0
    cost_usd: float | None = None
    cache_write: int = 0


@dataclass(frozen=True)
class Said:
    """A reply. `reasoning` is what the client must echo. `tokens`: numbers, or "none" for `usage: null`.

    `call_ids` override the made-up ones. `delay_s` is slept on the loop's time before the reply.
    """

    text: str | None = None
    calls: tuple[Call, ...] = ()
    reasoning: str | None = None
    tokens: Tokens | Literal["approximate", "none"] = "approximate"
    finish_reason: str | None = None
    call_ids: tuple[str, ...] = ()
    delay_s: float = 0.0


@dataclass(frozen=True)
class Fault:
    """An answer that is no reply: some HTTP, raw bytes, silence until the client leaves, a dropped line."""

    status: int = 500
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    is_silent: bool = False
    drops: bool = False
    delay_s: float = 0.0

    @classmethod
    def http(
        cls,
        status: int,
        body: Mapping[str, object] | str = "",
        headers: Mapping[str, str] | None = None,
        *,
        delay_s: float = 0.0,
    ) -> "Fault":
        """An HTTP answer; an object goes out as JSON, a text as it is (`headers` may say what it is)."""
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        return cls(status, text.encode(), {**JSON_TYPE, **(headers or {})}, delay_s=delay_s)

    @classmethod
    def error(
        cls,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Fault":
        """An error in OpenAI's own shape."""
        error = {"message": message, "type": "invalid_request_error", "code": code, "param": param}
        return cls.http(status, {"error": error}, headers)

    @classmethod
    def bytes_sent(cls, raw: bytes) -> "Fault":
        """These very bytes instead of an HTTP response, then the connection closes."""
        return cls(raw=raw)

    @classmethod
    def silence(cls) -> "Fault":
        return cls(is_silent=True)

    @classmethod
    def drop(cls) -> "Fault":
        return cls(drops=True)


Brain = Callable[["Asked"], "Said | Fault | Awaitable[Said | Fault]"]
# Text that the prompt must hold, or a question to the request; several must all hold.
Expect = str | Callable[["Asked"], bool] | tuple[str | Callable[["Asked"], bool], ...]


@dataclass(frozen=True)
class Step:
    """One expected request and its answer, which may be computed. `tools` must all be offered."""

    say: Said | Fault | Brain
    expect: Expect | None = None
    tools: tuple[str, ...] = ()
    name: str = ""


def why_not(asked: "Asked", expect: Expect | None, tools: tuple[str, ...] = ()) -> str | None:
    """What of `expect` and `tools` the request lacks, or None."""
    for tool in tools:
        if tool not in asked.tools:
            return f"the tool {tool!r} is not offered"
    wanted = expect if isinstance(expect, tuple) else () if expect is None else (expect,)
    for one in wanted:
        if isinstance(one, str):
            if one not in asked.text:
                return f"{one!r} is not in the prompt"
        elif not one(asked):
            return f"{getattr(one, '__name__', one)} does not hold"
    return None


def chat_body(said: Said, asked: "Asked", number: int) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": said.text}
    if said.reasoning is not None:
        message["reasoning_content"] = said.reasoning
    if said.calls:
        message["tool_calls"] = [
            {
                "id": call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": _wire_arguments(call)},
            }
            for call_id, call in zip(_call_ids(said, number), said.calls, strict=True)
        ]
    finish = said.finish_reason or ("tool_calls" if said.calls else "stop")
    tokens = _tokens(said, asked)
    usage: dict[str, object] | None = None
    if tokens:
        usage = {
            "prompt_tokens": tokens.input,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.input + tokens.output,
            "prompt_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": tokens.cache_write},
            "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
        } | ({"cost": tokens.cost_usd} if tokens.cost_usd is not None else {})
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": usage,
    }


def responses_body(said: Said, asked: "Asked", number: int) -> dict[str, object]:
    output: list[dict[str, object]] = []
    if said.reasoning is not None:
        output.append({"type": "reasoning", "id": f"rs_{number}", "summary": [], "encrypted_content": said.reasoning})
    if said.text is not None:
        content = {"type": "output_text", "text": said.text, "annotations": []}
        output.append(
            {
                "type": "message",
                "id": f"msg_{number}",
                "role": "assistant",
                "status": "completed",
                "content": [content],
            }
        )
    for place, (call_id, call) in enumerate(zip(_call_ids(said, number), said.calls, strict=True)):
        output.append(
            {
                "type": "function_call",
                "id": f"fc_{number}_{place}",
                "call_id": call_id,
                "name": call.name,
                "arguments": _wire_arguments(call),
                "status": "completed",
            }
        )
    cut = said.finish_reason == "length"
    tokens = _tokens(said, asked)
    usage: dict[str, object] | None = None
    if tokens:
        usage = {
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "total_tokens": tokens.input + tokens.output,
            "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": tokens.cache_write},
            "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        } | ({"cost": tokens.cost_usd} if tokens.cost_usd is not None else {})
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 0,
        "model": asked.model,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "output": output,
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def _wire_arguments(call: Call) -> str:
    if isinstance(call.arguments, str):
        return call.arguments
    return json.dumps(call.arguments, ensure_ascii=False)


def _call_ids(said: Said, number: int) -> tuple[str, ...]:
    return said.call_ids or tuple(f"call_{number}_{place}" for place in range(len(said.calls)))


def _tokens(said: Said, asked: "Asked") -> Tokens | None:
    if isinstance(said.tokens, Tokens):
        return said.tokens
    if said.tokens == "none":
        return None
    spoken = (said.text or "") + "".join(call.name + _wire_arguments(call) for call in said.calls)
    heard = json.dumps(asked.body, ensure_ascii=False)
    return Tokens(input=1 + len(heard) // 4, output=1 + len(spoken) // 4)
