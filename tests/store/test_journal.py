"""Protects invariant 1: each message is one row whatever is delivered how often, and every change of it is noticed."""

import pytest

from tests.store.conftest import ANNA, BORIS, NOW, OWNER, entry, receive
from userbot.store import journal, peers
from userbot.store.journal import Received, State

pytestmark = pytest.mark.usefixtures("database")


def again(message_id: int, text: str, state: State) -> bool:
    received = Received(peer_id=ANNA, message_id=message_id, author="contact", text=text, sent_at=NOW)
    return journal.record(received, state, NOW)


def test_a_message_delivered_twice_is_one_row_and_one_change() -> None:
    """Nine deliveries of one message once drew nine answers elsewhere."""
    receive(5, "привет")
    journal.mark_handled([entry(5).id], "t1")
    mark = peers.mark(ANNA)
    assert not again(5, "привет", "new")
    assert not again(5, "другое", "history")
    assert entry(5).state == "handled"
    assert entry(5).text == "привет"
    assert peers.mark(ANNA) == mark


def test_the_same_number_in_another_dialog_is_another_message() -> None:
    receive(5)
    receive(5, peer_id=BORIS)
    assert len(journal.waiting(ANNA, "new")) == len(journal.waiting(BORIS, "new")) == 1


def test_everything_that_changes_a_dialog_moves_its_mark_and_no_other() -> None:
    """The mark is how a turn's commit knows that its world still stands."""
    marks = [peers.mark(ANNA)]
    receive(1)
    marks.append(peers.mark(ANNA))
    receive(2, author="owner", state="held")
    marks.append(peers.mark(ANNA))
    journal.record_edit(ANNA, 1, "иначе")
    marks.append(peers.mark(ANNA))
    journal.record_deletion([1])
    marks.append(peers.mark(ANNA))
    assert marks == sorted(set(marks))
    assert peers.mark(BORIS) == 0


def test_history_does_not_move_the_mark() -> None:
    """Old messages that a new task reads are no news to it."""
    receive(1, state="history")
    assert peers.mark(ANNA) == 0
    assert journal.peers_waiting() == set()


def test_an_edit_of_a_handled_message_is_read_again() -> None:
    receive(1, "в три")
    journal.mark_handled([entry(1).id], "t1", 7, "lone")
    assert journal.record_edit(ANNA, 1, "в пять")
    assert (entry(1).state, entry(1).text, entry(1).revision) == ("new", "в пять", 2)


def test_an_edit_of_history_changes_its_text_and_wakes_nobody() -> None:
    receive(1, "раньше", state="history")
    assert not journal.record_edit(ANNA, 1, "раньше, но иначе")
    assert (entry(1).state, entry(1).text) == ("history", "раньше, но иначе")
    assert peers.mark(ANNA) == 0


def test_an_edit_that_changes_no_word_is_none() -> None:
    """Telegram sends edits for reactions too."""
    receive(1, "да")
    mark = peers.mark(ANNA)
    assert not journal.record_edit(ANNA, 1, "да")
    assert not journal.record_edit(ANNA, 99, "да")
    assert (entry(1).revision, peers.mark(ANNA)) == (1, mark)


def test_a_held_message_stays_held_when_edited() -> None:
    """Whose it is, the ledger must still say."""
    receive(1, author="owner", state="held")
    assert journal.record_edit(ANNA, 1, "иначе")
    assert entry(1).state == "held"


def test_deletions_find_their_dialogs_by_id() -> None:
    """Telegram says which messages are gone, not where."""
    receive(1)
    receive(2, peer_id=BORIS)
    receive(3, peer_id=OWNER, author="owner")
    assert journal.record_deletion([1, 2, 77]) == {ANNA, BORIS}
    assert journal.record_deletion([1, 2, 77]) == set()
    assert (entry(1).state, entry(2, BORIS).state, entry(3, OWNER).state) == ("deleted", "deleted", "new")


def test_what_is_deleted_stays_deleted() -> None:
    receive(1)
    journal.record_deletion([1])
    assert not journal.record_edit(ANNA, 1, "вернулось")
    assert not again(1, "вернулось", "new")
    assert journal.waiting(ANNA, "new") == []
    assert journal.latest(ANNA, 10) == []


def test_waiting_is_in_the_order_of_the_dialog_whatever_came_first() -> None:
    for message_id in (7, 5, 6):
        receive(message_id)
    receive(8, author="owner", state="held")
    assert [one.message_id for one in journal.waiting(ANNA, "new")] == [5, 6, 7]
    assert [one.message_id for one in journal.waiting(ANNA, "new", "held")] == [5, 6, 7, 8]
    assert journal.peers_waiting() == {ANNA}


def test_latest_keeps_the_last_ones_that_may_be_shown() -> None:
    for message_id in range(1, 6):
        receive(message_id)
    receive(6, author="owner", state="held")
    journal.record_deletion([5])
    assert [one.message_id for one in journal.latest(ANNA, 3)] == [2, 3, 4]


def test_handled_rows_remember_their_turn_and_keep_an_earlier_match() -> None:
    receive(1)
    journal.mark_handled([entry(1).id], "t1", 7, "lone")
    journal.mark_handled([entry(1).id], "t2")
    assert (entry(1).state, entry(1).task_id) == ("handled", 7)


def test_our_own_message_leaves_the_journal() -> None:
    mine = receive(1, author="owner", state="held")
    journal.forget(mine.id)
    assert journal.get(mine.id) is None
