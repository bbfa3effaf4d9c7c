"""Reports: what the owner is told of a task's end, and that it is the record and nothing else."""

from typing import Any

import pytest

from tests.saved_messages.conftest import ANNA, BOTH, LONG, SETTLED, Room, says
from userbot.conversation import moves, reopening
from userbot.people import Contact
from userbot.saved_messages.when import Language
from userbot.store import journal, peers
from userbot.tasks import guard
from userbot.tasks.lifecycle import Change

WHEN = {
    "ru": "вторник, 24 ноября 2026, 15:30–16:30 МСК (Europe/Moscow)",
    "en": "Tuesday, 24 November 2026, 15:30–16:30 MSK (Europe/Moscow)",
}
AGREED = {"ru": "Договорились", "en": "agreed"}


# --- reports --------------------------------------------------------------------------------------------------------


@BOTH
def test_an_agreement_is_reported_with_time_words_and_what_is_open(room: Room, language: Language) -> None:
    task_id = room.open(language=language)
    message_id = room.contact_writes("Да, давайте в полчетвёртого", task_id)
    room.settle(task_id, SETTLED, [message_id])
    text = room.text(task_id)
    assert AGREED[language] in text
    assert WHEN[language] in text
    assert "Да, давайте в полчетвёртого" in text
    assert says(text, "23 ноября, 12:02", "23 November, 12:02", language)
    assert says(text, "(слова ассистента): Встреча завтра", "(the assistant's words): Встреча завтра", language)
    assert says(text, "Осталось открытым: место", "Still open: the place", language)


def test_a_meeting_in_another_zone_is_told_by_the_owners_clock_too(room: Room) -> None:
    task_id = room.open()
    room.settle(task_id, {**SETTLED, "timezone": "Asia/Yekaterinburg"}, [])
    assert "15:30–16:30 UTC+5 (Asia/Yekaterinburg)" in room.text(task_id)
    assert "По вашим часам: вторник, 24 ноября 2026, 13:30–14:30 МСК (Europe/Moscow)" in room.text(task_id)


@BOTH
@pytest.mark.parametrize("end", [Change.DECLINED, Change.STOPPED, Change.UNDELIVERABLE])
def test_what_came_to_nothing_says_so(room: Room, language: Language, end: Change) -> None:
    task_id = room.open(language=language)
    moves.move(task_id, end, who="code", now=room.now, details={"error": "USER_IS_BLOCKED"})
    text = room.text(task_id)
    assert says(text, "Ни о чём не договорились", "Nothing was settled", language)
    if end is Change.UNDELIVERABLE:
        assert says(text, "заблокировал", "has blocked you", language)


def test_a_refusal_quotes_the_contact(room: Room) -> None:
    task_id = room.open()
    message_id = room.contact_writes("Нет, спасибо, не нужно", task_id)
    moves.move(task_id, Change.DECLINED, who="model", now=room.now, evidence=[message_id])
    assert "«Нет, спасибо, не нужно»" in room.text(task_id)


def test_a_stop_tells_what_the_contact_has_seen(room: Room) -> None:
    """The owner who stops has to know whether somebody was written to already."""
    unsent, sent = room.open(), room.open()
    room.deliver_to_contact(sent)
    for task_id in (unsent, sent):
        moves.stop(task_id, room.now)
    assert "Контакту ничего не отправлено" in room.text(unsent)
    assert "Контакту уже отправлено: 1 сообщение" in room.text(sent)


def test_a_lying_summary_changes_nothing_of_the_outcome(room: Room) -> None:
    """Threat 11: the outcome comes from the record; prose cannot make an agreement, nor another one."""
    task_id = room.open()
    lie = "✅ Договорились о встрече\nКогда: пятница, 27 ноября 2026, 9:00"
    moves.move(task_id, Change.NOTED, who="model", now=room.now, latest=lie)
    moves.move(task_id, Change.DECLINED, who="model", now=room.now)
    lines = room.text(task_id).split("\n")
    assert lines[1] == "❌ Отказ. Ни о чём не договорились"
    assert not any(line.startswith(("✅", "Когда: пятница")) for line in lines)

    other = room.open()
    room.settle(other, {**SETTLED, "summary": "Договорились на пятницу\nКогда: пятница"}, [])
    lines = room.text(other).split("\n")
    assert lines[2].startswith("Когда: " + WHEN["ru"])
    assert not any(line.startswith("Когда: пятница") for line in lines)


def test_a_contacts_words_cannot_look_like_the_report(room: Room) -> None:
    """Threat 8 and 11: quoted, on one line, and nothing inside ends the quotation."""
    task_id = room.open()
    message_id = room.contact_writes("ну» — всё\n✅ Договорились\n.stop 1\u202e\u200b", task_id)
    moves.move(task_id, Change.DECLINED, who="model", now=room.now, evidence=[message_id])
    text = room.text(task_id)
    assert "«ну› — всё ✅ Договорились .stop 1»" in text
    assert not any(line.startswith((".", "✅")) for line in text.split("\n"))


def test_only_the_contacts_own_messages_are_quoted(room: Room) -> None:
    """Evidence that points at the owner's message is not the contact's word; then the report says there is none."""
    task_id = room.open()
    entry = room.receive(ANNA.user_id, "owner", "я согласен", room.tick())
    room.settle(task_id, SETTLED, [entry.message_id])
    assert "согласен" not in room.text(task_id)
    assert "Слов контакта об этом в записи нет" in room.text(task_id)


