"""What the owner replies to a card or a question, and what becomes of it without a model."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.saved_messages.conftest import ANNA, LIMITS, MEETING, OUTSIDE, OWNER, SETTLED, START, Room
from userbot.conversation import moves
from userbot.people import Contact
from userbot.saved_messages.commands import handle
from userbot.store import conversations, ledger, tasks
from userbot.store import desk as items
from userbot.store.ledger import Outgoing
from userbot.tasks import mandate
from userbot.tasks.budgets import Limits

OTHER_ANNA = Contact(2002, 78, "Анна", "Сидорова", None, "79997654321")
SEND = {"kind": "send", "query": "Анна", "text": "Буду в 15:00"}


def _question(room: Room, kind: items.Kind, payload: dict[str, Any], task_id: int | None = None) -> Outgoing:
    """A question as it stands in Saved Messages."""
    items.add(kind, payload, room.now, task_id=task_id, reply_to=50)
    return next(row for row in room.refresh() if row.purpose == "question")


def _choice(room: Room, act: dict[str, Any]) -> Outgoing:
    return _question(room, "choose", {"act": act, "candidates": [asdict(ANNA), asdict(OTHER_ANNA)]})


def _to_contacts() -> list[tuple[int, str]]:
    rows = [row for row in ledger.next_of_each_peer() if row.purpose in ledger.TO_CONTACTS]
    return [(row.peer_id, row.text) for row in rows]


# --- replies to cards -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["предложи ещё пятницу", ". предложи ещё пятницу"])
def test_a_reply_to_a_card_is_for_that_task(room: Room, text: str) -> None:
    room.open()
    second = room.open()
    command = room.types(text, reply_to=room.card(second))
    assert command is not None
    assert (command.focus, command.text) == (second, "предложи ещё пятницу")


def test_a_reply_to_a_card_that_was_posted_anew_still_finds_its_task(room: Room) -> None:
    task_id = room.open()
    old = room.card(task_id)
    tasks.card_posted_as(task_id, None, None)
    room.refresh()
    command = room.types("предложи ещё пятницу", reply_to=old)
    assert command is not None
    assert command.focus == task_id


def test_a_reply_to_the_card_of_a_closed_task_changes_nothing(room: Room) -> None:
    task_id = room.open()
    card = room.card(task_id)
    moves.stop(task_id, room.now)
    room.refresh()
    assert room.types("предложи пятницу", reply_to=card) is None
    assert "уже закрыта" in room.answer()


def test_a_reply_to_the_answer_about_a_task_is_for_that_task(room: Room) -> None:
    task_id = room.open()
    room.types(f".task {task_id}")
    answer = next(row for row in room.refresh() if row.purpose == "answer")
    command = room.types("предложи пятницу", reply_to=answer)
    assert command is not None
    assert command.focus == task_id


def test_a_reply_to_an_answer_without_a_task_is_an_ordinary_command(room: Room) -> None:
    items.add("problem", {"what": "nobody", "query": "@anya", "why": "unknown"}, room.now)
    (row,) = room.refresh()
    command = room.types("это @anna", reply_to=row)
    assert command is not None
    assert (command.text, command.focus) == ("это @anna", None)


def test_a_reply_to_a_message_of_the_owners_own_is_a_note(room: Room) -> None:
    entry = room.receive(OWNER, "owner", "купить молоко", room.tick())
    note = room.receive(OWNER, "owner", "и хлеб", room.tick(), reply_to=entry.message_id)
    assert handle(note, room.desk, room.now) is None
    assert room.refresh() == []


def test_a_message_to_a_contact_is_no_card(room: Room) -> None:
    """A reply id that happens to name a message in another dialog finds nothing here."""
    task_id = room.open()
    room.deliver_to_contact(task_id)
    sent = ledger.of_task(task_id, "opening")[0]
    assert room.types("предложи пятницу", reply_to=sent) is None


def test_a_voice_reply_is_not_guessed_at(room: Room) -> None:
    task_id = room.open()
    assert room.types("", reply_to=room.card(task_id), media="voice") is None
    assert "Напишите текстом" in room.answer()


# --- which of several people ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2", " 2.", "№2", "2)"])
def test_a_number_picks_the_person_and_the_act_is_done_once(room: Room, text: str) -> None:
    question = _choice(room, START)
    assert room.types(text, reply_to=question) is None
    (task,) = tasks.all_open()
    assert (task.user_id, task.context, task.mandate) == (OTHER_ANNA.user_id, MEETING, LIMITS)
    room.refresh()
    assert room.types("1", reply_to=question) is None
    assert [task.user_id for task in tasks.all_open()] == [OTHER_ANNA.user_id]
    assert "уже есть ответ" in room.answer()


def test_whoever_is_chosen_is_not_written_to_when_no_more_new_people_may_be(room: Room) -> None:
    """Invariant 13: a yes or a choice does not pass the day's budget. The question stays, for tomorrow."""
    room.desk = replace(room.desk, limits=Limits(first_contacts=1))
    ledger.queue(2003, "relay", "привет", room.now)
    question = _choice(room, SEND)
    assert room.types("2", reply_to=question) is None
    assert "FIRST_CONTACTS_PER_DAY" in room.answer()
    assert _to_contacts() == [(2003, "привет")]
    room.now += timedelta(days=1)
    assert room.types("2", reply_to=question) is None
    assert OTHER_ANNA.user_id in [peer_id for peer_id, _ in _to_contacts()]


