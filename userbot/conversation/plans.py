"""One meeting with several people: how a plan begins, and what follows for it whenever something happened to one of its
tasks. Code alone, from the record; each person's own conversation does the talking (`plan_parts.py`).

`settle` is safe to call at any time and after any crash: it does what the record calls for, and nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import calling_off, drafts, moves, plan_words, standing, times
from userbot.people import Contact
from userbot.store import busy, conversations, desk, journal, ledger, peers, plans, tasks
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.plans import Plan
from userbot.store.tasks import Task
from userbot.tasks import plan as rules
from userbot.tasks.lifecycle import CLOSES, Change, ClosedBecause, waits_for_yes
from userbot.tasks.plan import Phase, Step
from userbot.tasks.slots import Slot, Span

# What the owner is asked about a plan: an `ask` with this in its payload, and one of the two.
PLAN, WITHOUT, TIMES = "plan", "without", "times"
# Far more than can follow from one thing that happened.
MOST_STEPS = 20
WORDS_LOOKED_AT = 10


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
    """Do what follows, for every plan that something happened to. True when there was one."""
    found = plans.to_settle(now)
    for plan in found:
        with transaction():
            _settle(plan.id, now)
    return bool(found)


def answer_without(question: Item, agrees: bool, now: datetime, message_id: int | None = None) -> bool:
    """The owner says whether the others meet without the one who will not come. False when it was answered already."""
    with transaction():
        plan = plans.get(int(question.payload[PLAN]))
        if plan is None or question.task_id is None or not desk.close(question.id):
            return False
        said = {"without": question.payload[WITHOUT], "agrees": agrees}
        tasks.add_event(question.task_id, who="owner", what="goes_on_without", now=now, message_id=message_id)
        if agrees:
            plans.leave_out(int(said["without"]))
        else:
            _call_off(plan, now)
        _settle(plan.id, now)
    return True


def _settle(plan_id: int, now: datetime) -> None:
    for _ in range(MOST_STEPS):
        plan = plans.get(plan_id)
        assert plan is not None  # noqa: S101  (plans are never deleted)
        view = _view(plan, now)
        if plan.phase == Phase.GOING and plan.proposed and not view.gone and not _hold(view, plan, now):
            _drop(plan, now)
            continue
        step = rules.next_step(view)
        if step is Step.NOTHING:
            _void_other_questions(plan, view)
            plans.settled(plan_id)
            break
        _DO[step](plan, now)
    for task_id in plans.tasks_of(plan_id):
        tasks.make_card_stale(task_id)


# --- what is known --------------------------------------------------------------------------------------------------


def _view(plan: Plan, now: datetime) -> rules.Plan:
    questions = [question.payload for question in _questions(plan)]
    without = [int(payload[WITHOUT]) for payload in questions if WITHOUT in payload]
    members = []
    limits = False
    for one in plan.members:
        task = _task(one.task_id)
        members.append(
            rules.Member(
                task_id=task.id,
                ended=None if task.closed_because is None else ClosedBecause(task.closed_because),
                is_paused=task.paused is not None,
                can=None if one.can is None else tuple(Span(*stretch) for stretch in one.can),
                says_yes=plan.proposed is not None and one.yes == plan.step,
                is_out=one.is_out,
                is_called_off=calling_off.is_pending(task.id),
                stands=standing.first(task) is not None,
            )
        )
        limits |= not one.is_out and task.status in tasks.OPEN and _bare(task.mandate) != _bare(plan.mandate)
    proposed = None if plan.proposed is None else Span(*plan.proposed)
    return rules.Plan(
        phase=Phase(plan.phase),
        members=tuple(members),
        proposed=proposed,
        tries=plan.tries,
        is_past=proposed is not None and proposed.start <= now,
        limits_changed=limits,
        asked_without=without[0] if without else None,
        is_asked_for_times=any(TIMES in payload for payload in questions),
    )


def _bare(mandate: Mapping[str, Any] | None) -> dict[str, Any]:
    """The limits as the owner set them, without what they said yes to since."""
    return {name: value for name, value in (mandate or {}).items() if name != "approved"}


def _questions(plan: Plan) -> list[Item]:
    """What the owner is being asked about this plan."""
    return [
        question
        for one in plan.members
        for question in desk.open_questions(one.task_id)
        if question.payload.get(PLAN) == plan.id
    ]


def _left(plan: Plan) -> list[Task]:
    """The tasks it is still about, as they are now."""
    return [_task(one.task_id) for one in plan.members if not one.is_out]


def _open(plan: Plan) -> list[Task]:
    return [task for task in _left(plan) if task.status in tasks.OPEN]


def _task(task_id: int) -> Task:
    task = tasks.get(task_id)
    assert task is not None  # noqa: S101  (tasks are never deleted)
    return task


# --- what is done ---------------------------------------------------------------------------------------------------


def _find(plan: Plan, now: datetime) -> None:
    left = _left(plan)
    room = times.room_for(left[0], ZoneInfo(plan.timezone), now)
    cans = [[Span(*stretch) for stretch in one.can or ()] for one in plan.members if not one.is_out]
    is_tried = plan.tries >= rules.MOST_TRIES
    slot = None if room is None or is_tried else rules.best(room, cans, now)
    if slot is None:
        plans.set_phase(plan.id, Phase.STUCK)
        _ask(plan, {TIMES: "tried" if is_tried else "none"}, now)
        return
    plans.propose(plan.id, slot.start, slot.end)
    for task in left:
        details = {"start": slot.start.isoformat(), "end": slot.end.isoformat()}
        tasks.add_event(task.id, who="code", what="time_chosen", now=now, details=details)


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
    plans.drop_proposal(plan.id)


def _release(plan: Plan) -> None:
    """What was only proposed is free again."""
    for one in plan.members:
        busy.release(one.task_id, "offered")


def _agree(plan: Plan, now: datetime) -> None:
    """Everybody said yes: it is agreed for all of them at once, and each is told."""
    assert plan.proposed is not None  # noqa: S101
    members = [one for one in plan.members if not one.is_out]
    left = _left(plan)
    zone = times.zone_of(left[0], ZoneInfo(plan.timezone))
    slot = Slot(*plan.proposed, zone.key)
    results = [dict(one.result or {}) for one in members]
    placed = next((result for result in results if result.get("place")), results[0])
    if not times.promise_together([(task, _contact(task)) for task in left], slot, placed, now):
        _drop(plan, now)
        return
    for task, one, result in zip(left, members, results, strict=True):
        details = {"result": result, "evidence": one.evidence}
        moves.move(
            task.id,
            Change.AGREED,
            who="code",
            now=now,
            message_id=one.evidence[-1],
            details=details,
            result=result,
            evidence=list(one.evidence),
        )
        conversations.add_note(task.user_id, "did", "everybody said yes: it is agreed", now, task_id=task.id)
        if one.told != plan.step:
            _tell(task, plan_words.settled(slot, _words(task)), now)
            plans.was_told(task.id)
    plans.set_phase(plan.id, Phase.AGREED)
    _ring(left[0], now)


def _reopen(plan: Plan, now: datetime) -> None:
    """Somebody wants it otherwise: it is open again for all. Their hour stays held until another is agreed; where it is
    the owner who moves it, what was agreed stands for all as well."""
    moved = any(standing.is_moved(task) for task in _left(plan))
    for task in _left(plan):
        if task.closed_because == ClosedBecause.AGREED:
            ended = standing.details(task)
            if not moved:
                ended = {"ended_as": task.closed_because, "result": task.result and dict(task.result)}
            moves.move(task.id, Change.REOPENED, who="code", now=now, details=ended, result=None, evidence=None)
        elif task.status in tasks.OPEN:
            plans.take_back_answer(task.id, keeps_told=standing.is_moved(task))
    plans.set_phase(plan.id, Phase.GOING)


def _round(plan: Plan, now: datetime) -> None:
    """Everybody is asked anew, within the limits that the owner set last."""
    opened = _open(plan)
    changed = next((task.mandate for task in opened if _bare(task.mandate) != _bare(plan.mandate)), plan.mandate)
    for task in opened:
        if _bare(task.mandate) != _bare(changed):
            approved = {name: value for name, value in (task.mandate or {}).items() if name == "approved"}
            both = {**_bare(changed), **approved} or None
            tasks.change(task.id, who="code", what="limits_set", now=now, mandate=both)
    _release(plan)
    plans.ask_anew(plan.id, _bare(changed) or None)


def _ask_without(plan: Plan, now: datetime) -> None:
    _release(plan)
    gone = next(task for task in _left(plan) if task.status not in tasks.OPEN)
    _ask(plan, {WITHOUT: gone.id, "why": gone.closed_because}, now)


def _ask(plan: Plan, what: dict[str, Any], now: datetime) -> None:
    """One question for the whole plan, beside the first task that can carry it."""
    carrier = _open(plan)[0]
    desk.add("ask", {PLAN: plan.id, **what}, now, task_id=carrier.id)
    tasks.add_event(carrier.id, who="code", what=Change.ASKED_OWNER.value, now=now)


def _void_other_questions(plan: Plan, view: rules.Plan) -> None:
    """What is being asked though it has answered itself: they came back, or are asked anew."""
    gone = {one.task_id for one in view.gone}
    for question in _questions(plan):
        is_due = question.payload.get(WITHOUT) in gone or (TIMES in question.payload and plan.phase == Phase.STUCK)
        if not is_due or plan.phase == Phase.OVER:
            desk.void(question.id)


def _stop(plan: Plan, now: datetime) -> None:
    """The owner stopped one of its tasks, and so all. Like any stop it writes nobody, but who was told that it is
    settled must not come for nothing."""
    told = {one.task_id for one in plan.members if one.told is not None}
    for task in _left(plan):
        if task.closed_because == ClosedBecause.AGREED:
            moves.move(task.id, Change.REOPENED, who="code", now=now, result=None, evidence=None)
    _end(plan, Change.STOPPED, now)
    for task in _left(plan):
        # Whom it was called off with hears it from their own conversation.
        if task.id in told and not calling_off.is_pending(task.id):
            _tell(task, plan_words.off(_words(task)), now)


def _take_up(plan: Plan, now: datetime) -> None:
    """The owner takes back what ended it: the others are open again too, and a time is looked for anew."""
    plans.set_phase(plan.id, Phase.GOING)
    for task in _left(plan):
        if task.closed_because == ClosedBecause.STOPPED:
            moves.take_back_stop(task.id, now)


def _fall(plan: Plan, now: datetime) -> None:
    """One of them will not come then, or it is called off: what was agreed stands for nobody any more."""
    for task in _left(plan):
        if (first := standing.first(task)) is not None:
            ended = {"ended_as": ClosedBecause.AGREED, "result": dict(first.result)}
            moves.move(task.id, Change.REOPENED, who="code", now=now, details=ended, result=None, evidence=None)


def _leave(plan: Plan, now: datetime) -> None:
    """It is not moved after all: what was agreed stays, for all. Whoever said something to the move waits for word of
    it, and gets it; a stop of the owner's writes nobody."""
    ended = next(task for task in _left(plan) if task.closed_because == ClosedBecause.AGREED)
    closed_by = tasks.last_event(ended.id, *CLOSES)
    is_stopped = closed_by is not None and closed_by.what == Change.STOPPED
    for task in _open(plan):
        first = standing.first(task)
        moves.move(task.id, Change.LEFT, who="code", now=now)
        moves.drop_queued(task.id)
        if first is not None and first.slot is not None and not is_stopped and standing.wrote_since(task, first):
            _tell(task, plan_words.stays(first.slot, _words(task)), now)
    _drop(plan, now)
    plans.set_phase(plan.id, Phase.AGREED)
    if not is_stopped:
        _ring(ended, now)


