"""Protects which task a contact's message is taken for: a quote, then a lone task, then the model's pick, else none."""

from itertools import product

import pytest

from userbot.tasks.matching import Match, MatchedBy, match


@pytest.mark.parametrize(
    ("open_tasks", "quoted", "picked", "expected"),
    [
        ({1, 2}, 2, None, Match(2, MatchedBy.QUOTE)),
        ({1, 2}, 2, 1, Match(2, MatchedBy.QUOTE)),
        ({1}, 1, None, Match(1, MatchedBy.QUOTE)),
        ({1}, None, None, Match(1, MatchedBy.LONE)),
        ({1}, None, 9, Match(1, MatchedBy.LONE)),
        ({1, 2}, None, 2, Match(2, MatchedBy.MODEL)),
        ({1, 2}, None, None, None),
        (set(), None, None, None),
    ],
)
def test_what_a_message_belongs_to(
    open_tasks: set[int], quoted: int | None, picked: int | None, expected: Match | None
) -> None:
    assert match(open_tasks, quoted, picked) == expected


def test_a_quote_of_a_closed_task_says_nothing_about_the_open_ones() -> None:
    """People reply to whatever message lies at hand."""
    assert match({1}, 9) == Match(1, MatchedBy.LONE)
    assert match({1, 2}, 9) is None
    assert match({1, 2}, 9, 2) == Match(2, MatchedBy.MODEL)


def test_whatever_is_said_only_an_open_task_is_matched() -> None:
    for count, quoted, picked in product(range(4), (None, 0, 1, 2, 9), (None, 0, 1, 2, 9)):
        opened = set(range(1, count + 1))
        found = match(opened, quoted, picked)
        assert found is None or found.task_id in opened
