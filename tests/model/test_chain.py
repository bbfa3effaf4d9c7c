"""Protects the ordered list of models: down it when one fails, back up after a while, never where it may not go, and no
key to another host."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from tests.model.conftest import HELLO, REPLY
from userbot.errors import NeverAgain, OwnerMustAct, TryAgain
from userbot.model.chain import FIRST_REST_S, LONGEST_REST_S, NO_CREDIT_REST_S, ModelChain, may_be_asked
from userbot.model.client import ModelSettings
from userbot.model.endpoint import read_endpoint
from userbot.model.messages import Usage
from userbot.rehearsal.model import Asked, Fault, Said, ScriptedModel
from userbot.rehearsal.model.said import Brain

DOWN = Fault.error(503, "overloaded")
BROKE = Fault.error(429, "You exceeded your quota", "insufficient_quota")


@dataclass
class Models:
    """A chain over servers of their own, each with a key of its own."""

    chain: ModelChain
    servers: Sequence[ScriptedModel]
    usage: list[Usage]

    async def ask(self) -> str:
        return (await self.chain.complete(HELLO, (REPLY,))).message.text

    def asked(self) -> list[int]:
        return [len(server.asked) for server in self.servers]


def saying(name: str) -> Brain:
    return lambda _: Said(name)


@asynccontextmanager
async def open_chain(*brains: Brain, timeout_s: float = 120.0) -> AsyncIterator[Models]:
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(ScriptedModel(brain, api_key=f"sk-{n}")) for n, brain in enumerate(brains)
        ]
        usage: list[Usage] = []
        models = [
            ModelSettings(
                f"m{n}", f"sk-{n}", server.base_url, "chat", timeout_s, "OPENAI" if not n else f"FALLBACK_{n}"
            )
            for n, server in enumerate(servers)
        ]
        chain = ModelChain(models, on_usage=usage.append)
        stack.push_async_callback(chain.close)
        yield Models(chain, servers, usage)


class Moody:
    """A model that answers or fails, as it is set."""

    def __init__(self, name: str, fault: Fault | None = None) -> None:
        self.name, self.fault = name, fault

    def __call__(self, _: Asked) -> Said | Fault:
        return self.fault or Said(self.name)


@pytest.mark.parametrize(
    "fault",
    [DOWN, BROKE, Fault.error(429, "slow down"), Fault.drop(), Fault.silence(), Fault.http(200, "<html>hello</html>")],
    ids=["503", "quota", "429", "dropped", "timeout", "html"],
)
async def test_the_next_model_answers_when_one_fails(fault: Fault) -> None:
    async with open_chain(lambda _: fault, lambda _: DOWN, saying("third")) as models:
        assert await models.ask() == "third"
        assert all(asked.is_authorized for server in models.servers for asked in server.asked), "each its own key"
        assert [asked.model for server in models.servers for asked in server.asked[:1]] == ["m0", "m1", "m2"]
        assert {call.model_asked for call in models.usage} == {"m0", "m1", "m2"}, "what failed is recorded too"


async def test_a_model_that_failed_is_left_alone_and_then_comes_back() -> None:
    first = Moody("first", DOWN)
    async with open_chain(first, saying("second")) as models:
        assert [await models.ask() for _ in range(3)] == ["second"] * 3
        tries = models.asked()[0]
        assert tries == 3, "one call with its two quick retries"
        first.fault = None
        await asyncio.sleep(FIRST_REST_S / 2)
        assert await models.ask() == "second"
        await asyncio.sleep(FIRST_REST_S)
        assert await models.ask() == "first"
        assert models.asked()[0] == tries + 1


async def test_it_is_asked_ever_more_rarely_but_for_ever() -> None:
    """A day without the first model costs it few requests; an hour after it is back it is used again."""
    first = Moody("first", DOWN)
    async with open_chain(first, saying("second")) as models:
        for _ in range(24 * 60):
            assert await models.ask() == "second"
            await asyncio.sleep(60)
        assert 3 * 80 < models.asked()[0] < 3 * 110
        first.fault = None
        await asyncio.sleep(LONGEST_REST_S)
        assert await models.ask() == "first"


async def test_a_wish_for_a_wait_is_kept_and_an_empty_account_waits_longer() -> None:
    slow = Fault.error(429, "slow down", headers={"retry-after": "300"})
    for fault, rest_s in ((slow, 300), (BROKE, NO_CREDIT_REST_S)):
        first = Moody("first", fault)
        async with open_chain(first, saying("second")) as models:
            await models.ask()
            first.fault = None
            await asyncio.sleep(rest_s - 10)
            assert await models.ask() == "second"
            await asyncio.sleep(20)
            assert await models.ask() == "first"


async def test_after_a_rest_one_call_tries_and_the_others_do_not_wait_for_it() -> None:
    """Four turns at once must not all hang on a model that is still silent."""
    loop = asyncio.get_running_loop()
    first = Moody("first", Fault.silence())
    async with open_chain(first, saying("second"), timeout_s=90) as models:
        await models.ask()
        await asyncio.sleep(FIRST_REST_S + 1)
        trying = asyncio.create_task(models.ask())
        await asyncio.sleep(1)
        began = loop.time()
        assert [await models.ask() for _ in range(3)] == ["second"] * 3
        assert loop.time() - began < 5
        assert await trying == "second"
        assert models.asked()[0] == 2


async def test_a_trial_that_is_cut_off_says_nothing() -> None:
    """`.stop` during it: the next call may try."""
    first = Moody("first", DOWN)
    async with open_chain(first, saying("second")) as models:
        await models.ask()
        first.fault = Fault.silence()
        await asyncio.sleep(FIRST_REST_S + 1)
        trying = asyncio.create_task(models.ask())
        await asyncio.sleep(1)
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)
        first.fault = None
        assert await models.ask() == "first"


async def test_calls_that_fail_together_are_one_failure() -> None:
    first = Moody("first", DOWN)
    async with open_chain(first, saying("second")) as models:
        assert await asyncio.gather(*(models.ask() for _ in range(8))) == ["second"] * 8
        first.fault = None
        await asyncio.sleep(FIRST_REST_S + 5)
        assert await models.ask() == "first", "the rest did not double eight times"


async def test_all_down_is_one_trouble_with_a_time_to_come_back() -> None:
    first, second = Moody("first", DOWN), Moody("second", BROKE)
    async with open_chain(first, second) as models:
        with pytest.raises(TryAgain, match="no other model answers") as caught:
            await models.ask()
        assert caught.value.after_s == pytest.approx(FIRST_REST_S, abs=1)
        before = models.asked()
        with pytest.raises(TryAgain) as caught:
            await models.ask()
        assert models.asked() == before, "nobody is asked while all rest"
        assert caught.value.__cause__ is None
        first.fault = None
        await asyncio.sleep(caught.value.after_s or 0)
        assert await models.ask() == "first"


async def test_the_first_models_trouble_is_the_owners_when_all_are_down() -> None:
    async with open_chain(lambda _: BROKE, lambda _: DOWN) as models:
        with pytest.raises(OwnerMustAct, match="OPENAI_API_KEY"):
            await models.ask()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.error(401, "bad key", "invalid_api_key"), OwnerMustAct),
        (Fault.error(404, "no such model", "model_not_found"), OwnerMustAct),
        (Fault.error(400, "bad prompt", "invalid_prompt"), NeverAgain),
    ],
)
async def test_what_is_wrong_for_good_is_not_hidden_by_a_fallback(fault: Fault, error: type[Exception]) -> None:
    async with open_chain(lambda _: fault, saying("second")) as models:
        with pytest.raises(error):
            await models.ask()
        assert models.asked()[1] == 0


@pytest.mark.parametrize("fault", [Fault.error(401, "bad", "invalid_api_key"), Fault.error(400, "context too long")])
async def test_a_fallbacks_own_fault_is_not_the_owners_trouble(fault: Fault) -> None:
    """The message would name a key that is right: it is the first model that is away."""
    async with open_chain(lambda _: DOWN, lambda _: fault) as models:
        with pytest.raises(TryAgain, match="overloaded"):
            await models.ask()
    async with open_chain(lambda _: DOWN, lambda _: fault, saying("third")) as models:
        assert await models.ask() == "third"


async def test_one_model_alone_is_asked_every_time() -> None:
    """Whoever has no fallback loses nothing by resting."""
    first = Moody("first", DOWN)
    async with open_chain(first) as models:
        with pytest.raises(TryAgain) as caught:
            await models.ask()
        assert caught.value.after_s is None
        first.fault = None
        assert await models.ask() == "first"


async def test_what_people_wrote_is_not_kept_with_the_trouble(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with open_chain(lambda asked: Fault.error(503, asked.last.text), saying("second")) as models:
        await models.ask()
    assert "привет" not in caplog.text
    assert "m0 rests" in caplog.text


# --- from home to elsewhere ---

HOME = ModelSettings("llama", "", "http://192.168.1.5:11434/v1")
CLOUD = ModelSettings("gpt-6-luna", "sk-1")
GATEWAY = ModelSettings("vendor/model", "sk-2", "https://gateway.example/v1")


@pytest.mark.parametrize(
    ("models", "allowed"),
    [
        ([HOME, CLOUD], [True, False]),
        ([CLOUD, HOME], [True, True]),
        ([CLOUD, GATEWAY], [True, True]),
        ([HOME, HOME, GATEWAY], [True, True, False]),
        ([CLOUD, HOME, GATEWAY], [True, True, False]),
        ([HOME, GATEWAY, HOME], [True, False, True]),
        # A server that wants no key is its owner's own, wherever it stands; another place is another's.
        ([replace(GATEWAY, api_key=""), CLOUD], [True, False]),
        ([replace(GATEWAY, api_key=""), replace(GATEWAY, api_key="", model="other")], [True, True]),
        # Ollama sends these on to its own cloud.
        ([HOME, replace(HOME, model="gpt-oss:120b-cloud")], [True, True]),
        ([HOME, replace(HOME, model="gpt-oss:120b-cloud", base_url="http://127.0.0.1:11434/v1")], [True, False]),
        ([replace(HOME, model="gpt-oss:120b-cloud"), CLOUD], [True, True]),
    ],
)
def test_nothing_goes_from_home_to_elsewhere_unless_said(models: list[ModelSettings], allowed: list[bool]) -> None:
    assert may_be_asked(models, to_cloud=False) == allowed
    assert may_be_asked(models, to_cloud=True) == [True] * len(models)


@pytest.mark.parametrize(
    ("host", "is_home"),
    [
        *(("127.0.0.1:1", True), ("[::1]:1", True), ("localhost", True), ("0.0.0.0:1", True)),
        *(("10.1.2.3", True), ("172.20.0.2", True), ("192.168.0.9", True), ("169.254.1.1", True)),
        *(("100.100.1.1", True), ("[fd00::1]", True), ("[fe80::1]", True)),
        *(("nas", True), ("ollama:11434", True), ("box.local", True), ("box.lan", True), ("box.home.arpa", True)),
        *(("8.8.8.8", False), ("[2001:4860::1]", False), ("api.openai.com", False), ("local.example.org", False)),
        *(("127.0.0.1.example.org", False), ("192.168.0.9.example", False)),
    ],
)
def test_which_addresses_are_at_home(host: str, is_home: bool) -> None:
    assert read_endpoint(ModelSettings("m", "sk-1", f"http://{host}/v1")).is_at_home is is_home


async def test_a_model_elsewhere_is_not_asked_for_one_at_home() -> None:
    """Not once, however long the one at home is away."""
    async with ScriptedModel(saying("elsewhere")) as server:
        home = ModelSettings("llama", "", "http://127.0.0.1:9/v1")
        elsewhere = ModelSettings("some-model:cloud", "sk-1", server.base_url, named="FALLBACK_1")
        chain = ModelChain([home, elsewhere])
        for _ in range(3):
            with pytest.raises(TryAgain):
                await chain.complete(HELLO, (REPLY,))
            await asyncio.sleep(3600)
        await chain.close()
        assert server.asked == []
        chain = ModelChain([home, elsewhere], to_cloud=True)
        assert (await chain.complete(HELLO, (REPLY,))).message.text == "elsewhere"
        await chain.close()
