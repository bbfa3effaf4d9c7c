"""Protects every way in and out of an account that stock Telethon knows."""

import asyncio
import socket
from pathlib import Path

import pytest
from telethon import TelegramClient, errors, events, functions
from telethon.sessions import MemorySession, SQLiteSession
from telethon.tl import types

from tests.rehearsal.telegram.inbox import Inbox
from userbot.rehearsal.telegram import SERVICE_ACCOUNT_ID, Account, TelegramServer
from userbot.rehearsal.telegram.logins import token_in_qr_url
from userbot.rehearsal.telegram.phone import connect_client, make_client, phone_of, sign_in


async def test_the_code_lets_in(server: TelegramServer, anna: Account) -> None:
    client = await connect_client(server)
    assert not await client.is_user_authorized()
    await sign_in(client, anna, server)
    me = await client.get_me()
    assert (me.id, me.phone, me.is_self) == (anna.id, "79000000001", True)
    assert [s.account for s in server.sessions(anna)] == [anna]
    await client.disconnect()


async def test_a_wrong_code_does_not_and_the_right_one_still_does(server: TelegramServer, anna: Account) -> None:
    client = await connect_client(server)
    await client.send_code_request(anna.phone)
    with pytest.raises(errors.PhoneCodeInvalidError):
        await client.sign_in(anna.phone, "1")
    assert not await client.is_user_authorized()
    await client.sign_in(anna.phone, server.last_code(anna.phone))
    assert await client.is_user_authorized()
    await client.disconnect()


async def test_start_asks_for_everything_and_signs_in(server: TelegramServer) -> None:
    vera = server.world.add_account("+79000000009", "Vera", password="пароль")
    client = await connect_client(server)
    await client.start(phone=lambda: vera.phone, code_callback=lambda: server.last_code(vera.phone), password="пароль")
    assert (await client.get_me()).id == vera.id
    await client.disconnect()


async def test_nobody_has_this_phone(server: TelegramServer) -> None:
    client = await connect_client(server)
    await client.send_code_request("+79991112233")
    with pytest.raises(errors.PhoneNumberUnoccupiedError):
        await client.sign_in("+79991112233", server.last_code("+79991112233"))
    await client.disconnect()


async def test_the_second_factor_is_checked_for_real(server: TelegramServer) -> None:
    vera = server.world.add_account("+79000000009", "Vera", password="correct horse")
    client = await connect_client(server)
    await client.send_code_request(vera.phone)
    with pytest.raises(errors.SessionPasswordNeededError):
        await client.sign_in(vera.phone, server.last_code(vera.phone))
    with pytest.raises(errors.PasswordHashInvalidError):
        await client.sign_in(password="battery staple")
    assert not await client.is_user_authorized()
    me = await client.sign_in(password="correct horse")
    assert me.id == vera.id
    await client.disconnect()


@pytest.mark.parametrize("password", [None, "correct horse"])
async def test_another_phone_scans_the_qr_code(server: TelegramServer, password: str | None) -> None:
    vera = server.world.add_account("+79000000009", "Vera", password=password)
    async with phone_of(server, vera) as phone:
        client = await connect_client(server)
        qr = await client.qr_login()
        waiting = asyncio.create_task(qr.wait())
        await asyncio.sleep(0)
        await phone(functions.auth.AcceptLoginTokenRequest(token_in_qr_url(qr.url)))
        if password is None:
            assert (await waiting).id == vera.id
        else:
            with pytest.raises(errors.SessionPasswordNeededError):
                await waiting
            await client.sign_in(password=password)
        assert (await client.get_me()).id == vera.id
        assert len(server.sessions(vera)) == 2
        await client.disconnect()


async def test_a_qr_code_that_nobody_scans_runs_out_of_time(server: TelegramServer) -> None:
    client = await connect_client(server)
    qr = await client.qr_login()
    with pytest.raises(asyncio.TimeoutError):
        await qr.wait()
    await client.disconnect()


async def test_the_code_of_a_second_login_arrives_in_the_first_one(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage(chats=SERVICE_ACCOUNT_ID))
    second = await connect_client(server)
    await sign_in(second, anna, server)
    event = await inbox.next()
    assert server.last_code(anna.phone) in event.raw_text
    assert event.out is False
    await second.disconnect()


