"""Protects the owner's account of what a task took: the time to its end, and a price only where it is known."""

from datetime import timedelta

import pytest

from tests.saved_messages.conftest import ANNA, SETTLED, Room
from userbot.conversation import moves
from userbot.saved_messages import when
from userbot.store import usage


def spend(room: Room, task_id: int | None, cost: float | None, **more: object) -> None:
    usage.record_call(
        "t", ANNA.user_id, room.now, task_id=task_id, model_asked="m", duration_s=1.0, cost_usd=cost, **more
    )


def line(room: Room, task_id: int) -> str:
    (found,) = [line for line in room.text(task_id).split("\n") if line.startswith("Заняло")]
    return found


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ([0.02, 0.0125], "Модель: $0.03"),
        ([0.001], "Модель: меньше $0.01"),
        ([0.0], "Модель: $0.00"),
        ([None, None], "Модель: цена неизвестна"),
        ([0.5, None], "Модель: $0.50, у части ответов цена неизвестна"),
    ],
)
def test_a_report_says_how_long_it_took_and_what_it_cost(room: Room, costs: list[float | None], told: str) -> None:
    task_id = room.open()
    for cost in costs:
        spend(room, task_id, cost)
    room.now += timedelta(hours=2, minutes=9)
    room.settle(task_id, SETTLED, [room.contact_writes("в полчетвёртого", task_id)])
    assert line(room, task_id) == f"Заняло: 2 часа 10 минут. {told}"


def test_only_this_tasks_answered_calls_are_counted(room: Room) -> None:
    task_id, other = room.open(), room.open()
    spend(room, other, 1.0)
    spend(room, None, 1.0)
    spend(room, task_id, None, error="timeout")
    moves.stop(task_id, room.now)
    assert line(room, task_id) == "Заняло: 1 минута"


def test_what_the_contact_writes_later_does_not_lengthen_it(room: Room) -> None:
    task_id = room.open()
    room.settle(task_id, SETTLED, [room.contact_writes("в полчетвёртого", task_id)])
    before = line(room, task_id)
    room.now += timedelta(days=2)
    room.contact_writes("спасибо", task_id)
    assert line(room, task_id) == before


def test_an_open_task_says_nothing_of_it(room: Room) -> None:
    task_id = room.open()
    spend(room, task_id, 0.5)
    assert "Заняло" not in room.text(task_id)


@pytest.mark.parametrize(
    ("passed", "ru", "en"),
    [
        (timedelta(seconds=5), "1 минута", "1 minute"),
        (timedelta(minutes=22), "22 минуты", "22 minutes"),
        (timedelta(hours=23, minutes=59), "23 часа 59 минут", "23 hours 59 minutes"),
        (timedelta(days=1), "1 день", "1 day"),
        (timedelta(days=5, hours=3, minutes=40), "5 дней 3 часа", "5 days 3 hours"),
    ],
)
def test_spans_are_told_as_people_tell_them(passed: timedelta, ru: str, en: str) -> None:
    assert when.span("ru", passed) == ru
    assert when.span("en", passed) == en
