"""Protects the owner's attention and their bill: trouble is told once, and every call is counted."""

import pytest

from tests.store.conftest import ANNA, NOW, later
from userbot.store import usage

pytestmark = pytest.mark.usefixtures("database")


def test_trouble_is_told_once_until_it_is_over() -> None:
    assert usage.tell_once("model_down", NOW)
    assert not usage.tell_once("model_down", later(hours=1))
    assert usage.tell_once("model_key", NOW)
    assert usage.told_is_over("model_down")
    assert not usage.told_is_over("model_down")
    assert usage.tell_once("model_down", later(hours=2))


def test_every_call_counts_failed_ones_too() -> None:
    """Invariant 13 counts here."""
    usage.record_call("t1", ANNA, NOW, model_asked="m", duration_s=1.5, input_tokens=10, cost_usd=0.5)
    usage.record_call("t1", ANNA, later(minutes=1), model_asked="m", duration_s=0.1, error="503")
    usage.record_call("t2", ANNA, later(minutes=2), model_asked="m", duration_s=0.1, input_tokens=5, output_tokens=2)
    assert usage.cost_since(NOW) == (17, 0.5)
    assert usage.cost_since(later(minutes=1)) == (7, 0.0)
    assert usage.turns_since(ANNA, NOW) == 2
    assert usage.turns_since(ANNA, later(minutes=2)) == 1
    assert usage.turns_since(ANNA + 1, NOW) == 0
