"""Protects what was taken on: code, not a model, says what counts as done, late or stuck, and when people are asked."""

import contextlib
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from tests.conversation.conftest import ANNA, SETTING, ZONE, Room, call
from userbot.conversation import (
    agreed,
    answers,
    calling_off,
    checkins,
    contact,
    moves,
    offers,
    owed,
    reopening,
    results,
    silent,
)
from userbot.conversation.contact_acts import AskAboutResult, Settle
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.tool_arguments import BadArguments
from userbot.saved_messages import card_text
from userbot.skills import Skills
from userbot.store import conversations, desk, journal, ledger, tasks
from userbot.tasks.followups import Reminding
from userbot.tasks.lifecycle import Change

REPORT = {"what": "прислать отчёт", "why": None, "due_words": "к пятнице", "due_date": "2026-11-27"}
WEEK = {
    "windows": [{"date": "2026-11-27", "from": "00:00", "to": "24:00"}],
    "timezone": "Europe/Moscow",
    "duration_minutes": None,
}
TAKEN = {
    "accepted": True,
    "conditions": None,
    "due_date": "2026-11-26",
    "due_time": None,
    "timezone": "Europe/Moscow",
    "price": None,
    "summary": "Сделает.",
}
RULES = Reminding(1, timedelta(hours=24))


async def commit(room: Room, *calls: Any, box: ContactToolbox | None = None) -> bool:
    world = room.world()
    toolbox = box or room.toolbox(world)
    for one in calls:
        await toolbox.call(one)
    return commit_contact_turn(world, toolbox.whole(), "t", room.now)


def updated(said: int, task_id: int = 1, **changed: object) -> Any:
    result = {**TAKEN, **changed}
    return call("update_conversation", task_id=task_id, status="completed", result=result, evidence=[said])


def progress(state: str, said: int, due: str | None = None) -> Any:
    zone = None if due is None else "Europe/Moscow"
    return call("report_progress", task_id=1, state=state, due_date=due, due_time=None, timezone=zone, evidence=[said])


@pytest.fixture
async def taken(room: Room) -> Room:
    """Anna has said that she does it by the end of Thursday; the owner allows Friday."""
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=WEEK))
    said = room.writes("сделаю к четвергу")
    assert await commit(room, updated(said))
    return room


def follow_up(room: Room) -> set[int]:
    tasks.set_followup(1, room.now)
    return silent.follow_up(RULES, ZONE, room.now)


async def test_the_tool_is_there_only_for_what_was_taken_on(taken: Room) -> None:
    other = taken.open_question()
    taken.going(other)
    taken.writes("готово")
    (tool,) = [tool for tool in taken.toolbox().tools if tool.name == checkins.TOOL]
    given: Any = tool.parameters["properties"]
    assert given["task_id"]["enum"] == [1]
    assert set(given["state"]["enum"]) == set(checkins.STATES)
    with pytest.raises(BadArguments, match="was not taken on yet"):
        await taken.toolbox().call(
            call(checkins.TOOL, task_id=other, state="done", due_date=None, due_time=None, timezone=None, evidence=[])
        )


async def test_done_before_they_were_asked_ends_it_as_done_and_nothing_else_may_be_said_of_it(room: Room) -> None:
    """A yes without a date would read as an agreement, with its due date left open."""
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=WEEK))
    said = room.writes("уже отправил вчера")
    for state in ("late", "stuck"):
        with pytest.raises(BadArguments, match="was not taken on yet"):
            await room.toolbox().call(progress(state, said, "2026-11-26"))
    with pytest.raises(BadArguments, match="is not a message of the contact"):
        await room.toolbox().call(progress("done", said + 1))
    assert await commit(room, progress("done", said))
    task = room.task(1)
    assert (task.closed_because, task.result, task.evidence) == ("agreed", {}, (said,))
    assert card_text.outcome("ru", task) == "✅ Сделано, по словам контакта"
    # What comes next finds nothing settled in it.
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=WEEK))
    room.writes("ещё что-то?")
    assert room.world().settled == ()


async def test_a_first_message_offers_no_tool_for_how_it_stands(room: Room) -> None:
    room.open(task_type="task_assignment", context=REPORT, mandate=WEEK)
    assert checkins.TOOL not in {tool.name for tool in room.toolbox().tools}


@pytest.mark.parametrize(
    ("state", "due", "why"),
    [
        ("done", None, "after they took it on"),
        ("stuck", None, "after they took it on"),
        ("half", None, "state must be"),
    ],
)
async def test_words_by_which_it_was_taken_on_say_nothing_of_how_it_stands(
    taken: Room, state: str, due: str | None, why: str
) -> None:
    (said,) = taken.task(1).evidence
    taken.writes("привет")
    with pytest.raises(BadArguments, match=why):
        await taken.toolbox().call(progress(state, said, due))


