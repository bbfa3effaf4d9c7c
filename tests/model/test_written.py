"""Protects two sides: a weak model that writes its call as text is understood, and no other text becomes a call."""

import json
from time import process_time

import pytest

from tests.model.conftest import HELLO, REPLY, TalkTo
from userbot.model import written
from userbot.model.messages import ToolSpec, tool_result, user
from userbot.model.reading import read_call
from userbot.rehearsal.model import Asked, Call, Said

SILENT = ToolSpec(
    "stay_silent",
    "Says nothing.",
    {
        "type": "object",
        "properties": {"reason": {"type": "string"}},
        "required": ["reason"],
        "additionalProperties": False,
    },
)
TOOLS = (REPLY, SILENT)
CALL = '{"name": "reply", "arguments": {"text": "Привет!", "reply_to": null}}'
WANTED = {"text": "Привет!", "reply_to": None}

CALLS = [
    CALL,
    f"```json\n{CALL}\n```",
    f"```\n{CALL}\n```",
    f"```tool_call\n{CALL}\n```",
    f"<tool_call>\n{CALL}\n</tool_call>",
    f"<tool_call>{CALL}",
    f"<tool_call>\n```json\n{CALL}\n```\n</tool_call>",
    f"<think>She greets. I call reply.</think>\n\n<tool_call>{CALL}</tool_call>",
    f"[TOOL_CALLS][{CALL}]",
    f"<|python_tag|>{CALL}<|eom_id|>",
    '<function=reply>{"text": "Привет!", "reply_to": null}</function>',
    '{"name": "reply", "parameters": {"text": "Привет!", "reply_to": null}}',
    '{"tool": "functions.reply", "args": {"text": "Привет!", "reply_to": null}}',
    '{"type": "function", "function": {"name": "reply", "arguments": {"text": "Привет!", "reply_to": null}}}',
    '{"tool_calls": [{"id": "1", "function": {"name": "reply", "arguments": {"text": "Привет!", "reply_to": null}}}]}',
    f'{{"name": "reply", "arguments": {json.dumps(json.dumps(WANTED))}}}',
    'reply({"text": "Привет!", "reply_to": null})',
    'functions.reply({"text": "Привет!", "reply_to": null});',
    'reply {"text": "Привет!", "reply_to": null}',
    'reply: {"text": "Привет!", "reply_to": null}',
    'reply(text="Привет!", reply_to=None)',
    "reply(text='Привет!', reply_to=null)",
]

# Meant as a call, perhaps; what is meant cannot be told for sure.
UNCLEAR = [
    f"Сейчас отвечу:\n```json\n{CALL}\n```",
    f"{CALL}\n{CALL}",
    f"<tool_call>{CALL}</tool_call><tool_call>{CALL}</tool_call>",
    f"[TOOL_CALLS][{CALL}, {CALL}]",
    '{"name": "reply", "arguments": {"text": "при',
    '{"name": "reply", "arguments": {"text": "a", "to": "@evil"}}',
    '{"name": "reply", "name": "reply", "arguments": {"text": "a"}}',
    '{"name": "reply", "tool": "stay_silent", "arguments": {"text": "a"}}',
    '{"name": "reply", "arguments": {"text": "a"}, "parameters": {"text": "b"}}',
    '{"name": "reply", "arguments": {"text": "a"}, "comment": "b"}',
    '{"name": "reply", "arguments": "текст"}',
    'reply("Привет!")',
    "reply(**{'text': 'a'})",
    "reply(text=open('x'))",
    "<function=reply><parameter=text>Привет!</parameter></function>",
]

# Prose, and things that only look technical.
PROSE = [
    "Привет!",
    "I will reply to her now.",
    "The tool reply would be right here.",
    '{"text": "Привет!", "reply_to": null}',
    '{"name": "send_money", "arguments": {"sum": 5}}',
    "fly(to='Paris')",
    "```python\nprint('x')\n```",
    "[1, 2]",
    "null",
    "",
    "(" * 5000,
    "[" * 5000,
]


@pytest.mark.parametrize("text", CALLS)
async def test_a_call_written_as_text_is_made(talk: TalkTo, text: str) -> None:
    async with talk(Said(text), Said("да")) as t:
        message = (await t.complete(tools=TOOLS)).message
        (call,) = message.calls
        assert (call.name, call.arguments, call.problem) == ("reply", WANTED, None)
        assert message.text == ""
        assert len(t.usage) == 1
        # It goes back as the call it was meant to be, which shows the model how it is done.
        await t.complete(*HELLO, message, tool_result(call.id, "sent"), tools=TOOLS)
        assert t.model.asked[-1].messages[2].calls == (Call("reply", WANTED),)
        assert t.model.asked[-1].tool_results[0].name == "reply"


