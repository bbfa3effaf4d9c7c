"""Protects what was agreed from the owner's side: they call a meeting off or move it days later, the contact hears of
it once and politely, and hour and calendar follow. A stop without words, or a contact's words, do none of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.flow.conftest import House
from tests.flow.script import anna_lane, open_meeting, owner_lane, settle_meeting, steers
from tests.flow.test_flow_afterwards import SAID, agreed
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import ZONE, cards
from userbot.store import busy, rows, tasks
from userbot.store.tasks import Task
from userbot.tasks.manners import read_quiet_hours

OFF = "Аня, к сожалению, завтрашняя встреча отменяется. Извините!"
TO_FRIDAY = steers(1, "Перенеси на пятницу.", 5)


def task() -> Task:
    found = tasks.get(1)
    assert found is not None
    return found


def cancels(house: House, command: str, words: str | None = None) -> None:
    turn(
        owner_lane(house),
        (command, '"agreed"'),
        lambda _: [Call("cancel_conversation", {"task_id": 1, "words": words})],
    )


def tells(house: House, expect: str = "calls off what was agreed about task 1") -> None:
    turn(anna_lane(house), expect, lambda _: [reply(1, OFF)])


def is_free() -> bool:
    job = busy.event_of(1)
    return busy.holds(1) == [] and job is not None and job.meeting is None


async def card_of(house: House) -> int:
    return next(m.id for m in house.dialog(house.cast.owner, house.cast.owner) if m.text.startswith("№ 1 · Встреча"))


@pytest.mark.parametrize("is_reply", [False, True])
async def test_the_owner_calls_a_meeting_off_and_the_contact_is_told_once(house: House, is_reply: bool) -> None:
    await agreed(house)
    command = "отмени" if is_reply else ". отмени встречу с Аней"
    cancels(house, "отмени")
    tells(house)
    await house.type(house.cast.owner, command, reply_to=await card_of(house) if is_reply else None)
    await house.see(house.cast.owner, "Отменяю, контакту скажу: задача № 1", peer=house.cast.owner)
    await house.see(house.cast.anna, OFF)
    assert "starts you may offer" not in anna_lane(house).asked[-1].text
    assert is_free()
    told = await house.see(house.cast.owner, "⏹ № 1", peer=house.cast.owner)
    assert "отменено вами, контакту сказано" in told.text
    await house.settle()
    assert (task().status, task().closed_because) == ("cancelled", "stopped")
    card = cards(house)[1]
    assert "Было согласовано:\nКогда: понедельник, 23 ноября 2026, 15:30–16:30" in card
    # What she answers is shown, and nobody writes to her again, over a restart either.
    await house.type(house.cast.anna, "жаль, ну ладно")
    await house.stop_program()
    await house.start_program()
    await house.settle(60)
    assert [text for text in house.texts(house.cast.anna) if text == OFF] == [OFF]
    assert "жаль, ну ладно" in cards(house)[1]
    house.model.check()


@pytest.mark.parametrize(("quiet", "told_at"), [("22-14", "23:30"), ("22-12", "12:00")])
async def test_at_night_it_waits_for_the_morning_only_where_that_is_early_enough(
    house: House, quiet: str, told_at: str
) -> None:
    """The meeting is at half past three: who hears of it at two may be on the way already."""
    house.settings = replace(house.settings, quiet_hours=read_quiet_hours(quiet))
    await agreed(house)
    await house.settle((datetime(2026, 11, 22, 20, 30, tzinfo=UTC) - house.clock.now()).total_seconds())
    cancels(house, "отмени")
    tells(house)
    await house.type(house.cast.owner, ". отмени встречу с Аней")
    await house.settle(13 * 3600)
    told = await house.see(house.cast.anna, OFF)
    assert f"{told.date.astimezone(ZoneInfo(ZONE)):%H:%M}" == told_at
    assert task().closed_because == "stopped"
    house.model.check()


async def test_days_later_and_with_the_words_the_owner_wants_said(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(owner_lane(house), "лучше в пятницу", steers(1, "Лучше в пятницу.", 5))
    turn(anna_lane(house), "Лучше в пятницу.", lambda _: [reply(1, "А если в пятницу?")])
    await house.type(house.cast.owner, ". с Аней лучше в пятницу")
    await house.see(house.cast.anna, "А если в пятницу?")
    turn(
        anna_lane(house),
        SAID,
        lambda asked: [settle_meeting(asked, 1, SAID, "15:30", ahead=5), reply(1, "До пятницы!")],
    )
    await house.type(house.cast.anna, SAID)
    await house.see(house.cast.anna, "До пятницы!")
    await house.settle()
    await house.days_pass(3)
    cancels(house, "отмени", "Павел заболел")
    turn(anna_lane(house), "Tell them: Павел заболел", lambda _: [reply(1, "Аня, Павел заболел, встреча отменяется.")])
    await house.type(house.cast.owner, ". отмени встречу с Аней, скажи, что заболел")
    await house.see(house.cast.anna, "Павел заболел, встреча отменяется.")
    await house.settle()
    assert is_free()
    house.model.check()


async def test_the_owner_moves_a_meeting_and_the_hour_moves_when_the_contact_agrees(house: House) -> None:
    await agreed(house)
    (before,) = busy.holds(1)
    turn(owner_lane(house), ("перенеси", '"time": "15:30"'), TO_FRIDAY)
    turn(
        anna_lane(house),
        ("Перенеси на пятницу.", "the owner wants it changed"),
        lambda _: [reply(1, "Аня, можно перенести встречу на пятницу, на 16:00?")],
    )
    await house.type(house.cast.owner, "перенеси на пятницу", reply_to=await card_of(house))
    await house.see(house.cast.anna, "можно перенести")
    await house.settle()
    assert task().status == "in_progress"
    assert busy.holds(1) == [before]
    turn(
        anna_lane(house),
        "можно",
        lambda asked: [settle_meeting(asked, 1, "да, можно", "16:00", ahead=5), reply(1, "Перенесли, спасибо!")],
    )
    await house.type(house.cast.anna, "да, можно")
    await house.see(house.cast.anna, "Перенесли")
    await house.settle()
    (after,) = busy.holds(1)
    assert after.start - before.start == timedelta(days=4, minutes=30)
    assert task().closed_because == "agreed"
    house.model.check()


async def test_a_stop_of_an_agreed_meeting_says_what_it_does_not_do(house: House) -> None:
    await agreed(house)
    texts = house.texts(house.cast.anna)
    await house.type(house.cast.owner, ".стоп 1")
    said = await house.see(house.cast.owner, "Здесь уже договорились", peer=house.cast.owner)
    assert ".стоп 1 этого не отменяет" in said.text
    assert "отмени встречу" in said.text
    await house.settle()
    assert task().closed_because == "agreed"
    assert len(busy.holds(1)) == 1
    assert house.texts(house.cast.anna) == texts
    house.model.check()


async def test_a_contacts_words_call_nothing_off_without_the_owners_yes(house: House) -> None:
    """The owner's model read what Anna wrote, and then wants to cancel: the owner sees exactly that, and decides."""
    await agreed(house)

    def read(asked: Asked) -> Said:
        return Said(calls=(Call("get_conversation_status", {"task_id": 1}),))

    cancel = Call("cancel_conversation", {"task_id": 1, "words": "Павел передумал"})
    owner_lane(house).add(Step(read, "что там"), Step(Said(calls=(cancel,))), Step(Said("done")))
    await house.type(house.cast.owner, ". что там с Аней?")
    question = await house.see(house.cast.owner, "Отменить и сказать об этом контакту", peer=house.cast.owner)
    assert "Что сказать:\nПавел передумал" in question.text
    await house.settle()
    assert task().closed_because == "agreed"
    assert len(busy.holds(1)) == 1
    tells(house)
    await house.type(house.cast.owner, "да", reply_to=question.id)
    await house.see(house.cast.anna, OFF)
    await house.settle()
    assert is_free()
    house.model.check()


async def test_what_the_owner_told_themselves_is_not_told_again(house: House) -> None:
    """A message that waits for the owner's yes is overtaken by their own: handed back, nothing more is written, and the
    task is over all the same."""
    await agreed(house)
    rows.change("UPDATE conversation_task SET mode = 'draft' WHERE id = 1")
    cancels(house, "отмени")
    tells(house)
    await house.type(house.cast.owner, ". отмени встречу с Аней")
    await house.see(house.cast.owner, "✋ Отправить?", peer=house.cast.owner)
    await house.type(house.cast.owner, "Аня, не смогу завтра, прости", to=house.cast.anna)
    await house.settle()
    assert task().paused == "takeover"
    anna_lane(house).add(Step(Said(calls=(Call("stay_silent", {"reason": "told"}),)), "if that told them, stay_silent"))
    await house.type(house.cast.owner, ".дальше 1")
    await house.settle(60)
    assert task().closed_because == "stopped"
    assert OFF not in house.texts(house.cast.anna)
    house.model.check()
