"""Protects one meeting of several people that its owner wants moved: what was agreed with all stands for all, until all
have another time, one of them takes it back, or the owner calls it off."""

from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.plan_script import (
    OFF,
    SETTLED,
    YES,
    agreed,
    asked_anew,
    both_agree,
    card,
    ends,
    held,
    pair,
    proposes,
    rang,
    refuse,
    says_when,
)
from tests.flow.script import anna_lane, ben_lane, owner_lane, steers
from userbot.rehearsal.model import Asked, Call
from userbot.rehearsal.script import reply, turn
from userbot.store import busy

STAYS = "всё остаётся как было: понедельник, 23.11, 16:00–17:00 МСК"
STANDS = "в силе прежнее время: пн, 23 ноября, 16:00–17:00 МСК"


async def moving(house: House) -> None:
    """Tomorrow at 16:00 is agreed with Anna and Ben, and both are asked about the days after."""
    await agreed(house)
    turn(owner_lane(house), "перенеси", steers(1, "Перенеси на среду.", 3, 4, start="10:00"))
    turn(anna_lane(house), "Перенеси на среду.", lambda _: [reply(1, "Можно перенести на среду или четверг?")])
    asked_anew(ben_lane(house), 2, "А среда или четверг?")
    await house.type(house.cast.owner, ". перенеси встречу с Аней и Беном на среду или четверг")
    await house.see(house.cast.anna, "Можно перенести на среду")
    await house.see(house.cast.ben, "А среда или четверг?")
    await house.settle()
    assert (ends(1), ends(2)) == (None, None)
    assert STANDS in card(house, 1)
    assert STANDS in card(house, 2)


def stands() -> bool:
    job = busy.event_of(1)
    return (
        (ends(1), ends(2)) == ("agreed", "agreed")
        and held(1) == held(2) == ["23 16:00"]
        and job is not None
        and job.meeting is not None
    )


def says_days(house: House) -> str:
    """What Anna answers to the wish."""
    said = "в среду с двух до шести"
    says_when(anna_lane(house), 1, said, (3, "14:00", "18:00"))
    return said


async def test_one_who_never_answers_leaves_it_as_it_was_for_all(house: House) -> None:
    """Who has answered waits for word and gets it; who has not is left alone; the owner is rung once."""
    house.settings = replace(house.settings, follow_ups=1, follow_up_hours=1.0)
    await moving(house)
    await house.type(house.cast.anna, says_days(house))
    await house.see(house.cast.anna, "Вернусь с временем")
    before = len(rang(house))
    turn(ben_lane(house), "reminder 1 of 1", lambda _: [reply(2, "Ben, среда или четверг?")])
    await house.settle(3700)
    await house.see(house.cast.ben, "Ben, среда или четверг?")
    to_ben = house.texts(house.cast.ben)
    await house.settle(2 * 3600)
    assert stands()
    assert STAYS in house.texts(house.cast.anna)[-1]
    assert house.texts(house.cast.ben) == to_ben
    (told,) = rang(house)[before:]
    assert told.startswith("📌 № 1, 2 · Анна Кузнецова, Ben Carter: ответа о переносе нет, в силе")
    assert "📌 Ответа о переносе нет. Прежняя договорённость в силе" in card(house, 2)
    assert "📌 Без переноса. Прежняя договорённость в силе" in card(house, 1)
    house.model.check()


async def test_another_time_for_all_takes_the_place_of_the_first(house: House) -> None:
    await moving(house)
    said = says_days(house)
    says_when(ben_lane(house), 2, "в среду могу", (3, "10:00", "20:00"))
    for lane, task_id, _ in pair(house):
        proposes(lane, task_id, "Итак, среда, 14:00?")
    await house.type(house.cast.anna, said)
    await house.type(house.cast.ben, "в среду могу")
    await both_agree(house, "Итак, среда, 14:00?", YES, "14:00", 3)
    await house.see(house.cast.ben, "среда, 25.11, 14:00–15:00")
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "agreed")
    assert held(1) == held(2) == ["25 14:00"]
    house.model.check()


async def test_a_stop_ends_the_move_for_all_and_writes_nobody(house: House) -> None:
    await moving(house)
    to_anna, to_ben = house.texts(house.cast.anna), house.texts(house.cast.ben)
    await house.type(house.cast.owner, ".стоп 2")
    said = await house.see(house.cast.owner, "о переносе больше не пишу", peer=house.cast.owner)
    assert said.text.startswith("⏹ № 1, 2:")
    assert STANDS in said.text
    await house.settle(60)
    assert stands()
    assert (house.texts(house.cast.anna), house.texts(house.cast.ben)) == (to_anna, to_ben)
    house.model.check()


async def test_with_one_who_will_not_come_it_stands_for_nobody(house: House) -> None:
    await moving(house)
    never = "не приду вообще, извините"

    def refuses(asked: Asked) -> list[Call]:
        call = refuse(asked, 2, never)
        return [call, call, reply(2, "Жаль, спасибо!")]

    turn(ben_lane(house), never, refuses)
    await house.type(house.cast.ben, never)
    asked = await house.see(house.cast.owner, "Договариваться без этого участника?", peer=house.cast.owner)
    await house.settle()
    assert "в силе" not in card(house, 1)
    await house.type(house.cast.owner, "нет", reply_to=asked.id)
    await house.see(house.cast.anna, OFF)
    await house.settle()
    assert held(1) == held(2) == []
    house.model.check()


async def test_calling_it_off_in_the_middle_tells_all(house: House) -> None:
    await moving(house)
    turn(owner_lane(house), "отмени", lambda _: [Call("cancel_conversation", {"task_id": 1, "words": None})])
    turn(anna_lane(house), "calls off what was agreed", lambda _: [reply(1, "Аня, встреча отменяется.")])
    await house.type(house.cast.owner, ". отмени встречу с Аней и Беном")
    await house.see(house.cast.anna, "встреча отменяется")
    await house.see(house.cast.ben, OFF)
    await house.settle()
    assert held(1) == held(2) == []
    assert SETTLED in " ".join(house.texts(house.cast.ben))
    house.model.check()
