"""The client over real TCP in both wire forms: what servers really send, and what becomes of it."""

import asyncio
import json
import logging

import pytest

from tests.model.conftest import HELLO, KEY, REPLY, TalkTo, open_talk
from userbot.errors import NeverAgain, OwnerMustAct, TryAgain
from userbot.model.client import Api, ModelClient, ModelSettings
from userbot.model.endpoint import read_endpoint
from userbot.model.messages import Image, Message, Usage, tool_result, user
from userbot.rehearsal.model import Asked, Call, Fault, Said, ScriptedModel, Step, Tokens

PONG = Said(calls=(Call("reply", {"text": "Привет!", "reply_to": None}),))


async def test_a_reply_with_calls_arrives_whole(talk: TalkTo) -> None:
    async with talk(Said("думаю", PONG.calls, tokens=Tokens(100, 20, 64, 5, 0.002))) as t:
        reply = await t.complete()
    assert reply.message.role == "assistant"
    assert reply.message.text == "думаю"
    (call,) = reply.message.calls
    assert (call.name, call.arguments, call.problem) == ("reply", {"text": "Привет!", "reply_to": None}, None)
    usage = reply.usage
    assert (usage.model_asked, usage.model_answered) == ("scripted", "scripted")
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (100, 20, 64)
    assert (usage.reasoning_tokens, usage.cost_usd, usage.finish_reason) == (5, 0.002, "tool_calls")
    assert usage.error is None
    assert t.usage == [usage]


async def test_the_whole_conversation_reaches_the_model(talk: TalkTo) -> None:
    """Roles, call ids and results survive the way there and back, so that the model sees its own past."""
    async with talk(PONG, Said("всё")) as t:
        first = await t.complete()
        await t.complete(*HELLO, first.message, tool_result(first.message.calls[0].id, "sent"))
    asked = t.model.asked[-1]
    assert [m.role for m in asked.messages] == ["system", "user", "assistant", "tool"]
    assert asked.messages[2].calls == PONG.calls
    (result,) = asked.tool_results
    assert (result.name, result.text) == ("reply", "sent")
    assert asked.tools == {"reply": REPLY.parameters}
    assert asked.is_authorized


async def test_strict_tools_one_call_at_a_time(talk: TalkTo) -> None:
    async with talk(PONG) as t:
        await t.complete()
    assert t.sent()["parallel_tool_calls"] is False
    assert '"strict": true' in _dumped(t.sent()["tools"])


async def test_no_tools_means_no_tool_parameters(talk: TalkTo) -> None:
    """Servers answer 400 to `parallel_tool_calls` without tools."""
    async with talk(Said("ага")) as t:
        await t.complete(tools=())
    assert not {"tools", "parallel_tool_calls"} & t.sent().keys()


async def test_responses_keep_nothing_at_the_provider() -> None:
    async with open_talk("responses", PONG) as t:
        await t.complete()
    assert t.sent()["store"] is False
    assert t.sent()["include"] == ["reasoning.encrypted_content"]


async def test_reasoning_is_echoed(talk: TalkTo) -> None:
    """DeepSeek answers 400 without its reasoning_content; Responses lose their thread without theirs."""
    async with talk(Said(calls=PONG.calls, reasoning="мысль"), Said("да")) as t:
        first = await t.complete()
        await t.complete(*HELLO, first.message, tool_result(first.message.calls[0].id, "ok"))
    assert "мысль" in _dumped(t.model.asked[-1].messages[2].extras)


async def test_signatures_of_calls_are_echoed() -> None:
    """Gemini's gateway keeps its thought signature in `extra_content` of each call."""
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "reply", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "sig"}},
    }
    async with open_talk("chat", _chat_message({"content": None, "tool_calls": [call]}), Said("да")) as t:
        first = await t.complete()
        await t.complete(*HELLO, first.message, tool_result("c1", "ok"))
    assert '"thought_signature": "sig"' in _dumped(t.sent()["messages"])