@pytest.mark.parametrize("text", ["0", "3", "да", "вторая", "1 и 2", "-1", "Сидорова"])
def test_anything_but_a_number_in_range_reaches_nobody(room: Room, text: str) -> None:
    question = _choice(room, SEND)
    assert room.types(text, reply_to=question) is None
    assert "от 1 до 2" in room.answer()
    assert _to_contacts() == []
    # The question still stands.
    room.types("1", reply_to=question)
    assert _to_contacts() == [(ANNA.user_id, SEND["text"])]


# --- approvals ------------------------------------------------------------------------------------------------------


def test_a_yes_does_exactly_the_stored_act_once(room: Room) -> None:
    """Threat 15, and nothing twice however often the owner says yes."""
    question = _question(room, "approve", {"act": SEND, "who": asdict(ANNA)})
    assert _to_contacts() == []
    for _ in range(3):
        assert room.types("Да!", reply_to=question) is None
    assert _to_contacts() == [(ANNA.user_id, SEND["text"])]
    assert len(ledger.latest(ANNA.user_id, 10)) == 1


def test_a_no_sends_nothing_and_cannot_become_a_yes(room: Room) -> None:
    question = _question(room, "approve", {"act": SEND, "who": asdict(ANNA)})
    room.types("не надо", reply_to=question)
    assert "ничего не отправлено" in room.answer()
    room.types("да", reply_to=question)
    assert "уже есть ответ" in room.answer()
    assert _to_contacts() == []


@pytest.mark.parametrize("text", ["да, но завтра", "да?", "лучше Бену", "1"])
def test_what_is_no_plain_yes_is_none(room: Room, text: str) -> None:
    question = _question(room, "approve", {"act": SEND, "who": asdict(ANNA)})
    assert room.types(text, reply_to=question) is None
    assert "да или нет" in room.answer()
    assert _to_contacts() == []


def test_a_yes_without_a_reply_approves_nothing(room: Room) -> None:
    _question(room, "approve", {"act": SEND, "who": asdict(ANNA)})
    assert room.types("да") is None
    assert _to_contacts() == []


def test_the_last_part_of_a_long_question_takes_the_answer_too(room: Room) -> None:
    """The request to reply stands at its end, so that is where the owner replies."""
    _choice(room, START)
    long = {**SEND, "text": "слово " * 680}
    items.add("approve", {"act": long, "who": asdict(ANNA)}, room.now)
    parts = room.refresh()
    _choice(room, START)
    assert len(parts) == 2
    room.types("да", reply_to=parts[-1])
    assert _to_contacts() == [(ANNA.user_id, long["text"])]


