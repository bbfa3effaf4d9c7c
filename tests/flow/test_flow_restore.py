"""Protects people after a disk has died: a backup put into an empty home goes on mid-task, and writes nothing twice."""

import asyncio
import shutil
from pathlib import Path

from tests.flow.conftest import House
from tests.flow.script import MEETING, OPENING, anna_lane, open_meeting, owner_lane, question, settle_meeting
from userbot.backup import back_up, restore
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import tasks

GONE_ON = "давай в три"


async def _disk_dies(house: House, backup: Path) -> None:
    """Everything of the program is gone but that backup, which is put into an empty home."""
    await house.kill_program()
    shutil.rmtree(house.settings.data_dir)
    shutil.rmtree(house.settings.sessions_dir)
    restore(house.settings, backup)


async def test_a_restored_backup_goes_on_in_the_middle_of_a_task(house: House, tmp_path: Path) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.settle()
    made = back_up(house.settings, tmp_path / "copies", house.clock.now(), with_session=True)
    await _disk_dies(house, made)
    turn(
        anna_lane(house),
        GONE_ON,
        lambda asked: [settle_meeting(asked, 1, GONE_ON, "15:00"), reply(1, "Записала: завтра в 15:00.")],
    )
    await house.type(house.cast.anna, GONE_ON)
    await house.start_program()
    await house.see(house.cast.anna, "Записала: завтра в 15:00.")
    await house.settle()
    assert house.texts(house.cast.anna).count(OPENING) == 1
    assert "15:00–16:00" in cards(house)[1]
    told = [text for text in house.texts(house.cast.owner, house.cast.owner) if "Восстановлено из копии" in text]
    assert len(told) == 1
    house.model.check()


async def test_commands_of_the_lost_time_are_not_carried_out_again(house: House, tmp_path: Path) -> None:
    """Ben was written to by a task that the backup does not know. The command still stands in Saved Messages."""
    await house.start_program()
    await open_meeting(house)
    made = back_up(house.settings, tmp_path / "copies", house.clock.now(), with_session=True)
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    ben = house.model.lane("Ben", '{"contact": "Ben Carter"}')
    turn(ben, "Write the first message", lambda asked: [reply(2, "Hi Ben, Pavel's assistant here. Which version?")])
    await house.type(house.cast.owner, ". спроси у @ben, какая версия финальная")
    await house.see(house.cast.ben, "Which version?")
    await _disk_dies(house, made)
    await house.type(house.cast.owner, ".стоп 77")
    await house.start_program()
    await house.see(house.cast.owner, "Восстановлено из копии", peer=house.cast.owner)
    await house.settle(120)
    assert len([text for text in house.texts(house.cast.ben) if "Which version?" in text]) == 1
    assert not [text for text in house.texts(house.cast.owner, house.cast.owner) if "№ 77 нет" in text]
    # What is typed from now on is for the program again.
    await house.type(house.cast.owner, ".стоп 78")
    await house.see(house.cast.owner, "№ 78 нет", peer=house.cast.owner)
    house.model.check()


async def test_what_was_written_after_the_backup_counts_as_the_owners_own(house: House, tmp_path: Path) -> None:
    """Nobody is answered over words that the restored record does not know."""
    await house.start_program()
    await open_meeting(house)
    made = back_up(house.settings, tmp_path / "copies", house.clock.now(), with_session=True)
    turn(anna_lane(house), "а где?", lambda _: [reply(1, "Место уточню.")])
    await house.type(house.cast.anna, "а где?")
    await house.see(house.cast.anna, "Место уточню.")
    await _disk_dies(house, made)
    await house.start_program()
    await asyncio.sleep(1200)
    (task,) = tasks.all_open()
    assert task.paused == "takeover"
    assert house.texts(house.cast.anna).count("Место уточню.") == 1
    assert MEETING in house.texts(house.cast.owner, house.cast.owner)
    house.model.check()
