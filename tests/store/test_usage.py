"""Protects the owner's attention and their bill: trouble is told once, and every call is counted."""

import random

import pytest

from tests.store.conftest import ANNA, NOW, OWNER, later
from userbot.store import usage
from userbot.store.usage import CallsSince, Cost

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
    usage.record_call("t3", OWNER, later(minutes=3), model_asked="m", duration_s=0.1, output_tokens=1)
    assert usage.cost_since(NOW, OWNER) == Cost(2, 18, 0.5)
    assert usage.cost_since(later(minutes=1), OWNER) == Cost(2, 8, 0.0)
    assert usage.cost_since(later(minutes=3), OWNER) == Cost(0, 1, 0.0), "the owner's turns are not counted"


def test_what_a_server_does_not_count_is_reckoned() -> None:
    """Else a budget of tokens would hold with no such server."""
    usage.record_call("t1", ANNA, NOW, task_id=1, model_asked="m", duration_s=1.5, reckoned_tokens=400)
    usage.record_call("t1", ANNA, NOW, task_id=1, model_asked="m", duration_s=1.5, input_tokens=9, reckoned_tokens=30)
    usage.record_call("t1", ANNA, NOW, task_id=1, model_asked="m", duration_s=1.5, input_tokens=5, output_tokens=2)
    assert usage.cost_since(NOW, OWNER).tokens == usage.cost_of_task(1, None).tokens == 437
    assert CallsSince().look(NOW).tokens == 437


def test_what_is_kept_up_is_what_would_be_summed() -> None:
    """A day's budget holds to the call: whatever comes, falls out of the day, or comes with a clock that was set."""
    dice, kept_up = random.Random(7), CallsSince()
    minute, since = 0, 0
    for number in range(400):
        minute += dice.choice([0, 0, 1, 3, -40 if number % 97 == 96 else 1])
        since = minute - 30 if dice.random() < 0.9 else since - 5
        for _ in range(dice.choice([0, 1, 2])):
            usage.record_call(
                *(f"t{number}", ANNA, later(minutes=minute)),
                model_asked="m",
                duration_s=0.1,
                input_tokens=dice.randint(1, 99),
                cost_usd=dice.randint(1, 9) / 1000,
            )
        known, summed = kept_up.look(later(minutes=since)), CallsSince().look(later(minutes=since))
        assert (known.count, known.tokens) == (summed.count, summed.tokens)
        assert known.dollars == pytest.approx(summed.dollars)
    assert known.count > 0


def test_a_task_pays_for_its_own_turns_only() -> None:
    for n, task_id in enumerate((1, 1, 2, None)):
        call = {"model_asked": "m", "duration_s": 0.1, "input_tokens": 10, "cost_usd": 0.25}
        usage.record_call(f"t{n}", ANNA, later(minutes=n), task_id=task_id, **call)
    assert usage.cost_of_task(1, None) == Cost(2, 20, 0.5)
    assert usage.cost_of_task(1, later(seconds=1)) == Cost(1, 10, 0.25)
    assert usage.cost_of_task(2, None) == Cost(1, 10, 0.25)
    assert usage.cost_of_task(3, None) == Cost(0, 0, 0.0)
