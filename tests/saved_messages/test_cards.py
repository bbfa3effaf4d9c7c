"""Cards and reports: what the owner is told, and that it is the record and nothing else."""

from dataclasses import asdict, replace
from datetime import timedelta
from itertools import takewhile
from typing import Any

import pytest

from tests.saved_messages.conftest import ANNA, LIMITS, MEETING, OUTSIDE, OWNER, SETTLED, Room
from userbot.conversation import moves, reopening
from userbot.people import Contact
from userbot.saved_messages import cards
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import journal, ledger, peers, tasks
from userbot.tasks import guard
from userbot.tasks.lifecycle import Change

WHEN = {
    "ru": "вторник, 24 ноября 2026, 15:30–16:30 МСК (Europe/Moscow)",
    "en": "Tuesday, 24 November 2026, 15:30–16:30 MSK (Europe/Moscow)",
}
AGREED = {"ru": "Договорились", "en": "agreed"}
BOTH = pytest.mark.parametrize("language", ["ru", "en"])


def _says(text: str, russian: str, english: str, language: Language) -> bool:
    return (russian if language == "ru" else english) in text


# --- cards ----------------------------------------------------------------------------------------------------------


@BOTH
def test_a_card_shows_whom_what_and_the_limits(room: Room, language: Language) -> None:
    task_id = room.open(language=language, private_notes="утром врач")
    text = room.text(task_id)
    for fact in (f" {task_id} ", "Анна Петрова", "@anna", "обсудить договор", "завтра, 24 ноября, с 12 до 20"):
        assert fact in text
    assert _says(text, "вторник, 24 ноября 2026, 12:00–20:00 МСК", "Tuesday, 24 November 2026, 12:00–20:00", language)
    assert _says(text, "ровно 1 час", "exactly 1 hour", language)
    assert _says(text, "Только для вас: утром врач", "Private, for you only: утром врач", language)
    assert _says(text, f".стоп {task_id}", f".stop {task_id}", language)


FULL = {
    "windows": None,
    "timezone": "Europe/Moscow",
    "duration_minutes": None,
    "not_on": ["2026-11-24", "2026-11-25"],
    "numbers": [{"property": "number", "min": 10, "max": None, "unit": "кг"}],
    "price": {"min": 1000, "max": 25000, "currency": "RUB"},
    "choices": [{"property": "place", "allowed": ["офис", "онлайн"]}],
    "required": ["place"],
    "offers": 2,
    "approved": [{"conditions": "если успею", "values": {"price": "30000 RUB", "place": None, "number": True}}],
}


def test_a_card_shows_every_limit_in_the_owners_terms(room: Room) -> None:
    task_id = room.open(mandate=FULL)
    for fact in (
        "кроме: вторник, 24 ноября 2026; среда, 25 ноября 2026",
        "цена 1000–25 000 RUB",
        "Число: от 10 кг",
        "Место, только: офис, онлайн",
        "обязательно узнать: Место",
        "вне границ не больше: 2 предложения",
        "вы согласились: Место: ничего, Цена: 30000 RUB",
        "вы приняли условие: «если успею»",
    ):
        assert fact in room.text(task_id)
    english = room.text(room.open(mandate=FULL, language="en"))
    for fact in (
        "not on: Tuesday",
        "price 1000–25 000 RUB",
        "Number: at least 10",
        "Place, only:",
        "no more than 2 offers",
    ):
        assert fact in english


def words_of_the_owner(card: str) -> list[str]:
    lines = card.splitlines()
    return list(takewhile(lambda line: line.startswith("«"), lines[lines.index("Ваши слова:") + 1 :]))


def test_a_card_quotes_the_words_that_the_task_and_its_limits_come_from(room: Room) -> None:
    """What became of them is to be compared with them."""
    asked = room.receive(OWNER, "owner", ". встреться с @anna завтра с 12 до 20" + "!" * 999, room.tick())
    task_id = moves.open_task(
        ANNA,
        owner_id=OWNER,
        task_type="meeting",
        context=MEETING,
        private_notes=None,
        mandate=LIMITS,
        language="ru",
        command_message_id=asked.message_id,
        now=room.now,
    )
    (line,) = words_of_the_owner(room.text(task_id))
    assert "«. встреться с @anna завтра с 12 до 20!!!" in line
    assert len(line) < 350
    said = room.receive(OWNER, "owner", "лучше до 18", room.tick())
    moves.steer(task_id, "до 18", room.now, mandate=LIMITS, message_id=said.message_id)
    other = room.receive(OWNER, "owner", "и поторопи её", room.tick())
    moves.steer(task_id, "поторопи", room.now, message_id=other.message_id)
    assert words_of_the_owner(room.text(task_id))[1:] == ["«лучше до 18»"]


