"""The scripted model: it follows its script, fails loudly when the program does not, and hides nothing."""

import asyncio
import json

import pytest

from tests.model.conftest import KEY, REPLY, open_talk
from userbot.errors import NeverAgain
from userbot.model.client import Api, ModelClient, ModelSettings
from userbot.model.messages import Message, ToolCall, ToolSpec, tool_result, user
from userbot.rehearsal.model import Asked, Call, Fault, Said, ScriptedModel, Step


async def ask(model: ScriptedModel, api: Api, *messages: Message, tools: tuple[ToolSpec, ...] = (REPLY,)) -> Message:
    client = ModelClient(ModelSettings("m", KEY, model.base_url, api))
    try:
        return (await client.complete(messages, tools)).message
    finally:
        await client.close()


async def ask_and_be_refused(
    model: ScriptedModel, api: Api, *messages: Message, tools: tuple[ToolSpec, ...] = (REPLY,)
) -> None:
    async with model:
        with pytest.raises(NeverAgain, match="scripted model"):
            await ask(model, api, *messages, tools=tools)


@pytest.fixture(params=["chat", "responses"])
def form(request: pytest.FixtureRequest) -> Api:
    api: Api = request.param
    return api


async def test_steps_are_taken_in_order(form: Api) -> None:
    async with ScriptedModel([Said("раз"), Said("два")]) as model:
        assert (await ask(model, form, user("a"))).text == "раз"
        assert (await ask(model, form, user("b"))).text == "два"
    assert [asked.last.text for asked in model.asked] == ["a", "b"]


async def test_a_request_beyond_the_script_fails(form: Api) -> None:
    with pytest.raises(AssertionError, match="no step is left"):
        await ask_and_be_refused(ScriptedModel(), form, user("a"))


@pytest.mark.parametrize(
    "step",
    [
        Step(Said("x"), "Борис", name="the step"),
        Step(Said("x"), lambda asked: asked.last.role == "tool", name="the step"),
        Step(Said("x"), ("Anna", "Борис"), name="the step"),
        Step(Said("x"), tools=("fly",), name="the step"),
    ],
)
async def test_a_request_that_differs_from_its_step_fails(form: Api, step: Step) -> None:
    with pytest.raises(AssertionError, match="the step") as caught:
        await ask_and_be_refused(ScriptedModel([step]), form, user("Anna: hi"))
    assert "not used" in str(caught.value)


async def test_steps_not_used_fail() -> None:
    with pytest.raises(AssertionError, match="not used in lane 'anna': goodbye"):
        async with ScriptedModel() as model:
            model.lane("anna", "Anna").add(Step(Said("x"), name="goodbye"))


async def test_a_failing_test_keeps_its_own_error() -> None:
    with pytest.raises(ZeroDivisionError):
        async with ScriptedModel([Said("x")]):
            raise ZeroDivisionError


async def test_lanes_keep_conversations_apart(form: Api) -> None:
    async with ScriptedModel([Said("кто вы?")]) as model:
        model.lane("anna", "Anna").says("привет, Анна").says("пока, Анна")
        model.lane("boris", lambda asked: "Boris" in asked).says("привет, Борис")
        heard = [(await ask(model, form, user(who))).text for who in ("Anna", "Boris", "Anna", "Vera")]
    assert heard == ["привет, Анна", "привет, Борис", "пока, Анна", "кто вы?"]
    assert [asked.last.text for asked in model.lane("anna").asked] == ["Anna", "Anna"]


async def test_a_brain_reads_the_prompt(form: Api) -> None:
    """The demo's model picks dates and message ids out of what it was really told."""

    async def think(asked: Asked) -> Said:
        await asyncio.sleep(60)
        number = int(asked.last.text.rsplit("#", 1)[1])
        return Said(calls=(Call("reply", {"text": "ок", "reply_to": number}),))

    async with ScriptedModel(think) as model:
        (call,) = (await ask(model, form, user("message #42"))).calls
    assert call.arguments == {"text": "ок", "reply_to": 42}


