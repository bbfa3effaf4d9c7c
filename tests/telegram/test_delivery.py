"""Protects invariant 4: whatever fails, a message that was promised reaches its contact once, in order, or never."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.telegram.conftest import PER_MINUTE, SEND, SOON_S, Room
from userbot.conversation import moves
from userbot.errors import TelegramUnavailable
from userbot.people import Contact
from userbot.rehearsal.telegram import Account
from userbot.rehearsal.telegram.faults import Faults
from userbot.store import database, ledger, peers, tasks
from userbot.store.ledger import Outgoing
from userbot.telegram.calls import TIMEOUT_S
from userbot.telegram.delivery import CARD_WAIT, DIALOG_GAP, Delivery
from userbot.telegram.refused import ACCOUNT_WAIT, TRIES_IN_SILENCE

HOUR_S = 3600.0
REQUIREMENTS = "users.GetRequirementsToContact"

FAULTS: dict[str, Callable[[Faults], object]] = {
    "dropped before it was executed": lambda faults: faults.drop_before(method=SEND),
    "executed and dropped before the answer": lambda faults: faults.drop_after(method=SEND),
    "dropped three times, executed or not": lambda faults: [
        faults.drop_before(method=SEND),
        faults.drop_after(method=SEND),
        faults.drop_before(method=SEND),
    ],
    "never answered, but executed": lambda faults: faults.never_answer(method=SEND),
    "never answered nor executed": lambda faults: faults.never_answer(method=SEND, executed=False),
    "-503 Timeout": lambda faults: faults.refuse(-503, "Timeout", method=SEND, times=5),
    "500": lambda faults: faults.refuse(500, "NEED_MEMBER_INVALID", method=SEND, times=5),
    "MSG_WAIT_FAILED": lambda faults: faults.refuse(400, "MSG_WAIT_FAILED", method=SEND),
    # The first call still runs when the second one comes.
    "RANDOM_ID_DUPLICATE": lambda faults: faults.delay(TIMEOUT_S + 20, method=SEND),
    "RANDOM_ID_DUPLICATE, from Telegram": lambda faults: faults.refuse(
        500, "RANDOM_ID_DUPLICATE", method=SEND, times=3
    ),
    "FLOOD_WAIT": lambda faults: faults.refuse(420, "FLOOD_WAIT_30", method=SEND),
    "unknown, then FLOOD_WAIT": lambda faults: [
        faults.never_answer(method=SEND),
        faults.refuse(420, "FLOOD_WAIT_30", method=SEND),
    ],
    "SLOWMODE_WAIT": lambda faults: faults.refuse(420, "SLOWMODE_WAIT_30", method=SEND),
}


def assert_sent_once(room: Room, ledger_id: int, to: Account, text: str) -> None:
    row = room.row(ledger_id)
    (seen,) = [message for message in room.server.world.dialog(room.owner, to) if message.text == text]
    assert (row.state, row.message_id) == ("sent", seen.id)
    assert room.seen_by(to).count(text) == 1
    assert set(room.random_ids(text)) == {row.random_id}
    assert [one.id for one in room.sent].count(ledger_id) == 1, "told once"


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_message_arrives_whatever_happens_to_the_call(room: Room, boris: Account, fault: str) -> None:
    ledger_id = room.queue(boris, "hello")
    FAULTS[fault](room.server.faults)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    await asyncio.sleep(120)
    assert_sent_once(room, ledger_id, boris, "hello")
    assert len(room.random_ids()) >= 2, "the fault struck"


@pytest.mark.parametrize("was_executed", [True, False])
async def test_one_message_arrives_though_the_program_died_while_sending(
    room: Room, boris: Account, was_executed: bool
) -> None:
    ledger_id = room.queue(boris, "hello")
    room.server.faults.never_answer(method=SEND, executed=was_executed)
    room.deliver()
    await asyncio.sleep(SOON_S)
    await room.stop()
    assert room.row(ledger_id).state == "sending"
    assert room.seen_by(boris) == ["hello"] * was_executed
    database.close_database()
    database.open_database(room.settings.database_path)
    await room.start()
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_the_id_is_made_with_the_row_and_no_two_are_alike(room: Room, boris: Account) -> None:
    rows = [room.row(room.queue(boris, "hello")) for _ in range(50)]
    assert len({row.random_id for row in rows}) == 50
    assert all(0 < row.random_id < 2**63 for row in rows)


async def test_an_outage_longer_than_every_retry(room: Room, boris: Account) -> None:
    """The connection is lost while a message is under way, and Telegram is in trouble for long after that. (Had the
    message gone through, the difference asked for after the reconnect would say so.)"""
    ledger_id = room.queue(boris, "hello")
    room.server.faults.drop_before(method=SEND)
    room.server.faults.refuse(-503, "Timeout", method=SEND, times=20)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=2 * HOUR_S)
    assert_sent_once(room, ledger_id, boris, "hello")
    gaps = [after - before for before, after in pairwise(room.sent_at())]
    assert max(gaps) > 60, "it asks more and more rarely"
    assert set(room.waiting) == {(ledger_id, "not_confirmed")}, "and the owner is told after some minutes"
    assert len(room.waiting) <= 21 - TRIES_IN_SILENCE, "not before"


async def test_cancelled_in_the_middle_the_outcome_is_open(room: Room, boris: Account) -> None:
    """A message cannot be called back: the row must say that it may have gone out."""
    ledger_id = room.queue(boris, "hello")
    room.server.faults.delay(5, method=SEND)
    room.deliver()
    await asyncio.sleep(1)
    await room.stop_delivering()
    assert room.row(ledger_id).state == "sending"
    assert ledger.drop_queued(room.row(ledger_id).task_id or 0) == 0
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_a_stop_comes_through_even_with_news_at_the_same_moment(room: Room) -> None:
    """A wake-up and the cancellation in one step of the loop: the worker must end all the same."""
    delivery = room.deliver()
    await asyncio.sleep(1)
    delivery.wake()
    await asyncio.sleep(0)
    await asyncio.wait_for(room.stop_delivering(), 5)


async def test_a_flood_wait_for_one_contact_is_nobody_elses(room: Room, boris: Account, vera: Account) -> None:
    to_boris, to_vera = room.queue(boris, "hello, Boris"), room.queue(vera, "hello, Vera")
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND, when=lambda request: "Boris" in request.message)
    room.deliver()
    await asyncio.sleep(10)
    own = room.queue(room.owner, "a note", purpose="answer")
    room.delivery.wake()
    await asyncio.sleep(10)
    assert [room.row(row).state for row in (to_boris, to_vera, own)] == ["queued", "sent", "sent"]
    assert len(room.random_ids("hello, Boris")) == 1, "not asked again before its time"
    await room.hours_later(timedelta(seconds=HOUR_S - 60))
    assert len(room.random_ids("hello, Boris")) == 1
    await room.hours_later(timedelta(minutes=1))
    assert_sent_once(room, to_boris, boris, "hello, Boris")


async def test_what_was_sent_before_telegram_asks_to_wait_counts_as_sent(room: Room, boris: Account) -> None:
    """Telethon asks again when its connection was lost, and the refusal is of that second request. Taken for one of the
    message, what is in the dialog would read as the owner's own, and be written once more. The soak found it."""
    ledger_id = room.queue(boris, "hello")
    # Nothing else tells that it was sent.
    room.server.hold_updates(room.owner)
    room.server.faults.refuse(500, "BUSY", method="updates.GetDifference", times=None)
    room.server.faults.drop_after(method=SEND)
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=60)
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_a_wait_outlives_a_restart(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "hello")
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND)
    room.deliver()
    await asyncio.sleep(10)
    await room.stop()
    await room.start()
    room.deliver()
    await room.hours_later(timedelta(seconds=HOUR_S - 120))
    assert len(room.random_ids()) == 1
    await room.hours_later(timedelta(minutes=2))
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_a_dialogs_messages_keep_their_order_while_others_go_on(
    room: Room, boris: Account, vera: Account
) -> None:
    texts = ["one", "two", "three"]
    for text in texts:
        room.queue(boris, text)
        room.queue(vera, text)
    room.server.faults.refuse(500, "BUSY", method=SEND, times=8, when=lambda request: request.peer.user_id == boris.id)
    room.deliver()
    await room.until(lambda: room.seen_by(vera) == texts, within_s=15)
    assert room.seen_by(boris) == []
    await room.until(lambda: len(room.seen_by(boris)) == 3)
    assert room.seen_by(boris) == texts