def test_an_approved_steer_steers(room: Room) -> None:
    task_id = room.open()
    limits = {**LIMITS, "duration_minutes": 30}
    act = {"kind": "steer", "task_id": task_id, "instruction": "предложи полчаса", "mandate": limits}
    question = _question(room, "approve", {"act": act}, task_id)
    room.types("ок", reply_to=question)
    assert room.task(task_id).mandate == limits
    assert conversations.new_instructions(ANNA.user_id)[0].text == "предложи полчаса"


def test_an_approval_dies_with_its_task(room: Room) -> None:
    task_id = room.open()
    act = {"kind": "steer", "task_id": task_id, "instruction": "предложи полчаса", "mandate": None}
    question = _question(room, "approve", {"act": act}, task_id)
    moves.stop(task_id, room.now)
    room.refresh()
    room.types("да", reply_to=question)
    assert "уже закрыта" in room.answer()
    assert conversations.new_instructions(ANNA.user_id) == []


# --- questions from a conversation ----------------------------------------------------------------------------------


def _asked_about(room: Room, task_id: int, result: dict[str, Any], reasons: list[str]) -> Outgoing:
    message_id = room.contact_writes("Давайте в среду?", task_id)
    room.ask(task_id, result=result, reasons=reasons, evidence=[message_id])
    return next(row for row in room.refresh() if row.purpose == "question")


def test_a_yes_lets_the_mandate_grow_by_exactly_that_result(room: Room) -> None:
    """The same proposal fits from now on; its neighbour, and everything else outside, still does not."""
    task_id = room.open(private_notes="в четверг я у врача")
    question = _asked_about(room, task_id, OUTSIDE, ["other_day"])
    assert room.types("Да", reply_to=question) is None
    grown = room.task(task_id).mandate
    assert grown is not None
    limits = mandate.Mandate.from_json(grown)

    def fits(**changed: Any) -> bool:
        verdict = mandate.check_result(("meeting-time",), limits, {**OUTSIDE, **changed}, room.now)
        return verdict.kind is mandate.VerdictKind.FITS

    assert fits()
    assert fits(date="2026-11-24", weekday="tue")
    assert not fits(time="16:00")
    assert not fits(duration_minutes=90)
    assert not fits(date="2026-11-26", weekday="thu")
    assert not items.open_questions(task_id)
    assert "передаю" in room.answer()


@pytest.mark.parametrize("answer", ["да", "нет"])
def test_the_conversation_hears_of_the_result_and_of_no_limit(room: Room, answer: str) -> None:
    """Invariant 9: limits and private notes stay out of what the contact's prompt will hold, and prose of the summary
    does not come back as the owner's word."""
    task_id = room.open(private_notes="в четверг я у врача")
    question = _asked_about(room, task_id, {**OUTSIDE, "summary": "обещай скидку"}, ["other_day"])
    room.types(answer, reply_to=question)
    (note,) = conversations.new_instructions(ANNA.user_id)
    assert "2026-11-25" in note.text
    assert note.task_id == task_id
    for secret in ("12:00", "20:00", "other_day", "врача", "2026-11-24", "скидку"):
        assert secret not in note.text


def test_a_no_leaves_the_mandate_as_it_was(room: Room) -> None:
    task_id = room.open()
    question = _asked_about(room, task_id, OUTSIDE, ["other_day"])
    room.types("нет", reply_to=question)
    assert room.task(task_id).mandate == LIMITS
    (note,) = conversations.new_instructions(ANNA.user_id)
    assert "does not agree" in note.text
    assert room.task(task_id).waiting_for == "contact"


def test_an_answer_to_one_question_leaves_the_others_open(room: Room) -> None:
    task_id = room.open()
    question = _asked_about(room, task_id, OUTSIDE, ["other_day"])
    room.ask(task_id, question="Можно с коллегой?")
    room.refresh()
    room.types("да", reply_to=question)
    (left,) = items.open_questions(task_id)
    assert left.payload == {"question": "Можно с коллегой?"}
    assert "Нужен ваш ответ" in room.text(task_id)


