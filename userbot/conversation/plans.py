"""One meeting with several people: how a plan begins, and what follows for it whenever something happened to one of its
tasks. Code alone, from the record; each person's own conversation does the talking (`plan_parts.py`).

`settle` is safe to call at any time and after any crash: it does what the record calls for, and nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import (
    calling_off,
    drafts,
    moves,
    plan_notices,
    plan_parts,
    plan_view,
    plan_words,
    standing,
    times,
)
from userbot.conversation.plan_view import FITS_WITHOUT, PLAN, TIMES, WITHOUT
from userbot.people import Contact
from userbot.store import busy, conversations, desk, journal, ledger, peers, plans, tasks
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.plans import Plan
from userbot.store.tasks import Task
from userbot.tasks import plan as rules
from userbot.tasks.lifecycle import CLOSES, Change, ClosedBecause
from userbot.tasks.local_time import read_zone
from userbot.tasks.plan import Phase, Step
from userbot.tasks.slots import Slot

# The event of the owner's word about somebody who is missing, or not to be waited for.
GOES_ON_WITHOUT = "goes_on_without"
# Far more than can follow from one thing that happened.
MOST_STEPS = 20
# Who was told that it is settled and has not refused since may come for nothing.
MAY_COME = (None, ClosedBecause.AGREED, ClosedBecause.STOPPED, ClosedBecause.NO_ANSWER)


def start(
    people: Sequence[Contact], task: Mapping[str, Any], *, timezone: str, owner_id: int, now: datetime
) -> list[int]:
    """A task for each of these people and the plan over them; with one person only, that task alone. `task`: what
    `moves.open_task` takes beside the person. `timezone`: the owner's, for a brief that names none."""
    people = list({one.user_id: one for one in people}.values())
    with transaction():
        ids = [moves.open_task(one, owner_id=owner_id, now=now, **task) for one in people]
        if len(ids) > 1:
            plans.create(ids, timezone, task["mandate"], now)
    return ids


def settle(now: datetime) -> bool:
    """Do what follows, for every plan that something happened to. True when there was one that does not merely wait."""
    is_news = False
    for plan in plans.to_settle(now):
        with transaction():
            is_news |= _settle(plan.id, now)
    return is_news


def answer_without(question: Item, agrees: bool, now: datetime, message_id: int | None = None) -> bool:
    """The owner says whether the others meet without the one who will not come. False when it was answered already."""
    with transaction():
        plan = plans.get(int(question.payload[PLAN]))
        if plan is None or question.task_id is None or not desk.close(question.id):
            return False
        said = {"without": question.payload[WITHOUT], "agrees": agrees}
        tasks.add_event(
            question.task_id, who="owner", what=GOES_ON_WITHOUT, now=now, message_id=message_id, details=said
        )
        if agrees:
            plans.leave_out(int(said["without"]))
            void_times(plan.id)
        else:
            _call_off(plan, now)
        _settle(plan.id, now)
    return True


def _settle(plan_id: int, now: datetime) -> bool:
    """False where the plan only goes on waiting: whoever asks again at once would ask forever."""
    is_news = False
    for _ in range(MOST_STEPS):
        plan = plans.get(plan_id)
        assert plan is not None  # noqa: S101  (plans are never deleted)
        view = plan_view.view(plan, now)
        if plan.phase == Phase.GOING and plan.proposed and not view.gone and not _hold(view, plan, now):
            _drop(plan, now)
            is_news = True
            continue
        step = rules.next_step(view)
        if step is Step.WAIT:
            # It stays stale: what they wrote may be about another matter, and nothing of this plan changes with it.
            break
        is_news = True
        if step is Step.NOTHING:
            _void_other_questions(plan, view)
            plans.settled(plan_id)
            break
        _DO[step](plan, now)
    for task_id in plans.tasks_of(plan_id):
        tasks.make_card_stale(task_id)
    return is_news


# --- what is done ---------------------------------------------------------------------------------------------------


