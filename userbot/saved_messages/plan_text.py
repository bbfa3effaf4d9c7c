"""One meeting with several people as the owner sees it: a line on every card, its two questions, its one end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import plan_parts, plan_view
from userbot.people import Contact
from userbot.saved_messages import pieces, when, wording
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.when import Language
from userbot.store import peers, tasks
from userbot.store import plans as store
from userbot.store.desk import Item
from userbot.store.plans import Member, Plan
from userbot.store.tasks import Task

TIMES_SHOWN = 4


def lines(language: Language, task: Task, desk: Desk) -> list[str]:
    """Who is in it and how far each has come, and the time that is proposed; nothing for a task that is no part."""
    plan = store.of_task(task.id)
    if plan is None:
        return []
    members = [
        wording.say(language, "plan.member", who=_name(language, one), state=_state(language, plan, one))
        for one in plan.members
    ]
    said = [wording.say(language, "plan.members", ids=ids(plan), members="; ".join(members))]
    if plan.phase == "going" and plan.proposed is not None and task.status in tasks.OPEN:
        start, end = plan.proposed
        time = when.short_stretch(language, start, end, desk.zone)
        said.append(wording.say(language, "plan.proposed", time=time))
    return said


def status(language: Language, task: Task) -> str | None:
    """What a card says where its contact has answered and the others have not."""
    return wording.say(language, "plan.waiting_others") if plan_parts.waits_for_others(task.id) else None


def act(language: Language, task: Task, stop: str) -> str:
    """What the owner can do with a card."""
    key = "card.act" if store.member(task.id) is None else "plan.act"
    return wording.say(language, key, stop=stop)


def of_all(language: Language, task: Task) -> tuple[str, str]:
    """The numbers and names of everybody it is about: of the task alone, where it is no part of a plan."""
    plan = store.of_task(task.id)
    if plan is None:
        return str(task.id), pieces.name(language, peers.contact(task.user_id), task.user_id)
    left = [one for one in plan.members if not one.is_out]
    return ", ".join(str(one.task_id) for one in left), ", ".join(_name(language, one) for one in left)


def ids(plan: Plan) -> str:
    return ", ".join(str(one.task_id) for one in plan.members)


def question(language: Language, item: Item, desk: Desk) -> list[str] | None:
    """The whole question about a plan; None for any other."""
    plan = store.get(int(item.payload.get(plan_view.PLAN, 0)))
    if plan is None:
        return None
    if item.state == "void":
        return [wording.say(language, "plan.void", ids=ids(plan))]
    if plan_view.WITHOUT in item.payload:
        gone = next(one for one in plan.members if one.task_id == item.payload[plan_view.WITHOUT])
        left = [_name(language, one) for one in plan.members if not one.is_out and one is not gone]
        return [
            wording.say(language, "plan.gone", ids=ids(plan), who=_name(language, gone), state=_why(language, item)),
            wording.say(language, "plan.gone_ask", left=", ".join(left)),
            wording.say(language, "plan.gone_act"),
        ]
    known = [
        wording.say(
            language, "plan.can", task_id=one.task_id, who=_name(language, one), times=_can(language, one, desk.zone)
        )
        for one in plan.members
        if not one.is_out
    ]
    stop = wording.command(language, "stop", desk.prefix, item.task_id)
    fits = [
        wording.say(language, "plan.fits_without", task_id=task_id, time=_stretch(language, stretch, desk.zone))
        for task_id, stretch in item.payload.get(plan_view.FITS_WITHOUT, {}).items()
    ]
    # An example of what to write: somebody without whom it would do, if there is one.
    number = next(iter(item.payload.get(plan_view.FITS_WITHOUT, {})), max(one.task_id for one in plan.members))
    act = wording.say(language, "plan.times_act", stop=stop, number=number)
    return [_head(language, plan, item), *known, *fits, act]


def question_line(language: Language, item: Item) -> str | None:
    """The question on the card of the task that carries it."""
    plan = store.get(int(item.payload.get(plan_view.PLAN, 0)))
    if plan is None:
        return None
    if plan_view.WITHOUT not in item.payload:
        return _head(language, plan, item)
    gone = next(one for one in plan.members if one.task_id == item.payload[plan_view.WITHOUT])
    return wording.say(language, "plan.gone_line", who=_name(language, gone), state=_why(language, item))


def people(language: Language, act: dict[str, Any]) -> str:
    """Who a plan that is not begun is with: as the owner named them where that is not clear yet."""
    return ", ".join(
        one_line(str(one["query"]), 64)
        if one["who"] is None
        else pieces.who(language, Contact(**one["who"]), one["who"]["user_id"])
        for one in act["people"]
    )


def _stretch(language: Language, stretch: Sequence[str], zone: ZoneInfo) -> str:
    start, end = (datetime.fromisoformat(at) for at in stretch)
    return when.short_stretch(language, start, end, zone)


def _head(language: Language, plan: Plan, item: Item) -> str:
    return wording.say(language, f"plan.{item.payload[plan_view.TIMES]}", ids=ids(plan))


def _why(language: Language, item: Item) -> str:
    return wording.say(language, f"state.{item.payload.get('why') or 'other'}")


def _can(language: Language, one: Member, zone: ZoneInfo) -> str:
    stretches: Sequence[tuple[datetime, datetime]] = one.can or ()
    shown = [when.short_stretch(language, start, end, zone) for start, end in stretches[:TIMES_SHOWN]]
    if len(stretches) > TIMES_SHOWN:
        shown.append("…")
    return "; ".join(shown) or wording.say(language, "plan.can_none")


def _state(language: Language, plan: Plan, one: Member) -> str:
    task = tasks.get(one.task_id)
    if one.is_out or task is None:
        return wording.say(language, "plan.out")
    if task.closed_because == "agreed":
        return wording.say(language, "plan.agreed")
    if task.closed_because is not None:
        return wording.say(language, f"state.{task.closed_because}")
    if task.paused is not None:
        return wording.say(language, "plan.paused")
    if plan.proposed is not None and one.yes == plan.step:
        return wording.say(language, "plan.yes")
    is_known = plan.proposed is None and one.can is not None
    return wording.say(language, "plan.answered" if is_known else "plan.waiting")


def _name(language: Language, one: Member) -> str:
    task = tasks.get(one.task_id)
    user_id = 0 if task is None else task.user_id
    return pieces.name(language, peers.contact(user_id), user_id)
