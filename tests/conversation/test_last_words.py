"""Protects what a contact says together with "do not write to me any more": it is recorded, though nothing can be sent
to them any more."""

import pytest

from tests.conversation.conftest import AGREED, ANNA, SETTING, Room, call
from tests.conversation.test_standing import DESK, in_english, moved
from userbot.conversation import checkins, last_words, reopening, standing
from userbot.conversation.contact import World
from userbot.conversation.contact_acts import Settle
from userbot.conversation.last_words import LastWordsToolbox
from userbot.conversation.silence import settle_silence
from userbot.conversation.tool_arguments import BadArguments
from userbot.model.messages import ToolCall
from userbot.saved_messages import card_text, ended
from userbot.store import busy, journal, ledger, tasks
from userbot.tasks.slots import resolve_due


def look(room: Room) -> World:
    """What is read of their last words, once code has ended everything with them."""
    assert settle_silence(ANNA.user_id, room.now)
    world = last_words.look(ANNA.user_id, 20, room.now)
    assert world is not None
    return world


def toolbox(room: Room, world: World) -> LastWordsToolbox:
    return LastWordsToolbox(world, SETTING, room.now)


def first_agreement(task_id: int, state: str, *evidence: int) -> ToolCall:
    return call("first_agreement", task_id=task_id, state=state, evidence=list(evidence))


def refusal(task_id: int, *evidence: int) -> ToolCall:
    return call("update_conversation", task_id=task_id, status="cancelled", result=None, evidence=list(evidence))


def check_refused(room: Room, task_id: int, message_id: int) -> None:
    """Its hour is free, its event goes, and the owner reads that it does not take place."""
    job, task = busy.event_of(task_id), room.task(task_id)
    assert (task.closed_because, task.evidence, task.result) == ("declined", (message_id,), None)
    assert busy.holds(task_id) == []
    assert job is None or job.meeting is None
    assert standing.first(task) is None
    assert ended.render_ended(in_english(task), DESK).endswith("called off, it no longer holds")
    card = card_text.render_card(in_english(task), DESK, room.now)
    assert "What was agreed before stands" not in card
    assert "Said together with a wish not to be written to" in card


async def test_who_refuses_the_meeting_that_is_being_moved_is_not_waited_for(room: Room) -> None:
    """It is told as standing when they ask for silence; what they said with it ends it. The model is asked back first,
    since a meeting is lost by it: they may only not want it moved."""
    task_id = moved(room)
    message = room.writes("Встречу отмените, я вообще не приду. И больше не пишите мне")
    world = look(room)
    assert room.task(task_id).closed_because == "agreed"
    turn = toolbox(room, world)
    with pytest.raises(BadArguments, match="ends the meeting itself"):
        await turn.call(refusal(task_id, message))
    await turn.call(refusal(task_id, message))
    assert turn.is_over()
    assert last_words.commit(world, turn, "t1", room.now)
    check_refused(room, task_id, message)


async def test_who_cannot_make_the_first_hour_either_is_not_waited_for(room: Room) -> None:
    """No other time can be looked for with somebody who is not to be written to."""
    task_id = moved(room)
    message = room.writes("В то время тоже не смогу. И больше не пишите мне")
    world = look(room)
    turn = toolbox(room, world)
    await turn.call(first_agreement(task_id, "gone", message))
    assert last_words.commit(world, turn, "t1", room.now)
    check_refused(room, task_id, message)


async def test_who_names_another_hour_with_it_has_agreed_to_that(room: Room) -> None:
    """Taking the first hour back ends neither the turn nor the meeting."""
    task_id = moved(room)
    message = room.writes("Тогда тоже не могу, давайте в полчетвёртого. И больше не пишите мне")
    world = look(room)
    turn = toolbox(room, world)
    await turn.call(first_agreement(task_id, "gone", message))
    assert not turn.is_over()
    await turn.call(call("update_conversation", task_id=task_id, status="completed", result=AGREED, evidence=[message]))
    assert last_words.commit(world, turn, "t1", room.now)
    task = room.task(task_id)
    assert (task.closed_because, task.evidence, task.result) == ("agreed", (message,), AGREED)
    assert len(busy.holds(task_id)) == 1


async def test_who_wants_it_left_as_it_was_changes_nothing_by_it(room: Room) -> None:
    """So it was told already."""
    task_id = moved(room)
    message = room.writes("Пусть остаётся как было. И больше не пишите мне")
    world = look(room)
    before = room.task(task_id)
    turn = toolbox(room, world)
    assert last_words.NOTE in last_words.prompt(world, SETTING, room.now)[-1].text
    await turn.call(first_agreement(task_id, "stays", message))
    assert turn.is_over()
    assert last_words.commit(world, turn, "t1", room.now)
    assert room.task(task_id) == before
    assert len(busy.holds(task_id)) == 1


async def test_a_refusal_of_what_was_not_agreed_yet_is_kept_with_its_words(room: Room) -> None:
    """The wish that ended the task says less than the message before it, which refused."""
    task_id = room.open()
    room.going(task_id)
    message = room.writes("Встречаться не буду")
    room.writes("Не пишите мне больше")
    world = look(room)
    turn = toolbox(room, world)
    await turn.call(refusal(task_id, message))
    assert last_words.commit(world, turn, "t1", room.now)
    task = room.task(task_id)
    assert (task.closed_because, task.evidence) == ("declined", (message,))
    assert tasks.asked_silence(ANNA.user_id)