def _find(plan: Plan, now: datetime) -> None:
    slot = plan_view.best_time(plan, now)
    if slot is None:
        plans.set_phase(plan.id, Phase.STUCK)
        why = "tried" if plan.tries >= rules.MOST_TRIES else "none"
        _ask(plan, {TIMES: why, FITS_WITHOUT: plan_view.fits_without(plan, now)}, now)
        return
    plans.propose(plan.id, slot.start, slot.end)
    for task in plan_view.left(plan):
        details = {"start": slot.start.isoformat(), "end": slot.end.isoformat()}
        tasks.add_event(task.id, who="code", what=plan_parts.TIME_CHOSEN, now=now, details=details)


def _hold(view: rules.Plan, plan: Plan, now: datetime) -> bool:
    """Everybody's task holds the proposed time. False where it cannot be had any more."""
    assert plan.proposed is not None  # noqa: S101
    start, end = plan.proposed
    for one in view.left:
        held = any((stretch.start, stretch.end) == (start, end) for stretch in busy.holds(one.task_id))
        if not held and not busy.hold(one.task_id, start, end, "offered", now):
            return False
    return True


def _drop(plan: Plan, now: datetime) -> None:
    _release(plan)
    _unsay(plan)
    plans.drop_proposal(plan.id)


def _unsay(plan: Plan) -> None:
    """What puts to somebody what the plan had come to, and has not gone out yet, does not go out. An answer to words of
    theirs does."""
    for task in plan_view.opened(plan):
        rows = [row for row in ledger.not_begun(task.user_id) if row.task_id == task.id and row.purpose == "reply"]
        unasked = [row for row in rows if row.turn_id is not None and not journal.of_turn(row.peer_id, row.turn_id)]
        drafts.reopen([row for row in unasked if ledger.take_back(row.id)])


def _release(plan: Plan) -> None:
    """What was only proposed is free again."""
    for one in plan.members:
        busy.release(one.task_id, "offered")


def _agree(plan: Plan, now: datetime) -> None:
    """Everybody said yes: it is agreed for all of them at once, and each is told."""
    assert plan.proposed is not None  # noqa: S101
    members = [one for one in plan.members if not one.is_out]
    left = plan_view.left(plan)
    zone = times.zone_of(left[0], ZoneInfo(plan.timezone))
    slot = Slot(*plan.proposed, zone.key)
    results = [dict(one.result or {}) for one in members]
    placed = next((result for result in results if result.get("place")), results[0])
    if not times.promise_together([(task, _contact(task)) for task in left], slot, placed, now):
        _drop(plan, now)
        return
    for task, one, result in zip(left, members, results, strict=True):
        moves.agree(task.id, result, one.evidence, who="code", now=now)
        conversations.add_note(task.user_id, "did", "everybody said yes: it is agreed", now, task_id=task.id)
        if one.told != plan.step:
            text = plan_words.settled(_by_their_clocks(slot, result), plan_notices.words(task))
            plan_notices.tell(task, plan_notices.SETTLED, text, now)
            plans.was_told(task.id)
    plans.set_phase(plan.id, Phase.AGREED)
    _ring(left[0], now)


def _by_their_clocks(slot: Slot, result: Mapping[str, Any]) -> Slot:
    """In the zone they said yes in."""
    zone = read_zone(result.get("timezone"), [])
    return slot if zone is None else Slot(slot.start, slot.end, zone.key)


def _reopen(plan: Plan, now: datetime) -> None:
    """Somebody wants it otherwise: it is open again for all. Their hour stays held until another is agreed; where it is
    the owner who moves it, what was agreed stands for all as well."""
    moved = any(standing.is_moved(task) for task in plan_view.left(plan))
    for task in plan_view.left(plan):
        if task.closed_because == ClosedBecause.AGREED:
            ended = standing.details(task)
            if not moved:
                ended = {"ended_as": task.closed_because, "result": task.result and dict(task.result)}
            moves.move(task.id, Change.REOPENED, who="code", now=now, details=ended, result=None, evidence=None)
        elif task.status in tasks.OPEN:
            plans.take_back_answer(task.id, keeps_told=standing.is_moved(task))
    if moved:
        # What they had said was said to the hour that it is to be moved away from.
        plans.ask_anew(plan.id, plan.mandate)
    plans.set_phase(plan.id, Phase.GOING)


