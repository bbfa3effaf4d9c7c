"""Protects owners from relying on a promise nobody looked after, and contacts from being pestered: who takes something
on is asked once before its date and once after it; done, late and stuck reach the owner, with the contact's words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tests.flow.conftest import House
from tests.flow.script import anna_lane, owner_lane
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.script import id_of, reply, start, turn
from userbot.rehearsal.story import ZONE, cards
from userbot.store import tasks
from userbot.store.tasks import Task

REPORT = {"what": "прислать отчёт", "why": None, "due_words": "к пятнице, 27 ноября", "due_date": "2026-11-27"}
BY_FRIDAY = {
    "windows": [{"date": "2026-11-27", "from": "00:00", "to": "24:00"}],
    "timezone": ZONE,
    "duration_minutes": None,
}
BY_MONDAY = {**BY_FRIDAY, "windows": [{"date": "2026-11-30", "from": "00:00", "to": "24:00"}]}
OPENING = "Аня, привет! Это ассистент Павла. Пришлёшь отчёт к пятнице, 27 ноября?"
YES = "да, сделаю к пятнице"
THANKS = "Спасибо! Жду отчёт к пятнице."
HOW = "Аня, как отчёт? Успеваешь к пятнице?"
IS_IT = "Аня, отчёт готов?"


def task() -> Task:
    found = tasks.get(1)
    assert found is not None
    return found


def taken_on(asked: Asked, said: str, due: str = "2026-11-27", **changed: object) -> Call:
    result = {
        "accepted": True,
        "conditions": None,
        "due_date": due,
        "due_time": None,
        "timezone": ZONE,
        "price": None,
        "summary": "Анна пришлёт отчёт.",
        **changed,
    }
    given = {"task_id": 1, "status": "completed", "result": result, "evidence": [id_of(asked, said)]}
    return Call("update_conversation", given)


def progress(asked: Asked, state: str, said: str, due: str | None = None) -> Call:
    zone = None if due is None else ZONE
    given = {"task_id": 1, "state": state, "due_date": due, "due_time": None, "timezone": zone}
    return Call("report_progress", {**given, "evidence": [id_of(asked, said)]})


async def take_on(house: House, mandate: Mapping[str, object] = BY_FRIDAY) -> None:
    """On Sunday at 16:00 Anna says that she does it by the end of Friday."""
    await house.start_program()
    turn(
        owner_lane(house), "попроси", lambda _: [start("@anna", "task_assignment", dict(REPORT), mandate=dict(mandate))]
    )
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, ". попроси @anna прислать отчёт к пятнице")
    await house.see(house.cast.anna, OPENING)
    turn(anna_lane(house), YES, lambda asked: [taken_on(asked, YES), reply(1, THANKS)])
    await house.type(house.cast.anna, YES)
    await house.see(house.cast.anna, THANKS)
    await house.settle()


async def until(house: House, day: int, hour: int) -> None:
    """The program is off until then (Moscow time, November), and has looked since."""
    then = datetime(2026, 11, day, hour - 3, tzinfo=UTC)
    await house.days_pass((then - house.clock.now()).total_seconds() / 86400)
    await house.settle(90)


async def asked_how_it_stands(house: House) -> None:
    turn(anna_lane(house), ("due soon", '"taken_on"'), lambda _: [reply(1, HOW)])
    await until(house, 26, 19)
    await house.see(house.cast.anna, HOW)


async def test_asked_before_and_after_and_done_is_reported_with_the_contacts_words(house: House) -> None:
    await take_on(house)
    told = await house.see(
        house.cast.owner, "🤝 № 1 · Анна Кузнецова: взято, срок пятница, 27 ноября", peer=house.cast.owner
    )
    assert told
    assert (task().status, task().waiting_for) == ("in_progress", "time")
    assert "Спрошу, как дела: четверг, 26 ноября 2026, 16:00" in cards(house)[1]
    await until(house, 26, 12)
    assert house.texts(house.cast.anna)[-1] == THANKS
    await asked_how_it_stands(house)
    turn(anna_lane(house), "почти готов", lambda _: [reply(1, "Отлично!")])
    await house.type(house.cast.anna, "да, почти готов")
    await house.see(house.cast.anna, "Отлично!")
    # Neither a restart nor the rest of the time brings it again; nobody is asked on Friday night.
    await until(house, 27, 10)
    await until(house, 28, 5)
    assert house.texts(house.cast.anna)[-1] == "Отлично!"
    turn(anna_lane(house), "The date of task 1 is over", lambda _: [reply(1, IS_IT)])
    await until(house, 28, 9)
    await house.see(house.cast.anna, IS_IT)
    assert "Срок прошёл" in cards(house)[1]
    done = "да, отправила утром"
    turn(anna_lane(house), done, lambda asked: [progress(asked, "done", done), reply(1, "Спасибо большое!")])
    await house.type(house.cast.anna, done)
    await house.see(house.cast.anna, "Спасибо большое!")
    ended = await house.see(house.cast.owner, "✅ № 1", peer=house.cast.owner)
    assert done in ended.text
    await house.settle()
    assert task().closed_because == "agreed"
    assert "Сделано, по словам контакта" in cards(house)[1]
    assert done in cards(house)[1]
    await until(house, 30, 12)
    assert house.texts(house.cast.anna)[-1] == "Спасибо большое!"
    house.model.check()


async def test_a_new_date_outside_the_limits_is_asked_of_the_owner_and_then_asked_about(house: House) -> None:
    await take_on(house)
    await asked_how_it_stands(house)
    later = "не успеваю, будет в понедельник"

    def is_late(asked: Asked) -> list[Call]:
        return [progress(asked, "late", later, "2026-11-30"), reply(1, "Уточню у Павла и вернусь.")]

    turn(anna_lane(house), later, is_late)
    await house.type(house.cast.anna, later)
    await house.see(house.cast.anna, "Уточню у Павла")
    question = await house.see(house.cast.owner, "Почему спрашиваю: позже срока", peer=house.cast.owner)
    assert later in question.text
    assert task().deadline == datetime(2026, 11, 27, 21, tzinfo=UTC)
    await house.settle()

    # It records it again, by whichever of the two tools.
    turn(
        anna_lane(house),
        "The owner agrees to exactly this",
        lambda asked: [taken_on(asked, later, "2026-11-30"), reply(1, "Понедельник подходит, спасибо!")],
    )
    await house.type(house.cast.owner, "да", reply_to=question.id)
    await house.see(house.cast.anna, "Понедельник подходит")
    told = await house.see(house.cast.owner, "⏰ № 1", peer=house.cast.owner)
    assert "новый срок понедельник, 30 ноября 2026, был пятница, 27 ноября 2026" in told.text
    # The old date is nobody's any more.
    await until(house, 28, 12)
    assert house.texts(house.cast.anna)[-1] == "Понедельник подходит, спасибо!"
    turn(anna_lane(house), "due soon", lambda _: [reply(1, "Аня, успеваешь к понедельнику?")])
    await until(house, 30, 12)
    await house.see(house.cast.anna, "успеваешь к понедельнику")
    house.model.check()


async def test_a_new_date_within_the_limits_is_taken_and_told(house: House) -> None:
    await take_on(house, BY_MONDAY)
    await asked_how_it_stands(house)
    later = "давай в субботу"
    turn(
        anna_lane(house),
        later,
        lambda asked: [progress(asked, "late", later, "2026-11-28"), reply(1, "Хорошо, суббота подходит.")],
    )
    await house.type(house.cast.anna, later)
    await house.see(house.cast.anna, "суббота подходит")
    told = await house.see(house.cast.owner, "⏰ № 1", peer=house.cast.owner)
    assert "новый срок суббота, 28 ноября 2026" in told.text
    await house.settle()
    assert task().status == "in_progress"
    assert later in cards(house)[1]
    house.model.check()


async def test_stuck_is_asked_of_the_owner_at_once_and_the_answer_goes_on_with_the_check_ins(house: House) -> None:
    await take_on(house)
    await asked_how_it_stands(house)
    stuck = "не могу, нет доступа к таблице"
    turn(anna_lane(house), stuck, lambda asked: [progress(asked, "stuck", stuck), reply(1, "Передам Павлу и вернусь.")])
    await house.type(house.cast.anna, stuck)
    question = await house.see(house.cast.owner, "что передать", peer=house.cast.owner)
    assert stuck in question.text
    assert question.text.endswith("Ответьте на это сообщение, что передать.")
    await house.settle()
    assert task().waiting_for == "owner"
    # While the owner owes an answer nobody is asked whether it is done.
    await until(house, 28, 12)
    steer = {"task_id": 1, "instruction": "Доступ открыт.", "mandate": None, "private_notes": None}
    turn(owner_lane(house), "дал доступ", lambda _: [Call("steer_conversation", steer)])
    turn(anna_lane(house), "Доступ открыт.", lambda _: [reply(1, "Аня, доступ открыт!")])
    await house.type(house.cast.owner, "дал доступ", reply_to=question.id)
    await house.see(house.cast.anna, "доступ открыт!")
    turn(anna_lane(house), "The date of task 1 is over", lambda _: [reply(1, IS_IT)])
    await until(house, 29, 12)
    await house.see(house.cast.anna, IS_IT)
    house.model.check()


async def test_no_answer_after_the_date_ends_it_and_says_that_nothing_is_known(house: House) -> None:
    house.settings = replace(house.settings, follow_ups=1, follow_up_hours=24.0)
    await take_on(house)
    anna_lane(house).add(Step(Said(calls=(Call("stay_silent", {"reason": "said so"}),)), "due soon"))
    await until(house, 26, 19)
    assert house.texts(house.cast.anna)[-1] == THANKS
    # Silence before the date is no silence.
    turn(anna_lane(house), "The date of task 1 is over", lambda _: [reply(1, IS_IT)])
    await until(house, 28, 12)
    turn(anna_lane(house), "reminder 1 of 1", lambda _: [reply(1, "Аня, скажи, пожалуйста, что с отчётом?")])
    await until(house, 29, 14)
    await house.see(house.cast.anna, "что с отчётом?")
    await until(house, 30, 16)
    assert task().closed_because == "no_answer"
    await house.see(house.cast.owner, "Сделано ли, неизвестно", peer=house.cast.owner)
    await house.settle()
    assert "Было согласовано:" in cards(house)[1]

    # An answer after that opens it again, and it is still taken on.
    done = "прости, отправила ещё в пятницу"
    turn(anna_lane(house), done, lambda asked: [progress(asked, "done", done), reply(1, "Спасибо!")])
    await house.type(house.cast.anna, done)
    await house.see(house.cast.anna, "Спасибо!")
    await house.settle()
    assert task().closed_because == "agreed"
    house.model.check()


async def test_a_stop_ends_the_check_ins_and_says_that_the_contact_was_not_told(house: House) -> None:
    await take_on(house)
    await house.type(house.cast.owner, ".стоп 1")
    await house.see(house.cast.owner, "Контакту об этом не сказано", peer=house.cast.owner)
    await until(house, 28, 12)
    assert house.texts(house.cast.anna)[-1] == THANKS
    house.model.check()


async def test_what_is_no_longer_wanted_is_called_off_and_the_contact_is_told(house: House) -> None:
    await take_on(house)
    words = "отчёт больше не нужен, спасибо"
    call = Call("cancel_conversation", {"task_id": 1, "words": words})
    turn(owner_lane(house), ("отбой", '"agreed"'), lambda _: [call])
    turn(anna_lane(house), ("calls off what was agreed", words), lambda _: [reply(1, "Аня, отчёт больше не нужен.")])
    await house.type(house.cast.owner, ". отбой с отчётом, Ане скажи спасибо")
    await house.see(house.cast.anna, "больше не нужен")
    await house.settle()
    assert task().closed_because == "stopped"
    assert "Отменено вами, контакту сказано" in cards(house)[1]
    await until(house, 28, 12)
    assert house.texts(house.cast.anna)[-1] == "Аня, отчёт больше не нужен."
    house.model.check()


async def test_a_changed_promise_is_none_any_more(house: House) -> None:
    await take_on(house)
    said = next(m for m in house.dialog(house.cast.anna) if m.text == YES)
    turn(anna_lane(house), "если успею", lambda _: [reply(1, "Тогда когда получится?")])
    await house.phones[house.cast.anna.id].edit_message(house.cast.owner.id, said.id, "может, если успею")
    await house.see(house.cast.anna, "Тогда когда получится?")
    await house.see(house.cast.owner, "Считаю её не взятой", peer=house.cast.owner)
    await house.settle()
    assert (task().result, task().deadline, task().waiting_for) == (None, None, "contact")
    house.model.check()


async def test_without_check_ins_a_yes_ends_the_task(house: House) -> None:
    house.settings = replace(house.settings, check_ins=False)
    await take_on(house)
    assert task().closed_because == "agreed"
    assert "Согласие получено" in cards(house)[1]
    await until(house, 28, 12)
    assert house.texts(house.cast.anna)[-1] == THANKS
    house.model.check()