@BOTH
def test_the_owner_is_told_when_the_offers_are_used_up(room: Room, language: Language) -> None:
    task_id = room.open(language=language, mandate={**LIMITS, "offers": 1})
    room.refresh()
    payload = {"result": OUTSIDE, "reasons": ["other_day"], "evidence": []}
    items.add("ask", payload, room.now, task_id=task_id)
    moves.move(task_id, Change.ASKED_OWNER, who="model", now=room.now, details=payload)
    used = ("Уже 1 предложение вне ваших границ", "Already 1 offer outside your limits")
    assert _says(room.text(task_id), *used, language)
    assert _says(room.answer(), *used, language)
    fits = {"result": SETTLED, "reasons": ["offers"], "evidence": []}
    items.add("ask", fits, room.now, task_id=task_id)
    assert _says(room.text(task_id), "Это в ваших границах", "It is within your limits", language)
    moves.steer(task_id, "предложи четверг", room.now)
    assert not _says(room.text(task_id), *used, language)


def test_a_price_and_a_number_with_its_unit_are_reported_as_one_value(room: Room) -> None:
    result = {
        "accepted": True,
        "conditions": None,
        "due_date": None,
        "due_time": None,
        "timezone": None,
        "summary": "s",
    }
    task_id = room.open(task_type="task_assignment", context={"what": "отчёт"}, mandate=None)
    room.settle(
        task_id, {**result, "price": {"amount": 25000, "currency": "RUB"}}, [room.contact_writes("25", task_id)]
    )
    assert "Цена: 25 000 RUB" in room.text(task_id)
    answer = {"answer": "1,5 тонны", "choice": None, "number": 1500, "unit": "кг", "quote": "q", "summary": "s"}
    task_id = room.open(task_type="question", context={"question": "Сколько?"}, mandate=None)
    room.settle(task_id, answer, [room.contact_writes("1,5 тонны", task_id)])
    assert "Число: 1500 кг" in room.text(task_id)


@BOTH
def test_a_card_follows_the_first_message(room: Room, language: Language) -> None:
    """Not before Telegram has it may the card say that the contact was written to."""
    task_id = room.open(language=language)
    assert _says(room.text(task_id), "Пишу первое", "Writing the first", language)
    row_id = room.write(task_id)
    assert _says(room.text(task_id), "отправляется", "on its way", language)
    row = ledger.get(row_id)
    assert row is not None
    ledger.mark_sent(row_id, room.tick(), room.now)
    moves.delivered(row, room.now)
    assert _says(room.text(task_id), "доставлено, жду ответа", "delivered, waiting", language)


@BOTH
def test_a_card_shows_pauses_and_how_to_go_on(room: Room, language: Language) -> None:
    task_id = room.open(language=language)
    moves.pause(task_id, room.now)
    assert _says(room.text(task_id), f".дальше {task_id}", f".resume {task_id}", language)
    assert _says(room.text(task_id), "На паузе", "Paused", language)
    moves.resume(task_id, room.now)
    moves.move(task_id, Change.TOOK_OVER, who="owner", now=room.now)
    assert _says(room.text(task_id), "Вы написали сами", "You wrote yourself", language)


@BOTH
@pytest.mark.parametrize("code", ["model_down", "model_key", "model_nonsense", "flood_wait", "news_to_us"])
def test_a_card_says_why_nothing_moves(room: Room, language: Language, code: str) -> None:
    task_id = room.open(language=language)
    tasks.set_trouble(task_id, code)
    assert "⚠️" in room.text(task_id)


@BOTH
def test_a_card_shows_the_open_question_and_the_latest_word(room: Room, language: Language) -> None:
    task_id = room.open(language=language)
    moves.move(task_id, Change.NOTED, who="model", now=room.now, latest="Анна думает.")
    room.ask(task_id, question="Можно с коллегой?")
    text = room.text(task_id)
    assert _says(text, "Последнее (слова ассистента): Анна думает.", "(the assistant's words): Анна думает.", language)
    assert "Можно с коллегой?" in text
    assert _says(text, "Нужен ваш ответ", "I need your answer", language)


def test_a_card_shows_a_proposal_resolved_by_code(room: Room) -> None:
    task_id = room.open()
    room.ask(task_id, result=OUTSIDE, reasons=["other_day"], evidence=[])
    assert "среда, 25 ноября 2026, 15:30–16:30 МСК" in room.text(task_id)
    assert "другой день" in room.text(task_id)


def test_a_task_of_a_skill_that_is_gone_is_still_shown(room: Room) -> None:
    """Skills are files people take away; the card must not vanish with them."""
    task_id = room.open(task_type="lost_skill", context={"some_thing": "книга", "count": 3}, mandate=None)
    assert "Some thing: книга" in room.text(task_id)
    room.settle(task_id, {"answer": "да", "summary": "s"}, [])
    assert "Договорились" in room.text(task_id)


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
    assert _says(text, "23 ноября, 12:02", "23 November, 12:02", language)
    assert _says(text, "(слова ассистента): Встреча завтра", "(the assistant's words): Встреча завтра", language)
    assert _says(text, "Осталось открытым: место", "Still open: the place", language)


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
    assert _says(text, "Ни о чём не договорились", "Nothing was settled", language)
    if end is Change.UNDELIVERABLE:
        assert _says(text, "заблокировал", "has blocked you", language)


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

