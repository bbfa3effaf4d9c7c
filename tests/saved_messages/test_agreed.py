"""Protects what the owner reads and types about what was agreed: what was taken on, and what they call off."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.saved_messages.conftest import SETTLED, Room
from userbot.conversation import agreed, checkins, moves
from userbot.conversation.contact_acts import Settle, Stuck
from userbot.store import busy, journal, ledger
from userbot.store import desk as items
from userbot.tasks.lifecycle import Change
from userbot.tasks.slots import resolve_due

REPORT: dict[str, Any] = {"what": "прислать отчёт", "why": None, "due_words": None, "due_date": None}
TAKEN: dict[str, Any] = {
    "accepted": True,
    "conditions": "если дадите доступ",
    "due_date": "2026-11-27",
    "due_time": None,
    "timezone": "Europe/Moscow",
    "price": None,
    "summary": "Анна пришлёт отчёт.",
}


def take_on(room: Room, task_id: int, said: int, **changed: Any) -> None:
    result = {**TAKEN, **changed}
    due = resolve_due(result)
    assert due is not None
    checkins.take_on(Settle(task_id, result, (said,), due=due.start), room.now)


@pytest.fixture
def taken(room: Room) -> Room:
    task_id = room.open(task_type="task_assignment", context=REPORT, mandate=None)
    room.deliver_to_contact(task_id)
    take_on(room, task_id, room.contact_writes("сделаю к пятнице", task_id))
    return room


@pytest.fixture
def met(room: Room) -> Room:
    """A meeting agreed for tomorrow."""
    task_id = room.open()
    room.deliver_to_contact(task_id)
    room.settle(task_id, SETTLED, [room.contact_writes("в полчетвёртого", task_id)])
    start = datetime.fromisoformat("2026-11-24T12:30Z")
    assert busy.hold(task_id, start, start + timedelta(hours=1), "agreed", room.now)
    return room


def test_what_was_taken_on_rings_once_and_stands_on_the_card(taken: Room) -> None:
    (line,) = [row for row in taken.refresh() if row.purpose != "card"]
    assert line.text == "🤝 № 1 · Анна Петрова: взято, срок пятница, 27 ноября 2026"
    assert line.rings
    assert taken.refresh() == []
    card = taken.text(1)
    assert "🤝 Взято. Спрошу, как дела: пятница, 27 ноября 2026, 09:00" in card
    assert "Условия контакта: если дадите доступ" in card
    assert "«сделаю к пятнице»" in card
    assert taken.types(".задачи") is None
    assert "взято, жду срока" in taken.answer()


def test_a_line_on_its_way_still_tells_what_it_told_when_the_task_has_moved_on(taken: Room) -> None:
    """It is wanted though the task is open, and names the date of then."""
    (line,) = [row for row in taken.refresh() if row.purpose != "card"]
    assert items.is_wanted(line.id)
    take_on(taken, 1, taken.contact_writes("нет, в субботу", 1), due_date="2026-11-28")
    (later,) = [row for row in taken.refresh() if row.purpose != "card"]
    assert later.text.endswith("новый срок суббота, 28 ноября 2026, был пятница, 27 ноября 2026")
    first = items.shown_in(line.id)
    assert first is not None
    assert first.payload["due"].startswith("2026-11-27")


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (Change.DECLINED, "Было взято, потом отказ"),
        (Change.NO_ANSWER, "Сделано ли, неизвестно: ответа нет"),
        (Change.UNDELIVERABLE, "сообщения больше не доходят"),
        (Change.STOPPED, "Контакту об этом не сказано"),
    ],
)
def test_no_end_of_what_was_taken_on_says_that_nothing_was_settled(taken: Room, end: Change, says: str) -> None:
    assert moves.move(1, end, who="code", now=taken.now)
    text = taken.text(1)
    assert says in text
    assert "Ни о чём не договорились" not in text
    assert "Было согласовано:\nСрок: пятница, 27 ноября 2026" in text
    assert "«сделаю к пятнице»" in text


def test_stuck_is_a_question_with_the_contacts_words(taken: Room) -> None:
    taken.refresh()
    said = taken.contact_writes("нет доступа", 1)
    checkins.record_stuck(Stuck(1, (said,)), taken.now)
    (question,) = [row for row in taken.refresh() if row.purpose == "question"]
    assert question.rings
    assert "«нет доступа»" in question.text
    assert "🆘 Сделать взятое не получается\nАнна Петрова" in taken.text(1)
    assert "нет доступа" in taken.text(1)
    command = taken.types("дала доступ", question)
    assert command is not None
    assert (command.focus, command.text) == (1, "дала доступ")


def test_a_reply_to_the_card_of_an_agreed_meeting_is_a_command_until_it_is_over(met: Room) -> None:
    card = met.card(1)
    assert "Отменить или перенести, пока не началось: ответьте на эту карточку" in card.text
    for words in ("отмени", ".отмени", "отмена", "перенеси на пятницу"):
        command = met.types(words, card)
        assert command is not None, words
        assert (command.focus, command.text) == (1, words.lstrip("."))
    met.now += timedelta(days=2)
    assert met.types("отмени", card) is None
    assert "уже закрыта" in met.answer()
    assert "ответьте на эту карточку" not in met.text(1)


def test_a_stop_of_an_agreed_meeting_changes_nothing_and_says_what_to_do(met: Room) -> None:
    met.refresh()
    assert met.types(".стоп 1") is None
    said = met.answer()
    assert ".стоп 1 этого не отменяет" in said
    assert "отмени встречу" in said
    assert busy.holds(1) != []


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_is_called_off_says_so_and_undo_does_not_pretend(met: Room, language: Any) -> None:
    met.speaking(language).refresh()
    command = met.types(". отмени встречу с Анной")
    assert command is not None
    journal.mark_handled([command.entry_id], "t")
    assert agreed.cancel(1, met.now, command.message_id) is agreed.Cancelled.CALLING_OFF
    assert "⏳ Отменяю: говорю об этом контакту" in met.text(1)
    assert busy.holds(1) == []
    met.refresh()
    row = ledger.get(met.write(1, "reply"))
    assert row is not None
    ledger.start_sending(row.id)
    assert met.types(".undo") is None
    assert ("отмену не вернуть" if language == "ru" else "calling off stays") in met.answer()
    assert busy.holds(1) == []
    ledger.mark_sent(row.id, met.tick(), met.now)
    moves.delivered(row, met.now)
    (end,) = [one for one in met.refresh() if one.purpose != "card"]
    assert end.text == "⏹ № 1 · Анна Петрова: отменено вами, контакту сказано"
    assert end.rings
    assert "Было согласовано:\nКогда: вторник, 24 ноября 2026, 15:30–16:30" in met.text(1)
    # What the model wrote of the yes is no news of a meeting that is off.
    assert "Встреча завтра в 15:30." not in met.text(1)


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_undo_of_calling_off_that_nobody_heard_of_leaves_all_as_it_was(
    met: Room, language: Any, is_written: bool
) -> None:
    """A slip: before the contact is told, the meeting, its hour and its place in the calendar are back."""
    met.speaking(language).refresh()
    held, event = busy.holds(1), busy.event_of(1)
    command = met.types(". отмени встречу с Анной")
    assert command is not None
    journal.mark_handled([command.entry_id], "t")
    assert agreed.cancel(1, met.now, command.message_id) is agreed.Cancelled.CALLING_OFF
    if is_written:
        met.write(1, "reply")
    met.refresh()
    assert met.types(".undo") is None
    assert ("остаётся в силе" if language == "ru" else "what was agreed stands") in met.answer()
    task = met.task(1)
    assert (task.closed_because, task.result) == ("agreed", SETTLED)
    assert [(one.start, one.end) for one in busy.holds(1)] == [(one.start, one.end) for one in held]
    job = busy.event_of(1)
    assert job is not None
    assert job.meeting is not None
    assert event is None or event.meeting is not None
    assert ledger.not_begun(task.user_id) == []


def test_a_yes_that_calls_off_shows_that_the_contact_is_told(met: Room) -> None:
    met.refresh()
    shown = {"kind": "cancel", "task_id": 1, "tells": True, "words": "Олег болен"}
    items.add("approve", {"act": shown}, met.now, task_id=1)
    (question,) = [row for row in met.refresh() if row.purpose == "question"]
    assert "Отменить и сказать об этом контакту: № 1 · Встреча · Анна Петрова" in question.text
    assert "Что сказать:\nОлег болен" in question.text
    assert met.types("да", question) is None
    assert met.answer() == "Отменяю, контакту скажу: задача № 1."
