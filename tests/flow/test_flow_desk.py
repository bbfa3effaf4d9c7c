"""Protects the owner's desk as a whole: several instructions in one command, taking one back, the language."""

from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.script import (
    MEETING,
    OPENING,
    OPENING_BEN,
    anna_lane,
    ben_lane,
    meeting,
    open_meeting,
    owner_lane,
    question,
    settle_meeting,
)
from userbot.rehearsal.model import Asked, Call
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks

BOTH = ". договорись с {first} о встрече завтра, а у {second} спроси, какая версия финальная"


def ask_for_both(house: House, first: str = "@anna", second: str = "@ben") -> str:
    def calls(asked: Asked) -> list[Call]:
        return [*meeting(first)(asked), *question(second)(asked)]

    turn(owner_lane(house), "договорись", calls)
    return BOTH.format(first=first, second=second)


def own(house: House) -> list[str]:
    """What this program wrote in Saved Messages."""
    owner = house.cast.owner
    return [text for text in house.texts(owner, owner) if not text.startswith(".")]


async def test_two_instructions_in_one_command_are_two_tasks_with_a_card_each_and_nothing_else(house: House) -> None:
    await house.start_program()
    typed = ask_for_both(house)
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    turn(ben_lane(house), "Write the first message", lambda _: [reply(2, OPENING_BEN)])
    await house.type(house.cast.owner, typed)
    await house.see(house.cast.anna, OPENING)
    await house.see(house.cast.ben, OPENING_BEN)
    await house.settle(60)
    shown = cards(house)
    assert "Анна" in shown[1]
    assert "Ben" in shown[2]
    assert sorted(own(house)) == sorted(shown.values()), "more than a card for each task"
    house.model.check()


async def test_a_recipient_nobody_knows_does_not_hold_up_the_other(house: House) -> None:
    await house.start_program()
    typed = ask_for_both(house, first="@nobody_here")
    turn(ben_lane(house), "Write the first message", lambda _: [reply(1, OPENING_BEN)])
    await house.type(house.cast.owner, typed)
    await house.see(house.cast.ben, OPENING_BEN)
    await house.see(house.cast.owner, "Не нашлось: @nobody_here", peer=house.cast.owner)
    await house.settle(60)
    assert [task.user_id for task in tasks.all_open()] == [house.cast.ben.id]
    house.model.check()


async def test_namesakes_wait_for_a_choice_while_the_other_is_written_to(house: House) -> None:
    other = house.server.world.add_account("+7 999 100-00-09", "Анна", "Белова", username="anna_b")
    house.server.world.add_contact(house.cast.owner, other)
    await house.start_program()
    typed = ask_for_both(house, first="Анна")
    turn(ben_lane(house), "Write the first message", lambda _: [reply(1, OPENING_BEN)])
    await house.type(house.cast.owner, typed)
    asked = await house.see(house.cast.owner, "Кого вы имели в виду", peer=house.cast.owner)
    await house.see(house.cast.ben, OPENING_BEN)
    number = next(line[0] for line in asked.text.split("\n") if "Кузнецова" in line)
    turn(anna_lane(house), "Write the first message", lambda _: [reply(2, OPENING)])
    await house.type(house.cast.owner, number, reply_to=asked.id)
    await house.see(house.cast.anna, OPENING)
    house.model.check()


async def test_a_recipient_who_blocks_does_not_hold_up_the_other(house: House) -> None:
    house.cast.owner.blocked.add(house.cast.anna.id)
    await house.start_program()
    typed = ask_for_both(house)
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    turn(ben_lane(house), "Write the first message", lambda _: [reply(2, OPENING_BEN)])
    await house.type(house.cast.owner, typed)
    await house.see(house.cast.ben, OPENING_BEN)
    await house.see(house.cast.owner, "Не доставлено", peer=house.cast.owner)
    assert [task.user_id for task in tasks.all_open()] == [house.cast.ben.id]
    house.model.check()