async def test_one_message_of_a_dialog_at_a_time(room: Room, boris: Account) -> None:
    """While the first is under way the second is not sent, whatever wakes the worker."""
    room.queue(boris, "one")
    room.queue(boris, "two")
    room.server.faults.delay(20, method=SEND)
    room.deliver()
    for _ in range(10):
        await asyncio.sleep(1)
        room.delivery.wake()
    assert len(room.random_ids()) == 1
    await room.until(lambda: room.seen_by(boris) == ["one", "two"])


# --- refusals for good


def deleted(room: Room, boris: Account) -> None:
    boris.deleted = True


def blocked_by_the_owner(room: Room, boris: Account) -> None:
    room.owner.blocked.add(boris.id)


def premium_only(room: Room, boris: Account) -> None:
    boris.requires_premium = True


def paid_only(room: Room, boris: Account) -> None:
    boris.stars_per_message = 50


def refusing(code: int, message: str) -> Callable[[Room, Account], None]:
    def refuse(room: Room, boris: Account) -> None:
        room.server.faults.refuse(code, message, method=SEND, times=None, when=lambda r: r.peer.user_id == boris.id)

    return refuse


PERMANENT: list[tuple[Callable[[Room, Account], None], str]] = [
    (deleted, "INPUT_USER_DEACTIVATED"),
    (blocked_by_the_owner, "YOU_BLOCKED_USER"),
    (premium_only, "PRIVACY_PREMIUM_REQUIRED"),
    (paid_only, "ALLOW_PAYMENT_REQUIRED"),
    (refusing(400, "USER_IS_BLOCKED"), "USER_IS_BLOCKED"),
    (refusing(403, "USER_PRIVACY_RESTRICTED"), "USER_PRIVACY_RESTRICTED"),
    (refusing(403, "CHAT_WRITE_FORBIDDEN"), "CHAT_WRITE_FORBIDDEN"),
]


