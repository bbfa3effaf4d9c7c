"""Protects how an account's devices learn what happened, while connected and after having been away."""

import asyncio
from pathlib import Path

from telethon import TelegramClient, events, functions, types

from tests.rehearsal.telegram.inbox import Inbox
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import make_client, phone_of


async def test_ones_own_send_fires_no_event_here_but_on_the_other_devices(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    async with phone_of(server, anna) as tablet:
        here, there = Inbox(anna_phone, events.NewMessage()), Inbox(tablet, events.NewMessage())
        await anna_phone.send_message("boris", "from the phone")
        event = await there.next()
        assert (event.raw_text, event.out, event.chat_id) == ("from the phone", True, boris.id)
        note = await anna_phone.send_message("me", "a note")
        event = await there.next()
        assert (event.id, event.out, event.chat_id) == (note.id, True, anna.id)
        assert await here.stays_empty()


async def test_ones_own_send_does_fire_an_event_when_its_answer_was_lost(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    await anna_phone.get_entity("boris")
    server.faults.drop_after(method="messages.SendMessage")
    sent = await anna_phone.send_message("boris", "once")
    event = await inbox.next()
    assert (event.id, event.out) == (sent.id, True), "the gap it left was filled by the difference"


async def away_and_back(
    server: TelegramServer, anna: Account, path: Path, meanwhile: list[str], sender: Account
) -> tuple[TelegramClient, Inbox]:
    """Anna's client signs in, goes away, misses some messages of `sender`, and connects again."""
    async with phone_of(server, anna, path, catch_up=True):
        pass
    for text in meanwhile:
        server.world.send(sender, anna, text)
    client = make_client(server, path, catch_up=True, sequential_updates=True)
    inbox = Inbox(client, events.NewMessage())
    await client.connect()
    return client, inbox


async def test_what_came_while_away_is_caught_up(
    server: TelegramServer, anna: Account, boris: Account, tmp_path: Path
) -> None:
    client, inbox = await away_and_back(server, anna, tmp_path / "anna.session", ["one", "two"], boris)
    assert [(await inbox.next()).raw_text for _ in range(2)] == ["one", "two"]
    assert await inbox.stays_empty()
    await client.disconnect()


async def test_a_long_difference_comes_in_slices(
    server: TelegramServer, anna: Account, boris: Account, tmp_path: Path
) -> None:
    server.difference_limit = 10
    texts = [str(n) for n in range(25)]
    client, inbox = await away_and_back(server, anna, tmp_path / "anna.session", texts, boris)
    assert [(await inbox.next()).raw_text for _ in texts] == texts
    await client.disconnect()
    asked = server.requests_of(anna, "updates.GetDifference")
    assert len(asked) >= 3


async def test_after_too_long_the_updates_are_gone_but_the_history_is_not(
    server: TelegramServer, anna: Account, boris: Account, tmp_path: Path
) -> None:
    path = tmp_path / "anna.session"
    async with phone_of(server, anna, path, catch_up=True):
        pass
    server.world.send(boris, anna, "long ago")
    anna.box.forget_changes()
    client = make_client(server, path, catch_up=True)
    inbox = Inbox(client, events.NewMessage())
    await client.connect()
    assert await inbox.stays_empty()
    await client.get_dialogs()
    assert [m.raw_text async for m in client.iter_messages(boris.id)] == ["long ago"]
    server.world.send(boris, anna, "just now")
    assert (await inbox.next()).raw_text == "just now"
    await client.disconnect()


async def test_the_difference_tells_the_random_ids_of_ones_own_messages(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    state = await anna_phone(functions.updates.GetStateRequest())
    peer = await anna_phone.get_input_entity("boris")
    sent = await anna_phone(functions.messages.SendMessageRequest(peer, "mine", random_id=4242))
    server.world.send(boris, anna, "his")
    difference = await anna_phone(functions.updates.GetDifferenceRequest(state.pts, state.date, 0))
    assert [m.message for m in difference.new_messages] == ["mine", "his"]
    ids = [(u.id, u.random_id) for u in difference.other_updates if isinstance(u, types.UpdateMessageID)]
    assert ids == [(sent.id, 4242)]


async def test_a_message_deleted_meanwhile_is_not_told_of(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    state = await anna_phone(functions.updates.GetStateRequest())
    message = server.world.send(boris, anna, "oops")
    server.world.delete(boris, [message.id])
    difference = await anna_phone(functions.updates.GetDifferenceRequest(state.pts, state.date, 0))
    assert difference.new_messages == []
    assert [u.messages for u in difference.other_updates] == [[message.twin_id]]


async def test_reading_shows_on_both_sides(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    boris_phone: TelegramClient,
) -> None:
    async with phone_of(server, boris) as tablet:
        at_anna = Inbox(anna_phone, events.MessageRead())
        at_tablet = Inbox(tablet, events.MessageRead(inbox=True))
        sent = await anna_phone.send_message("boris", "seen?")
        await boris_phone.get_dialogs()
        await boris_phone.send_read_acknowledge(anna.id)
        event = await at_anna.next()
        assert (event.chat_id, event.max_id, event.outbox) == (boris.id, sent.id, True)
        assert (await at_tablet.next()).chat_id == anna.id


async def test_typing_is_seen_but_never_replayed(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient, boris_phone: TelegramClient
) -> None:
    inbox = Inbox(boris_phone, events.UserUpdate())
    await anna_phone.send_message("boris", "wait")
    async with anna_phone.action("boris", "typing"):
        event = await inbox.next()
        assert (event.user_id, event.typing) == (anna.id, True)
    assert (await inbox.next()).cancel
    await boris_phone.catch_up()
    assert await inbox.stays_empty()


async def test_held_updates_arrive_when_released_or_by_the_difference(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    server.hold_updates(anna)
    server.world.send(boris, anna, "held")
    assert await inbox.stays_empty()
    server.release_updates(anna)
    assert (await inbox.next()).raw_text == "held"
    server.hold_updates(anna)
    server.world.send(boris, anna, "fetched")
    await anna_phone.catch_up()
    assert (await inbox.next()).raw_text == "fetched"
    server.release_updates(anna)
    assert await inbox.stays_empty(), "the same message again is no news"


async def test_held_updates_come_as_they_are_arranged(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    """Out of order and doubled they are still each told once; lost ones are found by the next difference."""
    inbox = Inbox(anna_phone, events.NewMessage())
    server.hold_updates(anna)
    for text in ("one", "two", "three"):
        server.world.send(boris, anna, text)
    server.release_updates(anna, lambda held: [*reversed(held), *held])
    assert sorted([(await inbox.next()).raw_text for _ in range(3)]) == ["one", "three", "two"]
    assert await inbox.stays_empty()
    server.hold_updates(anna)
    server.world.send(boris, anna, "lost")
    server.release_updates(anna, lambda held: [])
    assert await inbox.stays_empty()
    server.world.send(boris, anna, "next")
    assert [(await inbox.next()).raw_text for _ in range(2)] == ["lost", "next"]


async def test_a_client_stays_connected_through_hours_of_nothing(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    connects = len([r for r in server.requests if r.method == "help.GetConfig"])
    await asyncio.sleep(3 * 3600)
    server.world.send(boris, anna, "still there?")
    assert (await inbox.next()).raw_text == "still there?"
    assert len([r for r in server.requests if r.method == "help.GetConfig"]) == connects


async def test_a_client_without_updates_gets_none(server: TelegramServer, anna: Account, boris: Account) -> None:
    async with phone_of(server, anna, receive_updates=False) as client:
        inbox = Inbox(client, events.NewMessage())
        server.world.send(boris, anna, "hello?")
        assert await inbox.stays_empty()
