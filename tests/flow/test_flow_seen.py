"""Protects the owner's certainty: a command is answered within a second, also while the model thinks, and no sign of
that is left behind."""

import asyncio

import pytest

from tests.flow.conftest import House
from tests.flow.script import MEETING, OPENING, anna_lane, meeting, owner_lane
from userbot.rehearsal.model import Call, Fault, Said
from userbot.rehearsal.model.said import Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.telegram.message import Message

SIGN = "⏳ Вижу, думаю…"
SAID = "Сегодня воскресенье."
ASKED = ". какой сегодня день?"
THINKS_S = 20.0


def here(house: House) -> list[Message]:
    return house.dialog(house.cast.owner, house.cast.owner)


def signs(house: House) -> list[Message]:
    return [message for message in here(house) if SIGN in message.text]


def think_and_say(house: House, expect: str, *calls: Call) -> None:
    owner_lane(house).add(Step(Said(calls=calls, delay_s=THINKS_S), expect), Step(Said("done")))


async def a_second_after(house: House, text: str) -> int:
    began = asyncio.get_running_loop().time()
    command = await house.type(house.cast.owner, text)
    await asyncio.sleep(max(0.0, began + 1 - asyncio.get_running_loop().time()))
    return command


async def test_the_answer_takes_the_place_of_the_sign(house: House) -> None:
    await house.start_program()
    think_and_say(house, ASKED[2:], Call("reply", {"text": SAID}))
    command = await a_second_after(house, ASKED)
    (sign,) = signs(house)
    assert sign.reply_to is not None
    assert sign.reply_to.message_id == command
    answer = await house.see(house.cast.owner, SAID, peer=house.cast.owner)
    assert answer.id == sign.id, "no second message"
    await house.settle(60)
    assert [message.id for message in here(house)] == [command, sign.id]
    house.model.check()


async def test_where_a_card_is_the_answer_the_sign_goes(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(
        Step(lambda asked: Said(calls=tuple(meeting()(asked)), delay_s=THINKS_S), "договорись"), Step(Said("done"))
    )
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    command = await a_second_after(house, MEETING)
    assert len(signs(house)) == 1
    await house.see(house.cast.anna, OPENING)
    await house.settle()
    (card,) = (message for message in here(house) if message.id != command)
    assert card.text.startswith("№ 1")
    house.model.check()


async def test_what_is_answered_sooner_needs_no_sign(house: House) -> None:
    await house.start_program()
    turn(owner_lane(house), ASKED[2:], lambda _: [Call("reply", {"text": SAID})])
    command = await a_second_after(house, ASKED)
    (answer,) = (message for message in here(house) if message.id != command)
    assert (answer.text, answer.edited_at) == (SAID, None)
    await house.type(house.cast.owner, ".задачи")
    await house.settle(3)
    assert not any(message.edited_at for message in here(house))
    house.model.check()


async def test_a_sign_the_owner_deleted_costs_them_no_answer(house: House) -> None:
    await house.start_program()
    think_and_say(house, ASKED[2:], Call("reply", {"text": SAID}))
    await a_second_after(house, ASKED)
    house.server.world.delete(house.cast.owner, [message.id for message in signs(house)])
    await house.see(house.cast.owner, SAID, peer=house.cast.owner)
    await house.settle(60)
    assert [message.text for message in here(house)].count(SAID) == 1
    house.model.check()


async def test_killed_while_the_model_thinks_there_is_one_sign_and_then_one_answer(house: House) -> None:
    await house.start_program()
    think_and_say(house, ASKED[2:], Call("reply", {"text": SAID}))
    await a_second_after(house, ASKED)
    (sign,) = signs(house)
    await house.kill_program()
    await house.settle(THINKS_S)
    think_again = owner_lane(house)
    think_again.add(Step(Said(calls=(Call("reply", {"text": SAID}),), delay_s=5), ASKED[2:]), Step(Said("done")))
    await house.start_program()
    answer = await house.see(house.cast.owner, SAID, peer=house.cast.owner)
    await house.settle(60)
    assert answer.id == sign.id
    assert len(here(house)) == 2


async def test_trouble_takes_its_place_too(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(*(Step(Fault(503, b"{}", delay_s=2)) for _ in range(20)))
    await a_second_after(house, ASKED)
    (sign,) = signs(house)
    await house.settle(120)
    (told,) = (message for message in here(house) if message.id == sign.id)
    assert told.text != SIGN
    assert signs(house) == []


@pytest.mark.parametrize("command", [".задачи", ".статус", ".помощь"])
async def test_a_command_without_a_model_is_answered_within_a_second(house: House, command: str) -> None:
    await house.start_program()
    typed = await a_second_after(house, command)
    assert next(message.id for message in here(house)) == typed
    assert len(here(house)) == 2
