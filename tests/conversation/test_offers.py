"""Protects the limits themselves (threat 4): whatever a contact tries, every refusal reads the same, offers are counted
from the record, and when they are used up only the owner can go on."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.conversation.conftest import AGREED, ANSWERED, FIRST, LIMITS, QUESTION, SETTING, Room, call
from userbot.conversation import answers, contact, moves, offers
from userbot.conversation.contact_acts import AskAboutResult, ContactAct, OfferRefused, Settle
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.results import ACCEPTED, REFUSED
from userbot.conversation.tool_arguments import BadArguments
from userbot.store import conversations, desk, tasks

ASSIGNED: dict[str, Any] = {
    "accepted": True,
    "conditions": None,
    "due_date": "2026-11-24",
    "due_time": None,
    "timezone": "Europe/Moscow",
    "price": None,
    "summary": "s",
}
NO_TUESDAY = {"timezone": "Europe/Moscow", "not_on": ["2026-11-24"]}
TO_5000 = {"price": {"min": 100, "max": 5000, "currency": "RUB"}}
MANY = {"numbers": [{"property": "number", "min": 10, "max": 20, "unit": "kg"}]}
OFFICE = {"choices": [{"property": "place", "allowed": ["офис"]}]}
EUR = {"amount": 50, "currency": "EUR"}
DEAR, CHEAP = {"amount": 5001, "currency": "RUB"}, {"amount": 1, "currency": "RUB"}
# How a result can be outside: the type, the mandate, and what of the result is so.
OUTSIDE: dict[str, tuple[str, Mapping[str, Any] | None, dict[str, Any]]] = {
    "other_time": ("meeting", LIMITS, {"time": "21:00"}),
    "other_day": ("meeting", LIMITS, {"date": "2026-11-25", "weekday": "wed"}),
    "shorter": ("meeting", LIMITS, {"duration_minutes": 59}),
    "longer": ("meeting", LIMITS, {"duration_minutes": 61}),
    "excluded_day": ("meeting", NO_TUESDAY, {}),
    "choice": ("meeting", OFFICE, {"place": "кафе"}),
    "missing": ("meeting", {"required": ["place"]}, {}),
    "far_ahead": ("meeting", None, {"date": "2031-11-24", "weekday": "mon"}),
    "too_late": ("task_assignment", {**LIMITS, "duration_minutes": None}, {"due_date": "2026-11-25"}),
    "conditions": ("task_assignment", None, {"conditions": "если успею"}),
    "priced": ("task_assignment", None, {"price": EUR}),
    "price_high": ("task_assignment", TO_5000, {"price": DEAR}),
    "price_low": ("task_assignment", TO_5000, {"price": CHEAP}),
    "currency": ("task_assignment", TO_5000, {"price": EUR}),
    "number_low": ("question", MANY, {"number": 9, "unit": "kg"}),
    "number_high": ("question", MANY, {"number": 10**6, "unit": "kg"}),
    "unit": ("question", MANY, {"number": 15, "unit": "t"}),
    "unchecked": ("question", LIMITS, {}),
    "unreadable": ("question", {"numbers": "?"}, {}),
}
RESULTS = {"meeting": AGREED, "task_assignment": ASSIGNED, "question": ANSWERED}
BRIEFS: dict[str, dict[str, Any]] = {
    "task_assignment": {"context": {"what": "отчёт", "why": None, "due_words": None, "due_date": None}},
    "question": {"context": QUESTION},
    "meeting": {},
}


def begun(room: Room, task_type: str = "meeting", mandate: Mapping[str, Any] | None = LIMITS) -> int:
    task_id = room.open(task_type=task_type, mandate=mandate, **BRIEFS[task_type])
    room.going(task_id, FIRST)
    return task_id


async def bring(room: Room, toolbox: ContactToolbox, task_id: int, result: Mapping[str, Any]) -> str:
    """What the model reads."""
    arguments = {"status": "completed", "result": dict(result), "evidence": [room.last_id]}
    return await toolbox.call(call("update_conversation", task_id=task_id, **arguments))


async def offer(room: Room, task_id: int, words: str, **changed: Any) -> str:
    """The contact writes and the conversation records it, in a turn of its own; what the model read."""
    room.writes(words)
    toolbox = room.toolbox()
    answer = await bring(room, toolbox, task_id, {**RESULTS[room.task(task_id).task_type], **changed})
    commit(room, toolbox)
    return answer


def prompt_of(room: Room) -> str:
    return contact.prompt(room.world(), SETTING, room.now)[1].text


def commit(room: Room, toolbox: ContactToolbox) -> list[ContactAct]:
    assert commit_contact_turn(toolbox.world, toolbox.acts, "turn", room.now)
    return toolbox.acts


@pytest.mark.parametrize("how", OUTSIDE)
async def test_every_refusal_reads_the_same_whatever_limit_there_is(room: Room, how: str) -> None:
    """To the byte, with a mandate or without one: else it would tell which limit it was."""
    task_type, mandate, changed = OUTSIDE[how]
    task_id = begun(room, task_type, mandate)
    room.writes("Только так")
    toolbox = room.toolbox()
    answer = await bring(room, toolbox, task_id, {**RESULTS[task_type], **changed})
    assert answer == "Not recorded: the owner has to be asked, and is. Tell the contact that you will come back to it."
    (act,) = toolbox.acts
    assert isinstance(act, AskAboutResult)
    assert how in ("unreadable", *act.reasons)


async def test_when_the_offers_are_used_up_nothing_is_taken_before_the_owner_answered(room: Room) -> None:
    """Not even what would fit: a yes among the noes would go on telling where the limit lies."""
    task_id = begun(room)
    answers = [await offer(room, task_id, f"В {hour}?", time=f"{hour}:00") for hour in (23, 22, 21)]
    assert offers.are_used_up(room.task(task_id))
    answers.append(await offer(room, task_id, "В 20:30?", time="20:30"))
    answers.append(await offer(room, task_id, "Тогда в 15:30"))
    assert set(answers) == {REFUSED}
    assert room.task(task_id).result is None
    # The owner sees the one that fits, once, and nothing of what came after the last offer.
    reasons = [question.payload["reasons"] for question in desk.open_questions(task_id)]
    assert reasons == [["other_time"], ["other_time"], ["other_time"], ["offers"]]
    assert await offer(room, task_id, "Или в 16:00", time="16:00") == REFUSED
    assert len(desk.open_questions(task_id)) == 4


async def test_the_owners_word_starts_the_count_anew(room: Room) -> None:
    task_id = begun(room, mandate={**LIMITS, "offers": 1})
    assert await offer(room, task_id, "В 23?", time="23:00") == REFUSED
    assert await offer(room, task_id, "В 15:30?") == REFUSED
    question = desk.open_questions(task_id)[-1]
    assert question.payload["reasons"] == ["offers"]
    answered = answers.answer_result(question, True, SETTING.skills, room.now)
    assert answered is answers.ResultAnswer.TAKEN
    assert not offers.are_used_up(room.task(task_id))
    assert await offer(room, task_id, "Да, в 15:30") == ACCEPTED
    assert room.task(task_id).status == "completed"


async def test_an_answer_to_a_proposal_says_to_record_it_and_another_word_does_not(room: Room) -> None:
    """Else a model only tells the contact that it is granted, and the old date goes on counting."""
    task_id = begun(room, "task_assignment", {**LIMITS, "duration_minutes": None})
    moves.steer(task_id, "Поторопи.", room.now)
    assert offers.ANSWERED not in prompt_of(room)
    await offer(room, task_id, "Завтра не могу, в среду", due_date="2026-11-25")
    moves.steer(task_id, "В среду нормально.", room.now)
    assert offers.ANSWERED in prompt_of(room)


async def test_a_yes_that_is_recorded_as_none_is_told_what_a_yes_holds(room: Room) -> None:
    """Else "only on Wednesday" becomes a refusal."""
    task_id = begun(room, "task_assignment")
    room.writes("Только в среду")
    with pytest.raises(BadArguments, match="by another date, for money or on conditions is accepted"):
        await bring(room, room.toolbox(), task_id, {**ASSIGNED, "accepted": False})


async def test_what_the_owner_keeps_for_themselves_starts_no_count_anew(room: Room) -> None:
    task_id = begun(room, mandate={**LIMITS, "offers": 1})
    await offer(room, task_id, "В 23?", time="23:00")
    moves.steer(task_id, None, room.now, private_notes="вечером я занят")
    moves.pause(task_id, room.now)
    moves.resume(task_id, room.now)
    assert offers.are_used_up(room.task(task_id))


async def test_trying_time_after_time_in_one_turn_uses_the_offers_up_too(room: Room) -> None:
    """A model that obeys the contact would bisect within a single turn."""
    task_id = begun(room)
    room.writes("Попробуй все подряд")
    toolbox = room.toolbox()
    assert await bring(room, toolbox, task_id, {**AGREED, "time": "23:00"}) == REFUSED
    for time in ("22:00", "21:00"):
        with pytest.raises(BadArguments, match="one proposal already"):
            await bring(room, toolbox, task_id, {**AGREED, "time": time})
    assert await bring(room, toolbox, task_id, {**AGREED, "time": "20:30"}) == REFUSED
    assert await bring(room, toolbox, task_id, AGREED) == REFUSED
    kinds = [type(act) for act in commit(room, toolbox)]
    assert kinds == [AskAboutResult, OfferRefused, OfferRefused, AskAboutResult]
    assert offers.made(task_id) >= 3
    assert [event.what for event in tasks.events(task_id)].count("offer_refused") == 2


async def test_the_offers_of_one_task_are_not_those_of_another(room: Room) -> None:
    first = begun(room, mandate={**LIMITS, "offers": 1})
    second = begun(room, "question", None)
    await offer(room, first, "В 23?", time="23:00")
    room.writes("А отчёт в пятницу")
    toolbox = room.toolbox()
    assert await bring(room, toolbox, second, ANSWERED) == ACCEPTED
    assert [type(act) for act in toolbox.acts] == [Settle]


async def test_a_choice_that_is_none_of_the_briefs_is_an_error_and_no_offer(room: Room) -> None:
    context = {**QUESTION, "choices": ["v2", "v3"]}
    task_id = room.open_question(context=context)
    room.going(task_id, FIRST)
    room.writes("v4")
    toolbox = room.toolbox()
    with pytest.raises(
        BadArguments, match="choice must be one of the brief's choices, letter for letter, or null: v2; v3"
    ):
        await bring(room, toolbox, task_id, {**ANSWERED, "choice": "v4"})
    assert toolbox.acts == []
    assert await bring(room, toolbox, task_id, {**ANSWERED, "choice": "v3"}) == ACCEPTED


def test_what_must_be_known_is_told_to_the_conversation_and_no_other_limit(room: Room) -> None:
    task_id = begun(room, mandate={**LIMITS, **OFFICE, "required": ["place"], "offers": 2})
    room.writes("Да")
    prompt = room.prompt()
    assert '"result_needs": ["place"]' in prompt
    assert "офис" not in prompt
    tasks.change(task_id, who="owner", what="noted", now=room.now, mandate={**LIMITS, "required": ["place"]})
    assert room.prompt() == prompt


# --- private notes --------------------------------------------------------------------------------------------------


async def test_a_private_word_never_reaches_the_contacts_prompt_whatever_happens(room: Room) -> None:
    """Invariant 9, along every path by which the owner's words come back: the task, steering, a yes, results, notes."""
    task_id = room.open(private_notes="СЕКРЕТ раз", mandate={**LIMITS, "offers": 1})
    prompts = [room.prompt()]
    room.going(task_id)
    await offer(room, task_id, "В 23?", time="23:00", summary="СЕКРЕТ в сводке")
    moves.steer(task_id, "предложи утро", room.now, private_notes="СЕКРЕТ два")
    prompts.append(room.prompt())
    room.writes("Утром?")
    prompts.append(room.prompt())
    moves.steer(task_id, None, room.now, private_notes="СЕКРЕТ три")
    prompts.append(room.prompt())
    await offer(room, task_id, "Тогда в 22?", time="22:00")
    (question,) = desk.open_questions(task_id)
    answers.answer_result(question, True, SETTING.skills, room.now)
    prompts.append(room.prompt())
    await offer(room, task_id, "Давайте в 15:30", summary="СЕКРЕТ в итоге")
    room.open_question(private_notes="СЕКРЕТ четыре")
    prompts.append(room.prompt())
    assert room.task(task_id).private_notes == "СЕКРЕТ раз\nСЕКРЕТ два\nСЕКРЕТ три"
    for prompt in prompts:
        assert "СЕКРЕТ" not in prompt


def test_a_private_remark_alone_answers_nothing_and_wakes_nobody(room: Room) -> None:
    task_id = begun(room)
    room.writes("Когда?")
    toolbox = room.toolbox()
    commit(room, toolbox)
    desk.add("ask", {"question": "Когда?"}, room.now, task_id=task_id)
    before = room.task(task_id)
    moves.steer(task_id, None, room.now, private_notes="в четверг я у врача")
    after = room.task(task_id)
    assert (after.private_notes, after.waiting_for) == ("в четверг я у врача", before.waiting_for)
    assert after.revision == before.revision + 1
    assert len(desk.open_questions(task_id)) == 1
    assert conversations.peers_with_instructions() == set()
