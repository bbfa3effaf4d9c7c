"""Cards: what the owner is told of an open task, and that there is one message of it that stays current."""

from itertools import takewhile

import pytest

from tests.saved_messages.conftest import ANNA, BOTH, LIMITS, LONG, MEETING, OUTSIDE, OWNER, SETTLED, Room, says
from userbot.conversation import moves
from userbot.saved_messages import cards
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import ledger, tasks
from userbot.tasks import guard
from userbot.tasks.lifecycle import Change

# --- cards ----------------------------------------------------------------------------------------------------------


@BOTH
def test_a_card_shows_whom_what_and_the_limits(room: Room, language: Language) -> None:
    task_id = room.open(language=language, private_notes="утром врач")
    text = room.text(task_id)
    for fact in (f" {task_id} ", "Анна Петрова", "@anna", "обсудить договор", "завтра, 24 ноября, с 12 до 20"):
        assert fact in text
    assert says(text, "вторник, 24 ноября 2026, 12:00–20:00 МСК", "Tuesday, 24 November 2026, 12:00–20:00", language)
    assert says(text, "ровно 1 час", "exactly 1 hour", language)
    assert says(text, "Только для вас: утром врач", "Private, for you only: утром врач", language)
    assert says(text, f".стоп {task_id}", f".stop {task_id}", language)


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
    assert says(room.text(task_id), *used, language)
    assert says(room.answer(), *used, language)
    fits = {"result": SETTLED, "reasons": ["offers"], "evidence": []}
    items.add("ask", fits, room.now, task_id=task_id)
    assert says(room.text(task_id), "Это в ваших границах", "It is within your limits", language)
    moves.steer(task_id, "предложи четверг", room.now)
    assert not says(room.text(task_id), *used, language)


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
    assert says(room.text(task_id), "Пишу первое", "Writing the first", language)
    row_id = room.write(task_id)
    assert says(room.text(task_id), "отправляется", "on its way", language)
    row = ledger.get(row_id)
    assert row is not None
    ledger.mark_sent(row_id, room.tick(), room.now)
    moves.delivered(row, room.now)
    assert says(room.text(task_id), "доставлено, жду ответа", "delivered, waiting", language)


@BOTH
def test_a_card_shows_pauses_and_how_to_go_on(room: Room, language: Language) -> None:
    task_id = room.open(language=language)
    moves.pause(task_id, room.now)
    assert says(room.text(task_id), f".дальше {task_id}", f".resume {task_id}", language)
    assert says(room.text(task_id), "На паузе", "Paused", language)
    moves.resume(task_id, room.now)
    moves.move(task_id, Change.TOOK_OVER, who="owner", now=room.now)
    assert says(room.text(task_id), "Вы написали сами", "You wrote yourself", language)


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
    assert says(text, "Последнее (слова ассистента): Анна думает.", "(the assistant's words): Анна думает.", language)
    assert "Можно с коллегой?" in text
    assert says(text, "Нужен ваш ответ", "I need your answer", language)


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
