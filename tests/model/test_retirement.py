"""Protects the owner from a model that is gone one morning: the days are those the installed SDK announces."""

import re
from datetime import date
from pathlib import Path

import openai
import pytest

from userbot.model.retirement import shut_down

SDK = Path(openai.__file__).parent / "types"


def announced() -> dict[str, date]:
    """From the SDK's own words, of the models it names without a date, and of those with one."""
    found: dict[str, date] = {}
    for place in ("shared/chat_model.py", "audio_model.py"):
        words = " ".join((SDK / place).read_text(encoding="utf-8").split('"""')[1].split())
        for names, day in re.findall(r"((?:\"[\w.-]+\",? ?)+): Announced shutdown date: (\d{4}-\d{2}-\d{2})", words):
            found |= {name: date.fromisoformat(day) for name in re.findall(r'"([\w.-]+)"', names)}
    return found


def test_the_days_are_the_sdks() -> None:
    """A new SDK announces new days: this fails, and the table is brought up to it."""
    days = announced()
    assert len(days) > 30
    wrong = {
        name: (day, shut_down(name))
        for name, day in days.items()
        # Whatever was gone before this program was, or never took tools and text, is not listed.
        if day > date(2026, 7, 1) and not name.startswith("gpt-audio") and shut_down(name) != day
    }
    assert wrong == {}


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-transcribe", "llama3.1", "vendor/gpt-5", ""])
def test_others_have_no_day(model: str) -> None:
    assert shut_down(model) is None