def _expire(plan: Plan, now: datetime) -> None:
    _end(plan, Change.EXPIRED, now)
    _ring(_left(plan)[0], now)


def _give_up(plan: Plan, now: datetime) -> None:
    _drop(plan, now)
    plans.set_phase(plan.id, Phase.OVER)
    _ring(_left(plan)[-1], now)


def _call_off(plan: Plan, now: datetime) -> None:
    """The owner does not want it without the one who will not come: whoever waits for word of it gets it."""
    members = {one.task_id: one for one in plan.members}
    waiting = [task for task in _open(plan) if members[task.id].can is not None or members[task.id].told is not None]
    _end(plan, Change.STOPPED, now)
    for task in waiting:
        _tell(_task(task.id), plan_words.off(_words(task)), now)


def _end(plan: Plan, what: Change, now: datetime) -> None:
    for task in _open(plan):
        if not calling_off.is_pending(task.id):
            moves.move(task.id, what, who="code", now=now, details={"paused": task.paused})
            moves.drop_queued(task.id)
    _drop(plan, now)
    plans.set_phase(plan.id, Phase.OVER)


def _ring(task: Task, now: datetime) -> None:
    """The end of a plan rings once, and not for each of its tasks."""
    desk.add("status", {desk.ENDED: True}, now, task_id=task.id)


def _tell(task: Task, text: str, now: datetime) -> None:
    """Code's own sentence to this person; like any message it waits for the owner's yes where they want to see it."""
    waits = waits_for_yes(task.mode, is_first=False)
    row = ledger.queue(task.user_id, "reply", text, now, task_id=task.id, state="proposed" if waits else "queued")
    if waits:
        drafts.ask(task.id, [row], now)


def _words(task: Task) -> list[str]:
    """The latest words of this person, for the language they are written to in."""
    return [entry.words for entry in journal.latest(task.user_id, WORDS_LOOKED_AT) if entry.author == "contact"]


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
