"""Protects the account from the program itself: however many tasks are open, few dialogs are read in a row."""

from itertools import pairwise

from userbot.telegram.watch import SWEPT_A_ROUND, _next_round


def test_few_people_are_all_read_in_every_round() -> None:
    people = list(range(SWEPT_A_ROUND, 0, -1))
    assert _next_round(people, 0) == (people, 0)


def test_of_many_those_that_moved_last_are_read_in_every_round_and_everybody_in_turn() -> None:
    people = list(range(5 * SWEPT_A_ROUND + 7, 0, -1))
    turn = 0
    read: list[list[int]] = []
    while not read or turn:
        round_, turn = _next_round(people, turn)
        assert round_[:SWEPT_A_ROUND] == people[:SWEPT_A_ROUND]
        assert len(round_) <= 2 * SWEPT_A_ROUND
        read.append(round_[SWEPT_A_ROUND:])
    others = [one for round_ in read for one in round_]
    assert sorted(others) == sorted(people[SWEPT_A_ROUND:])
    assert all(before < after for before, after in pairwise(others)), "nobody twice before everybody once"
