"""Protects what may be said: a text is tried three times, then the owner decides; who writes is always answered."""

from typing import Any

import pytest

from tests.conversation.conftest import AGREED, ANNA, BORIS, FIRST, SETTING, Room, call, talk
from userbot.conversation import agreed, answers, contact, moves, times, turn
from userbot.conversation.contact_acts import AskAboutText, Reply, Settle
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.tool_arguments import BadArguments
from userbot.rehearsal.model import Call
from userbot.store import desk, tasks
from userbot.tasks import rights
from userbot.tasks.lifecycle import Change
from userbot.tasks.slots import resolve_meeting

SECRET = "Скажу по секрету: развод ещё не оформлен"
NOTES = "развод Олега не должен всплыть"


@pytest.fixture
def talking(room: Room) -> Room:
    room.going(room.open(private_notes=NOTES))
    room.writes("Давайте в полчетвёртого")
    return room


def reply(text: str, task_id: int = 1, *, last: bool = False) -> Any:
    return call("reply", task_id=task_id, text=text, reply_to=None, last=last)


async def blocked_thrice(toolbox: ContactToolbox, text: str = SECRET, task_id: int = 1) -> str:
    for _ in range(2):
        with pytest.raises(BadArguments, match="not sent") as error:
            await toolbox.call(reply(text, task_id))
        assert "развод" not in str(error.value)
    return await toolbox.call(reply(text, task_id))


async def test_the_third_block_becomes_a_question_to_the_owner(talking: Room) -> None:
    toolbox = talking.toolbox()
    answer = await blocked_thrice(toolbox)
    assert "развод" not in answer
    assert toolbox.acts == [AskAboutText(1, SECRET, ("private",), 3)]
    assert toolbox.is_over()
    assert toolbox.missing() is None
    world = toolbox.world
    assert commit_contact_turn(world, toolbox.whole(), "turn", talking.now)
    assert talking.queued() == []
    (question,) = desk.open_questions(1)
    assert question.payload == {"blocked": SECRET, "reasons": ["private"], "tries": 3}
    assert talking.task(1).waiting_for == "owner"
    assert contact.look(ANNA.user_id, 20) is None


async def test_the_owner_is_asked_once_however_often_it_is_tried(talking: Room) -> None:
    for _ in range(3):
        toolbox = talking.toolbox()
        await blocked_thrice(toolbox)
        assert commit_contact_turn(toolbox.world, toolbox.whole(), "turn", talking.now)
        talking.writes("Алло?")
    assert len(desk.open_questions(1)) == 1


async def test_a_first_message_that_is_held_back_waits_and_costs_nothing(room: Room) -> None:
    """No spinning: an opening that the guard never lets through would be written again and again."""
    task_id = room.open(private_notes=NOTES)
    toolbox = room.toolbox()
    await blocked_thrice(toolbox, f"{FIRST} {SECRET}", task_id)
    assert commit_contact_turn(toolbox.world, toolbox.whole(), "turn", room.now)
    assert contact.look(ANNA.user_id, 20) is None
    assert contact.lacks_opening(room.task(task_id))
    assert not contact.needs_opening(room.task(task_id))
    (question,) = desk.open_questions(task_id)
    assert answers.answer_text(question, False, room.now)
    assert not answers.answer_text(question, False, room.now)
    toolbox = room.toolbox()
    assert toolbox.world.openings == (task_id,)
    await toolbox.call(reply(FIRST, task_id))
    assert commit_contact_turn(toolbox.world, toolbox.whole(), "turn", room.now)
    assert [(row.purpose, row.text) for row in room.queued()] == [("opening", FIRST)]


async def test_the_owners_yes_lets_exactly_that_text_be_written(talking: Room) -> None:
    toolbox = talking.toolbox()
    await blocked_thrice(toolbox)
    commit_contact_turn(toolbox.world, toolbox.whole(), "turn", talking.now)
    (question,) = desk.open_questions(1)
    assert answers.answer_text(question, True, talking.now)
    assert SECRET in talking.prompt()
    toolbox = talking.toolbox()
    await toolbox.call(reply(SECRET))
    assert toolbox.acts == [Reply(1, SECRET, None)]


async def test_the_owners_no_does_not_tell_the_text_again(talking: Room) -> None:
    toolbox = talking.toolbox()
    await blocked_thrice(toolbox)
    commit_contact_turn(toolbox.world, toolbox.whole(), "turn", talking.now)
    answers.answer_text(desk.open_questions(1)[0], False, talking.now)
    assert "развод" not in talking.prompt()


async def test_a_model_that_repeats_itself_ends_its_turn_whole(talking: Room) -> None:
    """An obeying model makes the same call for ever: the tries are counted all the same, in a real turn."""
    said = {"task_id": 1, "text": SECRET, "reply_to": None, "last": True}
    async with talk(*(Call("reply", said) for _ in range(3))) as with_:
        toolbox = talking.toolbox()
        prompt = contact.prompt(toolbox.world, toolbox.setting, talking.now)
        await turn.run(with_.client, prompt, toolbox)
        with_.model.check()
    assert toolbox.acts == [AskAboutText(1, SECRET, ("private",), 3)]


