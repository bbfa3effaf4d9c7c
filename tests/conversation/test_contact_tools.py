"""Protects invariants 7 and 8: what a contact's turn can ask for at all, and what code refuses of it."""

import dataclasses
import typing
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
    FIRST,
    LIMITS,
    MEETING,
    SETTING,
    Room,
    call,
    everything,
)
from userbot.conversation import moves, reopening
from userbot.conversation.contact_acts import (
    AskAboutResult,
    AskOwner,
    ContactAct,
    Decline,
    Mark,
    NotifyOwner,
    OfferRefused,
    Reply,
    Settle,
)
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import MAX_REPLIES, ContactToolbox
from userbot.conversation.tool_arguments import BadArguments
from userbot.skills import Skills
from userbot.store import journal, ledger, peers
from userbot.tasks.slots import resolve_meeting

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


@pytest.fixture
def talking(room: Room) -> Room:
    """A meeting with Anna, whose first message is delivered, and her answer."""
    room.going(room.open(private_notes="уступить можно только до пяти процентов"))
    room.writes("Давайте в полчетвёртого. Документы тут: https://docs.example/1")
    return room


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


# --- evidence -------------------------------------------------------------------------------------------------------


def update(status: str, evidence: list[int], result: dict[str, Any] | None = None, task_id: int = 1) -> Any:
    return call("update_conversation", task_id=task_id, status=status, result=result, evidence=evidence)


def completed(*evidence: int, task_id: int = 1, **changed: Any) -> Any:
    return update("completed", list(evidence), {**AGREED, **changed}, task_id)


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


@pytest.mark.parametrize("text", ["\u200b", " \u2060\u200b ", "\u3164"])
@pytest.mark.parametrize(("tool", "name"), [("reply", "text"), ("ask_owner", "question"), ("notify_owner", "message")])
async def test_what_cannot_be_seen_is_no_text(talking: Room, tool: str, name: str, text: str) -> None:
    """An empty question to the owner ended the program at its commit, and at the next start again."""
    arguments = {"task_id": 1, name: text} | ({"reply_to": None, "last": False} if tool == "reply" else {})
    toolbox = talking.toolbox()
    with pytest.raises(BadArguments, match=f"{name} must be a text that is not empty"):
        await toolbox.call(call(tool, **arguments))
    assert toolbox.acts == []


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
