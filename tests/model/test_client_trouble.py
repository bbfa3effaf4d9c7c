"""The client over real TCP where the answer is none: what is tried again, what the owner is told, what is left out."""

import asyncio
import logging

import pytest

from tests.model.conftest import HELLO, KEY, PONG, REPLY, TalkTo, dumped, open_talk
from userbot.errors import NeverAgain, OwnerMustAct, TryAgain
from userbot.model.client import Api, ModelClient, ModelSettings
from userbot.rehearsal.model import Fault, Said, ScriptedModel


@pytest.mark.parametrize("nothing", [Said(None), Said(""), Said(" \n")])
async def test_an_empty_reply_is_asked_once_more(talk: TalkTo, nothing: Said) -> None:
    async with talk(nothing, PONG) as t:
        assert (await t.complete()).message.calls
    assert [usage.error for usage in t.usage] == ["empty reply", None]


async def test_two_empty_replies_are_try_again(talk: TalkTo) -> None:
    async with talk(Said(), Said()) as t:
        with pytest.raises(TryAgain):
            await t.complete()


@pytest.mark.parametrize(
    "fault",
    [
        Fault.http(200, {"error": {"message": "upstream is down", "code": 502}, "choices": None}),
        Fault.http(200, {"choices": None, "output": None}),
        Fault.http(200, {"choices": [], "output": {}}),
        Fault.http(200, {"error": "plain text"}),
        Fault.http(200, "<!DOCTYPE html><p>hello", {"content-type": "text/html"}),
        Fault.http(200, '{"choices": [', {"content-type": "application/json"}),
        Fault.http(200, "[]"),
        Fault.http(200, "null"),
        Fault.http(200, ""),
        Fault.http(200, '{"choices": ' + "[" * 100_000),
    ],
    ids=[
        "error-object",
        "null",
        "types",
        "error-text",
        "html",
        "cut",
        "list",
        "null-body",
        "no-body",
        "deep",
    ],
)
async def test_a_200_that_is_no_answer_is_try_again(talk: TalkTo, fault: Fault) -> None:
    async with talk(fault) as t:
        with pytest.raises(TryAgain):
            await t.complete()
    assert len(t.usage) == 1
    assert t.usage[0].error


@pytest.mark.parametrize(
    "fault",
    [
        Fault.error(408, "slow"),
        Fault.error(409, "locked"),
        Fault.error(429, "slow down", "rate_limit_exceeded"),
        Fault.error(500, "oops"),
        Fault.http(503, "<html>busy</html>"),
        Fault.drop(),
        Fault.bytes_sent(b"HTTP/9 nonsense\r\n\r\n"),
        Fault.bytes_sent(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"),
    ],
    ids=["408", "409", "429", "500", "503-html", "dropped", "not-http", "cut-body"],
)
async def test_passing_trouble_is_retried_a_little_and_then_try_again(talk: TalkTo, fault: Fault) -> None:
    async with talk(fault, PONG, fault, fault, fault) as t:
        assert (await t.complete()).message.calls
        with pytest.raises(TryAgain):
            await t.complete()
    assert [bool(usage.error) for usage in t.usage] == [True, False, True, True, True]


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        ({"retry-after": "77"}, 77.0),
        ({"retry-after-ms": "60500"}, 60.5),
        ({"date": "Mon, 02 Nov 2026 10:00:00 GMT", "retry-after": "Mon, 02 Nov 2026 10:02:00 GMT"}, 120.0),
    ],
)
async def test_a_long_wait_is_left_to_the_caller(talk: TalkTo, headers: dict[str, str], after_s: float) -> None:
    """A turn must not sleep for minutes inside the call: the caller has a row that outlives a crash."""
    async with talk(Fault.error(429, "slow down", headers=headers)) as t:
        with pytest.raises(TryAgain) as caught:
            await t.complete()
    assert caught.value.after_s == after_s


async def test_a_short_wait_is_kept(talk: TalkTo) -> None:
    loop = asyncio.get_running_loop()
    async with talk(Fault.error(429, "slow", headers={"retry-after": "4"}), PONG) as t:
        started = loop.time()
        await t.complete()
        assert loop.time() - started >= 4


async def test_a_model_that_never_answers_is_left_after_the_timeout(talk: TalkTo) -> None:
    async with talk(Fault.silence(), timeout_s=90) as t:
        with pytest.raises(TryAgain):
            await t.complete()
    assert len(t.usage) == 1
    assert 90 <= t.usage[0].duration_s < 100


async def test_a_slow_answer_within_the_timeout_is_taken(talk: TalkTo) -> None:
    async with talk(Said("да", delay_s=100)) as t:
        reply = await t.complete()
    assert reply.usage.duration_s >= 100


