"""Protects invariant 4: every message has one row and one random_id from birth to end, and goes out once, in order."""

from typing import Any

import peewee
import pytest

from tests.store.conftest import ANNA, BORIS, NOW, OWNER, later, new_task, row, send
from userbot.store import ledger, ledger_counts, tasks
from userbot.store.tables import LedgerRow

pytestmark = pytest.mark.usefixtures("database")


def queue(text: str = "Здравствуйте!", peer_id: int = ANNA, **more: object) -> int:
    purpose = more.pop("purpose", "reply")
    return ledger.queue(peer_id, purpose, text, NOW, **more)  # type: ignore[arg-type]


# --- once -----------------------------------------------------------------------------------------------------------


def test_random_ids_are_there_from_birth_and_differ() -> None:
    ids = [row(queue()).random_id for _ in range(50)]
    assert len(set(ids)) == 50
    assert all(0 < one < 2**63 for one in ids)


def test_the_database_refuses_a_random_id_twice() -> None:
    """Two messages with one random_id are one message to Telegram: the second would never arrive."""
    first, second = queue(), queue()
    with pytest.raises(peewee.IntegrityError):
        LedgerRow.update(random_id=row(first).random_id).where(LedgerRow.id == second).execute()


def test_the_random_id_never_changes_whatever_happens() -> None:
    one = queue(reply_to=3)
    born_with = row(one).random_id
    ledger.start_sending(one)
    ledger.postpone(one, later(minutes=1), "Timeout")
    ledger.start_sending(one)
    ledger.requeue(one, later(minutes=2), "FLOOD_WAIT")
    ledger.start_sending(one)
    ledger.drop_quote(one)
    ledger.start_sending(one)
    ledger.mark_sent(one, 5, NOW)
    assert row(one).random_id == born_with
    assert (row(one).attempts, row(one).state, row(one).reply_to) == (4, "sent", None)


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_an_empty_message_cannot_be_promised(text: str) -> None:
    """Invariant 11."""
    with pytest.raises(ValueError, match="empty"):
        queue(text)


def test_sending_starts_only_for_what_is_still_wanted() -> None:
    """Between "this is due" and "send it" the owner may have stopped the task."""
    task_id = new_task()
    dropped, sent, failed = queue(task_id=task_id), queue(), queue()
    ledger.drop_queued(task_id)
    send(sent, 5)
    ledger.mark_failed(failed, "USER_IS_BLOCKED")
    assert [ledger.start_sending(one) for one in (dropped, sent, failed)] == [False, False, False]
    assert [row(one).state for one in (dropped, sent, failed)] == ["dropped", "sent", "failed"]


def test_a_try_whose_outcome_is_unknown_is_tried_again() -> None:
    """A crash leaves the row in `sending`: the same row goes again."""
    one = queue()
    assert ledger.start_sending(one)
    assert ledger.is_sending(ANNA)
    assert ledger.start_sending(one)
    assert row(one).attempts == 2


def test_sent_is_sent_once() -> None:
    one = queue()
    send(one, 5)
    assert not ledger.mark_sent(one, 6, later(minutes=1))
    assert (row(one).message_id, row(one).sent_at) == (5, NOW)


def test_telegram_may_say_first_which_message_a_random_id_became() -> None:
    one = queue()
    ledger.start_sending(one)
    learned = ledger.learn_message_id(row(one).random_id, 5, NOW)
    assert learned is not None
    assert (learned.id, learned.state, learned.message_id) == (one, "sent", 5)
    assert ledger.learn_message_id(row(one).random_id, 5, NOW) is None
    assert ledger.learn_message_id(12345, 6, NOW) is None


def test_what_telegram_has_sent_is_neither_failed_nor_queued_again() -> None:
    """The answer to a try can come after the news that the message is there."""
    one = queue()
    ledger.start_sending(one)
    ledger.learn_message_id(row(one).random_id, 5, NOW)
    ledger.requeue(one, later(minutes=1), "FLOOD_WAIT")
    ledger.drop_quote(one)
    assert not ledger.mark_failed(one, "USER_IS_BLOCKED")
    assert row(one).state == "sent"


def test_the_ledger_knows_its_messages() -> None:
    """Invariant 5: what is in here, this program wrote."""
    one = queue()
    send(one, 5)
    assert {message_id: found.id for message_id, found in ledger.by_message([5, 6]).items()} == {5: one}


