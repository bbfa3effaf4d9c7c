"""One person's part in a plan, as their conversation knows it: what is to be asked or proposed, what may be recorded.

Of the others it holds nothing, whoever they are and whatever they said: the one thing that comes from them is the time
that is proposed to everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation import times
from userbot.conversation.contact_acts import RecordTimes, SayYes
from userbot.conversation.tool_arguments import BadArguments, schema
from userbot.model.messages import ToolSpec
from userbot.store import desk, plans, tasks
from userbot.store.tasks import Task
from userbot.tasks import plan as rules
from userbot.tasks.free import without
from userbot.tasks.slots import Slot, Span
from userbot.tasks.verdicts import Verdict

RECORD_TIMES = "record_times"

INSTRUCTIONS = """\
## How to do a task that is one meeting for several people
You ask this contact alone; others are asked apart. You know nothing of the others, neither who nor how many they are \
nor what they said, beyond what the brief says; when asked, say so.
- Ask: say what it is about and how long, and name the starts under "Free times", with weekday, date and zone. Ask \
which of them suit; several are better than one.
- Record: as soon as they say when they can, call record_times with everything they can make, other times they name \
too. Then tell them that you will come back with one time for all. «После обеда» or "in the evening" is a stretch from \
a clock time to another; if you cannot tell which day, ask.
- Propose: where a "Time to propose" stands, put exactly that time to them and no other. If they clearly say yes to \
it: update_conversation, completed, with that time; then thank them and say that you will confirm it when everybody \
has answered. If not: record_times with what they can make now.
- It is never for you to say that it is agreed: that is written by itself, to everybody.
- If they do not want to meet at all, thank them: update_conversation, cancelled.
- Count dates from the day their message was sent, with the day table. Without a zone they mean the brief's."""


@dataclass(frozen=True)
class Part:
    """`is_owed`: something is to be put to this person now that no word of theirs asks for. `minutes`: how long the
    meeting takes."""

    task_id: int
    step: int
    proposed: Slot | None
    is_owed: bool
    has_answered: bool
    says_yes: bool
    minutes: int


