"""Protects one meeting with several people: each is asked apart, one time is put to all, and nothing is agreed before
everybody has said yes to it; whatever fails gives the hour back, and nobody learns what another said."""

from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.plan_script import (
    COMMAND,
    OFF,
    SETTLED,
    YES,
    anna_can,
    asked_anew,
    begun,
    ben_refuses,
    card,
    ends,
    held,
    no_common_time,
    opening,
    opens,
    proposed,
    proposes,
    proposes_four,
    rang,
    says_when,
    says_yes,
    says_yes_first,
    together,
)
from tests.flow.script import anna_lane, ben_lane, owner_lane, steers
from userbot.rehearsal.model.scripted import Lane
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.telegram import Account
from userbot.store import busy, plans, tasks

# --- it comes about -------------------------------------------------------------------------------------------------


async def test_everybody_says_yes_to_one_time_and_it_is_agreed_at_once_for_all(house: House) -> None:
    await proposed(house)
    assert held(1) == held(2) == ["23 16:00"]
    assert "Предложено всем: пн, 23 ноября, 16:00" in card(house, 1)
    await says_yes_first(house)
    await house.settle()
    assert (ends(1), ends(2)) == (None, None), "one yes agrees nothing"
    assert "Анна Кузнецова: да; Ben Carter: ждём ответа" in card(house, 2)
    says_yes(ben_lane(house), 2, YES, "16:00")
    await house.type(house.cast.ben, YES)
    for person in (house.cast.anna, house.cast.ben):
        told = await house.see(person, SETTLED)
        assert "понедельник, 23.11, 16:00–17:00 МСК" in told.text
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "agreed")
    assert held(1) == held(2) == ["23 16:00"]
    job, other = busy.event_of(1), busy.event_of(2)
    assert job is not None
    assert job.meeting is not None
    assert job.meeting["summary"] == "план на квартал: Анна Кузнецова, Ben Carter"
    assert other is None, "one meeting in the calendar, not two"
    assert rang(house) == ["✅ № 1, 2 · Анна Кузнецова, Ben Carter: пн, 23 ноября, 16:00–17:00 МСК"]
    files = [one for one in house.dialog(house.cast.owner, house.cast.owner) if one.media is not None]
    assert len(files) == 1
    house.model.check()


async def test_three_people_meet_where_all_of_them_can(house: House) -> None:
    world, owner = house.server.world, house.cast.owner
    vera = world.add_account("+7 999 100-00-04", "Вера", "Лебедева", username="vera")
    world.add_contact(owner, vera)
    world.send(vera, owner, "Добрый день!")
    vera_lane = house.model.lane("Вера", '{"contact": "Вера Лебедева"}')
    turn(owner_lane(house), "найди час", together("@ben", "@vera"))
    people: list[tuple[Lane, int, Account, str, tuple[int, str, str | None]]] = [
        (anna_lane(house), 1, house.cast.anna, "завтра днём", (1, "12:00", "18:00")),
        (ben_lane(house), 2, house.cast.ben, "после трёх", (1, "15:00", "20:00")),
        (vera_lane, 3, vera, "могу в пять", (1, "17:00", None)),
    ]
    for lane, task_id, _, said, times in people:
        opens(lane, task_id)
        says_when(lane, task_id, said, times)
        proposes(lane, task_id, "Завтра в 17:00?")
        says_yes(lane, task_id, YES, "17:00")
    await house.start_program()
    await house.type(owner, f"{COMMAND} и @vera")
    for _, task_id, person, said, _ in people:
        await house.see(person, opening(task_id))
        world.send(person, owner, said)
    for _, _, person, _, _ in people:
        await house.see(person, "Завтра в 17:00?")
        world.send(person, owner, YES)
    for _, _, person, _, _ in people:
        await house.see(person, SETTLED)
    await house.settle()
    assert [ends(n) for n in (1, 2, 3)] == ["agreed"] * 3
    assert held(1) == held(2) == held(3) == ["23 17:00"]
    assert len(rang(house)) == 1
    house.model.check()


