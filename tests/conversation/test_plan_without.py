"""Protects the owner who goes on without one of several people: that one is told politely, once, and only if they were
written to; the others go on and hear nothing; and no such word ends it for all."""

from typing import Any

import pytest

from tests.conversation.conftest import ANNA, BORIS, Room, call
from tests.conversation.plan_people import (
    TOGETHER,
    VERA,
    agreed,
    begin,
    can,
    carried_out,
    proposed,
    proposed_to_all,
    put,
    told,
    yes,
)
from userbot.conversation import moves, owner_acts, plan_notices, plan_without, plans, reopening
from userbot.conversation.owner_commit import carry_out, commit_owner_turn
from userbot.conversation.plan_without import Outcome, leave_out, named_in
from userbot.conversation.takeovers import settle_outgoing
from userbot.conversation.tool_arguments import BadArguments
from userbot.store import busy, desk, ledger, tasks
from userbot.store import plans as store
from userbot.tasks.lifecycle import Change
from userbot.tasks.plan import MOST_TRIES

SORRY = "на этот раз встретиться не получится"


async def stuck(room: Room, **changed: Any) -> tuple[int, int, int]:
    """No time suits all three; without Boris two o'clock would do."""
    anna, boris, vera = begin(room, ANNA, BORIS, VERA, **changed)
    await can(room, ANNA, anna, ("12:00", "16:00"))
    await can(room, BORIS, boris, ("18:00", "20:00"))
    await can(room, VERA, vera, ("14:00", "16:00"))
    assert proposed(anna) is None
    return anna, boris, vera


async def test_who_is_left_out_is_told_and_the_others_get_the_time_that_suits_them(room: Room) -> None:
    anna, boris, vera = await stuck(room)
    (question,) = desk.open_questions(anna)
    assert list(question.payload["fits_without"]) == [str(boris)], "and without nobody else"
    assert leave_out(boris, room.now, room.tick()) is Outcome.TOLD
    assert proposed(anna) == "14:00"
    assert (told(ANNA, SORRY), told(BORIS, SORRY), told(VERA, SORRY)) == (0, 1, 0)
    assert room.task(boris).closed_because == "stopped"
    assert [room.task(one).closed_because for one in (anna, vera)] == [None, None]
    assert desk.open_questions(anna) == []
    for who, task_id in ((ANNA, anna), (VERA, vera)):
        await put(room, who, task_id)
    for who, task_id in ((ANNA, anna), (VERA, vera)):
        await yes(room, who, task_id, "14:00")
    assert [room.task(one).closed_because for one in (anna, boris, vera)] == ["agreed", "stopped", "agreed"]
    assert busy.holds(boris) == []


async def test_a_second_word_does_nothing_more(room: Room) -> None:
    _, boris, _ = await stuck(room)
    assert leave_out(boris, room.now) is Outcome.TOLD
    assert leave_out(boris, room.now) is Outcome.CLOSED
    assert told(BORIS, SORRY) == 1


async def test_who_has_not_been_written_to_hears_nothing_at_all(room: Room) -> None:
    anna, boris = begin(room)
    third = room.open(VERA)
    assert leave_out(third, room.now) is Outcome.NO_PLAN
    unwritten = plans.start(
        (ANNA, VERA),
        {
            "task_type": "meeting",
            "context": room.task(anna).context,
            "private_notes": None,
            "mandate": room.task(anna).mandate,
            "language": "ru",
            "command_message_id": room.tick(),
        },
        timezone="Europe/Moscow",
        owner_id=1000,
        now=room.now,
    )
    room.queue(unwritten[1], "opening", "Здравствуйте!")
    assert leave_out(unwritten[1], room.now) is Outcome.UNTOLD
    assert room.queued(VERA) == [], "not the first message either"
    assert leave_out(boris, room.now) is Outcome.TOLD


async def test_it_says_nothing_of_the_others_and_nothing_of_why(room: Room) -> None:
    _, boris, _ = await stuck(room, private_notes="Бориса звать не обязательно")
    leave_out(boris, room.now)
    (row,) = [one for one in room.queued(BORIS) if SORRY in one.text]
    for never in ("Анн", "Вер", "обязательно", "остальн", "друг", "без вас"):
        assert never not in row.text


