"""Protects the people of one meeting where it ends or is called off: each is told what concerns them, once, and the
owner hears one ring."""

from datetime import timedelta

from tests.conversation.conftest import ANNA, BORIS, ZONE, Room
from tests.conversation.plan_people import agreed, at, begin, can, proposed, reopened, told, yes
from userbot.conversation import agreed as callings
from userbot.conversation import forgetting, moves, plans, reopening, silent
from userbot.store import busy, desk, tasks
from userbot.store import plans as store
from userbot.store.busy import Stretch
from userbot.store.database import transaction
from userbot.tasks.followups import Reminding
from userbot.tasks.lifecycle import Change


async def test_only_who_is_waited_for_is_reminded(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    for row in room.queued(ANNA):
        room.deliver(row.id)
    rules = Reminding(2, timedelta(hours=1))
    assert silent.silence_of(room.task(anna), rules).since is None
    assert silent.silence_of(room.task(boris), rules).since is not None


async def test_who_stays_with_the_agreed_time_after_all_is_told_and_the_others_are_not_told_again(room: Room) -> None:
    anna, boris = await reopened(room)
    assert tasks.has_open(ANNA.user_id)
    # By now the owner's calendar shows the meeting: to nobody in it is that another one.
    busy.replace_busy([Stretch(at(14), at(15), anna)], room.now, room.now + timedelta(days=60), room.now)
    await yes(room, BORIS, boris, "14:00")
    assert [room.task(one).closed_because for one in (anna, boris)] == ["agreed", "agreed"]
    assert (told(ANNA, "Время подходит всем"), told(BORIS, "Время подходит всем")) == (1, 2)


async def test_who_was_told_that_it_is_settled_is_told_when_the_owner_stops_it(room: Room) -> None:
    anna, boris = await reopened(room)
    assert moves.stop(boris, room.now)
    plans.settle(room.now)
    assert [room.task(one).closed_because for one in (anna, boris)] == ["stopped", "stopped"]
    # Also who had asked for another time: without an answer they would come at the one they know.
    assert (told(ANNA, "не состоится"), told(BORIS, "не состоится")) == (1, 1)
    assert busy.holds(anna) == busy.holds(boris) == []


async def test_what_the_owner_calls_off_with_one_is_called_off_for_all(room: Room) -> None:
    anna, boris = await agreed(room)
    assert callings.cancel(boris, room.now) is callings.Cancelled.CALLING_OFF
    plans.settle(room.now)
    assert busy.holds(anna) == busy.holds(boris) == []
    assert room.task(anna).closed_because == "stopped"
    assert (told(ANNA, "не состоится"), told(BORIS, "не состоится")) == (1, 0)
    # Boris hears it from his own conversation, which knows his task alone.
    assert room.world(BORIS).called_off == (boris,)
    assert room.world(BORIS).parts == {}
    job = busy.event_of(anna)
    assert job is not None
    assert job.meeting is None


async def test_a_stop_that_is_taken_back_is_for_all(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    assert moves.stop(boris, room.now)
    plans.settle(room.now)
    assert room.task(anna).closed_because == "stopped"
    assert moves.take_back_stop(boris, room.now)
    plans.settle(room.now)
    assert [room.task(one).closed_because for one in (anna, boris)] == [None, None]
    assert proposed(anna) == "14:00"
    assert [one.start for one in busy.holds(anna)] == [at(14)]


async def test_the_last_allowed_time_ends_it_for_all_with_one_ring(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    late = at(20.1)
    silent.follow_up(Reminding(2, timedelta(hours=24)), ZONE, late)
    plans.settle(late)
    assert [room.task(one).closed_because for one in (anna, boris)] == ["expired", "expired"]
    assert [item.task_id for item in desk.last_of("status", 9) if desk.ENDED in item.payload] == [anna]


async def test_who_is_left_out_is_not_let_in_again_by_a_late_word(room: Room) -> None:
    anna, boris = begin(room)
    evidence = room.writes("не приду", BORIS)
    moves.move(boris, Change.DECLINED, who="model", now=room.now, message_id=evidence, evidence=[evidence])
    plans.settle(room.now)
    (question,) = desk.open_questions(anna)
    assert plans.answer_without(question, True, room.now)
    assert not plans.answer_without(question, False, room.now), "answered once"
    assert not reopening.reopen(room.task(boris), evidence, room.now, told="reopened", why="edited")
    assert room.task(boris).closed_because == "declined"
    await can(room, ANNA, anna, ("14:00", "18:00"))
    assert proposed(anna) == "14:00", "with those who are left"


def test_when_nobody_is_left_it_is_over_with_one_ring(room: Room) -> None:
    anna, boris = begin(room)
    for task_id in (boris, anna):
        moves.move(task_id, Change.NO_ANSWER, who="code", now=room.now)
        plans.settle(room.now)
    plan = store.of_task(anna)
    assert plan is not None
    assert plan.phase == "over"
    assert [item.state for item in desk.last_of("ask", 9)] == ["void"]
    assert len([item for item in desk.last_of("status", 9) if desk.ENDED in item.payload]) == 1


async def test_forgetting_one_of_them_takes_their_times_away_and_ends_it(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    forgetting.forget(ANNA, room.now)
    member = store.member(anna)
    assert member is not None
    assert (member.can, member.result, member.evidence) == (None, None, ())
    plans.settle(room.now)
    assert room.task(boris).closed_because == "stopped"


def test_settling_again_and_again_does_nothing_more(room: Room) -> None:
    """After a crash it runs again from the same rows."""
    anna, boris = begin(room)
    moves.move(boris, Change.NO_ANSWER, who="code", now=room.now)
    for _ in range(3):
        with transaction():
            store.touch(anna)
            plans.settle(room.now)
    assert len(desk.open_questions(anna)) == 1
    assert not plans.settle(room.now)