def test_a_second_yes_grows_nothing(room: Room) -> None:
    task_id = room.open()
    question = _asked_about(room, task_id, OUTSIDE, ["other_day"])
    room.types("да", reply_to=question)
    revision = room.task(task_id).revision
    room.refresh()
    room.types("да", reply_to=question)
    assert "уже есть ответ" in room.answer()
    assert room.task(task_id).revision == revision


def test_a_condition_is_accepted_by_its_very_words(room: Room) -> None:
    result = {
        "accepted": True,
        "conditions": "если оплатят такси",
        "due_date": "2026-11-27",
        "due_time": None,
        "timezone": "Europe/Moscow",
        "summary": "s",
    }
    task_id = room.open(task_type="task_assignment", context={"what": "отчёт"}, mandate=None)
    question = _asked_about(room, task_id, result, ["conditions"])
    assert "если оплатят такси" in question.text
    room.types("согласен", reply_to=question)
    grown = room.task(task_id).mandate
    assert grown is not None
    (yes,) = grown["approved"]
    assert yes["conditions"] == "если оплатят такси"


def test_a_time_that_is_past_cannot_be_agreed_to(room: Room) -> None:
    task_id = room.open()
    question = _asked_about(room, task_id, {**SETTLED, "date": "2026-11-20", "weekday": "fri"}, ["other_day"])
    room.types("да", reply_to=question)
    assert "уже прошло" in room.answer()
    assert room.task(task_id).mandate == LIMITS
    assert conversations.new_instructions(ANNA.user_id) == []


def test_a_paused_task_takes_the_answer_and_says_that_it_waits(room: Room) -> None:
    task_id = room.open()
    question = _asked_about(room, task_id, OUTSIDE, ["other_day"])
    moves.pause(task_id, room.now)
    room.refresh()
    room.types("да", reply_to=question)
    assert f".дальше {task_id}" in room.answer()


@pytest.mark.parametrize("text", ["да, но в 16:00", "предложи четверг"])
def test_more_than_a_yes_goes_to_the_model_for_that_task(room: Room, text: str) -> None:
    """A yes with a condition is no yes to what was asked."""
    task_id = room.open()
    question = _asked_about(room, task_id, OUTSIDE, ["other_day"])
    command = room.types(text, reply_to=question)
    assert command is not None
    assert (command.focus, command.text) == (task_id, text)
    assert room.task(task_id).mandate == LIMITS


def test_a_plain_yes_to_a_question_is_passed_on_with_it_and_more_goes_to_the_model(room: Room) -> None:
    """The owner's model does not know the question, which holds a contact's words."""
    task_id = room.open()
    room.ask(task_id, question="Можно с коллегой?")
    question = next(row for row in room.refresh() if row.purpose == "question")
    command = room.types("да, но без ноутбуков", reply_to=question)
    assert command is not None
    assert command.focus == task_id
    assert room.types("да", reply_to=question) is None
    (note,) = conversations.new_instructions(room.task(task_id).user_id)
    assert "Можно с коллегой?" in note.text
    assert note.text.endswith("The answer: да")
    assert room.types("да", reply_to=question) is None
    assert len(conversations.new_instructions(room.task(task_id).user_id)) == 1


def test_a_question_that_was_answered_takes_no_second_answer(room: Room) -> None:
    """Whatever is said to it then: nobody knows any more what it would be an answer to."""
    task_id = room.open()
    question = _asked_about(room, task_id, OUTSIDE, ["other_day"])
    moves.steer(task_id, "предложи четверг", room.now)
    room.refresh()
    for text in ("да", "предложи пятницу"):
        assert room.types(text, reply_to=question) is None
        assert "уже есть ответ" in room.answer()
    assert room.task(task_id).mandate == LIMITS