def _round(plan: Plan, now: datetime) -> None:
    """Everybody is asked anew, within the limits that the owner set last."""
    opened = plan_view.opened(plan)
    changed = next(
        (task.mandate for task in opened if plan_view.limits(task.mandate) != plan_view.limits(plan.mandate)),
        plan.mandate,
    )
    for task in opened:
        if plan_view.limits(task.mandate) != plan_view.limits(changed):
            approved = {name: value for name, value in (task.mandate or {}).items() if name == "approved"}
            both = {**plan_view.limits(changed), **approved} or None
            tasks.change(task.id, who="code", what="limits_set", now=now, mandate=both)
    _release(plan)
    _unsay(plan)
    plans.ask_anew(plan.id, plan_view.limits(changed) or None)


def _ask_without(plan: Plan, now: datetime) -> None:
    _release(plan)
    gone = next(task for task in plan_view.left(plan) if task.status not in tasks.OPEN)
    _ask(plan, {WITHOUT: gone.id, "why": gone.closed_because}, now)


def _ask(plan: Plan, what: dict[str, Any], now: datetime) -> None:
    """One question for the whole plan, beside the first task that can carry it."""
    carrier = plan_view.opened(plan)[0]
    desk.add("ask", {PLAN: plan.id, **what}, now, task_id=carrier.id)
    tasks.add_event(carrier.id, who="code", what=Change.ASKED_OWNER.value, now=now)


def void_times(plan_id: int) -> None:
    """Other times are asked for no more, or anew. Inside a transaction."""
    plan = plans.get(plan_id)
    for question in [] if plan is None else plan_view.questions(plan):
        if TIMES in question.payload:
            desk.void(question.id)


def _void_other_questions(plan: Plan, view: rules.Plan) -> None:
    """What is being asked though it has answered itself: they came back, or are asked anew."""
    gone = {one.task_id for one in view.gone}
    for question in plan_view.questions(plan):
        is_due = question.payload.get(WITHOUT) in gone or (TIMES in question.payload and plan.phase == Phase.STUCK)
        if not is_due or plan.phase == Phase.OVER:
            desk.void(question.id)


def _stop(plan: Plan, now: datetime) -> None:
    """The owner stopped one of its tasks, and so all. Like any stop it writes nobody, but who was told that it is
    settled must not come for nothing."""
    told = {one.task_id for one in plan.members if one.told is not None}
    waiting = [task for task in plan_view.left(plan) if task.id in told and task.closed_because in MAY_COME]
    waiting = [task for task in waiting if plan_notices.may_tell(task)]
    for task in plan_view.left(plan):
        if task.closed_because == ClosedBecause.AGREED:
            moves.move(task.id, Change.REOPENED, who="code", now=now, result=None, evidence=None)
    _end(plan, Change.STOPPED, now)
    for task in waiting:
        # Whom it was called off with hears it from their own conversation.
        if not calling_off.is_pending(task.id):
            _tell_off(task, now)


def _take_up(plan: Plan, now: datetime) -> None:
    """The owner takes back what ended it: the others are open again too, and a time is looked for anew."""
    plans.set_phase(plan.id, Phase.GOING)
    for task in plan_view.left(plan):
        if task.closed_because == ClosedBecause.STOPPED:
            moves.take_back_stop(task.id, now)


def _fall(plan: Plan, now: datetime) -> None:
    """One of them will not come then, or it is called off: what was agreed stands for nobody any more."""
    for task in plan_view.left(plan):
        if (first := standing.first(task)) is not None:
            ended = {"ended_as": ClosedBecause.AGREED, "result": dict(first.result)}
            moves.move(task.id, Change.REOPENED, who="code", now=now, details=ended, result=None, evidence=None)


