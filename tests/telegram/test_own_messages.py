"""Protects what the owner reads in Saved Messages: it comes whatever is refused of it, is edited in place, and the card
is there before its contact's first message."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.telegram.conftest import SEND, Room
from userbot.errors import TelegramUnavailable
from userbot.rehearsal.telegram import Account
from userbot.store import ledger, tasks
from userbot.telegram.delivery import CARD_WAIT

# --- the owner's own messages


BOLD = [{"type": "bold", "offset": 0, "length": 1}]


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("ENTITY_MENTION_USER_INVALID", lambda request: request.entities),
        ("SCHEDULE_TOO_MUCH", lambda request: request.schedule_date),
    ],
)
async def test_what_the_owner_is_to_read_comes_without_what_telegram_refuses_of_it(
    room: Room, name: str, refused: Callable[[Any], object]
) -> None:
    """Somebody who is gone cannot be linked to, and no more than a hundred messages be scheduled: the words come."""
    now = room.clock.now()
    row_id = ledger.queue(room.owner.id, "question", "May I?", now, entities=BOLD, rings=True)
    room.server.faults.refuse(400, name, method=SEND, times=None, when=lambda request: bool(refused(request)))
    room.deliver()
    await room.until(lambda: room.row(row_id).state == "sent", within_s=60)
    assert room.seen_by(room.owner) == ["May I?"]
    assert room.refused == []


async def test_a_file_that_telegram_refuses_keeps_nothing_from_the_owner(room: Room) -> None:
    row_id = ledger.queue(room.owner.id, "answer", "Agreed", room.clock.now(), file=("meeting.ics", "BEGIN"))
    room.server.faults.refuse(400, "FILE_PARTS_INVALID", method="messages.SendMedia", times=None)
    room.deliver()
    await room.until(lambda: room.row(row_id).state == "sent", within_s=60)
    assert room.seen_by(room.owner) == ["Agreed"]


async def test_bare_words_that_are_refused_fail(room: Room) -> None:
    row_id = ledger.queue(room.owner.id, "answer", "words", room.clock.now(), entities=BOLD)
    room.server.faults.refuse(400, "MESSAGE_EMPTY", method=SEND, times=None)
    room.deliver()
    await asyncio.sleep(60)
    assert [name for _, name in room.refused] == ["MESSAGE_EMPTY"]
    assert len(room.random_ids("words")) == 2
    assert room.row(row_id).state == "failed"


async def test_an_edit_is_made_without_a_link_that_telegram_refuses(room: Room) -> None:
    row_id = room.queue(room.owner, "card", purpose="card")
    delivery = room.deliver()
    await room.until(lambda: room.row(row_id).state == "sent")
    room.server.faults.refuse(
        400,
        "ENTITY_MENTION_USER_INVALID",
        method="messages.EditMessage",
        times=None,
        when=lambda request: bool(request.entities),
    )
    assert await delivery.own.edit(room.row(row_id).message_id or 0, "card, newer", BOLD)
    assert room.seen_by(room.owner) == ["card, newer"]


# --- the card comes first


def carded(room: Room, account: Account) -> tuple[int, int]:
    """A task whose card is to be written, and its first message; their rows' ids."""
    task_id = room.open_task(account, with_card=True)
    card = ledger.queue(room.owner.id, "card", "No. 1", room.clock.now(), task_id=task_id)
    tasks.card_posted_as(task_id, card, "No. 1")
    return card, room.queue(account, "hello", purpose="opening", task_id=task_id)


async def test_the_owner_has_the_card_before_the_contact_has_the_first_message(room: Room, boris: Account) -> None:
    """Whatever Telegram makes Saved Messages wait for; other dialogs do not wait with it."""
    card, opening = carded(room, boris)
    other = room.queue(boris, "later")
    room.server.faults.refuse(420, "FLOOD_WAIT_60", method=SEND)
    room.deliver()
    await room.until(lambda: room.row(other).state == "sent")
    assert [row.id for row in room.sent] == [card, opening, other]
    sent = [room.row(row).sent_at for row in (card, opening)]
    assert sent[0] is not None
    assert sent[1] is not None
    assert timedelta(0) <= sent[1] - sent[0] < timedelta(seconds=10)


