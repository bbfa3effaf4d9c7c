"""Protects what was agreed while its owner has it moved: it stands, with its hour, unless it is agreed otherwise, taken
back or called off; whatever else ends the move, in whatever order."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conversation.conftest import AGREED, ANNA, SETTING, Room
from userbot.conversation import agreed, calling_off, moves, standing, times
from userbot.saved_messages import card_text, ended
from userbot.saved_messages.pieces import Desk
from userbot.store import busy as busy_times
from userbot.store import ledger
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import Change

DESK = Desk(1000, ZoneInfo("Europe/Moscow"), SETTING.skills, "en")


def moved(room: Room, when: timedelta = timedelta(days=1)) -> int:
    """A meeting agreed for then, that its owner wants at another time."""
    task_id = room.open()
    room.going(task_id)
    start = room.now + when
    here = start.astimezone(ZoneInfo("Europe/Moscow"))
    result = {**AGREED, "date": f"{here:%Y-%m-%d}", "time": f"{here:%H:%M}", "timezone": "Europe/Moscow"}
    result["weekday"] = f"{here:%a}".casefold()
    details = {"result": result, "evidence": [room.writes("ок")]}
    assert moves.move(
        task_id, Change.AGREED, who="model", now=room.now, details=details, result=result, evidence=details["evidence"]
    )
    slot = standing.slot_of(result)
    assert slot is not None
    assert times.promise(room.task(task_id), ANNA, slot, result, room.now)
    agreed.take_up(task_id, room.now)
    assert moves.steer(task_id, "Перенеси.", room.now)
    return task_id


def the_first_stands(room: Room, task_id: int) -> bool:
    job = busy_times.event_of(task_id)
    task = room.task(task_id)
    return (
        task.closed_because == "agreed"
        and task.result is not None
        and len(task.evidence) == 1
        and len(busy_times.holds(task_id)) == 1
        and job is not None
        and job.meeting is not None
    )


@pytest.mark.parametrize("what", [Change.NO_ANSWER, Change.EXPIRED, Change.STOPPED, Change.UNDELIVERABLE])
def test_whatever_else_ends_a_move_gives_the_first_agreement_back_and_leaves_its_hour(room: Room, what: Change) -> None:
    task_id = moved(room)
    assert room.task(task_id).result is None
    assert moves.move(task_id, what, who="code", now=room.now)
    assert the_first_stands(room, task_id)


def test_a_wish_that_cannot_be_delivered_leaves_what_was_agreed_and_says_so(room: Room) -> None:
    task_id = moved(room)
    moves.undeliverable(room.row(room.queue(task_id)), room.now, "USER_IS_BLOCKED")
    assert the_first_stands(room, task_id)
    card = card_text.render_card(in_english(room.task(task_id)), DESK, room.now)
    assert "📌 The wish to move it was not delivered. What was agreed before stands" in card
    assert "as agreed before" in card_text.list_line(in_english(room.task(task_id)), "en")
    assert "the time agreed before stands: " in ended.render_ended(in_english(room.task(task_id)), DESK)


def in_english(task: Task) -> Task:
    return replace(task, language="English")


def test_what_telegram_had_not_taken_yet_of_a_move_that_ended_is_not_sent(room: Room) -> None:
    """The move is stopped while Telegram has its message: refused for now, it is not tried again."""
    task_id = moved(room)
    row_id = room.queue(task_id)
    assert not ledger.is_unwanted(row_id)
    assert moves.stop(task_id, room.now)
    assert ledger.is_unwanted(row_id)
    assert moves.take_back_stop(task_id, room.now)
    assert not ledger.is_unwanted(row_id)


def test_a_stop_of_a_paused_move_that_is_taken_back_is_paused_and_stands(room: Room) -> None:
    task_id = moved(room)
    assert moves.pause(task_id, room.now)
    assert moves.stop(task_id, room.now)
    assert the_first_stands(room, task_id)
    assert moves.take_back_stop(task_id, room.now)
    assert room.task(task_id).paused == "owner"
    assert room.task(task_id).result is None
    assert standing.is_moved(room.task(task_id))
    assert not moves.take_back_stop(task_id, room.now)


def test_only_a_stop_can_be_taken_back(room: Room) -> None:
    task_id = moved(room)
    assert moves.move(task_id, Change.NO_ANSWER, who="code", now=room.now)
    assert not moves.take_back_stop(task_id, room.now)
    assert the_first_stands(room, task_id)


@pytest.mark.parametrize("is_told", [False, True])
def test_what_the_owner_does_not_call_off_after_all_stands_if_nobody_heard_of_it(room: Room, is_told: bool) -> None:
    """The hour was given back at once, and is taken again; whoever may have read that it is off has to agree anew."""
    task_id = moved(room)
    assert agreed.cancel(task_id, room.now) is agreed.Cancelled.CALLING_OFF
    assert busy_times.holds(task_id) == []
    row_id = room.queue(task_id, text="Встреча отменяется.")
    if is_told:
        assert ledger.start_sending(row_id)
    agreed.take_up(task_id, room.now)
    assert moves.steer(task_id, "Перенеси на пятницу.", room.now)
    assert not calling_off.is_pending(task_id)
    assert standing.is_moved(room.task(task_id)) is not is_told
    assert len(busy_times.holds(task_id)) == (0 if is_told else 1)
    assert room.row(row_id).state == ("sending" if is_told else "dropped")


def test_the_first_hour_is_not_offered_as_another(room: Room) -> None:
    task_id = moved(room)
    stood = standing.first(room.task(task_id))
    assert stood is not None
    assert stood.slot is not None
    free = times.to_offer(room.task(task_id), ZoneInfo("Europe/Moscow"), room.now)
    assert free
    assert all(one.end <= stood.slot.start or stood.slot.end <= one.start for one in free)
