"""Protects the login: every way in, three tries, words that say what to do next, and nothing asked inside Telegram."""

import asyncio
import os
import pty
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from telethon.tl import functions

from tests.telegram.door import Person, settings_for
from userbot.config import Settings
from userbot.errors import OwnerMustAct, TryAgain
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.logins import token_in_qr_url
from userbot.rehearsal.telegram.phone import phone_of
from userbot.store import database
from userbot.telegram.client import NotLoggedIn, connect, make_client
from userbot.telegram.login import LoginFailed, login
from userbot.telegram.login_words import ENGLISH, RUSSIAN
from userbot.telegram.logout import log_out
from userbot.telegram.session import read_session
from userbot.terminal import EndOfInput, Language, Terminal, choose_language, draw_qr

PHONE = "+7 900 000-00-01"
PASSWORD = "Зима близко"


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture(autouse=True)
def with_database(tmp_path: Path) -> Iterator[None]:
    """`userbot login` opens it, and writes where Saved Messages end."""
    database.open_database(tmp_path / "data" / "userbot.db")
    yield
    database.close_database()


@pytest.fixture
def anna(server: TelegramServer) -> Account:
    return server.world.add_account(PHONE, "Anna", "Orlova")


@pytest.fixture
def settings(server: TelegramServer, tmp_path: Path) -> Settings:
    return settings_for(server, tmp_path, TELEGRAM_PHONE=PHONE)


@pytest.fixture
def asking_settings(server: TelegramServer, tmp_path: Path) -> Settings:
    """Without a phone number."""
    return settings_for(server, tmp_path)


async def fails(settings: Settings, person: Person, language: Language = "en", *, by_qr: bool = False) -> str:
    with pytest.raises(LoginFailed) as caught:
        await login(settings, person, language, by_qr=by_qr)
    assert person.answers_left == 0
    facts = read_session(settings.session_path)
    assert facts is None or not facts.is_logged_in
    return str(caught.value)


async def assert_logged_in(settings: Settings, account: Account) -> None:
    client = make_client(settings)
    assert (await connect(client)).user_id == account.id
    await client.disconnect()


# By code


async def test_by_code(settings: Settings, server: TelegramServer, anna: Account) -> None:
    person = Person(lambda: server.last_code(PHONE))
    owner = await login(settings, person, "en")
    assert owner.user_id == anna.id
    assert person.heard[0] == ENGLISH["warning"], "the warning comes before anything else"
    assert "Anna Orlova" in person.heard[-1]
    assert "userbot run" in person.heard[-1]
    assert server.requests_of(anna, "messages.GetDialogs")
    await assert_logged_in(settings, anna)


async def test_the_phone_is_asked_for_when_it_is_not_set(
    asking_settings: Settings, server: TelegramServer, anna: Account
) -> None:
    person = Person("12", "8 (900) nonsense", PHONE, lambda: " ".join(server.last_code(PHONE)))
    await login(asking_settings, person, "en")
    assert person.all_heard.count("knows no such number") >= 1
    await assert_logged_in(asking_settings, anna)


async def test_three_wrong_numbers_are_enough(asking_settings: Settings, server: TelegramServer) -> None:
    assert "country code" in await fails(asking_settings, Person("1", "2", "3"))


async def test_a_wrong_number_in_the_settings_is_not_tried_again(server: TelegramServer, tmp_path: Path) -> None:
    server.faults.refuse(406, "PHONE_NUMBER_INVALID", method="auth.SendCode")
    text = await fails(settings_for(server, tmp_path, TELEGRAM_PHONE=PHONE), Person())
    assert "TELEGRAM_PHONE" in text


async def test_a_wrong_code_is_asked_for_again(settings: Settings, server: TelegramServer, anna: Account) -> None:
    person = Person("00000", "", lambda: server.last_code(PHONE))
    await login(settings, person, "ru")
    assert RUSSIAN["wrong_code"].format(left=2) in person.heard
    assert RUSSIAN["wrong_code"].format(left=1) in person.heard
    await assert_logged_in(settings, anna)


async def test_three_wrong_codes_end_it(settings: Settings, server: TelegramServer, anna: Account) -> None:
    assert "userbot login" in await fails(settings, Person("00000", "00001", "abc"))
    assert len([r for r in server.requests if r.method == "auth.SignIn"]) == 3


async def test_an_expired_code_brings_a_new_one(settings: Settings, server: TelegramServer, anna: Account) -> None:
    async with phone_of(server, anna) as phone:
        person = Person(lambda: server.last_code(PHONE), lambda: server.last_code(PHONE))
        server.faults.refuse(400, "PHONE_CODE_EXPIRED", method="auth.SignIn")
        await login(settings, person, "en")
        assert await phone.get_me() is not None
    assert ENGLISH["expired_code"].format(left=2) in person.heard
    assert ENGLISH["code_in_app"] in person.heard, "told where to look"
    assert ENGLISH["keep_code"] in person.heard