async def test_late_needs_a_date_and_another_one(taken: Room) -> None:
    said = taken.writes("не успеваю")
    with pytest.raises(BadArguments, match="late needs due_date"):
        await taken.toolbox().call(progress("late", said))
    with pytest.raises(BadArguments, match="by that date already"):
        await taken.toolbox().call(progress("late", said, "2026-11-26"))
    with pytest.raises(BadArguments, match="by that date already"):
        await taken.toolbox().call(updated(said))
    with pytest.raises(BadArguments, match="that time is past"):
        await taken.toolbox().call(progress("late", said, "2026-11-20"))


async def test_a_new_date_is_held_to_the_limits_and_counts_as_an_offer(taken: Room) -> None:
    said = taken.writes("в пятницу")
    assert await commit(taken, progress("late", said, "2026-11-27"))
    event = tasks.last_event(1, Change.PUT_OFF)
    assert event is not None
    assert taken.task(1).deadline == checkins.promise_of(taken.task(1)).due  # type: ignore[union-attr]
    assert taken.task(1).result["due_date"] == "2026-11-27"  # type: ignore[index]
    for n in range(3):
        said = taken.writes(f"тогда через {n} дней")
        assert await commit(taken, progress("late", said, f"2026-11-{28 + n % 3}"))
        assert taken.task(1).result["due_date"] == "2026-11-27"  # type: ignore[index]
    assert offers.are_used_up(taken.task(1))
    # And then not even a date that would fit is taken before the owner says something.
    said = taken.writes("ладно, в среду")
    assert await commit(taken, progress("late", said, "2026-11-25"))
    assert taken.task(1).result["due_date"] == "2026-11-27"  # type: ignore[index]


async def test_a_new_date_leaves_nothing_that_was_written_about_the_old_one(room: Room) -> None:
    """Else the owner reads Thursday in the assistant's words beside Friday in the record."""
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=WEEK))
    said = room.writes("сделаю к четвергу")
    told = call("notify_owner", task_id=1, message="Обещает отчёт к четвергу.")
    assert await commit(room, updated(said, summary="Пришлёт отчёт в четверг."), told)
    said = room.writes("не успеваю, в пятницу")
    assert await commit(room, progress("late", said, "2026-11-27"))
    task = room.task(1)
    assert "четверг" not in f"{task.result} {task.latest}"
    said = room.writes("или всё-таки к вечеру пятницы, к шести")
    told = call("notify_owner", task_id=1, message="Теперь к шести.")
    assert await commit(room, updated(said, due_date="2026-11-27", due_time="18:00", summary="К шести вечера."), told)
    assert (room.task(1).latest, (room.task(1).result or {})["summary"]) == ("Теперь к шести.", "К шести вечера.")


async def test_conditions_and_a_price_that_were_agreed_are_not_asked_about_again_with_a_new_date(room: Room) -> None:
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=WEEK))
    said = room.writes("сделаю, если дадите доступ")
    assert await commit(room, updated(said, conditions="если дадите доступ"))
    (question,) = desk.open_questions(1)
    assert answers.answer_result(question, True, SETTING.skills, room.now) == "taken"
    assert await commit(room, updated(said, conditions="если дадите доступ"))
    assert room.task(1).is_taken_on
    said = room.writes("в пятницу")
    assert await commit(room, progress("late", said, "2026-11-27"))
    assert desk.open_questions(1) == []
    assert room.task(1).result["due_date"] == "2026-11-27"  # type: ignore[index]


@pytest.mark.parametrize(
    "changed", [{"price": {"amount": 5000, "currency": "RUB"}}, {"conditions": "если дадут машину"}]
)
async def test_what_is_new_beside_a_new_date_is_the_owners_to_decide(taken: Room, changed: dict[str, Any]) -> None:
    """Invariant 8: a price or a condition that nobody agreed to does not come in along with a date that is fine."""
    said = taken.writes("сделаю в пятницу, но за 5000 рублей, и дайте машину")
    box = taken.toolbox()
    answer = await box.call(updated(said, due_date="2026-11-27", **changed))
    assert answer == results.REFUSED
    assert [type(act) for act in box.acts] == [AskAboutResult]
    # Nor may it be said, now or while the owner is being asked.
    agreed_to = call("reply", task_id=1, text="Отлично, договорились!", reply_to=None, last=True)
    with pytest.raises(BadArguments, match="no result was accepted"):
        await box.call(agreed_to)
    assert commit_contact_turn(box.world, box.whole(), "t2", taken.now)
    taken.writes("так что?")
    with pytest.raises(BadArguments, match="no result was accepted"):
        await taken.toolbox().call(agreed_to)


