"""Protects the owner's calendar: what was agreed stands in it once, and moves and goes with it, whatever dies.

On a plain event loop with real time, since the calendar's server is a real Radicale, a process of its own.
"""

import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.calendars.conftest import PASSWORD, USER, Radicale
from tests.calendars.test_reading import file_of
from tests.flow.conftest import House
from tests.flow.script import anna_lane, open_meeting, owner_lane, settle_meeting
from userbot.rehearsal.model import Call
from userbot.rehearsal.script import id_of, reply, turn
from userbot.rehearsal.story import stage_until
from userbot.store import busy, tasks

SAID = "давай в полчетвёртого"
CONFIRMED = "Договорились, завтра в 15:30!"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def house(house: House, radicale: Radicale) -> House:
    house.settings = replace(
        house.settings, caldav_url=radicale.url, caldav_username=USER, caldav_password=PASSWORD, quiet_s=0.3
    )
    return house


def events(radicale: Radicale) -> list[str]:
    """The calendar's events, as its server gives them to anybody who subscribes to it."""
    whole = radicale.ask("GET", "work/").text
    return whole.split("BEGIN:VEVENT")[1:]


async def until(house: House, holds: Callable[[], bool], what: str) -> None:
    await stage_until(house, holds, what)


async def agree(house: House) -> int:
    """Anna settles on half past three; the id of the message in which she says so."""
    turn(anna_lane(house), SAID, lambda asked: [settle_meeting(asked, 1, SAID, "15:30"), reply(1, CONFIRMED)])
    message_id = await house.type(house.cast.anna, SAID)
    await house.see(house.cast.anna, CONFIRMED)
    return message_id


def is_written(at: str) -> Callable[[list[str]], bool]:
    return lambda found: len(found) == 1 and f"T{at}\r" in found[0]


async def test_what_is_agreed_stands_in_the_calendar_moves_with_it_and_goes_with_it(
    house: House, radicale: Radicale
) -> None:
    await house.start_program()
    await open_meeting(house)
    message_id = await agree(house)
    await until(house, lambda: is_written("153000")(events(radicale)), "the meeting in the calendar")
    assert "встреча: Анна Кузнецова" in events(radicale)[0]

    later = "давай лучше в полпятого"
    turn(anna_lane(house), later, lambda asked: [settle_meeting(asked, 1, later, "16:30"), reply(1, "Тогда в 16:30!")])
    await house.phones[house.cast.anna.id].edit_message(house.cast.owner.id, message_id, later)
    await house.see(house.cast.anna, "Тогда в 16:30!")
    await until(house, lambda: is_written("163000")(events(radicale)), "the meeting at its new time")

    never = "нет, не встретимся"

    def decline(asked: Any) -> list[Call]:
        evidence = {"evidence": [id_of(asked, never)], "result": None}
        return [Call("update_conversation", {"task_id": 1, "status": "cancelled", **evidence}), reply(1, "Жаль!")]

    turn(anna_lane(house), never, decline)
    await house.phones[house.cast.anna.id].edit_message(house.cast.owner.id, message_id, never)
    await house.see(house.cast.anna, "Жаль!")
    await until(house, lambda: events(radicale) == [], "the calendar without the meeting")
    assert busy.holds(1) == []
    house.model.check()


async def test_killed_in_between_the_meeting_is_written_once(house: House, radicale: Radicale) -> None:
    await house.start_program()
    await open_meeting(house)
    # From here on the calendar's server takes connections, but does nothing with them.
    radicale.process.send_signal(signal.SIGSTOP)
    try:
        await agree(house)
        assert [job.task_id for job in busy.events_due(house.clock.now())] == [1]
        await house.kill_program()
    finally:
        radicale.process.send_signal(signal.SIGCONT)
    await house.start_program()
    await until(house, lambda: busy.events_due(house.clock.now()) == [], "the meeting to be written")
    assert is_written("153000")(events(radicale))
    await house.stop_program()
    await house.start_program()
    await until(house, lambda: busy.busy_between(*_day(house)) != [], "the calendar to be read")
    assert is_written("153000")(events(radicale))


async def test_what_the_calendar_holds_is_not_offered_and_cannot_be_had(house: House, radicale: Radicale) -> None:
    radicale.put("busy", file_of("DTSTART:20261123T120000Z\nDURATION:PT1H"))
    await house.start_program()
    await until(house, lambda: busy.last_read().fetched_at is not None, "the calendar to be read")
    await open_meeting(house)
    turn(
        anna_lane(house),
        SAID,
        lambda asked: [settle_meeting(asked, 1, SAID, "15:30"), reply(1, "Не выходит. А в 18:00?")],
    )
    await house.type(house.cast.anna, SAID)
    await house.see(house.cast.anna, "А в 18:00?")
    (task,) = tasks.all_open()
    assert task.result is None
    asked = anna_lane(house).asked[-1]
    assert "cannot be had" in asked.tool_results[0].text
    assert "SECRET" not in asked.text + asked.system
    assert "15:30" not in asked.text.split("## Free times")[1].splitlines()[1]
    await house.type(house.cast.owner, ".status")
    shown = await house.see(house.cast.owner, "Календарь прочитан: ", peer=house.cast.owner)
    assert "SECRET" not in shown.text
    assert owner_lane(house).asked


def _day(house: House) -> tuple[Any, Any]:
    now = house.clock.now()
    return now, now.replace(day=now.day + 2)
