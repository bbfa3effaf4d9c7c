"""Protects everybody from a model that fails, in the running program: nothing is sent that a whole turn did not ask
for, the owner is told once, the model is not hammered, others go on, and it goes on by itself."""

import pytest

from tests.flow.conftest import House
from tests.flow.script import (
    OPENING_BEN,
    QUESTION,
    anna_lane,
    ben_lane,
    open_meeting,
    owner_lane,
    question,
)
from userbot.rehearsal.model import Asked, Call, Fault, Said
from userbot.rehearsal.model.said import Brain
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks
from userbot.store.tables import NoticeRow

DOWN = Fault.error(503, "overloaded")


def _endless(asked: Asked) -> Said:
    """Another call every time, without end."""
    number = len(asked.tool_results)
    if "reply" in asked.tools and "start_conversation" not in asked.tools:
        return Said(calls=(Call("reply", {"task_id": 1, "text": f"обрывок {number}", "reply_to": None}),) * 2)
    return Said(calls=(Call("find_contact", {"query": f"кто-то {number}"}),) * 4)


def _wrong_task(asked: Asked) -> Said:
    if "start_conversation" in asked.tools:
        return Said(calls=(Call("cancel_conversation", {"task_id": 99}),))
    return Said(calls=(Call("reply", {"task_id": 99, "text": "обрывок", "reply_to": None}),))


HTML = Fault.http(200, "<html>502 Bad Gateway</html>", {"content-type": "text/html"})
HALF = Fault.http(200, '{"id": "chatcmpl-1", "choices": [{"index": 0, "mess')
HALF_CALL = Said(calls=(Call("reply", '{"task_id": 1, "text": "обрывок'),))
# The fault, what the owner may read of it, and how many requests each conversation may make in five minutes.
FAULTS: dict[str, tuple[Said | Fault | Brain, str, int]] = {
    "down": (DOWN, "модел", 20),
    "429": (Fault.error(429, "slow down"), "модел", 20),
    "429, wait 3 s": (Fault.error(429, "slow down", headers={"retry-after": "3"}), "модел", 20),
    "429, wait 20 min": (Fault.error(429, "slow down", headers={"retry-after": "1200"}), "модел", 1),
    "no money": (Fault.error(429, "You exceeded your current quota", "insufficient_quota"), "out of credit", 2),
    "HTML": (HTML, "модел", 20),
    "half JSON": (HALF, "модел", 20),
    "silence": (Fault.silence(), "модел", 6),
    "half a call": (HALF_CALL, "модел", 50),
    "endless calls": (_endless, "модел", 50),
    "a wrong task": (_wrong_task, "модел", 50),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_trouble_is_said_once_sends_nothing_stops_nobody_else_and_passes(house: House, name: str) -> None:
    """In a contact's turn and in an owner's command at once; another contact is answered meanwhile."""
    fault, says, at_most = FAULTS[name]
    await house.start_program()
    await open_meeting(house)
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    turn(ben_lane(house), "Write the first message", lambda _: [reply(2, OPENING_BEN)])
    await house.type(house.cast.owner, QUESTION)
    await house.see(house.cast.ben, OPENING_BEN)
    await house.settle(5)
    seen = house.texts(house.cast.anna)
    told = house.texts(house.cast.owner, house.cast.owner)
    anna, owner = anna_lane(house), owner_lane(house)
    asked = [len(anna.asked), len(owner.asked)]
    anna.answers = owner.answers = fault if callable(fault) else lambda _: fault

    await house.type(house.cast.anna, "в два не могу")
    await house.type(house.cast.owner, ". как там дела?")
    turn(ben_lane(house), "v3", lambda _: [reply(2, "Thanks, Ben!")])
    await house.type(house.cast.ben, "It is v3")
    await house.settle(300)
    assert house.texts(house.cast.ben)[-1] == "Thanks, Ben!"
    assert house.texts(house.cast.anna) == [*seen, "в два не могу"]
    new = house.texts(house.cast.owner, house.cast.owner)[len(told) :]
    assert len(new) == 2, "the command, and what is wrong with it: once"
    assert says in new[1].lower()
    assert ("кредит" if says == "out of credit" else "модел") in cards(house)[1].lower() or "ключ" in cards(house)[1]
    assert "модел" not in cards(house)[2].lower()
    assert len(anna.asked) - asked[0] <= at_most
    assert len(owner.asked) - asked[1] <= at_most

    anna.answers = owner.answers = None
    turn(anna, "в два не могу", lambda _: [reply(1, "Тогда в 17:00?")])
    turn(owner, "как там дела?", lambda _: [Call("reply", {"text": "Всё идёт."})])
    await house.settle(1000 if name == "429, wait 20 min" else 400)
    assert house.texts(house.cast.anna).count("Тогда в 17:00?") == 1
    assert house.texts(house.cast.owner, house.cast.owner).count("Всё идёт.") == 1
    assert [task.trouble for task in tasks.all_open()] == [None, None]
    assert cards(house)[1].lower().count("модел") == 0
    assert NoticeRow.select().count() == 0, "the next trouble would not be told"
    house.model.check()


async def test_an_hour_without_a_model_costs_few_requests(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    before = len(house.model.asked)
    anna_lane(house).answers = lambda _: DOWN
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(3600)
    assert len(house.model.asked) - before <= 30


async def test_a_command_that_makes_no_sense_to_the_model_does_not_hold_up_the_next(house: House) -> None:
    await house.start_program()
    lane = owner_lane(house)

    def answer(asked: Asked) -> Said:
        if asked.tool_results:
            return Said("done")
        return Said("Hm.") if "абракадабра" in asked.text else Said(calls=(Call("reply", {"text": "Всё идёт."}),))

    lane.answers = answer
    await house.type(house.cast.owner, ". абракадабра")
    await house.settle(30)
    await house.type(house.cast.owner, ". как там дела?")
    await house.see(house.cast.owner, "Всё идёт.", peer=house.cast.owner)
    await house.settle(120)
    said = house.texts(house.cast.owner, house.cast.owner)
    assert len([text for text in said if "Модель не справилась" in text]) == 1, "it was said once already"
