"""Protects the owner's patience: where a command takes long they see what is being done, in the one sign that its
answer replaces, with few edits and no stream."""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise

from tests.flow.conftest import House
from tests.flow.script import owner_lane
from userbot.rehearsal.model import Call, Fault, Said
from userbot.rehearsal.model.said import Step
from userbot.rehearsal.telegram.message import Message

SIGN = "⏳ Вижу, думаю…"
SAID = "Сегодня воскресенье."
ASKED = ". какой сегодня день?"
EDIT = "messages.EditMessage"


def here(house: House) -> list[Message]:
    return house.dialog(house.cast.owner, house.cast.owner)


def say(text: str, after_s: float, expect: str = "") -> tuple[Step, Step]:
    return Step(Said(calls=(Call("reply", {"text": text}),), delay_s=after_s), expect), Step(Said("done"))


@dataclass
class Watched:
    """What stood in the answer to a command, and from when on."""

    house: House
    command: int
    seen: list[tuple[float, str]] = field(default_factory=list)

    async def until(self, text: str, longest_s: float = 400) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self.texts or self.texts[-1] != text:
            assert loop.time() - began < longest_s, self.seen
            answers = [m for m in here(self.house) if m.reply_to and m.reply_to.message_id == self.command]
            shown = answers[-1].text if answers else ""
            if not self.seen or self.seen[-1][1] != shown:
                self.seen.append((loop.time(), shown))
            await asyncio.sleep(0.1)

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.seen if text]


async def test_a_slow_model_is_told_of_in_the_sign_and_the_answer_replaces_it(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(*say(SAID, 95, ASKED[2:]))
    watched = Watched(house, await house.type(house.cast.owner, ASKED))
    await watched.until(SAID)
    assert watched.texts == [
        SIGN,
        *(f"⏳ Модель думает, {seconds} с" for seconds in (10, 20, 30, 40, 50)),
        "⏳ Модель думает, 1 мин",
        SAID,
    ]
    assert len(here(house)) == 2
    before = len(house.server.requests_of(house.cast.owner, EDIT))
    await house.settle(120)
    assert len(house.server.requests_of(house.cast.owner, EDIT)) == before, "nothing goes on after the answer"
    assert before == len(watched.texts) - 1, "edited only when it changes"
    house.model.check()


async def test_a_model_that_fails_is_asked_again_and_that_is_told(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(Step(Fault(503, b"{}", delay_s=3)), Step(Fault(503, b"{}", delay_s=3)), *say(SAID, 13))
    watched = Watched(house, await house.type(house.cast.owner, ASKED))
    await watched.until(SAID)
    assert watched.texts == [
        SIGN,
        "⏳ Спрашиваю модель снова, попытка 2",
        "⏳ Спрашиваю модель снова, попытка 3",
        "⏳ Спрашиваю модель снова, попытка 3, 10 с",
        SAID,
    ]
    moments = [at for at, text in watched.seen if text]
    assert min(later - at for at, later in pairwise(moments)) > 1.9
    house.model.check()


async def test_somebody_who_takes_long_to_find_is_named(house: House) -> None:
    await house.start_program()
    house.server.faults.delay(8.0, method="contacts.ResolveUsername")
    owner_lane(house).add(
        Step(Said(calls=(Call("find_contact", {"query": "@somebody_new"}),)), "кто такой"), *say("Не нашлось.", 1)
    )
    watched = Watched(house, await house.type(house.cast.owner, ". кто такой @somebody_new?"))
    await watched.until("Не нашлось.")
    assert watched.texts == ["🔎 Ищу: «@somebody_new»", "Не нашлось."]


async def test_a_second_command_says_that_the_first_comes_first(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(*say(SAID, 20), *say("Понедельник.", 5))
    await house.type(house.cast.owner, ASKED)
    await house.settle(2)
    watched = Watched(house, await house.type(house.cast.owner, ". а завтра?"))
    await watched.until("Понедельник.")
    assert watched.texts == ["⏳ Вижу, сначала закончу прошлую команду", SIGN, "Понедельник."]
    house.model.check()


async def test_a_command_typed_while_the_model_is_down_says_so(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(*(Step(Fault(503, b"{}")) for _ in range(3)), *say(SAID, 2), *say("Понедельник.", 2))
    await house.type(house.cast.owner, ASKED)
    await house.see(house.cast.owner, "Модель не отвечает", peer=house.cast.owner)
    watched = Watched(house, await house.type(house.cast.owner, ". а завтра?"))
    await watched.until("Понедельник.")
    assert watched.texts[0] == "⏳ Вижу. Модель не отвечает, команда ждёт"
    assert watched.texts[-1] == "Понедельник."
    house.model.check()


async def test_a_sign_the_owner_deleted_is_not_edited_on_and_on(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(*say(SAID, 35))
    await house.type(house.cast.owner, ASKED)
    await house.see(house.cast.owner, "⏳", peer=house.cast.owner)
    house.server.world.delete(house.cast.owner, [m.id for m in here(house) if "⏳" in m.text])
    before = len(house.server.requests_of(house.cast.owner, EDIT))
    await house.see(house.cast.owner, SAID, peer=house.cast.owner)
    await house.settle(30)
    assert len(house.server.requests_of(house.cast.owner, EDIT)) - before <= 1
    assert [m.text for m in here(house)] == [ASKED, SAID]


async def test_a_quick_command_costs_no_edit(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(*say(SAID, 0.9))
    watched = Watched(house, await house.type(house.cast.owner, ASKED))
    await watched.until(SAID)
    await house.settle(30)
    assert len(house.server.requests_of(house.cast.owner, EDIT)) == 1, "the answer, in the sign's place"
