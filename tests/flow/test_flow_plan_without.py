"""Protects the owner on a phone when no time suits everybody: who can when is shown, and one word goes on without
one of them, in whichever way it is typed; nothing else is undone or stopped by it."""

import pytest

from tests.flow.conftest import House
from tests.flow.plan_script import (
    SETTLED,
    YES,
    ben_refuses,
    can,
    ends,
    no_common_time,
    opening,
    opens,
    proposed,
    proposes,
    says_when,
    says_yes,
    together,
)
from tests.flow.script import anna_lane, ben_lane, owner_lane
from userbot.rehearsal.model import Call
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.telegram import Message
from userbot.store import tasks

SORRY = "на этот раз встретиться не получится"


async def stuck(house: House) -> Message:
    """No time suits both; the owner is asked."""
    asked = await no_common_time(house)
    assert "№ 1 Анна Кузнецова: пн, 23 ноября, 12:00–14:00 МСК" in asked.text
    assert "№ 2 Ben Carter: пн, 23 ноября, 18:00–20:00 МСК" in asked.text
    await house.settle()
    return asked


async def goes_on(house: House, *, tells: bool = True) -> None:
    """Anna alone is offered noon, and it is agreed with her."""
    if tells:
        await house.see(house.cast.ben, SORRY)
    await house.see(house.cast.anna, "Тогда завтра в 12:00?")
    says_yes(anna_lane(house), 1, YES, "12:00")
    await house.type(house.cast.anna, YES)
    await house.see(house.cast.anna, SETTLED)
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "stopped")
    assert sum(SORRY in text for text in house.texts(house.cast.ben)) == int(tells)
    house.model.check()


@pytest.mark.parametrize("words", ["без 2", "без Бена", "Без @ben.", "without Ben"])
async def test_a_reply_to_the_question_names_who_is_not_waited_for(house: House, words: str) -> None:
    asked = await stuck(house)
    proposes(anna_lane(house), 1, "Тогда завтра в 12:00?")
    await house.type(house.cast.owner, words, reply_to=asked.id)
    said = await house.see(house.cast.owner, "Договариваюсь без участника: Ben Carter", peer=house.cast.owner)
    assert "Остаются: Анна Кузнецова" in said.text
    await goes_on(house)


async def test_the_command_needs_no_model(house: House) -> None:
    await stuck(house)
    proposes(anna_lane(house), 1, "Тогда завтра в 12:00?")
    await house.type(house.cast.owner, ".без 2")
    await goes_on(house)


async def test_a_command_in_words_is_for_the_model(house: House) -> None:
    await stuck(house)
    proposes(anna_lane(house), 1, "Тогда завтра в 12:00?")
    turn(owner_lane(house), "без Бена, пожалуйста", lambda _: [Call("go_on_without", {"task_id": 2})])
    await house.type(house.cast.owner, ".без Бена, пожалуйста")
    await goes_on(house)


async def test_a_reply_to_their_own_card_leaves_them_out(house: House) -> None:
    await stuck(house)
    proposes(anna_lane(house), 1, "Тогда завтра в 12:00?")
    shown = house.dialog(house.cast.owner, house.cast.owner)
    (card,) = [one for one in shown if one.text.startswith("№ 2 ·")]
    await house.type(house.cast.owner, "без него", reply_to=card.id)
    await goes_on(house)


async def test_in_english_it_is_the_same(house: House) -> None:
    """The owner and the one left out write English."""
    turn(owner_lane(house), "find an hour", together("@ben"))
    opens(anna_lane(house), 1)
    turn(
        ben_lane(house), "Write the first message of task 2", lambda _: [reply(2, "Hello! This is Pavel's assistant.")]
    )
    await house.start_program()
    await house.type(house.cast.owner, ". find an hour tomorrow or the day after, 12 to 20, for me, @anna and @ben")
    await house.see(house.cast.anna, opening(1))
    await house.see(house.cast.ben, "Hello!")
    says_when(anna_lane(house), 1, "завтра утром до двух", (1, "12:00", "14:00"))
    turn(
        ben_lane(house),
        "only in the evening",
        lambda asked: [
            can(asked, 2, "tomorrow only in the evening", (1, "18:00", "20:00")),
            reply(2, "Thank you, I will come back to you."),
        ],
    )
    await house.type(house.cast.anna, "завтра утром до двух")
    await house.type(house.cast.ben, "tomorrow only in the evening")
    asked = await house.see(house.cast.owner, "whom not to wait for: “without 2”", peer=house.cast.owner)
    assert "No. 2 Ben Carter: " in asked.text
    proposes(anna_lane(house), 1, "Тогда завтра в 12:00?")
    await house.type(house.cast.owner, ".without 2")
    await house.see(house.cast.owner, "I go on without Ben Carter", peer=house.cast.owner)
    await house.see(house.cast.ben, "it will not work out for us to meet this time")
    await house.see(house.cast.anna, "Тогда завтра в 12:00?")
    house.model.check()


async def test_what_cannot_be_is_said_and_nothing_happens(house: House) -> None:
    await stuck(house)
    for typed, answer in (
        (".без 9", "Задачи № 9 нет"),
        (".без", ".без 1"),
    ):
        await house.type(house.cast.owner, typed)
        await house.see(house.cast.owner, answer, peer=house.cast.owner)
    assert len(tasks.all_open()) == 2


async def test_taking_the_answer_back_takes_back_nothing_else(house: House) -> None:
    """The owner has paused another matter; a slip in the answer about Ben, and `.undo`, must not set that going."""
    await proposed(house)
    asked = await ben_refuses(house)
    await house.type(house.cast.owner, ".пауза 1")
    await house.see(house.cast.owner, "Задача № 1 на паузе", peer=house.cast.owner)
    await house.type(house.cast.owner, "да", reply_to=asked.id)
    await house.see(house.cast.owner, "Договариваюсь с остальными", peer=house.cast.owner)
    await house.type(house.cast.owner, ".undo")
    await house.see(house.cast.owner, "его не вернуть", peer=house.cast.owner)
    task = tasks.get(1)
    assert task is not None
    assert task.paused == "owner"