@pytest.mark.parametrize(("happened", "name"), PERMANENT, ids=[name for _, name in PERMANENT])
async def test_a_contact_who_cannot_be_written_to(
    room: Room, boris: Account, vera: Account, happened: Callable[[Room, Account], None], name: str
) -> None:
    """Said once, with Telegram's name; the task is closed, what else it had to say is dropped, others go on."""
    task_id = room.open_task(boris)
    first = room.queue(boris, "hello", purpose="opening", task_id=task_id)
    second = room.queue(boris, "are you there?", task_id=task_id)
    to_vera = room.queue(vera, "hello, Vera")
    happened(room, boris)
    room.deliver()
    await room.hours_later(timedelta(hours=1))
    assert [(row.id, told) for row, told in room.refused] == [(first, name)]
    assert [room.row(row).state for row in (first, second, to_vera)] == ["failed", "dropped", "sent"]
    task = tasks.get(task_id)
    assert task is not None
    assert (task.status, task.closed_because) == ("cancelled", "undeliverable")
    assert room.seen_by(boris) == []
    # What can be asked beforehand is not found out by trying.
    assert len(room.random_ids("hello")) == (0 if happened in (premium_only, paid_only) else 1)


@pytest.mark.parametrize(
    ("happened", "name"), [(premium_only, "PRIVACY_PREMIUM_REQUIRED"), (paid_only, "ALLOW_PAYMENT_REQUIRED")]
)
async def test_a_dialog_that_exists_is_not_asked_about_and_refuses_all_the_same(
    room: Room, boris: Account, happened: Callable[[Room, Account], None], name: str
) -> None:
    ledger_id = room.queue(boris, "hello", purpose="reply")
    happened(room, boris)
    room.deliver()
    await asyncio.sleep(60)
    assert [(row.id, told) for row, told in room.refused] == [(ledger_id, name)]
    assert room.server.requests_of(room.owner, REQUIREMENTS) == []


