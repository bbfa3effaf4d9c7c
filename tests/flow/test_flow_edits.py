"""Protects what was agreed from words that change afterwards: an edit is a new word, a deletion takes nothing back."""

from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.script import AT_THREE, agree_at_three, anna_lane, open_meeting, settle_meeting
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks


async def test_an_edit_before_the_turn_is_what_the_turn_reads(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), "в четыре могу", lambda _: [reply(1, "В 16:00 отлично.")])
    message_id = await house.type(house.cast.anna, "в три могу")
    await house.settle(2)
    await house.phones[house.cast.anna.id].edit_message(house.cast.owner.id, message_id, "в четыре могу")
    await house.see(house.cast.anna, "В 16:00 отлично.")
    assert all("в три могу" not in asked for asked in anna_lane(house).asked)
    house.model.check()


async def test_an_edit_after_the_turn_is_read_and_answered(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), "в три не могу", lambda _: [reply(1, "А в 17:00?")])
    turn(anna_lane(house), ("в три могу", '"edited": true'), lambda _: [reply(1, "Хорошо, тогда в 15:00?")])
    message_id = await house.type(house.cast.anna, "в три не могу")
    await house.see(house.cast.anna, "А в 17:00?")
    await house.phones[house.cast.anna.id].edit_message(house.cast.owner.id, message_id, "в три могу")
    await house.see(house.cast.anna, "Хорошо, тогда в 15:00?")
    house.model.check()


async def test_an_edit_of_the_agreeing_message_reopens_the_task_and_tells_the_owner(house: House) -> None:
    message_id = await agree_at_three(house)
    turn(
        anna_lane(house),
        ("давай не в 15, а в 17", "taken_back"),
        lambda _: [reply(1, "Поняла, в 17:00 вместо 15:00?")],
    )
    await house.phones[house.cast.anna.id].edit_message(house.cast.owner.id, message_id, "давай не в 15, а в 17")
    told = await house.see(house.cast.owner, "↩️", peer=house.cast.owner)
    assert "давай не в 15, а в 17" in told.text
    await house.see(house.cast.anna, "Поняла, в 17:00")
    await house.settle()
    (task,) = tasks.all_open()
    assert (task.id, task.result, task.evidence) == (1, None, ())
    assert "Договорились" not in cards(house)[1]

    yes = "да, в 17"
    turn(anna_lane(house), yes, lambda asked: [settle_meeting(asked, 1, yes, "17:00"), reply(1, "Записала 17:00!")])
    await house.type(house.cast.anna, yes)
    await house.see(house.cast.anna, "Записала 17:00!")
    await house.settle()
    assert "17:00–18:00" in cards(house)[1]
    house.model.check()


async def test_an_edit_of_any_other_message_after_the_end_reopens_nothing(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), "минутку", lambda _: [reply(1, "Конечно!")])
    other = await house.type(house.cast.anna, "минутку")
    await house.see(house.cast.anna, "Конечно!")
    turn(anna_lane(house), AT_THREE, lambda asked: [settle_meeting(asked, 1, AT_THREE, "15:00"), reply(1, "Ждём!")])
    await house.type(house.cast.anna, AT_THREE)
    await house.see(house.cast.anna, "Ждём!")
    await house.phones[house.cast.anna.id].edit_message(house.cast.owner.id, other, "минуточку")
    await house.settle(60)
    assert tasks.all_open() == []
    assert "Договорились" in cards(house)[1]
    house.model.check()


async def test_a_deleted_message_before_the_turn_is_not_answered(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    asked = len(house.model.asked)
    message_id = await house.type(house.cast.anna, "в три не могу")
    await house.settle(2)
    await house.phones[house.cast.anna.id].delete_messages(house.cast.owner.id, message_id)
    await house.settle(60)
    assert len(house.model.asked) == asked


async def test_a_message_deleted_after_its_turn_is_in_no_later_prompt(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), "в три не могу", lambda _: [reply(1, "А в 17:00?")])
    message_id = await house.type(house.cast.anna, "в три не могу")
    await house.see(house.cast.anna, "А в 17:00?")
    await house.phones[house.cast.anna.id].delete_messages(house.cast.owner.id, message_id)
    await house.settle(60)
    turn(anna_lane(house), "да, давай", lambda _: [reply(1, "Хорошо, в 17:00?")])
    await house.type(house.cast.anna, "да, давай")
    await house.see(house.cast.anna, "Хорошо, в 17:00?")
    assert "в три не могу" not in anna_lane(house).asked[-1]
    house.model.check()


async def test_deleting_the_agreeing_message_tells_the_owner_once_and_takes_nothing_back(house: House) -> None:
    message_id = await agree_at_three(house)
    await house.phones[house.cast.anna.id].delete_messages(house.cast.owner.id, message_id)
    told = await house.see(house.cast.owner, "🗑", peer=house.cast.owner)
    assert AT_THREE in told.text
    await house.stop_program()
    await house.start_program()
    await house.settle(60)
    assert len([text for text in house.texts(house.cast.owner, house.cast.owner) if "🗑" in text]) == 1
    assert tasks.all_open() == []
    assert AT_THREE in cards(house)[1]
    house.model.check()


async def test_after_the_set_time_of_the_owners_silence_a_dialog_they_took_over_goes_on(house: House) -> None:
    house.settings = replace(house.settings, resume_after_hours=0.5)
    await house.start_program()
    await open_meeting(house)
    await house.type(house.cast.owner, "Аня, привет, это я сам", to=house.cast.anna)
    await house.type(house.cast.anna, "о, привет! так во сколько?")
    await house.settle(20 * 60)
    await house.type(house.cast.owner, "сейчас гляну", to=house.cast.anna)
    await house.settle(20 * 60)
    assert all("о, привет!" not in asked for asked in anna_lane(house).asked), "the owner was not silent for so long"
    turn(anna_lane(house), ("о, привет!", "сейчас гляну"), lambda _: [reply(1, "Аня, в 15:00 удобно?")])
    await house.settle(20 * 60)
    assert "Аня, в 15:00 удобно?" in house.texts(house.cast.anna)
    house.model.check()
