"""What `status`, `tasks`, `usage`, `doctor` and `skills` print: plain aligned text, or JSON for other programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from userbot.clock import Clock
from userbot.config import Settings
from userbot.people import clean_name
from userbot.store import overview
from userbot.store.costs import Costs, summed
from userbot.tasks.budgets import PERIOD
from userbot.telegram.session import find_lock_holder, read_session

if TYPE_CHECKING:
    from userbot.checks import Check
    from userbot.skills import Skills

# What Telegram's limits of a whole account ask of its owner, who may not be reachable in Saved Messages then.
LIMITS = {
    "PEER_FLOOD": "Telegram lets it write first to nobody; ask @SpamBot and wait",
    "FROZEN_METHOD_INVALID": "Telegram has frozen it; open the Telegram app, which says what to do",
}


def status(settings: Settings, *, as_json: bool) -> str:
    """Is it running, is it logged in, what is open, what went wrong last."""
    holder = find_lock_holder(settings.lock_path)
    session = read_session(settings.session_path)
    database = settings.database_path
    nothing = overview.Overview({}, 0, None, {}, None, overview.DaySpent())
    seen = overview.read_overview(database, Clock().now() - PERIOD) if database.exists() else nothing
    spent, most = seen.spent, settings.limits
    problem = seen.last_problem
    if as_json:
        return _json(
            {
                "running": holder is not None,
                "pid": holder.pid if holder else None,
                "logged_in": session is not None and session.is_logged_in,
                "owner_id": session.user_id if session else None,
                "open_tasks": dict(seen.open_tasks),
                "unsent_messages": seen.unsent,
                "account_limits": dict(seen.limits),
                "model_answering": seen.answering,
                "spent_in_24_hours": asdict(spent),
                "most_in_24_hours": {name: getattr(most, name) for name in asdict(spent)},
                "last_problem": None if problem is None else asdict(problem),
            }
        )
    open_tasks = sum(seen.open_tasks.values())
    by_status = ", ".join(f"{count} {name}" for name, count in seen.open_tasks.items())
    running = "no"
    if holder is not None:
        running = f"yes (pid {holder.pid})" if holder.pid else "yes"
    logged_in = "no: run `userbot login`"
    if session is not None and session.is_logged_in:
        logged_in = f"yes (id {session.user_id})"
    last_problem = "none"
    if problem is not None:
        of_task = f" (task {problem.task_id})" if problem.task_id is not None else ""
        last_problem = f"{_when(problem.at, ZoneInfo('UTC'))} UTC  {clean_line(problem.what)}{of_task}"
    limits = "; ".join(
        f"{name} since {_when(since, ZoneInfo('UTC'))} UTC: {LIMITS.get(name, 'open the Telegram app and see')}"
        for name, since in seen.limits.items()
    )
    return _table(
        [
            ("running", running),
            ("logged in", logged_in),
            *([("account", limits)] if limits else []),
            ("open tasks", f"{open_tasks} ({by_status})" if by_status else "0"),
            ("unsent messages", str(seen.unsent)),
            ("model", _model(settings.openai_model, seen.answering)),
            (
                "last 24 hours",
                f"{spent.turns} of {most.turns} turns, {spent.messages} of {most.messages} messages, "
                f"{spent.tokens} of {most.tokens} tokens, ${spent.dollars:.2f} of ${most.dollars:.2f}",
            ),
            ("last problem", last_problem),
        ]
    )


def _model(first: str, answering: str | None) -> str:
    if answering is None:
        return f"{first} (not asked yet)"
    return answering if answering == first else f"{answering} answers, instead of {first}"


def tasks(settings: Settings, *, as_json: bool) -> str:
    """Every task in a line, the open ones first. Times are the owner's, in JSON UTC."""
    database = settings.database_path
    lines = overview.read_tasks(database) if database.exists() else []
    if as_json:
        return _json([asdict(line) for line in lines])
    if not lines:
        return "no tasks yet\n"
    head = ("id", "type", "contact", "status", "waiting for", f"updated ({settings.owner_timezone.key})")
    rows = [
        (
            str(line.task_id),
            line.task_type,
            clean_name(line.contact or "") or f"id {line.user_id}",
            _status_of(line),
            line.waiting_for or "-",
            _when(line.updated_at, settings.owner_timezone),
        )
        for line in lines
    ]
    return _table([head, *rows])


