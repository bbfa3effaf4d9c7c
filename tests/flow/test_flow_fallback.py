"""Protects the running program from a model that is away: a fallback answers meanwhile, the owner can see which, and is
told once when nobody does."""

from dataclasses import replace

from tests.flow.conftest import House
from userbot.model.endpoint import PLACEHOLDER_KEY
from userbot.rehearsal.model import Asked, Call, Fault, Said, ScriptedModel
from userbot.store import costs

DOWN = Fault.error(503, "overloaded")


def answering(asked: Asked) -> Said:
    return Said("done") if asked.tool_results else Said(calls=(Call("reply", {"text": "Всё идёт."}),))


async def test_a_fallback_answers_and_the_first_model_comes_back(house: House) -> None:
    async with ScriptedModel(answering, api_key=PLACEHOLDER_KEY) as second:
        house.settings = replace(
            house.settings, fallback_1_model="spare", fallback_1_base_url=second.base_url, fallback_1_api_key=""
        )
        first = house.model.lane("all", None, answering)
        first.answers = lambda _: DOWN
        await house.start_program()
        await house.type(house.cast.owner, ". как там дела?")
        await house.see(house.cast.owner, "Всё идёт.", peer=house.cast.owner)
        assert costs.answering() == "spare"
        assert all(asked.is_authorized for asked in second.asked), "the first model's key stays with it"
        await house.type(house.cast.owner, ".статус")
        await house.see(house.cast.owner, "Отвечает запасная модель spare, а не scripted", peer=house.cast.owner)

        first.answers = None
        await house.settle(70)
        await house.type(house.cast.owner, ". и теперь?")
        await house.settle(20)
        assert costs.answering() == "scripted"
        said = house.texts(house.cast.owner, house.cast.owner)
        assert said.count("Всё идёт.") == 2
        assert not [text for text in said if "Модель не отвечает" in text]
        await house.stop_program()


async def test_all_of_them_down_is_told_once_and_passes(house: House) -> None:
    async with ScriptedModel(lambda _: DOWN) as second:
        house.settings = replace(
            house.settings, fallback_1_model="spare", fallback_1_base_url=second.base_url, fallback_1_api_key=""
        )
        first = house.model.lane("all", None, answering)
        first.answers = lambda _: DOWN
        await house.start_program()
        await house.type(house.cast.owner, ". как там дела?")
        await house.settle(1800)
        said = house.texts(house.cast.owner, house.cast.owner)
        assert len([text for text in said if "Модель не отвечает" in text]) == 1
        assert len(first.asked) + len(second.asked) <= 60
        first.answers = None
        await house.settle(1000)
        assert "Всё идёт." in house.texts(house.cast.owner, house.cast.owner)
        await house.stop_program()
