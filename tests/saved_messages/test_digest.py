"""Protects the owner's morning: one digest a day at most, with what matters, and none where there is nothing."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.saved_messages.conftest import ANNA, BORIS, SETTLED, Room
from userbot.conversation import moves
from userbot.saved_messages import digest
from userbot.store import tasks

NINE = 9 * 60
MOSCOW = ZoneInfo("Europe/Moscow")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def digests(room: Room, moment: str) -> list[str]:
    """What is posted when the program looks at this moment of the owner's clock."""
    room.refresh()
    room.now = at(moment)
    digest.look(room.desk, NINE, room.now)
    return [row.text for row in room.refresh() if row.purpose == "answer"]


def waiting_task(room: Room) -> int:
    task_id = room.open()
    room.ask(task_id, question="Можно с коллегой?")
    room.refresh()
    return task_id


def test_what_waits_what_ended_and_what_is_late_stand_in_one_message(room: Room) -> None:
    late = room.open(contact=BORIS)
    room.deliver_to_contact(late)
    room.now += timedelta(days=3)
    waiting = waiting_task(room)
    settled = room.open()
    room.settle(settled, SETTLED, [room.contact_writes("в полчетвёртого", settled)])
    (text,) = digests(room, "2026-11-27 09:00")
    parts = text.split("\n\n")
    assert parts[0] == "🗒 Сводка: пятница, 27 ноября 2026"
    assert parts[1].startswith(f"Ждут вас:\n№ {waiting} · Встреча · Анна Петрова (@anna): нужен ваш ответ")
    assert parts[2].startswith(f"Завершено:\n№ {settled} ")
    assert parts[3].startswith(f"Задерживаются:\n№ {late} · Встреча · Борис")
    assert "без новостей 3 дня" in parts[3]
    assert parts[4] == f"Подробнее: .задача {waiting}"


def test_never_before_its_time_and_once_a_day(room: Room) -> None:
    waiting_task(room)
    assert digests(room, "2026-11-24 08:59") == []
    assert len(digests(room, "2026-11-24 09:00")) == 1
    assert digests(room, "2026-11-24 09:01") == []
    assert digests(room, "2026-11-24 23:59") == []
    assert digests(room, "2026-11-25 08:59") == []
    assert len(digests(room, "2026-11-25 12:00")) == 1


def test_a_clock_set_back_brings_no_second_one_and_the_next_day_its_own(room: Room) -> None:
    waiting_task(room)
    assert len(digests(room, "2026-11-24 09:00")) == 1
    assert digests(room, "2026-11-23 10:00") == []
    assert digests(room, "2026-11-23 11:00") == []
    assert len(digests(room, "2026-11-24 09:30")) == 1


def test_a_day_with_nothing_is_silent_and_what_comes_later_waits_for_the_next(room: Room) -> None:
    task_id = room.open()
    assert digests(room, "2026-11-23 12:30") == []
    room.ask(task_id, question="Можно с коллегой?")
    assert digests(room, "2026-11-23 13:00") == []
    assert len(digests(room, "2026-11-24 09:00")) == 1


def test_what_ended_is_told_once_and_an_own_stop_is_no_news(room: Room) -> None:
    settled, stopped = room.open(), room.open()
    room.settle(settled, SETTLED, [room.contact_writes("в полчетвёртого", settled)])
    moves.stop(stopped, room.now)
    (text,) = digests(room, "2026-11-24 09:00")
    assert f"№ {settled} " in text
    assert f"№ {stopped} " not in text
    assert digests(room, "2026-11-25 09:00") == []


def test_off_means_never(room: Room) -> None:
    waiting_task(room)
    assert not digest.look(room.desk, None, at("2026-11-24 09:00"))


@pytest.mark.parametrize(("number", "more"), [(9, "и ещё 1 задача"), (10, "и ещё 2 задачи"), (8, None)])
def test_a_long_list_is_cut_for_a_phone(room: Room, number: int, more: str | None) -> None:
    for _ in range(number):
        room.ask(room.open(), question="Можно?")
    (text,) = digests(room, "2026-11-24 09:00")
    assert len([line for line in text.split("\n") if line.startswith("№")]) == 8
    assert ("и ещё" in text) is (more is not None)
    assert more is None or more in text
    assert len(tasks.all_open()) == number
    assert ANNA.name in text
