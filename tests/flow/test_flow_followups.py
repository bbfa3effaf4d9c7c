"""Protects contacts from being pestered and owners from waiting for ever: a silent contact is reminded twice, by day,
then the task says that no answer came; an answer after that is still heard. Restarts and clocks change nothing."""

from dataclasses import replace

import pytest

from tests.flow.conftest import House
from tests.flow.script import OPENING, OPENING_BEN, anna_lane, ben_lane, open_meeting, open_question
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks
from userbot.store.tasks import Task

AGAIN = ("Hi Ben, just checking: which version is final?", "Ben, last try: which version is it?")


@pytest.fixture
def house(house: House) -> House:
    house.settings = replace(house.settings, follow_ups=2, follow_up_hours=24.0)
    return house


def task() -> Task:
    found = tasks.get(1)
    assert found is not None
    return found


def reminds(house: House, number: int) -> None:
    turn(ben_lane(house), f"reminder {number} of 2", lambda _: [reply(1, AGAIN[number - 1])])


async def silent_for_a_day(house: House) -> None:
    await house.days_pass(1)
    await house.settle(60)


async def test_a_silent_contact_is_reminded_twice_then_the_task_says_that_no_answer_came(house: House) -> None:
    await house.start_program()
    await open_question(house)
    await house.settle(60)
    due_at = task().next_followup_at
    assert due_at is not None
    assert 23 < (due_at - house.clock.now()).total_seconds() / 3600 < 24.1
    for number in (1, 2):
        reminds(house, number)
        await silent_for_a_day(house)
        assert house.texts(house.cast.ben)[2:] == [OPENING_BEN, *AGAIN[:number]]
        # A restart, once more and at once, reminds nobody again.
        await house.stop_program()
        await house.start_program()
        await house.settle(90)
    await silent_for_a_day(house)
    assert task().closed_because == "no_answer"
    assert "Нет ответа" in cards(house)[1]
    assert house.texts(house.cast.ben)[2:] == [OPENING_BEN, *AGAIN]
    house.model.check()


async def test_an_answer_after_it_was_given_up_opens_it_again(house: House) -> None:
    house.settings = replace(house.settings, follow_ups=1)
    await house.start_program()
    await open_question(house)
    turn(ben_lane(house), "reminder 1 of 1", lambda _: [reply(1, AGAIN[0])])
    await silent_for_a_day(house)
    await silent_for_a_day(house)
    assert task().closed_because == "no_answer"
    turn(ben_lane(house), "sorry, was away", lambda _: [reply(1, "No problem! Which version is it?")])
    await house.type(house.cast.ben, "sorry, was away")
    await house.see(house.cast.ben, "No problem!")
    await house.see(house.cast.owner, "всё-таки отвечает", peer=house.cast.owner)
    assert task().status == "in_progress"
    house.model.check()


async def test_what_a_contact_says_begins_the_count_anew_and_a_turn_may_hold_the_reminder_back(house: House) -> None:
    await house.start_program()
    await open_question(house)
    turn(ben_lane(house), "tell you on Friday", lambda _: [reply(1, "Sure, thanks!")])
    await house.type(house.cast.ben, "tell you on Friday")
    await house.see(house.cast.ben, "Sure, thanks!")
    before = house.texts(house.cast.ben)
    ben_lane(house).add(Step(Said(calls=(Call("stay_silent", {"reason": "Friday"}),)), "reminder 1 of 2"))
    await silent_for_a_day(house)
    assert house.texts(house.cast.ben) == before
    house.model.check()


async def test_a_reminder_waits_for_the_owners_yes_where_every_message_does(house: House) -> None:
    await house.start_program()
    await open_question(house)
    await house.type(house.cast.owner, ".mode 1 draft")
    await house.settle(5)
    reminds(house, 1)
    await silent_for_a_day(house)
    assert house.texts(house.cast.ben)[2:] == [OPENING_BEN]
    draft = await house.see(house.cast.owner, AGAIN[0], peer=house.cast.owner)
    assert draft
    assert task().waiting_for == "owner"
    house.model.check()


async def test_when_the_last_allowed_time_is_over_the_task_ends_and_says_so(house: House) -> None:
    """Asked again sooner, since the meeting was to be the day after."""
    await house.start_program()
    await open_meeting(house)
    await house.settle(60)
    due_at = task().next_followup_at
    assert due_at is not None
    # 16:00 on Sunday until 20:00 on Monday leave a third of 28 hours each time, which is at night.
    assert (due_at - house.clock.now()).total_seconds() / 3600 == pytest.approx(17, abs=0.2)

    def once(asked: Asked) -> list[Call]:
        return [reply(1, "Аня, получится сегодня?")]

    turn(anna_lane(house), "reminder 1 of 2", once)
    await silent_for_a_day(house)
    assert house.texts(house.cast.anna)[2:] == [OPENING, "Аня, получится сегодня?"]
    await house.days_pass(0.3)
    await house.settle(60)
    assert task().closed_because == "expired"
    assert "Срок вышел" in cards(house)[1]
    house.model.check()
