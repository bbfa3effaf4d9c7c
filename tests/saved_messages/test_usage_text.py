"""Protects the owner's view of the bill in Saved Messages: `.usage` and `.расход`."""

from dataclasses import replace
from datetime import timedelta

from tests.saved_messages.conftest import ANNA, Room
from userbot.store import usage


def call(room: Room, model: str = "m", days_ago: float = 0, task_id: int | None = None, **numbers: object) -> None:
    at = room.now - timedelta(days=days_ago)
    usage.record_call("t", ANNA.user_id, at, task_id=task_id, **{"model_asked": model, "duration_s": 1.0, **numbers})


def test_by_day_model_and_task_in_both_languages(room: Room) -> None:
    call(room, task_id=1, input_tokens=1000, output_tokens=200, cost_usd=0.0123)
    call(room, task_id=1, input_tokens=100, output_tokens=0)
    call(room, "other", days_ago=1, task_id=2, input_tokens=50, output_tokens=5)
    call(room, days_ago=1, input_tokens=7, output_tokens=0, cost_usd=2.5)
    call(room, days_ago=30, input_tokens=999_999)
    assert room.types(".расход") is None
    assert room.answer().splitlines() == [
        "💰 Модель за 7 дней",
        "22.11: вызовов 2, токенов 62, $2.50 и ещё 1 без цены",
        "23.11: вызовов 2, токенов 1300, $0.0123 и ещё 1 без цены",
        "По моделям:",
        "m: вызовов 3, токенов 1307, $2.51 и ещё 1 без цены",
        "other: вызовов 1, токенов 55, цена неизвестна",
        "По задачам:",
        "№ 1: вызовов 2, токенов 1300, $0.0123 и ещё 1 без цены",
        "№ 2: вызовов 1, токенов 55, цена неизвестна",
        "без задачи: вызовов 1, токенов 7, $2.50",
    ]
    room.desk = replace(room.desk, language="en")
    assert room.types(".usage") is None
    assert "No. 1: calls 2, tokens 1300, $0.0123 and 1 without a price" in room.answer()


def test_many_tasks_are_few_lines_the_dearest_first(room: Room) -> None:
    for task_id in range(1, 31):
        call(room, task_id=task_id, input_tokens=task_id, cost_usd=0.01 * task_id)
    room.types(".usage")
    lines = room.answer().splitlines()
    of_tasks = lines[lines.index("По задачам:") + 1 :]
    assert len(of_tasks) == 9
    assert of_tasks[0].startswith("№ 30:")
    assert of_tasks[-1].startswith("остальные: вызовов 22,")


def test_nothing_was_asked(room: Room) -> None:
    room.types(".usage")
    assert "не спрашивали" in room.answer()


def test_status_says_when_a_fallback_answers(room: Room) -> None:
    room.desk = replace(room.desk, model="m")
    call(room, finish_reason="stop")
    room.types(".status")
    assert "Отвечает модель m" in room.answer()
    call(room, "other", finish_reason="stop")
    room.types(".status")
    assert "⚠️ Отвечает запасная модель other, а не m" in room.answer()
