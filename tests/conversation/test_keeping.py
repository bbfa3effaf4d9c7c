"""Protects the owner who called a meeting off by a slip and takes that back before its contact has heard: all is as it
was, and nothing of the slip goes on working. And a contact who has to hear in time that a meeting is moved."""

from datetime import UTC, datetime, timedelta

from tests.conversation.conftest import ANNA, ZONE, Room
from tests.conversation.test_standing import moved
from userbot.conversation import agreed, approvals, drafts, moves, silent, standing
from userbot.conversation.courtesy import Manners
from userbot.store import conversations, journal, ledger
from userbot.tasks.followups import Reminding
from userbot.tasks.lifecycle import Change
from userbot.tasks.manners import read_quiet_hours

RULES = Reminding(2, timedelta(hours=1))


def call_off(room: Room, task_id: int) -> None:
    assert agreed.cancel(task_id, room.now, room.tick()) is agreed.Cancelled.CALLING_OFF


def keep(room: Room, task_id: int) -> None:
    assert agreed.keep(task_id, room.now, room.tick())


def kept_as_it_was(room: Room) -> int:
    """A meeting that is agreed, and that nobody has moved after all."""
    task_id = moved(room, timedelta(days=5))
    assert moves.move(task_id, Change.LEFT, who="model", now=room.now, evidence=[])
    return task_id


def test_a_draft_that_said_so_is_gone_and_nobody_is_told_that_it_was_not_sent(room: Room) -> None:
    task_id = kept_as_it_was(room)
    call_off(room, task_id)
    text = "Встреча отменяется"
    row = ledger.queue(ANNA.user_id, "reply", text, room.now, task_id=task_id, turn_id="t", state="proposed")
    moves.move(task_id, Change.PROPOSED, who="model", now=room.now)
    drafts.ask(task_id, [row], room.now)
    keep(room, task_id)
    assert room.row(row).state == "dropped"
    assert not approvals.expire(room.now + timedelta(hours=48), timedelta(hours=24))


def test_what_was_being_moved_is_moved_on(room: Room) -> None:
    """The contact has been asked for another day: their answer must find somebody."""
    task_id = moved(room, timedelta(days=5))
    room.deliver(room.queue(task_id, text="Можно в пятницу?"))
    call_off(room, task_id)
    keep(room, task_id)
    assert standing.is_moved(room.task(task_id))


def test_reminders_of_other_tasks_go_on(room: Room) -> None:
    """Words about a task that is over wait for nobody."""
    task_id = moved(room, timedelta(days=5))
    other = room.open_question()
    room.going(other)
    assert moves.move(task_id, Change.LEFT, who="model", now=room.now, evidence=[])
    conversations.mark_read([note.id for note in conversations.new_instructions(ANNA.user_id)], "t")
    journal.mark_handled([entry.id for entry in journal.waiting(ANNA.user_id, "new")], "t")
    assert silent.silence_of(room.task(other), RULES).since is not None
    call_off(room, task_id)
    keep(room, task_id)
    assert conversations.new_instructions(ANNA.user_id) == []
    assert silent.silence_of(room.task(other), RULES).since is not None


def test_that_it_is_to_be_moved_is_said_before_they_set_out(room: Room) -> None:
    """At night too: when the morning would be too late."""
    room.now = datetime(2026, 11, 23, 19, tzinfo=UTC)  # 22:00 in Moscow; the meeting is at 9:00
    task_id = moved(room, timedelta(hours=11))
    at = room.now + timedelta(minutes=30)
    manners = Manners(ZONE, read_quiet_hours("22-9"))
    assert manners.awake_at(ANNA.user_id, at, [task_id]) == at
    assert manners.awake_at(ANNA.user_id, at, [room.open_question()]) > at
