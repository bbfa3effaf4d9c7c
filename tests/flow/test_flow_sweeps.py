"""Protects invariants 3 and 5 where neither updates nor the difference tell what happened while the program was off."""

from tests.flow.conftest import House
from tests.flow.script import anna_lane, open_meeting
from userbot.rehearsal.script import reply, turn
from userbot.store import tasks


async def test_a_dialog_is_read_before_its_first_turn_after_a_start(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.stop_program()
    await house.type(house.cast.owner, "Аня, это я сам. Давай созвонимся", to=house.cast.anna)
    house.cast.owner.box.forget_changes()
    await house.start_program()
    await house.type(house.cast.anna, "ок, когда?")
    await house.settle(120)
    assert [asked for asked in anna_lane(house).asked if "ок, когда?" in asked] == [], "it answered over the owner"
    assert tasks.all_open()[0].paused == "takeover"


async def test_what_waits_to_go_out_is_dropped_when_the_owner_wrote_meanwhile(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    house.server.faults.refuse(420, "FLOOD_WAIT_60", account=house.cast.owner, method="messages.SendMessage")
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(20)
    await house.stop_program()
    await house.type(house.cast.owner, "Аня, это я сам", to=house.cast.anna)
    house.cast.owner.box.forget_changes()
    await house.start_program()
    await house.settle(300)
    assert "А в 17:00?" not in house.texts(house.cast.anna)


async def test_dialogs_without_a_turn_are_read_again_in_time(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    house.server.hold_updates(house.cast.owner)
    await house.type(house.cast.owner, "Аня, это я сам", to=house.cast.anna)
    house.cast.owner.box.forget_changes()
    await house.settle(700)
    assert tasks.all_open()[0].paused == "takeover"
