"""The owner goes on without one person of a plan whom nobody else is to wait for: by a command, a reply or plain words.

Who had been written to hears, from code, that nothing comes of it for them; the others hear nothing and go on. Who will
not come by their own word is another matter: `plans.answer_without`.
"""

import re
from datetime import datetime
from enum import StrEnum

from userbot.conversation import moves, plan_notices, plan_words, plans, standing, times
from userbot.conversation.tool_arguments import schema
from userbot.model.messages import ToolSpec
from userbot.people import Contact, Several, choose
from userbot.store import ledger, peers, tasks
from userbot.store import plans as store
from userbot.store.database import transaction
from userbot.store.plans import Plan
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import Change, ClosedBecause
from userbot.tasks.plan import Phase

TOOL = "go_on_without"
# Of a reply, more words than a name has are no name.
MOST_WORDS = 3
_WITHOUT = re.compile(r"(?:без|without)\s+(?:№|#|no\.?\s)?\s*(\S.*?)[\s.!]*", re.IGNORECASE | re.DOTALL)


class Outcome(StrEnum):
    """What became of the owner's word, as `wording` knows it."""

    TOLD = "left_out_told"
    UNTOLD = "left_out_untold"  # they had no message yet, or the owner has the dialog in hand
    AGREED = "left_out_agreed"  # it is agreed already, with them in it
    LAST = "left_out_last"  # nobody would be left to meet
    NO_PLAN = "left_out_no_plan"
    CLOSED = "closed"


def leave_out(task_id: int, now: datetime, message_id: int | None = None) -> Outcome:
    """The others of this task's plan meet without its contact."""
    with transaction():
        plan, task = store.of_task(task_id), tasks.get(task_id)
        if plan is None or task is None:
            return Outcome.NO_PLAN
        if (why_not := _why_not(plan, task)) is not None:
            return why_not
        tells = task.status in tasks.OPEN and _was_written_to(task_id) and plan_notices.may_tell(task)
        tasks.add_event(task_id, who="owner", what=plans.GOES_ON_WITHOUT, now=now, message_id=message_id)
        store.leave_out(task_id)
        plans.void_times(plan.id)
        if standing.first(task) is not None:
            # What is being moved stands for the others alone: else the stop would leave it as it was agreed.
            fallen = {"ended_as": ClosedBecause.AGREED}
            moves.move(task_id, Change.REOPENED, who="code", now=now, details=fallen, result=None, evidence=None)
        # Not as a stop of the owner's: that would be one for all, and could be taken back.
        if moves.move(task_id, Change.STOPPED, who="code", now=now):
            moves.drop_queued(task_id)
        _show_without(plan.id, now)
        if tells:
            text = plan_words.left_out(plan_notices.words(task))
            plan_notices.tell(task, plan_notices.LEFT_OUT, text, now)
        plans.settle(now)
    return Outcome.TOLD if tells else Outcome.UNTOLD


def named_in(text: str, task_id: int, *, is_question: bool) -> int | None:
    """The task of whom the owner's reply leaves out, to a message about this task: "without 2", "без Бена", and to a
    card of theirs, which is no question about several, "без него". None: the reply says something else."""
    plan, found = store.of_task(task_id), _WITHOUT.fullmatch(text.strip())
    if plan is None or found is None or len(found[1].split()) > MOST_WORDS:
        return None
    whom = found[1].casefold()
    if not is_question and whom in _THEM:
        return task_id
    people = {one.user_id: task.id for task in _left(plan) if (one := peers.contact(task.user_id)) is not None}
    if whom.isdigit():
        return int(whom) if int(whom) in people.values() else None
    contacts = [one for user_id in people if (one := peers.contact(user_id)) is not None]
    by_username = [one for one in contacts if one.username and whom == f"@{one.username}".casefold()]
    who = by_username[0] if by_username else choose(found[1], contacts)
    if isinstance(who, Several) and len(who.candidates) == 1:
        # Only these few can be meant.
        (who,) = who.candidates
    return people[who.user_id] if isinstance(who, Contact) else None


_THEM = frozenset(("него", "нее", "неё", "них", "him", "her", "them"))


def can_be(task_id: int) -> bool:
    """Is it one of several, none of whom is agreed with yet?"""
    plan, task = store.of_task(task_id), tasks.get(task_id)
    return plan is not None and task is not None and _why_not(plan, task) is None


def is_any() -> bool:
    return any(can_be(task.id) for task in tasks.all_open())


def tool(task_ids: tuple[int, ...] = ()) -> ToolSpec:
    """What the owner's conversation has beside the usual while there is a plan it is good for."""
    known = {"enum": list(task_ids)} if task_ids else {}
    return ToolSpec(
        TOOL,
        "Of one meeting with several people, leave the contact of this task out: they are told that it will not work "
        "out, and the others meet without them. (cancel_conversation ends it for all.)",
        schema(task_id={"type": "integer", "description": "The number of their task.", **known}),
    )


def _why_not(plan: Plan, task: Task) -> Outcome | None:
    me = next(one for one in plan.members if one.task_id == task.id)
    if me.is_out or plan.phase == Phase.OVER:
        return Outcome.CLOSED
    if plan.phase == Phase.AGREED:
        return Outcome.AGREED
    return None if any(one.id != task.id and one.status in tasks.OPEN for one in _left(plan)) else Outcome.LAST


def _show_without(plan_id: int, now: datetime) -> None:
    """The calendar shows what stands as a meeting of those who are left, whoever's task it was shown for."""
    plan = store.get(plan_id)
    left = [] if plan is None else _left(plan)
    stood = [first for task in left if (first := standing.first(task)) is not None]
    contacts = [one for task in left if (one := peers.contact(task.user_id)) is not None]
    if not stood or len(contacts) < len(left) or (slot := stood[0].slot) is None:
        return
    placed = next((first.result for first in stood if first.result.get("place")), stood[0].result)
    times.show_together(list(zip(left, contacts, strict=True)), slot, placed, now)


def _left(plan: Plan) -> list[Task]:
    found = (tasks.get(one.task_id) for one in plan.members if not one.is_out)
    return [task for task in found if task is not None]


def _was_written_to(task_id: int) -> bool:
    """Has the contact a first message, or perhaps in a moment?"""
    return any(row.state in ("sent", "sending") for row in ledger.of_task(task_id, "opening"))