async def test_a_number_without_an_account(settings: Settings, server: TelegramServer) -> None:
    assert "no Telegram account" in await fails(settings, Person(lambda: server.last_code(PHONE)))


# The password


@pytest.fixture
def guarded(server: TelegramServer) -> Account:
    return server.world.add_account(PHONE, "Anna", password=PASSWORD)


async def test_with_a_password(settings: Settings, server: TelegramServer, guarded: Account) -> None:
    person = Person(lambda: server.last_code(PHONE), PASSWORD)
    await login(settings, person, "en")
    assert person.secrets_asked == 1
    assert PASSWORD not in person.all_heard
    await assert_logged_in(settings, guarded)


async def test_a_wrong_password_is_asked_for_again(
    settings: Settings, server: TelegramServer, guarded: Account
) -> None:
    person = Person(lambda: server.last_code(PHONE), "wrong", "", PASSWORD)
    await login(settings, person, "en")
    assert person.secrets_asked == 3
    await assert_logged_in(settings, guarded)


async def test_three_wrong_passwords_end_it(settings: Settings, server: TelegramServer, guarded: Account) -> None:
    person = Person(lambda: server.last_code(PHONE), "wrong", "wrong", "wrong")
    assert "Облачный пароль" in await fails(settings, person, "ru")
    assert server.sessions(guarded) == []


# By QR


async def test_by_qr(settings: Settings, server: TelegramServer, anna: Account) -> None:
    async with phone_of(server, anna) as phone:
        person = Person(on_link=lambda link: scan(link))
        scans: list[asyncio.Task[object]] = []

        def scan(link: str) -> None:
            request = functions.auth.AcceptLoginTokenRequest(token_in_qr_url(link))
            scans.append(asyncio.ensure_future(phone(request)))

        await login(settings, person, "en", by_qr=True)
        await asyncio.gather(*scans)
    assert all(link.startswith("tg://login?token=") for link in person.links)
    await assert_logged_in(settings, anna)


async def test_a_qr_code_is_renewed_until_it_is_scanned_and_the_password_still_asked(
    settings: Settings, server: TelegramServer, guarded: Account
) -> None:
    async with phone_of(server, guarded) as phone:
        scans: list[asyncio.Task[object]] = []

        def scan(link: str) -> None:
            if len(person.links) == 3:
                request = functions.auth.AcceptLoginTokenRequest(token_in_qr_url(link))
                scans.append(asyncio.ensure_future(phone(request)))

        person = Person(PASSWORD, on_link=scan)
        await login(settings, person, "ru", by_qr=True)
        await asyncio.gather(*scans)
    assert len(set(person.links)) == len(person.links) >= 3
    await assert_logged_in(settings, guarded)


