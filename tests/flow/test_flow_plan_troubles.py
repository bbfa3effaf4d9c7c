"""Protects one meeting with several people where one of them is the trouble: no person at all, out of reach, in the
owner's own hands, in another zone, or somebody the owner moves it with."""

from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.plan_script import (
    COMMAND,
    SETTLED,
    YES,
    agreed,
    anna_can,
    asked_anew,
    begins,
    both_agree,
    both_can,
    card,
    ends,
    held,
    opening,
    opens,
    proposed,
    proposes,
    says_yes,
    says_yes_first,
    together,
)
from tests.flow.script import anna_lane, ben_lane, owner_lane, settle_meeting, steers
from userbot.rehearsal.model import Asked, Call
from userbot.rehearsal.script import day, id_of, reply, turn
from userbot.rehearsal.story import WEEKDAYS, ZONE
from userbot.store import tasks


async def test_with_a_bot_among_them_nothing_begins_and_the_owner_reads_so(house: House) -> None:
    house.server.world.add_account("+7 999 100-00-10", "Бот", username="some_bot", bot=True)
    turn(owner_lane(house), "найди час", together("@ben", "@some_bot"))
    await house.start_program()
    await house.type(house.cast.owner, f"{COMMAND} и @some_bot")
    said = await house.see(house.cast.owner, "Общую встречу не начинаю, никому не пишу", peer=house.cast.owner)
    assert "@some_bot" in said.text
    await house.settle()
    assert tasks.latest(9) == []
    assert not any("ассистент" in text for text in house.texts(house.cast.anna))
    house.model.check()


async def test_who_cannot_be_reached_is_put_to_the_owner_and_the_other_is_not_held_up(house: House) -> None:
    house.cast.owner.blocked.add(house.cast.ben.id)
    await begins(house)
    await house.see(house.cast.anna, opening(1))
    asked = await house.see(house.cast.owner, "Договариваться без этого участника?", peer=house.cast.owner)
    await anna_can(house)
    proposes(anna_lane(house), 1, "Подойдёт завтра в 14:00?")
    await house.type(house.cast.owner, "да", reply_to=asked.id)
    await house.see(house.cast.anna, "Подойдёт завтра в 14:00?")
    await house.settle()
    assert (ends(1), ends(2)) == (None, "undeliverable")
    house.model.check()


async def test_the_owner_reads_who_does_not_know_that_it_is_settled(house: House) -> None:
    """Ben has said yes and cannot be reached when the last yes comes."""
    await proposed(house)
    await says_yes_first(house, 2)
    house.cast.owner.blocked.add(house.cast.ben.id)
    says_yes(anna_lane(house), 1, YES, "16:00")
    await house.type(house.cast.anna, YES)
    await house.see(house.cast.anna, SETTLED)
    said = await house.see(house.cast.owner, "не знает, что общее время подтверждено", peer=house.cast.owner)
    assert "Ben Carter" in said.text
    await house.settle(120)
    texts = house.texts(house.cast.owner)
    assert sum("не знает, что общее время" in text for text in texts) == 1
    house.model.check()


async def test_what_the_owner_takes_into_their_own_hands_holds_all_until_they_hand_it_back(house: House) -> None:
    await proposed(house)
    await says_yes_first(house)
    house.server.world.send(house.cast.owner, house.cast.ben, "Бен, это я сам. В четыре сможешь?")
    await house.settle()
    assert "Ben Carter: на паузе, остальные ждут" in card(house, 1)
    await house.type(house.cast.ben, YES)
    await house.settle(120)
    assert (ends(1), ends(2)) == (None, None), "nothing is agreed behind the owner's back"
    turn(
        ben_lane(house),
        "handed this task back",
        lambda asked: [settle_meeting(asked, 2, YES, "16:00"), reply(2, "Спасибо!")],
    )
    await house.type(house.cast.owner, ".дальше 2")
    await house.see(house.cast.anna, SETTLED)
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "agreed")
    assert held(1) == held(2) == ["23 16:00"]
    house.model.check()


async def test_a_yes_by_the_clocks_of_another_zone_is_the_same_yes(house: House) -> None:
    """Ben is in Yekaterinburg, two hours ahead: six there is four in Moscow."""
    await proposed(house)
    await says_yes_first(house)
    said = "да, в шесть по-нашему"

    def in_his_zone(asked: Asked) -> list[Call]:
        when = day(asked, 1)
        result = {
            "date": when.isoformat(),
            "time": "18:00",
            "timezone": "Asia/Yekaterinburg",
            "duration_minutes": 60,
            "weekday": WEEKDAYS[when.weekday()],
            "said": said,
            "place": None,
            "summary": "Подходит.",
        }
        given = {"task_id": 2, "status": "completed", "result": result, "evidence": [id_of(asked, said)]}
        return [Call("update_conversation", given), reply(2, "Спасибо, подтвержу позже.")]

    turn(ben_lane(house), said, in_his_zone)
    await house.type(house.cast.ben, said)
    for person, clock in ((house.cast.anna, "16:00–17:00 МСК"), (house.cast.ben, "18:00–19:00 UTC+05")):
        assert clock in (await house.see(person, SETTLED)).text, "each by the clocks they spoke of"
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "agreed")
    assert held(1) == held(2) == ["23 16:00"]
    house.model.check()


