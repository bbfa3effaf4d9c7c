"""Protects people from getting a message twice, or none: the real program, killed with SIGKILL at random moments.

On a plain event loop with real time, since the program is a process of its own.
"""

import asyncio
import json
import random
import re
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from userbot.rehearsal.demo import ProcessStage
from userbot.rehearsal.model import Asked, Call, Said, ScriptedModel
from userbot.rehearsal.script import reply
from userbot.rehearsal.story import make_cast, stage_until
from userbot.rehearsal.telegram import TelegramServer
from userbot.rehearsal.telegram.phone import phone_of

from .script import MEETING, OPENING, meeting

KILLS = 4
MESSAGES = 8


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def _owner_brain(asked: Asked) -> Said:
    return Said("done") if asked.tool_results else Said(calls=tuple(meeting()(asked)))


def _anna_brain(asked: Asked) -> Said:
    """Acknowledges every new message by its number, which is how the test counts."""
    if asked.tool_results:
        return Said("done")
    new = [json.loads(line) for line in asked.text.splitlines() if line.startswith('{"id"') and '"new": true' in line]
    calls: list[Call] = []
    if "Write the first message of task 1" in asked:
        calls.append(reply(1, OPENING))
    if numbers := [number for line in new for number in re.findall(r"вопрос (\d+)", line["text"])]:
        calls.append(reply(1, " ".join(f"ответ-{number}." for number in numbers)))
    return Said(calls=tuple(calls or [Call("stay_silent", {"reason": "nothing new"})]))


@pytest.mark.parametrize("seed", [20261122])
async def test_killed_at_random_moments_it_answers_every_message_once(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer())
        cast = make_cast(server.world)
        model = ScriptedModel(api_key="demo")
        model.lane("owner", "You are the secretary inside", _owner_brain)
        model.lane("Анна", '{"contact": "Анна Кузнецова"}', _anna_brain)
        await model.start()
        stack.push_async_callback(model.stop)
        phones = {
            account.id: await stack.enter_async_context(phone_of(server, account))
            for account in (cast.owner, cast.anna)
        }
        stage = ProcessStage(tmp_path, server, model, cast, phones)
        stack.push_async_callback(stage.stop_program)
        await stage.log_in()
        await stage.start_program()
        await phones[cast.owner.id].send_message(cast.owner.id, MEETING)
        asked = 0
        for kill in range(KILLS):
            for _ in range(MESSAGES // KILLS):
                asked += 1
                await phones[cast.anna.id].send_message(cast.owner.id, f"вопрос {asked}")
                await asyncio.sleep(dice.uniform(0, 0.8))
            await asyncio.sleep(dice.uniform(0, 1.5))
            await stage.kill_program()
            if kill % 2:
                asked += 1
                await phones[cast.anna.id].send_message(cast.owner.id, f"вопрос {asked}")
            await stage.start_program()

        def answers() -> Counter[str]:
            texts = [message.text for message in server.world.dialog(cast.anna, cast.owner) if not message.out]
            return Counter(number for text in texts for number in re.findall(r"ответ-(\d+)\.", text))

        await stage_until(stage, lambda: len(answers()) == asked, f"an answer to each of {asked} messages")
        await stage.stop_program()
        assert answers() == Counter({str(number): 1 for number in range(1, asked + 1)})
        texts = [message.text for message in server.world.dialog(cast.anna, cast.owner)]
        assert texts.count(OPENING) == 1
        sent = server.requests_of(cast.owner, "messages.SendMessage")
        by_text = {(request.random_id, request.message) for request in sent}
        assert len({random_id for random_id, _ in by_text}) == len(by_text), "a random_id was used for two texts"