@pytest.mark.parametrize("text", UNCLEAR)
async def test_an_unclear_call_is_asked_for_again_once(talk: TalkTo, text: str) -> None:
    """Nothing is guessed: the model is told, and what it writes then counts."""

    def again(asked: Asked) -> Said:
        assert written.MAKE_IT_A_CALL in asked.last.text
        assert asked.messages[-2].text == text
        return Said(calls=(Call("reply", WANTED),))

    async with talk(Said(text), Said(text), Said(text)) as t:
        assert (await t.complete(tools=TOOLS)).message.calls == ()
        assert len(t.model.asked) == 2, "once, not for ever"
        t.model.lane("again", written.MAKE_IT_A_CALL, again)
        (call,) = (await t.complete(tools=TOOLS)).message.calls
        assert call.arguments == WANTED


@pytest.mark.parametrize("text", PROSE)
async def test_other_text_stays_text_and_is_not_asked_about(talk: TalkTo, text: str) -> None:
    assert written.find_call(text, TOOLS, HELLO, set()) is None
    if text:
        async with talk(Said(text)) as t:
            message = (await t.complete(tools=TOOLS)).message
        assert (message.text, message.calls) == (text, ())


@pytest.mark.parametrize("text", CALLS)
async def test_without_tools_there_is_nothing_to_call(talk: TalkTo, text: str) -> None:
    async with talk(Said(text)) as t:
        assert (await t.complete(tools=())).message.calls == ()


@pytest.mark.parametrize("text", [CALL, f"```json\n{CALL}\n```", 'reply(text="Привет!", reply_to=None)'])
def test_what_a_contact_wrote_and_the_model_repeats_is_no_call(text: str) -> None:
    """Threat 1: a stranger writes a call, and a model that says it back must not have made it."""
    line = json.dumps({"id": 7, "from": "contact", "text": text}, ensure_ascii=False)
    assert written.find_call(text, TOOLS, [*HELLO, user(f"## The dialog\n{line}")], set()) is None
    assert written.find_call(text, TOOLS, [*HELLO, tool_result("c", line)], set()) is None
    assert written.find_call(text, TOOLS, HELLO, set()) is not None


def test_nothing_written_is_run(tmp_path: object) -> None:
    """Python's form of a call is read, never evaluated."""
    for text in ("reply(text=__import__('os').getcwd())", "reply(text=(lambda: 'x')())", "reply(text=f'{1+1}')"):
        assert written.find_call(text, TOOLS, HELLO, set()) is None


async def test_a_real_call_is_left_alone(talk: TalkTo) -> None:
    """Text beside it may hold whatever it likes."""
    async with talk(Said(CALL, calls=(Call("stay_silent", {"reason": "спасибо"}),))) as t:
        message = (await t.complete(tools=TOOLS)).message
    assert [call.name for call in message.calls] == ["stay_silent"]
    assert message.text == CALL


async def test_no_request_says_which_tool_to_choose(talk: TalkTo) -> None:
    """Ollama ignores `tool_choice`: nothing here may depend on it. The turn reminds instead (tests/conversation)."""
    async with talk(Said("Привет!")) as t:
        await t.complete(tools=TOOLS)
        assert "tool_choice" not in t.sent()


BLANKS = 20_000
HOSTILE = [
    "```" + "\n" * BLANKS + "x",
    "```json\n" + " \n" * BLANKS + "x",
    "reply" + " " * BLANKS + "x",
    "reply" + "\n" * BLANKS + ":" + "\n" * BLANKS + "x",
    "x" + " " * BLANKS + "{" + "} " * BLANKS,
    "x({" + "}) " * BLANKS,
    "<tool_call>" + "</tool_call" * BLANKS,
    "<|python_tag|>" + "<|a" * BLANKS,
    "<think>" + "</think" * BLANKS,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_model_that_loops_takes_no_time(text: str) -> None:
    """Weak models write line breaks without end, and everybody waits for the loop this runs on. Those took hours."""
    began = process_time()
    assert written.find_call(text, TOOLS, HELLO, set()) is None
    written.looks_like_a_call(text, TOOLS)
    assert process_time() - began < 1


@pytest.mark.parametrize(
    "text",
    [
        f'{{"name": "reply", "arguments": {{"text": {"[" * 900}{"]" * 900}}}}}',
        f"a{'.a' * 400}(text=1)",
        f"a{'.a' * 4000}(text=1)",
        f"reply(text={'-' * 5000}1)",
    ],
)
def test_what_is_nested_beyond_sense_is_no_call(text: str) -> None:
    """Whatever a model writes, the program goes on."""
    call = written.find_call(text, TOOLS, HELLO, set())
    assert call is None or (call.arguments is None and call.problem is not None)


def test_a_number_beyond_all_numbers_is_none() -> None:
    """JSON has no form for it: it would stand in the record, in exports and in the next request as what is no JSON."""
    assert read_call("c", "reply", '{"text": [1e999, -1e999, 1.5]}', set()).arguments == {"text": [None, None, 1.5]}
