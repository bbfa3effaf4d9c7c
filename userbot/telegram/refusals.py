"""What Telegram's errors mean: for a message of the ledger (`classify`), and for any other call (`understand`)."""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from telethon import errors

from userbot.errors import NeverAgain, NotLoggedIn, OwnerMustAct, TryAgain, UserbotError

LOG_IN = "run `userbot login`"
_ENDED = {
    "AUTH_KEY_UNREGISTERED": f"Telegram does not know this login (any more): {LOG_IN}",
    "AUTH_KEY_INVALID": f"Telegram does not know this login (any more): {LOG_IN}",
    "SESSION_REVOKED": f"this session was ended from another device: {LOG_IN}",
    "SESSION_EXPIRED": f"this session has expired: {LOG_IN}",
    "SESSION_PASSWORD_NEEDED": f"the login was not finished, its password is still to come: {LOG_IN}",
    "AUTH_KEY_DUPLICATED": "Telegram ended this session because it was used from two places at once:"
    f" see that only one copy of it runs, then {LOG_IN}",
    "USER_DEACTIVATED": f"this Telegram account was deleted: {LOG_IN} with another one",
    "USER_DEACTIVATED_BAN": f"Telegram has banned this account (recover@telegram.org): {LOG_IN} with another one",
}

# A flood that does not say for how long.
DEFAULT_WAIT_S = 60.0
# The account itself is limited: whom it writes to makes no difference.
ACCOUNT_LIMITED = ("PEER_FLOOD", "FROZEN_METHOD_INVALID")
# This person cannot be written to. Some have no class of their own in Telethon and are known by their message only.
PERMANENT = (
    "USER_IS_BLOCKED",
    "YOU_BLOCKED_USER",
    "INPUT_USER_DEACTIVATED",
    "USER_DEACTIVATED_PEER",
    "USER_PRIVACY_RESTRICTED",
    "CHAT_WRITE_FORBIDDEN",
    "PRIVACY_PREMIUM_REQUIRED",
    "ALLOW_PAYMENT_REQUIRED",
    "USER_ID_INVALID",
    "USER_IS_BOT",
)
# Beside every 401. The second is Telethon's own: the server does not know the session's key.
LOGGED_OUT = ("AUTH_KEY_DUPLICATED", "AuthKeyNotFound")
UNSENT_QUOTE = ("REPLY_MESSAGE_ID_INVALID", "MESSAGE_ID_INVALID", "MSG_ID_INVALID", "REPLY_TO_INVALID")


class Kind(StrEnum):
    WAIT = "wait"  # refused for `seconds`: nothing was sent
    UNKNOWN = "unknown"  # it may have been sent: the same random_id again
    PERMANENT = "permanent"  # never to this contact
    ACCOUNT = "account"  # the account is limited
    PEER = "peer"  # the address is stale: look it up once more
    QUOTE = "quote"  # the quoted message is gone: send without the quote
    LOGGED_OUT = "logged_out"


@dataclass(frozen=True)
class Refusal:
    """`name` is Telegram's own, for the record and for wording; `seconds` how long to wait, where it said so."""

    kind: Kind
    name: str
    seconds: float = 0


def classify(error: BaseException) -> Refusal:
    """What `error`, raised by a request, says about it. Whatever is not a clear no counts as unknown."""
    name = name_of(error)
    for known in ACCOUNT_LIMITED:
        if name.startswith(known):
            return Refusal(Kind.ACCOUNT, known)
    if isinstance(error, errors.FloodError):
        return Refusal(Kind.WAIT, name, float(getattr(error, "seconds", 0) or DEFAULT_WAIT_S))
    if isinstance(error, errors.UnauthorizedError) or name in LOGGED_OUT:
        return Refusal(Kind.LOGGED_OUT, name)
    for known in PERMANENT:
        if name.startswith(known):
            return Refusal(Kind.PERMANENT, known)
    if name.startswith("PEER_ID_INVALID"):
        return Refusal(Kind.PEER, "PEER_ID_INVALID")
    if name in UNSENT_QUOTE:
        return Refusal(Kind.QUOTE, name)
    # A dropped connection, a timeout, 5xx, -503, RANDOM_ID_DUPLICATE: the outcome of the call is not known.
    if not isinstance(error, errors.RPCError) or isinstance(error, errors.ServerError | errors.TimedOutError):
        return Refusal(Kind.UNKNOWN, name)
    if name.startswith(("RANDOM_ID_DUPLICATE", "MSG_WAIT_FAILED")):
        return Refusal(Kind.UNKNOWN, name)
    # Telethon's AuthKeyError is every 406: most of them are plain refusals.
    if isinstance(error, errors.BadRequestError | errors.ForbiddenError | errors.AuthKeyError):
        return Refusal(Kind.PERMANENT, name)
    return Refusal(Kind.UNKNOWN, name)


def name_of(error: BaseException) -> str:
    """Telegram's name of the error. Telethon's classes know it, except where there is no class for it."""
    if not isinstance(error, errors.RPCError):
        return type(error).__name__
    return _NAMES.get(type(error)) or str(getattr(error, "message", None) or type(error).__name__)


def understand(error: BaseException) -> UserbotError:
    """What an error of a Telegram call means to us, whatever the call; an error of ours stays what it is."""
    logged_out = logged_out_error(error)
    if logged_out is not None:
        return logged_out
    match error:
        case UserbotError():
            return error
        case errors.FloodError():
            seconds = getattr(error, "seconds", None)
            if seconds is None:
                return OwnerMustAct(f"Telegram limits this account: {name_of(error)}")
            return TryAgain(f"Telegram asks to wait {seconds} s", after_s=float(seconds))
        case errors.ApiIdInvalidError() | errors.ApiIdPublishedFloodError():
            return OwnerMustAct(f"Telegram does not take TELEGRAM_API_ID and TELEGRAM_API_HASH ({name_of(error)})")
        case errors.ServerError() | errors.TimedOutError():
            return TryAgain(f"Telegram has trouble of its own: {name_of(error)}")
        case errors.RPCError():
            return NeverAgain(f"Telegram refuses: {name_of(error)}")
        case TimeoutError():
            return TryAgain("Telegram did not answer in time")
        case OSError() | EOFError():
            return TryAgain(f"Telegram cannot be reached: {error}")
        case sqlite3.Error():
            return OwnerMustAct(f"the session file cannot be used: {error}")
    return TryAgain(f"talking to Telegram failed: {type(error).__name__}: {error}")


def logged_out_error(error: BaseException) -> OwnerMustAct | None:
    """What to tell the owner when `error` means that this login is over; None when it means something else."""
    if isinstance(error, NotLoggedIn):
        return error
    if isinstance(error, errors.AuthKeyNotFound):
        return login_ended("AUTH_KEY_UNREGISTERED")
    if isinstance(error, errors.RPCError) and name_of(error) in _ENDED:
        return login_ended(name_of(error))
    return None


def login_ended(name: str) -> NotLoggedIn:
    """What to tell the owner about a login that Telegram ended, by Telegram's name for it."""
    return NotLoggedIn(_ENDED.get(name, f"Telegram ended this login ({name}): {LOG_IN}"))


_NAMES: dict[type, str] = {
    **{cls: name for name, cls in errors.rpcerrorlist.rpc_errors_dict.items()},
    **{cls: pattern.replace("_(\\d+)", "") for pattern, cls in errors.rpcerrorlist.rpc_errors_re},
}
