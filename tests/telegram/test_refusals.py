"""Protects what the program makes of Telegram's refusals: every row of the table of errors, as Telethon raises it."""

import asyncio
import sqlite3

import pytest
from telethon import errors
from telethon.errors import rpc_message_to_error
from telethon.tl import functions, types

from tests.telegram.conftest import SEND, Room
from userbot.errors import OwnerMustAct, TelegramUnavailable
from userbot.rehearsal.telegram import Account
from userbot.telegram.calls import ask, call
from userbot.telegram.refusals import DEFAULT_WAIT_S, Kind, Refusal, classify

TABLE = [
    # Wait, and others go on.
    (420, "FLOOD_WAIT_37", Refusal(Kind.WAIT, "FLOOD_WAIT", 37)),
    (420, "FLOOD_PREMIUM_WAIT_5", Refusal(Kind.WAIT, "FLOOD_PREMIUM_WAIT", 5)),
    (420, "SLOWMODE_WAIT_60", Refusal(Kind.WAIT, "SLOWMODE_WAIT", 60)),
    (420, "FLOOD_OF_A_NEW_KIND", Refusal(Kind.WAIT, "FLOOD_OF_A_NEW_KIND", DEFAULT_WAIT_S)),
    # The account.
    (400, "PEER_FLOOD", Refusal(Kind.ACCOUNT, "PEER_FLOOD")),
    (420, "FROZEN_METHOD_INVALID", Refusal(Kind.ACCOUNT, "FROZEN_METHOD_INVALID")),
    # This contact, for good.
    (400, "USER_IS_BLOCKED", Refusal(Kind.PERMANENT, "USER_IS_BLOCKED")),
    (403, "USER_IS_BLOCKED", Refusal(Kind.PERMANENT, "USER_IS_BLOCKED")),
    (400, "YOU_BLOCKED_USER", Refusal(Kind.PERMANENT, "YOU_BLOCKED_USER")),
    (400, "INPUT_USER_DEACTIVATED", Refusal(Kind.PERMANENT, "INPUT_USER_DEACTIVATED")),
    (403, "USER_PRIVACY_RESTRICTED", Refusal(Kind.PERMANENT, "USER_PRIVACY_RESTRICTED")),
    (403, "CHAT_WRITE_FORBIDDEN", Refusal(Kind.PERMANENT, "CHAT_WRITE_FORBIDDEN")),
    (403, "PRIVACY_PREMIUM_REQUIRED", Refusal(Kind.PERMANENT, "PRIVACY_PREMIUM_REQUIRED")),
    (406, "PRIVACY_PREMIUM_REQUIRED", Refusal(Kind.PERMANENT, "PRIVACY_PREMIUM_REQUIRED")),
    (403, "ALLOW_PAYMENT_REQUIRED_50", Refusal(Kind.PERMANENT, "ALLOW_PAYMENT_REQUIRED")),
    (400, "MESSAGE_TOO_LONG", Refusal(Kind.PERMANENT, "MESSAGE_TOO_LONG")),
    (406, "SOMETHING_NEW", Refusal(Kind.PERMANENT, "SOMETHING_NEW")),
    (400, "PEER_ID_INVALID", Refusal(Kind.PEER, "PEER_ID_INVALID")),
    (400, "MESSAGE_ID_INVALID", Refusal(Kind.QUOTE, "MESSAGE_ID_INVALID")),
    (400, "REPLY_MESSAGE_ID_INVALID", Refusal(Kind.QUOTE, "REPLY_MESSAGE_ID_INVALID")),
    # It may have been sent.
    (500, "INTERDC_3_CALL_ERROR", Refusal(Kind.UNKNOWN, "INTERDC_CALL_ERROR")),
    (500, "NO_WORKERS_RUNNING", Refusal(Kind.UNKNOWN, "NO_WORKERS_RUNNING")),
    (-500, "No workers running", Refusal(Kind.UNKNOWN, "No workers running")),
    (-503, "Timeout", Refusal(Kind.UNKNOWN, "Timeout")),
    (400, "MSG_WAIT_FAILED", Refusal(Kind.UNKNOWN, "MSG_WAIT_FAILED")),
    (500, "RANDOM_ID_DUPLICATE", Refusal(Kind.UNKNOWN, "RANDOM_ID_DUPLICATE")),
    (400, "RANDOM_ID_DUPLICATE", Refusal(Kind.UNKNOWN, "RANDOM_ID_DUPLICATE")),
    # The login is over.
    (401, "AUTH_KEY_UNREGISTERED", Refusal(Kind.LOGGED_OUT, "AUTH_KEY_UNREGISTERED")),
    (401, "SESSION_REVOKED", Refusal(Kind.LOGGED_OUT, "SESSION_REVOKED")),
    (401, "SESSION_EXPIRED", Refusal(Kind.LOGGED_OUT, "SESSION_EXPIRED")),
    (401, "USER_DEACTIVATED", Refusal(Kind.LOGGED_OUT, "USER_DEACTIVATED")),
    (401, "USER_DEACTIVATED_BAN", Refusal(Kind.LOGGED_OUT, "USER_DEACTIVATED_BAN")),
    (406, "AUTH_KEY_DUPLICATED", Refusal(Kind.LOGGED_OUT, "AUTH_KEY_DUPLICATED")),
]
IDS = [f"{code} {message}" for code, message, _ in TABLE]


