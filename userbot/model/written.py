"""Tool calls that weak models write as text: read where they can mean one thing only. Other text still goes nowhere.

The whole text has to be the call, and may not be what somebody else wrote in the prompt: a model that quotes or
repeats a stranger's words must not carry them out.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence

from userbot.model.messages import Message, ToolCall, ToolSpec
from userbot.model.reading import as_list, as_mapping, read_call

MAKE_IT_A_CALL = "You wrote a tool call as text, which does nothing. Make it as a tool call, and write no text."

# A model that loops writes thousands of blanks: no two parts of a pattern may share them, or it is tried for hours.
_THOUGHT = re.compile(r"\A\s*<(think|thinking|thought)>.*?</\1>", re.DOTALL)
_WRAPPED = (
    re.compile(r"\A```[\w-]*[^\S\n]*\n(?P<inner>.*)\n[^\S\n]*```\Z", re.DOTALL),
    re.compile(r"\A<(?P<tag>tool_calls?|function_calls?|tools?)>(?P<inner>.*?)(?:</(?P=tag)>)?\Z", re.DOTALL),
    re.compile(r"\A\[TOOL_CALLS\](?P<inner>.*)\Z", re.DOTALL),
    re.compile(r"\A<\|python_tag\|>(?P<inner>.*?)(?:<\|\w+\|>)?\Z", re.DOTALL),
)
# <function=reply>{"text": "…"}</function>, reply({"text": "…"}), functions.reply {"text": "…"}
_NAMED = (
    re.compile(r"\A<function=(?P<name>[\w.-]+)>(?P<inner>.*?)(?:</function>)?\Z", re.DOTALL),
    re.compile(r"\A(?P<name>[\w.-]+)\s*\(\s*(?P<inner>\{.*\})\s*\)\s*;?\Z", re.DOTALL),
    re.compile(r"\A(?P<name>[\w.-]+)\s*+:?\s*+(?P<inner>\{.*\})\Z", re.DOTALL),
)
_NAMES = ("name", "tool", "tool_name", "function")
_ARGUMENTS = ("arguments", "parameters", "args", "input")
_BESIDE = {"id", "type", "index"}
_JSON_WORDS = {"true": True, "false": False, "null": None}


def find_call(text: str, tools: Sequence[ToolSpec], messages: Sequence[Message], taken: set[str]) -> ToolCall | None:
    """The one call of one of `tools` that `text` is, with an id of its own; None where it is none, or several."""
    inner = _unwrapped(text)
    found = _of_json(inner) or _of_name(inner) or _of_keywords(inner)
    if found is None or _was_said_before(inner, messages):
        return None
    name, arguments = found
    name = re.sub(r"\A(?:functions?|tools?)\.", "", name)
    offered = {tool.name: as_mapping(tool.parameters.get("properties")) for tool in tools}
    if name not in offered or arguments.keys() - offered[name].keys():
        return None
    return read_call("", name, dict(arguments), taken)


def looks_like_a_call(text: str, tools: Sequence[ToolSpec]) -> bool:
    """Whether `text` seems to be meant as a call, whatever is wrong with it."""
    names = "|".join(re.escape(tool.name) for tool in tools)
    shapes = (
        r"<(?:tool_call|function_call|function=)",
        r"\[TOOL_CALLS\]",
        r"<\|python_tag\|>",
        rf"[\"'](?:{'|'.join(_NAMES)})[\"']\s*:\s*[\"'](?:functions?\.)?(?:{names})[\"']",
        rf"(?<!\w)(?:{names})\s*\(",
        rf"(?<!\w)(?:{names})\s*+:?\s*+\{{",
    )
    return bool(tools) and any(re.search(shape, text) for shape in shapes)


def _unwrapped(text: str) -> str:
    text = _THOUGHT.sub("", text).strip()
    # A fence inside a tag, or the other way round.
    for _ in range(2):
        for wrapping in _WRAPPED:
            if match := wrapping.match(text):
                text = match["inner"].strip()
                break
    return text


def _of_json(text: str) -> tuple[str, Mapping[str, object]] | None:
    value = _json(text)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    found = as_mapping(value)
    if found.keys() == {"tool_calls"} and len(as_list(found["tool_calls"])) == 1:
        found = as_mapping(as_list(found["tool_calls"])[0])
    if isinstance(found.get("function"), dict) and not found.keys() - _BESIDE - {"function"}:
        found = as_mapping(found["function"])
    names = [key for key in _NAMES if key in found]
    arguments = [key for key in _ARGUMENTS if key in found]
    if len(names) != 1 or len(arguments) != 1 or found.keys() - _BESIDE - {names[0], arguments[0]}:
        return None
    name, given = found[names[0]], found[arguments[0]]
    if isinstance(given, str):
        given = _json(given)
    return (name, given) if isinstance(name, str) and isinstance(given, dict) else None


def _of_name(text: str) -> tuple[str, Mapping[str, object]] | None:
    for shape in _NAMED:
        if match := shape.match(text):
            given = _json(match["inner"])
            return (match["name"], given) if isinstance(given, dict) else None
    return None


def _of_keywords(text: str) -> tuple[str, Mapping[str, object]] | None:
    """reply(text="…", reply_to=null): Python's form of a call, nothing of which is run."""
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or call.args or not call.keywords:
            return None
        given = {str(keyword.arg): _literal(keyword.value) for keyword in call.keywords}
        name = ast.unparse(call.func)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return (name, given) if None not in {keyword.arg for keyword in call.keywords} else None


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.Name) and node.id in _JSON_WORDS:
        return _JSON_WORDS[node.id]
    return ast.literal_eval(node)


def _json(text: str) -> object:
    """None for what is no JSON, and for an object that names the same thing twice."""
    try:
        return json.loads(text, strict=False, object_pairs_hook=_once_each, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return None


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _no_json(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _was_said_before(text: str, messages: Sequence[Message]) -> bool:
    """Did somebody else write it? In prompts what people wrote stands in JSON, with its quotes escaped."""
    said = _bare(text)
    return any(said in _bare(message.text) for message in messages if message.role in ("user", "tool"))


def _bare(text: str) -> str:
    return re.sub(r"[\s\\]+", "", text)
