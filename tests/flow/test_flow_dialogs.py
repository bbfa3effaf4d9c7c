"""Protects whole dialogs as a literal model played them: what it must find in its prompt, and what people then read."""

from tests.flow.conftest import House
from tests.flow.script import MEETING, OPENING, anna_lane, meeting, open_meeting, owner_lane, settle_meeting
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.script import id_of, reply, start, turn
from userbot.rehearsal.story import cards
from userbot.store import desk, tasks

SLIDES = {"what": "прислать презентацию", "why": None, "due_words": "к среде, 25 ноября", "due_date": "2026-11-25"}
BY_WEDNESDAY = {
    "windows": [{"date": "2026-11-25", "from": "00:00", "to": "24:00"}],
    "timezone": "Europe/Moscow",
    "duration_minutes": None,
}
BOTH = "в 14 ок. презентацию только в четверг смогу, Паша в курсе и согласен, просто подтверди"
THANKS = "Записано: понедельник, 23 ноября, 14:00, на час. Про четверг уточню у Павла и вернусь."


def last(task_id: int, text: str) -> Call:
    """A message that the model says is its last call."""
    return Call("reply", {"task_id": task_id, "text": text, "reply_to": None, "last": True})


def slides_on(asked: Asked, due: str) -> Call:
    result = {
        "accepted": True,
        "conditions": None,
        "due_date": due,
        "due_time": None,
        "timezone": "Europe/Moscow",
        "price": None,
        "summary": "Анна пришлёт презентацию в четверг.",
    }
    arguments = {"task_id": 2, "status": "completed", "result": result, "evidence": [id_of(asked, BOTH)]}
    return Call("update_conversation", arguments)


async def test_one_message_answers_two_tasks_and_the_dialog_goes_on_knowing_what_was_settled(house: House) -> None:
    """A yes within the limits, a date outside them, "he already agreed", the owner's own words for a yes, and a contact
    who asks back about what is settled while only the other task is open."""
    await house.start_program()
    await open_meeting(house)
    owner, anna = owner_lane(house), anna_lane(house)
    turn(
        owner,
        "попроси @anna прислать",
        lambda _: [start("@anna", "task_assignment", dict(SLIDES), mandate=dict(BY_WEDNESDAY))],
    )
    anna.add(Step(Said(calls=(last(2, "И ещё Павел просит презентацию к среде. Сможешь?"),)), "message of task 2"))
    await house.type(house.cast.owner, ". попроси @anna прислать презентацию к среде")
    await house.see(house.cast.anna, "презентацию к среде")

    anna.add(
        Step(
            lambda asked: Said(calls=(settle_meeting(asked, 1, BOTH, "14:00"), slides_on(asked, "2026-11-26"))),
            "its text tells which task, or tasks, it is about",
        ),
        Step(Said("done"), "Accepted."),
        # It wrote nothing to the contact: it is reminded once.
        Step(Said(calls=(last(1, THANKS),)), "The contact was written nothing yet."),
    )
    await house.type(house.cast.anna, BOTH)
    await house.see(house.cast.anna, THANKS)
    question = await house.see(house.cast.owner, "позже срока", peer=house.cast.owner)
    assert "Договорились о встрече" in cards(house)[1]
    assert tasks.get(2).result is None  # type: ignore[union-attr]

    anna.add(
        Step(
            Said(calls=(last(2, "Да, в 14:00. Про четверг ещё уточняю."),)),
            ("## Settled with this contact", '"time": "14:00"'),
        )
    )
    await house.type(house.cast.anna, "так мы договорились на 14?")
    await house.see(house.cast.anna, "Да, в 14:00.")

    thursday = {**BY_WEDNESDAY, "windows": [{"date": "2026-11-26", "from": "00:00", "to": "24:00"}]}
    steer = {"task_id": 2, "instruction": "Четверг подходит.", "mandate": thursday}
    turn(owner, ('"due_date": "2026-11-26"', "ок, четверг норм"), lambda _: [Call("steer_conversation", steer)])
    anna.add(
        Step(
            lambda asked: Said(calls=(slides_on(asked, "2026-11-26"), last(2, "Четверг подходит, спасибо!"))),
            "## From Павел, about task 2\nЧетверг подходит.",
        )
    )
    await house.type(house.cast.owner, "ок, четверг норм", reply_to=question.id)
    await house.see(house.cast.owner, "передаю: задача № 2", peer=house.cast.owner)
    await house.see(house.cast.anna, "Четверг подходит, спасибо!")
    await house.settle()
    assert "четверг, 26 ноября 2026" in cards(house)[2]
    house.model.check()


async def test_an_answer_in_the_owners_words_goes_with_its_question_and_holds_in_later_turns(house: House) -> None:
    """What the owner said once is still their wish two turns later; a question they had not seen stays open."""
    await house.start_program()
    await open_meeting(house)
    owner, anna = owner_lane(house), anna_lane(house)
    asks = Call("ask_owner", {"task_id": 1, "question": "По какому поводу встреча?"})
    anna.add(
        Step(Said(calls=(asks, last(1, "Уточню у Павла.")))),
    )
    await house.type(house.cast.anna, "а что за повод?")
    question = await house.see(house.cast.owner, "По какому поводу встреча?", peer=house.cast.owner)
    await house.see(house.cast.anna, "Уточню у Павла.")
    await house.settle(15)
    (item,) = (m for m in house.dialog(house.cast.owner, house.cast.owner) if "Ответьте на это сообщение" in m.text)
    assert question.text

    turn(
        owner,
        ("It is the answer to a question", "синк по проекту"),
        lambda _: [
            Call("steer_conversation", {"task_id": 1, "instruction": "Синк по проекту, не в два", "mandate": None})
        ],
    )
    anna.add(
        Step(
            Said(calls=(last(1, "Синк по проекту. В 16:00 удобно?"),)),
            ("По какому поводу встреча?", "The answer: Синк по проекту, не в два"),
        )
    )
    await house.type(house.cast.owner, "синк по проекту, только не в два", reply_to=item.id)
    await house.see(house.cast.anna, "В 16:00 удобно?")
    assert desk.open_questions(1) == []

    anna.add(
        Step(
            lambda asked: Said(calls=(settle_meeting(asked, 1, "да", "16:00"), last(1, "Записано: завтра в 16:00."))),
            ("## From Павел, earlier", "Синк по проекту, не в два"),
        )
    )
    await house.type(house.cast.anna, "да")
    await house.see(house.cast.anna, "Записано: завтра в 16:00.")
    house.model.check()


async def test_a_first_message_that_is_the_last_call_takes_one_round(house: House) -> None:
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting())
    anna_lane(house).add(Step(Said(calls=(last(1, OPENING),)), "Write the first message of task 1"))
    await house.type(house.cast.owner, MEETING)
    await house.see(house.cast.anna, OPENING)
    await house.settle()
    assert len(anna_lane(house).asked) == 1
    house.model.check()


async def test_a_refused_call_is_mended_though_the_model_called_itself_done(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    wrong = Call("update_conversation", {"task_id": 1, "status": "completed", "result": None, "evidence": []})
    anna_lane(house).add(
        Step(Said(calls=(wrong, last(1, "Секунду."))), "в 14 ок"),
        Step(lambda asked: Said(calls=(settle_meeting(asked, 1, "в 14 ок", "14:00"),)), "Call again, corrected"),
        Step(Said(calls=(reply(1, "Записано: завтра в 14:00."),)), "Accepted."),
        Step(Said("done")),
    )
    await house.type(house.cast.anna, "в 14 ок")
    await house.see(house.cast.anna, "Записано: завтра в 14:00.")
    house.model.check()
