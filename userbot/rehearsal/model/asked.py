"""What a request asked of the scripted model: one view of both wire forms, and what OpenAI would refuse."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from userbot.rehearsal.model.said import Call

Form = Literal["chat", "responses"]
Json = Mapping[str, object]


@dataclass(frozen=True)
class Heard:
    """One message of the request. `call_ids` name the calls of an assistant's message, in order."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()
    call_ids: tuple[str, ...] = ()
    call_id: str | None = None
    extras: Json = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResult:
    call_id: str
    name: str
    text: str


@dataclass(frozen=True)
class Asked:
    """A request as it arrived. `headers` have lower-case names and no key; `is_authorized` compares the key.

    `problems` are what OpenAI itself would answer with HTTP 400.
    """

    form: Form
    model: str
    messages: tuple[Heard, ...]
    tools: Mapping[str, Json]
    path: str
    headers: Mapping[str, str]
    is_authorized: bool
    body: Json
    problems: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All the words of the prompt, one message under the other."""
        return "\n".join(message.text for message in self.messages)

    @property
    def system(self) -> str:
        return "\n".join(message.text for message in self.messages if message.role == "system")

    @property
    def last(self) -> Heard:
        return self.messages[-1]

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """The results that came since the assistant's last message: what this request is the answer to."""
        found: list[ToolResult] = []
        names = {
            call_id: call.name
            for message in self.messages
            for call_id, call in zip(message.call_ids, message.calls, strict=True)
        }
        for message in reversed(self.messages):
            if message.role != "tool":
                break
            call_id = message.call_id or ""
            found.append(ToolResult(call_id, names.get(call_id, ""), message.text))
        return tuple(reversed(found))

    def __contains__(self, fragment: str) -> bool:
        return fragment in self.text


def read_request(path: str, headers: Mapping[str, str], raw: bytes, expected_key: str | None) -> Asked:
    """Reads a request's body. Raises ValueError when it is no JSON object."""
    body = json.loads(raw)
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")
    form: Form = "responses" if path.endswith("/responses") else "chat"
    read = _read_responses_input if form == "responses" else _read_chat_messages
    messages = tuple(read(body))
    tools: dict[str, Json] = {}
    problems = list(_history_problems(messages))
    for item in map(_object, _list(body.get("tools"))):
        tool = _object(item.get("function")) if form == "chat" else item
        name, parameters = str(tool.get("name")), _object(tool.get("parameters"))
        if name in tools:
            problems.append(f"the tool {name} is offered twice")
        tools[name] = parameters
        if tool.get("strict") is True:
            problems += [f"the strict tool {name}: {what}" for what in _strict_problems(parameters, "parameters")]
    sent = headers.get("authorization", "")
    return Asked(
        form=form,
        model=str(body.get("model")),
        messages=messages,
        tools=tools,
        path=path,
        headers={key: "(kept out)" if key == "authorization" else value for key, value in headers.items()},
        is_authorized=bool(sent) if expected_key is None else sent == f"Bearer {expected_key}",
        body=body,
        problems=tuple(problems),
    )


def _read_chat_messages(body: Json) -> Iterator[Heard]:
    for wire in map(_object, _list(body.get("messages"))):
        calls = [_object(call) for call in _list(wire.get("tool_calls"))]
        functions = [_object(call.get("function")) for call in calls]
        known = {"role", "content", "tool_calls", "tool_call_id"}
        yield Heard(
            role=str(wire.get("role")),
            text=_text(wire.get("content")),
            calls=tuple(_call(function) for function in functions),
            call_ids=tuple(str(call.get("id")) for call in calls),
            call_id=str(wire["tool_call_id"]) if "tool_call_id" in wire else None,
            extras={key: value for key, value in wire.items() if key not in known},
        )


def _read_responses_input(body: Json) -> Iterator[Heard]:
    if body.get("instructions"):
        yield Heard("system", str(body["instructions"]))
    items = body.get("input")
    if isinstance(items, str):
        yield Heard("user", items)
        return
    # One reply of the model is several items in a row here: heard as one message, as in the other form.
    reply: list[Json] = []
    for item in map(_object, _list(items)):
        kind, role = item.get("type", "message"), item.get("role")
        if kind in ("function_call", "reasoning") or (kind == "message" and role == "assistant"):
            reply.append(item)
            continue
        yield from _join_reply(reply)
        reply = []
        if kind == "function_call_output":
            yield Heard("tool", _text(item.get("output")), call_id=str(item.get("call_id")))
        else:
            yield Heard(str(role), _text(item.get("content")))
    yield from _join_reply(reply)


def _join_reply(items: Sequence[Json]) -> Iterator[Heard]:
    if not items:
        return
    calls = [item for item in items if item.get("type") == "function_call"]
    reasoning = [item for item in items if item.get("type") == "reasoning"]
    yield Heard(
        role="assistant",
        text="".join(_text(item.get("content")) for item in items if item.get("type", "message") == "message"),
        calls=tuple(_call(item) for item in calls),
        call_ids=tuple(str(item.get("call_id")) for item in calls),
        extras={"reasoning": reasoning} if reasoning else {},
    )


def _history_problems(messages: Sequence[Heard]) -> Iterator[str]:
    if not messages:
        yield "there is no message"
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool":
            if message.call_id not in waiting:
                yield f"a tool result for {message.call_id!r}, which is no open call"
            else:
                waiting.remove(message.call_id)
            continue
        if waiting:
            yield f"no tool result for {', '.join(waiting)}"
        waiting = list(message.call_ids)
        for call in message.calls:
            if not isinstance(call.arguments, dict):
                yield f"arguments of an earlier call of {call.name} that are no JSON object"
    if waiting:
        yield f"no tool result for {', '.join(waiting)}"


def _strict_problems(schema: Json, where: str) -> Iterator[str]:
    if "properties" in schema or schema.get("type") == "object":
        properties = _object(schema.get("properties"))
        if schema.get("additionalProperties") is not False:
            yield f"additionalProperties of {where} is not false"
        if missing := properties.keys() - {str(name) for name in _list(schema.get("required"))}:
            yield f"required of {where} lacks {', '.join(sorted(missing))}"
        for name, part in properties.items():
            yield from _strict_problems(_object(part), f"{where}.{name}")
    if "items" in schema:
        yield from _strict_problems(_object(schema["items"]), f"{where}[]")
    for part in _list(schema.get("anyOf")):
        yield from _strict_problems(_object(part), where)
    for name, part in _object(schema.get("$defs")).items():
        yield from _strict_problems(_object(part), f"{where}.$defs.{name}")


def _call(wire: Json) -> Call:
    raw = wire.get("arguments")
    try:
        arguments = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError:
        arguments = raw
    return Call(str(wire.get("name")), arguments if isinstance(arguments, dict) else str(raw))


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "".join(_text(_object(part).get("text") or "") for part in _list(content))


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