async def test_a_yes_without_a_date_ends_the_task_as_before(room: Room) -> None:
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=None))
    said = room.writes("уже сделала")
    assert await commit(room, updated(said, due_date=None, timezone=None))
    assert room.task(1).closed_because == "agreed"


async def test_an_own_skill_has_check_ins_when_it_says_so(room: Room) -> None:
    """Not the type of task decides, but what its skill names."""
    skill = SETTING.skills.by_type["task_assignment"]
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=None))
    said = room.writes("сделаю к четвергу")
    without = Skills(MappingProxyType({"task_assignment": replace(skill, check_ins=False)}))
    world = room.world()
    box = ContactToolbox(world, replace(SETTING, skills=without), room.now)
    await box.call(updated(said))
    assert [act.due for act in box.acts if isinstance(act, Settle)] == [None]
    box = room.toolbox(world)
    await box.call(updated(said))
    assert [act.due for act in box.acts if isinstance(act, Settle)] != [None]


async def test_of_two_stuck_with_the_same_words_the_owner_is_asked_once(taken: Room) -> None:
    said = taken.writes("нет доступа")
    assert await commit(taken, progress("stuck", said))
    assert taken.task(1).waiting_for == "owner"
    (question,) = desk.open_questions(1)
    assert checkins.is_stuck(question)
    taken.writes("?")
    assert await commit(taken, progress("stuck", said))
    assert desk.open_questions(1) == [question]


async def test_asked_once_and_only_while_nobody_else_is_to_act(taken: Room) -> None:
    deadline = taken.task(1).deadline
    assert deadline is not None
    taken.now = deadline + timedelta(hours=12)
    assert follow_up(taken) == {ANNA.user_id}
    assert owed.check_in(1) == "after"
    # Looked at again, also after a restart: it is the same one that is owed, and no second event.
    assert follow_up(taken) == {ANNA.user_id}
    assert [event.what for event in tasks.events(1)].count("checked_in") == 1
    assert "date of task 1 is over" in taken.prompt()
    assert await commit(taken, call("reply", task_id=1, text="Готово?", reply_to=None))
    assert not owed.anything(1)
    (row,) = [row for row in taken.queued() if row.text == "Готово?"]
    taken.deliver(row.id)
    assert follow_up(taken) == set()


async def test_silence_before_the_date_is_no_silence(taken: Room) -> None:
    """Who has two days more is not reminded of an answer that nobody asked for."""
    taken.deliver(taken.queue(1, text="Спасибо!"))
    taken.now += timedelta(hours=48)
    assert follow_up(taken) == set()
    assert not owed.anything(1)
    assert taken.task(1).next_followup_at == checkins.next_at(taken.task(1), ZONE, taken.now)


async def test_people_are_asked_by_the_clock_of_the_place_they_named(room: Room) -> None:
    """Who says "by Thursday, Vladivostok time" is not asked in the middle of their night."""
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=None))
    said = room.writes("сделаю к четвергу по Владивостоку")
    assert await commit(room, updated(said, timezone="Asia/Vladivostok"))
    deadline = room.task(1).deadline
    assert deadline is not None
    # 17:00 in Moscow, midnight there.
    assert deadline.astimezone(ZONE).hour == 17
    room.now = deadline + timedelta(hours=1, minutes=30)
    assert follow_up(room) == set()
    room.now = deadline + timedelta(hours=9, minutes=1)
    assert follow_up(room) == {ANNA.user_id}


@pytest.mark.parametrize("is_asked_first", [True, False])
async def test_a_question_that_came_with_the_yes_is_asked_and_waited_for(room: Room, is_asked_first: bool) -> None:
    """«Сделаю. А сколько там страниц?» is taken on, and the owner owes an answer."""
    room.going(room.open(task_type="task_assignment", context=REPORT, mandate=WEEK))
    yes = updated(room.writes("сделаю к четвергу. а сколько там страниц?"))
    asked = call("ask_owner", task_id=1, question="Сколько там страниц?")
    assert await commit(room, *((asked, yes) if is_asked_first else (yes, asked)))
    assert room.task(1).is_taken_on
    assert room.task(1).waiting_for == "owner"
    assert [question.payload for question in desk.open_questions(1)] == [{"question": "Сколько там страниц?"}]


@pytest.mark.parametrize("what", [Change.PAUSED, Change.TOOK_OVER, Change.ASKED_OWNER])
async def test_nobody_is_asked_while_it_rests_or_the_owner_owes_an_answer(taken: Room, what: Change) -> None:
    deadline = taken.task(1).deadline
    assert deadline is not None
    assert moves.move(1, what, who="owner", now=taken.now)
    taken.now = deadline + timedelta(hours=12)
    assert follow_up(taken) == set()
    assert not owed.anything(1)


