"""Protects the owner's yes (threats 9 and 15) from what overtakes it: nothing stale goes out, nor what is held back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.flow.conftest import House
from tests.flow.draft_script import answer, ask_for_meeting, only_task, question, sent
from tests.flow.script import OPENING, anna_lane, meeting, open_meeting, owner_lane, settle_meeting
from userbot.rehearsal.model import Asked, Call
from userbot.rehearsal.script import reply, turn
from userbot.store import desk, ledger, tasks

# --- what overtakes a draft -----------------------------------------------------------------------------------------


async def test_a_newer_message_voids_the_draft_and_both_are_answered_together(drafting: House) -> None:
    """Threats 9 and 15: a yes to what was written before it sends nothing."""
    house = drafting
    await house.start_program()
    await answer(house, await ask_for_meeting(house), "да")
    await house.see(house.cast.anna, OPENING)
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    old = await question(house, "А в 17:00?")
    turn(anna_lane(house), ("в два не могу", "хотя нет, могу"), _both_are_new)
    await house.type(house.cast.anna, "хотя нет, могу")
    new = await question(house, "Отлично, тогда в 14:00?")
    await house.settle(10)
    void = next(m for m in house.dialog(house.cast.owner, house.cast.owner) if m.id == old.id)
    assert "больше не действует" in void.text
    await answer(house, old, "да")
    await house.settle(30)
    assert sent(house) == [OPENING]
    await answer(house, new, "да")
    await house.see(house.cast.anna, "Отлично, тогда в 14:00?")
    assert sent(house) == [OPENING, "Отлично, тогда в 14:00?"]
    assert [event.what for event in tasks.events(1)].count("contact_wrote") == 2
    house.model.check()


def _both_are_new(asked: Asked) -> list[Call]:
    assert asked.text.count("is new, about task 1") == 2
    assert "А в 17:00?" not in asked.text, "a draft that was not sent never happened"
    return [reply(1, "Отлично, тогда в 14:00?")]


@pytest.mark.parametrize("how", ["edit", "delete"])
async def test_words_that_were_changed_void_the_draft_that_answers_them(drafting: House, how: str) -> None:
    """Threat 9: agreeing, then editing."""
    house = drafting
    await house.start_program()
    await answer(house, await ask_for_meeting(house), "да")
    await house.see(house.cast.anna, OPENING)
    turn(anna_lane(house), "в пять", lambda _: [reply(1, "В пять хорошо?")])
    wrote = await house.type(house.cast.anna, "давай в пять")
    old = await question(house, "В пять хорошо?")
    phone = house.phones[house.cast.anna.id]
    if how == "edit":
        turn(anna_lane(house), "давай в шесть", lambda _: [reply(1, "В шесть хорошо?")])
        await phone.edit_message(house.cast.owner.id, wrote, "давай в шесть")
        await question(house, "В шесть хорошо?")
    else:
        await phone.delete_messages(house.cast.owner.id, [wrote])
        await house.settle(20)
    await answer(house, old, "да")
    await house.settle(30)
    assert sent(house) == [OPENING]
    house.model.check()


STEPS: dict[str, Callable[[House], object]] = {
    "stop": lambda house: house.type(house.cast.owner, ".стоп 1"),
    "pause": lambda house: house.type(house.cast.owner, ".пауза 1"),
    "takeover": lambda house: house.type(house.cast.owner, "Аня, я сам", to=house.cast.anna),
}


@pytest.mark.parametrize("what", STEPS)
async def test_a_stop_a_pause_and_a_takeover_drop_the_draft(drafting: House, what: str) -> None:
    house = drafting
    await house.start_program()
    asked = await ask_for_meeting(house)
    await STEPS[what](house)  # type: ignore[misc]
    await house.settle(20)
    assert desk.open_questions(1) == []
    await answer(house, asked, "да")
    await house.settle(60)
    assert OPENING not in sent(house)
    assert ledger.proposed(house.cast.anna.id) == []
    house.model.check()


async def test_a_draft_that_nobody_answers_is_not_sent_and_the_owner_told_once(drafting: House) -> None:
    house = drafting
    await house.start_program()
    asked = await ask_for_meeting(house)
    await house.days_pass(1.1)
    await house.settle(120)
    told = [text for text in house.texts(house.cast.owner, house.cast.owner) if "не дождался ответа" in text]
    assert len(told) == 1
    await answer(house, asked, "да")
    await house.settle(60)
    assert sent(house) == []
    assert only_task().paused == "owner"
    turn(anna_lane(house), "handed this task back", lambda _: [reply(1, "Ассистент Павла: ещё раз?")])
    await house.type(house.cast.owner, ".дальше 1")
    await question(house, "ещё раз?")
    house.model.check()


async def test_a_yes_while_the_program_was_off_does_not_pass_over_what_the_contact_wrote_meanwhile(
    drafting: House,
) -> None:
    house = drafting
    await house.start_program()
    asked = await ask_for_meeting(house)
    await house.kill_program()
    await house.type(house.cast.anna, "привет! ты где?")
    await answer(house, asked, "да")
    turn(
        anna_lane(house),
        ("Write the first message", "привет! ты где?"),
        lambda _: [reply(1, "Аня, тут ассистент Павла")],
    )
    await house.start_program()
    new = await question(house, "Аня, тут ассистент Павла")
    assert sent(house) == []
    await answer(house, new, "да")
    await house.see(house.cast.anna, "Аня, тут ассистент Павла")
    assert sent(house) == ["Аня, тут ассистент Павла"]
    house.model.check()


async def test_the_last_message_of_a_task_that_its_turn_ended_waits_too(drafting: House) -> None:
    house = drafting
    await house.start_program()
    await answer(house, await ask_for_meeting(house), "да")
    await house.see(house.cast.anna, OPENING)
    turn(
        anna_lane(house),
        "давай",
        lambda asked: [settle_meeting(asked, 1, "давай", "14:00"), reply(1, "Записала: 14:00, до встречи!")],
    )
    await house.type(house.cast.anna, "давай")
    asked = await question(house, "Записала")
    assert tasks.all_open() == []
    await house.settle(30)
    assert sent(house) == [OPENING]
    await answer(house, asked, "да")
    await house.see(house.cast.anna, "Записала")
    house.model.check()


# --- the hold -------------------------------------------------------------------------------------------------------


async def test_a_stop_in_the_hold_time_still_catches_the_message(house: House) -> None:
    house.settings = replace(house.settings, hold_s=20)
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, ". договорись с @anna о встрече")
    await house.see(house.cast.owner, "Первое сообщение отправляется", peer=house.cast.owner)
    await house.settle(10)
    assert sent(house) == []
    await house.type(house.cast.owner, ".стоп 1")
    await house.settle(60)
    assert sent(house) == []
    house.model.check()


async def test_what_the_contact_writes_in_the_hold_time_is_answered_together_with_what_was_before(house: House) -> None:
    house.settings = replace(house.settings, hold_s=20)
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "Жаль! А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(12)
    assert ledger.not_begun(house.cast.anna.id), "the answer is not held"
    turn(anna_lane(house), ("в два не могу", "хотя стой, могу"), _both_are_new)
    await house.type(house.cast.anna, "хотя стой, могу")
    await house.see(house.cast.anna, "Отлично, тогда в 14:00?")
    await house.settle(60)
    assert sent(house) == [OPENING, "Отлично, тогда в 14:00?"]
    house.model.check()


async def test_whoever_goes_on_writing_is_answered_all_the_same(house: House) -> None:
    """Else a contact who writes every few seconds would cost a turn each time and never read an answer."""
    house.settings = replace(house.settings, hold_s=20, quiet_s=2)
    await house.start_program()
    await open_meeting(house)
    brain = anna_lane(house)
    for n in range(6):
        turn(brain, f"ещё {n}", lambda _, n=n: [reply(1, f"Ответ {n}")])  # type: ignore[misc]
        await house.type(house.cast.anna, f"ещё {n}")
        await house.settle(6)
    await house.settle(60)
    assert len(sent(house)) > 1
    house.model.check()
