"""Who is logged in where: authorisation keys, login codes, QR tokens and second-factor passwords.

A session belongs to one authorisation key, over any number of connections: what Telegram's settings list as
"Active Sessions".
"""

import base64
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.password import PasswordChecks
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.world import World, digits_of

QR_TOKEN_LIVES_S = 30


@dataclass
class Session:
    """One authorisation key, logged in or not."""

    key_id: int
    account: Account | None = None
    # The code or the QR token was right, and the account's password is still to come.
    password_awaited_of: Account | None = None
    device_model: str = ""
    system_version: str = ""
    app_version: str = ""
    api_id: int = 0
    since: datetime | None = None
    # Where it was used last.
    address: str = ""
    # It was used from two places at once, and is of no use any more.
    is_duplicated: bool = False


@dataclass
class LoginCode:
    code: str
    code_hash: str
    expired: bool = False


@dataclass
class QrToken:
    session: Session
    # Real time: Telethon compares it with the computer's clock.
    expires: datetime
    accepted_by: Account | None = None


class Logins:
    def __init__(self, world: World) -> None:
        self._world = world
        self.sessions: dict[int, Session] = {}
        self.passwords = PasswordChecks()
        self._codes: dict[str, LoginCode] = {}
        self._qr_tokens: dict[bytes, QrToken] = {}

    def session_of_key(self, key_id: int) -> Session:
        return self.sessions.setdefault(key_id, Session(key_id))

    def sessions_of(self, account: Account) -> list[Session]:
        return [s for s in self.sessions.values() if s.account is account]

    def last_code(self, phone: str) -> str:
        """Raises KeyError when none was sent."""
        return self._codes[digits_of(phone)].code

    # Codes

    def send_code(self, phone: str) -> tuple[LoginCode, bool]:
        """The code, and whether it went into the account's own Telegram (else: as if by SMS)."""
        phone = digits_of(phone)
        if len(phone) < 5:
            raise Refusal(406, "PHONE_NUMBER_INVALID")
        login = LoginCode(code=f"{secrets.randbelow(90_000) + 10_000}", code_hash=secrets.token_hex(8))
        self._codes[phone] = login
        account = self._world.by_phone(phone)
        in_app = account is not None and bool(self.sessions_of(account))
        if account is not None and in_app:
            self._world.send(
                self._world.service,
                account,
                f"Login code: {login.code}. Give it to nobody, not even to somebody from Telegram.",
            )
        return login, in_app

    def check_code(self, phone: str, code_hash: str, code: str | None) -> Account | None:
        """None when the code is right and nobody has this phone."""
        phone = digits_of(phone)
        login = self._codes.get(phone)
        if not code:
            raise Refusal(400, "PHONE_CODE_EMPTY")
        if login is None or login.code_hash != code_hash or login.expired:
            raise Refusal(400, "PHONE_CODE_EXPIRED")
        if login.code != code:
            raise Refusal(400, "PHONE_CODE_INVALID")
        login.expired = True
        return self._world.by_phone(phone)

    def expire_codes_told_in(self, account: Account, text: str) -> None:
        """Telegram voids a login code the moment its owner writes it into any chat."""
        login = self._codes.get(account.phone)
        if login is not None and login.code in text:
            login.expired = True

    # Logging in and out

    def log_in(self, session: Session, account: Account) -> None:
        """Raises SESSION_PASSWORD_NEEDED where the account has a password."""
        if account.deleted:
            raise Refusal(401, "USER_DEACTIVATED")
        if account.password is not None:
            session.password_awaited_of = account
            raise Refusal(401, "SESSION_PASSWORD_NEEDED")
        self.authorise(session, account)

    def authorise(self, session: Session, account: Account) -> None:
        session.account = account
        session.password_awaited_of = None
        session.since = self._world.clock.now()

    def revoke(self, session: Session) -> None:
        """From now on the session's requests are answered with AUTH_KEY_UNREGISTERED."""
        session.account = None
        session.password_awaited_of = None

    def end_duplicated(self, session: Session) -> None:
        """From now on the session's requests are answered with AUTH_KEY_DUPLICATED, a login on its key too."""
        session.is_duplicated = True
        self.revoke(session)

    # QR

    def new_qr_token(self, session: Session) -> tuple[bytes, QrToken]:
        token = secrets.token_bytes(32)
        expires = datetime.fromtimestamp(time.time() + QR_TOKEN_LIVES_S, UTC)
        self._qr_tokens[token] = QrToken(session, expires)
        return token, self._qr_tokens[token]

    def accepted_qr_token(self, session: Session) -> Account | None:
        return next((t.accepted_by for t in self._qr_tokens.values() if t.session is session and t.accepted_by), None)

    def accept_qr_token(self, token: bytes, account: Account) -> Session:
        """The session that showed the token; it learns the rest by asking again."""
        known = self._qr_tokens.get(token)
        if known is None:
            raise Refusal(400, "AUTH_TOKEN_INVALID")
        if known.accepted_by is not None:
            raise Refusal(400, "AUTH_TOKEN_ALREADY_ACCEPTED")
        known.accepted_by = account
        return known.session

    def forget_qr_tokens(self, session: Session) -> None:
        self._qr_tokens = {k: t for k, t in self._qr_tokens.items() if t.session is not session}


def token_in_qr_url(url: str) -> bytes:
    """The token in a tg://login link, as the camera of another phone reads it."""
    encoded = url.split("token=", 1)[1]
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
