"""When a contact may be written to, and may see that we write: the rules of manners over the record.

Nothing of it is stored. It is worked out anew whenever a message is about to go, so that a restart, clocks that change
and another word of the owner's about quiet hours need no mending.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import calling_off, contact, standing
from userbot.store import conversations, desk, journal, ledger, preferences, tasks
from userbot.store.ledger import Outgoing
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import waits_for_yes
from userbot.tasks.local_time import read_zone
from userbot.tasks.manners import RUNNING_EXCHANGE, QuietHours, answering_time, humane_for
from userbot.tasks.slots import ResultError, Slot, resolve_due, resolve_meeting

# Who waits so long does not see us type all the while.
TYPED_AHEAD = timedelta(seconds=30)
# Who is told so long before something begins is told in time.
IN_TIME = timedelta(hours=2)
# What is held longer than anybody types waits for the morning.
LONGEST_TYPING = timedelta(minutes=2)


@dataclass(frozen=True)
class Manners:
    """The settings. `quiet`: where the owner's own word (`.quiet`) does not say. `zone`: the owner's."""

    zone: ZoneInfo
    quiet: QuietHours | None = None
    longest_answering_s: float = 0.0
    hold: timedelta = timedelta()

    def quiet_hours(self) -> QuietHours | None:
        """Those that hold now."""
        if not preferences.knows_quiet_hours():
            return self.quiet
        hours = preferences.quiet_hours()
        return None if hours is None else QuietHours(*hours)

    @property
    def holds_back(self) -> bool:
        """May a message to a contact wait before it is begun?"""
        return bool(self.hold or self.longest_answering_s or self.quiet_hours())

    def due_at(self, row: Outgoing, at: datetime) -> datetime:
        """When, from `at` on, this message to a contact may go."""
        # What may be with Telegram already has to find out. The owner's own words go when they say them.
        if row.state == "sending" or row.purpose == "relay":
            return at
        if row.purpose == "reply" and (wrote_at := journal.last_written_at(row.peer_id)) is not None:
            # Of an answer in several messages each is typed after the one before.
            began = max(wrote_at, ledger.last_sent_at(row.peer_id) or wrote_at)
            at = max(at, began + answering_time(row.text, row.random_id, self.longest_answering_s))
        return self.awake_at(row.peer_id, at, [row.task_id] if row.task_id is not None else [])

    def awake_at(self, peer_id: int, at: datetime, task_ids: Collection[int]) -> datetime:
        """When, from `at` on, it disturbs nobody to write to this contact about these tasks. Somebody who is writing
        with us is awake; and of what is agreed for the morning after they hear before they set out."""
        quiet = self.quiet_hours()
        if quiet is None:
            return at
        wrote_at = journal.last_written_at(peer_id)
        if wrote_at is not None and at - wrote_at <= RUNNING_EXCHANGE:
            return at
        humane = humane_for(at, [self.zone, *_zones(task_ids)], quiet)
        begins = _next_agreed(task_ids, at)
        return at if begins is not None and humane > begins - IN_TIME else humane

    def waits_until(self, task: Task, now: datetime) -> datetime | None:
        """Until when something for this task's contact waits since people are let sleep; None when nothing does."""
        if task.paused is not None:
            return None
        until = [
            self.due_at(row, max(now, row.created_at + self.hold))
            for row in ledger.undelivered_of(task.id)
            if row.state == "queued"
        ]
        if task.status in tasks.OPEN and (_is_to_write_first(task) or calling_off.is_owed(task.id)):
            until.append(self.awake_at(task.user_id, now, [task.id]))
        waits = [at for at in until if at - now > LONGEST_TYPING]
        return min(waits) if waits else None

    def may_write_at(self, world: contact.World, now: datetime) -> datetime:
        """When the turn for this world is to run. What would be written in the night for the morning would speak of
        another today: without a word of the contact's it is not even begun. What the owner is to see first is."""
        wanted = {*world.openings, *world.owed, *world.called_off, *(note.task_id for note in world.instructions)}
        if world.new or any(_is_shown_first(task) for task in world.tasks if task.id in wanted):
            return now
        return self.awake_at(world.contact.user_id, now, [task_id for task_id in wanted if task_id is not None])

    # --- typing -----------------------------------------------------------------------------------------------------

    def typed_to(self, in_turn: Collection[int], now: datetime) -> set[int]:
        """To whom it is to look as if somebody typed: a turn for what they wrote runs, or its answer is about to go."""
        thinking = {peer_id for peer_id in in_turn if self._is_typed_in_turn(peer_id, now)}
        held = {row.peer_id for row in ledger.next_of_each_peer() if self._is_about_to_go(row, now)}
        return thinking | held

    def _is_typed_in_turn(self, peer_id: int, now: datetime) -> bool:
        active = [task for task in tasks.open_with(peer_id) if task.paused is None]
        if not active or all(_is_shown_first(task) for task in active):
            return False
        return self.awake_at(peer_id, now, [task.id for task in active]) == now

    def _is_about_to_go(self, row: Outgoing, now: datetime) -> bool:
        if row.purpose != "reply" or row.state != "queued" or journal.last_written_at(row.peer_id) is None:
            return False
        if row.attempts and (row.not_before or now) > now:
            return False
        return self.due_at(row, max(now, row.created_at + self.hold)) - now <= TYPED_AHEAD


