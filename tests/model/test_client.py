"""The client over real TCP in both wire forms: what is sent, and how what servers really send is read."""

import asyncio

import pytest

from tests.model.conftest import HELLO, KEY, PONG, REPLY, TalkTo, dumped, open_talk
from userbot.errors import NeverAgain, OwnerMustAct
from userbot.model.client import Api, ModelClient, ModelSettings
from userbot.model.endpoint import read_endpoint
from userbot.model.messages import Image, Message, Usage, tool_result, user
from userbot.rehearsal.model import Asked, Call, Fault, Said, ScriptedModel, Step, Tokens


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
    assert '"strict": true' in dumped(t.sent()["tools"])


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
    assert "мысль" in dumped(t.model.asked[-1].messages[2].extras)


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
    assert '"thought_signature": "sig"' in dumped(t.sent()["messages"])


async def test_an_echo_goes_only_to_the_model_it_came_from(form: Api) -> None:
    """Another provider refuses foreign reasoning, and it is none of its business."""
    async with open_talk(form, Said("да", reasoning="мысль")) as t:
        first = await t.complete()
    async with open_talk(form, Said("да"), model_name="other") as t:
        await t.complete(*HELLO, first.message, user("и?"))
        assert "мысль" not in dumped(t.sent())
        assert t.model.asked[0].messages[2].text == "да"


async def test_a_refused_echo_is_left_out_once() -> None:
    refusal = Fault.error(400, "The encrypted content could not be verified.", "invalid_encrypted_content")
    async with open_talk("responses", Said("да", reasoning="мысль"), refusal, Said("ну")) as t:
        first = await t.complete()
        second = await t.complete(*HELLO, first.message, user("и?"))
        assert second.message.text == "ну"
        assert "мысль" not in dumped(t.sent())


async def test_a_server_that_refuses_its_own_echo_is_sent_none() -> None:
    """Some write `reasoning` into their messages and answer 400 when it comes back."""
    refusal = Fault.error(400, "'messages.2': property 'reasoning_content' is unsupported")
    thought = Said("да", reasoning="мысль")
    async with open_talk("chat", thought, refusal, Said("ну"), Said("вот")) as t:
        first = (await t.complete()).message
        await t.complete(*HELLO, first, user("и?"))
        await t.complete(*HELLO, first, user("и?"))
        assert "мысль" not in dumped(t.sent())


async def test_a_server_that_misses_an_echo_does_not_end_all_echoes() -> None:
    """DeepSeek names the field too when an older message lacks it."""
    refusal = Fault.error(400, "The `reasoning_content` in the thinking mode must be passed back.")
    thought = Said("да", reasoning="мысль")
    async with open_talk("chat", thought, refusal, refusal, Said("ну")) as t:
        first = (await t.complete()).message
        with pytest.raises(NeverAgain):
            await t.complete(*HELLO, first, user("и?"))
        await t.complete(*HELLO, first, user("и?"))
        assert "мысль" in dumped(t.sent())


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