LONG = "😀 слово " * 800


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
    assert _says(text, "После завершения", "Written after", language)


@BOTH
def test_an_open_card_always_fits_one_message(room: Room, language: Language) -> None:
    windows = [{"date": f"2026-12-{day:02}", "from": "10:00", "to": "11:00"} for day in range(1, 31)]
    limits = {"windows": windows, "timezone": "Europe/Moscow", "duration_minutes": 60}
    context = {**MEETING, "topic": LONG, "when_words": LONG, **{f"more_{n}": LONG for n in range(30)}}
    task_id = room.open(language=language, context=context, private_notes=LONG, mandate=limits)
    moves.move(task_id, Change.NOTED, who="model", now=room.now, latest=LONG)
    for n in range(4):
        room.ask(task_id, question=f"{n} {LONG}")
    tasks.set_trouble(task_id, "model_key")
    text = room.text(task_id)
    assert guard.utf16_length(text) <= guard.MESSAGE_LIMIT
    assert f"{task_id}" in text.split("\n")[-1]


# --- keeping Saved Messages current ---------------------------------------------------------------------------------


def test_one_card_per_task_posted_once_then_edited(room: Room) -> None:
    task_id = room.open()
    for _ in range(3):
        assert cards.refresh(room.desk, room.now) == []
    assert len(ledger.of_task(task_id, "card")) == 1
    # It moves on while Telegram has the message: nothing to edit yet, and nothing lost.
    ledger.start_sending(ledger.of_task(task_id, "card")[0].id)
    moves.pause(task_id, room.now)
    assert cards.refresh(room.desk, room.now) == []
    (card,) = room.delivered()
    assert "На паузе" not in card.text
    (edit,) = cards.refresh(room.desk, room.now)
    assert (edit.task_id, edit.message_id) == (task_id, card.message_id)
    assert "На паузе" in edit.text
    # An edit that failed is named again; one that was made is not.
    assert cards.refresh(room.desk, room.now) == [edit]
    cards.mark_shown(edit)
    assert cards.refresh(room.desk, room.now) == []


def test_a_card_that_waits_its_turn_goes_out_as_it_is_then(room: Room) -> None:
    """No edit of a card a second old: what was not begun yet simply says the newer thing."""
    task_id = room.open()
    cards.refresh(room.desk, room.now)
    moves.pause(task_id, room.now)
    assert cards.refresh(room.desk, room.now) == []
    (card,) = room.delivered()
    assert "На паузе" in card.text
    assert cards.refresh(room.desk, room.now) == []


def test_a_change_during_an_edit_is_not_lost(room: Room) -> None:
    """The task moves while Telegram takes the edit: the card must be edited once more."""
    task_id = room.open()
    room.refresh()
    moves.pause(task_id, room.now)
    (edit,) = cards.refresh(room.desk, room.now)
    moves.stop(task_id, room.now)
    cards.mark_shown(edit)
    (again,) = cards.refresh(room.desk, room.now)
    assert "Остановлено вами" in again.text


def test_a_card_that_reads_the_same_is_left_alone(room: Room) -> None:
    """Telegram refuses an edit that changes nothing."""
    task_id = room.open()
    room.refresh()
    tasks.make_card_stale(task_id)
    assert cards.refresh(room.desk, room.now) == []
    assert tasks.stale_cards() == []


def test_a_deleted_or_refused_card_is_posted_anew(room: Room) -> None:
    task_id = room.open()
    room.refresh()
    moves.pause(task_id, room.now)
    (edit,) = cards.refresh(room.desk, room.now)
    cards.mark_gone(edit)
    assert cards.refresh(room.desk, room.now) == []
    (row,) = room.delivered()
    assert "На паузе" in row.text
    moves.stop(task_id, room.now)
    ledger.mark_failed(row.id, "X")
    failed = tasks.open_with(ANNA.user_id)
    assert failed == []
    other = room.open()
    cards.refresh(room.desk, room.now)
    ledger.mark_failed(ledger.of_task(other, "card")[0].id, "MESSAGE_TOO_LONG")
    cards.refresh(room.desk, room.now)
    assert len(ledger.of_task(other, "card")) == 1, "not again and again without news"
    moves.pause(other, room.now)
    cards.refresh(room.desk, room.now)
    assert len(ledger.of_task(other, "card")) == 2


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

ACT = {
    "kind": "start",
    "query": "Анна",
    "task_type": "meeting",
    "context": MEETING,
    "mandate": LIMITS,
    "private_notes": "утром врач",
    "language": "ru",
}


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