async def test_the_end_of_the_limits_does_not_end_what_was_taken_on(taken: Room) -> None:
    """They are asked after the date, which may be the last the owner allows."""
    said = taken.writes("в пятницу")
    assert await commit(taken, progress("late", said, "2026-11-27"))
    deadline = taken.task(1).deadline
    assert deadline is not None
    taken.now = deadline + timedelta(hours=1)
    follow_up(taken)
    assert taken.task(1).status == "in_progress"


async def test_a_change_of_the_words_that_said_done_takes_only_the_end_back(taken: Room) -> None:
    before = taken.task(1)
    said = taken.writes("готово")
    assert await commit(taken, progress("done", said))
    assert taken.task(1).closed_because == "agreed"
    assert journal.record_edit(ANNA.user_id, said, "почти готово")
    assert reopening.settle_changed_words(ANNA.user_id, taken.now)
    after = taken.task(1)
    assert (after.result, after.deadline, after.evidence) == (before.result, before.deadline, before.evidence)
    assert (after.status, after.waiting_for) == ("in_progress", "time")


async def test_who_will_not_do_it_after_all_ends_the_task_and_what_was_agreed_stays_in_the_record(taken: Room) -> None:
    said = taken.writes("нет, не буду")
    refusal = call("update_conversation", task_id=1, status="cancelled", result=None, evidence=[said])
    assert await commit(taken, refusal)
    assert (taken.task(1).closed_because, taken.task(1).is_taken_on) == ("declined", True)


# --- called off -----------------------------------------------------------------------------------------------------


async def test_calling_off_is_told_once_and_ends_the_task_only_when_it_is_delivered(taken: Room) -> None:
    assert agreed.cancel(1, taken.now) is agreed.Cancelled.CALLING_OFF
    assert agreed.cancel(1, taken.now) is agreed.Cancelled.CALLING_OFF
    assert calling_off.is_owed(1)
    (note,) = conversations.new_instructions(ANNA.user_id)
    assert "Сделает." not in note.text
    box = taken.toolbox()
    with pytest.raises(BadArguments, match="must be told"):
        await box.call(call("stay_silent", reason="x"))
    assert box.missing() == "Call reply and tell the contact that task 1 is called off."
    assert await commit(taken, call("reply", task_id=1, text="Отчёт не нужен.", reply_to=None))
    assert not calling_off.is_owed(1)
    assert taken.task(1).status == "in_progress"
    (row,) = taken.queued()
    taken.deliver(row.id)
    assert taken.task(1).closed_because == "stopped"


async def test_a_text_that_is_held_back_is_asked_of_the_owner_and_not_written_again_and_again(taken: Room) -> None:
    assert agreed.cancel(1, taken.now) is agreed.Cancelled.CALLING_OFF
    box = taken.toolbox()
    for n in range(3):
        with contextlib.suppress(BadArguments):
            await box.call(
                call("reply", task_id=1, text=f"Отмена, подробности: https://evil.example/{n}", reply_to=None)
            )
    assert await commit(taken, box=box)
    assert desk.asks_about_text(1)
    assert contact.look(ANNA.user_id, 20) is None
    (question,) = desk.open_questions(1)
    assert answers.answer_text(question, True, taken.now)
    assert contact.look(ANNA.user_id, 20) is not None


async def test_what_was_written_before_is_not_what_tells_it(taken: Room) -> None:
    """A message on its way when the owner calls it off must not pass for the news."""
    row_id = taken.queue(1, text="Ждём отчёт!")
    ledger.start_sending(row_id)
    assert agreed.cancel(1, taken.now) is agreed.Cancelled.CALLING_OFF
    taken.deliver(row_id)
    assert taken.task(1).status == "in_progress"
    assert calling_off.is_owed(1)


async def test_called_off_no_more_the_task_goes_on(taken: Room) -> None:
    assert agreed.cancel(1, taken.now) is agreed.Cancelled.CALLING_OFF
    agreed.take_up(1, taken.now)
    assert moves.steer(1, "Всё-таки нужен, но к понедельнику.", taken.now)
    assert not calling_off.is_pending(1)
    assert taken.task(1).result is None
    await commit(taken, call("reply", task_id=1, text="Отчёт всё-таки нужен. К понедельнику?", reply_to=None))
    (row,) = taken.queued()
    taken.deliver(row.id)
    assert taken.task(1).status == "in_progress"


def test_what_was_not_agreed_just_stops(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    assert agreed.cancel(task_id, room.now) is agreed.Cancelled.STOPPED
    assert agreed.cancel(task_id, room.now) is agreed.Cancelled.CLOSED
    assert conversations.new_instructions(ANNA.user_id) == []
