"""Protects one meeting with several people from what changes about it: stopped, undone, paused, moved or called off, it
is so for all, and each learns what concerns them."""

from tests.flow.conftest import House
from tests.flow.plan_script import (
    OFF,
    YES,
    agreed,
    anna_can,
    asked_anew,
    begun,
    both_agree,
    both_can,
    card,
    ends,
    held,
    proposed,
    rang,
    refuse,
    says_when,
)
from tests.flow.script import anna_lane, ben_lane, owner_lane
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.script import id_of, reply, turn
from userbot.store import busy, plans


async def test_stopping_one_of_its_tasks_stops_it_for_all_and_writes_nobody(house: House) -> None:
    await proposed(house)
    before = house.texts(house.cast.anna)
    await house.type(house.cast.owner, ".стоп 2")
    await house.see(house.cast.owner, "Общая встреча остановлена: задачи № 1, 2", peer=house.cast.owner)
    await house.settle()
    assert (ends(1), ends(2)) == ("stopped", "stopped")
    assert held(1) == held(2) == []
    assert house.texts(house.cast.anna) == before
    assert rang(house) == []
    house.model.check()


async def test_the_command_that_began_it_can_be_undone(house: House) -> None:
    await begun(house)
    await house.type(house.cast.owner, ".undo")
    await house.settle()
    assert (ends(1), ends(2)) == ("stopped", "stopped")
    plan = plans.of_task(1)
    assert plan is not None
    assert plan.phase == "over"


async def test_a_pause_of_one_holds_it_for_all_and_the_cards_say_so(house: House) -> None:
    await begun(house)
    await house.type(house.cast.owner, ".пауза 2")
    await house.see(house.cast.owner, "Задача № 2 на паузе", peer=house.cast.owner)
    await anna_can(house)
    await house.settle(120)
    assert "Ben Carter: на паузе, остальные ждут" in card(house, 1)
    assert "⏳ Ответ есть, жду остальных" in card(house, 1)


# --- it changes afterwards ------------------------------------------------------------------------------------------


async def test_who_moves_it_after_it_was_agreed_opens_it_for_all(house: House) -> None:
    await agreed(house)
    move = "ой, давайте послезавтра в два"

    def reopens(asked: Asked) -> Said:
        return Said(calls=(Call("reopen", {"evidence": [id_of(asked, move)]}),))

    house.model.lane("afterwards", 'What stands under "Agreed"').add(Step(reopens, move))
    says_when(ben_lane(house), 2, move, (2, "14:00", None))
    await house.type(house.cast.ben, move)
    await house.see(house.cast.owner, "хочет изменить договорённость", peer=house.cast.owner)
    # Anna could not the day after tomorrow, as far as she said: the owner is asked, and the agreed hour is kept.
    asked = await house.see(house.cast.owner, "какое время ещё можно предложить", peer=house.cast.owner)
    assert (ends(1), ends(2)) == (None, None)
    assert held(1) == held(2) == ["23 16:00"]
    turn(owner_lane(house), "спроси ещё раз", lambda _: [steer_on()])
    asked_anew(anna_lane(house), 1, "А послезавтра в 14:00?")
    asked_anew(ben_lane(house), 2, "Послезавтра в 14:00, верно?")
    await house.type(house.cast.owner, "спроси ещё раз", reply_to=asked.id)
    await house.see(house.cast.anna, "А послезавтра в 14:00?")
    await house.see(house.cast.ben, "Послезавтра в 14:00, верно?")
    await both_can(house, "да, послезавтра в два", (2, "14:00", None), "Итак, послезавтра в 14:00?")
    await both_agree(house, "Итак, послезавтра в 14:00?", YES, "14:00", 2)
    await house.see(house.cast.anna, "вторник, 24.11, 14:00–15:00")
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "agreed")
    assert held(1) == held(2) == ["24 14:00"]
    house.model.check()


def steer_on() -> Call:
    words = {"instruction": "Спроси ещё раз, когда удобно.", "mandate": None, "private_notes": None}
    return Call("steer_conversation", {"task_id": 1, **words})


async def test_who_cancels_after_it_was_agreed_leaves_the_owner_to_say_and_the_others_are_told(house: House) -> None:
    await agreed(house)
    never = "не смогу прийти, извините"

    def reopens(asked: Asked) -> Said:
        return Said(calls=(Call("reopen", {"evidence": [id_of(asked, never)]}),))

    house.model.lane("afterwards", 'What stands under "Agreed"').add(Step(reopens, never))
    turn(anna_lane(house), never, lambda asked: [refuse(asked, 1, never), reply(1, "Жаль, спасибо!")])
    await house.type(house.cast.anna, never)
    asked = await house.see(house.cast.owner, "Договариваться без этого участника?", peer=house.cast.owner)
    assert "Анна Кузнецова: отказ" in asked.text
    await house.type(house.cast.owner, "нет", reply_to=asked.id)
    await house.see(house.cast.ben, OFF)
    await house.settle()
    assert held(1) == held(2) == []
    job = busy.event_of(1)
    assert job is not None
    assert job.meeting is None
    house.model.check()
