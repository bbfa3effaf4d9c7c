"""Protects the owner's attention: the phone rings once for what needs them, and for nothing else."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.flow.conftest import START, House
from tests.flow.script import MEETING, OPENING, anna_lane, meeting, open_meeting, owner_lane, settle_meeting
from userbot.calendars.reading import read_busy
from userbot.rehearsal.model import Said
from userbot.rehearsal.model.said import Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.rehearsal.telegram.message import Message
from userbot.store import ledger, tasks
from userbot.tasks.slots import Span

LATE = "давай в девять вечера"
ASKS = "Согласны?"


def rang(house: House) -> list[Message]:
    """The messages in Saved Messages that the owner's phone rang for."""
    return [message for message in house.dialog(house.cast.owner, house.cast.owner) if message.from_scheduled]


async def _anna_asks_for_nine(house: House) -> None:
    """Which is outside the limits, so that the owner is asked. Ends as soon as the question is on its way."""
    await house.start_program()
    await open_meeting(house)
    turn(
        anna_lane(house),
        LATE,
        lambda asked: [settle_meeting(asked, 1, LATE, "21:00"), reply(1, "Уточню и вернусь.")],
    )
    await house.type(house.cast.anna, LATE)
    await house.see(house.cast.anna, "Уточню и вернусь.")


async def test_a_question_rings_and_the_reply_to_it_finds_it(house: House) -> None:
    await _anna_asks_for_nine(house)
    question = await house.see(house.cast.owner, ASKS, peer=house.cast.owner)
    assert [message.id for message in rang(house)] == [question.id], "the card and the answers are silent"
    assert house.cast.owner.scheduled == {}
    turn(
        anna_lane(house),
        "## From Павел, about task 1",
        lambda asked: [settle_meeting(asked, 1, LATE, "21:00"), reply(1, "Договорились, завтра в 21:00!")],
    )
    await house.type(house.cast.owner, "да", reply_to=question.id)
    await house.see(house.cast.anna, "Договорились, завтра в 21:00!")
    house.model.check()


async def test_what_the_owner_answered_at_the_card_does_not_ring(house: House) -> None:
    """The card shows the question at once; the phone would ring some seconds later."""
    await _anna_asks_for_nine(house)
    await house.settle(3)
    assert len(house.cast.owner.scheduled) == 1
    card = next(m for m in house.dialog(house.cast.owner, house.cast.owner) if m.text.startswith("№ 1"))
    turn(anna_lane(house), "## From Павел, about task 1", lambda _: [reply(1, "Так не получится. А в 16:00?")])
    await house.type(house.cast.owner, "нет", reply_to=card.id)
    await house.see(house.cast.anna, "А в 16:00?")
    await house.settle(60)
    assert rang(house) == []
    assert house.cast.owner.scheduled == {}
    assert not [row for row in ledger.of_task(1, "question") if row.state == "sending"]
    house.model.check()


async def test_a_question_that_went_out_while_the_program_was_dead_takes_the_answer(house: House) -> None:
    await _anna_asks_for_nine(house)
    await house.settle(3)
    assert len(house.cast.owner.scheduled) == 1
    await house.kill_program()
    await house.settle(60)
    (question,) = rang(house)
    await house.type(house.cast.owner, "нет", reply_to=question.id)
    turn(anna_lane(house), "## From Павел, about task 1", lambda _: [reply(1, "Так не получится. А в 16:00?")])
    await house.start_program()
    await house.see(house.cast.anna, "А в 16:00?")
    await house.settle()
    assert [message.id for message in rang(house)] == [question.id], "not asked twice"
    assert [task.result for task in tasks.all_open()] == [None]
    assert "21:00" not in cards(house)[1]
    house.model.check()


