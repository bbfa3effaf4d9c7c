"""A limited account: which messages find out when the limit is over, and which wait until then."""

from userbot.store.ledger import Outgoing
from userbot.telegram.refusals import ACCOUNT_LIMITED

# What PEER_FLOOD forbids: writing to somebody first. Answers in dialogs that exist still go through.
FIRST_MESSAGES = ("opening", "relay")


def probes(rows: list[Outgoing]) -> dict[str, Outgoing]:
    """Of a limited account's refused rows the oldest of each kind: the one that finds out when the limit is over."""
    found: dict[str, Outgoing] = {}
    for row in rows:
        if row.error in ACCOUNT_LIMITED:
            found.setdefault(row.error, row)
    return found


def is_held_back(row: Outgoing, trying: dict[str, Outgoing]) -> bool:
    """While the account is limited one row tries, and those it would be as useless for wait until it got through."""
    if not trying or row.id in {probe.id for probe in trying.values()}:
        return False
    return "FROZEN_METHOD_INVALID" in trying or row.purpose in FIRST_MESSAGES


def disproved(row: Outgoing) -> list[str]:
    """The limits of the account that do not hold any more when this message went through, whoever had run into them:
    the message that had may have been dropped since."""
    proves = {row.error, "FROZEN_METHOD_INVALID", *(("PEER_FLOOD",) if row.purpose in FIRST_MESSAGES else ())}
    return [name for name in ACCOUNT_LIMITED if name in proves]