@pytest.mark.parametrize(
    "fault",
    [
        lambda faults: faults.refuse(420, "FLOOD_WAIT_3600", method=REQUIREMENTS, times=None),
        lambda faults: faults.refuse(400, "USER_ID_INVALID", method=REQUIREMENTS, times=None),
        lambda faults: faults.refuse(-503, "Timeout", method=REQUIREMENTS, times=None),
        lambda faults: faults.never_answer(method=REQUIREMENTS, times=None),
        lambda faults: faults.drop_before(method=REQUIREMENTS),
    ],
    ids=["FLOOD_WAIT", "USER_ID_INVALID", "-503", "never answered", "dropped"],
)
async def test_a_question_before_the_first_message_that_fails_is_no_obstacle(
    room: Room, boris: Account, fault: Callable[[Faults], object]
) -> None:
    ledger_id = room.queue(boris, "hello", purpose="opening")
    fault(room.server.faults)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=40)
    assert_sent_once(room, ledger_id, boris, "hello")
    assert len(room.server.requests_of(room.owner, REQUIREMENTS)) <= 2


async def test_who_may_be_written_to_is_asked_once_and_not_at_every_retry(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "hello", purpose="opening")
    room.server.faults.refuse(-503, "Timeout", method=SEND, times=6)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert len(room.server.requests_of(room.owner, REQUIREMENTS)) == 1


async def test_what_telegram_lets_wait_is_told(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "hello")
    room.server.faults.refuse(420, "FLOOD_WAIT_30", method=SEND)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert room.waiting == [(ledger_id, "flood_wait")]


async def test_nobody_pays_for_a_message(room: Room, boris: Account) -> None:
    room.queue(boris, "hello")
    boris.stars_per_message = 1
    room.deliver()
    await asyncio.sleep(60)
    (request,) = room.server.requests_of(room.owner, SEND)
    assert not request.allow_paid_stars


# --- the account is limited


async def test_after_peer_flood_nobody_is_written_to_first(room: Room, boris: Account, vera: Account) -> None:
    """More first messages would make it worse; answers and the owner's own notes still go through. When the time is
    over one row finds out, and the others wait for it."""
    zoe = room.server.world.add_account("+79000000004", "Zoe")
    openings = [room.queue(boris, "to Boris", purpose="opening")]
    room.server.faults.refuse(
        400, "PEER_FLOOD", method=SEND, times=2, when=lambda request: request.message.startswith("to ")
    )
    room.deliver()
    await asyncio.sleep(SOON_S)
    openings += [
        room.queue(vera, "to Vera", purpose="opening"),
        room.queue(zoe, "to Zoe", purpose="relay"),
    ]
    answers = [room.queue(room.server.world.add_account("+79000000005", "Yan"), "an answer")]
    answers += [room.queue(room.owner, "a note", purpose="answer")]
    room.delivery.wake()
    await room.hours_later(ACCOUNT_WAIT - timedelta(minutes=2))
    assert [room.row(row).state for row in openings + answers] == ["queued"] * 3 + ["sent"] * 2
    assert [request.message for request in room.server.requests_of(room.owner, SEND)].count("to Boris") == 1
    await room.hours_later(timedelta(minutes=2))
    sent = [request.message for request in room.server.requests_of(room.owner, SEND)]
    assert (sent.count("to Boris"), sent.count("to Vera"), sent.count("to Zoe")) == (2, 0, 0)
    await room.hours_later(ACCOUNT_WAIT)
    assert [room.row(row).state for row in openings] == ["sent"] * 3
    assert room.limited == ["PEER_FLOOD"] * 2
    assert room.free == ["PEER_FLOOD"]
    assert {row_id for row_id, why in room.waiting if why == "account_limited"} == set(openings)
    assert room.refused == [], "it says nothing about the contact"


async def test_a_limit_is_over_for_whoever_gets_through(room: Room, boris: Account, vera: Account) -> None:
    """Though the message that ran into it was dropped: else its owner would never hear of the next limit."""
    task_id = room.open_task(boris)
    room.queue(boris, "to Boris", purpose="opening", task_id=task_id)
    room.server.faults.refuse(400, "PEER_FLOOD", method=SEND)
    room.deliver()
    await asyncio.sleep(SOON_S)
    assert room.limited == ["PEER_FLOOD"]
    moves.stop(task_id, room.clock.now())
    answer = room.queue(vera, "an answer")
    room.delivery.wake()
    await room.until(lambda: room.row(answer).state == "sent")
    assert room.free == [], "an answer says nothing about first messages"
    first = room.queue(vera, "to Vera", purpose="opening")
    room.delivery.wake()
    await room.until(lambda: room.row(first).state == "sent")
    assert room.free == ["PEER_FLOOD"]


