"""Protects the bill and the account (invariant 13): what is spent up forbids the next turn, and nothing else does."""

import pytest

from userbot.tasks.budgets import (
    Budget,
    Incoming,
    Limits,
    Rest,
    Spent,
    is_flooded,
    messages_left,
    spent_up,
    task_spent_up,
)

LIMITS = Limits(turns=10, messages=5, tokens=1000, dollars=1.0, first_contacts=2)
OF_TASK = Limits(turns_per_task=10, messages_per_task=5, tokens_per_task=1000, dollars_per_task=1.0)


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (Spent(), None),
        (Spent(turns=9, messages=4, tokens=999, dollars=0.99, first_contacts=1), None),
        (Spent(turns=10), Budget.TURNS),
        (Spent(messages=5), Budget.MESSAGES),
        (Spent(tokens=1000), Budget.TOKENS),
        (Spent(dollars=1.0), Budget.MONEY),
        (Spent(first_contacts=2), Budget.FIRST_CONTACTS),
    ],
)
def test_each_budget_forbids_at_its_limit_and_not_before(spent: Spent, expected: Budget | None) -> None:
    assert spent_up(spent, LIMITS, is_first_contact=True) is expected


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (Spent(turns=9, messages=4, tokens=999, dollars=0.99, first_contacts=99), None),
        (Spent(turns=10), Rest.TURNS),
        (Spent(messages=5), Rest.MESSAGES),
        (Spent(tokens=1000), Rest.TOKENS),
        (Spent(dollars=1.0), Rest.MONEY),
    ],
)
def test_a_task_rests_at_its_own_limit_and_not_before(spent: Spent, expected: Rest | None) -> None:
    assert task_spent_up(spent, OF_TASK) is expected


def test_people_who_know_us_are_answered_when_no_more_new_ones_may_be_written_to() -> None:
    assert spent_up(Spent(first_contacts=99), LIMITS, is_first_contact=False) is None


def test_nothing_at_all_may_be_spent_when_a_limit_is_zero() -> None:
    assert spent_up(Spent(), Limits(tokens=0), is_first_contact=False) is Budget.TOKENS


@pytest.mark.parametrize(
    ("incoming", "flooded"),
    [(Incoming(200, 0), False), (Incoming(201, 0), True), (Incoming(1, 50_000), False), (Incoming(1, 50_001), True)],
)
def test_a_contact_may_write_so_much_and_no_more(incoming: Incoming, flooded: bool) -> None:
    assert is_flooded(incoming, Limits(incoming_messages=200, incoming_chars=50_000)) is flooded


@pytest.mark.parametrize(("of_task", "of_day", "left"), [(0, 0, 5), (4, 4, 1), (5, 0, 0), (0, 7, 1), (0, 9, 0)])
def test_a_turn_writes_no_more_messages_than_are_left(of_task: int, of_day: int, left: int) -> None:
    assert messages_left(of_task, of_day, Limits(messages_per_task=5, messages=8)) == left
