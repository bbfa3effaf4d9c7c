"""Protects the owner's view of the bill: every call counted once, by the owner's own days, and unknown is not zero."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.store.conftest import ANNA, NOW
from userbot.store import costs, usage
from userbot.store.costs import Costs, summed

pytestmark = pytest.mark.usefixtures("database")
MOSCOW = ZoneInfo("Europe/Moscow")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def call(at: datetime = NOW, model: str = "m", task_id: int | None = None, **numbers: object) -> None:
    usage.record_call("t", ANNA, at, task_id=task_id, **{"model_asked": model, "duration_s": 1.0, **numbers})


def test_calls_are_summed_by_day_model_and_task() -> None:
    call(task_id=1, input_tokens=100, output_tokens=10, cached_tokens=60, reasoning_tokens=5, cost_usd=0.25)
    call(task_id=1, input_tokens=1, output_tokens=2, cached_tokens=3, reasoning_tokens=4, cost_usd=0.5)
    call(task_id=1, error="503")
    call(task_id=2, model="other", input_tokens=7, output_tokens=7)
    call(input_tokens=9, cost_usd=0.0)
    day = date(2026, 11, 23)
    assert costs.since(LONG_AGO, MOSCOW) == [
        Costs(day, "m", None, 1, 0, 0, 9, 0, 0, 0, 0.0),
        Costs(day, "m", 1, 3, 1, 0, 101, 12, 63, 9, 0.75),
        Costs(day, "other", 2, 1, 0, 1, 7, 7, 0, 0, 0.0),
    ]


def test_unknown_is_neither_nothing_nor_everything() -> None:
    call(task_id=1, input_tokens=5)
    call(task_id=2, input_tokens=5, cost_usd=0.0)
    call(task_id=3, input_tokens=5, cost_usd=0.5)
    call(task_id=3, input_tokens=5)
    call(task_id=4, error="503")
    found = {one.task_id: (one.cost, one.unpriced) for one in costs.since(LONG_AGO, MOSCOW)}
    assert found == {1: (None, 1), 2: (0.0, 0), 3: (0.5, 1), 4: (0.0, 0)}


def test_a_day_begins_where_its_owner_lives() -> None:
    for hour in (20, 21):
        call(datetime(2026, 11, 23, hour, 30, tzinfo=UTC), input_tokens=hour)
    assert [(one.day.day, one.input) for one in costs.since(LONG_AGO, MOSCOW)] == [(23, 20), (24, 21)]
    kathmandu = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead
    call(datetime(2026, 11, 22, 18, 14, tzinfo=UTC), input_tokens=1)
    call(datetime(2026, 11, 22, 18, 15, tzinfo=UTC), input_tokens=2)
    by_day = summed(costs.since(LONG_AGO, kathmandu), lambda one: one.day.day)
    assert {day: one.input for day, one in by_day.items()} == {22: 1, 23: 2, 24: 41}


def test_what_came_before_does_not_count() -> None:
    call(LONG_AGO, input_tokens=1)
    call(input_tokens=2)
    assert [one.input for one in costs.since(NOW, MOSCOW)] == [2]


def test_which_model_answers() -> None:
    assert costs.answering() is None
    call(model="first", finish_reason="stop")
    call(model="first", error="503")
    call(model="fallback", finish_reason="tool_calls")
    call(model="gpt-transcribe")
    assert costs.answering() == "fallback"
