"""Logging in, with somebody at the terminal: by code or by QR, and with the second-factor password.

Only the command line calls this. A running program never asks for a code, and nobody is ever asked for one inside
Telegram: a code told in a chat is void.
"""

import asyncio
import contextlib
import math
import re
from typing import Any, NoReturn

from telethon import TelegramClient, errors
from telethon.tl import TLRequest, functions, types

from userbot.config import Settings
from userbot.errors import OwnerMustAct, TryAgain, UserbotError
from userbot.people import Contact
from userbot.telegram.client import (
    CALL_TIMEOUT_S,
    NotLoggedIn,
    connect,
    make_client,
    me,
    name_of,
    open_connection,
    understand,
)
from userbot.telegram.login_words import WORDS
from userbot.telegram.session import read_session
from userbot.telegram.updates import mark_end_of_saved_messages
from userbot.terminal import Language, Prompt

TRIES = 3
QR_CODES = 10
DIALOGS_READ = 500
DIALOGS_TIMEOUT_S = 120.0


class LoginFailed(OwnerMustAct):
    """The text says, in the owner's language, what to do next."""


async def login(settings: Settings, prompt: Prompt, language: Language, *, by_qr: bool = False) -> Contact:
    """Log in, unless the session already is; returns the owner. Hold the SessionLock.

    Raises LoginFailed or another OwnerMustAct, or TryAgain when Telegram cannot be reached.
    """
    attempt = _Attempt(settings, prompt, language)
    facts = read_session(settings.session_path)
    was_logged_in = facts is not None and facts.is_logged_in
    if not was_logged_in:
        attempt.say("warning")
    client = make_client(settings)
    try:
        owner = await attempt.find_owner(client, was_logged_in)
        if owner is not None:
            attempt.say("already", name=owner.name, user_id=owner.user_id)
            return owner
        if was_logged_in:
            # Telegram has ended that login, and its key with it: begin anew.
            await client.disconnect()
            settings.session_path.unlink(missing_ok=True)
            client = make_client(settings)
            await open_connection(client)
        try:
            await (attempt.by_qr(client) if by_qr else attempt.by_phone(client))
        except UserbotError:
            raise
        except Exception as error:
            raise attempt.explain(error) from error
    finally:
        await client.disconnect()
    return await attempt.greet()


