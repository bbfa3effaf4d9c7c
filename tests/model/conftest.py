"""A real client against a scripted model, in both wire forms."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from userbot.model.client import Api, ModelClient, ModelSettings
from userbot.model.messages import Message, Reply, ToolSpec, Usage, system, user
from userbot.rehearsal.model import Call, Fault, Said, ScriptedModel, Step

KEY = "sk-rehearsal-0123456789"
REPLY = ToolSpec(
    "reply",
    "Writes to the contact.",
    {
        "type": "object",
        "properties": {"text": {"type": "string"}, "reply_to": {"type": ["integer", "null"]}},
        "required": ["text", "reply_to"],
        "additionalProperties": False,
    },
)
HELLO = (system("You are a secretary."), user("Anna: привет"))


@dataclass
class Talk:
    """A client, the model it talks to, and what it recorded."""

    client: ModelClient
    model: ScriptedModel
    usage: list[Usage]

    async def complete(self, *messages: Message, tools: tuple[ToolSpec, ...] = (REPLY,)) -> Reply:
        return await self.client.complete(messages or HELLO, tools)

    def sent(self, place: int = -1) -> dict[str, object]:
        return dict(self.model.asked[place].body)


@asynccontextmanager
async def open_talk(
    api: Api, *steps: Step | Said | Fault, model_name: str = "scripted", timeout_s: float = 120.0
) -> AsyncIterator[Talk]:
    async with ScriptedModel(steps, api_key=KEY) as model:
        usage: list[Usage] = []
        settings = ModelSettings(model_name, KEY, model.base_url, api, timeout_s)
        client = ModelClient(settings, usage.append)
        try:
            yield Talk(client, model, usage)
        finally:
            await client.close()


TalkTo = Callable[..., AbstractAsyncContextManager[Talk]]


@pytest.fixture(params=["chat", "responses"])
def form(request: pytest.FixtureRequest) -> Api:
    api: Api = request.param
    return api


@pytest.fixture
def talk(form: Api) -> TalkTo:
    def open_it(*steps: Step | Said | Fault, timeout_s: float = 120.0) -> AbstractAsyncContextManager[Talk]:
        return open_talk(form, *steps, timeout_s=timeout_s)

    return open_it


PONG = Said(calls=(Call("reply", {"text": "Привет!", "reply_to": None}),))


def dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