# --- dropping -------------------------------------------------------------------------------------------------------


def test_a_stop_drops_what_was_not_begun_for_its_own_contact() -> None:
    stopped, other = new_task(), new_task()
    begun = queue(task_id=stopped)
    ledger.start_sending(begun)
    waiting = queue(task_id=stopped, purpose="opening")
    others = [
        queue(task_id=other),
        queue(purpose="relay"),
        queue(peer_id=OWNER, task_id=stopped, purpose="card"),
        queue(peer_id=OWNER, task_id=stopped, purpose="question"),
    ]
    assert ledger.drop_queued(stopped) == 1
    assert row(waiting).state == "dropped"
    assert row(begun).state == "sending"
    assert {row(one).state for one in others} == {"queued"}


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, "queued"),
        ({"paused": "owner"}, "dropped"),
        ({"paused": "takeover"}, "dropped"),
        ({"status": "cancelled", "closed_because": "stopped"}, "dropped"),
        ({"status": "completed", "closed_because": "agreed", "result": {"time": "15:00"}}, "queued"),
    ],
    ids=["open", "paused", "taken over", "stopped", "agreed"],
)
def test_what_telegram_gives_back_after_a_stop_does_not_go_out_later(columns: dict[str, Any], state: str) -> None:
    """Invariant 12. A flood wait of an hour would send it an hour after the owner said stop. A task that was agreed
    still owes its last word."""
    task_id = new_task()
    one = queue(task_id=task_id, reply_to=3)
    ledger.start_sending(one)
    tasks.change(task_id, who="owner", what="paused", now=NOW, **columns)
    assert ledger.drop_queued(task_id) == 0
    ledger.requeue(one, later(hours=1), "FLOOD_WAIT")
    assert row(one).state == state


# --- order ----------------------------------------------------------------------------------------------------------


def test_each_dialog_goes_out_in_order_and_waits_for_nobody_else() -> None:
    first, second, to_boris = queue("раз"), queue("два"), queue("эй", BORIS)
    ledger.start_sending(first)
    ledger.postpone(first, later(hours=1), "FLOOD_WAIT")
    assert [one.id for one in ledger.next_of_each_peer()] == [first, to_boris]
    ledger.mark_failed(first, "USER_IS_BLOCKED")
    send(to_boris, 9)
    assert [one.id for one in ledger.next_of_each_peer()] == [second]


def test_pacing_counts_what_went_out_over_a_restart_too() -> None:
    one, other = queue(), queue(peer_id=BORIS)
    send(one, 5, NOW)
    send(other, 6, later(minutes=2))
    queue()
    assert ledger_counts.sent_to_contacts_since(OWNER, later(minutes=1)) == 1
    assert ledger.last_sent_at(BORIS) == later(minutes=2)


def test_the_dialog_shows_what_the_contact_has_or_will_get() -> None:
    shown = [queue("раз"), queue("два", purpose="opening"), queue("три", purpose="relay")]
    ledger.start_sending(shown[0])
    gone = queue("нет")
    ledger.mark_failed(gone, "USER_IS_BLOCKED")
    queue("карточка", OWNER, purpose="card")
    assert [one.text for one in ledger.latest(ANNA, 5)] == ["раз", "два", "три"]
    assert [one.text for one in ledger.latest(ANNA, 2)] == ["два", "три"]


def test_words_passed_on_are_not_a_message_of_the_assistants() -> None:
    """Who got only the owner's own words has not been told yet that an assistant writes."""
    relay = queue(purpose="relay")
    send(relay, 5)
    assert not ledger.has_written(ANNA)
    opening = queue(purpose="opening")
    assert ledger.has_written(ANNA)
    ledger.mark_failed(opening, "USER_IS_BLOCKED")
    assert not ledger.has_written(ANNA)


def test_rows_of_a_task_by_what_they_are_for() -> None:
    task_id = new_task()
    opening, reply = queue(task_id=task_id, purpose="opening"), queue(task_id=task_id)
    assert [one.id for one in ledger.of_task(task_id, "opening")] == [opening]
    assert [one.id for one in ledger.of_task(task_id, "reply")] == [reply]


