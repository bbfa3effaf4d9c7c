"""Protects the bill and the account (invariant 13): what is spent up forbids the next turn, and nothing else does."""

import pytest

from userbot.tasks.budgets import Budget, Limits, Spent, spent_up

LIMITS = Limits(turns=10, messages=5, tokens=1000, dollars=1.0, first_contacts=2)


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


def test_people_who_know_us_are_answered_when_no_more_new_ones_may_be_written_to() -> None:
    assert spent_up(Spent(first_contacts=99), LIMITS, is_first_contact=False) is None


def test_nothing_at_all_may_be_spent_when_a_limit_is_zero() -> None:
    assert spent_up(Spent(), Limits(tokens=0), is_first_contact=False) is Budget.TOKENS