async def test_a_frozen_account_writes_to_nobody(room: Room, boris: Account, vera: Account) -> None:
    rows = [room.queue(boris, "hello")]
    room.server.faults.refuse(420, "FROZEN_METHOD_INVALID", method=SEND)
    room.deliver()
    await asyncio.sleep(SOON_S)
    rows += [room.queue(vera, "hello"), room.queue(room.owner, "a note", purpose="answer")]
    room.delivery.wake()
    await room.hours_later(timedelta(hours=1))
    assert len(room.random_ids()) == 1
    assert room.limited == ["FROZEN_METHOD_INVALID"]
    await room.hours_later(ACCOUNT_WAIT)
    assert [room.row(row).state for row in rows] == ["sent"] * 3


async def test_a_limit_outlives_a_restart(room: Room, boris: Account, vera: Account) -> None:
    room.queue(boris, "hello", purpose="opening")
    room.server.faults.refuse(400, "PEER_FLOOD", method=SEND)
    room.deliver()
    await asyncio.sleep(SOON_S)
    await room.stop_delivering()
    room.queue(vera, "hello", purpose="opening")
    room.deliver()
    await asyncio.sleep(60)
    assert len(room.random_ids()) == 1


async def test_a_lost_login_is_told_and_nothing_is_lost(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "hello")
    room.server.faults.refuse(401, "SESSION_REVOKED", method=SEND)
    room.deliver()
    await asyncio.sleep(1)
    assert room.logged_out == ["SESSION_REVOKED"]
    assert len(room.random_ids()) == 1, "it does not hammer"
    assert room.row(ledger_id).state == "queued"


async def test_what_is_given_up_under_way_is_not_waited_for(room: Room, boris: Account) -> None:
    """The owner pauses the task while Telegram has its message: its card must not say that the message waits."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", task_id=task_id)
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND, after_s=5)
    room.deliver()
    await asyncio.sleep(1)
    moves.pause(task_id, room.clock.now())
    await asyncio.sleep(10)
    assert room.row(ledger_id).state == "dropped"
    assert room.waiting == [(ledger_id, "flood_wait")]
    assert not moves.held_up(room.row(ledger_id), "flood_wait")
    task = tasks.get(task_id)
    assert task is not None
    assert task.trouble is None


@pytest.mark.parametrize("end", [moves.stop, moves.pause])
@pytest.mark.parametrize("was_executed", [True, False])
async def test_a_stop_counts_for_what_may_have_gone_out(
    room: Room, boris: Account, was_executed: bool, end: Callable[..., object]
) -> None:
    """A try whose outcome a broken line hides is not made again after the stop: it went through before, or never."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", purpose="opening", task_id=task_id)
    room.server.faults.never_answer(method=SEND, executed=was_executed)
    room.server.faults.refuse(-503, "Timeout", method="messages.GetHistory", times=2)
    room.deliver()
    await asyncio.sleep(1)
    await room.stop()
    end(task_id, room.clock.now())
    await room.start()
    room.deliver()
    await asyncio.sleep(300)
    assert room.row(ledger_id).state == ("sent" if was_executed else "dropped")
    assert room.seen_by(boris) == ["hello"] * was_executed
    assert len(room.random_ids("hello")) == 1


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


# --- addresses


async def test_a_stale_address_is_looked_up_again_once(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "hello")
    peers.remember(Contact(boris.id, 12345, "Boris", username="boris"))
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=10)
    assert_sent_once(room, ledger_id, boris, "hello")
    known = peers.contact(boris.id)
    assert known is not None
    assert known.access_hash == room.server.world.access_hash(room.owner, boris)
    # Much later it may go stale again.
    again = room.queue(boris, "hello again")
    peers.remember(Contact(boris.id, 12345, "Boris", username="boris"))
    room.delivery.wake()
    await room.until(lambda: room.row(again).state == "sent", within_s=10)