async def test_an_echo_goes_only_to_the_model_it_came_from(form: Api) -> None:
    """Another provider refuses foreign reasoning, and it is none of its business."""
    async with open_talk(form, Said("да", reasoning="мысль")) as t:
        first = await t.complete()
    async with open_talk(form, Said("да"), model_name="other") as t:
        await t.complete(*HELLO, first.message, user("и?"))
        assert "мысль" not in _dumped(t.sent())
        assert t.model.asked[0].messages[2].text == "да"


async def test_a_refused_echo_is_left_out_once() -> None:
    refusal = Fault.error(400, "The encrypted content could not be verified.", "invalid_encrypted_content")
    async with open_talk("responses", Said("да", reasoning="мысль"), refusal, Said("ну")) as t:
        first = await t.complete()
        second = await t.complete(*HELLO, first.message, user("и?"))
        assert second.message.text == "ну"
        assert "мысль" not in _dumped(t.sent())


async def test_a_server_that_refuses_its_own_echo_is_sent_none() -> None:
    """Some write `reasoning` into their messages and answer 400 when it comes back."""
    refusal = Fault.error(400, "'messages.2': property 'reasoning_content' is unsupported")
    thought = Said("да", reasoning="мысль")
    async with open_talk("chat", thought, refusal, Said("ну"), Said("вот")) as t:
        first = (await t.complete()).message
        await t.complete(*HELLO, first, user("и?"))
        await t.complete(*HELLO, first, user("и?"))
        assert "мысль" not in _dumped(t.sent())


async def test_a_server_that_misses_an_echo_does_not_end_all_echoes() -> None:
    """DeepSeek names the field too when an older message lacks it."""
    refusal = Fault.error(400, "The `reasoning_content` in the thinking mode must be passed back.")
    thought = Said("да", reasoning="мысль")
    async with open_talk("chat", thought, refusal, refusal, Said("ну")) as t:
        first = (await t.complete()).message
        with pytest.raises(NeverAgain):
            await t.complete(*HELLO, first, user("и?"))
        await t.complete(*HELLO, first, user("и?"))
        assert "мысль" in _dumped(t.sent())


async def test_a_model_that_does_not_reason_is_not_asked_for_its_reasoning() -> None:
    refusal = Fault.error(400, "Encrypted content is not supported with this model.")
    async with open_talk("responses", refusal, PONG) as t:
        await t.complete()
        assert "include" not in t.sent()
        assert t.sent()["store"] is False


@pytest.mark.parametrize("cut", ['{"text": "при', '"просто текст"', "[1]", "NaN", '{"a": Infinity}'])
async def test_unreadable_arguments_become_a_problem_for_the_model(talk: TalkTo, cut: str) -> None:
    async with talk(Said(calls=(Call("reply", cut),)), Said("понял")) as t:
        reply = await t.complete()
        (call,) = reply.message.calls
        assert call.arguments is None
        assert call.problem
        # And the broken text is not sent back: servers parse the history again and fail on it.
        await t.complete(*HELLO, reply.message, tool_result(call.id, call.problem))


@pytest.mark.parametrize("empty", ["", " ", "{}", "null"])
async def test_no_arguments_are_an_empty_object(talk: TalkTo, empty: str) -> None:
    async with talk(Said(calls=(Call("reply", empty),))) as t:
        reply = await t.complete()
    assert reply.message.calls[0].arguments == {}


async def test_arguments_as_an_object_or_encoded_twice_are_read() -> None:
    calls = [
        {"id": "a", "function": {"name": "reply", "arguments": {"text": "x"}}},
        {"id": "b", "function": {"name": "reply", "arguments": '"{\\"text\\": \\"x\\"}"'}},
    ]
    async with open_talk("chat", _chat_message({"tool_calls": calls})) as t:
        reply = await t.complete()
    assert [call.arguments for call in reply.message.calls] == [{"text": "x"}, {"text": "x"}]


async def test_every_call_gets_an_id_of_its_own(talk: TalkTo) -> None:
    """Some servers send "" or number from zero each time; results would be matched to the wrong call."""
    twice = Said(calls=PONG.calls * 3, call_ids=("", "call_0", "call_0"))
    async with talk(twice, twice) as t:
        first = (await t.complete()).message
        results = [tool_result(call.id, "ok") for call in first.calls]
        second = (await t.complete(*HELLO, first, *results)).message
    ids = [call.id for call in (*first.calls, *second.calls)]
    assert all(ids)
    assert len(set(ids)) == 6
    assert first.calls[1].id == "call_0"


