"""Protects plans where they meet other parts: two plans at once, one that is moved, and one person of it left out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.conversation.conftest import ANNA, BORIS, LIMITS, OWNER, SETTING, ZONE, Room, call
from tests.conversation.plan_people import VERA, answers, at, begin, can, proposed, proposed_to_all, put, yes
from tests.conversation.plan_people import agreed as plan_agreed
from tests.conversation.test_plan_races import ends
from userbot.conversation import agreed, first_hour, moves, plan_notices, plan_parts, plan_without, plans, standing
from userbot.dispatch.tools import Tools
from userbot.dispatch.workers import Dispatch
from userbot.people import Contact
from userbot.store import busy, desk, ledger, tasks
from userbot.tasks.budgets import Limits
from userbot.tasks.lifecycle import Change

GLEB = Contact(2004, 80, "Глеб", None, "gleb")


class RoomClock:
    def __init__(self, room: Room) -> None:
        self._room = room

    def now(self) -> Any:
        return self._room.now


@pytest.fixture
async def dispatch(room: Room) -> AsyncIterator[Dispatch]:
    """Workers that are woken and closed before any of them has begun."""
    never: Any = None
    tools = Tools(
        model=never,
        directory=never,
        setting=lambda _: SETTING,
        read_dialog=never,
        take_commands=lambda: [],
        on_change=lambda: None,
        language=lambda _: "ru",
    )
    clock: Any = RoomClock(room)
    made = Dispatch(tools, clock, owner_id=OWNER.user_id, quiet_s=5.0, dialog_lines=20, limits=Limits())
    yield made
    await made.close()


async def says_when(room: Room, who: Contact, task_id: int, day: str) -> None:
    message_id = room.writes("вот когда могу", who)
    toolbox = room.toolbox(room.world(who))
    times = [{"date": day, "from": "14:00", "to": "18:00"}]
    given = {"task_id": task_id, "times": times, "timezone": ZONE.key, "evidence": [message_id]}
    await toolbox.call(call("record_times", **given))
    await answers(room, toolbox, task_id)


async def test_a_plan_that_waits_for_one_to_be_read_does_not_keep_another_one_turning(
    room: Room, dispatch: Dispatch
) -> None:
    """One plan only waits, and a time of another one is owed: whoever is woken for it looks at the plans again."""
    anna, boris = await proposed_to_all(room)
    day = "2026-11-25"
    vera, gleb = begin(room, VERA, GLEB, mandate={**LIMITS, "windows": [{"date": day, "from": "12:00", "to": "20:00"}]})
    await says_when(room, VERA, vera, day)
    await says_when(room, GLEB, gleb, day)
    owed = {VERA.user_id, GLEB.user_id}
    assert plan_parts.peers_owed() == owed
    await yes(room, ANNA, anna, "14:00")
    room.writes("кстати, а где это?")
    await yes(room, BORIS, boris, "14:00")
    assert ends(room, anna, boris) == [None, None]
    assert not plans.settle(room.now), "it goes on waiting, and that is no news"
    dispatch.wake(ANNA.user_id)
    assert plan_parts.peers_owed() == owed


async def moved(room: Room, by: int = 0) -> tuple[int, int, int]:
    """All three had agreed on two o'clock; the owner wants it moved, and says so on one of the tasks."""
    anna, boris, vera = begin(room, ANNA, BORIS, VERA)
    everybody = ((ANNA, anna), (BORIS, boris), (VERA, vera))
    for who, task_id in everybody:
        await can(room, who, task_id, ("14:00", "18:00"))
    for who, task_id in everybody:
        await put(room, who, task_id)
    for who, task_id in everybody:
        await yes(room, who, task_id, "14:00")
    for who, _ in everybody:
        for row in room.queued(who):
            room.deliver(row.id)
    ids = (anna, boris, vera)
    assert ends(room, *ids) == ["agreed"] * 3
    wants_moved(room, ids[by])
    assert all(standing.is_moved(room.task(one)) for one in ids)
    return ids


