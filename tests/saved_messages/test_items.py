"""What stands in Saved Messages beside cards: choices, approvals, questions, problems, the list, the history."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.saved_messages.conftest import ANNA, BOTH, LIMITS, OUTSIDE, OWNER, SETTLED, START, Room
from userbot.conversation import moves
from userbot.people import Contact
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.tasks import guard


@pytest.mark.parametrize("prefix", [".", "№", "❓", "О"])
def test_no_message_of_ours_looks_like_a_command(room: Room, prefix: str) -> None:
    """Threat 8: whatever is rendered, and every part of it, starts with something else than the prefix."""
    room.desk = replace(room.desk, prefix=prefix)
    task_id = room.open()
    room.ask(task_id, question=prefix + "stop 1")
    items.add("said", {"text": prefix + "stop 1 " + (prefix + " ") * 3000}, room.now)
    items.add("list", {}, room.now)
    items.add("problem", {"what": "nobody", "query": prefix, "why": "x"}, room.now)
    rows = room.refresh()
    assert len(rows) > 5
    for row in rows:
        assert not row.text.startswith(prefix)
        assert guard.utf16_length(row.text) <= guard.MESSAGE_LIMIT


# --- desk items -----------------------------------------------------------------------------------------------------

ACT = {**START, "private_notes": "утром врач"}


@BOTH
def test_a_choice_shows_how_people_are_known_and_what_will_be_done(room: Room, language: Language) -> None:
    """Picking a number is a yes to the act as well, so the act stands there; phone numbers only as far as needed."""
    people = [asdict(ANNA), asdict(Contact(3001, 5, "Анна"))]
    items.add("choose", {"act": ACT, "candidates": people}, room.now, reply_to=55)
    (row,) = room.speaking(language).refresh()
    assert (row.purpose, row.reply_to, row.peer_id) == ("question", 55, OWNER)
    assert "1. Анна Петрова (@anna), +7…4567" in row.text
    assert "2. Анна, id 3001" in row.text
    assert str(ANNA.phone) not in row.text
    for fact in ("обсудить договор", "24 ноября, с 12 до 20", "утром врач"):
        assert fact in row.text


def test_an_approval_shows_the_text_letter_for_letter(room: Room) -> None:
    """Threat 15: what is approved is what is sent, so nothing of it is cut or changed."""
    text = "Ссылка: https://example.com/a.b — «до пятницы»\n\n  и ещё " + "слово " * 600
    items.add("approve", {"act": {"kind": "send", "query": "a", "text": text}, "who": asdict(ANNA)}, room.now)
    rows = room.refresh()
    shown = "\n".join(row.text for row in rows)
    assert text[:2000] in shown
    assert "".join(shown.split()).count("слово") == 600
    assert "Анна Петрова (@anna)" in rows[0].text


def test_a_steer_to_approve_names_its_task_and_new_limits(room: Room) -> None:
    task_id = room.open()
    act = {"kind": "steer", "task_id": task_id, "instruction": "предложи пятницу", "mandate": LIMITS}
    items.add("approve", {"act": act}, room.now, task_id=task_id)
    text = room.answer()
    assert f"№ {task_id}" in text
    assert "предложи пятницу" in text
    assert "12:00–20:00" in text


def test_a_proposal_shows_time_reasons_and_the_contacts_words(room: Room) -> None:
    task_id = room.open()
    message_id = room.contact_writes("Давайте в среду", task_id)
    room.ask(task_id, result=OUTSIDE, reasons=["other_day"], evidence=[message_id])
    text = room.answer()
    for fact in (
        f"№ {task_id}",
        "Анна Петрова",
        "среда, 25 ноября 2026",
        "другой день",
        "«Давайте в среду»",
        "да, нет",
    ):
        assert fact in text


def test_a_question_answered_before_it_was_posted_is_not_asked(room: Room) -> None:
    task_id = room.open()
    room.refresh()
    room.ask(task_id, question="Можно с коллегой?")
    moves.steer(task_id, "да, можно", room.now)
    assert room.refresh() == []


@BOTH
@pytest.mark.parametrize(
    ("payload", "fact"),
    [
        ({"what": "nobody", "query": "@foo", "why": "unknown"}, "@foo"),
        ({"what": "nobody", "query": "@foo", "why": "news_to_us"}, "@foo"),
        ({"what": "undeliverable", "error": "USER_IS_BLOCKED", "peer_id": 2001}, "id 2001"),
        ({"what": "model_down", "detail": None}, "."),
        ({"what": "model_key", "detail": "the key {was} refused"}, "the key {was} refused"),
        ({"what": "model_nonsense", "detail": None}, "⚠️"),
        ({"what": "contact_unreadable", "media": "voice", "peer_id": 2001}, "id 2001"),
        ({"what": "telegram_wait", "detail": None}, "Telegram"),
        ({"what": "account_limited", "error": "PEER_FLOOD"}, "@SpamBot"),
        ({"what": "usage", "typed": ".stpo", "nearest": "stop", "number": 3}, ".stop 3"),
        ({"what": "of another version"}, "⚠️"),
        ({"what": "no_task"}, "⚠️"),
        ({}, "⚠️"),
    ],
)
def test_every_problem_has_words(room: Room, language: Language, payload: dict[str, Any], fact: str) -> None:
    """One item that cannot be worded would keep every later one from the owner."""
    items.add("problem", payload, room.now)
    assert fact in room.speaking(language).answer()


def test_a_tainted_answer_has_no_live_links(room: Room) -> None:
    """Threat 10: an answer written after reading a contact's words may carry their link, or private data in one."""
    items.add("said", {"text": "см. https://evil.example/?q=врач", "tainted": True}, room.now)
    assert "https://" not in room.answer()
    items.add("said", {"text": "см. https://example.com", "tainted": False}, room.now)
    assert "https://example.com" in room.answer()