async def test_an_address_that_stays_wrong_is_final(room: Room, boris: Account, vera: Account) -> None:
    found, lost = room.queue(boris, "hello"), room.queue(vera, "hello")
    room.server.faults.refuse(400, "PEER_ID_INVALID", method=SEND, times=None, when=lambda r: r.message == "hello")
    vera.username = None
    peers.remember(Contact(vera.id, 12345, "Vera", username="vera"))
    room.deliver()
    await room.hours_later(timedelta(hours=1))
    assert sorted((row.id, name) for row, name in room.refused) == [
        (found, "PEER_ID_INVALID"),
        (lost, "PEER_ID_INVALID"),
    ]
    assert len(room.random_ids()) == 3, "with another address it was tried once more"


async def test_while_the_look_up_must_wait_the_message_waits_too(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "hello")
    peers.remember(Contact(boris.id, 12345, "Boris", username="boris"))
    room.server.faults.refuse(420, "FLOOD_WAIT_60", method="contacts.ResolveUsername")
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent")
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_somebody_whose_address_nobody_knows(room: Room, boris: Account) -> None:
    ledger_id = ledger.queue(boris.id, "reply", "hello", room.clock.now())
    room.deliver()
    await asyncio.sleep(SOON_S)
    assert [(row.id, name) for row, name in room.refused] == [(ledger_id, "PEER_ID_INVALID")]
    assert room.random_ids() == []


# --- what is sent


async def test_what_arrives_is_what_was_written(room: Room, boris: Account) -> None:
    """A model's text holds marks that Telethon would read as formatting, and links that Telegram would fetch."""
    text = "**not bold** __nor italic__ `nor code` [link](https://example.org) ~~x~~ <b>y</b> 🎉\nhttps://example.org"
    room.queue(boris, text)
    room.deliver()
    await room.until(lambda: room.seen_by(boris))
    (message,) = room.server.world.dialog(boris, room.owner)
    assert (message.text, message.entities) == (text, ())
    (request,) = room.server.requests_of(room.owner, SEND)
    assert request.no_webpage
    assert not request.clear_draft, "what the owner is typing there stays"


async def test_a_reply_quotes_the_message_it_answers(room: Room, boris: Account) -> None:
    asked = room.server.world.send(boris, room.owner, "when?")
    room.queue(boris, "at three", reply_to=asked.twin_id)
    room.deliver()
    await room.until(lambda: len(room.seen_by(boris)) == 2)
    reply = room.server.world.dialog(boris, room.owner)[-1].reply_to
    assert reply is not None
    assert reply.message_id == asked.id


async def test_when_the_quoted_message_is_gone_the_answer_goes_without_it(room: Room, boris: Account) -> None:
    ledger_id = room.queue(boris, "at three", reply_to=77)
    room.server.faults.refuse(400, "MESSAGE_ID_INVALID", method=SEND, times=None, when=lambda r: r.reply_to)
    room.deliver()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=10)
    assert_sent_once(room, ledger_id, boris, "at three")


