"""Protects people from a computer whose clock is set forward or back: nobody waits for hours for an answer, and nobody
gets one twice."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.flow.conftest import House
from tests.flow.script import OPENING, anna_lane, open_meeting
from userbot.clock import LoopClock
from userbot.rehearsal.script import reply, turn
from userbot.store import instants, usage
from userbot.store.tables import LedgerRow, UsageRow

# At most this long after the answer would have come anyway.
SOON_S = 60


class SetClock(LoopClock):
    """This computer's clock, which somebody sets; Telegram's own goes on as before."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start, asyncio.get_running_loop())
        self._set_by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self._set_by

    def set_by(self, hours: float) -> None:
        self._set_by += timedelta(hours=hours)


@pytest.fixture
async def clock(house: House) -> SetClock:
    clock = SetClock(house.clock.now())
    house.clock = clock
    return clock


@pytest.mark.parametrize("hours", [-5, 5, -30 * 24, 30 * 24])
async def test_a_clock_that_jumps_makes_nobody_wait(house: House, clock: SetClock, hours: float) -> None:
    """Just after an answer, between a message and its answer, and while an answer waits for Telegram."""
    await house.start_program()
    await open_meeting(house)
    clock.set_by(hours)
    turn(anna_lane(house), "раз", lambda _: [reply(1, "ответ раз")])
    await house.type(house.cast.anna, "раз")
    await house.settle(2)
    clock.set_by(-hours)
    await house.settle(8 + SOON_S)
    assert house.texts(house.cast.anna).count("ответ раз") == 1

    house.server.faults.refuse(
        420, "FLOOD_WAIT_90", account=house.cast.owner, method="messages.SendMessage", when=_says("ответ два")
    )
    turn(anna_lane(house), "два", lambda _: [reply(1, "ответ два")])
    await house.type(house.cast.anna, "два")
    await house.settle(20)
    clock.set_by(hours)
    await house.settle(90 + SOON_S)
    assert house.texts(house.cast.anna).count("ответ два") == 1
    clock.set_by(-hours)
    turn(anna_lane(house), "три", lambda _: [reply(1, "ответ три")])
    await house.type(house.cast.anna, "три")
    await house.settle(8 + SOON_S)
    assert house.texts(house.cast.anna).count("ответ три") == 1
    assert house.texts(house.cast.anna).count(OPENING) == 1
    house.model.check()


def _says(text: str) -> Callable[[Any], bool]:
    return lambda request: text in request.message


async def test_a_clock_set_back_while_the_program_is_off(house: House, clock: SetClock) -> None:
    await house.start_program()
    await open_meeting(house)
    house.server.faults.refuse(
        420, "FLOOD_WAIT_90", account=house.cast.owner, method="messages.SendMessage", when=_says("ответ раз")
    )
    turn(anna_lane(house), "раз", lambda _: [reply(1, "ответ раз")])
    await house.type(house.cast.anna, "раз")
    await house.settle(20)
    await house.stop_program()
    clock.set_by(-7)
    await house.start_program()
    await house.settle(90 + SOON_S)
    assert house.texts(house.cast.anna).count("ответ раз") == 1
    turn(anna_lane(house), "два", lambda _: [reply(1, "ответ два")])
    await house.type(house.cast.anna, "два")
    await house.settle(8 + SOON_S)
    assert house.texts(house.cast.anna).count("ответ два") == 1


async def test_what_was_spent_in_a_future_that_never_was_is_free_again_after_a_day(
    house: House, clock: SetClock
) -> None:
    await house.start_program()
    await open_meeting(house)
    clock.set_by(24 * 365)
    turn(anna_lane(house), "раз", lambda _: [reply(1, "ответ раз")])
    await house.type(house.cast.anna, "раз")
    await house.see(house.cast.anna, "ответ раз")
    clock.set_by(-24 * 365)
    await house.settle(SOON_S)
    now = clock.now()
    assert UsageRow.select().where(UsageRow.at > now).count() == 0
    assert usage.cost_since(now - timedelta(days=1), house.cast.owner.id).tokens > 0
    assert usage.cost_since(now + timedelta(seconds=1), house.cast.owner.id).tokens == 0
    assert LedgerRow.select().where(LedgerRow.sent_at > now).count() == 0
    assert instants.ahead_of(now) == timedelta(0)


async def test_a_card_that_waits_for_telegram_waits_no_longer_when_the_clock_is_set_back(
    house: House, clock: SetClock
) -> None:
    await house.start_program()
    await open_meeting(house)
    house.server.faults.refuse(420, "FLOOD_WAIT_20", account=house.cast.owner, method="messages.EditMessage", times=2)
    turn(anna_lane(house), "раз", lambda _: [reply(1, "ответ раз")])
    await house.type(house.cast.anna, "раз")
    await house.settle(10)
    edits = len(house.server.requests_of(house.cast.owner, "messages.EditMessage"))
    clock.set_by(-5)
    await house.settle(120)
    assert len(house.server.requests_of(house.cast.owner, "messages.EditMessage")) > edits