def parts_of(open_tasks: Iterable[Task]) -> dict[int, Part]:
    """By task, for those of one dialog that are a part of a plan."""
    found = {}
    for task in open_tasks:
        plan = plans.of_task(task.id)
        me = None if plan is None else next(one for one in plan.members if one.task_id == task.id)
        if plan is None or me is None or me.is_out or plan.phase == rules.Phase.OVER:
            continue
        zone = times.zone_of(task, ZoneInfo(plan.timezone))
        proposed = None
        if plan.phase == rules.Phase.GOING and plan.proposed is not None:
            proposed = Slot(*plan.proposed, zone.key)
        found[task.id] = Part(
            task_id=task.id,
            step=plan.step,
            proposed=proposed,
            is_owed=_is_owed(task, plan, me),
            has_answered=me.can is not None,
            says_yes=proposed is not None and me.yes == plan.step,
            minutes=int(times.length_of(task).total_seconds() // 60),
        )
    return found


def _is_owed(task: Task, plan: plans.Plan, me: plans.Member) -> bool:
    """Is a proposed time, or a question asked anew, still to be put to this person?"""
    if plan.phase != rules.Phase.GOING or me.is_out or me.asked == plan.step or task.status != "in_progress":
        return False
    if plan.proposed is None and me.can is not None:
        return False
    return not desk.asks_about_text(task.id)


def peers_owed() -> set[int]:
    """The contacts whose conversations have something of a plan to put to them."""
    members = [(plan, me, tasks.get(me.task_id)) for plan in plans.going() for me in plan.members]
    return {task.user_id for plan, me, task in members if task and not task.paused and _is_owed(task, plan, me)}


def waits_for_others(task_id: int) -> bool:
    """Has this person done all that can be done now, so that their silence is none?"""
    plan = plans.of_task(task_id)
    if plan is None or plan.phase == rules.Phase.OVER:
        return False
    me = next(one for one in plan.members if one.task_id == task_id)
    if plan.phase != rules.Phase.GOING:
        return True
    # What is not put to them yet cannot have been answered.
    return me.asked != plan.step or (me.yes == plan.step if plan.proposed is not None else me.can is not None)


# --- what the prompt holds ------------------------------------------------------------------------------------------


def told(task: Task, part: Part, zone: ZoneInfo, now: datetime) -> str:
    """How far it has come, for this person's conversation."""
    if part.proposed is not None and part.says_yes:
        return f"## Task {task.id}: they said yes to {_spoken(part)}. It is not agreed before everybody has answered"
    if part.proposed is not None:
        return f"## Time to propose for task {task.id}, if the dialog does not hold it yet\n{_spoken(part)}"
    if part.has_answered:
        return f"## Task {task.id}: they said when they can. No time is proposed yet: one will be"
    free = times.spoken(times.to_offer(task, zone, now)) or "None now: ask_owner."
    return f"## Free times for task {task.id}: starts to ask about\n{free}"


def what_to_do(part: Part) -> str | None:
    if not part.is_owed:
        return None
    if part.proposed is not None:
        return f'Put the time under "Time to propose for task {part.task_id}" to the contact now.'
    return f"Ask the contact now which of the free times of task {part.task_id} suit: earlier answers do not count."


def _spoken(part: Part) -> str:
    assert part.proposed is not None  # noqa: S101
    return times.spoken([part.proposed])


# --- what may be recorded -------------------------------------------------------------------------------------------


_STRETCH: Mapping[str, Mapping[str, Any]] = {
    "date": {"type": "string", "description": "YYYY-MM-DD"},
    "from": {"type": "string", "description": "HH:MM in `timezone`"},
    "to": {
        "type": ["string", "null"],
        "description": "HH:MM until when they are free; null: `from` is a start they can make",
    },
}


def tool(task_ids: Sequence[int]) -> ToolSpec:
    """The tool that a conversation has beside the usual ones while one of its tasks is a part of a plan."""
    return ToolSpec(
        RECORD_TIMES,
        "Record when the contact can, for a meeting of several people: all of it each time, since it takes the place "
        "of what was recorded before.",
        schema(
            task_id={"type": "integer", "enum": list(task_ids), "description": "Which open task this is about."},
            times={
                "type": "array",
                "description": "Every time they can make. Empty: none of those they were asked about.",
                "items": schema(**_STRETCH),
            },
            timezone={"type": "string", "description": "IANA zone of these times"},
            evidence={
                "type": "array",
                "items": {"type": "integer"},
                "description": "Ids of the contact's own messages that say so.",
            },
        ),
    )


def take_times(part: Part, raw: Mapping[str, Any], evidence: tuple[int, ...], now: datetime) -> RecordTimes:
    """The act for what the contact said. Raises BadArguments for what is wrong with it; whether these times suit
    anybody else is not said."""
    try:
        can = rules.read_times(raw["times"], raw["timezone"], timedelta(minutes=part.minutes), now)
    except ValueError as error:
        raise BadArguments(str(error)) from error
    if not can and part.proposed is not None:
        # Not that one; what they said of other times still holds.
        known = plans.member(part.task_id)
        before = () if known is None else [Span(*stretch) for stretch in known.can or ()]
        can = without(before, [part.proposed.span])
    return RecordTimes(part.task_id, tuple((span.start, span.end) for span in can), evidence)


def answer_to_times(part: Part, act: RecordTimes) -> str:
    """What the model reads: the same whatever the others said."""
    if part.proposed is not None and rules.holds([Span(*one) for one in act.can], part.proposed.span):
        return (
            "Recorded; the proposed time is among them. If they said yes to it, call update_conversation as well; "
            "if they cannot make it, call record_times again without it."
        )
    return "Recorded. Tell the contact that you will come back with one time for all; nothing is agreed yet."


def record_times(part: Part, act: RecordTimes) -> None:
    """Inside the transaction that commits the turn. A yes stands as long as its time is among them."""
    proposed = None if part.proposed is None else part.proposed.span
    stands = proposed is not None and rules.holds([Span(*one) for one in act.can], proposed)
    plans.set_can(act.task_id, act.can, keeps_yes=stands)


def record_yes(act: SayYes) -> None:
    plans.say_yes(act.task_id, act.result, act.evidence)


def was_put(task_ids: Iterable[int]) -> None:
    for task_id in task_ids:
        plans.was_put(task_id)


def take_yes(part: Part, verdict: Verdict, result: Mapping[str, Any], evidence: tuple[int, ...]) -> SayYes:
    """The act for a yes to the time that is proposed. Raises BadArguments for any other time."""
    if part.proposed is None or verdict.slot is None or verdict.slot.span != part.proposed.span:
        wanted = "no time is proposed yet" if part.proposed is None else f"the proposed time is {_spoken(part)}"
        raise BadArguments(
            f"{wanted}, for {part.minutes} minutes: record other times that the contact can make with {RECORD_TIMES}"
        )
    return SayYes(part.task_id, dict(result), evidence)


SAID_YES = (
    "Recorded as their yes; it is not agreed before everybody has answered. Thank the contact and say that you will "
    "confirm it then."
)