async def test_nobody_at_the_address_is_try_again(form: Api) -> None:
    async with ScriptedModel() as model:
        url = model.base_url
    client = ModelClient(ModelSettings("m", KEY, url, form))
    with pytest.raises(TryAgain, match="cannot be reached"):
        await client.complete(HELLO, (REPLY,))
    await client.close()


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        (Fault.error(401, f"Incorrect API key provided: {KEY}", "invalid_api_key"), "OPENAI_API_KEY"),
        (Fault.error(400, "API key not valid. Please pass a valid API key."), "OPENAI_API_KEY"),
        (Fault.error(403, "Country not supported", "unsupported_country"), "OPENAI_API_KEY"),
        (Fault.error(404, "The model does not exist", "model_not_found"), "OPENAI_MODEL"),
        (Fault.http(404, "<html>Not found</html>"), "OPENAI_BASE_URL"),
        (Fault.http(404, {"error": "model 'x' not found"}), "OPENAI_MODEL"),
        (Fault.error(429, "You exceeded your quota", "insufficient_quota"), "credit"),
        (Fault.http(429, {"error": {"message": "no money", "type": "insufficient_quota"}}), "credit"),
        (Fault.http(307, "", {"location": "http://127.0.0.1:1/v1"}), "OPENAI_BASE_URL"),
        (Fault.error(402, "Insufficient Balance"), "credit"),
        (Fault.http(200, {"error": {"message": "no money", "code": 402}}), "credit"),
        (Fault.error(400, '"auto" tool choice requires --enable-auto-tool-choice'), "OPENAI_MODEL"),
        (Fault.error(500, "tools param requires --jinja flag"), "OPENAI_MODEL"),
        (Fault.error(400, "gemma does not support tools"), "OPENAI_MODEL"),
    ],
)
async def test_the_owner_is_told_what_to_do(talk: TalkTo, fault: Fault, names: str) -> None:
    """One wire call each: none of these gets better by asking again, and a bill may get worse."""
    async with talk(fault) as t:
        with pytest.raises(OwnerMustAct, match=names) as caught:
            await t.complete()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.error(400, "maximum context length is 4096", "context_length_exceeded"),
        Fault.error(422, "messages: bad"),
        Fault.error(413, "too large"),
        Fault.http(400, "nonsense"),
    ],
)
async def test_a_refused_request_is_never_again(talk: TalkTo, fault: Fault) -> None:
    async with talk(fault) as t:
        with pytest.raises(NeverAgain):
            await t.complete()


async def test_peoples_words_do_not_come_back_in_errors(talk: TalkTo, caplog: pytest.LogCaptureFixture) -> None:
    """Validation errors quote the request; error texts are logged, and messages must not be."""
    caplog.set_level(logging.INFO)
    detail = [{"loc": ["body", "messages", 1], "msg": "bad, input_value='Anna: привет'", "input": "Anna: привет"}]
    async with talk(Fault.http(422, {"detail": detail})) as t:
        with pytest.raises(NeverAgain) as caught:
            await t.complete()
    assert "привет" not in str(caught.value) + str(t.usage) + caplog.text
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["parallel_tool_calls", "strict"])
async def test_a_refused_parameter_is_dropped_and_remembered(talk: TalkTo, name: str) -> None:
    refusal = Fault.error(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    async with talk(refusal, PONG, PONG) as t:
        await t.complete()
        await t.complete()
        kept = [dumped(asked.body) for asked in t.model.asked]
    assert name in kept[0]
    for later in kept[1:]:
        assert f'"{name}": true' not in later
        assert f'"{name}": false' not in later.replace('"strict": false', "")


@pytest.mark.parametrize(
    "refusal",
    [
        Fault.http(
            422,
            {"detail": [{"loc": ["body", "parallel_tool_calls"], "msg": "Extra inputs are not permitted"}]},
        ),
        Fault.http(400, {"error": "json: unknown field parallel_tool_calls"}),
        Fault.http(400, '[{"error": {"message": "Unknown name \\"parallel_tool_calls\\"", "code": 400}}]'),
    ],
    ids=["fastapi", "text", "list"],
)
async def test_a_refused_parameter_is_found_in_other_servers_errors(talk: TalkTo, refusal: Fault) -> None:
    async with talk(refusal, PONG) as t:
        await t.complete()
        assert "parallel_tool_calls" not in t.sent()


async def test_several_parameters_are_dropped_one_by_one_and_each_once(talk: TalkTo) -> None:
    faults = [Fault.error(400, "no", param=name) for name in ("tools[0].strict", "parallel_tool_calls")]
    async with talk(*faults, PONG, faults[0]) as t:
        await t.complete()
        with pytest.raises(NeverAgain):
            await t.complete()


async def test_a_schema_that_strict_tools_refuse_is_sent_unstrict(talk: TalkTo) -> None:
    async with talk(Fault.error(400, "Invalid schema", "invalid_function_parameters"), PONG) as t:
        await t.complete()
        assert '"strict": true' not in dumped(t.sent()["tools"])


async def test_an_english_word_is_no_parameter(talk: TalkTo) -> None:
    async with talk(Fault.error(400, "please include a strict answer")) as t:
        with pytest.raises(NeverAgain):
            await t.complete()


NEEDS_NONE = Fault.error(400, "Function tools with reasoning_effort are not supported here.", param="reasoning_effort")
NONE_REFUSED = Fault.error(400, "Unsupported value: 'none'", "unsupported_value", "reasoning_effort")


async def test_reasoning_off_is_sent_only_when_asked_for() -> None:
    async with open_talk("chat", PONG, NEEDS_NONE, PONG, PONG) as t:
        await t.complete()
        assert "reasoning_effort" not in t.sent()
        await t.complete()
        assert t.sent()["reasoning_effort"] == "none"
        await t.complete()
        assert t.sent()["reasoning_effort"] == "none"


async def test_a_model_that_takes_no_tools_in_chat_is_asked_in_responses() -> None:
    async with open_talk("auto", NEEDS_NONE, NONE_REFUSED, PONG, PONG) as t:
        await t.complete()
        await t.complete()
        assert [asked.form for asked in t.model.asked] == ["chat", "chat", "responses", "responses"]


async def test_a_server_without_the_other_form_is_named_to_the_owner() -> None:
    not_there = Fault.http(404, "not found")
    async with open_talk("auto", NEEDS_NONE, NONE_REFUSED, not_there) as t:
        with pytest.raises(OwnerMustAct, match="no Responses"):
            await t.complete()


async def test_a_wire_form_chosen_by_the_owner_is_kept() -> None:
    async with open_talk("chat", NEEDS_NONE, NONE_REFUSED) as t:
        with pytest.raises(OwnerMustAct, match="LLM_API"):
            await t.complete()
