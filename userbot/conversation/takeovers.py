"""Who wrote what this account sent: we, or the owner with their own hands, over whom nothing is answered."""

from datetime import datetime, timedelta

from userbot.conversation import moves
from userbot.store import journal, ledger, tasks
from userbot.store.database import transaction
from userbot.tasks.lifecycle import Change


def settle_outgoing(peer_id: int, now: datetime) -> bool:
    """Decide about outgoing messages in this contact's dialog that nobody accounted for yet.

    The ledger decides who wrote: what it holds is ours, the rest the owner typed, which is a takeover. While the
    outcome of one of our own sends is unknown the question stays held. True when the owner took over.
    """
    if not journal.has_of_owner(peer_id):
        return False
    with transaction():
        held = [entry for entry in journal.waiting(peer_id, "held", "new") if entry.author == "owner"]
        ours = ledger.by_message([entry.message_id for entry in held])
        for entry in held:
            if entry.message_id in ours:
                journal.forget(entry.id)
        theirs = [entry for entry in held if entry.message_id not in ours]
        if not theirs or ledger.is_sending(peer_id):
            return False
        journal.mark_handled([entry.id for entry in theirs], turn_id=None)
        for task in tasks.open_with(peer_id):
            moves.move(task.id, Change.TOOK_OVER, who="owner", now=now, message_id=theirs[-1].message_id)
        # Also the last words of a task that has ended just now.
        for task_id in ledger.tasks_with_queued(peer_id):
            moves.drop_queued(task_id)
        for task_id in {row.task_id for row in ledger.proposed(peer_id) if row.task_id is not None}:
            moves.move(task_id, Change.DRAFT_VOID, who="owner", now=now)
        return True


def end_takeovers(now: datetime, silent_for: timedelta) -> set[int]:
    """Resume tasks whose owner took over and has written nothing in that dialog for so long; returns whose they are."""
    resumed = set()
    for task in tasks.taken_over():
        said = journal.last_of_owner(task.user_id)
        if said is not None and now - said.received_at >= silent_for and moves.resume(task.id, now):
            resumed.add(task.user_id)
    return resumed


def settle_commands(owner_id: int) -> None:
    """Decide about messages in Saved Messages that read like one of ours on its way: ours are not commands."""
    with transaction():
        held = journal.waiting(owner_id, "held")
        ours = ledger.by_message([entry.message_id for entry in held])
        for entry in held:
            if entry.message_id in ours:
                journal.forget(entry.id)
            elif not ledger.is_sending(owner_id, entry.text):
                journal.set_state([entry.id], "new")