async def test_unknown_tools_and_repeated_calls_are_passed_on(talk: TalkTo) -> None:
    """The turn loop deals with them; a made-up name goes back in a form that servers take."""
    calls = (Call("functions.fly", {"to": "Paris"}), Call("functions.fly", {"to": "Paris"}))
    async with talk(Said("вот", calls), Said("ок")) as t:
        message = (await t.complete()).message
        assert [call.name for call in message.calls] == ["functions.fly"] * 2
        await t.complete(*HELLO, message, *(tool_result(call.id, "no such tool") for call in message.calls))
        assert t.model.asked[-1].messages[2].calls[0].name == "functions_fly"


async def test_a_call_without_a_name_is_a_problem_and_no_crash() -> None:
    async with open_talk("chat", _chat_message({"tool_calls": [{"id": "a"}, "junk", None]})) as t:
        message = (await t.complete()).message
    assert [call.arguments for call in message.calls] == [None, None, None]
    assert all(call.problem for call in message.calls)


async def test_half_an_emoji_does_not_poison_the_conversation(talk: TalkTo) -> None:
    """A reply cut inside a surrogate pair could be neither stored nor sent again."""
    cut = '{"text": "\\ud83d", "reply_to": null}'
    async with talk(Said("ok", (Call("reply", cut),)), Said("да")) as t:
        message = (await t.complete()).message
        assert message.calls[0].arguments == {"text": "\ufffd", "reply_to": None}
        await t.complete(*HELLO, message, tool_result(message.calls[0].id, "half \ud83d"))
        assert t.model.asked[-1].last.text == "half \ufffd"


async def test_text_in_parts_and_refusals_are_text() -> None:
    parts = [{"type": "text", "text": "раз"}, {"type": "text", "text": " два"}]
    async with open_talk(
        "chat", _chat_message({"content": parts}), _chat_message({"content": None, "refusal": "I cannot"})
    ) as t:
        assert (await t.complete()).message.text == "раз два"
        assert (await t.complete()).message.text == "I cannot"


async def test_usage_null_is_unknown_not_zero(talk: TalkTo) -> None:
    async with talk(Said("да", tokens="none")) as t:
        usage = (await t.complete()).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cost_usd) == (None,) * 4


async def test_what_a_server_does_not_count_is_reckoned_by_length(talk: TalkTo) -> None:
    """For budgets: rather more than it is, and not by the bytes of a picture."""
    words, picture = user("слово " * 500), user("", Image(b"x" * 90_000, "image/jpeg"))
    async with talk(Said("да", tokens="none"), Said("да", tokens="none"), Said("да", tokens=Tokens(7, 1))) as t:
        reckoned = (await t.complete(words)).usage.reckoned_tokens or 0
        pictured = (await t.complete(words, picture)).usage.reckoned_tokens or 0
        assert (await t.complete(words)).usage.reckoned_tokens is None
    assert 1_000 < reckoned < 2_000
    assert pictured < reckoned + 100


async def test_a_length_cut_is_named_alike_in_both_forms(talk: TalkTo) -> None:
    async with talk(Said("да", finish_reason="length")) as t:
        assert (await t.complete()).usage.finish_reason == "length"


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
        kept = [_dumped(asked.body) for asked in t.model.asked]
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
        assert '"strict": true' not in _dumped(t.sent()["tools"])


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


