"""Protects speed with a large database: what every turn, every update and every start asks is answered by an index."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.store.conftest import ANNA, NOW, OWNER, new_task, receive
from userbot.store import conversations, desk, journal, ledger, ledger_counts, peers, plans, rows, tasks, usage

pytestmark = pytest.mark.usefixtures("database")

HOT: dict[str, Callable[[], object]] = {
    "is_of_interest": lambda: tasks.is_of_interest(ANNA, NOW, timedelta(days=14)),
    "open_with": lambda: tasks.open_with(ANNA),
    "has_open": lambda: tasks.has_open(ANNA),
    "trouble_is_over": lambda: tasks.trouble_is_over(ANNA),
    "pending": tasks.pending,
    "stale_cards": tasks.stale_cards,
    "get task": lambda: tasks.get(1),
    "events": lambda: tasks.events(1),
    "mark": lambda: peers.mark(ANNA),
    "contact": lambda: peers.contact(ANNA),
    "waiting": lambda: journal.waiting(ANNA, "new"),
    "has_of_owner": lambda: journal.has_of_owner(ANNA),
    "peers_waiting": journal.peers_waiting,
    "latest entries": lambda: journal.latest(ANNA, 20),
    "find": lambda: journal.find(ANNA, [1, 2]),
    "by_message": lambda: ledger.by_message([1, 2]),
    "proposed": lambda: ledger.proposed(ANNA),
    "not_begun": lambda: ledger.not_begun(ANNA),
    "proposed_before": lambda: ledger.proposed_before(NOW),
    "peers_proposed": ledger.peers_proposed,
    "is_sending": lambda: ledger.is_sending(OWNER, "text"),
    "next_of_each_peer": ledger.next_of_each_peer,
    "peers_due": ledger.peers_due,
    "scheduled": ledger.scheduled,
    "scheduled_became": lambda: ledger.scheduled_became(5, 6, NOW),
    "went_out": lambda: ledger.went_out("text", 6, NOW, NOW),
    "latest rows": lambda: ledger.latest(ANNA, 20),
    "has_written": lambda: ledger.has_written(ANNA),
    "of_task": lambda: ledger.of_task(1, "opening"),
    "count_to_contact": lambda: ledger_counts.count_to_contact(1),
    "first_contacts_since": lambda: ledger_counts.first_contacts_since(NOW),
    "sent_to_contacts_since": lambda: ledger_counts.sent_to_contacts_since(OWNER, NOW),
    "last_sent_at": lambda: ledger.last_sent_at(ANNA),
    "new_instructions": lambda: conversations.new_instructions(ANNA),
    "latest_notes": lambda: conversations.latest_notes(ANNA, "did", [1, 2], 12),
    "older": lambda: conversations.older(ANNA, 500, 100),
    "named": lambda: conversations.named(ANNA, [1, 2]),
    "peers_with_instructions": conversations.peers_with_instructions,
    "unposted": desk.unposted,
    "open_questions": lambda: desk.open_questions(1),
    "stale items": desk.stale,
    "latest_events": lambda: tasks.latest_events(1, ("agreed", "marked"), 8),
    "last_event": lambda: tasks.last_event(1, "paused"),
    "last_said": lambda: desk.last_said(5),
    "cost_since": lambda: usage.cost_since(NOW, OWNER),
    "calls_since": lambda: [kept_up.look(NOW) for kept_up in [usage.CallsSince()] for _ in range(2)],
    "cost_of_task": lambda: usage.cost_of_task(1, NOW),
    "count_to_contacts_since": lambda: ledger_counts.count_to_contacts_since(NOW),
    "incoming_since": lambda: journal.incoming_since(ANNA, NOW, 2000),
    "private_notes": lambda: tasks.private_notes(40),
    "plan of a task": lambda: plans.of_task(1),
    "plans to settle": lambda: plans.to_settle(NOW),
    "plans going": plans.going,
    "touched": lambda: plans.touch(1),
    "mates": lambda: plans.mates(1),
    "open_briefs": lambda: tasks.open_briefs(20),
    "last_resumed_at": lambda: tasks.last_resumed_at(1),
}
# A scan of one of these goes over what waits just now, however large its table is.
SMALL = (
    "journal_waiting",
    "ledger_due",
    "ledger_proposed",
    "ledger_scheduled",
    "conversation_task_pending",
    # In their order, and no further than the limit.
    "conversation_task_noted",
    "conversation_task_newest_open",
    "conversation_note_new",
    "desk_item_unposted",
    "desk_item_said",
    "desk_item_stale",
    "card_stale",
    # Few at a time.
    "plan_stale",
    "plan_going",
)


@pytest.mark.parametrize("name", HOT)
def test_a_hot_query_walks_through_no_table(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    new_task()
    receive(5)
    asked: list[tuple[str, tuple[object, ...]]] = []
    execute = rows._execute

    def note(sql: str, values: tuple[object, ...]) -> object:
        asked.append((sql, values))
        return execute(sql, values)

    monkeypatch.setattr(rows, "_execute", note)
    HOT[name]()
    assert asked
    for sql, values in asked:
        plan = [str(step[3]) for step in execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        scans = [step for step in plan if step.startswith("SCAN") and not any(index in step for index in SMALL)]
        # The rows of a subquery that an index brought.
        assert [step for step in scans if step != "SCAN lately"] == [], plan
        # Sorting is for a handful of rows: the latest of something come in their index's order.
        assert "LIMIT ?" not in sql or not any("TEMP B-TREE FOR ORDER" in step for step in plan), plan