async def test_the_owner_moves_what_was_agreed_and_all_are_asked_anew(house: House) -> None:
    """Said to one of its cards: everybody hears that another day is wanted, and the first hour stays until then."""
    await agreed(house)
    later = steers(2, "Перенесите на среду, с 12 до 20.", 3, private_notes=None, mode=None)
    turn(owner_lane(house), "перенеси на среду", later)
    asked_anew(anna_lane(house), 1, "Увы, переносится. Когда в среду?")
    asked_anew(ben_lane(house), 2, "Переносим на среду. Когда удобно?")
    shown = house.dialog(house.cast.owner, house.cast.owner)
    (theirs,) = [one for one in shown if one.text.startswith("№ 2 ·")]
    await house.type(house.cast.owner, "перенеси на среду", reply_to=theirs.id)
    await house.see(house.cast.anna, "Когда в среду?")
    await house.see(house.cast.ben, "Переносим на среду")
    await house.settle()
    assert held(1) == held(2) == ["23 16:00"]
    await both_can(house, "в среду в час", (3, "13:00", None), "Итак, в среду в 13:00?")
    await both_agree(house, "Итак, в среду в 13:00?", "да, в среду", "13:00", 3)
    await house.see(house.cast.anna, "среда, 25.11, 13:00–14:00")
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "agreed")
    assert held(1) == held(2) == ["25 13:00"]
    house.model.check()


async def test_messages_that_wait_for_a_yes_do_so_for_each_of_them(house: House) -> None:
    """With every message shown first, nothing of a plan goes out unseen, from the first message to the news."""
    house.settings = replace(house.settings, approval_mode="draft")
    await begins(house)
    for task_id in (1, 2):
        asked = await house.see(house.cast.owner, f"✋ Отправить? № {task_id} ·", peer=house.cast.owner)
        assert opening(task_id) not in house.texts(house.cast.anna if task_id == 1 else house.cast.ben)
        await house.type(house.cast.owner, "да", reply_to=asked.id)
    await house.see(house.cast.anna, opening(1))
    await house.see(house.cast.ben, opening(2))
    house.model.check()


async def test_begun_while_another_matter_is_open_with_one_of_them(house: House) -> None:
    """Anna has a question open as well: her word about the one settles nothing of the other."""
    question = {"question": "Когда будет отчёт?", "details": None, "choices": None, "answer_format": None}
    given = {"user": "@anna", "together_with": None, "type": "question", "context": question, "mandate": None}
    turn(owner_lane(house), "спроси", lambda _: [Call("start_conversation", {**given, "private_notes": None})])
    turn(
        anna_lane(house),
        "Write the first message of task 1",
        lambda _: [reply(1, "Здравствуйте! Это ассистент Павла. Когда отчёт?")],
    )
    await house.start_program()
    await house.type(house.cast.owner, ". спроси @anna, когда будет отчёт")
    await house.see(house.cast.anna, "Когда отчёт?")
    turn(owner_lane(house), "найди час", together("@ben"))
    opens(anna_lane(house), 2)
    opens(ben_lane(house), 3)
    await house.type(house.cast.owner, COMMAND)
    await house.see(house.cast.anna, opening(2))
    await house.see(house.cast.ben, opening(3))
    both = "отчёт в пятницу, а встретиться могу завтра с 14 до 18"

    def answers(asked: Asked) -> list[Call]:
        evidence = [id_of(asked, both)]
        when = day(asked, 1).isoformat()
        times = [{"date": when, "from": "14:00", "to": "18:00"}]
        answer = {"answer": "в пятницу", "choice": None, "number": None, "unit": None, "quote": "отчёт в пятницу"}
        settled = {"task_id": 1, "status": "completed", "result": {**answer, "summary": "В пятницу."}}
        return [
            Call("update_conversation", {**settled, "evidence": evidence}),
            Call("record_times", {"task_id": 2, "times": times, "timezone": ZONE, "evidence": evidence}),
            reply(2, "Спасибо за оба ответа!"),
        ]

    turn(anna_lane(house), both, answers)
    await house.type(house.cast.anna, both)
    await house.see(house.cast.anna, "Спасибо за оба ответа!")
    await house.settle()
    assert (ends(1), ends(2), ends(3)) == ("agreed", None, None)
    assert "Анна Кузнецова: время есть" in card(house, 3)
    house.model.check()
