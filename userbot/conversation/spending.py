"""What may still be spent: counts what the record holds and asks the rules, before every turn and every round of one.

A task whose own budget is spent rests until its owner says go on, which allows it as much again: what it spent is
counted from the owner's last `.resume` of it. A day's budget is free again bit by bit, as the last 24 hours move on.
"""

from collections.abc import Sequence
from datetime import datetime

from userbot.conversation.contact import World
from userbot.conversation.contact_tools import MAX_REPLIES
from userbot.conversation.prompting import LINE_LIMIT
from userbot.errors import BudgetSpent, TryAgain
from userbot.store import journal, ledger, ledger_counts, tasks, usage
from userbot.store.tasks import Task
from userbot.tasks.budgets import (
    PERIOD,
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
from userbot.tasks.ping_pong import OURS_TO_A_PROGRAM, SAME_ANSWERS, Said, is_ping_pong

# A budget of a day is free again bit by bit.
AGAIN_S = 1800.0
# So many of the latest messages show how a contact answers.
LOOKED_AT = 24


class TaskSpent(TryAgain):
    """In the middle of a turn its task has spent what it may: the turn is void, and the task rests."""

    def __init__(self, task: Task, why: Rest) -> None:
        super().__init__(f"task {task.id} has spent what it may: {why}")
        self.task, self.why = task, why


class Purse:
    """The limits, and what was spent of them."""

    def __init__(self, limits: Limits, owner_id: int) -> None:
        self._limits = limits
        self._owner_id = owner_id
        self._day = usage.CallsSince()

    def check_owner_turn(self, now: datetime) -> None:
        """The owner may ask as often as they like, but not for more than a day's money. Raises BudgetSpent."""
        self._check_day(self._cost(now), is_first_contact=False)

    def check_contact_turn(self, world: World, now: datetime) -> None:
        """Raises BudgetSpent before a turn that the day has nothing left for."""
        since = now - PERIOD
        day = self._day.look(since)
        # No turn is without a call: they are counted only where there can be too many of them.
        is_counted = day.count >= self._limits.turns
        spent = Spent(
            turns=usage.cost_since(since, self._owner_id).turns if is_counted else day.count,
            messages=ledger_counts.count_to_contacts_since(since),
            tokens=day.tokens,
            dollars=day.dollars,
            first_contacts=ledger_counts.first_contacts_since(since) if world.is_first_message else 0,
        )
        self._check_day(spent, is_first_contact=world.is_first_message)

    def check_first_contact(self, world: World, now: datetime) -> None:
        """Before the commit: turns run side by side, and another may have written to somebody new since this one began.
        Raises BudgetSpent."""
        if world.is_first_message and ledger_counts.first_contacts_since(now - PERIOD) >= self._limits.first_contacts:
            raise BudgetSpent(Budget.FIRST_CONTACTS, AGAIN_S)

    def check_round(self, paying: Task | None, now: datetime) -> None:
        """Before a further call of the model, tokens and money only. Raises BudgetSpent, or TaskSpent of a contact's
        turn: `paying` is None in the owner's."""
        self._check_day(self._cost(now), is_first_contact=False)
        if paying is not None:
            cost = usage.cost_of_task(paying.id, tasks.last_resumed_at(paying.id))
            why = task_spent_up(Spent(tokens=cost.tokens, dollars=cost.dollars), self._limits)
            if why is not None:
                raise TaskSpent(paying, why)

    def replies_left(self, world: World, now: datetime) -> int:
        """How many messages this turn may write."""
        of_tasks = max(spent_by(task).messages for task in world.tasks)
        of_day = ledger_counts.count_to_contacts_since(now - PERIOD)
        return min(MAX_REPLIES, messages_left(of_tasks, of_day, self._limits))

    def who_rests(self, world: World, now: datetime) -> tuple[Rest, Sequence[Task]] | None:
        """The tasks of this dialog that have to rest now, and why; None when none has to."""
        if world.new:
            resumed = [at for task in world.tasks if (at := tasks.last_resumed_at(task.id)) is not None]
            since = max(resumed, default=None)
            if self._is_flooded(world.contact.user_id, max(since or now - PERIOD, now - PERIOD)):
                return Rest.INCOMING, world.tasks
            if is_answered_by_program(world.contact.user_id, since):
                return Rest.PING_PONG, world.tasks
        for task in world.tasks:
            if (why := task_spent_up(spent_by(task), self._limits)) is not None:
                return why, [task]
        return None

    def _is_flooded(self, peer_id: int, since: datetime) -> bool:
        return is_flooded(Incoming(*journal.incoming_since(peer_id, since, LINE_LIMIT)), self._limits)

    def _cost(self, now: datetime) -> Spent:
        """Of the day, tokens and money only: what the owner's turns and a turn's rounds are held to."""
        day = self._day.look(now - PERIOD)
        return Spent(tokens=day.tokens, dollars=day.dollars)

    def _check_day(self, spent: Spent, *, is_first_contact: bool) -> None:
        budget = spent_up(spent, self._limits, is_first_contact=is_first_contact)
        if budget is not None:
            raise BudgetSpent(budget.value, AGAIN_S)


def may_pass_on(user_id: int, limits: Limits, now: datetime, beside: int = 0) -> bool:
    """May the owner's words go to this person, new or not? `beside`: new people who are promised some already."""
    return (
        bool(ledger.latest(user_id, 1))
        or ledger_counts.first_contacts_since(now - PERIOD) + beside < limits.first_contacts
    )


def spent_by(task: Task) -> Spent:
    """By this task alone, since its owner last said go on."""
    since = tasks.last_resumed_at(task.id)
    cost = usage.cost_of_task(task.id, since)
    return Spent(cost.turns, ledger_counts.count_to_contact(task.id, since), cost.tokens, cost.dollars)


def is_answered_by_program(peer_id: int, since: datetime | None) -> bool:
    """Do the latest messages of this dialog look like those of two programs that answer each other?"""
    ours = [row for row in ledger.latest(peer_id, LOOKED_AT) if row.message_id is not None and row.sent_at is not None]
    if len(ours) < min(SAME_ANSWERS, OURS_TO_A_PROGRAM):
        return False
    written = {row.message_id for row in ours}
    theirs = [entry for entry in journal.latest(peer_id, LOOKED_AT) if entry.message_id not in written]
    # Both by this computer's clock: when we had sent it, and when we had received it.
    said = {row.message_id: Said(True, row.sent_at or row.created_at, row.text) for row in ours}
    said |= {
        entry.message_id: Said(False, entry.received_at, entry.words) for entry in theirs if entry.state != "history"
    }
    # What the owner wrote in person ends whatever was going on.
    by_owner = max((entry.message_id for entry in theirs if entry.author == "owner"), default=0)
    latest = [said[key] for key in sorted(key for key in said if key is not None and key > by_owner)]
    return is_ping_pong([one for one in latest if since is None or one.at >= since])
