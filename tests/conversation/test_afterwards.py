"""Protects what stays agreed: a contact with several meetings ahead changes the one they write about, and no other."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.conversation.conftest import AGREED, ANNA, LIMITS, SETTING, Room, call
from userbot.conversation import afterwards, moves, times
from userbot.conversation.afterwards import AfterToolbox
from userbot.conversation.contact import World
from userbot.conversation.tool_arguments import BadArguments
from userbot.store import desk
from userbot.tasks.lifecycle import Change
from userbot.tasks.slots import resolve_meeting

LATER = {**AGREED, "date": "2026-11-25", "weekday": "wed"}


def agree(room: Room, result: Mapping[str, Any]) -> int:
    task_id = room.open(mandate={**LIMITS, "windows": []})
    room.going(task_id)
    said = room.writes("да")
    assert moves.move(task_id, Change.AGREED, who="model", now=room.now, result=result, evidence=[said])
    assert times.promise(room.task(task_id), ANNA, resolve_meeting(result), result, room.now)
    return task_id


def look(room: Room) -> World:
    world = afterwards.look(ANNA.user_id, 20, room.now)
    assert world is not None
    return world


async def test_of_two_meetings_the_one_that_is_meant_is_taken_up_again(room: Room) -> None:
    first, second = agree(room, AGREED), agree(room, LATER)
    message = room.writes("Во вторник всё-таки не смогу")
    world = look(room)
    prompt = "\n".join(one.text for one in afterwards.prompt(world, SETTING, room.now))
    assert str(AGREED["date"]) in prompt
    assert str(LATER["date"]) in prompt
    toolbox = AfterToolbox(world)
    for wrong in ({}, {"task_id": None}, {"task_id": 99}):
        with pytest.raises(BadArguments, match=f"task_id must be one of {second}, {first}"):
            await toolbox.call(call("reopen", evidence=[message], **wrong))
    await toolbox.call(call("reopen", task_id=first, evidence=[message]))
    assert afterwards.commit(world, toolbox.decision, "t1", room.now)
    assert (room.task(first).status, room.task(second).status) == ("in_progress", "completed")
    told = [item.task_id for item in desk.unposted() if item.payload.get("what") == "reopened_later"]
    assert told == [first]


async def test_a_single_meeting_needs_no_number(room: Room) -> None:
    task_id = agree(room, AGREED)
    message = room.writes("Во вторник всё-таки не смогу")
    toolbox = AfterToolbox(look(room))
    assert "task_id" not in str(toolbox.tools)
    await toolbox.call(call("reopen", evidence=[message]))
    assert toolbox.decision == afterwards.Reopen(task_id, message)
