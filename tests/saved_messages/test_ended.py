"""Protects the one line for which the phone rings: the heart of what came of the task, short, and from the record."""

from typing import Any

import pytest

from tests.saved_messages.conftest import SETTLED, Room
from userbot.conversation import moves, reopening
from userbot.saved_messages import card_text, ended
from userbot.saved_messages.when import Language
from userbot.tasks.lifecycle import Change

ASSIGNMENT = {"what": "прислать отчёт", "why": None, "due_words": "до пятницы", "due_date": "2026-11-27"}
TAKEN_ON = {
    "accepted": True,
    "conditions": None,
    "due_date": "2026-11-26",
    "due_time": "15:00",
    "timezone": "Europe/Moscow",
    "price": None,
    "summary": "Пришлёт в четверг.",
}
QUESTION = {"question": "Какая версия?", "details": None, "choices": None, "answer_format": None}
ANSWER = {"answer": "третья", "choice": None, "number": None, "unit": None, "quote": "v3", "summary": "Третья."}


def line(room: Room, change: Change, language: Language = "ru", **given: Any) -> str:
    opened = {name: given.pop(name) for name in ("task_type", "context", "mandate") if name in given}
    task_id = room.open(language=language, **opened)
    said = room.contact_writes("v3, понедельничная", task_id)
    moves.move(task_id, change, who="model", now=room.now, evidence=[said], **given)
    return ended.render_ended(room.task(task_id), room.desk)


def assigned(room: Room, language: Language = "ru", **changed: Any) -> str:
    result = {**TAKEN_ON, **changed}
    return line(
        room,
        Change.AGREED,
        language,
        task_type="task_assignment",
        context=ASSIGNMENT,
        mandate=None,
        result=result,
    )


def test_a_meeting_is_told_by_its_time(room: Room) -> None:
    assert line(room, Change.AGREED, result=SETTLED) == "✅ № 1 · Анна Петрова: вт, 24 ноября, 15:30–16:30 МСК"


def test_a_question_is_told_by_the_contacts_own_words(room: Room) -> None:
    """Not by what a model made of them."""
    told = line(room, Change.AGREED, task_type="question", context=QUESTION, mandate=None, result=ANSWER)
    assert told == "✅ № 1 · Анна Петрова: «v3, понедельничная»"


def test_words_in_several_messages_are_told_together(room: Room) -> None:
    """The last of them alone may be the least: "it was 870 by taxi"."""
    done = room.open(task_type="task_assignment", context=ASSIGNMENT, mandate=None)
    said = [room.contact_writes(words, done) for words in ("отвезла", "такси 870 вышло")]
    moves.move(done, Change.DONE, who="model", now=room.now, evidence=said, result=TAKEN_ON)
    told = ended.render_ended(room.task(done), room.desk)
    assert told == "✅ № 1 · Анна Петрова: сделано, по словам контакта: «отвезла» «такси 870 вышло»"
    asked = room.open(task_type="question", context=QUESTION, mandate=None)
    said = [room.contact_writes(f"{n} " + "слово " * 60, asked) for n in range(5)]
    moves.move(asked, Change.AGREED, who="model", now=room.now, evidence=said, result=ANSWER)
    told = ended.render_ended(room.task(asked), room.desk)
    assert [n for n in range(5) if f"«{n} слово" in told] == [2, 3, 4]
    assert len(told) < 300


@pytest.mark.parametrize(("change", "is_shown"), [(Change.DONE, False), (Change.NO_ANSWER, True)])
def test_a_sentence_from_before_it_was_done_is_not_told_as_its_end(room: Room, change: Change, is_shown: bool) -> None:
    """ "Half of it is done" below "Done" would say the opposite; where nobody answered it is all there is."""
    task_id = room.open(task_type="task_assignment", context=ASSIGNMENT, mandate=None)
    moves.move(task_id, Change.NOTED, who="model", now=room.now, latest="Сделана половина.")
    said = room.contact_writes("всё", task_id)
    moves.move(task_id, change, who="model", now=room.now, result=TAKEN_ON, evidence=[said])
    assert ("Сделана половина" in str(card_text.render_card(room.task(task_id), room.desk, room.now))) is is_shown


def test_an_assignment_is_told_by_its_due_time(room: Room) -> None:
    assert assigned(room) == "✅ № 1 · Анна Петрова: срок чт, 26 ноября, 15:00 МСК"
    assert assigned(room, "en", due_time=None) == "✅ No. 2 · Анна Петрова: due Thu, 26 November"
    assert assigned(room, due_date=None, due_time=None, conditions="за 5000").endswith(": Условия контакта: за 5000")


@pytest.mark.parametrize(
    ("change", "russian", "english"),
    [
        (Change.DECLINED, "❌ № 1 · Анна Петрова: отказ", "❌ No. 2 · Анна Петрова: declined"),
        (Change.NO_ANSWER, "❌ № 1 · Анна Петрова: нет ответа", "❌ No. 2 · Анна Петрова: no answer"),
        (Change.EXPIRED, "❌ № 1 · Анна Петрова: срок вышел", "❌ No. 2 · Анна Петрова: time ran out"),
        (
            Change.ASKED_SILENCE,
            "✋ № 1 · Анна Петрова: просьба больше не писать, всё остановлено",
            "✋ No. 2 · Анна Петрова: asked not to be written to, all is stopped",
        ),
    ],
)
def test_what_came_to_nothing_is_told_in_a_word(room: Room, change: Change, russian: str, english: str) -> None:
    assert line(room, change) == russian
    assert line(room, change, "en") == english


def test_what_could_not_be_delivered_is_told_with_its_reason(room: Room) -> None:
    told = line(room, Change.UNDELIVERABLE, details={"error": "USER_PRIVACY_RESTRICTED"})
    assert told == "❌ № 1 · Анна Петрова: не доставлено, настройки приватности контакта не пускают ваши сообщения"


@pytest.mark.parametrize(
    ("language", "told", "title"),
    [
        ("ru", "❌ № 1 · Анна Петрова: отмена, договорённость больше не действует", "❌ Отмена. Договорённость больше"),
        (
            "en",
            "❌ No. 1 · Анна Петрова: called off, it no longer holds",
            "❌ Called off. What was agreed no longer holds",
        ),
    ],
)
def test_what_was_agreed_and_is_off_is_not_told_like_a_refusal(
    room: Room, language: Language, told: str, title: str
) -> None:
    """The owner must not go there: "declined, nothing was settled" would say nothing about the meeting they knew of."""
    task_id = room.open(language=language)
    room.settle(task_id, SETTLED, [room.contact_writes("давайте в полчетвёртого", task_id)])
    off = room.contact_writes("заболела, не смогу", task_id)
    reopening.reopen(room.task(task_id), off, room.now, told="reopened_later", why="the contact came back to it")
    moves.move(task_id, Change.DECLINED, who="model", now=room.now, evidence=[off])
    assert ended.render_ended(room.task(task_id), room.desk) == told
    assert card_text.outcome(language, room.task(task_id)).startswith(title)


def test_a_long_message_is_quoted_where_it_settles_the_matter(room: Room) -> None:
    """The owner reads the words that agree, not only the greetings before them."""
    task_id = room.open()
    said = "давайте во вторник в полчетвёртого"
    letter = "Дорогой ассистент! " * 60 + said + ". С наилучшими пожеланиями"
    room.settle(task_id, {**SETTLED, "said": said}, [room.contact_writes(letter, task_id)])
    assert said in room.text(task_id)