# Writes at once, at any hour.
IMPATIENT = Manners(ZoneInfo("UTC"))


def came_to_nothing(peer_id: int, since: datetime) -> bool:
    """Did what was typed since then become no message, though nothing but our own silence is why? Then it is taken
    back. The owner's dialogs they look at themselves (paused, taken over, a yes awaited) are left alone."""
    if ledger.is_sending(peer_id) or ledger.proposed(peer_id):
        return False
    sent_at = ledger.last_sent_at(peer_id)
    if sent_at is not None and sent_at >= since:
        return False
    return any(task.paused is None for task in tasks.open_with(peer_id))


def read_up_to(row: Outgoing) -> int | None:
    """The last of the messages that this one, sent now, has answered; None where the owner is to look themselves."""
    if row.turn_id is None or ledger.proposed(row.peer_id):
        return None
    for task in tasks.open_with(row.peer_id):
        if task.paused is not None or task.waiting_for == "owner" or desk.open_questions(task.id):
            return None
    answered = [entry for entry in journal.of_turn(row.peer_id, row.turn_id) if entry.author == "contact"]
    return max((entry.message_id for entry in answered), default=None)


def _is_to_write_first(task: Task) -> bool:
    """Is there something to be written for it that no word of the contact's asks for?"""
    if _is_shown_first(task):
        return False
    if contact.needs_opening(task):
        return True
    return any(note.task_id == task.id for note in conversations.new_instructions(task.user_id))


def _is_shown_first(task: Task) -> bool:
    return waits_for_yes(task.mode, contact.lacks_opening(task))


def _next_agreed(task_ids: Collection[int], at: datetime) -> datetime | None:
    """When the first of what was agreed in these tasks, or was until it is called off, begins or is due after `at`."""
    slots = (_agreed_slot(standing.agreed_result(task)) for task in filter(None, map(tasks.get, task_ids)))
    return min((slot.start for slot in slots if slot is not None and slot.start > at), default=None)


def _agreed_slot(result: Mapping[str, Any]) -> Slot | None:
    try:
        return resolve_meeting(result) if "date" in result else resolve_due(result)
    except ResultError:
        return None


def _zones(task_ids: Collection[int]) -> list[ZoneInfo]:
    """Where the contact is, as far as the tasks say."""
    found = []
    for task in filter(None, map(tasks.get, task_ids)):
        for said in (task.context, standing.agreed_result(task)):
            zone = read_zone(said.get("timezone"), [])
            if zone is not None:
                found.append(zone)
    return found