def wants_moved(room: Room, task_id: int) -> None:
    agreed.take_up(task_id, room.now, room.tick())
    assert moves.steer(task_id, "Перенеси на другое время", room.now)
    plans.settle(room.now)


def shown(task_id: int) -> str | None:
    """What the calendar is to call the meeting, of this task."""
    job = busy.event_of(task_id)
    return None if job is None or job.meeting is None else str(job.meeting["summary"])


@pytest.mark.parametrize("by", [0, 1])
async def test_who_is_left_out_of_a_meeting_being_moved_is_not_agreed_with(room: Room, by: int) -> None:
    """What stood stands for the others alone, and is shown with them alone, though it was shown as the first one's."""
    anna, boris, vera = await moved(room, by)
    assert shown(anna)
    assert plan_without.leave_out(anna, room.now, room.tick()) is plan_without.Outcome.TOLD
    assert ends(room, anna, boris, vera) == ["stopped", None, None]
    assert room.task(anna).result is None
    assert busy.holds(anna) == []
    assert shown(anna) is None
    assert str(shown(boris)).endswith("Борис, Вера")
    assert all(standing.is_moved(room.task(one)) for one in (boris, vera))
    assert [one.id for one in agreed.all_ahead(room.now)] == []
    (row,) = [one for one in room.queued(ANNA) if "встретиться не получится" in one.text]
    assert not ledger.is_unwanted(row.id), "they hear of it"


async def test_what_the_plan_tells_somebody_goes_out_though_the_move_came_to_nothing(room: Room) -> None:
    anna, *_ = await moved(room)
    written = room.queue(anna, text="Какое время подойдёт?")
    plan_notices.tell(room.task(anna), plan_notices.STAYS, "Встреча остаётся как была.", room.now)
    (told,) = [row.id for row in room.queued(ANNA) if row.id != written]
    moves.move(anna, Change.STOPPED, who="owner", now=room.now)
    assert ends(room, anna) == ["agreed"]
    assert ledger.is_unwanted(written)
    assert not ledger.is_unwanted(told)


async def test_a_move_within_the_same_limits_asks_everybody_anew_and_for_another_hour(room: Room) -> None:
    """What they had said yes to is the one hour it is not to be; that stands until another is agreed."""
    anna, boris = await plan_agreed(room)
    wants_moved(room, anna)
    assert proposed(anna) is None
    assert plan_parts.peers_owed() == {ANNA.user_id, BORIS.user_id}
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        await can(room, who, task_id, ("14:00", "18:00"))
    assert proposed(anna) == "15:00"
    for task_id in (anna, boris):
        stood = standing.first(room.task(task_id))
        assert stood is not None
        assert stood.result["time"] == "14:00"
        assert at(14) in [held.start for held in busy.holds(task_id)]
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        await put(room, who, task_id)
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        await yes(room, who, task_id, "15:00")
    assert ends(room, anna, boris) == ["agreed", "agreed"]
    assert [held.start for held in busy.holds(anna)] == [at(15)]


async def test_the_first_hour_comes_near_heard_of_once_though_the_first_of_them_is_paused(room: Room) -> None:
    anna, boris, vera = await moved(room)
    moves.pause(anna, room.now)
    plans.settle(room.now)
    for who, task_id in ((BORIS, boris), (VERA, vera)):
        message_id = room.writes("надо подумать", who)
        moves.move(task_id, Change.CONTACT_WROTE, who="contact", now=room.now, message_id=message_id)
    stood = standing.first(room.task(boris))
    assert stood is not None
    assert stood.last_call is not None
    late = stood.last_call + timedelta(minutes=1)
    for task in tasks.to_follow_up(late + timedelta(days=1), 50):
        assert not first_hour.mind(task, late, is_silent=False)
    (said,) = [item for item in desk.unposted() if item.payload.get("what") == first_hour.NEAR]
    assert said.task_id == boris