async def test_a_brain_that_fails_is_a_failure(form: Api) -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        await ask_and_be_refused(ScriptedModel(lambda _: Said(str(1 // 0))), form, user("x"))


async def test_both_forms_are_seen_alike() -> None:
    call = ToolCall("c1", "reply", {"text": "да", "reply_to": None})
    history = (Message("system", "S"), user("U"), Message("assistant", "T", (call,)), tool_result("c1", "R"))
    seen = []
    for form in ("chat", "responses"):
        async with ScriptedModel([Said("ok")], api_key=KEY) as model:
            await ask(model, form, *history)
        (asked,) = model.asked
        seen.append((asked.messages, asked.tools, asked.tool_results, asked.system, asked.is_authorized))
        assert KEY not in repr(asked)
    assert seen[0] == seen[1]
    assert seen[0][2][0].name == "reply"


@pytest.mark.parametrize(
    ("history", "wrong"),
    [
        ((user("U"), tool_result("c9", "R")), "no open call"),
        (
            (user("U"), Message("assistant", "", (ToolCall("c1", "reply", {}),)), user("V")),
            "no tool result for c1",
        ),
        ((user("U"), Message("assistant", "", (ToolCall("c1", "reply", {}),))), "no tool result for c1"),
        ((), "no message"),
    ],
)
async def test_a_history_that_openai_refuses_is_refused(form: Api, history: tuple[Message, ...], wrong: str) -> None:
    with pytest.raises(AssertionError, match=wrong):
        await ask_and_be_refused(ScriptedModel([Said("x")]), form, *history)


async def test_a_schema_that_strict_tools_refuse_is_a_failure(form: Api) -> None:
    loose = ToolSpec("loose", "", {"type": "object", "properties": {"a": {"type": "string"}}})
    with pytest.raises(AssertionError, match=r"additionalProperties.*required of parameters lacks a"):
        await ask_and_be_refused(ScriptedModel([Said("x")]), form, user("U"), tools=(loose,))


async def test_faults_reach_the_wire_as_given() -> None:
    async with ScriptedModel([Fault.bytes_sent(b"junk"), Fault.http(418, "tea", {"x-pot": "1"})]) as model:
        assert await _raw(model, "POST /v1/chat/completions", b'{"messages": [{"role": "user"}]}') == b"junk"
        answer = await _raw(model, "POST /v1/chat/completions", b'{"messages": [{"role": "user"}]}')
        assert answer.startswith(b"HTTP/1.1 418")
        assert answer.endswith(b"tea")
        assert b"x-pot: 1" in answer


async def test_models_are_listed_and_other_paths_are_not_there() -> None:
    async with ScriptedModel(models=("a", "b")) as model:
        listed = json.loads((await _raw(model, "GET /v1/models")).split(b"\r\n\r\n", 1)[1])
        assert [item["id"] for item in listed["data"]] == ["a", "b"]
        assert (await _raw(model, "POST /chat/completions", b"{}")).startswith(b"HTTP/1.1 404")


async def test_a_body_that_is_no_json_is_a_failure_and_no_crash() -> None:
    with pytest.raises(AssertionError, match="cannot be read"):
        async with ScriptedModel() as model:
            assert (await _raw(model, "POST /v1/responses", b"{")).startswith(b"HTTP/1.1 400")


async def test_a_client_that_leaves_ends_the_work_for_it() -> None:
    """Else a stopped turn would leave a task behind, and the next step would be slept away."""
    async with open_talk("chat", Said("поздно", delay_s=1000), Said("да")) as t:
        call = asyncio.create_task(t.complete())
        await asyncio.sleep(5)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert (await t.complete()).message.text == "да"


async def _raw(model: ScriptedModel, line: str, body: bytes = b"") -> bytes:
    port = int(model.base_url.split(":")[2].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
