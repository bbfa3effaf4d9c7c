"""A dialog with which something is wrong here is set aside: its tasks rest or end, the owner is told once, and all
others go on. Called at the start (rows that nobody could read) and for a worker that its peer's rows break."""

import logging
from datetime import datetime

from userbot.conversation import moves
from userbot.store import damaged, desk, tasks, usage
from userbot.store.database import transaction
from userbot.store.tasks import Task
from userbot.tasks.budgets import Rest

log = logging.getLogger(__name__)


def mend_rows(now: datetime) -> None:
    """Before anything else is read."""
    with transaction():
        found = damaged.mend(now)
        for one in found:
            log.error("damaged: %s peer=%s tasks=%s, emptied", one.table, one.peer_id, list(one.task_ids))
        # Nobody knows any more what these may agree to, or what they are about.
        for task_id in {task_id for one in found if one.is_mandate for task_id in one.task_ids}:
            task = tasks.get(task_id)
            if task is not None and moves.stop(task_id, now):
                desk.add("problem", {"what": "damaged_task", "peer_id": task.user_id}, now, task_id=task_id)
        for peer_id in sorted({one.peer_id for one in found if one.peer_id is not None and not one.is_mandate}):
            rest(peer_id, Rest.DAMAGED, now)


def broke_worker(peer_id: int, now: datetime) -> None:
    """Looking after this contact raised what nobody foresaw. What their tasks say is not read here: that may be it."""
    if usage.tell_once(_broke(peer_id), now):
        desk.add("problem", {"what": "dialog_broke", "peer_id": peer_id}, now)


def works_again(peer_id: int) -> None:
    usage.told_is_over(_broke(peer_id))


def rest(peer_id: int, why: Rest, now: datetime) -> None:
    resting: list[Task] = [task for task in tasks.open_with(peer_id) if task.trouble != why]
    if resting:
        moves.rest(resting, why, now)


def _broke(peer_id: int) -> str:
    return f"broke:{peer_id}"
