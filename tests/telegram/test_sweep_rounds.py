"""Protects the account from the program itself: however many tasks are open, few dialogs are read in a row."""

from itertools import pairwise

from userbot.telegram.watch import CLOSED_SWEPT_A_ROUND, SWEPT_A_ROUND, _in_turn, _next_round


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


def test_people_whose_tasks_are_closed_come_in_turn_though_some_join_and_leave() -> None:
    people = list(range(2 * CLOSED_SWEPT_A_ROUND + 5))
    some, turn = _in_turn(people, -1, CLOSED_SWEPT_A_ROUND)
    assert some == people[:CLOSED_SWEPT_A_ROUND]
    people.remove(turn)
    more, turn = _in_turn(people, turn, CLOSED_SWEPT_A_ROUND)
    assert more == list(range(CLOSED_SWEPT_A_ROUND, 2 * CLOSED_SWEPT_A_ROUND))
    last, turn = _in_turn(people, turn, CLOSED_SWEPT_A_ROUND)
    assert last == people[-5:]
    assert turn == 0, "from the start again"