def usage(settings: Settings, now: datetime, days: int, *, as_json: bool) -> str:
    """What the model cost in the last days: by day, by model, by task."""
    zone = settings.owner_timezone
    database = settings.database_path
    first = datetime.combine(now.astimezone(zone).date() - timedelta(days=days - 1), time(), zone)
    found = overview.read_costs(database, first, zone) if database.exists() else []
    if as_json:
        return _json([asdict(one) | {"cost_usd": one.cost} for one in found])
    if not found:
        return "no model was asked\n"
    by_task = summed(found, lambda one: one.task_id or 0)
    return "\n".join(
        [
            _costs("day", {str(day): one for day, one in summed(found, lambda one: one.day).items()}),
            _costs("model", {clean_line(name): one for name, one in summed(found, lambda one: one.model).items()}),
            _costs("task", {str(number or "none"): one for number, one in by_task.items()}),
        ]
    )


def _costs(what: str, found: Mapping[str, Costs]) -> str:
    head = (what, "calls", "failed", "input", "cached", "output", "reasoning", "cost")
    lines = [
        (name, *map(str, (one.calls, one.failed, one.input, one.cached, one.output, one.reasoning)), _cost(one))
        for name, one in found.items()
    ]
    return _table([head, *lines])


def _cost(one: Costs) -> str:
    if one.cost is None:
        return "unknown"
    return f"${one.cost:.4f}" + (f" and {one.unpriced} calls unknown" if one.unpriced else "")


def checks(found: Sequence["Check"], *, as_json: bool) -> str:
    if as_json:
        return _json([asdict(check) for check in found])
    text = _table([(check.state.value, check.name, clean_line(check.what)) for check in found], mends=_mends(found))
    broken = sum(check.state == "broken" for check in found)
    return text + ("" if not broken else f"\n{broken} broken\n")


def skills(found: "Skills", *, as_json: bool) -> str:
    """Every skill in a line, and below them what is wrong with which folder and how to mend it."""
    if as_json:
        return _json(
            {
                "skills": [
                    {
                        "name": skill.name,
                        "type": skill.task_type,
                        "checks": skill.checks,
                        "check_ins": skill.check_ins,
                        "tools": skill.allowed_tools,
                        "description": skill.description,
                    }
                    for skill in found.by_type.values()
                ],
                "faults": [asdict(fault) for fault in found.faults],
            }
        )
    rows = [
        (skill.name, skill.task_type, " ".join(skill.checks) or "-", " ".join(skill.allowed_tools or ("all",)))
        for skill in found.by_type.values()
    ]
    text = _table([("name", "type", "checks", "tools"), *rows]) if rows else "no skill can be used\n"
    if not found.faults:
        return text
    lines = [(fault.severity.value, clean_line(fault.folder), clean_line(fault.text)) for fault in found.faults]
    return f"{text}\n{_table(lines, mends=[fault.mend for fault in found.faults])}"


def clean_line(text: str) -> str:
    """One line, whatever an error's text holds."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _mends(found: Sequence["Check"]) -> list[str | None]:
    return [check.mend for check in found]


def _status_of(line: overview.TaskLine) -> str:
    if line.closed_because:
        return f"{line.status} ({line.closed_because})"
    if line.paused:
        return f"paused ({line.paused})"
    return f"{line.status} ({line.trouble})" if line.trouble else line.status


def _when(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def _table(rows: Sequence[Sequence[str]], mends: Sequence[str | None] = ()) -> str:
    """Columns as wide as their widest cell; a mend stands below its row, under the last column."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines: list[str] = []
    for number, row in enumerate(rows):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number < len(mends) and mends[number]:
            lines.append(" " * (sum(widths[:-1]) + 2 * (len(widths) - 1)) + f"→ {mends[number]}")
    return "\n".join(lines) + "\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=_instant) + "\n"


def _instant(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a report")