async def test_a_card_that_is_not_even_drawn_yet_is_waited_for(room: Room, boris: Account) -> None:
    task_id = room.open_task(boris, with_card=True)
    opening = room.queue(boris, "hello", purpose="opening", task_id=task_id)
    room.deliver()
    await asyncio.sleep(60)
    assert room.row(opening).state == "queued"
    card = ledger.queue(room.owner.id, "card", "No. 1", room.clock.now(), task_id=task_id)
    tasks.card_posted_as(task_id, card, "No. 1")
    room.delivery.wake()
    await room.until(lambda: room.row(opening).state == "sent", within_s=20)
    assert [row.id for row in room.sent] == [card, opening]


async def test_saved_messages_that_cannot_be_written_holds_nobody_up_for_long(room: Room, boris: Account) -> None:
    card, opening = carded(room, boris)
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND)
    room.deliver()
    await asyncio.sleep(CARD_WAIT.total_seconds() - 10)
    assert room.row(opening).state == "queued"
    await room.until(lambda: room.row(opening).state == "sent", within_s=20)
    assert room.row(card).state == "queued"


async def test_a_card_that_failed_for_good_is_not_waited_for(room: Room, boris: Account) -> None:
    card, opening = carded(room, boris)
    assert ledger.mark_failed(card, "MESSAGE_TOO_LONG")
    room.deliver()
    await room.until(lambda: room.row(opening).state == "sent", within_s=20)


async def test_a_card_is_changed_in_place(room: Room) -> None:
    card = room.queue(room.owner, "a card", purpose="card")
    delivery = room.deliver()
    await room.until(lambda: room.sent)
    message_id = room.row(card).message_id
    assert message_id is not None
    assert await delivery.own.edit(message_id, "**the card**, later")
    assert await delivery.own.edit(message_id, "**the card**, later"), "no change is no error"
    (message,) = room.server.world.dialog(room.owner, room.owner)
    assert (message.text, message.entities) == ("**the card**, later", ())
    room.server.world.delete(room.owner, [message_id])
    assert not await delivery.own.edit(message_id, "the card")


@pytest.mark.parametrize(
    ("fault", "after_s"),
    [((420, "FLOOD_WAIT_30"), 30), ((500, "BUSY"), None), ((401, "SESSION_REVOKED"), None)],
)
async def test_a_card_that_could_not_be_changed_now(room: Room, fault: tuple[int, str], after_s: float | None) -> None:
    delivery = room.deliver()
    room.server.faults.refuse(*fault, method="messages.EditMessage", times=None)
    with pytest.raises(TelegramUnavailable) as caught:
        await delivery.own.edit(1, "a card")
    assert caught.value.after_s == after_s
    assert room.logged_out == (["SESSION_REVOKED"] if fault[0] == 401 else [])


async def test_a_card_that_telegram_will_never_change_is_to_be_posted_anew(room: Room) -> None:
    """Trying for ever would hold up every other card."""
    delivery = room.deliver()
    room.server.faults.refuse(400, "MESSAGE_EDIT_TIME_EXPIRED", method="messages.EditMessage")
    assert not await delivery.own.edit(1, "a card")


async def test_a_card_brought_up_to_date_in_the_last_moment_is_sent_as_it_reads_then_and_ever_after(
    room: Room,
) -> None:
    """Chosen to be sent, then rewritten, then sent, then sent again: one random_id stands for one text."""
    row_id = room.queue(room.owner, "pending")
    room.server.faults.drop_after(method=SEND)
    room.deliver()
    await asyncio.sleep(0)
    assert room.delivery._at_work, "it is chosen"
    assert ledger.rewrite_queued(row_id, "in progress")
    await room.until(lambda: room.row(row_id).state == "sent")
    assert {request.message for request in room.server.requests_of(room.owner, SEND)} == {"in progress"}
    assert len(room.random_ids()) > 1, "it was sent again"