async def test_what_is_private_elsewhere_is_not_said_here(talking: Room) -> None:
    """Threat 12: notes and briefs of tasks with other people, which no prompt here holds."""
    room = talking
    room.open(
        BORIS, private_notes="Борис увольняется из Технопрома зимой", context={"topic": "ремонт беседки Кузнецовых"}
    )
    toolbox = room.toolbox()
    for text in ("Борис увольняется из Технопрома зимой.", "Говорят, идёт ремонт беседки Кузнецовых"):
        with pytest.raises(BadArguments, match="not meant"):
            await toolbox.call(reply(text))


async def test_notes_of_a_closed_task_stay_private(talking: Room) -> None:
    room = talking
    other = room.open_question(private_notes="про наследство молчать")
    moves.stop(other, room.now)
    with pytest.raises(BadArguments, match="not meant"):
        await room.toolbox().call(reply("Это из-за наследства"))


@pytest.mark.parametrize("text", ["Договорились!", "Записала вас на 15:30", "Agreed, see you then", "Павел согласен"])
async def test_nothing_is_agreed_without_a_result(talking: Room, text: str) -> None:
    """Threat 6: the owner's word is kept by code, not by the model's manners."""
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match="no result was accepted"):
        await toolbox.call(reply(text))
    evidence = [talking.last_id]
    await toolbox.call(call("update_conversation", task_id=1, status="completed", result=AGREED, evidence=evidence))
    await toolbox.call(reply(text))
    assert any(isinstance(act, Reply) for act in toolbox.acts)


async def test_what_the_owner_says_is_agreed_may_be_said(talking: Room) -> None:
    moves.steer(1, "напиши ей: договорились", talking.now)
    toolbox = talking.toolbox()
    await toolbox.call(reply("Договорились!"))
    assert len(toolbox.acts) == 1


# --- who writes -----------------------------------------------------------------------------------------------------


async def test_whoever_asks_is_told_that_a_program_writes(talking: Room) -> None:
    talking.writes("ты бот?")
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match="a program"):
        await toolbox.call(reply("В 15:30 удобно?"))
    await toolbox.call(reply("Да, пишет программа, ассистент Олега. В 15:30 удобно?"))
    await toolbox.call(reply("Буду ждать ответа."))
    assert [type(act) for act in toolbox.whole()] == [Reply, Reply]


@pytest.mark.parametrize(("asked", "word"), [("вы живой человек?", "программа"), ("are you a bot?", "program")])
@pytest.mark.parametrize("text", ["Я не бот", "I'm a real person", "Это лично Олег.", "В 15:30 удобно?"])
async def test_a_model_that_will_not_say_it_is_overruled(talking: Room, asked: str, word: str, text: str) -> None:
    talking.writes(asked)
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments):
        await toolbox.call(reply(text))
    await toolbox.call(reply(text))
    (act,) = toolbox.whole()
    assert isinstance(act, Reply)
    assert word in act.text
    assert rights.says_program(act.text)


async def test_silence_is_no_answer_to_that_question(talking: Room) -> None:
    talking.writes("are you a bot?")
    toolbox = talking.toolbox()
    await toolbox.call(call("stay_silent", reason="-"))
    assert commit_contact_turn(toolbox.world, toolbox.whole(), "turn", talking.now)
    (row,) = talking.queued()
    assert "a program is writing" in row.text


async def test_nobody_passes_for_a_person_though_nobody_asked(talking: Room) -> None:
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match="denies that a program writes"):
        await toolbox.call(reply("Это лично Олег, давайте в 15:30"))
    assert tasks.get(1) is not None


QUESTION_OF_OURS = {"question": "Он пишет: договорились на три. Подтвердить?"}


@pytest.mark.parametrize("answer", ["no to a result", "no to a question", "called off"])
async def test_an_owners_no_does_not_let_it_be_said_that_something_is_agreed(talking: Room, answer: str) -> None:
    """What they said no to is quoted beside the no, with the contact's own "agreed" in it."""
    talking.writes("Ну всё, договорились")
    result = {**AGREED, "said": "ну всё, договорились"}
    if answer == "called off":
        assert moves.move(1, Change.AGREED, who="model", now=talking.now, result=result, evidence=[talking.last_id])
        assert times.promise(talking.task(1), ANNA, resolve_meeting(AGREED), result, talking.now)
        assert agreed.cancel(1, talking.now) is agreed.Cancelled.CALLING_OFF
    else:
        payload: dict[str, Any] = QUESTION_OF_OURS if answer == "no to a question" else {"result": result}
        desk.add("ask", payload, talking.now, task_id=1)
        (question,) = desk.open_questions(1)
        if answer == "no to a question":
            assert answers.answer_question(question, "нет", talking.now)
        else:
            assert answers.answer_result(question, False, SETTING.skills, talking.now) is answers.ResultAnswer.TAKEN
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match="no result was accepted"):
        await toolbox.call(reply("Договорились, ждём вас!"))