async def test_a_cancelled_call_is_cancelled_and_recorded(talk: TalkTo) -> None:
    """Stop works with a turn in flight; the tokens may be billed all the same."""
    async with talk(Fault.silence()) as t:
        call = asyncio.create_task(t.complete())
        await asyncio.sleep(1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert [usage.error for usage in t.usage] == ["cancelled"]


async def test_many_conversations_at_once(talk: TalkTo) -> None:
    def brain(asked: Asked) -> Said:
        return Said(asked.last.text.upper(), delay_s=1)

    async with talk(*[Step(brain)] * 20) as t:
        replies = await asyncio.gather(*(t.complete(user(f"peer {n}")) for n in range(20)))
    assert [reply.message.text for reply in replies] == [f"PEER {n}" for n in range(20)]


async def test_nothing_is_taken_from_the_environment(form: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would send what was meant for one host to another, all by itself."""
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "LEAKED")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: LEAKED\nAuthorization: LEAKED")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://leaked.invalid/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://leaked.invalid:3128")
    async with ScriptedModel([PONG], api_key="no-key-needed") as model:
        client = ModelClient(ModelSettings("m", "", model.base_url, form))
        await client.complete(HELLO, (REPLY,))
        await client.close()
    (asked,) = model.asked
    assert asked.is_authorized
    assert "LEAKED" not in str(asked.headers)
    assert not {"openai-organization", "openai-project", "x-gateway"} & asked.headers.keys()


async def test_without_a_base_url_the_environments_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://leaked.invalid/v1")
    for url in (None, "", "  "):
        client = ModelClient(ModelSettings("m", KEY, url))
        assert str(client._sdk.base_url) == "https://api.openai.com/v1/"
        await client.close()


@pytest.mark.parametrize(
    ("url", "api", "form"),
    [
        (None, "auto", "responses"),
        ("https://api.openai.com/v1", "auto", "responses"),
        ("https://api.openai.com.evil.example/v1", "auto", "chat"),
        ("http://127.0.0.1:11434/v1", "auto", "chat"),
        (None, "chat", "chat"),
        ("http://127.0.0.1:11434/v1", "responses", "responses"),
    ],
)
async def test_auto_means_responses_at_openai_and_chat_elsewhere(url: str | None, api: Api, form: str) -> None:
    client = ModelClient(ModelSettings("m", KEY, url, api))
    assert form == client._form.NAME
    await client.close()


@pytest.mark.parametrize(
    ("key", "url", "names"),
    [
        ("", None, "OPENAI_API_KEY"),
        ("ключ", None, "OPENAI_API_KEY"),
        ("sk-1\nX-Evil: 1", None, "OPENAI_API_KEY"),
        (KEY, "localhost:11434/v1", "OPENAI_BASE_URL"),
        (KEY, "http://[::1/v1", "OPENAI_BASE_URL"),
        (KEY, "http://host:port/v1", "OPENAI_BASE_URL"),
        (KEY, "https://me:secret@host/v1", "OPENAI_BASE_URL"),
    ],
)
def test_settings_that_cannot_work_are_named_at_the_start(key: str, url: str | None, names: str) -> None:
    with pytest.raises(OwnerMustAct, match=names):
        ModelClient(ModelSettings("m", key, url))


def test_the_key_shows_in_no_repr() -> None:
    assert KEY not in repr(ModelSettings("m", KEY))
    assert KEY not in repr(read_endpoint(ModelSettings("m", KEY)))


async def test_a_server_that_quotes_the_key_does_not_bring_it_into_logs(talk: TalkTo) -> None:
    async with talk(Fault.error(422, f"no such tenant for {KEY}")) as t:
        with pytest.raises(NeverAgain) as caught:
            await t.complete()
    assert KEY not in str(caught.value) + str(t.usage)


async def test_usage_is_recorded_without_a_listener_too() -> None:
    async with ScriptedModel([PONG]) as model:
        client = ModelClient(ModelSettings("m", KEY, model.base_url, "chat"))
        usage: Usage = (await client.complete(HELLO, (REPLY,))).usage
        await client.close()
    assert usage.input_tokens


async def test_a_message_kept_without_its_echo_still_goes_out(talk: TalkTo) -> None:
    async with talk(Said("ну", PONG.calls, reasoning="мысль"), Said("да")) as t:
        first = (await t.complete()).message
        bare = Message("assistant", first.text, first.calls)
        await t.complete(*HELLO, bare, tool_result(first.calls[0].id, "ok"))
        heard = t.model.asked[-1].messages[2]
        assert (heard.text, heard.calls) == ("ну", PONG.calls)


def _chat_message(message: dict[str, object]) -> Fault:
    return Fault.http(200, {"choices": [{"index": 0, "message": {"role": "assistant", **message}}]})


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
