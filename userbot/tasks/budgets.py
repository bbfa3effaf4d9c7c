"""Budgets, checked before they are spent: what a turn may still cost, and what a task may. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# What is not a task's is counted over the last 24 hours, so that nothing is free again at midnight.
PERIOD = timedelta(days=1)


class Budget(StrEnum):
    TURNS = "turns"
    MESSAGES = "messages"
    TOKENS = "tokens"
    MONEY = "money"
    FIRST_CONTACTS = "first_contacts"


class Rest(StrEnum):
    """Why a task rests until its owner says go on. The names are those of the tasks' `trouble`."""

    TURNS = "rest_turns"
    MESSAGES = "rest_messages"
    TOKENS = "rest_tokens"
    MONEY = "rest_money"
    INCOMING = "rest_incoming"  # the contact writes more than may be read
    PING_PONG = "rest_ping_pong"  # the contact answers like a program
    DAMAGED = "rest_damaged"  # something of what is stored about this dialog could not be read


@dataclass(frozen=True)
class Limits:
    """`*_per_task`: since the owner's last .resume of the task. `incoming_*`: of one contact, in 24 hours or since that
    .resume, whichever is less. The rest in 24 hours, over everything; `turns` and `messages` are those with contacts.
    """

    turns_per_task: int = 60
    messages_per_task: int = 40
    tokens_per_task: int = 500_000
    dollars_per_task: float = 2.0
    incoming_messages: int = 200
    incoming_chars: int = 50_000
    turns: int = 500
    messages: int = 300
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


@dataclass(frozen=True)
class Incoming:
    """What one contact wrote: how many messages, and how many characters of them would enter a prompt."""

    messages: int = 0
    chars: int = 0


def spent_up(spent: Spent, limits: Limits, *, is_first_contact: bool) -> Budget | None:
    """The day's budget that forbids the next turn, if one does. `is_first_contact`: it would write to somebody new."""
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


def task_spent_up(spent: Spent, limits: Limits) -> Rest | None:
    """Why this task has to rest: what it spent itself is all that one task may."""
    if spent.tokens >= limits.tokens_per_task:
        return Rest.TOKENS
    if spent.dollars >= limits.dollars_per_task:
        return Rest.MONEY
    if spent.turns >= limits.turns_per_task:
        return Rest.TURNS
    return Rest.MESSAGES if spent.messages >= limits.messages_per_task else None


def messages_left(of_tasks: int, of_day: int, limits: Limits) -> int:
    """How many messages more a turn may write, where its task and the day had so many."""
    return max(0, min(limits.messages_per_task - of_tasks, limits.messages - of_day))


def is_flooded(incoming: Incoming, limits: Limits) -> bool:
    """Has this contact written more than is read of one person?"""
    return incoming.messages > limits.incoming_messages or incoming.chars > limits.incoming_chars