async def test_a_code_told_in_a_chat_is_void(server: TelegramServer, anna: Account, anna_phone: TelegramClient) -> None:
    second = await connect_client(server)
    await second.send_code_request(anna.phone)
    code = server.last_code(anna.phone)
    await anna_phone.send_message("me", f"here it is: {code}")
    with pytest.raises(errors.PhoneCodeExpiredError):
        await second.sign_in(anna.phone, code)
    await second.disconnect()


async def test_a_session_file_needs_no_second_login(server: TelegramServer, anna: Account, tmp_path: Path) -> None:
    path = tmp_path / "anna.session"
    client = await connect_client(server, path)
    await sign_in(client, anna, server)
    await client.disconnect()
    client = await connect_client(server, path)
    assert await client.is_user_authorized()
    assert len(server.sessions(anna)) == 1
    await client.disconnect()


async def test_logging_out_ends_the_session(server: TelegramServer, anna: Account) -> None:
    client = await connect_client(server)
    await sign_in(client, anna, server)
    assert await client.log_out()
    assert server.sessions(anna) == []


async def test_a_revoked_session_is_told_so(server: TelegramServer, anna: Account, anna_phone: TelegramClient) -> None:
    server.revoke(server.sessions(anna)[0])
    with pytest.raises(errors.AuthKeyUnregisteredError):
        await anna_phone(functions.updates.GetStateRequest())


async def test_another_device_ends_the_session(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient
) -> None:
    async with phone_of(server, anna, device_model="Userbot") as client:
        listed = await anna_phone(functions.account.GetAuthorizationsRequest())
        (other,) = [a for a in listed.authorizations if not a.current]
        assert other.device_model == "Userbot"
        await anna_phone(functions.account.ResetAuthorizationRequest(other.hash))
        assert await client.get_me() is None


async def test_a_key_of_another_server_is_not_known(anna: Account, server: TelegramServer, tmp_path: Path) -> None:
    path = tmp_path / "anna.session"
    async with phone_of(server, anna, path):
        pass
    async with TelegramServer() as other:
        client = make_client(other, path)
        with pytest.raises(errors.AuthKeyNotFound):
            await client.connect()
        await client.disconnect()


# --- one key, two places


HERE, THERE = "127.0.0.1", "127.0.0.2"


@pytest.fixture
def two_addresses() -> None:
    """Loopback has more addresses than one, though not on every system."""
    with socket.socket() as probe:
        try:
            probe.bind((THERE, 0))
        except OSError:
            pytest.skip(f"{THERE} is not an address of this machine")


def copy_of(session: SQLiteSession | MemorySession) -> MemorySession:
    copy = MemorySession()
    copy.set_dc(session.dc_id, session.server_address, session.port)
    copy.auth_key = session.auth_key
    return copy


@pytest.mark.usefixtures("two_addresses")
async def test_a_key_used_from_two_places_at_once_is_of_no_use_to_either(server: TelegramServer, anna: Account) -> None:
    async with phone_of(server, anna, local_addr=HERE) as first, phone_of(server, anna) as third:
        async with phone_of(server, anna, copy_of(first.session), local_addr=THERE) as second:
            assert (await second.get_me()).id == anna.id, "so far it may have moved"
            for client in (first, second, first):
                with pytest.raises(errors.AuthKeyDuplicatedError):
                    await client(functions.users.GetUsersRequest([types.InputUserSelf()]))
        with pytest.raises(errors.AuthKeyDuplicatedError):
            await first.send_code_request(anna.phone)
        assert len(server.sessions(anna)) == 1
        assert (await third.get_me()).id == anna.id, "another login of the same account goes on"


@pytest.mark.usefixtures("two_addresses")
async def test_a_key_may_move_and_a_client_may_connect_as_often_as_it_likes(
    server: TelegramServer, anna: Account
) -> None:
    async with phone_of(server, anna, local_addr=HERE) as phone:
        # As when a router forgets the line: nobody has closed it, and the client comes back with a new session id.
        server.silence_connections(anna)
        phone._sender._start_reconnect(ConnectionError())
        assert (await phone.get_me()).id == anna.id
        async with phone_of(server, anna, copy_of(phone.session), local_addr=HERE) as another:
            assert (await another.get_me()).id == (await phone.get_me()).id == anna.id, "one place, two connections"
        # From one network to the next and back, while the lines left behind stay open for a while.
        for address in (THERE, HERE, THERE):
            phone._local_addr = phone._sender._connection._local_addr = (address, 0)
            server.silence_connections(anna)
            phone._sender._start_reconnect(ConnectionError())
            assert (await phone.get_me()).id == anna.id
        assert len(server.sessions(anna)) == 1