@pytest.mark.parametrize(("code", "message", "refusal"), TABLE, ids=IDS)
def test_what_an_error_of_telegrams_means(code: int, message: str, refusal: Refusal) -> None:
    error = rpc_message_to_error(types.RpcError(code, message), functions.help.GetConfigRequest())
    assert classify(error) == refusal


async def test_the_same_when_raised_by_a_real_request(room: Room) -> None:
    """The whole table in one connection: what a stock client raises is what was classified above."""
    for code, message, refusal in TABLE:
        room.server.faults.refuse(code, message, account=room.owner, method=SEND, times=None)
        request = functions.messages.SendMessageRequest(types.InputPeerSelf(), "hello", random_id=1)
        with pytest.raises(errors.RPCError) as caught:
            await call(room.client, request)
        assert classify(caught.value) == refusal, message
        room.server.faults.clear()
    assert room.seen_by(room.owner) == []


@pytest.mark.parametrize(
    "error", [ConnectionError("gone"), TimeoutError(), asyncio.IncompleteReadError(b"", 4), sqlite3.OperationalError()]
)
def test_what_is_no_answer_of_telegrams_leaves_the_outcome_open(error: Exception) -> None:
    assert classify(error).kind is Kind.UNKNOWN


def test_a_key_that_the_server_does_not_know_is_a_lost_login() -> None:
    assert classify(errors.AuthKeyNotFound()).kind is Kind.LOGGED_OUT


async def test_a_wait_for_one_request_is_not_held_against_the_next(room: Room, boris: Account, vera: Account) -> None:
    """Telethon remembers a flood wait by the type of the request, and would refuse every other one by itself."""
    room.server.faults.refuse(420, "FLOOD_WAIT_3600", method=SEND)
    for person, waits in ((boris, True), (vera, False)):
        contact = room.contact(person)
        peer = types.InputPeerUser(contact.user_id, contact.access_hash)
        request = functions.messages.SendMessageRequest(peer, "hello", random_id=1)
        if waits:
            with pytest.raises(errors.FloodWaitError):
                await call(room.client, request)
        else:
            await call(room.client, request)
    assert room.seen_by(vera) == ["hello"]


async def test_a_question_that_is_never_answered_ends_by_itself(room: Room) -> None:
    room.server.faults.never_answer(method="updates.GetState")
    with pytest.raises(TelegramUnavailable):
        await ask(room.client, functions.updates.GetStateRequest())


@pytest.mark.parametrize(
    ("code", "message", "after_s"),
    [(420, "FLOOD_WAIT_77", 77), (-503, "Timeout", None), (420, "FROZEN_METHOD_INVALID", 3600)],
)
async def test_trouble_that_passes_is_told_from_a_refusal(
    room: Room, code: int, message: str, after_s: float | None
) -> None:
    room.server.faults.refuse(code, message, method="updates.GetState", times=2)
    with pytest.raises(TelegramUnavailable) as caught:
        await ask(room.client, functions.updates.GetStateRequest())
    assert caught.value.after_s == after_s


async def test_a_lost_login_is_the_owners_business(room: Room) -> None:
    room.server.faults.refuse(401, "SESSION_REVOKED", method="updates.GetState")
    with pytest.raises(OwnerMustAct, match="userbot login"):
        await ask(room.client, functions.updates.GetStateRequest())


async def test_a_connection_closed_under_a_request_is_trouble_and_no_cancellation(room: Room) -> None:
    """When Telethon disconnects by itself it cancels what is pending; taken for our own cancellation, that would end
    the program as if somebody had stopped it."""
    room.server.faults.never_answer(method="updates.GetState")
    asking = asyncio.create_task(ask(room.client, functions.updates.GetStateRequest()))
    await asyncio.sleep(1)
    await room.client.disconnect()
    with pytest.raises(TelegramUnavailable):
        await asking


async def test_ones_own_cancellation_stays_one(room: Room) -> None:
    room.server.faults.never_answer(method="updates.GetState")
    asking = asyncio.create_task(ask(room.client, functions.updates.GetStateRequest()))
    await asyncio.sleep(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
