"""Protects plans where they meet other parts: two plans at once, one that is moved, and one person of it left out."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conversation.conftest import ANNA, BORIS, LIMITS, OWNER, SETTING, ZONE, Room, call
from tests.conversation.plan_people import VERA, answers, begin, yes
from tests.conversation.test_plan_races import ends, proposed_to_all
from userbot.conversation import plan_parts, plans
from userbot.dispatch.tools import Tools
from userbot.dispatch.workers import Dispatch
from userbot.people import Contact
from userbot.tasks.budgets import Limits

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
