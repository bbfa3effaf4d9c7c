"""Protects everybody else from one dialog's trouble: a row that cannot be read, or that makes its worker raise, sets
that dialog aside. The owner is told once, and no start ends like the one before."""

import sqlite3

import pytest

from tests.flow.conftest import House
from tests.flow.script import MEETING, OPENING, anna_lane, ben_lane, meeting, open_question, owner_lane
from userbot.rehearsal.script import reply, turn
from userbot.store import tasks

# In SQL below: Anna's id.
ANNAS = "(SELECT user_id FROM conversation_task WHERE id = 2)"
A_NOTE = (
    "INSERT INTO conversation_note (peer_id, task_id, kind, text, state, at)"
    " VALUES (:anna, 2, 'did', 'looked', 'read', 'once')"
)
THANKS = "Thanks, noted."


def damage(house: House, sql: str) -> None:
    with sqlite3.connect(house.settings.database_path) as file:
        assert file.execute(sql.replace(":anna", ANNAS)).rowcount > 0
    file.close()


async def _two_dialogs(house: House) -> None:
    """Ben has a question (task 1), and Anna's meeting (task 2) has had an answer; then the program dies."""
    await house.start_program()
    await open_question(house)
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message", lambda _: [reply(2, OPENING)])
    await house.type(house.cast.owner, MEETING)
    await house.see(house.cast.anna, OPENING)
    turn(anna_lane(house), "в два", lambda _: [reply(2, "А в три?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.see(house.cast.anna, "А в три?")
    await house.settle(30)
    await house.kill_program()


async def _both_write(house: House) -> None:
    await house.type(house.cast.anna, "а в четыре?")
    await house.type(house.cast.ben, "Let me look")
    turn(ben_lane(house), "Let me look", lambda _: [reply(1, THANKS)])
    await house.start_program()
    await house.see(house.cast.ben, THANKS)
    await house.settle(120)


def told(house: House, fragment: str) -> int:
    return sum(fragment in text for text in house.texts(house.cast.owner, house.cast.owner))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE task_event SET details = '{' WHERE task_id = 2",
        "UPDATE task_event SET at = 'soon' WHERE task_id = 2 AND id % 2",
        "UPDATE journal SET sent_at = 'x' WHERE author = 'contact' AND peer_id = :anna",
        "UPDATE journal SET received_at = '2026-13-45T09:00:00.000Z' WHERE peer_id = :anna",
        "UPDATE ledger SET created_at = x'00' WHERE task_id = 2 AND purpose = 'opening'",
        "UPDATE ledger SET sent_at = 'x' WHERE task_id = 2 AND purpose = 'reply'",
        A_NOTE,
    ],
)
async def test_what_cannot_be_read_sets_one_dialog_aside_until_the_owner_says_go_on(house: House, sql: str) -> None:
    await _two_dialogs(house)
    damage(house, sql)
    await _both_write(house)
    assert told(house, "повреждена") >= 1
    assert "А в четыре" not in house.texts(house.cast.anna)
    (problem,) = [t for t in house.texts(house.cast.owner, house.cast.owner) if "жду вашего слова: № 2" in t]
    assert "Анна" in problem
    await house.kill_program()
    await house.start_program()
    await house.settle(120)
    assert told(house, "жду вашего слова: № 2") == 1
    turn(anna_lane(house), "а в четыре?", lambda _: [reply(2, "В четыре можно.")])
    await house.type(house.cast.owner, ".resume 2")
    await house.see(house.cast.anna, "В четыре можно.")
    house.model.check()


@pytest.mark.parametrize("column", ["context", "mandate", "created_at", "result", "deadline"])
async def test_a_task_of_which_nobody_knows_what_it_may_do_ends(house: House, column: str) -> None:
    """An emptied mandate would be no limits at all."""
    await _two_dialogs(house)
    damage(house, "UPDATE conversation_task SET column = 'x[' WHERE id = 2".replace("column", column))
    await _both_write(house)
    assert told(house, "Запись задачи № 2 повреждена") == 1
    await house.kill_program()
    await house.start_program()
    await house.settle(120)
    assert told(house, "Запись задачи № 2 повреждена") == 1
    assert [task.id for task in tasks.all_open()] == [1]
    house.model.check()


async def test_a_worker_that_raises_takes_nobody_else_along(house: House) -> None:
    """Readable, and still nothing that our code can make sense of."""
    await _two_dialogs(house)
    damage(house, "UPDATE conversation_task SET mandate = '{\"required\": 5}' WHERE id = 2")
    await _both_write(house)
    assert told(house, "В этом диалоге что-то пошло не так") == 1
    for _ in range(2):
        await house.kill_program()
        await house.start_program()
        await house.settle(120)
    assert house.is_running
    assert told(house, "В этом диалоге что-то пошло не так") == 1
    damage(house, "UPDATE conversation_task SET mandate = NULL WHERE id = 2")
    await house.kill_program()
    turn(anna_lane(house), "а в четыре?", lambda _: [reply(2, "В четыре можно.")])
    await house.start_program()
    await house.see(house.cast.anna, "В четыре можно.")
    house.model.check()
