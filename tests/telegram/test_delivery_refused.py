"""Protects contacts and the owner where Telegram refuses a message: who can never be written to, what a limited account
still sends, addresses that went stale, quotes that are gone."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.telegram.conftest import SEND, SOON_S, Room, assert_sent_once
from userbot.conversation import moves
from userbot.people import Contact
from userbot.rehearsal.telegram import Account
from userbot.rehearsal.telegram.faults import Faults
from userbot.store import ledger, peers, tasks
from userbot.telegram.calls import TIMEOUT_S
from userbot.telegram.refused import ACCOUNT_WAIT

REQUIREMENTS = "users.GetRequirementsToContact"


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