async def test_a_command_is_taken_back_with_all_it_opened(house: House) -> None:
    """The contact has the first message: that is said, and nobody answers them any more."""
    await house.start_program()
    await open_meeting(house)
    await house.type(house.cast.owner, ".отмена")
    answer = await house.see(house.cast.owner, "↩️", peer=house.cast.owner)
    assert "№ 1 остановлена" in answer.text
    assert "Контакту уже ушло: 1 сообщение" in answer.text
    await house.type(house.cast.anna, "Давайте в два")
    await house.settle(300)
    assert house.texts(house.cast.anna)[-1] == "Давайте в два"
    house.model.check()


async def test_a_stop_of_the_wrong_task_is_taken_back_and_the_conversation_goes_on(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.type(house.cast.owner, ".стоп 1")
    await house.see(house.cast.owner, "№ 1 остановлена", peer=house.cast.owner)
    await house.type(house.cast.anna, "давай в три")
    await house.settle(30)
    turn(
        anna_lane(house),
        "The owner had stopped this task by mistake",
        lambda asked: [settle_meeting(asked, 1, "давай в три", "15:00"), reply(1, "Отлично, до завтра!")],
    )
    await house.type(house.cast.owner, ".отмена")
    await house.see(house.cast.owner, "№ 1 снова открыта", peer=house.cast.owner)
    await house.see(house.cast.anna, "Отлично, до завтра!")
    await house.settle(60)
    assert "✅ Договорились о встрече" in cards(house)[1]
    house.model.check()


async def test_a_stop_before_the_first_message_is_taken_back_and_it_is_written(house: House) -> None:
    house.settings = replace(house.settings, approval_mode="draft")
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, MEETING)
    await house.see(house.cast.owner, "✋ Отправить?", peer=house.cast.owner)
    await house.type(house.cast.owner, ".стоп 1")
    await house.settle(10)
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING + " Очень нужно")])
    await house.type(house.cast.owner, ".отмена")
    await house.see(house.cast.owner, "Очень нужно", peer=house.cast.owner)
    await house.settle(30)
    assert not any(OPENING in text for text in house.texts(house.cast.anna)), "it waits for a yes, as before"
    house.model.check()


async def test_the_language_the_owner_sets_wins_and_outlives_a_restart(house: House) -> None:
    await house.start_program()
    await house.type(house.cast.owner, ".язык en")
    await house.see(house.cast.owner, "Answers are in: English", peer=house.cast.owner)
    await house.stop_program()
    await house.start_program()
    await house.type(house.cast.owner, ".задачи")
    await house.see(house.cast.owner, "No open tasks", peer=house.cast.owner)
    await open_meeting(house)
    await house.settle(10)
    assert tasks.all_open()[0].language == "en"
    await house.type(house.cast.owner, ".lang auto")
    await house.type(house.cast.owner, ".задачи")
    await house.see(house.cast.owner, "Открыто:", peer=house.cast.owner)


async def test_the_digest_comes_once_a_day_over_restarts_and_days_off(house: House) -> None:
    house.settings = replace(house.settings, digest_at=9 * 60)
    await house.start_program()
    await open_meeting(house)
    await house.type(house.cast.owner, ".пауза 1")

    def digests() -> list[str]:
        return [text.split("\n")[0] for text in own(house) if "Сводка" in text]

    # The day began before the program did, with nothing to say then.
    await house.settle(600)
    assert len(digests()) <= 1
    before = len(digests())
    await house.days_pass(0.5)
    await house.settle(600)
    assert len(digests()) == before, "in the night"
    await house.days_pass(0.5)
    await house.see(house.cast.owner, "Сводка: понедельник, 23 ноября 2026", peer=house.cast.owner)
    await house.kill_program()
    await house.start_program()
    await house.settle(600)
    assert len(digests()) == before + 1
    await house.days_pass(3)
    await house.see(house.cast.owner, "Сводка: четверг, 26 ноября 2026", peer=house.cast.owner)
    await house.settle(600)
    assert len(digests()) == before + 2