async def test_the_last_one_left_cannot_be_left_out(room: Room) -> None:
    anna, boris = begin(room)
    assert leave_out(boris, room.now) is Outcome.TOLD
    assert leave_out(anna, room.now) is Outcome.LAST
    assert tasks.has_open(ANNA.user_id)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    assert proposed(anna) == "14:00"


async def test_what_is_agreed_with_all_stays_agreed(room: Room) -> None:
    anna, boris = await agreed(room)
    assert leave_out(boris, room.now) is Outcome.AGREED
    assert [room.task(one).closed_because for one in (anna, boris)] == ["agreed", "agreed"]


async def test_the_yes_of_those_who_stay_is_enough_at_once(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    await yes(room, ANNA, anna, "14:00")
    assert leave_out(boris, room.now) is Outcome.TOLD
    assert room.task(anna).closed_because == "agreed"
    assert told(ANNA, "Время подходит всем") == 1


async def test_where_the_owner_writes_themselves_code_writes_nothing(room: Room) -> None:
    _, boris, _ = await stuck(room)
    room.owner_writes("Борис, давай отдельно", BORIS)
    assert settle_outgoing(BORIS.user_id, room.now)
    assert leave_out(boris, room.now) is Outcome.UNTOLD
    assert told(BORIS, SORRY) == 0


async def test_where_messages_wait_for_a_yes_this_one_does_too(room: Room) -> None:
    _, boris, _ = await stuck(room)
    assert moves.set_mode(boris, "draft", room.now)
    assert leave_out(boris, room.now) is Outcome.TOLD
    assert [row.text for row in ledger.proposed(BORIS.user_id) if SORRY in row.text]
    assert not any(SORRY in row.text for row in room.queued(BORIS))


async def test_the_owner_hears_when_it_could_not_be_told(room: Room) -> None:
    _, boris, _ = await stuck(room)
    leave_out(boris, room.now)
    (row,) = [one for one in room.queued(BORIS) if SORRY in one.text]
    moves.undeliverable(row, room.now, "USER_IS_BLOCKED")
    assert plan_notices.report_lost(room.now)
    assert desk.last_of("problem", 1)[0].payload["what"] == "untold_left_out"


async def test_no_late_word_lets_them_in_again(room: Room) -> None:
    anna, boris, _ = await stuck(room)
    leave_out(boris, room.now)
    message_id = room.writes("могу и в два!", BORIS)
    assert not reopening.reopen(room.task(boris), message_id, room.now, told="reopened", why="late")
    assert not moves.take_back_stop(anna, room.now)
    assert room.task(boris).closed_because == "stopped"


async def test_after_times_in_vain_it_is_the_owners_word_that_lets_them_be_tried_anew(room: Room) -> None:
    anna, boris, vera = begin(room, ANNA, BORIS, VERA)
    for who, task_id in ((ANNA, anna), (VERA, vera), (BORIS, boris)):
        await can(room, who, task_id, ("12:00", "20:00"))
    for _ in range(MOST_TRIES):
        await can(room, BORIS, boris)
    assert [item.payload["times"] for item in desk.open_questions(anna)] == ["tried"]
    assert leave_out(boris, room.now) is Outcome.TOLD
    assert proposed(anna) == "12:00"
    plan = store.of_task(anna)
    assert plan is not None
    assert plan.tries == 1


async def test_who_will_not_come_can_be_left_out_by_the_same_word(room: Room) -> None:
    anna, boris, _ = await stuck(room)
    moves.move(boris, Change.NO_ANSWER, who="code", now=room.now)
    plans.settle(room.now)
    assert leave_out(boris, room.now) is Outcome.UNTOLD
    assert proposed(anna) == "14:00"
    assert desk.open_questions(anna) == []
    assert told(BORIS, SORRY) == 0


# --- whom the owner's words mean ------------------------------------------------------------------------------------


async def test_words_of_a_reply_name_one_of_them(room: Room) -> None:
    anna, boris, vera = await stuck(room)
    meant = {
        "без Бориса": boris,
        "Без Бориса.": boris,
        "without Boris": boris,
        "без @vera": vera,
        "без Веры": vera,
        f"без {boris}": boris,
        f"without no. {vera}": vera,
        f"без №{boris}": boris,
        "без него": None,
        "без Павла": None,
        "без 99": None,
        "без обеда, после трёх можно всем": None,
        "можно в среду": None,
        "не без Бориса": None,
    }
    assert {text: named_in(text, anna, is_question=True) for text in meant} == meant
    assert named_in("без него", boris, is_question=False) == boris
    assert named_in("without her", anna, is_question=False) == anna


async def test_words_say_nothing_about_a_task_that_is_no_part(room: Room) -> None:
    single = room.open()
    assert named_in("без Анны", single, is_question=False) is None


# --- the owner's model ----------------------------------------------------------------------------------------------


async def test_the_tool_is_there_only_while_it_is_good_for_something(room: Room) -> None:
    def names(focus: int | None = None) -> set[str]:
        return {tool.name for tool in room.owner_toolbox(room.command("без Бориса", focus)).tools}

    single = room.open(VERA)
    assert plan_without.TOOL not in names() | names(single)
    anna, boris = begin(room)
    assert plan_without.TOOL in names()
    assert plan_without.TOOL in names(boris)
    leave_out(boris, room.now)
    assert plan_without.TOOL not in names() | names(anna)


async def test_plain_words_reach_it_through_the_owners_turn(room: Room) -> None:
    anna, boris, _ = await stuck(room)
    toolbox = room.owner_toolbox(room.command("без Бориса, с остальными договаривайся"))
    assert await toolbox.call(call(plan_without.TOOL, task_id=boris)) == "Taken."
    carried_out(room, toolbox)
    assert proposed(anna) == "14:00"
    assert desk.last_of("problem", 1)[0].payload["what"] == Outcome.TOLD


async def test_a_reply_to_one_card_reaches_no_other_of_them(room: Room) -> None:
    anna, boris, _ = await stuck(room)
    toolbox = room.owner_toolbox(room.command("без него", boris))
    with pytest.raises(BadArguments, match="only"):
        await toolbox.call(call(plan_without.TOOL, task_id=anna))


async def test_after_a_contacts_words_were_read_it_waits_for_the_owners_yes(room: Room) -> None:
    """Anna writes that Boris is not to be asked; a model that obeys is shown to the owner first."""
    anna, boris, _ = await stuck(room)
    toolbox = room.owner_toolbox(room.command("что там?"))
    await toolbox.call(call("get_conversation_status", task_id=anna))
    await toolbox.call(call(plan_without.TOOL, task_id=boris))
    decided, unknown = toolbox.decided, toolbox.unknown
    assert commit_owner_turn(toolbox.command, decided, unknown, language="ru", turn_id="t", now=room.now)
    assert tasks.has_open(BORIS.user_id)
    (item,) = desk.last_of("approve", 1)
    assert item.payload["act"] == {"kind": "without", "task_id": boris}
    carry_out(item.payload["act"], None, 1000, item.reply_to, room.now)
    assert not tasks.has_open(BORIS.user_id)
    assert isinstance(decided[-1].act, owner_acts.LeaveOut)


async def test_where_no_time_suits_the_rest_either_the_owner_is_asked_once_more_and_once(room: Room) -> None:
    anna, boris, vera = begin(room, ANNA, BORIS, VERA)
    await can(room, ANNA, anna, ("12:00", "13:00"))
    await can(room, BORIS, boris, ("15:00", "16:00"))
    await can(room, VERA, vera, ("18:00", "19:00"))
    (first,) = desk.open_questions(anna)
    assert leave_out(boris, room.now) is Outcome.TOLD
    (second,) = desk.open_questions(anna)
    assert second.id != first.id
    assert second.payload["times"] == "none"


async def test_a_model_cannot_begin_with_the_rest_what_the_owner_wanted_with_all(room: Room) -> None:
    """Somebody was not found: a model that helps itself writes to nobody, and one that finds them after all goes on."""
    toolbox = room.owner_toolbox(room.command(". найди час для меня, @anna и @boris"))
    missing = {**TOGETHER, "together_with": ["@boris"]}
    assert "Nothing was started" in await toolbox.call(call("start_conversation", **missing))
    with pytest.raises(BadArguments, match="nobody of them is written to"):
        await toolbox.call(call("start_conversation", **{**TOGETHER, "together_with": None}))
    assert await toolbox.call(call("start_conversation", **TOGETHER)) == "Taken, with @anna, Борис."
    assert [one.of_plan for one in toolbox.unknown] == [False], "it is begun"
