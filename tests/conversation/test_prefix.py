"""Protects the bill: what a model has read is not paid in full again. Providers reuse a prompt from its beginning up to
the first byte that differs, if the tools are the same."""

import json
from itertools import pairwise, takewhile
from typing import Any

import pytest

from tests.conversation.conftest import SETTING, Room, call
from userbot.conversation import contact, turn
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.model import chat, responses
from userbot.model.client import Api, ModelClient, ModelSettings
from userbot.rehearsal.model import Call, Said, ScriptedModel

TURNS = 40


def shared_by(one: str, other: str) -> str:
    """What both begin with."""
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def said(form: Any, room: Room) -> tuple[str, str]:
    """This turn's tools and messages as they go over the wire."""
    world = room.world()
    toolbox = room.toolbox(world)
    body = form.build_request("m", contact.prompt(world, SETTING, room.now), toolbox.tools, frozenset(), "o")
    messages = body["messages"] if "messages" in body else body["input"]
    return json.dumps(body["tools"], ensure_ascii=False), json.dumps(messages, ensure_ascii=False)


async def answer(room: Room, task_id: int, text: str) -> None:
    world = room.world()
    toolbox = room.toolbox(world)
    await toolbox.call(call("reply", task_id=task_id, text=text, reply_to=None, last=True))
    assert commit_contact_turn(world, toolbox.acts, f"t{room.last_id}", room.now)
    for row in room.queued():
        room.deliver(row.id)


@pytest.mark.parametrize("form", [chat, responses], ids=["chat", "responses"])
async def test_turns_share_all_but_what_is_new(room: Room, form: Any) -> None:
    """Tools and rules to the byte; the dialog up to the message that was new last time, but where old lines go."""
    task_id = room.open()
    room.going(task_id)
    before: tuple[str, str] | None = None
    new_before, cut = 0, 0
    shares: list[float] = []
    for number in range(TURNS):
        new = room.writes(f"Вопрос {number}: а если в другой день?")
        now = said(form, room)
        if before is not None:
            assert now[0] == before[0]
            shared = len(shared_by(now[1], before[1]))
            assert shared > before[1].index('"role": "user"'), "rules, skills and briefs"
            shares.append((len(now[0]) + shared) / (len(now[0]) + len(now[1])))
            if shared < before[1].index(f'{{\\"id\\": {new_before},'):
                cut += 1
        before, new_before = now, new
        await answer(room, task_id, f"Ответ {number}: уточню и вернусь.")
    assert 1 < cut <= TURNS * 2 // 10, "old lines go ten at a time, two come with each turn"
    assert sum(shares) / len(shares) > 0.8, "of all that was sent, where nothing was cut about nine tenths"


async def test_long_messages_leave_several_at_once_too(room: Room) -> None:
    """Also where the room for the dialog is used up, and not the number of its messages, it does not begin elsewhere
    each time."""
    task_id = room.open()
    room.going(task_id)
    before: str | None = None
    new_before, cut = 0, 0
    for number in range(TURNS):
        new = room.writes(
            f"Вопрос {number}: " + "а если в другой день, и кто ещё придёт, и что мне взять с собой? " * 6
        )
        now = said(chat, room)[1]
        if before is not None:
            cut += len(shared_by(now, before)) < before.index(f'{{\\"id\\": {new_before},')
        before, new_before = now, new
        await answer(room, task_id, f"Ответ {number}: уточню и вернусь.")
    assert 1 < cut <= TURNS * 2 // 4, "five go at a time, two come with each turn"


async def test_the_clock_and_what_to_do_come_last(room: Room) -> None:
    """They change every time."""
    task_id = room.open()
    room.going(task_id)
    room.writes("Да")
    (system, user) = contact.prompt(room.world(), SETTING, room.now)
    room.tick()
    (later_system, later_user) = contact.prompt(room.world(), SETTING, room.now)
    assert later_system == system
    assert shared_by(user.text, later_user.text).endswith("## Now\nNow: Monday 2026-11-23 12:0")
    assert "12:0" not in system.text


@pytest.mark.parametrize("form", ["chat", "responses"])
async def test_a_round_of_a_turn_begins_with_the_whole_round_before(room: Room, form: Api) -> None:
    task_id = room.open()
    room.going(task_id)
    room.writes("Да")
    steps = [
        Said(calls=(Call("notify_owner", {"task_id": task_id, "message": "согласна"}),), reasoning="мысль"),
        Said(calls=(Call("reply", {"task_id": task_id, "text": "Отлично!", "reply_to": None, "last": False}),)),
        Said("всё"),
    ]
    async with ScriptedModel(steps) as model:
        client = ModelClient(ModelSettings("scripted", "sk-rehearsal", model.base_url, form))
        await turn.run(client, contact.prompt(room.world(), SETTING, room.now), room.toolbox())
        await client.close()
        bodies = [asked.body for asked in model.asked]
    assert len(bodies) == 3
    name = "messages" if form == "chat" else "input"
    for earlier, later in pairwise(bodies):
        first, second = earlier[name], later[name]
        assert isinstance(first, list)
        assert isinstance(second, list)
        assert json.dumps(second[: len(first)]) == json.dumps(first)
        assert {key: value for key, value in earlier.items() if key != name} == {
            key: value for key, value in later.items() if key != name
        }