async def test_who_cannot_make_the_time_is_offered_the_next_that_suits_all(house: House) -> None:
    await proposed(house)
    await says_yes_first(house)
    says_when(ben_lane(house), 2, "в четыре не выходит, могу в пять", (1, "17:00", "18:00"))
    proposes(anna_lane(house), 1, "То время отпало. А завтра в 17:00?")
    proposes(ben_lane(house), 2, "Тогда завтра в 17:00?")
    await house.type(house.cast.ben, "в четыре не выходит, могу в пять")
    await house.see(house.cast.ben, "Тогда завтра в 17:00?")
    await house.see(house.cast.anna, "А завтра в 17:00?")
    await house.settle()
    assert held(1) == held(2) == ["23 17:00"], "the time that fell through is free again"
    anew = "хорошо, в пять"
    says_yes(ben_lane(house), 2, anew, "17:00")
    await house.type(house.cast.ben, anew)
    await house.settle()
    assert ends(2) is None, "Anna's yes was to another time"
    says_yes(anna_lane(house), 1, anew, "17:00")
    await house.type(house.cast.anna, anew)
    await house.see(house.cast.ben, SETTLED)
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "agreed")
    house.model.check()


# --- it does not come about so easily -------------------------------------------------------------------------------


async def test_when_somebody_refuses_the_owner_decides_and_no_calls_it_off(house: House) -> None:
    await proposed(house)
    asked = await ben_refuses(house)
    assert "Ben Carter: отказ" in asked.text
    await house.settle()
    assert held(1) == held(2) == [], "the hour is free while the owner thinks"
    await house.type(house.cast.owner, "а что он сказал?", reply_to=asked.id)
    await house.see(house.cast.owner, "Ответьте на вопрос: да или нет", peer=house.cast.owner)
    await house.type(house.cast.owner, "нет", reply_to=asked.id)
    await house.see(house.cast.anna, OFF)
    await house.see(house.cast.owner, "Общая встреча отменена: задачи № 1, 2", peer=house.cast.owner)
    await house.settle()
    assert (ends(1), ends(2)) == ("stopped", "declined")
    assert not any(OFF in text for text in house.texts(house.cast.ben))
    house.model.check()


async def test_the_others_meet_without_who_refuses_when_the_owner_says_so(house: House) -> None:
    await proposed(house)
    await says_yes_first(house)
    asked = await ben_refuses(house)
    await house.type(house.cast.owner, "да", reply_to=asked.id)
    await house.see(house.cast.anna, SETTLED)
    await house.settle()
    assert (ends(1), ends(2)) == ("agreed", "declined")
    assert held(1) == ["23 16:00"]
    assert "Ben Carter: без участия" in card(house, 1)
    house.model.check()


async def test_with_no_time_for_all_the_owner_is_asked_once_and_other_limits_ask_everybody_anew(house: House) -> None:
    asked = await no_common_time(house)
    assert "Анна Кузнецова: пн, 23 ноября, 12:00–14:00 МСК" in asked.text
    assert "Ben Carter: пн, 23 ноября, 18:00–20:00 МСК" in asked.text
    await house.settle()
    assert len(rang(house)) == 1
    later = steers(1, "Можно в среду или четверг с 10 до 20.", 3, 4, start="10:00", private_notes=None)
    turn(owner_lane(house), "в среду или четверг", later)
    asked_anew(anna_lane(house), 1, "А в среду или четверг?")
    asked_anew(ben_lane(house), 2, "Может, среда или четверг?")
    await house.type(house.cast.owner, "можно ещё в среду или четверг с 10", reply_to=asked.id)
    await house.see(house.cast.anna, "А в среду или четверг?")
    await house.see(house.cast.ben, "Может, среда или четверг?")
    (free,) = [line for line in ben_lane(house).asked[-2].text.splitlines() if line.startswith("Wed 2026-11-25")]
    assert "Thu 2026-11-26" in free, "the owner's new limits hold for everybody"
    assert "среду или четверг с 10" not in ben_lane(house).asked[-1].text, "said to one of them"
    house.model.check()


