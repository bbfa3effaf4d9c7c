"""Protects threat 15: a yes sends what was shown, in the world in which it was shown, once; else nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conversation.conftest import ANNA, FIRST, Room
from userbot.conversation import approvals, drafts, moves
from userbot.conversation.approvals import Outcome
from userbot.conversation.contact_acts import Reply
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.store import conversations, desk, journal, ledger, rows, tasks
from userbot.store.desk import Item
from userbot.tasks.lifecycle import Change


@pytest.fixture
def asked(room: Room) -> Item:
    """The first message of a task waits for the owner's yes."""
    room.open(mode="draft")
    assert commit_contact_turn(room.world(), [Reply(1, FIRST, None)], "turn", room.now)
    (item,) = desk.open_questions(1)
    return item


def texts(room: Room) -> list[str]:
    return [row.text for row in room.queued()]


CHANGES: dict[str, Callable[[Room], object]] = {
    "other words": lambda _: rows.change("UPDATE ledger SET text = text || '!' WHERE state = 'proposed'"),
    "another recipient": lambda _: rows.change("UPDATE ledger SET peer_id = 2002 WHERE state = 'proposed'"),
    "another quote": lambda _: rows.change("UPDATE ledger SET reply_to = 5 WHERE state = 'proposed'"),
    "sent already": lambda _: ledger.release([row.id for row in ledger.proposed(ANNA.user_id)], _.now),
    "a change of the task": lambda room: tasks.change(1, who="code", what="noted", now=room.now),
    "newer words": lambda room: room.writes("а кто это?"),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("text", [None, "Своими словами"])
def test_a_yes_to_something_else_sends_nothing(room: Room, asked: Item, what: str, text: str | None) -> None:
    CHANGES[what](room)
    before = texts(room)
    assert approvals.send(asked, room.now, text=text) is Outcome.STALE
    assert texts(room) == before
    assert desk.open_questions(1) == []
    assert approvals.send(asked, room.now, text=text) is Outcome.ANSWERED


def test_a_yes_in_the_same_world_sends_it_once(room: Room, asked: Item) -> None:
    assert approvals.send(asked, room.now) is Outcome.SENT
    assert approvals.send(asked, room.now) is Outcome.ANSWERED
    assert approvals.refuse(asked, room.now) is Outcome.ANSWERED
    assert texts(room) == [FIRST]


def test_a_no_cannot_become_a_yes(room: Room, asked: Item) -> None:
    assert approvals.refuse(asked, room.now) is Outcome.NOT_SENT
    assert approvals.send(asked, room.now) is Outcome.ANSWERED
    assert texts(room) == []
    assert moves.rests_over_draft(room.task(1))
    moves.resume(1, room.now)
    moves.pause(1, room.now)
    assert not moves.rests_over_draft(room.task(1)), "the owner paused it themselves since"


def test_a_paused_task_sends_nothing_whatever_its_draft_says(room: Room, asked: Item) -> None:
    rows.change("UPDATE conversation_task SET paused = 'owner'")
    assert approvals.send(asked, room.now) is Outcome.STALE
    assert texts(room) == []


def test_a_mode_and_a_delivery_leave_a_draft_as_it_is(room: Room, asked: Item) -> None:
    moves.set_mode(1, "auto", room.now)
    assert approvals.send(asked, room.now) is Outcome.SENT


def test_a_word_of_the_owners_is_acted_on_again_when_its_draft_is_overtaken(room: Room, asked: Item) -> None:
    approvals.send(asked, room.now)
    room.deliver(room.queued()[0].id)
    moves.steer(1, "предложи пятницу", room.now)
    assert commit_contact_turn(room.world(), [Reply(1, "В пятницу?", None)], "turn 2", room.now)
    assert conversations.new_instructions(ANNA.user_id) == []
    room.writes("и ещё вопрос")
    assert approvals.settle(ANNA.user_id, room.now)
    assert [note.text for note in conversations.new_instructions(ANNA.user_id)] == ["предложи пятницу"]


def test_a_turn_that_writes_for_the_task_again_replaces_its_draft(room: Room, asked: Item) -> None:
    moves.steer(1, "ещё что-то", room.now)
    assert drafts.waiting(1) is None
    assert commit_contact_turn(room.world(), [Reply(1, "Другое", None)], "turn 2", room.now)
    (item,) = desk.open_questions(1)
    world = room.world() if journal.waiting(ANNA.user_id, "new") else None
    assert world is None
    assert approvals.send(asked, room.now) is Outcome.ANSWERED
    assert approvals.send(item, room.now) is Outcome.SENT
    assert texts(room) == ["Другое"]


def test_what_is_answered_in_time_does_not_expire(room: Room, asked: Item) -> None:
    assert not approvals.expire(room.now + timedelta(hours=23), timedelta(hours=24))
    assert approvals.expire(room.now + timedelta(hours=25), timedelta(hours=24))
    assert not approvals.expire(room.now + timedelta(hours=26), timedelta(hours=24))
    assert [event.what for event in tasks.events(1)].count(Change.DRAFT_EXPIRED) == 1
    assert texts(room) == []


@pytest.mark.parametrize("outcome", ["refused", "unknown, then refused", "under way"])
def test_only_what_telegram_provably_did_not_take_is_taken_back_from_it(room: Room, outcome: str) -> None:
    """Sent once: a message of which any request may have been carried out is never written anew."""
    room.going(room.open())
    said = room.writes("в два не могу")
    world = room.world()
    assert commit_contact_turn(world, [Reply(1, "Хорошо, в 16:00.", None)], "t", room.now)
    (row,) = room.queued()
    ledger.start_sending(row.id)
    if outcome == "refused":
        ledger.requeue(row.id, room.now + timedelta(minutes=30), "FLOOD_WAIT")
    elif outcome != "under way":
        ledger.postpone(row.id, room.now + timedelta(minutes=30), "FLOOD_WAIT")
    room.writes("нет, уже не могу")
    is_back = approvals.take_back(ANNA.user_id, room.now, room.now, holds_back=False)
    assert is_back == (outcome == "refused")
    assert room.row(row.id).state == ("dropped" if is_back else "sending")
    assert room.entry(said).state == ("new" if is_back else "handled")