async def test_a_lost_quote_does_not_make_an_unknown_try_known(room: Room, boris: Account) -> None:
    """The first try may have gone through: put back to `queued` it could be dropped, though it is out."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "at three", task_id=task_id, reply_to=77)
    room.server.faults.never_answer(method=SEND)
    room.server.faults.refuse(400, "MESSAGE_ID_INVALID", method=SEND)
    room.server.faults.never_answer(method=SEND, times=None)
    room.deliver()
    await asyncio.sleep(TIMEOUT_S * 2)
    assert len(room.random_ids()) >= 3
    assert room.row(ledger_id).state == "sending"
    assert ledger.drop_queued(task_id) == 0


async def test_a_complaint_about_a_quote_that_is_not_there_is_final(room: Room, boris: Account) -> None:
    """Otherwise it would be asked again and again without a pause."""
    room.queue(boris, "at three")
    room.server.faults.refuse(400, "MESSAGE_ID_INVALID", method=SEND, times=None)
    room.deliver()
    await asyncio.sleep(60)
    assert [name for _, name in room.refused] == ["MESSAGE_ID_INVALID"]
    assert len(room.random_ids()) == 1


# --- pacing


async def test_a_dialog_gets_a_message_every_few_seconds(room: Room, boris: Account) -> None:
    for n in range(4):
        room.queue(boris, str(n))
    room.deliver()
    await room.until(lambda: len(room.seen_by(boris)) == 4)
    times = room.sent_at()
    gaps = [after - before for before, after in pairwise(times)]
    assert all(gap > DIALOG_GAP.total_seconds() - 0.01 for gap in gaps), gaps
    assert times[-1] - times[0] < 4 * DIALOG_GAP.total_seconds(), "and no slower than needed"


async def test_the_gap_counts_over_a_restart(room: Room, boris: Account) -> None:
    room.queue(boris, "one")
    room.deliver()
    await room.until(lambda: room.sent)
    await room.stop_delivering()
    room.queue(boris, "two")
    room.deliver()
    await room.until(lambda: len(room.sent) == 2)
    first, second = room.sent_at()
    assert second - first > DIALOG_GAP.total_seconds() - 0.01


async def test_all_dialogs_together_get_no_more_than_so_many_a_minute(room: Room) -> None:
    """Notes to the owner do not count, and do not wait."""
    people = [room.server.world.add_account(f"+7911000{n:04}", f"Person {n}") for n in range(2 * PER_MINUTE + 5)]
    for someone in people:
        room.queue(someone, "hello")
    room.deliver()
    await asyncio.sleep(5)
    assert len(room.sent_at()) == PER_MINUTE
    note = room.queue(room.owner, "a note", purpose="answer")
    room.delivery.wake()
    await asyncio.sleep(2)
    assert room.row(note).state == "sent"
    await room.until(lambda: all(room.seen_by(someone) == ["hello"] for someone in people))
    times = [r.at_s for r in room.server.requests if r.method == SEND and r.request.message == "hello"]
    for start in times:
        assert sum(start <= at < start + 59.9 for at in times) <= PER_MINUTE
    assert times[-1] - times[0] < 150, "and no slower than needed"


# --- what must not be sent any more


async def test_a_row_dropped_before_its_time_is_never_sent(room: Room, boris: Account) -> None:
    """The owner said stop while the message was still waiting for its turn."""
    task_id = room.open_task(boris)
    room.queue(boris, "one", task_id=task_id)
    paced = room.queue(boris, "two", task_id=task_id)
    room.deliver()
    await room.until(lambda: room.sent)
    ledger.drop_queued(task_id)
    await room.hours_later(timedelta(hours=1))
    assert room.seen_by(boris) == ["one"]
    refused = room.queue(boris, "three", task_id=task_id)
    room.server.faults.refuse(420, "FLOOD_WAIT_60", method=SEND)
    room.delivery.wake()
    await asyncio.sleep(5)
    ledger.drop_queued(task_id)
    await room.hours_later(timedelta(hours=1))
    assert room.seen_by(boris) == ["one"]
    assert [room.row(row).state for row in (paced, refused)] == ["dropped", "dropped"]


async def test_dropped_in_the_last_moment(room: Room, boris: Account) -> None:
    """The worker has taken the row, and before its first step the owner says stop."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", task_id=task_id)
    delivery = room.deliver()
    await asyncio.sleep(0)
    assert delivery._at_work
    ledger.drop_queued(task_id)
    await asyncio.sleep(10)
    assert (room.row(ledger_id).state, room.random_ids()) == ("dropped", [])


@pytest.mark.parametrize(
    ("code", "message"),
    [(420, "FLOOD_WAIT_60"), (400, "PEER_FLOOD"), (400, "PEER_ID_INVALID"), (401, "SESSION_REVOKED")],
)
async def test_a_row_that_may_be_out_is_never_free_to_be_dropped(
    room: Room, boris: Account, code: int, message: str
) -> None:
    """A refusal of the second try says nothing about the first."""
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", task_id=task_id)
    room.server.faults.never_answer(method=SEND)
    room.server.faults.refuse(code, message, method=SEND)
    room.deliver()
    await room.until(lambda: len(room.random_ids()) >= 2)
    await asyncio.sleep(SOON_S)
    if room.row(ledger_id).state != "sent":
        assert room.row(ledger_id).state == "sending"
        assert ledger.drop_queued(task_id) == 0
        await room.hours_later(ACCOUNT_WAIT)
    assert_sent_once(room, ledger_id, boris, "hello")