async def _agree(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(
        anna_lane(house),
        "давай в три",
        lambda asked: [settle_meeting(asked, 1, "давай в три", "15:00"), reply(1, "Отлично, до завтра!")],
    )
    await house.type(house.cast.anna, "давай в три")
    await house.see(house.cast.anna, "Отлично, до завтра!")


async def test_the_end_of_a_task_rings_once_with_the_meeting_as_a_file(house: House) -> None:
    await _agree(house)
    told = await house.see(house.cast.owner, "✅ № 1 · ", peer=house.cast.owner)
    await house.settle(60)
    assert [message.id for message in rang(house)] == [told.id]
    assert told.text == "✅ № 1 · Анна Кузнецова: пн, 23 ноября, 15:00–16:00 МСК"
    card = next(m for m in house.dialog(house.cast.owner, house.cast.owner) if m.text.startswith("№ 1"))
    assert told.reply_to is not None
    assert told.reply_to.message_id == card.id, "the report is one tap away"
    document = told.media.document
    assert document.attributes[0].file_name == "meeting.ics"
    assert document.mime_type == "text/calendar"
    content = house.server.files.content_of(document.id)
    assert content is not None
    (one,) = read_busy([content], Span(START, START + timedelta(days=9)), ZoneInfo("Asia/Tokyo")).busy
    assert one.span.start == datetime(2026, 11, 23, 12, tzinfo=UTC)
    house.model.check()


async def test_a_file_that_cannot_be_uploaded_holds_the_news_up_for_nobody(house: House) -> None:
    house.server.faults.refuse(400, "FILE_PART_INVALID", method="upload.SaveFilePart", times=5)
    await _agree(house)
    told = await house.see(house.cast.owner, "✅ № 1 · ", peer=house.cast.owner)
    await house.settle(60)
    assert [message.id for message in rang(house)] == [told.id]
    assert told.media is None


async def test_an_end_that_fell_meanwhile_rings_for_nobody(house: House) -> None:
    """Anna changed the message that had settled it before the phone rang."""
    await _agree(house)
    await house.settle(3)
    assert len(house.cast.owner.scheduled) == 1
    agreed = next(m for m in house.dialog(house.cast.anna) if m.text == "давай в три")
    house.server.world.edit(house.cast.anna, agreed.id, "давай не будем")
    turn(anna_lane(house), "давай не будем", lambda _: [reply(1, "Хорошо. А в другой день?")])
    await house.see(house.cast.anna, "А в другой день?")
    await house.settle(60)
    assert rang(house) == []


async def test_a_stop_of_the_owners_own_rings_for_nobody(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.type(house.cast.owner, ".стоп 1")
    await house.settle(60)
    assert tasks.all_open() == []
    assert rang(house) == []


def _namesakes(house: House) -> None:
    other = house.server.world.add_account("+7 999 100-00-09", "Анна", "Белова", username="anna_b")
    house.server.world.add_contact(house.cast.owner, other)


async def test_a_question_about_what_was_just_typed_is_there_at_once_and_silent(house: House) -> None:
    """The owner is looking: a scheduled message would come late, and ring in their hand. It takes the sign's place."""
    _namesakes(house)
    await house.start_program()
    owner_lane(house).add(
        Step(lambda asked: Said(calls=tuple(meeting("Анна")(asked)), delay_s=5), "договорись"), Step(Said("done"))
    )
    command = await house.type(house.cast.owner, MEETING.replace("@anna", "Анной"))
    began = asyncio.get_running_loop().time()
    asked = await house.see(house.cast.owner, "Кого вы имели в виду", peer=house.cast.owner)
    assert asyncio.get_running_loop().time() - began < 9
    await house.settle(60)
    assert (rang(house), house.cast.owner.scheduled) == ([], {})
    assert [m.id for m in house.dialog(house.cast.owner, house.cast.owner)] == [command, asked.id]
    number = next(line[0] for line in asked.text.split("\n") if "Кузнецова" in line)
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, number, reply_to=asked.id)
    await house.see(house.cast.anna, OPENING)
    house.model.check()


async def test_the_owner_deleted_the_sign_and_the_question_comes_all_the_same(house: House) -> None:
    _namesakes(house)
    await house.start_program()
    owner_lane(house).add(
        Step(lambda asked: Said(calls=tuple(meeting("Анна")(asked)), delay_s=5), "договорись"), Step(Said("done"))
    )
    await house.type(house.cast.owner, MEETING.replace("@anna", "Анной"))
    sign = await house.see(house.cast.owner, "⏳", peer=house.cast.owner)
    house.server.world.delete(house.cast.owner, [sign.id])
    await house.see(house.cast.owner, "Кого вы имели в виду", peer=house.cast.owner)
    house.model.check()


async def test_a_question_that_comes_when_the_owner_has_long_gone_rings(house: House) -> None:
    _namesakes(house)
    await house.start_program()
    owner_lane(house).add(
        Step(lambda asked: Said(calls=tuple(meeting("Анна")(asked)), delay_s=100), "договорись"), Step(Said("done"))
    )
    await house.type(house.cast.owner, MEETING.replace("@anna", "Анной"))
    await house.settle(90)
    asked = await house.see(house.cast.owner, "Кого вы имели в виду", peer=house.cast.owner)
    assert [message.id for message in rang(house)] == [asked.id]
    house.model.check()


async def test_the_first_draft_is_silent_for_who_waits_for_it_and_a_later_one_rings(house: House) -> None:
    house.settings = replace(house.settings, approval_mode="draft")
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, MEETING)
    draft = await house.see(house.cast.owner, "✋ Отправить?", peer=house.cast.owner)
    assert rang(house) == []
    await house.type(house.cast.owner, "да", reply_to=draft.id)
    await house.see(house.cast.anna, OPENING)
    turn(anna_lane(house), "а где?", lambda _: [reply(1, "У вас в офисе?")])
    await house.type(house.cast.anna, "а где?")
    await house.see(house.cast.owner, "У вас в офисе?", peer=house.cast.owner)
    await house.settle(20)
    (later,) = rang(house)
    assert "✋ Отправить?" in later.text
    assert "У вас в офисе?" in later.text
    house.model.check()