async def test_the_owners_own_answer_may_say_that_it_is_agreed(talking: Room) -> None:
    desk.add("ask", QUESTION_OF_OURS, talking.now, task_id=1)
    (question,) = desk.open_questions(1)
    assert answers.answer_question(question, "да, договорились", talking.now)
    toolbox = talking.toolbox()
    await toolbox.call(reply("Договорились!"))
    assert [type(act) for act in toolbox.acts] == [Reply]


# --- what was agreed about another matter ---------------------------------------------------------------------------


@pytest.fixture
def two_matters(talking: Room) -> Room:
    """The meeting is agreed for tomorrow at half past three; a question to the same contact is open: task 2."""
    talking.going(talking.open_question())
    world, evidence = talking.world(), (talking.last_id - 2,)
    settle = Settle(1, dict(AGREED), evidence, resolve_meeting(AGREED), None)
    assert commit_contact_turn(world, [settle], "t", talking.now)
    talking.writes("Значит, в пятницу в шесть?")
    return talking


@pytest.mark.parametrize(
    "text",
    [
        "Договорились!",
        "Отлично, договорились: пятница, 18:00.",
        "Договорились. Ждём отчёт в пятницу.",
        "Договорились: вторник, 15:30, и отчёт в пятницу.",
        "Договорились, 28 ноября.",
        "Договорились, 25.11.",
        "Принимаем ваше предложение, 5000 рублей.",
        "Agreed, Friday at 6.",
    ],
)
async def test_what_is_agreed_about_one_matter_lets_nobody_say_it_of_another(two_matters: Room, text: str) -> None:
    two_matters.writes("за 5000 рублей")
    with pytest.raises(BadArguments, match="no result was accepted"):
        await two_matters.toolbox().call(reply(text, 2))


@pytest.mark.parametrize(
    "text",
    [
        "Да, встреча в силе: завтра в 15:30. А отчёт когда?",
        "Договорились! Вторник, 24 ноября, 15.30.",
        "Да, договорились на 24.11.",
        "Yes, agreed: tomorrow at 3:30. And the report on Friday?",
        "До встречи завтра!",
        "Договорились: завтра с 15:30 до 16:30.",
    ],
)
async def test_but_that_matter_may_be_spoken_of_by_its_day_and_hour(two_matters: Room, text: str) -> None:
    toolbox = two_matters.toolbox()
    await toolbox.call(reply(text, 2))
    assert [type(act) for act in toolbox.acts] == [Reply]


async def test_nor_does_the_number_of_the_settled_task(talking: Room) -> None:
    """The tool takes any open task's number, and a result taken in this turn is not about the other one."""
    talking.going(talking.open_question())
    said = talking.writes("В полчетвёртого. А отчёт — в пятницу в шесть, да?")
    toolbox = talking.toolbox()
    await toolbox.call(call("update_conversation", task_id=1, status="completed", result=AGREED, evidence=[said]))
    with pytest.raises(BadArguments, match="no result was accepted"):
        await toolbox.call(reply("Договорились: пятница, 18:00."))
    await toolbox.call(reply("Договорились: завтра в 15:30. А отчёт — в пятницу?"))
    await toolbox.call(reply("Спасибо, договорились!"))
    assert [type(act) for act in toolbox.acts] == [Settle, Reply, Reply]


@pytest.fixture
def moving(talking: Room) -> Room:
    """The meeting was agreed for tomorrow at half past three; the owner wants it moved, and nothing else is agreed."""
    evidence = [talking.last_id]
    settle = Settle(1, dict(AGREED), tuple(evidence), resolve_meeting(AGREED), None)
    assert commit_contact_turn(talking.world(), [settle], "t", talking.now)
    agreed.take_up(1, talking.now, talking.tick())
    assert moves.steer(1, "Перенеси.", talking.now)
    talking.writes("А что сейчас в силе? Можно в 16:30?")
    assert talking.world().first
    return talking


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday 15:30 stands, as agreed.",
        "Договорились: вторник, 15:30, это в силе.",
        "Yes, agreed: tomorrow at 3:30. I will ask about another time.",
    ],
)
async def test_what_stands_while_it_is_moved_may_be_said_to_stand(moving: Room, text: str) -> None:
    toolbox = moving.toolbox()
    await toolbox.call(reply(text))
    assert [type(act) for act in toolbox.acts] == [Reply]


@pytest.mark.parametrize("text", ["Договорились!", "Договорились, завтра!", "Договорились: завтра в 16:30."])
async def test_but_it_lets_nobody_say_that_another_hour_is_agreed(moving: Room, text: str) -> None:
    """Another hour of that day, or that of its end, was only asked about."""
    with pytest.raises(BadArguments, match="no result was accepted"):
        await moving.toolbox().call(reply(text))