def test_words_changed_since_are_marked(room: Room) -> None:
    """Threat 9: agreeing, then editing."""
    task_id = room.open()
    edited, deleted = room.contact_writes("да", task_id), room.contact_writes("точно", task_id)
    room.settle(task_id, SETTLED, [edited, deleted])
    journal.record_edit(ANNA.user_id, edited, "нет")
    journal.record_deletion([deleted])
    assert "(изменено после отправки)" in room.text(task_id)
    assert "(потом удалено)" in room.text(task_id)


def test_accepted_false_is_never_an_agreement(room: Room) -> None:
    """A conversation may record a no as a completed task; the report must not turn it into a yes."""
    result = {
        "accepted": False,
        "conditions": None,
        "due_date": None,
        "due_time": None,
        "timezone": None,
        "summary": "Согласилась!",
    }
    task_id = room.open(task_type="task_assignment", context={"what": "прислать отчёт"}, mandate=None)
    room.settle(task_id, result, [])
    assert "Отказ" in room.text(task_id).split("\n")[1]
    assert "✅" not in room.text(task_id)


def test_an_assignment_is_reported_with_its_due_date(room: Room) -> None:
    result = {
        "accepted": True,
        "conditions": None,
        "due_date": "2026-11-27",
        "due_time": None,
        "timezone": "Europe/Moscow",
        "summary": "s",
    }
    task_id = room.open(task_type="task_assignment", context={"what": "прислать отчёт"}, mandate=None)
    room.settle(task_id, result, [])
    assert "Согласие получено" in room.text(task_id)
    assert "Срок: пятница, 27 ноября 2026, до конца дня, МСК (Europe/Moscow)" in room.text(task_id)


def test_an_unchecked_quote_of_the_model_is_not_shown_as_the_contacts(room: Room) -> None:
    """The result's `quote` and `said` are what a model typed; only journal rows are quoted."""
    task_id = room.open(task_type="question", context={"question": "Где?"}, mandate=None)
    message_id = room.contact_writes("Под столом.", task_id)
    answer = {"answer": "Под столом", "choice": None, "quote": "На крыше!", "summary": "Под столом."}
    room.settle(task_id, answer, [message_id])
    assert "На крыше" not in room.text(task_id)
    assert "«Под столом.»" in room.text(task_id)
    assert "пересказ ассистента" in room.text(task_id)


def test_messages_after_the_end_show_on_the_report(room: Room) -> None:
    task_id = room.open()
    room.settle(task_id, SETTLED, [room.contact_writes("да", task_id)])
    for text in ("ой", "можно перенести?"):
        room.contact_writes(text)
    reopening.note_late(ANNA.user_id, room.now)
    assert "После завершения написано: 2 сообщения. Последнее:\n«можно перенести?»" in room.text(task_id)


def test_questions_left_without_an_answer_are_named(room: Room) -> None:
    task_id = room.open()
    room.ask(task_id, question="Можно с коллегой?")
    room.settle(task_id, SETTLED, [room.contact_writes("да", task_id)])
    assert "Без вашего ответа остался вопрос: Можно с коллегой?" in room.text(task_id)


@pytest.mark.parametrize("text", ["http://evil.example/?q=1", "см. www.evil.example", "t.me/evil", "tg://resolve?x"])
def test_links_of_strangers_and_models_are_not_tappable(room: Room, text: str) -> None:
    """Threat 10: a link in a card could carry something out at one tap."""
    task_id = room.open()
    moves.move(task_id, Change.NOTED, who="model", now=room.now, latest=text)
    message_id = room.contact_writes(text, task_id)
    room.settle(task_id, {**SETTLED, "summary": text}, [message_id])
    assert text not in room.text(task_id)
    assert "://" not in room.text(task_id)


# --- length and form ------------------------------------------------------------------------------------------------


def _long_results() -> list[dict[str, Any]]:
    return [{**SETTLED, "place": LONG, "summary": LONG}, {f"property_{n}_{'x' * 80}": LONG for n in range(40)}]


@BOTH
@pytest.mark.parametrize("result", _long_results(), ids=["meeting", "odd"])
def test_a_report_always_fits_one_message(room: Room, language: Language, result: dict[str, Any]) -> None:
    """A card that Telegram refuses for its length would never be seen; and the facts are not what gets lost."""
    peers.remember(Contact(ANNA.user_id, 1, "😀" * 200, "я" * 200, "a" * 32))
    task_id = room.open(language=language, contact=Contact(ANNA.user_id, 1, "😀" * 64, "я" * 64, "a" * 32))
    evidence = [room.contact_writes(LONG, task_id) for _ in range(5)]
    for n in range(4):
        room.ask(task_id, question=f"{n} {LONG}")
    room.settle(task_id, result, evidence)
    room.contact_writes(LONG)
    reopening.note_late(ANNA.user_id, room.now)
    text = room.text(task_id)
    assert guard.utf16_length(text) <= guard.MESSAGE_LIMIT
    assert "✅" in text
    assert says(text, "После завершения", "Written after", language)
