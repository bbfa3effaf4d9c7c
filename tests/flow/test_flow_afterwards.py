"""Protects what was agreed: a contact who wants to move or cancel it days later is heard, and thanks cost one short
turn that can write nothing."""

from tests.flow.conftest import House
from tests.flow.script import anna_lane, open_meeting, settle_meeting
from userbot.conversation import afterwards
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.model.scripted import Lane
from userbot.rehearsal.script import id_of, reply, turn
from userbot.store import busy, tasks

SAID = "давай в полчетвёртого"
MOVE = "ой, давайте перенесём на пять"


def after_lane(house: House) -> Lane:
    return house.model.lane("afterwards", 'What stands under "Agreed"')


def reopens(text: str) -> Step:
    return Step(lambda asked: Said(calls=(Call("reopen", {"evidence": [id_of(asked, text)]}),)), text)


async def agreed(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(
        anna_lane(house), SAID, lambda asked: [settle_meeting(asked, 1, SAID, "15:30"), reply(1, "До завтра в 15:30!")]
    )
    await house.type(house.cast.anna, SAID)
    await house.see(house.cast.anna, "До завтра в 15:30!")
    await house.settle()


async def test_a_contact_who_moves_the_meeting_later_is_answered_and_the_hour_moves(house: House) -> None:
    await agreed(house)
    (before,) = busy.holds(1)
    after_lane(house).add(reopens(MOVE))

    def held_until_now(asked: Asked) -> list[Call]:
        assert busy.holds(1) == [before]
        return [settle_meeting(asked, 1, MOVE, "17:00"), reply(1, "Перенесли на 17:00!")]

    turn(anna_lane(house), MOVE, held_until_now)
    await house.type(house.cast.anna, MOVE)
    await house.see(house.cast.anna, "Перенесли на 17:00!")
    told = await house.see(house.cast.owner, "хочет изменить договорённость", peer=house.cast.owner)
    assert MOVE in told.text
    await house.settle()
    (after,) = busy.holds(1)
    assert (after.start - before.start).total_seconds() == 90 * 60
    found = tasks.get(1)
    assert found is not None
    assert (found.closed_because, found.result and found.result["time"]) == ("agreed", "17:00")
    house.model.check()


async def test_a_contact_who_cancels_later_frees_the_hour(house: House) -> None:
    await agreed(house)
    never = "не смогу завтра, отменяем"
    after_lane(house).add(reopens(never))

    def declines(asked: Asked) -> list[Call]:
        given = {"task_id": 1, "status": "cancelled", "result": None, "evidence": [id_of(asked, never)]}
        return [Call("update_conversation", given), reply(1, "Жаль. Спасибо, что предупредили!")]

    turn(anna_lane(house), never, declines)
    await house.type(house.cast.anna, never)
    await house.see(house.cast.anna, "Жаль.")
    await house.settle()
    assert busy.holds(1) == []
    job = busy.event_of(1)
    assert job is not None
    assert job.meeting is None
    house.model.check()


async def test_thanks_are_read_without_an_answer_and_only_so_often(house: House) -> None:
    await agreed(house)
    before = house.texts(house.cast.anna)
    for n in range(afterwards.MOST):
        after_lane(house).add(Said(calls=(Call("stay_silent", {"reason": "thanks"}),)))
        await house.type(house.cast.anna, f"спасибо {n}!")
        await house.settle()
    await house.type(house.cast.anna, "и ещё раз спасибо")
    await house.settle()
    assert len(after_lane(house).asked) == afterwards.MOST
    assert [text for text in house.texts(house.cast.anna)[len(before) :] if "спасибо" not in text] == []
    await house.see(house.cast.owner, "и ещё раз спасибо", peer=house.cast.owner)
    house.model.check()


async def test_what_the_owner_should_know_is_told_and_the_turn_has_no_tool_to_write_with(house: House) -> None:
    await agreed(house)
    after_lane(house).add(Said(calls=(Call("notify_owner", {"message": "Анна опоздает на десять минут."}),)))
    await house.type(house.cast.anna, "я опоздаю минут на десять")
    told = await house.see(house.cast.owner, "Анна опоздает на десять минут.", peer=house.cast.owner)
    assert "словами ассистента" in told.text
    (asked,) = after_lane(house).asked
    assert set(asked.tools) == {"reopen", "notify_owner", "stay_silent"}
    house.model.check()


async def test_when_the_meeting_is_over_nothing_is_read_any_more(house: House) -> None:
    await agreed(house)
    await house.days_pass(2)
    await house.type(house.cast.anna, "хорошо посидели")
    await house.settle()
    assert after_lane(house).asked == []
