"""Protects the owner from results nobody gave: what settles a task rests on its contact's own messages, in its time;
and what is outside the limits becomes a question, always with the same words."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from tests.conversation.conftest import (
    AGREED,
    ANNA,
    ANSWERED,
    BORIS,
    LIMITS,
    SETTING,
    Room,
    call,
    completed,
    update,
)
from userbot.conversation import moves, reopening
from userbot.conversation.contact_acts import (
    AskAboutResult,
    Decline,
    Mark,
    OfferRefused,
    Settle,
)
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.tool_arguments import BadArguments
from userbot.skills import Skills
from userbot.store import journal, peers
from userbot.tasks.slots import resolve_meeting

# --- evidence -------------------------------------------------------------------------------------------------------


async def test_a_result_that_fits_is_settled_by_the_contacts_own_message(talking: Room) -> None:
    toolbox = talking.toolbox()
    answer = await toolbox.call(completed(talking.last_id, talking.last_id))
    assert answer.startswith("Accepted.")
    assert toolbox.acts == [Settle(1, AGREED, (talking.last_id,), resolve_meeting(AGREED))]


async def test_a_result_without_limits_needs_evidence_all_the_same(room: Room) -> None:
    task_id = room.open_question()
    room.going(task_id, "Когда отчёт? Это ассистент Олега.")
    message = room.writes("в пятницу")
    toolbox = room.toolbox()
    with pytest.raises(BadArguments, match="evidence must name"):
        await toolbox.call(update("completed", [], ANSWERED))
    await toolbox.call(update("completed", [message], ANSWERED))
    assert toolbox.acts == [Settle(task_id, ANSWERED, (message,))]


@pytest.mark.parametrize("status", ["completed", "cancelled"])
async def test_a_forward_is_somebody_elses_word_and_settles_nothing(talking: Room, status: str) -> None:
    """Threats 5 and 9: whoever wrote it did not write it to us. It may be kept in mind."""
    forwarded = talking.writes("Да, согласна, давайте в полчетвёртого", forwarded=True)
    toolbox = talking.toolbox()
    result = AGREED if status == "completed" else None
    with pytest.raises(BadArguments, match=f"{forwarded} was forwarded"):
        await toolbox.call(update(status, [forwarded, talking.last_id], result))
    assert toolbox.acts == []
    await toolbox.call(update("in_progress", [forwarded]))
    assert toolbox.acts == [Mark(1, (forwarded,))]


async def test_words_that_were_taken_back_do_not_settle_it_again(talking: Room) -> None:
    """A contact who cancels has not agreed once more, whatever a model makes of their old yes."""
    yes = talking.last_id
    toolbox = talking.toolbox()
    await toolbox.call(completed(yes))
    assert commit_contact_turn(toolbox.world, toolbox.whole(), "t1", talking.now)
    no = talking.writes("Нет, всё-таки не смогу")
    assert reopening.reopen(talking.task(1), no, talking.now, told="reopened_later", why="the contact came back to it")
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match="before this was opened again"):
        await toolbox.call(completed(yes))
    anew = talking.writes("Хотя нет, в силе")
    toolbox = talking.toolbox()
    await toolbox.call(completed(yes, anew))
    assert [type(act) for act in toolbox.acts] == [Settle]


@pytest.mark.parametrize("status", ["completed", "cancelled", "in_progress"])
@pytest.mark.parametrize("whose", ["nobody's", "ours", "the owner's", "held", "history", "deleted", "Boris's", "older"])
async def test_only_a_message_of_the_contact_in_the_time_of_the_task_is_evidence(
    room: Room, status: str, whose: str
) -> None:
    """Threats 5 and 11: no agreement out of thin air, nor out of what somebody else or the contact long ago said."""
    peers.remember(ANNA)
    peers.remember(BORIS)
    before = room.writes("Да, давайте!")
    task_id = room.open()
    ours = room.going(task_id)
    room.writes("Кто это?")
    owners = room.owner_writes("Давай в 15:30")
    held = room.owner_writes("Договорились")
    journal.set_state([room.entry(owners).id], "handled")
    deleted = room.writes("Да")
    journal.record_deletion([deleted])
    evidence = {
        "nobody's": 99999,
        "ours": ours,
        "the owner's": owners,
        "held": held,
        "history": room.said_before("Да"),
        "deleted": deleted,
        "Boris's": room.writes("Да", BORIS),
        "older": before,
    }[whose]
    toolbox = room.toolbox()
    why = "older than the task" if whose == "older" else "not a message of the contact"
    with pytest.raises(BadArguments, match=why):
        await toolbox.call(update(status, [evidence], AGREED))
    assert toolbox.acts == []


async def test_a_message_of_the_second_in_which_the_task_began_is_of_its_time(room: Room) -> None:
    """Telegram's dates have no fractions."""
    room.now += timedelta(milliseconds=700)
    task_id = room.open()
    room.now -= timedelta(minutes=1)
    message = room.writes("Давайте в полчетвёртого")
    toolbox = room.toolbox()
    await toolbox.call(completed(message, task_id=task_id))
    assert len(toolbox.acts) == 1