async def test_who_cannot_be_reached_is_told_at_once_to_who_just_asked(house: House) -> None:
    house.cast.owner.blocked.add(house.cast.anna.id)
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, MEETING)
    await house.see(house.cast.owner, "❌ № 1 · ", peer=house.cast.owner)
    await house.settle(30)
    assert rang(house) == []
    house.model.check()


# --- a question that was put silently -------------------------------------------------------------------------------

HALF_AN_HOUR = 30 * 60.0


async def _whom_do_you_mean(house: House) -> Message:
    """The owner has just typed the command, and so the question is silent."""
    _namesakes(house)
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting("Анна"))
    await house.type(house.cast.owner, MEETING.replace("@anna", "Анной"))
    return await house.see(house.cast.owner, "Кого вы имели в виду", peer=house.cast.owner)


async def test_a_silent_question_that_nobody_answers_rings_once_later(house: House) -> None:
    """The owner had put the phone away: they would wait for the contact, and the contact is not even written to."""
    asked = await _whom_do_you_mean(house)
    await house.settle(HALF_AN_HOUR - 60)
    assert rang(house) == []
    await house.settle(180)
    (again,) = rang(house)
    assert "ещё ждёт вашего ответа" in again.text
    assert again.reply_to is not None
    assert again.reply_to.message_id == asked.id, "the question is one tap away"
    await house.settle(3 * 3600)
    assert len(rang(house)) == 1
    number = next(line[0] for line in asked.text.split("\n") if "Кузнецова" in line)
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    # An answer to what rang is an answer to the question.
    await house.type(house.cast.owner, number, reply_to=again.id)
    await house.see(house.cast.anna, OPENING)
    await house.settle()
    texts = house.texts(house.cast.owner, house.cast.owner)
    assert not [text for text in texts if "ещё ждёт вашего ответа" in text]
    assert texts.count("✔️ Вы ответили") == 1
    house.model.check()


async def test_at_night_it_waits_for_the_morning(house: House) -> None:
    """The owner typed it and went to bed."""
    await house.settle((datetime(2026, 11, 22, 20, 30, tzinfo=UTC) - house.clock.now()).total_seconds())
    await _whom_do_you_mean(house)
    await house.settle(8 * 3600)
    assert rang(house) == [], "half past seven in Moscow"
    await house.settle(3600)
    assert len(rang(house)) == 1
    house.model.check()


async def test_who_has_typed_since_has_seen_it_and_is_not_called(house: House) -> None:
    await _whom_do_you_mean(house)
    await house.settle(600)
    await house.type(house.cast.owner, ".status")
    await house.settle(2 * 3600)
    assert rang(house) == []
    house.model.check()


async def test_an_answer_in_time_takes_the_ring_off_the_schedule(house: House) -> None:
    asked = await _whom_do_you_mean(house)
    await house.settle(HALF_AN_HOUR)
    while not house.cast.owner.scheduled:
        await house.settle(1)
    number = next(line[0] for line in asked.text.split("\n") if "Кузнецова" in line)
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, number, reply_to=asked.id)
    await house.see(house.cast.anna, OPENING)
    await house.settle(600)
    assert (rang(house), house.cast.owner.scheduled) == ([], {})
    assert not [text for text in house.texts(house.cast.owner, house.cast.owner) if "🔔" in text]
    house.model.check()
