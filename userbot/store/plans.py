"""Plans: one meeting with several people, and what each person's task has brought to it. Rows only, no rules.

Whatever changes a task marks its plan as stale (`touch`); `conversation/plans.py` looks at those and does what follows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from userbot.store import rows
from userbot.store.rows import as_json, as_text
from userbot.store.tables import PlanMemberRow, PlanRow

_read = rows.reader(PlanRow)
_read_members = rows.reader(PlanMemberRow)

Stretches = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Member:
    """`can`: stretches in UTC; None: they have not said. `yes`, `asked` and `told` name a step of the plan; `told` 0:
    what they were told is no longer so."""

    task_id: int
    plan_id: int
    can: tuple[tuple[datetime, datetime], ...] | None
    asked: int
    yes: int | None
    result: Mapping[str, Any] | None
    evidence: tuple[int, ...]
    told: int | None
    is_out: bool


@dataclass(frozen=True)
class Plan:
    """`members` in the order of their tasks."""

    id: int
    phase: str
    step: int
    tries: int
    timezone: str
    mandate: Mapping[str, Any] | None
    proposed: tuple[datetime, datetime] | None
    members: tuple[Member, ...]


def create(task_ids: Sequence[int], timezone: str, mandate: Mapping[str, Any] | None, now: datetime) -> int:
    """Call inside the transaction that makes the tasks."""
    made = rows.insert("plan", phase="going", timezone=timezone, mandate=as_json(mandate), created_at=as_text(now))
    for task_id in task_ids:
        rows.insert("plan_member", task_id=task_id, plan_id=made)
    return made


def get(plan_id: int) -> Plan | None:
    return next((_plan(row) for row in _read("WHERE id = ?", plan_id)), None)


def of_task(task_id: int) -> Plan | None:
    """The plan that this task is a part of."""
    tail = "WHERE id = (SELECT plan_id FROM plan_member WHERE task_id = ?)"
    return next((_plan(row) for row in _read(tail, task_id)), None)


def member(task_id: int) -> Member | None:
    return next((_member(row) for row in _read_members("WHERE task_id = ?", task_id)), None)


def mates(task_id: int) -> list[int]:
    """The tasks of the same plan, this one among them; this one alone where it is in none."""
    sql = "SELECT task_id FROM plan_member WHERE plan_id = (SELECT plan_id FROM plan_member WHERE task_id = ?)"
    return [row[0] for row in rows.tuples(sql, task_id)] or [task_id]


def tasks_of(plan_id: int) -> list[int]:
    return [row[0] for row in rows.tuples("SELECT task_id FROM plan_member WHERE plan_id = ?", plan_id)]


def is_shut(task_id: int) -> bool:
    """Does its plan go on without this task, or is over? Then nothing opens it again."""
    sql = (
        "SELECT 1 FROM plan_member JOIN plan ON plan.id = plan_member.plan_id"
        " WHERE task_id = ? AND (is_out OR phase = 'over')"
    )
    return rows.value(sql, task_id) is not None


def to_settle(now: datetime) -> list[Plan]:
    """Plans of which something changed, or whose proposed time has come."""
    ids = {row[0] for row in rows.tuples("SELECT id FROM plan WHERE stale")}
    sql = "SELECT id FROM plan WHERE phase = 'going' AND proposed_start IS NOT NULL AND proposed_start <= ?"
    ids |= {row[0] for row in rows.tuples(sql, as_text(now))}
    return [plan for plan_id in sorted(ids) if (plan := get(plan_id)) is not None]


def going() -> list[Plan]:
    return [_plan(row) for row in _read("WHERE phase = 'going' ORDER BY id")]


def touch(task_id: int) -> None:
    """Something happened to this task: what follows for its plan, if it has one, is to be looked at."""
    rows.change("UPDATE plan SET stale = 1 WHERE id = (SELECT plan_id FROM plan_member WHERE task_id = ?)", task_id)


def settled(plan_id: int) -> None:
    """Nothing more follows from what is known."""
    rows.change("UPDATE plan SET stale = 0 WHERE id = ?", plan_id)


def set_phase(plan_id: int, phase: str) -> None:
    rows.change("UPDATE plan SET phase = ? WHERE id = ?", phase, plan_id)


def propose(plan_id: int, start: datetime, end: datetime) -> None:
    """This time is to be put to everybody."""
    rows.change(
        "UPDATE plan SET proposed_start = ?, proposed_end = ?, step = step + 1, tries = tries + 1, phase = 'going'"
        " WHERE id = ?",
        as_text(start),
        as_text(end),
        plan_id,
    )


def drop_proposal(plan_id: int) -> None:
    """No time is proposed any more, and nobody's yes to it counts."""
    rows.change("UPDATE plan SET proposed_start = NULL, proposed_end = NULL, step = step + 1 WHERE id = ?", plan_id)


