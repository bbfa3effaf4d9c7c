"""Protects the owner's word: nothing outside the mandate is agreed, and the contact learns nothing about it."""

import pytest

from tests.flow.conftest import House
from tests.flow.script import MEETING, OPENING, anna_lane, open_meeting, owner_lane, settle_meeting
from userbot.rehearsal.model import Call
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks

LATE = "давай в девять вечера"


async def _ask_for_nine(house: House) -> int:
    """Anna wants 21:00, which is outside; returns the message id of the question to the owner."""
    await house.start_program()
    await open_meeting(house)
    turn(
        anna_lane(house),
        LATE,
        lambda asked: [settle_meeting(asked, 1, LATE, "21:00"), reply(1, "Уточню и вернусь.")],
    )
    await house.type(house.cast.anna, LATE)
    await house.see(house.cast.anna, "Уточню и вернусь.")
    question = await house.see(house.cast.owner, "21:00", peer=house.cast.owner)
    await house.settle()
    (task,) = tasks.all_open()
    assert task.result is None
    assert task.waiting_for == "owner"
    assert "Договорились" not in cards(house)[1]
    return question.id


async def test_an_offer_outside_the_mandate_waits_for_the_owner_and_their_yes_makes_it_fit(house: House) -> None:
    question_id = await _ask_for_nine(house)
    turn(
        anna_lane(house),
        "## From Павел, about task 1",
        lambda asked: [settle_meeting(asked, 1, LATE, "21:00"), reply(1, "Договорились, завтра в 21:00!")],
    )
    await house.type(house.cast.owner, "да", reply_to=question_id)
    await house.see(house.cast.anna, "Договорились, завтра в 21:00!")
    await house.settle()
    assert "Договорились" in cards(house)[1]
    assert "21:00–22:00" in cards(house)[1]
    assert LATE in cards(house)[1]
    house.model.check()


async def test_the_owners_no_goes_back_without_the_limit(house: House) -> None:
    question_id = await _ask_for_nine(house)
    turn(anna_lane(house), "## From Павел, about task 1", lambda _: [reply(1, "Так не получится. А в 16:00?")])
    await house.type(house.cast.owner, "нет", reply_to=question_id)
    await house.see(house.cast.anna, "А в 16:00?")
    (task,) = tasks.all_open()
    assert task.result is None
    house.model.check()


async def test_the_contacts_prompt_never_holds_the_mandate_or_private_notes(house: House) -> None:
    await _ask_for_nine(house)
    for asked in anna_lane(house).asked:
        assert "windows" not in asked.system + asked.messages[1].text
        assert "mandate" not in asked.system + asked.messages[1].text


@pytest.mark.parametrize("at", ["11:00", "19:30", "21:00", "03:00"])
async def test_whatever_the_limit_the_model_reads_the_same_words(house: House, at: str) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(
        anna_lane(house),
        "как скажешь",
        lambda asked: [settle_meeting(asked, 1, "как скажешь", at), reply(1, "Уточню и вернусь.")],
    )
    await house.type(house.cast.anna, "как скажешь")
    await house.settle()
    result, _ = anna_lane(house).asked[-1].tool_results
    assert result.text == (
        "Not recorded: the owner has to be asked, and is. Tell the contact that you will come back to it."
    )


async def test_the_owner_reads_the_card_before_the_contact_is_written_to(house: House) -> None:
    """With the owner's own words beside what became of them, though Saved Messages has to wait a while."""
    await house.start_program()
    house.server.faults.refuse(
        420, "FLOOD_WAIT_20", method="messages.SendMessage", when=lambda request: "№ 1" in request.message, times=1
    )
    await open_meeting(house)
    shown = [message for message in house.dialog(house.cast.owner, house.cast.owner) if "№ 1" in message.text]
    opening = next(message for message in house.dialog(house.cast.owner, house.cast.anna) if message.text == OPENING)
    assert shown
    assert shown[0].id < opening.id
    assert "12:00–20:00" in shown[0].text
    assert f"Ваши слова:\n«{MEETING}»" in shown[0].text


@pytest.mark.parametrize("answer_to", ["card", "question"])
async def test_a_plain_answer_to_a_question_reaches_the_conversation_that_asked(house: House, answer_to: str) -> None:
    """Without the owner's model, which does not know the question."""
    await house.start_program()
    await open_meeting(house)
    turn(
        anna_lane(house),
        "а можно с собакой?",
        lambda _: [
            Call("ask_owner", {"task_id": 1, "question": "Можно ли Анне прийти с собакой?"}),
            reply(1, "Спрошу у Павла."),
        ],
    )
    await house.type(house.cast.anna, "а можно с собакой?")
    await house.see(house.cast.anna, "Спрошу у Павла.")
    # Until the question has rung.
    await house.settle(15)
    shown = [message for message in house.dialog(house.cast.owner, house.cast.owner) if "с собакой" in message.text]
    card, question = sorted(shown, key=lambda message: "№ 1 · Встреча" not in message.text)
    turn(anna_lane(house), ("Можно ли Анне прийти с собакой?", "The answer: да"), lambda _: [reply(1, "Можно!")])
    await house.type(house.cast.owner, "да", reply_to=(card if answer_to == "card" else question).id)
    await house.see(house.cast.anna, "Можно!")
    house.model.check()


async def test_steering_by_a_reply_to_the_card_changes_the_limits_and_goes_on(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    card = await house.see(house.cast.owner, "№ 1", peer=house.cast.owner)

    def steer(asked: object) -> list[Call]:
        return [
            Call(
                "steer_conversation",
                {
                    "task_id": 1,
                    "instruction": "Предложи ещё послезавтра с 10 до 12",
                    "mandate": {
                        "windows": [
                            {"date": "2026-11-23", "from": "12:00", "to": "20:00"},
                            {"date": "2026-11-24", "from": "10:00", "to": "12:00"},
                        ],
                        "timezone": "Europe/Moscow",
                        "duration_minutes": 60,
                    },
                },
            )
        ]

    turn(owner_lane(house), "предложи ещё послезавтра", steer)
    turn(anna_lane(house), "Предложи ещё послезавтра с 10 до 12", lambda _: [reply(1, "Или послезавтра в 10:00?")])
    turn(
        anna_lane(house),
        "послезавтра в десять",
        lambda asked: [settle_meeting(asked, 1, "послезавтра в десять отлично", "10:00", 2), reply(1, "Записала!")],
    )
    await house.type(house.cast.owner, "предложи ещё послезавтра утром", reply_to=card.id)
    await house.see(house.cast.anna, "Или послезавтра в 10:00?")
    await house.type(house.cast.anna, "послезавтра в десять отлично")
    await house.see(house.cast.anna, "Записала!")
    await house.settle()
    assert "вторник, 24 ноября 2026, 10:00–11:00" in cards(house)[1]
    house.model.check()
