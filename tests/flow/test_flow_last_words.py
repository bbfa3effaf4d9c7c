"""Protects both wishes of a contact who agrees and asks not to be written to in one breath: the answer is recorded,
and nothing more is written to them."""

import pytest

from tests.flow.conftest import House
from tests.flow.script import OPENING, anna_lane, open_meeting, settle_meeting
from userbot.rehearsal.model import Fault, Said, Step
from userbot.rehearsal.story import cards
from userbot.store import busy, journal, tasks

BOTH = "Давай в три. И больше не пишите мне"
NOTHING_CAN_BE_SENT = "The contact has asked not to be written to any more"


def ours(house: House) -> list[str]:
    return [message.text for message in house.dialog(house.cast.anna) if not message.out]


def wants_both(house: House, said: str, hour: str = "15:00") -> None:
    # Recorded, the turn is over: the model is not asked a second time.
    expect = (NOTHING_CAN_BE_SENT, said)
    anna_lane(house).add(Step(lambda asked: Said(calls=(settle_meeting(asked, 1, said, hour),)), expect))


@pytest.mark.parametrize("in_two", [False, True])
async def test_an_answer_beside_the_wish_is_recorded_and_nobody_is_written_to(house: House, in_two: bool) -> None:
    await house.start_program()
    await open_meeting(house)
    said = "Давай в три." if in_two else BOTH
    wants_both(house, said)
    await house.type(house.cast.anna, said)
    if in_two:
        await house.type(house.cast.anna, "И больше не пишите мне")
    await house.settle(60)
    task = tasks.get(1)
    assert task is not None
    assert (task.status, task.closed_because) == ("completed", "agreed")
    assert len(busy.holds(1)) == 1
    card = cards(house)[1]
    assert "Договорились о встрече" in card
    assert "просьба больше не писать" in card
    assert "reply" not in anna_lane(house).asked[-1].tools
    # What she writes later is shown, and answered by nobody.
    await house.type(house.cast.anna, "хотя в три не смогу")
    await house.settle(7200)
    assert ours(house)[-1] == OPENING
    assert "хотя в три не смогу" in cards(house)[1]
    assert tasks.asked_silence(house.cast.anna.id)
    house.model.check()


async def test_what_the_owner_does_not_allow_is_not_agreed_by_it(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    said = "Только в девять вечера. И больше не пишите мне"
    lane = anna_lane(house)
    lane.add(
        Step(lambda asked: Said(calls=(settle_meeting(asked, 1, said, "21:00"),)), NOTHING_CAN_BE_SENT),
        Step(Said("done")),
    )
    await house.type(house.cast.anna, said)
    await house.settle(60)
    assert [(task.closed_because, busy.holds(1)) for task in tasks.latest(1)] == [("declined", [])]
    assert ours(house)[-1] == OPENING
    assert "Только в девять вечера" in cards(house)[1]
    house.model.check()


async def test_the_wish_alone_asks_no_model_and_a_model_that_is_down_holds_up_no_end(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    asked = len(anna_lane(house).asked)
    anna_lane(house).add(*[Fault.error(503, "overloaded")] * 30)
    await house.type(house.cast.anna, BOTH)
    await house.settle(30)
    assert [task.closed_because for task in tasks.latest(1)] == ["declined"]
    assert journal.waiting(house.cast.anna.id, "new") != []
    await house.kill_program()
    while anna_lane(house).left:
        anna_lane(house).take(anna_lane(house).asked[-1])
    wants_both(house, BOTH)
    await house.start_program()
    await house.settle(60)
    assert [task.closed_because for task in tasks.latest(1)] == ["agreed"]
    assert len(anna_lane(house).asked) > asked
    assert ours(house)[-1] == OPENING
    house.model.check()


async def test_who_only_wants_to_be_left_alone_costs_nothing(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    asked = len(house.model.asked)
    await house.type(house.cast.anna, "Нет, спасибо. Больше не пишите мне, пожалуйста")
    await house.settle(120)
    assert [task.closed_because for task in tasks.latest(1)] == ["declined"]
    assert len(house.model.asked) == asked
    house.model.check()