async def test_what_an_update_told_is_not_asked_again(room: Room, boris: Account) -> None:
    """The answer is lost, but the difference tells the id: the retry is spared, and a refusal that comes late
    changes nothing."""
    ledger_id = room.queue(boris, "hello")
    room.server.faults.never_answer(method=SEND)
    room.deliver()
    await asyncio.sleep(1)
    await room.client.catch_up()
    await room.until(lambda: room.row(ledger_id).state == "sent", within_s=5)
    await room.hours_later(timedelta(hours=1))
    assert_sent_once(room, ledger_id, boris, "hello")
    assert len(room.random_ids()) == 1
    before = room.row(ledger_id)
    ledger.requeue(ledger_id, room.clock.now(), "FLOOD_WAIT")
    ledger.postpone(ledger_id, room.clock.now(), "Timeout")
    ledger.drop_quote(ledger_id)
    assert not ledger.mark_failed(ledger_id, "USER_IS_BLOCKED")
    assert not ledger.start_sending(ledger_id)
    assert room.row(ledger_id) == before


async def test_what_was_delivered_by_an_earlier_try_does_not_close_its_task(room: Room, boris: Account) -> None:
    task_id = room.open_task(boris)
    ledger_id = room.queue(boris, "hello", purpose="opening", task_id=task_id)
    ledger.start_sending(ledger_id)
    late = room.row(ledger_id)
    ledger.mark_sent(ledger_id, 5, room.clock.now())
    room._refused(late, "USER_IS_BLOCKED")
    assert [task.id for task in tasks.open_with(boris.id)] == [task_id]


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


# --- its place in the program


async def test_trouble_of_our_own_ends_the_program(room: Room, boris: Account) -> None:
    """A full disk, say: going on as if nothing were would lose what the ledger is for."""

    def broken(row: Outgoing) -> None:
        raise OSError("no space left")

    delivery = Delivery(
        room.client,
        room.clock,
        owner_id=room.owner.id,
        per_minute=PER_MINUTE,
        on_sent=broken,
        on_refused=lambda row, name: None,
        on_put_back=lambda row: None,
        on_waiting=lambda row, why: None,
        on_account_limited=room.limited.append,
        on_rest=room.rests.append,
        on_account_free=room.free.append,
        on_logged_out=room.logged_out.append,
    )
    room.queue(boris, "hello")
    with pytest.raises(OSError, match="no space left"):
        await asyncio.wait_for(delivery.run(), 60)


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


async def test_repeated_flood_waits_rest_all_contacts_and_a_restart_does_not_end_the_rest(
    room: Room, boris: Account, vera: Account
) -> None:
    """Three waits within ten minutes mean that we write too much altogether. The owner's own notes still go out."""
    people = [boris, vera, room.server.world.add_account("+79000000006", "Olga")]
    room.server.faults.refuse(420, "FLOOD_WAIT_30", method=SEND, times=3)
    refused = [room.queue(person, f"hello, {person.first_name}") for person in people]
    room.deliver()
    await asyncio.sleep(10)
    (until,) = room.rests
    assert until - room.clock.now() > timedelta(minutes=55)
    fresh = room.queue(room.server.world.add_account("+79000000007", "Lev"), "hello, Lev")
    note = room.queue(room.owner, "a note", purpose="answer")
    await room.stop()
    await room.start()
    room.deliver()
    await asyncio.sleep(120)
    assert [room.row(row).state for row in (*refused, fresh, note)] == ["queued"] * 4 + ["sent"]
    await room.hours_later(timedelta(hours=1))
    assert [room.row(row).state for row in (*refused, fresh)] == ["sent"] * 4
    assert len(room.rests) == 1, "the owner is told once"


async def test_two_waits_hold_up_nobody_else(room: Room, boris: Account, vera: Account) -> None:
    room.server.faults.refuse(
        420, "FLOOD_WAIT_20", method=SEND, times=2, when=lambda request: "Boris" in request.message
    )
    room.queue(boris, "hello, Boris")
    room.deliver()
    await asyncio.sleep(60)
    to_vera = room.queue(vera, "hello, Vera")
    room.delivery.wake()
    await asyncio.sleep(10)
    assert room.row(to_vera).state == "sent"
    assert room.rests == []


async def test_waits_of_a_few_seconds_are_no_reason_to_rest(room: Room, boris: Account) -> None:
    room.server.faults.refuse(420, "FLOOD_WAIT_3", method=SEND, times=6)
    to_boris = room.queue(boris, "hello, Boris")
    room.deliver()
    await room.until(lambda: room.row(to_boris).state == "sent")
    assert room.rests == []


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
