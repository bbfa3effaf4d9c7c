"""Protects which task a contact's message is taken for by code: a quote, then a lone task, else none."""

from itertools import product

import pytest

from userbot.tasks.matching import Match, MatchedBy, match


@pytest.mark.parametrize(
    ("open_tasks", "quoted", "expected"),
    [
        ({1, 2}, 2, Match(2, MatchedBy.QUOTE)),
        ({1}, 1, Match(1, MatchedBy.QUOTE)),
        ({1}, None, Match(1, MatchedBy.LONE)),
        ({1, 2}, None, None),
        (set(), None, None),
    ],
)
def test_what_a_message_belongs_to(open_tasks: set[int], quoted: int | None, expected: Match | None) -> None:
    assert match(open_tasks, quoted) == expected


def test_a_quote_of_a_closed_task_says_nothing_about_the_open_ones() -> None:
    """People reply to whatever message lies at hand."""
    assert match({1}, 9) == Match(1, MatchedBy.LONE)
    assert match({1, 2}, 9) is None


def test_whatever_is_said_only_an_open_task_is_matched() -> None:
    for count, quoted in product(range(4), (None, 0, 1, 2, 9)):
        opened = set(range(1, count + 1))
        found = match(opened, quoted)
        assert found is None or found.task_id in opened
