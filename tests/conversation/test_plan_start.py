"""Protects whom the owner names for one meeting: everybody is clear before anybody gets a task."""

from typing import Any

import pytest

from tests.conversation.conftest import ANNA, BORIS, Room, call
from tests.conversation.plan_people import TOGETHER, carried_out
from userbot.conversation.owner_acts import StartPlan
from userbot.conversation.tool_arguments import BadArguments
from userbot.store import desk, tasks
from userbot.store import plans as store
from userbot.tasks.plan import MOST_PEOPLE

# --- naming several people ------------------------------------------------------------------------------------------


async def owners(room: Room, **changed: Any) -> Any:
    toolbox = room.owner_toolbox(room.command(". найди час для меня, @anna и Бориса"))
    answer = await toolbox.call(call("start_conversation", **{**TOGETHER, **changed}))
    return toolbox, answer


async def test_one_call_opens_a_task_for_each_and_one_plan(room: Room) -> None:
    toolbox, answer = await owners(room)
    assert answer == "Taken, with @anna, Борис."
    carried_out(room, toolbox)
    assert [task.user_id for task in tasks.all_open()] == [ANNA.user_id, BORIS.user_id]
    plan = store.of_task(1)
    assert plan is not None
    assert [one.task_id for one in plan.members] == [1, 2]


async def test_one_person_named_twice_is_one_ordinary_task(room: Room) -> None:
    toolbox, _ = await owners(room, together_with=["Анна", "@anna"])
    carried_out(room, toolbox)
    assert len(tasks.all_open()) == 1
    assert store.of_task(1) is None


async def test_with_somebody_nobody_finds_nothing_is_started(room: Room) -> None:
    toolbox, answer = await owners(room, together_with=["@nobody"])
    assert "Nothing was started" in answer
    carried_out(room, toolbox)
    assert tasks.all_open() == []
    assert [item.payload["what"] for item in desk.last_of("problem", 3)] == ["nobody_for_plan"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"together_with": [f"@friend{n}" for n in range(MOST_PEOPLE)]}, "more than 8 people"),
        (
            {
                "type": "question",
                "context": {"question": "Когда?", "details": None, "choices": None, "answer_format": None},
                "mandate": None,
            },
            "meetings only",
        ),
        ({"together_with": "Борис"}, "together_with must be a list"),
        ({"together_with": [7]}, "together_with must be a list"),
    ],
)
async def test_what_cannot_be_one_meeting_is_sent_back(room: Room, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(BadArguments, match=why):
        await owners(room, **changed)


async def test_after_a_contacts_words_were_read_it_waits_for_a_yes(room: Room) -> None:
    toolbox = room.owner_toolbox(room.command(". найди час со всеми, кто ответил"))
    await toolbox.call(call("find_contact", query="Анна"))
    await toolbox.call(call("start_conversation", **TOGETHER))
    carried_out(room, toolbox)
    assert tasks.all_open() == []
    (item,) = desk.last_of("approve", 3)
    assert item.payload["act"]["kind"] == "plan"
    assert isinstance(toolbox.decided[0].act, StartPlan)
