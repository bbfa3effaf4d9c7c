"""Once a day, when there is something to say: what waits for the owner, what was settled, what is late. Code alone.

`look` decides, from the record and the clock; what it found becomes a desk item like any answer, and is silent. That
it was looked is kept in the database: a restart or a clock set back brings no second one.
"""

from datetime import datetime, timedelta
from typing import Any

from userbot.saved_messages import card_text, when, wording
from userbot.saved_messages.pieces import Desk
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import preferences, tasks
from userbot.store.database import transaction
from userbot.store.tasks import Task

DIGEST = "digest"
# Before the first one, and after a long time off: what is older is no news.
LOOKS_BACK = timedelta(days=7)
FIRST_LOOKS_BACK = timedelta(days=1)
# A contact who has said nothing for so long is late.
SILENT_FOR = timedelta(days=2)
SHOWN = 8


def look(desk: Desk, at_minute: int | None, now: datetime) -> bool:
    """Is it time, and is there anything? True when an item was added. `at_minute`: of the owner's day; None: never."""
    here = now.astimezone(desk.zone)
    if at_minute is None or here.hour * 60 + here.minute < at_minute:
        return False
    last = preferences.digested_at()
    last_day = None if last is None else last.astimezone(desk.zone).date()
    if last_day == here.date():
        return False
    with transaction():
        preferences.set_digested_at(now)
        if last_day is not None and last_day > here.date():
            # The clock was set back by days: the owner had one that counts for today, and gets tomorrow's.
            return False
        since = max(last, now - LOOKS_BACK) if last is not None else now - FIRST_LOOKS_BACK
        found = _found(since, now)
        if not any(found.values()):
            return False
        items.add("list", {"of": DIGEST, **found}, now)
    return True


def _found(since: datetime, now: datetime) -> dict[str, list[int]]:
    """Task ids: those that wait for the owner, those that ended (not by their own stop), those that are late."""
    opened = tasks.all_open()
    waiting = [
        task.id for task in opened if task.waiting_for == "owner" or task.paused or items.open_questions(task.id)
    ]
    late = [task.id for task in opened if task.id not in waiting and _is_late(task, now)]
    settled = [task.id for task in tasks.ended_since(since) if task.closed_because != "stopped"]
    return {"waiting": waiting, "settled": settled, "late": late}


def _is_late(task: Task, now: datetime) -> bool:
    return _is_past(task, now) or (not task.is_taken_on and now - task.updated_at >= SILENT_FOR)


def _is_past(task: Task, now: datetime) -> bool:
    return task.deadline is not None and task.deadline < now


def digest_text(language: Language, payload: dict[str, Any], desk: Desk, now: datetime) -> str:
    today = when.day(language, now.astimezone(desk.zone).date())
    lines = [wording.say(language, "digest.head", day=today)]
    for part in ("waiting", "settled", "late"):
        shown = [task for task_id in payload[part][:SHOWN] if (task := tasks.get(task_id)) is not None]
        if not shown:
            continue
        lines += ["", wording.say(language, f"digest.{part}")]
        lines += [_line(language, task, part, now) for task in shown]
        if (more := len(payload[part]) - SHOWN) > 0:
            lines.append(wording.say(language, "digest.more", tasks=when.counted(language, more, "task")))
    example = next(iter([*payload["waiting"], *payload["late"], *payload["settled"]]))
    act = wording.say(language, "list.act", task=wording.command(language, "task", desk.prefix, example))
    return "\n".join([*lines, "", act])


def _line(language: Language, task: Task, part: str, now: datetime) -> str:
    line = card_text.list_line(task, language)
    if part != "late":
        return line
    if _is_past(task, now):
        return wording.say(language, "digest.past", line=line)
    days = when.counted(language, (now - task.updated_at).days, "day")
    return wording.say(language, "digest.silent", line=line, days=days)