def ask_anew(plan_id: int, mandate: Mapping[str, Any] | None) -> None:
    """Everybody is to be asked again, within these limits: what they said before is void."""
    drop_proposal(plan_id)
    sql = "UPDATE plan SET tries = 0, mandate = ?, phase = 'going' WHERE id = ?"
    rows.change(sql, as_json(mandate), plan_id)
    rows.change("UPDATE plan_member SET can = NULL, yes = NULL WHERE plan_id = ?", plan_id)


def set_can(task_id: int, can: Stretches, *, keeps_yes: bool) -> None:
    rows.change(
        f"UPDATE plan_member SET can = ?{'' if keeps_yes else ', yes = NULL'} WHERE task_id = ?",
        as_json([[as_text(start), as_text(end)] for start, end in can]),
        task_id,
    )


def say_yes(task_id: int, result: Mapping[str, Any], evidence: Sequence[int]) -> None:
    """This person said yes to the time that is proposed now."""
    rows.change(
        "UPDATE plan_member SET result = ?, evidence = ?, yes = (SELECT step FROM plan WHERE id = plan_id)"
        " WHERE task_id = ?",
        as_json(dict(result)),
        as_json(list(evidence)),
        task_id,
    )


def void_yes(task_id: int) -> None:
    """What they said yes with is no longer there as it was."""
    rows.change("UPDATE plan_member SET yes = NULL WHERE task_id = ?", task_id)
    touch(task_id)


def take_back_answer(task_id: int, *, keeps_told: bool = False) -> None:
    """They want it otherwise, or are asked to: what they said is void, and, unless it stands so far, what they were
    told is no longer so: it was no step's."""
    told = "told" if keeps_told else "CASE WHEN told IS NULL THEN NULL ELSE 0 END"
    rows.change(f"UPDATE plan_member SET can = NULL, yes = NULL, told = {told} WHERE task_id = ?", task_id)


def was_put(task_id: int) -> None:
    """What the plan has come to was put to this person, by a message that is committed now."""
    rows.change("UPDATE plan_member SET asked = (SELECT step FROM plan WHERE id = plan_id) WHERE task_id = ?", task_id)


def was_told(task_id: int) -> None:
    rows.change("UPDATE plan_member SET told = (SELECT step FROM plan WHERE id = plan_id) WHERE task_id = ?", task_id)


def leave_out(task_id: int) -> None:
    """The owner goes on without this person, and so has said something about the times that were tried."""
    rows.change("UPDATE plan_member SET is_out = 1 WHERE task_id = ?", task_id)
    sql = "SELECT plan_id FROM plan_member WHERE task_id = ?"
    rows.change(f"UPDATE plan SET tries = 0, stale = 1 WHERE id = ({sql})", task_id)
    rows.change(f"UPDATE plan SET phase = 'going' WHERE phase = 'stuck' AND id = ({sql})", task_id)


def told_by_code(what: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Of each task of a plan the last event of this kind: the task, and the details."""
    sql = (
        "SELECT task_id, details FROM task_event WHERE id IN (SELECT max(event.id) FROM plan_member"
        " JOIN task_event AS event ON event.task_id = plan_member.task_id AND event.what = ?"
        " GROUP BY plan_member.task_id) ORDER BY task_id"
    )
    return [(task_id, json.loads(details)) for task_id, details in rows.tuples(sql, what)]


def _plan(row: Any) -> Plan:
    members = tuple(_member(one) for one in _read_members("WHERE plan_id = ? ORDER BY task_id", row.id))
    proposed = None if row.proposed_start is None else (row.proposed_start, row.proposed_end)
    return Plan(row.id, row.phase, row.step, row.tries, row.timezone, row.mandate, proposed, members)


def _member(row: Any) -> Member:
    can = None
    if row.can is not None:
        can = tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in row.can)
    return Member(
        task_id=row.task_id,
        plan_id=row.plan_id,
        can=can,
        asked=row.asked,
        yes=row.yes,
        result=row.result,
        evidence=tuple(row.evidence or ()),
        told=row.told,
        is_out=bool(row.is_out),
    )
