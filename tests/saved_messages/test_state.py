"""Protects the owner's view of the program itself: `.status` says what holds it back, from the record."""

from datetime import timedelta

from tests.saved_messages.conftest import ANNA, Room
from userbot.conversation import moves
from userbot.store import floods, ledger, tasks, usage


def test_status_counts_what_is_open_sent_and_spent_in_the_owners_language(room: Room) -> None:
    first, second = room.open(), room.open()
    moves.pause(second, room.now)
    sent = ledger.queue(ANNA.user_id, "opening", "Здравствуйте!", room.now, task_id=first)
    ledger.mark_sent(sent, 9001, room.now)
    ledger.queue(ANNA.user_id, "reply", "И ещё", room.now, task_id=first)
    usage.record_call("t", ANNA.user_id, room.now, model_asked="m", duration_s=1.0, input_tokens=1500, cost_usd=0.25)
    room.delivered()
    assert room.types(".статус") is None
    text = room.answer()
    assert "Открыто задач: 2" in text
    assert f"№ {second}" in text
    assert "1 из 20" in text
    assert "новых людей 1 из 10" in text
    assert "К отправке: 1." in text, "to contacts; what is on its way to the owner is this very answer"
    assert "токенов 1500 из 2 000 000" in text
    assert "$0.25" in text
    assert "⚠️" not in text


def test_status_says_what_holds_the_program_back(room: Room) -> None:
    task_id = room.open()
    tasks.set_trouble(task_id, "model_down")
    floods.record(ANNA.user_id, 30, room.now, room.now + timedelta(hours=1))
    room.delivered()
    assert room.types(".status") is None
    text = room.answer()
    assert "никому не пишу до" in text
    assert "Модель не отвечает" in text