async def test_a_refusal_in_the_very_message_that_ended_the_task_is_told_once(room: Room) -> None:
    """The owner's phone rings for one end, not for two."""
    task_id = room.open()
    room.going(task_id)
    message = room.writes("Встречаться не буду. Не пишите мне больше")
    world = look(room)
    before = room.task(task_id)
    turn = toolbox(room, world)
    await turn.call(refusal(task_id, message))
    assert last_words.commit(world, turn, "t1", room.now)
    assert room.task(task_id) == before


ASSIGNMENT = {"task": "подготовить отчёт"}
TAKEN_ON = {"accepted": True, "due_date": "2026-11-27", "due_time": None, "timezone": "Europe/Moscow"}


def assignment(room: Room, *, is_taken_on: bool) -> int:
    task_id = room.open(task_type="task_assignment", context=ASSIGNMENT, mandate=None)
    room.going(task_id)
    if is_taken_on:
        said = room.writes("Сделаю к пятнице")
        due = resolve_due(TAKEN_ON)
        assert due is not None
        checkins.take_on(Settle(task_id, TAKEN_ON, (said,), None, due.start), room.now)
        journal.mark_handled([entry.id for entry in journal.waiting(ANNA.user_id, "new")], "t0")
        assert room.task(task_id).is_taken_on
    return task_id


def progress(task_id: int, state: str, *evidence: int, due_date: str | None = None) -> ToolCall:
    given = {"state": state, "due_date": due_date, "due_time": None, "timezone": None, "evidence": list(evidence)}
    return call("report_progress", task_id=task_id, **given)


@pytest.mark.parametrize("is_taken_on", [True, False])
async def test_what_is_done_is_told_as_done(room: Room, is_taken_on: bool) -> None:
    """And not as given up, also where it was done before they were asked."""
    task_id = assignment(room, is_taken_on=is_taken_on)
    message = room.writes("Готово, отчёт сделан и лежит на диске. Больше не пишите мне")
    world = look(room)
    turn = toolbox(room, world)
    assert "report_progress" in [tool.name for tool in turn.tools]
    await turn.call(progress(task_id, "done", message))
    assert turn.is_over()
    assert last_words.commit(world, turn, "t1", room.now)
    task = room.task(task_id)
    assert (task.status, task.closed_because, task.evidence) == ("completed", "agreed", (message,))
    assert task.result == (TAKEN_ON if is_taken_on else {})
    assert card_text.is_done(task)
    assert "Готово, отчёт сделан" in ended.render_ended(in_english(task), DESK)
    assert tasks.asked_silence(ANNA.user_id)


@pytest.mark.parametrize(("state", "due_date"), [("late", "2026-11-30"), ("stuck", None)])
async def test_nothing_is_recorded_that_would_have_to_be_followed(room: Room, state: str, due_date: str | None) -> None:
    """Nobody asks them later how it stands, and no answer of the owner's could reach them."""
    task_id = assignment(room, is_taken_on=True)
    message = room.writes("Не успеваю, раньше понедельника никак. Больше не пишите мне")
    turn = toolbox(room, look(room))
    with pytest.raises(BadArguments, match="only done"):
        await turn.call(progress(task_id, state, message, due_date=due_date))
    assert turn.acts == []


@pytest.mark.parametrize("is_refusal", [False, True])
async def test_an_edit_of_the_wish_takes_nothing_back_but_what_it_says(room: Room, is_refusal: bool) -> None:
    """It ended the moving of the meeting, not the meeting; what it is changed to is read like last words."""
    task_id = moved(room)
    message = room.writes("Больше не пишите мне")
    assert settle_silence(ANNA.user_id, room.now)
    text = "Не приду. Больше не пишите мне" if is_refusal else "Больше не пишите мне, пожалуйста"
    assert journal.record_edit(ANNA.user_id, message, text)
    assert not reopening.settle_changed_words(ANNA.user_id, room.now)
    assert room.task(task_id).closed_because == "agreed"
    assert len(busy.holds(task_id)) == 1
    world = last_words.look(ANNA.user_id, 20, room.now)
    assert world is not None
    turn = toolbox(room, world)
    if is_refusal:
        await turn.call(first_agreement(task_id, "gone", message))
    else:
        await turn.call(call("stay_silent", reason="nothing new"))
    assert last_words.commit(world, turn, "t1", room.now)
    if is_refusal:
        check_refused(room, task_id, message)
    else:
        assert room.task(task_id).closed_because == "agreed"


async def test_what_was_on_its_way_when_they_asked_for_silence_is_not_tried_again(room: Room) -> None:
    """Also where what they said with it settles the matter. Once the owner goes on with them it is another matter."""
    task_id = room.open()
    room.going(task_id)
    written = room.queue(task_id, "reply", "Или в среду?")
    assert ledger.start_sending(written)
    message = room.writes("Завтра в 15:30 приду. И больше не пишите мне")
    world = look(room)
    turn = toolbox(room, world)
    arguments = {"task_id": task_id, "status": "completed", "result": AGREED, "evidence": [message]}
    await turn.call(call("update_conversation", **arguments))
    assert last_words.commit(world, turn, "t1", room.now)
    assert room.task(task_id).closed_because == "agreed"
    assert ledger.is_unwanted(written)
    tasks.add_event(task_id, who="owner", what="steered", now=room.now)
    assert not ledger.is_unwanted(written)
