"""Protects invariant 5 and 12: the owner in the dialog and the owner's stop come before everything else."""

from tests.flow.conftest import House
from tests.flow.script import OPENING, anna_lane, meeting, open_meeting, owner_lane, settle_meeting
from userbot.rehearsal.model import Call, Said, Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks


async def test_when_the_owner_types_in_the_dialog_the_program_steps_back_until_told_to_resume(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.type(house.cast.owner, "Аня, это я сам. Давай созвонимся", to=house.cast.anna)
    await house.type(house.cast.anna, "ок, когда?")
    await house.settle(120)
    assert [asked for asked in anna_lane(house).asked if "ок, когда?" in asked] == [], "it answered over the owner"
    (task,) = tasks.all_open()
    assert task.paused == "takeover"
    assert ".дальше 1" in cards(house)[1] or ".resume 1" in cards(house)[1]

    turn(anna_lane(house), ("Давай созвонимся", "ок, когда?"), lambda _: [reply(1, "Аня, снова ассистент: в 15:00?")])
    await house.type(house.cast.owner, ".дальше 1")
    await house.see(house.cast.anna, "снова ассистент")
    house.model.check()


async def test_a_stop_while_the_model_thinks_lets_nothing_out(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).add(
        Step(Said(calls=(Call("reply", {"task_id": 1, "text": "А в 17:00?", "reply_to": None}),), delay_s=30)),
        Step(Said("done")),
    )
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(15)
    assert len(anna_lane(house).asked) > 2, "the turn is not in flight"
    await house.type(house.cast.owner, ".стоп 1")
    await house.settle(5)
    task = tasks.get(1)
    assert task is not None
    assert task.closed_because == "stopped"
    await house.settle(60)
    assert "А в 17:00?" not in house.texts(house.cast.anna)


async def test_a_stop_needs_no_model_and_drops_what_is_not_under_way(house: House) -> None:
    """The opening is written but paced behind another message: stopping the task means it never goes out."""
    await house.start_program()
    await open_meeting(house)
    turn(owner_lane(house), "ещё одно", meeting())
    turn(anna_lane(house), "Write the first message of task 2", lambda _: [reply(2, "И ещё одна встреча?")])
    turn(anna_lane(house), "Go on", lambda _: [reply(2, "И ещё одна встреча?")])
    house.server.faults.refuse(
        420,
        "FLOOD_WAIT_60",
        account=house.cast.owner,
        method="messages.SendMessage",
        when=lambda request: "ещё одна" in request.message,
    )
    await house.type(house.cast.owner, ". ещё одно дело с @anna")
    await house.see(house.cast.owner, "№ 2", peer=house.cast.owner)
    await house.settle(20)
    await house.model.stop()
    await house.type(house.cast.owner, ".стоп 2")
    await house.settle(200)
    assert house.texts(house.cast.anna).count("И ещё одна встреча?") == 0
    assert house.texts(house.cast.anna).count(OPENING) == 1
    task = tasks.get(2)
    assert task is not None
    assert task.closed_because == "stopped"


async def test_a_newer_message_makes_the_turn_run_again_on_what_is_true_now(house: House) -> None:
    """Invariant 3 with a real model in between: the answer to the first half of a thought is never sent."""
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).add(
        Step(Said(calls=(Call("reply", {"task_id": 1, "text": "Жаль! А в 17:00?", "reply_to": None}),), delay_s=20)),
        Step(Said("done")),
    )
    turn(anna_lane(house), "хотя стой, могу", lambda _: [reply(1, "Отлично, тогда в 14:00?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(12)
    await house.type(house.cast.anna, "хотя стой, могу")
    await house.see(house.cast.anna, "Отлично, тогда в 14:00?")
    await house.settle(60)
    assert "Жаль! А в 17:00?" not in house.texts(house.cast.anna)
    house.model.check()


async def test_a_pause_holds_and_a_resume_answers_what_came_meanwhile(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.type(house.cast.owner, ".пауза 1")
    await house.settle(3)
    await house.type(house.cast.anna, "так во сколько?")
    await house.settle(60)
    assert all("так во сколько?" not in asked for asked in anna_lane(house).asked)
    turn(anna_lane(house), "так во сколько?", lambda _: [reply(1, "В 15:00 удобно?")])
    await house.type(house.cast.owner, ".дальше 1")
    await house.see(house.cast.anna, "В 15:00 удобно?")
    house.model.check()


async def test_the_owner_typing_while_the_model_thinks_voids_that_turn(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).add(
        Step(Said(calls=(Call("reply", {"task_id": 1, "text": "А в 17:00?", "reply_to": None}),), delay_s=20)),
        Step(Said("done")),
    )
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(12)
    await house.type(house.cast.owner, "Аня, тогда сам позвоню", to=house.cast.anna)
    await house.settle(120)
    assert "А в 17:00?" not in house.texts(house.cast.anna)
    (task,) = tasks.all_open()
    assert task.paused == "takeover"


async def test_what_the_owner_typed_while_the_program_was_dead_is_a_takeover_before_anything_goes_out(
    house: House,
) -> None:
    """The answer was committed and not yet sent when the program died; the owner answers; the start must not."""
    await house.start_program()
    await open_meeting(house)
    house.server.faults.refuse(
        420,
        "FLOOD_WAIT_10",
        account=house.cast.owner,
        method="messages.SendMessage",
        when=lambda request: "А в 17:00?" in request.message,
    )
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(9)
    await house.kill_program()
    await house.type(house.cast.owner, "Аня, давай в шесть?", to=house.cast.anna)
    await house.settle(60)
    await house.start_program()
    await house.settle(120)
    assert "А в 17:00?" not in house.texts(house.cast.anna)
    (task,) = tasks.all_open()
    assert task.paused == "takeover"
    turn(anna_lane(house), "Аня, давай в шесть?", lambda _: [reply(1, "Аня, снова ассистент: в шесть подходит?")])
    await house.type(house.cast.owner, ".дальше 1")
    await house.see(house.cast.anna, "в шесть подходит?")
    house.model.check()


async def test_what_the_owner_typed_while_a_message_was_under_way_is_a_takeover_once_telegram_refuses_it(
    house: House,
) -> None:
    """Until the outcome is known nobody can say who wrote; nothing else happens then that would wake the question."""
    await house.start_program()
    await open_meeting(house)

    refusing = house.server.faults.refuse(
        420,
        "FLOOD_WAIT_60",
        method="messages.SendMessage",
        when=lambda request: "А в 17:00?" in request.message,
        after_s=5,
    )
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    while not refusing.struck:
        await house.settle(0.5)
    await house.type(house.cast.owner, "Аня, давай в шесть?", to=house.cast.anna)
    await house.settle(20)
    (task,) = tasks.all_open()
    assert (task.paused, task.trouble) == ("takeover", None)
    await house.settle(300)
    assert "А в 17:00?" not in house.texts(house.cast.anna)


async def test_the_last_words_of_a_task_do_not_come_after_the_owners_own(house: House) -> None:
    """The task has ended and its confirmation waits: the owner writes first."""
    await house.start_program()
    await open_meeting(house)
    house.server.faults.refuse(
        420,
        "FLOOD_WAIT_60",
        method="messages.SendMessage",
        when=lambda request: "Ждём!" in request.message,
    )
    said = "давай в 15"
    turn(anna_lane(house), said, lambda asked: [settle_meeting(asked, 1, said, "15:00"), reply(1, "Ждём!")])
    await house.type(house.cast.anna, said)
    await house.settle(20)
    await house.type(house.cast.owner, "Аня, отлично, жду. Павел", to=house.cast.anna)
    await house.settle(300)
    assert "Ждём!" not in house.texts(house.cast.anna)
    assert "Договорились" in cards(house)[1]
    house.model.check()


async def test_the_owner_answering_before_the_turn_has_begun_leaves_nothing_to_answer(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    asked = len(house.model.asked)
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(1)
    await house.type(house.cast.owner, "Аня, тогда в шесть", to=house.cast.anna)
    await house.settle(120)
    assert len(house.model.asked) == asked
    (task,) = tasks.all_open()
    assert task.paused == "takeover"
    assert "Вы написали сами, я молчу" in cards(house)[1]
    turn(anna_lane(house), ("в два не могу", "тогда в шесть"), lambda _: [reply(1, "Аня, в шесть подходит?")])
    await house.type(house.cast.owner, ".дальше 1")
    await house.see(house.cast.anna, "в шесть подходит?")
    house.model.check()
