"""Protects from dates that a clock put into a future that never came: nothing may wait for it."""

from datetime import timedelta
from pathlib import Path

from tests.store.conftest import ANNA, NOW, OWNER, later
from userbot.store import floods, instants, ledger, usage


def test_waits_stay_as_long_as_they_were_and_the_past_stays_as_it_is(database: Path) -> None:
    first = ledger.queue(ANNA, "reply", "one", NOW)
    ledger.postpone(first, later(minutes=5), "FLOOD_WAIT_300")
    second = ledger.queue(ANNA, "reply", "two", later(hours=3))
    ledger.postpone(second, later(hours=3, minutes=5), "FLOOD_WAIT_300")
    usage.record_call("t", ANNA, later(hours=3), model_asked="m", duration_s=1.0, input_tokens=7)
    assert instants.ahead_of(NOW) == timedelta(hours=3)

    instants.clock_was_set_back(NOW, timedelta(hours=3))
    rows = [ledger.get(first), ledger.get(second)]
    assert [row.not_before for row in rows if row] == [NOW, later(minutes=5)]
    assert [row.created_at for row in rows if row] == [NOW, NOW]
    assert usage.cost_since(NOW, OWNER).tokens == 7
    assert instants.ahead_of(NOW) == timedelta(0)


def test_a_clock_that_goes_as_it_should(database: Path) -> None:
    assert instants.ahead_of(NOW) == timedelta(0)
    ledger.queue(ANNA, "reply", "one", NOW)
    assert instants.ahead_of(later(hours=1)) == timedelta(0)


def test_a_rest_after_floods_is_not_made_longer_nor_begun_again(database: Path) -> None:
    """Else nobody is written to for as many hours as the clock was set back."""
    floods.record(ANNA, 60.0, later(hours=5), later(hours=6))
    instants.clock_was_set_back(NOW, timedelta(hours=8))
    assert floods.resting_until(NOW) is None
    assert floods.count_since(later(minutes=-10)) == 1
    floods.record(ANNA, 60.0, later(hours=8), later(hours=9))
    instants.clock_was_set_back(NOW, timedelta(hours=8))
    assert floods.resting_until(NOW) == later(hours=1)