async def test_a_code_scanned_in_the_moment_it_expires_is_a_login(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    def scan(link: str) -> None:
        # Accepted, but the update that says so is lost.
        server.logins.accept_qr_token(token_in_qr_url(link), anna)

    person = Person(on_link=scan)
    await login(settings, person, "en", by_qr=True)
    assert len(person.links) == 1
    await assert_logged_in(settings, anna)


async def test_a_code_nobody_scans_ends_it(settings: Settings, server: TelegramServer, anna: Account) -> None:
    person = Person()
    assert "--qr" in await fails(settings, person, by_qr=True)
    assert len(person.links) == 10


# Refusals


@pytest.mark.parametrize(
    ("code", "name", "says"),
    [
        (420, "FLOOD_WAIT_86400", "24 h"),
        (420, "FLOOD_WAIT_600", "10 min"),
        (420, "FLOOD_WAIT_31", "31 s"),
        (400, "PHONE_NUMBER_BANNED", "banned"),
        (400, "PHONE_NUMBER_FLOOD", "Wait a day"),
        (406, "PHONE_PASSWORD_FLOOD", "Wait a day"),
        (400, "API_ID_INVALID", "TELEGRAM_API_ID"),
        (403, "SOMETHING_NEW", "SOMETHING_NEW"),
    ],
)
async def test_a_refusal_says_what_to_do_next(
    settings: Settings, server: TelegramServer, code: int, name: str, says: str
) -> None:
    server.faults.refuse(code, name, method="auth.SendCode", times=None)
    assert says in await fails(settings, Person())


@pytest.mark.parametrize("method", ["auth.SignIn", "auth.CheckPassword"])
async def test_a_wait_asked_for_later_is_told_as_well(
    settings: Settings, server: TelegramServer, guarded: Account, method: str
) -> None:
    """After the code, after the password: Telegram may want a wait at any step."""
    server.faults.refuse(420, "FLOOD_WAIT_600", method=method, times=None)
    answers = [PASSWORD] if method == "auth.CheckPassword" else []
    assert "10 min" in await fails(settings, Person(lambda: server.last_code(PHONE), *answers))


async def test_a_restart_asked_for_by_telegram_is_followed(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    server.faults.refuse(500, "AUTH_RESTART", method="auth.SendCode")
    await login(settings, Person(lambda: server.last_code(PHONE)), "en")
    await assert_logged_in(settings, anna)


async def test_telegram_away_is_worth_another_try(settings: Settings, server: TelegramServer) -> None:
    server.refuse_connections()
    with pytest.raises(TryAgain):
        await login(settings, Person(), "en")


async def test_dialogs_that_cannot_be_read_do_not_undo_the_login(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    server.faults.refuse(420, "FLOOD_WAIT_60", method="messages.GetDialogs")
    person = Person(lambda: server.last_code(PHONE))
    await login(settings, person, "en")
    assert ENGLISH["dialogs_later"] in person.heard
    await assert_logged_in(settings, anna)


# Logged in before


async def test_logged_in_already(settings: Settings, server: TelegramServer, anna: Account) -> None:
    await login(settings, Person(lambda: server.last_code(PHONE)), "en")
    person = Person()
    assert (await login(settings, person, "ru")).user_id == anna.id
    (heard,) = person.heard
    assert "Anna Orlova" in heard


async def test_a_login_that_telegram_ended_is_made_anew(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    await login(settings, Person(lambda: server.last_code(PHONE)), "en")
    server.revoke(server.sessions(anna)[0])
    with pytest.raises(NotLoggedIn):
        await connect(make_client(settings))
    await login(settings, Person(lambda: server.last_code(PHONE)), "en")
    await assert_logged_in(settings, anna)
    assert len(server.auth_keys) == 2


# Logging out


async def test_a_logout_that_telegram_did_not_hear_of_keeps_the_login(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    """The session would go on at Telegram, and nobody would hold its key any more."""
    await login(settings, Person(lambda: server.last_code(PHONE)), "en")
    server.faults.refuse(500, "INTERNAL", method="auth.LogOut", times=None)
    with pytest.raises(TryAgain):
        await log_out(settings)
    await assert_logged_in(settings, anna)
    server.faults.clear()
    server.refuse_connections()
    with pytest.raises(TryAgain):
        await log_out(settings)
    assert settings.session_path.exists()


async def test_a_logout_after_telegram_ended_the_login_takes_the_file_away(
    settings: Settings, server: TelegramServer, anna: Account
) -> None:
    await login(settings, Person(lambda: server.last_code(PHONE)), "en")
    server.revoke(server.sessions(anna)[0])
    assert await log_out(settings) is False
    assert not settings.session_path.exists()


# Words


def test_both_languages_say_the_same_things() -> None:
    assert ENGLISH.keys() == RUSSIAN.keys()
    for key, english in ENGLISH.items():
        assert english.count("{") == RUSSIAN[key].count("{"), key


@pytest.mark.parametrize(
    ("setting", "environ", "language"),
    [
        ("auto", {"LANG": "ru_RU.UTF-8"}, "ru"),
        ("auto", {"LANG": "ru_RU.UTF-8", "LC_ALL": "de_DE.UTF-8"}, "en"),
        ("auto", {}, "en"),
        ("ru", {"LANG": "en_US.UTF-8"}, "ru"),
        ("en", {"LANG": "ru_RU.UTF-8"}, "en"),
    ],
)
def test_the_language(setting: Literal["auto", "ru", "en"], environ: dict[str, str], language: Language) -> None:
    assert choose_language(setting, environ) == language


# The terminal


async def test_lines_are_read_from_a_pipe_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    terminal = Terminal(reading)
    os.write(writing, "first \r\nвторая\n pass word \nla".encode())
    assert [await terminal.ask("?"), await terminal.ask("?")] == ["first", "вторая"]
    assert await terminal.ask("?", secret=True) == " pass word ", "a password is taken as it is"
    os.write(writing, b"st")
    os.close(writing)
    assert await terminal.ask("?") == "last"
    with pytest.raises(EndOfInput):
        await terminal.ask("?")
    os.close(reading)
    assert "pass word" not in capsys.readouterr().out


async def test_lines_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    path.write_text("one\ntwo\n")
    file = os.open(path, os.O_RDONLY)
    terminal = Terminal(file)
    assert [await terminal.ask("?"), await terminal.ask("?")] == ["one", "two"]
    os.close(file)


async def test_a_password_is_not_echoed_and_the_echo_comes_back() -> None:
    def echoes() -> bool:
        return bool(termios.tcgetattr(inner)[3] & termios.ECHO)

    outer, inner = pty.openpty()
    terminal = Terminal(inner)
    asked = asyncio.ensure_future(terminal.ask("Password:", secret=True))
    await asyncio.sleep(0)
    assert not echoes()
    os.write(outer, b"hidden\n")
    assert await asked == "hidden"
    assert echoes()
    asked = asyncio.ensure_future(terminal.ask("Password:", secret=True))
    await asyncio.sleep(0)
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    assert echoes(), "also after Ctrl-C"
    os.close(outer)
    os.close(inner)


def test_a_qr_code_is_drawn() -> None:
    drawn = draw_qr("tg://login?token=abc")
    assert drawn is None or "█" in drawn


def test_the_end_of_input_is_the_owners_to_mend() -> None:
    assert issubclass(EndOfInput, OwnerMustAct)