class _Attempt:
    """One run of `userbot login`."""

    def __init__(self, settings: Settings, prompt: Prompt, language: Language) -> None:
        self._settings = settings
        self._prompt = prompt
        self._words = WORDS[language]
        self._phone = settings.phone or ""

    def say(self, key: str, **facts: object) -> None:
        self._prompt.say(self._words[key].format(**facts))

    def fail(self, key: str, **facts: object) -> NoReturn:
        raise LoginFailed(self._words[key].format(**facts))

    async def find_owner(self, client: TelegramClient, was_logged_in: bool) -> Contact | None:
        """Connects. None when Telegram does not take the login (any more)."""
        try:
            await open_connection(client)
            return await me(client) if was_logged_in else None
        except NotLoggedIn:
            return None

    # By code

    async def by_phone(self, client: TelegramClient) -> None:
        code_hash = await self._send_first_code(client)
        for left in reversed(range(TRIES)):
            code = _tidy_code(await self._prompt.ask(self._words["ask_code"]))
            try:
                if not code:
                    raise errors.PhoneCodeEmptyError(request=None)
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    await client.sign_in(self._phone, code, phone_code_hash=code_hash)
                return
            except errors.SessionPasswordNeededError:
                await self._with_password(client)
                return
            except (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError):
                if left:
                    self.say("wrong_code", left=left)
            except (errors.PhoneCodeExpiredError, errors.PhoneCodeHashEmptyError):
                if left:
                    self.say("expired_code", left=left)
                    code_hash = await self._send_code(client)
        self.fail("no_code")

    async def _send_first_code(self, client: TelegramClient) -> str:
        for left in reversed(range(TRIES)):
            phone = self._settings.phone or await self._prompt.ask(self._words["ask_phone"])
            self._phone = re.sub(r"[^0-9]", "", phone)
            self.say("sending", phone=phone)
            try:
                return await self._send_code(client)
            except (errors.PhoneNumberInvalidError, errors.InputRequestTooLongError):
                if self._settings.phone:
                    self.fail("bad_phone_setting", phone=phone)
                if not left:
                    self.fail("bad_phone", phone=phone)
                self.say("bad_phone", phone=phone)
        raise AssertionError("the last try returns or fails")

    async def _send_code(self, client: TelegramClient) -> str:
        """Returns what Telegram wants back beside the code."""
        request = functions.auth.SendCodeRequest(
            self._phone, self._settings.api_id, self._settings.api_hash, types.CodeSettings()
        )
        try:
            sent = await _call(client, request)
        except errors.AuthRestartError:
            sent = await _call(client, request)
        kind = type(getattr(sent, "type", sent)).__name__
        if not isinstance(sent, types.auth.SentCode) or isinstance(
            sent.type, types.auth.SentCodeTypeSetUpEmailRequired
        ):
            self.fail("not_by_code", kind=kind)
        self.say(_CODE_WAYS.get(type(sent.type), "code_elsewhere"), kind=kind)
        self.say("keep_code")
        return str(sent.phone_code_hash)

    async def _with_password(self, client: TelegramClient) -> None:
        self.say("password_needed")
        has_hinted = False
        for left in reversed(range(TRIES)):
            account = await _call(client, functions.account.GetPasswordRequest())
            if account.hint and not has_hinted:
                self.say("hint", hint=account.hint)
                has_hinted = True
            password = await self._prompt.ask(self._words["ask_password"], secret=True)
            try:
                if not password:
                    raise errors.PasswordHashInvalidError(request=None)
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    await client.sign_in(password=password)
                return
            except (errors.PasswordHashInvalidError, errors.SrpPasswordChangedError, errors.SrpIdInvalidError):
                if left:
                    self.say("wrong_password", left=left)
        self.fail("no_password")

    # By QR

    async def by_qr(self, client: TelegramClient) -> None:
        self.say("scan")
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                code = await client.qr_login()
            for _ in range(QR_CODES):
                self._prompt.show_link(code.url)
                # Telethon waits until the code expires.
                with contextlib.suppress(TimeoutError):
                    await code.wait()
                    return
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    await code.recreate()
                if isinstance(code._resp, types.auth.LoginTokenSuccess):
                    return  # scanned in the very moment between
        except errors.SessionPasswordNeededError:
            await self._with_password(client)
            return
        self.fail("nobody_scanned")

    # Afterwards

    async def greet(self) -> Contact:
        """See that the file as it lies there is a login, and let Telethon learn who there is to write to."""
        client = make_client(self._settings)
        try:
            owner = await connect(client)
            try:
                await mark_end_of_saved_messages(client, owner)
                async with asyncio.timeout(DIALOGS_TIMEOUT_S):
                    await client.get_dialogs(limit=DIALOGS_READ)
            except (errors.RPCError, OSError, TimeoutError, ValueError, TryAgain):
                self.say("dialogs_later")
        finally:
            await client.disconnect()
        self.say("done", name=owner.name, user_id=owner.user_id)
        return owner

    # Errors

    def explain(self, error: Exception) -> UserbotError:
        """What the person at the terminal is told about an error of Telegram's."""
        words = self._words
        match error:
            case errors.PhoneNumberBannedError():
                return LoginFailed(words["banned"].format(phone=self._phone))
            case errors.PhoneNumberUnoccupiedError():
                return LoginFailed(words["unoccupied"].format(phone=self._phone))
            case errors.PhoneNumberFloodError() | errors.PhonePasswordFloodError():
                return LoginFailed(words["phone_flood"])
            case errors.ApiIdInvalidError() | errors.ApiIdPublishedFloodError():
                return LoginFailed(words["bad_app"])
        ours = understand(error)
        if isinstance(ours, TryAgain) and ours.after_s is not None:
            return LoginFailed(words["flood"].format(wait=self._span(ours.after_s)))
        if isinstance(error, errors.RPCError) and not isinstance(ours, TryAgain | NotLoggedIn):
            return LoginFailed(words["other"].format(name=name_of(error)))
        return ours

    def _span(self, seconds: float) -> str:
        for unit, length_s in (("hours", 3600), ("minutes", 60)):
            if seconds >= 2 * length_s:
                return self._words[unit].format(n=math.ceil(seconds / length_s))
        return self._words["seconds"].format(n=math.ceil(seconds))


_CODE_WAYS = {
    types.auth.SentCodeTypeApp: "code_in_app",
    types.auth.SentCodeTypeSms: "code_by_sms",
    types.auth.SentCodeTypeCall: "code_by_call",
    types.auth.SentCodeTypeFlashCall: "code_by_call",
    types.auth.SentCodeTypeMissedCall: "code_by_call",
    types.auth.SentCodeTypeEmailCode: "code_by_email",
}


def _tidy_code(typed: str) -> str:
    digits = re.sub(r"[\s-]", "", typed)
    return digits if digits.isdecimal() else typed


async def _call(client: TelegramClient, request: TLRequest) -> Any:
    async with asyncio.timeout(CALL_TIMEOUT_S):
        return await client(request)
