"""Protects the owner from a program that hears wrong: what they said is a command only where it says so, and decides
nothing that is to be a yes, a number or the very text to send."""

import pytest

from userbot.conversation.owner import Command
from userbot.saved_messages.commands import handle
from userbot.saved_messages.spoken import after_wake_word
from userbot.store import journal
from userbot.store.ledger import Outgoing

from .conftest import OWNER, Room


def says(room: Room, heard: str, reply_to: Outgoing | None = None) -> Command | None:
    """The owner speaks, and it was heard."""
    target = reply_to.message_id if reply_to else None
    entry = room.receive(OWNER, "owner", "", room.tick(), reply_to=target, media="voice")
    journal.record_heard(entry.id, heard)
    return handle(entry, room.desk, room.now)


@pytest.mark.parametrize(
    ("heard", "command"),
    [
        ("Секретарь, напиши Ане", "напиши Ане"),
        ("секретарь! Напиши Ане.", "Напиши Ане."),
        ("«Секретарь» напиши", "напиши"),
        ("Secretary: write to Ben", "write to Ben"),
        ("Секретарь.", ""),
        ("Секретарша заболела", None),
        ("Secretaryship", None),
        ("Позвони секретарю", None),
        ("мой секретарь", None),
        ("", None),
    ],
)
def test_only_what_begins_with_the_wake_word_is_a_command(heard: str, command: str | None) -> None:
    assert after_wake_word(heard) == command


def test_what_was_heard_is_said_once_and_the_command_is_known_for_spoken(room: Room) -> None:
    command = says(room, "Секретарь, напиши Ане, что я еду")
    assert command is not None
    assert (command.text, command.spoken, command.focus) == ("напиши Ане, что я еду", True, None)
    assert "Услышано: «напиши Ане, что я еду»" in room.answer()
    # Its row stays new until a turn commits it, and is handed in again.
    (entry,) = journal.find(OWNER, [command.message_id])
    assert handle(entry, room.desk, room.now) == command
    assert room.refresh() == []


def test_of_a_memo_no_word_is_kept(room: Room) -> None:
    assert says(room, "Купить молока, секретарь подождёт") is None
    (entry,) = journal.latest(OWNER, 10)
    assert (entry.words, entry.state) == ("", "handled")
    assert room.refresh() == []


def test_a_reply_to_a_card_is_about_its_task_and_needs_no_wake_word(room: Room) -> None:
    task_id = room.open()
    command = says(room, "предложи ещё пятницу", room.card(task_id))
    assert command is not None
    assert (command.text, command.focus, command.spoken) == ("предложи ещё пятницу", task_id, True)


@pytest.mark.parametrize("heard", ["да", "нет", "Да."])
def test_a_spoken_yes_or_no_is_asked_for_in_writing(room: Room, heard: str) -> None:
    task_id = room.open()
    room.ask(task_id, question="Можно в пятницу?")
    question = next(row for row in room.refresh() if row.purpose == "question")
    assert says(room, heard, question) is None
    assert "Ответьте текстом" in room.answer()


def test_words_that_would_go_out_as_they_are_are_not_taken_from_a_voice(room: Room) -> None:
    """An answer to a text held back, or to a result, is what a person would read."""
    task_id = room.open()
    room.ask(task_id, blocked="Пароль от входа…", reasons=["secret"], tries=["Пароль от входа…"])
    question = next(row for row in room.refresh() if row.purpose == "question")
    assert says(room, "отправь просто привет", question) is None
    assert "Ответьте текстом" in room.answer()


def test_an_answer_to_a_question_says_which(room: Room) -> None:
    task_id = room.open()
    room.ask(task_id, question="Можно в пятницу?")
    question = next(row for row in room.refresh() if row.purpose == "question")
    command = says(room, "лучше в субботу", question)
    assert command is not None
    assert command.focus == task_id
    assert command.question is not None