def test_a_list_shows_open_tasks_and_those_closed_lately(room: Room) -> None:
    first, second = room.open(), room.open()
    moves.stop(first, room.now + timedelta(minutes=1))
    room.refresh()
    items.add("list", {}, room.now)
    text = room.answer()
    assert "Открыто: 1 задача" in text
    assert f"№ {second} · Встреча · Анна Петрова (@anna): первое сообщение в пути" in text
    assert f"№ {first} · Встреча · Анна Петрова (@anna): остановлено" in text


@pytest.mark.parametrize(("media", "shown"), [("voice", "голосовое сообщение"), ("photo", "фото"), ("new", "файл")])
def test_what_cannot_be_read_is_named_where_it_is_quoted_or_told(room: Room, media: str, shown: str) -> None:
    """The owner must not take a voice message for silence."""
    task_id = room.open()
    entry = room.receive(ANNA.user_id, "contact", "", room.tick(), media=media)
    room.settle(task_id, SETTLED, [entry.message_id])
    assert f"Анна Петрова, 23 ноября, 12:02:\n[{shown}]" in room.text(task_id)
    room.refresh()
    items.add(
        "problem", {"what": "contact_unreadable", "media": media, "peer_id": ANNA.user_id}, room.now, task_id=task_id
    )
    assert f"Анна Петрова (@anna): {shown}" in room.answer()


def test_the_history_names_each_day_once(room: Room) -> None:
    task_id = room.open()
    room.deliver_to_contact(task_id)
    room.now += timedelta(days=1)
    room.contact_writes("да", task_id)
    room.types(f".task {task_id}")
    text = room.answer().split("Как шло", 1)[1]
    assert text.splitlines()[1:] == [
        "пн, 23 ноября:",
        "12:01 вы поставили задачу",
        "12:02 первое сообщение доставлено",
        "вт, 24 ноября:",
        "12:03 контакт: «да»",
    ]
