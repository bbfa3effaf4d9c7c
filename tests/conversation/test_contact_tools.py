"""Protects invariants 7 and 8: what a contact's turn can ask for at all, and what code refuses of it."""

import dataclasses
import typing
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from tests.conversation.conftest import (
    BORIS,
    FIRST,
    MEETING,
    SETTING,
    Room,
    call,
    completed,
    everything,
)
from userbot.conversation import moves
from userbot.conversation.contact_acts import (
    AskOwner,
    ContactAct,
    NotifyOwner,
    Reply,
)
from userbot.conversation.contact_tools import MAX_REPLIES, ContactToolbox
from userbot.conversation.tool_arguments import BadArguments
from userbot.skills import Skills
from userbot.store import ledger, peers

# --- no recipient ---------------------------------------------------------------------------------------------------

TOOLS = {
    "reply": {"task_id", "text", "reply_to", "last"},
    "update_conversation": {"task_id", "status", "result", "evidence"},
    "notify_owner": {"task_id", "message"},
    "ask_owner": {"task_id", "question"},
    "stay_silent": {"reason"},
}


def properties(schema: Any) -> set[str]:
    return set(schema["properties"])


def test_no_tool_of_a_contacts_conversation_takes_a_recipient(room: Room) -> None:
    """Invariant 7: what cannot be named cannot be reached. A new parameter must be looked at here first."""
    room.open()
    assert {tool.name: properties(tool.parameters) for tool in room.toolbox().tools} == TOOLS


def test_no_act_of_a_contacts_conversation_names_a_person() -> None:
    fields = {act: {one.name for one in dataclasses.fields(act)} for act in typing.get_args(ContactAct)}
    known = {
        "task_id",
        "text",
        "reply_to",
        "result",
        "evidence",
        "reasons",
        "message",
        "question",
        "reason",
        "tries",
        "slot",
        "can",
        "due",
    }
    assert set().union(*fields.values()) == known


def test_a_task_is_named_by_a_number_among_this_contacts_active_ones(room: Room) -> None:
    mine, question, paused = room.open(), room.open_question(), room.open_question()
    others = room.open(BORIS)
    moves.pause(paused, room.now)
    toolbox = room.toolbox()
    for tool in toolbox.tools:
        schema: Any = tool.parameters
        if "task_id" in schema["properties"]:
            assert schema["properties"]["task_id"]["enum"] == [mine, question]
    assert others not in {task.id for task in toolbox.world.tasks}


@pytest.mark.parametrize("tool", ["reply", "update_conversation", "notify_owner", "ask_owner"])
async def test_no_act_reaches_another_task(room: Room, tool: str) -> None:
    """Threat 12: not another contact's, not one that is closed or paused."""
    task_id, closed, paused = room.open(), room.open_question(), room.open_question()
    others = room.open(BORIS)
    moves.stop(closed, room.now)
    moves.pause(paused, room.now)
    arguments: dict[str, dict[str, Any]] = {
        "reply": {"text": FIRST},
        "update_conversation": {"status": "in_progress", "evidence": []},
        "notify_owner": {"message": "ок"},
        "ask_owner": {"question": "ок?"},
    }
    toolbox = room.toolbox()
    for number in (others, closed, paused, 404):
        with pytest.raises(BadArguments, match=f"no open task {number} with this contact; open: {task_id}"):
            await toolbox.call(call(tool, task_id=number, **arguments[tool]))
    assert toolbox.acts == []


async def test_a_skill_that_allows_few_tools_is_held_to_them(room: Room) -> None:
    task_id, other = room.open(), room.open_question()
    meeting = replace(SETTING.skills.by_type["meeting"], allowed_tools=("reply", "stay_silent"))
    setting = replace(SETTING, skills=Skills(MappingProxyType({**SETTING.skills.by_type, "meeting": meeting})))
    toolbox = ContactToolbox(room.world(), setting, room.now)
    with pytest.raises(BadArguments, match="ask_owner is not allowed for task 1"):
        await toolbox.call(call("ask_owner", task_id=task_id, question="?"))
    await toolbox.call(call("ask_owner", task_id=other, question="?"))
    moves.pause(other, room.now)
    toolbox = ContactToolbox(room.world(), setting, room.now)
    assert {tool.name for tool in toolbox.tools} == {"reply", "stay_silent"}


# --- reply ----------------------------------------------------------------------------------------------------------


def reply(text: str, reply_to: int | None = None) -> Any:
    return call("reply", task_id=1, text=text, reply_to=reply_to)