def test_first_contacts_are_people_never_written_to_before() -> None:
    """Invariant 13: the daily cap counts new people, not messages, and not those known longer."""
    for peer_id, purpose, hours in (
        (ANNA, "opening", 0),
        (BORIS, "relay", 20),
        (BORIS, "reply", 21),
        (ANNA, "reply", 22),
    ):
        ledger.queue(peer_id, purpose, "Здравствуйте!", later(hours=hours))  # type: ignore[arg-type]
    ledger.queue(OWNER, "card", "№ 1", later(hours=22))
    assert ledger_counts.first_contacts_since(NOW) == 2
    assert ledger_counts.first_contacts_since(later(hours=1)) == 1
    assert ledger_counts.first_contacts_since(later(hours=20, minutes=1)) == 0


# --- what waits for the owner's yes ---------------------------------------------------------------------------------


def test_what_waits_for_a_yes_nobody_has_and_nothing_sends() -> None:
    task_id = new_task()
    one = queue(task_id=task_id, purpose="opening", state="proposed", turn_id="turn")
    assert row(one).random_id > 0
    assert ledger.next_of_each_peer() == []
    assert ledger.peers_due() == set()
    assert ledger_counts.count_undelivered() == 0
    assert not ledger.is_sending(ANNA)
    assert not ledger.start_sending(one)
    assert ledger.latest(ANNA, 10) == []
    assert not ledger.has_written(ANNA)
    assert ledger.not_begun(ANNA) == []
    assert not ledger.mark_failed(one, "PEER_FLOOD")
    ledger.postpone(one, later(minutes=1), "Timeout")
    ledger.requeue(one, later(minutes=1), "FLOOD_WAIT")
    assert (row(one).state, row(one).not_before) == ("proposed", None)
    assert ledger_counts.sent_to_contacts_since(OWNER, NOW) == 0


def test_what_waits_for_a_yes_has_its_place_in_the_budgets() -> None:
    """Invariant 13: else any number of first messages could be drafted in a day, and then all be sent."""
    task_id = new_task()
    queue(task_id=task_id, purpose="opening", state="proposed")
    assert ledger_counts.count_to_contact(task_id) == 1
    assert ledger_counts.first_contacts_since(NOW) == 1
    assert ledger_counts.first_contacts_since(later(hours=1)) == 0


def test_a_yes_makes_a_promise_of_now_and_a_no_none() -> None:
    yes, no = queue(state="proposed", turn_id="turn"), queue(state="proposed", turn_id="turn")
    born_with = row(yes).random_id
    assert ledger.release([yes], later(hours=2)) == 1
    assert ledger.drop_proposed([yes, no]) == 1
    assert ledger.release([no], later(hours=2)) == 0
    assert (row(yes).state, row(yes).random_id, row(yes).created_at) == ("queued", born_with, later(hours=2))
    assert row(yes).turn_id is None, "nothing takes back what the owner said yes to"
    assert (row(no).state, ledger.proposed(ANNA)) == ("dropped", [])


def test_only_what_was_not_begun_is_taken_back() -> None:
    begun, waits = queue(turn_id="turn"), queue(turn_id="turn")
    ledger.start_sending(begun)
    assert [one.id for one in ledger.not_begun(ANNA)] == [waits]
    assert not ledger.take_back(begun)
    ledger.requeue(begun, later(minutes=1), "FLOOD_WAIT")
    assert not ledger.take_back(begun)
    assert ledger.take_back(waits)
    assert row(waits).state == "dropped"


def test_what_telegram_refused_is_taken_back_only_while_nothing_of_it_may_have_gone_through() -> None:
    refused, unknown = queue(turn_id="turn"), queue(turn_id="turn")
    for one in (refused, unknown):
        ledger.start_sending(one)
    assert ledger.refused(ANNA) == []
    assert not ledger.take_back_refused(refused), "its outcome is not known yet"
    ledger.requeue(refused, later(minutes=9), "FLOOD_WAIT")
    # The first try got no answer, and the second was refused: the first may have gone through.
    ledger.postpone(unknown, later(minutes=9), "FLOOD_WAIT")
    assert [one.id for one in ledger.refused(ANNA)] == [refused]
    assert not ledger.take_back_refused(unknown)
    assert ledger.take_back_refused(refused)
    assert row(queue(turn_id="turn")).not_before == later(minutes=9), "what takes its place waits as long"


def test_the_database_refuses_a_draft_that_was_begun() -> None:
    one = queue(state="proposed")
    with pytest.raises(peewee.IntegrityError):
        LedgerRow.update(attempts=1).where(LedgerRow.id == one).execute()
