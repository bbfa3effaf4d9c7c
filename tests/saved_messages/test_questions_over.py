"""Protects the owner from answering what nobody asks any more: a question that is over says so where it stands."""

from dataclasses import asdict

import pytest

from tests.saved_messages.conftest import ANNA, BORIS, OUTSIDE, START, Room
from userbot.conversation import drafts, moves
from userbot.saved_messages import cards
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import journal, ledger
from userbot.tasks import guard


def shown_at(room: Room, message_id: int | None) -> str:
    """What was edited into this message."""
    room.refresh()
    (edit,) = (edit for edit in room.edits if edit.message_id == message_id)
    return edit.text


@pytest.mark.parametrize(("language", "said"), [("ru", "✔️ Вы ответили"), ("en", "✔️ You have answered")])
def test_an_answered_one_says_so_and_keeps_what_was_asked(room: Room, language: Language, said: str) -> None:
    task_id = room.open(language=language)
    room.ask(task_id, question="Где встречаемся?")
    (question,) = (row for row in room.refresh() if row.purpose == "question")
    room.types("да", reply_to=question)
    lines = shown_at(room, question.message_id).splitlines()
    assert lines[-1] == said
    assert "Где встречаемся?" in lines[1]
    assert room.refresh() == []
    assert room.edits == [], "once"


def test_one_that_fell_with_its_task_says_so(room: Room) -> None:
    task_id = room.open()
    room.deliver_to_contact(task_id)
    said = room.contact_writes("в среду?", task_id)
    room.ask(task_id, result=OUTSIDE, reasons=["other_day"], evidence=[said])
    (question,) = (row for row in room.refresh() if row.purpose == "question")
    assert "Согласны?" in question.text
    moves.stop(task_id, room.now)
    text = shown_at(room, question.message_id)
    assert text.endswith("✖️ Ответ больше не нужен")
    assert "Согласны?" not in text


@pytest.mark.parametrize(("answer", "said"), [("2", "✔️ Вы ответили"), (".отмена", "✖️ Ответ больше не нужен")])
def test_a_choice_that_was_made_or_withdrawn_says_so(room: Room, answer: str, said: str) -> None:
    command = room.types(". договорись с Анной")
    assert command is not None
    journal.mark_handled([command.entry_id], "t1")
    payload = {"act": START, "candidates": [asdict(ANNA), asdict(BORIS)]}
    items.add("choose", payload, room.now, reply_to=command.message_id)
    (question,) = room.refresh()
    room.types(answer, reply_to=question if answer == "2" else None)
    assert shown_at(room, question.message_id).splitlines()[-1] == said, "what was to be done is on the card, or is not"


def test_a_draft_of_several_messages_says_so_in_one(room: Room) -> None:
    """The edit must fit the first of them."""
    task_id = room.open(mode="draft")
    text = "\n".join(f"{n} " + "слово " * 90 for n in range(9)).strip()
    rows = [ledger.queue(ANNA.user_id, "opening", text, room.now, task_id=task_id, state="proposed")]
    drafts.ask(task_id, rows, room.now)
    question = next(row for row in room.refresh() if row.purpose == "question")
    room.types("нет", reply_to=question)
    shown = shown_at(room, question.message_id)
    assert guard.utf16_length(shown) < 300
    assert shown.endswith("✔️ Вы ответили")


def test_one_nobody_saw_is_not_posted_when_it_is_over(room: Room) -> None:
    task_id = room.open()
    room.card(task_id)
    room.ask(task_id, question="Где встречаемся?")

    cards.refresh(room.desk, room.now)
    moves.stop(task_id, room.now)
    cards.refresh(room.desk, room.now)
    assert [row.purpose for row in room.delivered()] == []
