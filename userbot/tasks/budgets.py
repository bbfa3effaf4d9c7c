"""Budgets, checked before they are spent: what a turn may still cost. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# Every budget that is not a task's is counted over the last 24 hours, so that nothing is free again at midnight.
PERIOD = timedelta(days=1)


class Budget(StrEnum):
    TURNS = "turns"
    MESSAGES = "messages"
    TOKENS = "tokens"
    MONEY = "money"
    FIRST_CONTACTS = "first_contacts"


@dataclass(frozen=True)
class Limits:
    """`turns`: of one dialog a day. `messages`: to a contact in one task. The rest a day, over everything."""

    turns: int = 60
    messages: int = 40
    tokens: int = 2_000_000
    dollars: float = 5.0
    first_contacts: int = 10


@dataclass(frozen=True)
class Spent:
    """What was spent so far, counted as `Limits` are. `dollars` holds only the calls whose price is known."""

    turns: int = 0
    messages: int = 0
    tokens: int = 0
    dollars: float = 0.0
    first_contacts: int = 0


def spent_up(spent: Spent, limits: Limits, *, is_first_contact: bool) -> Budget | None:
    """The budget that forbids the next turn, if one does. `is_first_contact`: it would write to somebody new."""
    if spent.tokens >= limits.tokens:
        return Budget.TOKENS
    if spent.dollars >= limits.dollars:
        return Budget.MONEY
    if spent.turns >= limits.turns:
        return Budget.TURNS
    if spent.messages >= limits.messages:
        return Budget.MESSAGES
    if is_first_contact and spent.first_contacts >= limits.first_contacts:
        return Budget.FIRST_CONTACTS
    return None
