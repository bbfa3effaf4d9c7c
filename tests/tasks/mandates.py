"""Mandates and results as tests of them write them."""

import random
from datetime import UTC, date, datetime
from typing import Any

from userbot.tasks.mandate import (
    Mandate,
    Slot,
    Verdict,
    VerdictKind,
    approve,
)


def extend(limits: Mandate | None, slot: Slot) -> Mandate:
    """After a yes of the owner's to exactly this slot."""
    return approve(limits, Verdict(VerdictKind.OUTSIDE, slot=slot))


NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)  # a Sunday, noon in Moscow
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def mandate(
    *windows: tuple[str, str, str], timezone: str | None = "Europe/Moscow", minutes: int | None = 60
) -> dict[str, Any]:
    return {
        "windows": [{"date": day, "from": opens, "to": closes} for day, opens, closes in windows],
        "timezone": timezone,
        "duration_minutes": minutes,
    }


def meeting(day: str, time: str, timezone: str = "Europe/Moscow", minutes: Any = 60, **other: Any) -> dict[str, Any]:
    return {
        "date": day,
        "time": time,
        "timezone": timezone,
        "duration_minutes": minutes,
        "weekday": WEEKDAYS[date.fromisoformat(day).weekday()],
        "said": "тогда и давай",
        "place": None,
        "summary": "Встреча согласована.",
        **other,
    }


TOMORROW = mandate(("2026-11-23", "12:00", "20:00"))


def task(due_date: str | None = None, due_time: str | None = None, **other: Any) -> dict[str, Any]:
    return {
        "accepted": True,
        "conditions": None,
        "due_date": due_date,
        "due_time": due_time,
        "timezone": "Europe/Moscow" if due_date else None,
        "summary": "Сделает.",
        **other,
    }


def seeded(seed: int) -> random.Random:
    return random.Random(seed)
