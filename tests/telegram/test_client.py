"""Protects the way in: the login is kept and kept private, one process uses it, and errors say what to do."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telethon import errors, events
from telethon.tl import functions

from tests.telegram.door import settings_for
from userbot import __version__
from userbot.config import Settings
from userbot.errors import NeverAgain, OwnerMustAct, TryAgain
from userbot.private import refuse_loose
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import sign_in
from userbot.telegram import client as door
from userbot.telegram.client import (
    AlreadyRunning,
    NotLoggedIn,
    SessionLock,
    connect,
    logged_out_error,
    make_client,
    make_probe,
    me,
    name_of,
    open_connection,
    server_time,
    understand,
    why_disconnected,
)
from userbot.telegram.session import find_lock_holder, read_session


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
def anna(server: TelegramServer) -> Account:
    return server.world.add_account("+7 900 000-00-01", "Anna", "Orlova", username="anna_o")


@pytest.fixture
def settings(server: TelegramServer, tmp_path: Path) -> Settings:
    return settings_for(server, tmp_path)


async def log_in(settings: Settings, server: TelegramServer, account: Account) -> None:
    client = make_client(settings)
    await open_connection(client)
    await sign_in(client, account, server)
    await client.disconnect()


async def fails_to_connect(settings: Settings) -> Exception:
    with pytest.raises((NotLoggedIn, TryAgain, NeverAgain, OwnerMustAct)) as caught:
        await connect(make_client(settings))
    return caught.value


# The session


async def test_a_login_outlives_the_client(settings: Settings, server: TelegramServer, anna: Account) -> None:
    await log_in(settings, server, anna)
    for _ in range(2):
        client = make_client(settings)
        owner = await connect(client)
        assert (owner.user_id, owner.name, owner.username) == (anna.id, "Anna Orlova", "anna_o")
        assert (await me(client)).user_id == anna.id
        await client.disconnect()
    assert len(server.auth_keys) == 1, "the key is kept: no new one is made"
    facts = read_session(settings.session_path)
    assert facts is not None
    assert (facts.is_logged_in, facts.user_id) == (True, anna.id)


async def test_the_session_is_nobody_elses_to_read(settings: Settings, server: TelegramServer, anna: Account) -> None:
    settings.sessions_dir.mkdir(mode=0o755)
    await log_in(settings, server, anna)
    assert stat.S_IMODE(settings.sessions_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(settings.session_path.stat().st_mode) == 0o600
    settings.session_path.chmod(0o644)
    with pytest.raises(OwnerMustAct, match="chmod 600"):
        refuse_loose(settings.private_folders)


async def test_the_entry_in_active_sessions_is_truthful(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    await log_in(settings, server, anna)
    (session,) = server.sessions(anna)
    assert (session.device_model, session.system_version, session.app_version) == ("userbot", "Python", __version__)


async def test_a_login_for_another_server_is_kept_and_said_to_be_one(
    settings: Settings, server: TelegramServer, anna: Account, tmp_path: Path
) -> None:
    await log_in(settings, server, anna)
    async with TelegramServer() as other:
        elsewhere = settings_for(other, tmp_path)
        for make in (make_client, make_probe):
            with pytest.raises(OwnerMustAct, match=f"127.0.0.1:{server.port}"):
                make(elsewhere)
    client = make_client(settings)
    assert (await connect(client)).user_id == anna.id
    await client.disconnect()


async def test_a_login_that_was_never_finished_stands_in_nobodys_way(
    settings: Settings, server: TelegramServer, tmp_path: Path
) -> None:
    assert isinstance(await fails_to_connect(settings), NotLoggedIn)
    facts = read_session(settings.session_path)
    assert facts is not None
    assert not facts.is_logged_in
    async with TelegramServer() as other:
        elsewhere = settings_for(other, tmp_path)
        boris = other.world.add_account("+7 900 000-00-02", "Boris")
        await log_in(elsewhere, other, boris)
        client = make_client(elsewhere)
        assert (await connect(client)).user_id == boris.id
        await client.disconnect()


async def test_a_session_the_server_has_moved_stays_where_it_is(settings: Settings, server: TelegramServer) -> None:
    client = make_client(settings)
    client.session.set_dc(4, "127.0.0.9", 443)
    client.session.close()
    again = make_client(settings).session
    assert (again.dc_id, again.server_address, again.port) == (4, "127.0.0.9", 443)
    again.close()


@pytest.mark.parametrize("content", [b"this is no database, and never was one" * 100, b""])
async def test_a_damaged_file_is_said_to_be_one(settings: Settings, content: bytes) -> None:
    settings.sessions_dir.mkdir()
    settings.session_path.write_bytes(content)
    if content:
        with pytest.raises(OwnerMustAct, match="session file"):
            make_client(settings)
        with pytest.raises(OwnerMustAct, match="session file"):
            make_probe(settings)
    else:
        make_client(settings).session.close()


async def test_a_file_in_use_by_another_program_is_said_to_be(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_client(settings).session.close()
    with sqlite3.connect(settings.session_path) as other:
        other.execute("BEGIN EXCLUSIVE")
        real_connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real_connect(*a, **{**k, "timeout": 0.0}))
        with pytest.raises(AlreadyRunning, match="another program"):
            make_client(settings)
        other.rollback()
    other.close()


async def test_a_key_that_is_none_is_named(server: TelegramServer, tmp_path: Path) -> None:
    pem = tmp_path / "other.pem"
    pem.write_text("-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n")
    with pytest.raises(OwnerMustAct, match="TELEGRAM_SERVER_KEY"):
        make_client(settings_for(server, tmp_path, TELEGRAM_SERVER_KEY=str(pem)))


# What the client is set to do


async def test_messages_of_the_time_away_arrive_in_order(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    boris = server.world.add_account("+7 900 000-00-02", "Boris")
    server.world.send(boris, anna, "before the login")
    await log_in(settings, server, anna)
    texts = [f"message {n}" for n in range(5)]
    for text in texts:
        server.world.send(boris, anna, text)
    client = make_client(settings)
    seen: list[str] = []
    all_seen = asyncio.Event()

    async def take(event: events.NewMessage.Event) -> None:
        # The later ones would overtake this one, were they not handled in order.
        await asyncio.sleep(5 - len(seen))
        seen.append(event.raw_text)
        if len(seen) == len(texts):
            all_seen.set()

    client.add_event_handler(take, events.NewMessage())
    await connect(client)
    async with asyncio.timeout(60):
        await all_seen.wait()
    await client.disconnect()
    assert seen == texts


async def test_a_probe_leaves_no_trace(settings: Settings, server: TelegramServer, anna: Account) -> None:
    await log_in(settings, server, anna)
    before = settings.session_path.read_bytes()
    boris = server.world.add_account("+7 900 000-00-02", "Boris")
    server.world.send(boris, anna, "unseen")
    probe = make_probe(settings)
    assert (await connect(probe)).user_id == anna.id
    assert abs((await server_time(probe) - server.world.clock.now()).total_seconds()) < 5
    await probe.disconnect()
    assert settings.session_path.read_bytes() == before


async def test_a_probe_needs_a_login(settings: Settings) -> None:
    with pytest.raises(NotLoggedIn, match="userbot login"):
        make_probe(settings)
    assert not settings.session_path.exists()


async def test_a_flood_wait_is_not_slept_through(settings: Settings, server: TelegramServer, anna: Account) -> None:
    await log_in(settings, server, anna)
    server.faults.refuse(420, "FLOOD_WAIT_30", method="users.GetUsers")
    error = await fails_to_connect(settings)
    assert isinstance(error, TryAgain)
    assert error.after_s == 30


# Failing to connect


async def test_a_server_that_is_away_is_worth_another_try(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    await log_in(settings, server, anna)
    server.refuse_connections()
    assert isinstance(await fails_to_connect(settings), TryAgain)
    await server.accept_connections()
    client = make_client(settings)
    assert (await connect(client)).user_id == anna.id
    await client.disconnect()


async def test_a_silent_server_is_given_up_on_in_time(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    await log_in(settings, server, anna)
    server.faults.never_answer(executed=False, method="users.GetUsers", times=None)
    start = asyncio.get_running_loop().time()
    client = make_client(settings)
    with pytest.raises(TryAgain, match="in time"):
        await connect(client)
    assert asyncio.get_running_loop().time() - start < 120
    assert not client.is_connected()


async def test_a_revoked_session_asks_for_a_login(settings: Settings, server: TelegramServer, anna: Account) -> None:
    await log_in(settings, server, anna)
    server.revoke(server.sessions(anna)[0])
    error = await fails_to_connect(settings)
    assert isinstance(error, NotLoggedIn)
    assert "userbot login" in str(error)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (401, "AUTH_KEY_UNREGISTERED"),
        (401, "SESSION_REVOKED"),
        (401, "SESSION_EXPIRED"),
        (401, "USER_DEACTIVATED"),
        (401, "USER_DEACTIVATED_BAN"),
        (406, "AUTH_KEY_DUPLICATED"),
    ],
)
async def test_every_end_of_a_login_is_told_as_one(
    settings: Settings, server: TelegramServer, anna: Account, code: int, name: str
) -> None:
    await log_in(settings, server, anna)
    server.faults.refuse(code, name, method="users.GetUsers", times=None)
    error = await fails_to_connect(settings)
    assert isinstance(error, NotLoggedIn)
    assert "userbot login" in str(error)


async def test_a_session_revoked_while_running_is_told_apart_from_a_lost_connection(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    await log_in(settings, server, anna)
    client = make_client(settings)
    await connect(client)
    server.revoke(server.sessions(anna)[0])
    with pytest.raises(errors.UnauthorizedError) as caught:
        await client(functions.updates.GetStateRequest())
    assert isinstance(why_disconnected(client, caught.value), NotLoggedIn)
    client._updates_error = caught.value
    assert isinstance(why_disconnected(client, ConnectionError("gone")), NotLoggedIn)
    client._updates_error = None
    assert isinstance(why_disconnected(client, ConnectionError("gone")), TryAgain)
    assert isinstance(why_disconnected(client, None), TryAgain)
    await client.disconnect()


def test_errors_are_what_is_to_be_done_about_them() -> None:
    def refusal(name: str, code: int) -> errors.RPCError:
        return errors.RPCError(request=None, message=name, code=code)

    flood = errors.FloodWaitError(request=None, capture=90)
    assert isinstance(understand(flood), TryAgain)
    assert isinstance(understand(errors.ApiIdInvalidError(request=None)), OwnerMustAct)
    assert isinstance(understand(errors.FrozenMethodInvalidError(request=None)), OwnerMustAct)
    assert isinstance(understand(errors.ServerError(request=None, message="RPC_CALL_FAIL", code=500)), TryAgain)
    assert isinstance(understand(refusal("SOMETHING_INVALID", 400)), NeverAgain)
    assert isinstance(understand(TimeoutError()), TryAgain)
    assert isinstance(understand(asyncio.IncompleteReadError(b"", 4)), TryAgain)
    assert isinstance(understand(errors.AuthKeyNotFound()), NotLoggedIn)
    assert logged_out_error(flood) is None
    assert logged_out_error(ValueError()) is None
    assert name_of(refusal("ALLOW_PAYMENT_REQUIRED_5", 403)) == "ALLOW_PAYMENT_REQUIRED_5"
    assert name_of(errors.PhoneCodeInvalidError(request=None)) == "PHONE_CODE_INVALID"
    mine = TryAgain("mine")
    assert understand(mine) is mine


# The lock


def test_a_second_instance_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "userbot.lock"
    with SessionLock(path):
        holder = find_lock_holder(path)
        assert holder is not None
        assert holder.pid is not None
        with pytest.raises(AlreadyRunning, match=f"pid {holder.pid}"):
            SessionLock(path).acquire()
    assert find_lock_holder(path) is None
    with SessionLock(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "userbot.lock"
    code = (
        "import sys, pathlib; from userbot.telegram.session import SessionLock; "
        "SessionLock(pathlib.Path(sys.argv[1])).acquire(); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        holder = find_lock_holder(path)
        assert holder is not None
        assert holder.pid == process.pid
        process.kill()
        process.wait()
    with SessionLock(path):
        pass


def test_looking_at_a_session_needs_no_telethon() -> None:
    code = "import sys, userbot.report; print('telethon' in sys.modules, 'openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["False", "False"]


def test_the_door_exports_what_it_says() -> None:
    assert all(hasattr(door, name) for name in door.__all__)
