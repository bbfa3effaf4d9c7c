"""Protects the loop of model and tools: it ends, nothing is done twice, and text outside of calls reaches nobody."""

import pytest

from tests.conversation.conftest import NOW, SETTING, Room, everything, talk
from userbot.conversation import contact, turn
from userbot.conversation.contact_acts import NotifyOwner, Reply, StaySilent
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.turn import MAX_CALLS, MAX_ROUNDS, TurnIsNonsense
from userbot.errors import OwnerMustAct, TryAgain
from userbot.model.client import ModelClient
from userbot.rehearsal.model import Asked, Call, Fault, Said, Step

DONE = Said("готово")


@pytest.fixture
def asked_room(room: Room) -> Room:
    """A meeting under way, and a contact who has just written."""
    room.going(room.open())
    room.writes("А о чём речь?")
    return room


def says(text: str, task_id: int = 1) -> Call:
    return Call("reply", {"task_id": task_id, "text": text, "reply_to": None})


def tells(text: str) -> Call:
    return Call("notify_owner", {"task_id": 1, "message": text})


SILENT = Call("stay_silent", {"reason": "нечего ответить"})


async def run(client: ModelClient, room: Room) -> ContactToolbox:
    toolbox = room.toolbox()
    await turn.run(client, contact.prompt(toolbox.world, SETTING, NOW), toolbox)
    return toolbox


async def test_a_turn_collects_acts_and_does_nothing(asked_room: Room) -> None:
    """Invariant 2: until the commit they are only data."""
    before = everything()
    async with talk(says("О договоре."), tells("Спросила, о чём речь."), DONE) as t:
        toolbox = await run(t.client, asked_room)
    assert toolbox.acts == [Reply(1, "О договоре.", None), NotifyOwner(1, "Спросила, о чём речь.")]
    assert everything() == before


async def test_plain_text_goes_nowhere(asked_room: Room) -> None:
    """Invariant 11, whatever stands in it."""
    async with talk(Said("Напишу-ка Анне всё как есть", (says("О договоре."),)), Said("Всё, она согласна!")) as t:
        toolbox = await run(t.client, asked_room)
    assert toolbox.acts == [Reply(1, "О договоре.", None)]


async def test_staying_silent_ends_the_turn_without_another_call(asked_room: Room) -> None:
    async with talk(SILENT) as t:
        toolbox = await run(t.client, asked_room)
        assert len(t.model.asked) == 1
    assert isinstance(toolbox.acts[0], StaySilent)


async def test_after_silence_nothing_more_is_taken(asked_room: Room) -> None:
    async with talk(Said(calls=(SILENT, says("И всё-таки!")))) as t:
        toolbox = await run(t.client, asked_room)
    assert [type(act) for act in toolbox.acts] == [StaySilent]


async def test_a_model_that_only_talks_is_reminded_once(asked_room: Room) -> None:
    def reminded(asked: Asked) -> Said:
        assert "outside tool calls reaches" in asked.last.text
        return Said(calls=(SILENT,))

    async with talk(Said("Я бы ответил так: о договоре."), Step(reminded)) as t:
        assert len((await run(t.client, asked_room)).acts) == 1


async def test_a_model_that_goes_on_talking_brings_no_turn(asked_room: Room) -> None:
    async with talk(Said("Ну"), Said("что ж")) as t:
        with pytest.raises(TurnIsNonsense, match="unfinished"):
            await run(t.client, asked_room)


async def test_a_first_message_that_is_owed_must_be_written(room: Room) -> None:
    """Its task would wait for ever on an answer to nothing."""
    room.open()
    async with talk(SILENT, tells("пишу"), Said("готово"), Said("правда готово")) as t:
        with pytest.raises(TurnIsNonsense, match="first message of task 1"):
            await run(t.client, room)


async def test_rounds_are_capped(asked_room: Room) -> None:
    """Threat 13: a model that loops costs this much and no more."""
    endless = [tells(f"раз {n}") for n in range(MAX_ROUNDS)]
    async with talk(*endless) as t:
        with pytest.raises(TurnIsNonsense, match="without end"):
            await run(t.client, asked_room)


async def test_calls_in_one_round_are_capped(asked_room: Room) -> None:
    flood = Said(calls=tuple(tells(str(n)) for n in range(MAX_CALLS + 1)))
    async with talk(flood) as t:
        with pytest.raises(TurnIsNonsense, match="without end"):
            await run(t.client, asked_room)


async def test_the_same_call_made_twice_is_done_once(asked_room: Room) -> None:
    async with talk(Said(calls=(says("О договоре."), says("О договоре."))), says("О договоре."), DONE) as t:
        toolbox = await run(t.client, asked_room)
        answers = {result.text for asked in t.model.asked for result in asked.tool_results}
    assert toolbox.acts == [Reply(1, "О договоре.", None)]
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (Call("send_to_user", {"user": "@boris", "text": "привет"}), "no tool 'send_to_user'"),
        (Call("reply", '{"task_id": 1, "text": "О дог'), "not valid JSON"),
        (Call("reply", "[1, 2]"), "must be one JSON object"),
        (Call("reply", {"task_id": "1", "text": "", "to": "@boris"}), "unknown argument to; task_id must be a number"),
        (Call("update_conversation", {"task_id": 1, "status": "in_progress", "evidence": [10**30]}), "message ids"),
        (Call("reply", {"task_id": 10**30, "text": "да"}), "task_id must be a number"),
    ],
    ids=["unknown tool", "cut off", "no object", "wrong kinds", "huge id", "huge task"],
)
async def test_a_bad_call_is_answered_in_words_and_does_nothing(asked_room: Room, bad: Call, said: str) -> None:
    """Models send what they like; the next round mends it."""
    async with talk(bad, SILENT) as t:
        toolbox = await run(t.client, asked_room)
        (answer,) = t.model.asked[1].tool_results
    assert said in answer.text
    assert answer.text.startswith("Error: ")
    assert [type(act) for act in toolbox.acts] == [StaySilent]


async def test_trouble_with_the_model_is_the_callers_to_wait_out(asked_room: Room) -> None:
    async with talk(*[Fault.error(503, "busy")] * 3) as t:
        with pytest.raises(TryAgain) as raised:
            await run(t.client, asked_room)
    assert not isinstance(raised.value, TurnIsNonsense)
    async with talk(Fault.error(401, "bad key", "invalid_api_key")) as t:
        with pytest.raises(OwnerMustAct):
            await run(t.client, asked_room)


async def test_what_a_round_adds_to_the_next_is_short(asked_room: Room) -> None:
    """Every round is sent again with all that follow: an answer of ours must not be longer than it helps."""
    wrong: dict[str, object] = {f"поле {n} " * 9: "х" for n in range(200)} | {f"{n}": {} for n in range(9)}
    (asked,) = asked_room.world().new
    arguments = {"task_id": 1, "status": "completed", "result": wrong, "evidence": [asked.message_id]}
    calls = [
        Call("update_conversation", arguments | {f"лишнее {n} " * 20: 1 for n in range(9)} | {"status": "x" * n})
        for n in range(1, MAX_ROUNDS)
    ]
    async with talk(*calls, Said(calls=(says("О договоре."), SILENT))) as t:
        await run(t.client, asked_room)
        answers = [result.text for asked in t.model.asked for result in asked.tool_results]
    assert len(answers) == MAX_ROUNDS - 1
    assert max(map(len, answers)) < turn.ERROR_LIMIT + 60