async def test_who_does_not_answer_is_reminded_and_given_up_while_who_has_answered_is_left_alone(house: House) -> None:
    house.settings = replace(house.settings, follow_ups=1, follow_up_hours=1.0)
    await begun(house)
    await anna_can(house)
    turn(ben_lane(house), "The contact has not answered", lambda _: [reply(2, "Напоминаю о встрече")])
    await house.settle(3700)
    await house.see(house.cast.ben, "Напоминаю о встрече")
    await house.settle(3700)
    asked = await house.see(house.cast.owner, "Договариваться без этого участника?", peer=house.cast.owner)
    assert "Ben Carter: нет ответа" in asked.text
    assert ends(1) is None
    assert len(anna_lane(house).asked) == 4, "nobody reminds who has answered"
    # Late, but before the owner has said anything: he is in it again.
    says_when(ben_lane(house), 2, "простите, могу завтра в 16", (1, "16:00", None))
    proposes_four(house)
    await house.type(house.cast.ben, "простите, могу завтра в 16")
    await house.see(house.cast.anna, "Подойдёт завтра в 16:00?")
    await house.see(house.cast.owner, "вопрос снят", peer=house.cast.owner)
    house.model.check()


# --- it survives ----------------------------------------------------------------------------------------------------


async def test_killed_in_the_middle_it_goes_on_where_it_was(house: House) -> None:
    await begun(house)
    await anna_can(house)
    await house.kill_program()
    await house.type(house.cast.ben, "завтра в 16")
    says_when(ben_lane(house), 2, "завтра в 16", (1, "16:00", None))
    proposes_four(house)
    await house.start_program()
    await house.see(house.cast.anna, "Подойдёт завтра в 16:00?")
    await house.see(house.cast.ben, "Удобно завтра в 16:00?")
    await house.kill_program()
    says_yes(anna_lane(house), 1, YES, "16:00")
    says_yes(ben_lane(house), 2, YES, "16:00")
    for person in (house.cast.anna, house.cast.ben):
        await house.type(person, YES)
    await house.start_program()
    await house.see(house.cast.anna, SETTLED)
    await house.see(house.cast.ben, SETTLED)
    await house.settle()
    assert [SETTLED in text for text in house.texts(house.cast.anna)].count(True) == 1
    house.model.check()


# --- who is meant ---------------------------------------------------------------------------------------------------


async def test_nobody_is_written_to_before_it_is_clear_who_everybody_is(house: House) -> None:
    world, owner = house.server.world, house.cast.owner
    for last_name, phone in (("Белова", "+7 999 100-00-05"), ("Чернова", "+7 999 100-00-06")):
        world.add_contact(owner, world.add_account(phone, "Мария", last_name))
    turn(owner_lane(house), "найди час", together("Мария"))
    await house.start_program()
    await house.type(owner, ". найди час завтра с 12 до 20 для меня, @anna и Марии")
    asked = await house.see(owner, "Кого вы имели в виду: Мария?", peer=owner)
    assert "Анна Кузнецова (@anna), Мария" in asked.text
    await house.settle()
    assert tasks.all_open() == []
    opens(anna_lane(house), 1)
    maria = house.model.lane("Мария", '{"contact": "Мария Белова"}')
    opens(maria, 2)
    number = next(line for line in asked.text.splitlines() if "Белова" in line)[0]
    await house.type(owner, number, reply_to=asked.id)
    await house.see(house.cast.anna, opening(1))
    await house.settle()
    plan = plans.of_task(1)
    assert plan is not None
    assert [one.task_id for one in plan.members] == [1, 2]
    house.model.check()