async def test_what_was_said_of_a_paused_task_settles_it_when_it_goes_on(room: Room) -> None:
    """The turn in between knows the other task alone, and takes all that is new for that one's."""
    paused, active = room.open_question(), room.open()
    room.going(paused, "Когда отчёт?")
    room.going(active)
    moves.pause(paused, room.now)
    said = room.writes("отчёт в пятницу")
    between = room.toolbox()
    await between.call(call("reply", task_id=active, text="Передам.", reply_to=None, last=True))
    assert commit_contact_turn(between.world, between.acts, "t1", room.now)
    assert room.entry(said).task_id == active
    assert moves.resume(paused, room.now)
    toolbox = room.toolbox()
    await toolbox.call(update("completed", [said], ANSWERED, paused))
    assert [type(act) for act in toolbox.acts] == [Settle]


async def test_a_message_about_one_task_does_not_settle_another(room: Room) -> None:
    first, second = room.open(), room.open_question()
    room.going(first)
    of_second = room.going(second, "И когда отчёт?")
    quoting = room.writes("давайте в полчетвёртого", reply_to=of_second)
    handled = room.writes("в пятницу")
    journal.mark_handled([room.entry(handled).id], "t1", second, "model")
    toolbox = room.toolbox()
    for message in (quoting, handled):
        with pytest.raises(BadArguments, match=f"{message} belongs to task {second}"):
            await toolbox.call(completed(message))
    await toolbox.call(update("completed", [quoting], ANSWERED, second))
    assert [type(act) for act in toolbox.acts] == [Settle]


async def test_a_refusal_needs_the_message_that_refuses(talking: Room) -> None:
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match="evidence must name"):
        await toolbox.call(update("cancelled", []))
    await toolbox.call(update("cancelled", [talking.last_id]))
    assert toolbox.acts == [Decline(1, (talking.last_id,))]


async def test_what_is_not_settled_changes_nothing(talking: Room) -> None:
    toolbox = talking.toolbox()
    await toolbox.call(update("in_progress", []))
    assert toolbox.acts == []
    with pytest.raises(BadArguments, match="status must be"):
        await toolbox.call(update("agreed", [talking.last_id], AGREED))


# --- the mandate ----------------------------------------------------------------------------------------------------

OUTSIDE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "another day": ({"date": "2026-11-25", "weekday": "wed"}, ["other_day"]),
    "too early": ({"time": "11:00"}, ["other_time"]),
    "over the end": ({"time": "19:30"}, ["other_time"]),
    "longer": ({"duration_minutes": 90}, ["longer"]),
    "shorter": ({"duration_minutes": 30}, ["shorter"]),
    "another zone": ({"timezone": "Asia/Vladivostok"}, ["other_time"]),
    "years ahead": ({"date": "2031-11-24", "weekday": "mon"}, ["far_ahead", "other_day"]),
}


