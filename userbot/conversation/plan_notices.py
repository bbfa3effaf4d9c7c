"""What code itself tells the people of a plan, and whether it reached them: who counts on it must not wait in vain.

The texts: `plan_words.py`. Who is told what: `plans.py` and `plan_without.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from userbot.conversation import drafts, moves
from userbot.store import desk, journal, ledger, plans, tasks, usage
from userbot.store.ledger import Outgoing
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import ClosedBecause, waits_for_yes

# The event of a task that its contact is told something by code, with the message and what it says.
TOLD = "plan_told"
SETTLED, STAYS, OFF, LEFT_OUT = "settled", "stays", "off", "left_out"
WORDS_LOOKED_AT = 10


def may_tell(task: Task) -> bool:
    """Not where the owner has taken the dialog into their own hands. Of a task that was stopped: before that."""
    paused = task.paused or (moves.paused_before_stop(task.id) if task.closed_because == "stopped" else None)
    return paused is None


def tell(task: Task, what: str, text: str, now: datetime) -> None:
    """`what`: one of the four above. Like any message it waits for the owner's yes where they want to see it."""
    waits = waits_for_yes(task.mode, is_first=False)
    # What waited was written before this.
    drafts.drop(task.user_id, task.id, again=False)
    row = ledger.queue(task.user_id, "reply", text, now, task_id=task.id, state="proposed" if waits else "queued")
    if waits:
        drafts.ask(task.id, [row], now)
    details = {"row": row, "what": what, "draft": waits}
    tasks.add_event(task.id, who="code", what=TOLD, now=now, details=details)


def words(task: Task) -> list[str]:
    """The latest words of this person, and before them ours, for the language they are written to in."""
    theirs = [entry.words for entry in journal.latest(task.user_id, WORDS_LOOKED_AT) if entry.author == "contact"]
    ours = [row.text for row in ledger.latest(task.user_id, WORDS_LOOKED_AT)]
    return ["\n".join(theirs), "\n".join(ours)]


def report_lost(now: datetime) -> bool:
    """Tell the owner, once, of whoever was not reached: Telegram refused, or the owner wrote in the dialog first. True
    when there was news of anybody."""
    is_news = False
    for task_id, told in plans.told_by_code(TOLD):
        row, task = ledger.get(int(told["row"])), tasks.get(task_id)
        if row is None or task is None or not _is_lost(task, row, told):
            continue
        if usage.tell_once(f"{TOLD}:{row.id}", now):
            desk.add("problem", {"what": f"untold_{told['what']}", "peer_id": task.user_id}, now, task_id=task_id)
            is_news = True
    return is_news


def _is_lost(task: Task, row: Outgoing, told: Mapping[str, Any]) -> bool:
    if told["what"] in (SETTLED, STAYS) and task.closed_because != ClosedBecause.AGREED:
        return False
    # What waited for a yes and was dropped the owner did not want sent, or has been told of.
    return row.state == "failed" or (row.state == "dropped" and not told["draft"])
