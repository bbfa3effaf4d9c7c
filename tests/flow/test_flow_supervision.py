"""Protects the program from being up and doing nothing: what stops in silence is noticed and mended, or ends it."""

import sqlite3

import pytest

from tests.flow.conftest import House
from tests.flow.faults import ANSWER, DIFFERENCE, WROTE, answered, assert_goes_on, ours
from tests.flow.script import OPENING, anna_lane, open_meeting
from userbot.errors import MachineFails
from userbot.rehearsal.script import reply, turn
from userbot.store import journal
from userbot.store.database import db

# What a connection begins with, and nothing else asks for.
CONNECTED = "help.GetConfig"


def connections(house: House) -> int:
    return len(house.server.requests_of(house.cast.owner, CONNECTED))


async def test_a_message_that_could_not_be_stored_ends_the_program_and_is_answered_after_its_start(
    house: House,
) -> None:
    """Telethon swallows what a handler raises and goes on as if the message had been seen."""
    await house.start_program()
    await open_meeting(house)
    await house.settle(5)
    db.pragma("query_only", 1)
    await house.type(house.cast.anna, WROTE)
    await house.settle(5)
    with pytest.raises(MachineFails, match="cannot be written"):
        await house.stop_program()
    await house.kill_program()
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    await house.start_program()
    await house.see(house.cast.anna, ANSWER)
    await house.settle(20)
    assert_goes_on(house)


async def test_a_deletion_that_could_not_be_stored_comes_again(house: House) -> None:
    """No sweep finds it: only Telegram tells, as long as the update state was not saved after it."""
    await house.start_program()
    await open_meeting(house)
    await answered(house)
    await house.settle(90)
    (wrote,) = [message for message in house.dialog(house.cast.anna) if message.text == WROTE]
    db.pragma("query_only", 1)
    await house.phones[house.cast.anna.id].delete_messages(house.cast.owner.id, [wrote.id])
    await house.settle(5)
    with pytest.raises(MachineFails):
        await house.stop_program()
    await house.kill_program()
    await house.start_program()
    await house.settle(5)
    assert [e.text for e in journal.waiting(house.cast.anna.id, "deleted")] == [WROTE]
    assert_goes_on(house)


async def test_a_session_file_that_cannot_be_saved_is_noticed_though_events_go_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """One failing save ends Telethon's keepalive for good, in silence."""
    with sqlite3.connect(house.settings.session_path) as file:
        for what in ("INSERT", "UPDATE"):
            file.execute(
                f"CREATE TRIGGER fails_{what} BEFORE {what} ON update_state BEGIN SELECT RAISE(FAIL, 'no'); END"
            )
    file.close()
    await house.start_program()
    await open_meeting(house)
    before = connections(house)
    await house.settle(100)
    assert connections(house) == before + 1, "not connected anew"
    assert any("keepalive worker ended" in record.getMessage() for record in caplog.records)
    await answered(house)
    await house.settle(10)
    assert_goes_on(house)


async def test_a_difference_that_is_never_answered_is_asked_for_again(house: House) -> None:
    """Telethon would wait for it without end, and take no update meanwhile."""
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    house.server.hold_updates(house.cast.owner)
    rule = house.server.faults.never_answer(account=house.cast.owner, method=DIFFERENCE)
    await house.type(house.cast.anna, WROTE)
    house.server.release_updates(house.cast.owner, lambda held: [])
    await house.settle(160)
    assert rule.struck
    assert ours(house, house.cast.anna).count(ANSWER) == 1
    assert_goes_on(house)


async def test_connections_lost_one_after_another_are_made_anew_without_growing_waits(house: House) -> None:
    """Each was fine for a while: the waits between attempts are for a Telegram that cannot be reached at all."""
    await house.start_program()
    await open_meeting(house)
    for _ in range(5):
        await house.settle(60)
        house.server.refuse_connections()
        house.server.drop_connections(house.cast.owner)
        await house.settle(20)
        before = connections(house)
        await house.server.accept_connections()
        await house.settle(20)
        assert connections(house) > before, "still waiting"
    await answered(house)
    assert ours(house, house.cast.anna).count(OPENING) == 1
    assert_goes_on(house)
