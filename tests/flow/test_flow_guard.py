"""Protects both sides: what must not be said waits for the owner, and who wants to be left alone is."""

from tests.flow.conftest import House
from tests.flow.script import MEETING, OPENING, anna_lane, meeting, open_meeting, owner_lane
from userbot.rehearsal.model import Said, Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks

SECRET = "Аня, привет! Это ассистент Павла. Увольнение Павла пока секрет."


async def test_a_first_message_held_back_thrice_waits_for_the_owner_and_costs_no_more(house: House) -> None:
    await house.start_program()
    turn(owner_lane(house), "## The command", meeting(private_notes="увольнение Павла в марте"))
    before = house.texts(house.cast.anna)
    said = Said(calls=(reply(1, SECRET),))
    anna_lane(house).add(Step(said, "Write the first message of task 1"), Step(said), Step(said))
    await house.type(house.cast.owner, MEETING)
    question = await house.see(house.cast.owner, "Увольнение", peer=house.cast.owner)
    await house.days_pass(2)
    assert house.texts(house.cast.anna) == before
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, "нет", reply_to=question.id)
    await house.see(house.cast.anna, OPENING)
    house.model.check()


async def test_whoever_asks_for_silence_is_left_alone_without_a_model(house: House) -> None:
    """Also over a restart: the message is a row before anything is done about it."""
    await house.start_program()
    await open_meeting(house)
    before = house.texts(house.cast.anna)
    await house.type(house.cast.anna, "Не пишите мне больше")
    await house.settle()
    task = tasks.get(1)
    assert task is not None
    assert task.closed_because == "declined"
    assert house.texts(house.cast.anna) == [*before, "Не пишите мне больше"]
    assert "больше не писать" in cards(house)[1]
    await house.days_pass(2)
    house.model.check()
