"""Protects the faults on demand: each does what it says, to the requests it is for and to no others."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from telethon import TelegramClient, errors, events, functions, types

from tests.rehearsal.telegram.inbox import Inbox
from userbot.rehearsal.telegram import Account, TelegramServer

SEND = "messages.SendMessage"


async def test_an_error_instead_of_an_answer_as_often_as_asked(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    rule = server.faults.refuse(400, "PEER_FLOOD", account=anna, method=SEND, times=2)
    for _ in range(2):
        with pytest.raises(errors.PeerFloodError):
            await anna_phone.send_message("boris", "hello")
    await anna_phone.send_message("boris", "hello")
    assert rule.struck == 2
    assert len(server.world.dialog(boris, anna)) == 1


async def test_a_rule_keeps_to_its_account_and_its_requests(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    boris_phone: TelegramClient,
) -> None:
    server.faults.refuse(
        420, "FLOOD_WAIT_3600", account=anna, method=SEND, when=lambda r: "bad" in r.message, times=None
    )
    await boris_phone.send_message("anna_o", "bad")
    await anna_phone.send_message("boris", "good")
    with pytest.raises(errors.FloodWaitError):
        await anna_phone.send_message("boris", "bad")


async def test_a_method_that_does_not_exist_is_a_mistake_in_the_test(server: TelegramServer) -> None:
    with pytest.raises(ValueError, match=r"messages\.SendMesage"):
        server.faults.refuse(400, "X", method="messages.SendMesage")


async def test_dropped_before_it_is_executed_it_is_sent_again(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    server.faults.drop_before(method=SEND)
    await anna_phone.send_message("boris", "hello")
    assert len(server.requests_of(anna, SEND)) == 2
    assert len(server.world.dialog(boris, anna)) == 1


async def test_executed_and_dropped_it_still_exists_once(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    server.faults.drop_after(method=SEND)
    message = await anna_phone.send_message("boris", "hello")
    (first, second) = server.requests_of(anna, SEND)
    assert first.random_id == second.random_id
    assert [m.id for m in server.world.dialog(anna, boris)] == [message.id]


@pytest.mark.parametrize("executed", [True, False])
async def test_never_answered(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient, executed: bool
) -> None:
    server.faults.never_answer(method=SEND, executed=executed)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(anna_phone.send_message("boris", "hello"), timeout=60)
    assert len(server.world.dialog(boris, anna)) == (1 if executed else 0)


async def test_a_late_answer_comes_and_the_call_runs_until_then(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    server.faults.delay(30, method=SEND)
    peer = await anna_phone.get_input_entity("boris")
    request = functions.messages.SendMessageRequest(peer, "hello", random_id=5)
    loop = asyncio.get_running_loop()
    start = loop.time()
    first = asyncio.create_task(anna_phone(request))
    await asyncio.sleep(1)
    assert server.world.dialog(boris, anna) == []
    anna_phone._request_retries = 0
    with pytest.raises(ValueError, match="unsuccessful"):
        await anna_phone(request)
    sent = await first
    assert loop.time() - start >= 30
    assert [m.id for m in server.world.dialog(anna, boris)] == [sent.id]


async def test_a_dropped_client_comes_back_by_itself(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    server.drop_connections(anna)
    await asyncio.sleep(5)
    server.world.send(boris, anna, "welcome back")
    assert (await inbox.next()).raw_text == "welcome back"


async def test_while_connections_are_refused_nothing_gets_through(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    server.refuse_connections()
    server.drop_connections(anna)
    server.world.send(boris, anna, "missed")
    await asyncio.sleep(2)
    await server.accept_connections()
    assert await inbox.stays_empty(), "nothing asks for the difference after a reconnect"
    await anna_phone.catch_up()
    assert (await inbox.next()).raw_text == "missed"


async def test_a_new_salt_costs_one_more_round_and_nothing_else(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    server.salt += 1
    await anna_phone.send_message("boris", "hello")
    assert len(server.world.dialog(boris, anna)) == 1


async def test_a_method_this_server_does_not_know_says_so(server: TelegramServer, anna_phone: TelegramClient) -> None:
    with pytest.raises(errors.BadRequestError, match=r"METHOD_NOT_IMPLEMENTED_help\.GetNearestDc"):
        await anna_phone(functions.help.GetNearestDcRequest())
    assert server.unimplemented == ["help.GetNearestDc"]


async def test_requests_are_kept_as_they_came(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient
) -> None:
    await anna_phone(functions.messages.SendMessageRequest(types.InputPeerSelf(), "a" * 2000, random_id=9))
    last = server.requests[-1]
    assert (last.account_id, last.method, last.request.random_id) == (anna.id, SEND, 9)
    assert last.request.message == "a" * 2000, "sent gzipped, and logged unpacked"


async def test_a_half_open_connection_takes_and_brings_nothing_and_is_not_closed(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    server.silence_connections(anna)
    server.world.send(boris, anna, "hello?")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(anna_phone.send_message("boris", "hello"), timeout=10)
    assert await inbox.stays_empty()
    assert anna_phone.is_connected()
    assert len(server.world.dialog(boris, anna)) == 1
    # Telethon's own keepalive notices after two minutes, and new connections work.
    await asyncio.sleep(130)
    await anna_phone.catch_up()
    assert (await inbox.next()).raw_text == "hello?"


@pytest.mark.parametrize(
    "arrange",
    [lambda held: held[::-1], lambda held: held * 2, lambda held: (held * 3)[::-1]],
    ids=["backwards", "twice", "thrice, backwards"],
)
async def test_updates_that_come_again_or_in_the_wrong_order(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    arrange: Callable[[list[Any]], list[Any]],
) -> None:
    """Telethon itself puts them in order and takes each once, by their pts."""
    inbox = Inbox(anna_phone, events.NewMessage())
    server.hold_updates(anna)
    for text in ("one", "two", "three"):
        server.world.send(boris, anna, text)
    server.release_updates(anna, arrange)
    assert [(await inbox.next()).raw_text for _ in range(3)] == ["one", "two", "three"]
    assert await inbox.stays_empty()


async def test_held_updates_can_be_lost(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    server.hold_updates(anna)
    server.world.send(boris, anna, "lost")
    server.release_updates(anna, lambda held: [])
    assert await inbox.stays_empty()
    await anna_phone.catch_up()
    assert (await inbox.next()).raw_text == "lost"
