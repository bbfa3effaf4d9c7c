"""Protects an answer whose place was to be that of a sign: whatever becomes of the sign, the answer is seen once."""

import pytest

from tests.saved_messages.conftest import OWNER, Room
from userbot.saved_messages import cards
from userbot.store import desk as items
from userbot.store import journal, ledger

ANSWER = "Сегодня воскресенье."


def shown(room: Room) -> list[str]:
    """What stands in Saved Messages, or is on its way there."""
    rows = [row for n in range(1, 20) if (row := ledger.get(n)) is not None]
    edited = {edit.message_id: edit.text for edit in room.edits}
    texts = [edited.get(row.message_id or 0, row.text) for row in rows if row.state not in ("failed", "dropped")]
    return [text for text in texts if text]


@pytest.fixture
def command(room: Room) -> int:
    """A command that the model thinks about, and the sign that it was seen, not delivered yet."""
    entry = room.receive(OWNER, "owner", ". какой сегодня день?", room.tick())
    assert items.add_seen(entry.message_id, room.now)
    assert not items.add_seen(entry.message_id, room.now), "once"
    room.edits = cards.refresh(room.desk, room.now)
    return entry.message_id


def answer(room: Room, command: int) -> None:
    journal.mark_handled([entry.id for entry in journal.waiting(OWNER, "new")], "t1")
    items.add("said", {"text": ANSWER}, room.now, reply_to=command)


@pytest.mark.parametrize("fate", ["queued", "sending", "sent", "failed while sending", "failed", "deleted"])
def test_the_answer_is_seen_once_whatever_becomes_of_the_sign(room: Room, command: int, fate: str) -> None:
    (sign,) = ledger.next_of_each_peer()
    if fate != "queued":
        assert ledger.start_sending(sign.id)
    if fate in ("sent", "deleted"):
        ledger.mark_sent(sign.id, room.tick(), room.now)
    if fate == "failed":
        assert ledger.mark_failed(sign.id, "X")
    answer(room, command)
    room.edits = cards.refresh(room.desk, room.now)
    if fate == "failed while sending":
        assert ledger.mark_failed(sign.id, "X")
    if fate == "deleted":
        for edit in room.edits:
            cards.mark_gone(edit)
        room.edits = []
    if fate == "sending":
        ledger.mark_sent(sign.id, room.tick(), room.now)
    for _ in range(3):
        room.edits += cards.refresh(room.desk, room.now)
        for edit in room.edits:
            cards.mark_shown(edit)
    expected = [ANSWER] if fate != "deleted" else ["⏳ Вижу, думаю…", ANSWER]
    assert shown(room) == expected


def test_a_sign_without_an_answer_goes(room: Room, command: int) -> None:
    """A card is the answer."""
    (sign,) = ledger.next_of_each_peer()
    assert ledger.start_sending(sign.id)
    ledger.mark_sent(sign.id, room.tick(), room.now)
    journal.mark_handled([entry.id for entry in journal.waiting(OWNER, "new")], "t1")
    (edit,) = cards.refresh(room.desk, room.now)
    assert edit.text == ""
    cards.mark_shown(edit)
    assert cards.refresh(room.desk, room.now) == []


def test_a_sign_nobody_saw_is_not_sent(room: Room, command: int) -> None:
    journal.mark_handled([entry.id for entry in journal.waiting(OWNER, "new")], "t1")
    assert cards.refresh(room.desk, room.now) == []
    assert ledger.next_of_each_peer() == []