def _leave(plan: Plan, now: datetime) -> None:
    """It is not moved after all: what was agreed stays, for all. Whoever said something to the move waits for word of
    it, and gets it; a stop of the owner's writes nobody."""
    ended = next(task for task in plan_view.left(plan) if task.closed_because == ClosedBecause.AGREED)
    closed_by = tasks.last_event(ended.id, *CLOSES)
    is_stopped = closed_by is not None and closed_by.what == Change.STOPPED
    for task in plan_view.opened(plan):
        first = standing.first(task)
        waits = plan_notices.may_tell(task) and first is not None and standing.wrote_since(task, first)
        drafts.drop(task.user_id, task.id, again=False)
        moves.move(task.id, Change.LEFT, who="code", now=now)
        moves.drop_queued(task.id)
        if waits and first is not None and first.slot is not None and not is_stopped:
            slot = _by_their_clocks(first.slot, first.result)
            plan_notices.tell(task, plan_notices.STAYS, plan_words.stays(slot, plan_notices.words(task)), now)
    _drop(plan, now)
    plans.set_phase(plan.id, Phase.AGREED)
    if not is_stopped:
        _ring(ended, now)


def _expire(plan: Plan, now: datetime) -> None:
    """Who had answered, and was told nothing since, has kept some time free."""
    members = {one.task_id: one for one in plan.members}
    left = [task for task in plan_view.left(plan) if members[task.id].can is not None and members[task.id].told is None]
    waiting = [task for task in left if task.closed_because in (None, ClosedBecause.EXPIRED)]
    waiting = [task for task in waiting if plan_notices.may_tell(task)]
    _end(plan, Change.EXPIRED, now)
    for task in waiting:
        _tell_off(plan_view.task_of(task.id), now)
    _ring(plan_view.left(plan)[0], now)


def _give_up(plan: Plan, now: datetime) -> None:
    _drop(plan, now)
    plans.set_phase(plan.id, Phase.OVER)
    _ring(plan_view.left(plan)[-1], now)


def _call_off(plan: Plan, now: datetime) -> None:
    """The owner does not want it without the one who will not come: whoever waits for word of it gets it."""
    members = {one.task_id: one for one in plan.members}
    waiting = [
        task for task in plan_view.opened(plan) if members[task.id].can is not None or members[task.id].told is not None
    ]
    waiting = [task for task in waiting if plan_notices.may_tell(task)]
    _end(plan, Change.STOPPED, now)
    for task in waiting:
        _tell_off(plan_view.task_of(task.id), now)


def _end(plan: Plan, what: Change, now: datetime) -> None:
    for task in plan_view.opened(plan):
        if not calling_off.is_pending(task.id):
            moves.move(task.id, what, who="code", now=now, details={"paused": task.paused})
            moves.drop_queued(task.id)
    _drop(plan, now)
    plans.set_phase(plan.id, Phase.OVER)


def _ring(task: Task, now: datetime) -> None:
    """The end of a plan rings once, and not for each of its tasks."""
    desk.add("status", {desk.ENDED: True}, now, task_id=task.id)


def _tell_off(task: Task, now: datetime) -> None:
    plan_notices.tell(task, plan_notices.OFF, plan_words.off(plan_notices.words(task)), now)


def _contact(task: Task) -> Contact:
    who = peers.contact(task.user_id)
    assert who is not None  # noqa: S101  (remembered when the task was opened)
    return who


_DO: Mapping[Step, Callable[[Plan, datetime], None]] = {
    Step.FIND: _find,
    Step.DROP: _drop,
    Step.SETTLE: _agree,
    Step.ROUND: _round,
    Step.REOPEN: _reopen,
    Step.ASK_WITHOUT: _ask_without,
    Step.STOP: _stop,
    Step.TAKE_UP: _take_up,
    Step.EXPIRE: _expire,
    Step.GIVE_UP: _give_up,
    Step.FALL: _fall,
    Step.LEAVE: _leave,
}