@pytest.mark.parametrize("how", OUTSIDE)
async def test_outside_the_mandate_it_becomes_a_question_to_the_owner(talking: Room, how: str) -> None:
    """Invariant 8: never an agreement."""
    changed, reasons = OUTSIDE[how]
    toolbox = talking.toolbox()
    await toolbox.call(completed(talking.last_id, **changed))
    assert toolbox.acts == [AskAboutResult(1, {**AGREED, **changed}, tuple(reasons), (talking.last_id,))]


async def test_every_refusal_says_the_same(talking: Room) -> None:
    """Threat 4: which limit it was, or how far off, must not be told: the model may pass it on."""
    answers = {await talking.toolbox().call(completed(talking.last_id, **changed)) for changed, _ in OUTSIDE.values()}
    assert len(answers) == 1
    for word in ("12", "20", "60", "mandate", "limit", "late", "early"):
        assert word not in next(iter(answers))


async def test_one_turn_brings_one_proposal_to_the_owner_and_no_more(talking: Room) -> None:
    """Threat 4: a turn that tries time after time would feel out the limit, and fill the owner's desk."""
    toolbox = talking.toolbox()
    await toolbox.call(completed(talking.last_id, time="19:30"))
    with pytest.raises(BadArguments, match="one proposal already"):
        await toolbox.call(completed(talking.last_id, time="21:00"))
    assert [type(act) for act in toolbox.acts] == [AskAboutResult, OfferRefused]


async def test_the_owners_yes_to_a_result_makes_this_very_result_fit(talking: Room) -> None:
    approved = {**LIMITS, "approved": [{"start": "2026-11-25T12:30:00+00:00", "end": "2026-11-25T13:30:00+00:00"}]}
    moves.steer(1, "да, согласен", talking.now, mandate=approved)
    other_day: dict[str, Any] = {"date": "2026-11-25", "weekday": "wed"}
    toolbox = talking.toolbox()
    await toolbox.call(completed(talking.last_id, **other_day, time="16:30"))
    await toolbox.call(completed(talking.last_id, **other_day))
    assert [type(act) for act in toolbox.acts] == [AskAboutResult, Settle]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"date": "2026-11-20", "weekday": "fri"}, "that time is past"),
        ({"weekday": "fri"}, "2026-11-24 is a tue"),
        ({"time": "25:00"}, "time"),
        ({"timezone": "Europe/Nowhere"}, "zone"),
        ({"said": " "}, "said must hold"),
        ({"place": 7}, "place: must be string or null"),
        ({"more": "x"}, "unknown properties: more"),
    ],
)
async def test_a_result_that_makes_no_sense_is_an_error_and_no_question(
    talking: Room, changed: dict[str, Any], why: str
) -> None:
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match=f"result: .*{why}"):
        await toolbox.call(completed(talking.last_id, **changed))
    assert toolbox.acts == []


async def test_completed_without_a_result_is_refused(talking: Room) -> None:
    with pytest.raises(BadArguments, match="needs a result"):
        await talking.toolbox().call(update("completed", [talking.last_id]))


async def test_a_task_is_settled_once_a_turn(talking: Room) -> None:
    toolbox = talking.toolbox()
    await toolbox.call(completed(talking.last_id))
    for again in (completed(talking.last_id, time="16:30"), update("cancelled", [talking.last_id])):
        with pytest.raises(BadArguments, match="settled in this turn already"):
            await toolbox.call(again)
    with pytest.raises(BadArguments, match="use notify_owner"):
        await toolbox.call(call("ask_owner", task_id=1, question="Точно?"))
    assert [type(act) for act in toolbox.acts] == [Settle]


async def test_a_task_whose_skill_is_gone_cannot_be_settled(talking: Room) -> None:
    """Nobody could check the result."""
    setting = replace(SETTING, skills=Skills(MappingProxyType({"question": SETTING.skills.by_type["question"]})))
    toolbox = ContactToolbox(talking.world(), setting, talking.now)
    with pytest.raises(BadArguments, match="instructions for this type of task are missing"):
        await toolbox.call(completed(talking.last_id))