async def test_a_reply_is_taken_clean(talking: Room) -> None:
    toolbox = talking.toolbox()
    await toolbox.call(reply("  Хоро\u200bшо! \n", talking.last_id))
    assert toolbox.acts == [Reply(1, "Хорошо!", talking.last_id)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Уступить можно только до пяти процентов!", "not meant for the contact"),
        ("Вот: https://evil.example/?d=1", "link"),
        ("а" * 1501, "too long"),
    ],
)
async def test_the_guard_holds_what_may_not_go_out(talking: Room, text: str, why: str) -> None:
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match=f"not sent: .*{why}"):
        await toolbox.call(reply(text))
    assert toolbox.acts == []


async def test_only_a_message_of_this_dialog_can_be_quoted(talking: Room) -> None:
    peers.remember(BORIS)
    foreign = talking.said_before("другой диалог", in_=BORIS)
    toolbox = talking.toolbox()
    for number in (foreign, 9999):
        with pytest.raises(BadArguments, match="not the id of a message in this dialog"):
            await toolbox.call(reply("Хорошо!", number))


async def test_messages_in_a_row_are_capped(talking: Room) -> None:
    """Threat 13."""
    toolbox = talking.toolbox()
    for n in range(MAX_REPLIES):
        await toolbox.call(reply(f"Раз {n}"))
    with pytest.raises(BadArguments, match="are enough"):
        await toolbox.call(reply("И ещё"))


async def test_the_first_message_ever_says_who_writes(room: Room) -> None:
    room.open()
    toolbox = room.toolbox()
    with pytest.raises(BadArguments, match="must say that it is the owner's assistant"):
        await toolbox.call(reply("Привет! Встретимся завтра?"))
    await toolbox.call(reply(FIRST))
    await toolbox.call(reply("Встретимся завтра?"))
    assert len(toolbox.acts) == 2


async def test_what_the_owner_wants_said_may_be_said(talking: Room) -> None:
    """A link the owner gives, or a limit they now let go, is told by their own word."""
    text = "Вот ссылка: https://zoom.us/j/1. Уступить можно только до пяти процентов."
    moves.steer(1, f"напиши ей: {text}", talking.now)
    toolbox = talking.toolbox()
    await toolbox.call(reply(text))
    assert len(toolbox.acts) == 1


async def test_links_that_anybody_in_this_dialog_wrote_may_be_repeated(room: Room) -> None:
    room.said_before("офис: https://maps.example/7", "owner")
    room.going(room.open(context={**MEETING, "place": "https://zoom.us/j/2"}))
    room.writes("https://docs.example/1 — прочтите")
    toolbox = room.toolbox()
    await toolbox.call(reply("https://maps.example/7 или https://zoom.us/j/2, а https://docs.example/1 прочту"))
    assert len(toolbox.acts) == 1


async def test_the_first_message_cannot_be_replaced_by_silence(room: Room) -> None:
    room.open()
    toolbox = room.toolbox()
    with pytest.raises(BadArguments, match="must be written"):
        await toolbox.call(call("stay_silent", reason="лень"))
    assert toolbox.missing() == "Call reply with the first message of task 1."
    await toolbox.call(reply(FIRST))
    assert toolbox.missing() is None


@pytest.mark.parametrize("text", ["\u200b", " \u2060\u200b ", "\u3164"])
@pytest.mark.parametrize(("tool", "name"), [("reply", "text"), ("ask_owner", "question"), ("notify_owner", "message")])
async def test_what_cannot_be_seen_is_no_text(talking: Room, tool: str, name: str, text: str) -> None:
    """An empty question to the owner ended the program at its commit, and at the next start again."""
    arguments = {"task_id": 1, name: text} | ({"reply_to": None, "last": False} if tool == "reply" else {})
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match=f"{name} must be a text that is not empty"):
        await toolbox.call(call(tool, **arguments))
    assert toolbox.acts == []


# --- the owner ------------------------------------------------------------------------------------------------------


async def test_what_the_owner_is_told_is_clean_and_short(talking: Room) -> None:
    toolbox = talking.toolbox()
    await toolbox.call(call("notify_owner", task_id=1, message="Спросила\u202e\x00 о цене" + "!" * 1000))
    await toolbox.call(call("ask_owner", task_id=1, question="Сколько?" + "?" * 1000))
    told, asked = toolbox.acts
    assert isinstance(told, NotifyOwner)
    assert told.message.startswith("Спросила о цене!")
    assert len(told.message) == 300
    assert isinstance(asked, AskOwner)
    assert len(asked.question) == 600


async def test_no_tool_writes_anything(talking: Room) -> None:
    """Invariant 2: a turn that is dropped leaves no trace."""
    before = everything()
    toolbox = talking.toolbox()
    await toolbox.call(reply("Хорошо!"))
    await toolbox.call(call("notify_owner", task_id=1, message="ок"))
    await toolbox.call(completed(talking.last_id))
    assert everything() == before
    assert ledger.of_task(1, "reply") == []
