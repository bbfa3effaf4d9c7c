"""Protects what the owner decides about a message that was held back, and that they know who wants to be left alone."""

import pytest

from tests.saved_messages.conftest import ANNA, OWNER, Room
from userbot.conversation import owner_commit
from userbot.conversation.silence import settle_silence
from userbot.saved_messages import wording
from userbot.store import conversations, ledger, peers
from userbot.store import desk as items
from userbot.store.ledger import Outgoing
from userbot.tasks.guard import Fault

TEXT = "Он уходит из фирмы, но это между нами."


def held_back(room: Room) -> Outgoing:
    task_id = room.open()
    room.ask(task_id, blocked=TEXT, reasons=["private", "number"], tries=3)
    (shown,) = [row for row in room.refresh() if TEXT in row.text and row.purpose == "question"]
    return shown


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_reason_has_words(fault: Fault, language: str) -> None:
    said = wording.held_back("ru" if language == "ru" else "en", fault.name.lower())
    assert said != wording.held_back("ru" if language == "ru" else "en", "?")


def test_the_owner_sees_the_text_and_why(room: Room) -> None:
    shown = held_back(room)
    assert "только для вас" in shown.text
    assert "сумма или номер" in shown.text
    assert TEXT in room.text(1)
    assert "Нужен ваш ответ" in room.text(1)


def test_a_yes_lets_that_text_be_written_once(room: Room) -> None:
    shown = held_back(room)
    assert room.types("да", reply_to=shown) is None
    (note,) = conversations.new_instructions(ANNA.user_id)
    assert TEXT in note.text
    assert items.open_questions(1) == []
    room.types("да", reply_to=shown)
    assert len(conversations.new_instructions(ANNA.user_id)) == 1


def test_a_no_does_not_repeat_it(room: Room) -> None:
    room.types("нет", reply_to=held_back(room))
    (note,) = conversations.new_instructions(ANNA.user_id)
    assert "фирмы" not in note.text


def test_other_words_are_for_the_model(room: Room) -> None:
    command = room.types("напиши просто, что спросим", reply_to=held_back(room))
    assert command is not None
    assert command.focus == 1
    assert len(items.open_questions(1)) == 1


def test_the_owner_is_told_who_asked_for_silence_and_is_obeyed_all_the_same(room: Room) -> None:
    task_id = room.open()
    room.deliver_to_contact(task_id)
    room.receive(ANNA.user_id, "contact", "Не пишите мне больше", room.tick())
    assert settle_silence(ANNA.user_id, room.now)
    assert "Просьба больше не писать" in room.text(task_id)
    assert "Не пишите мне больше" in room.text(task_id)
    later = room.open()
    room.refresh()
    assert "раньше просил больше не писать" in room.text(later)
    owner_commit.carry_out({"kind": "send", "text": "Извини"}, peers.contact(ANNA.user_id), OWNER, None, room.now)
    assert "раньше была просьба" in room.answer()
    assert [row.text for row in ledger.latest(ANNA.user_id, 1)] == ["Извини"]
