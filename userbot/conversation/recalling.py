"""What an owner's command is read beside: their tasks and what they said before, in bounds that neither fifty open
tasks nor five hundred commands go past. Nothing of it was written by a contact but names, as a few plain words.

The tasks a command can be about are shown whole: those it names by number or person, and those changed last. Of the
others there is a line each, to know them by.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from userbot.conversation import agreed, prompting, standing
from userbot.names import cases, may_be
from userbot.people import Contact, name_for_a_model
from userbot.skills import Skills
from userbot.store import desk, journal, peers, tasks
from userbot.store.tasks import Task
from userbot.tasks import mandate
from userbot.tasks.slots import WEEKDAYS
from userbot.tasks.values import CURRENCIES

WHOLE = 8
CHANGED_LAST = 3
IN_SHORT = 46
# Of so many, changed last, it is looked whether the command names their person: each takes part of a millisecond.
LOOKED_AT = 200
CLOSED_SHOWN = 4
ABOUT_LIMIT = 40
HISTORY = 6
SAID_LIMIT = 240
_WORD = re.compile(r"[^\W\d_]+")


def known_tasks(command: str, skills: Skills, now: datetime) -> str:
    """The open tasks, those whose meeting is agreed and ahead, and those closed lately, one JSON object a line."""
    opened = [*tasks.all_open(), *agreed.all_ahead(now)]
    contacts = {task.user_id: peers.contact(task.user_id) for task in opened}
    by_change = sorted(opened, key=lambda task: (task.updated_at, task.id), reverse=True)
    named = [task for task in by_change if re.search(rf"(?<!\d){task.id}(?!\d)", command)]
    named += [
        task for task in by_change[:LOOKED_AT] if task not in named and _is_named(contacts[task.user_id], command)
    ]
    whole = {task.id for task in [*named, *(task for task in by_change[:CHANGED_LAST] if task not in named)][:WHOLE]}
    short = {task.id for task in [task for task in by_change if task.id not in whole][:IN_SHORT]}
    shown = [
        in_full(task, command) if task.id in whole else _short(task, skills)
        for task in opened
        if task.id in whole | short
    ]
    if left_out := len(opened) - len(shown):
        shown.append({"left_out": f"{left_out} more open tasks: see list_conversations"})
    lately = tasks.latest(len(opened) + CLOSED_SHOWN) if len(opened) < IN_SHORT else tasks.latest(IN_SHORT)
    known = {task.id for task in opened}
    closed = [task for task in lately if task.status not in tasks.OPEN and task.id not in known][:CLOSED_SHOWN]
    shown += [summary(task, command) for task in closed]
    return "\n".join(map(prompting.quoted, shown))


def summary(task: Task, command: str = "") -> dict[str, Any]:
    """What tells a task from others; what is not so, or as usual, is left out. `command`: what the owner has typed. A
    username that is not in it stays out: whoever bears it chose it, and thirty letters hold a whole order."""
    contact = peers.contact(task.user_id)
    known = {
        "task_id": task.id,
        "type": task.task_type,
        "with": (name_for_a_model(contact.name) if contact else "") or str(task.user_id),
        "username": contact.username if contact and _has_username(command, contact.username) else None,
        "status": task.status,
        "waiting_for": task.waiting_for,
        "closed_because": task.closed_because,
        "paused": task.paused,
        "mode": None if task.mode == "auto" else task.mode,
    }
    return {name: value for name, value in known.items() if value is not None}


def limits(task: Task) -> dict[str, Any] | None:
    """The mandate as a model writes it: what the owner said yes to since holds the contact's words."""
    if task.mandate is None:
        return None
    return {name: value for name, value in task.mandate.items() if name in mandate.MANDATE_SCHEMA["properties"]}


def in_full(task: Task, command: str = "") -> dict[str, Any]:
    """What tells an open task from others, and what a change to it starts from. Private notes are not needed for it."""
    return {**summary(task, command), "brief": dict(task.context), "mandate": limits(task), **_agreed(task)}


def _agreed(task: Task) -> dict[str, Any]:
    """What was agreed, also where it stands only until it is moved."""
    stood = standing.first(task) if task.status in tasks.OPEN else None
    if stood is not None:
        return {"agreed": typed(stood.result), "being_moved": "stands until then; to leave it so, steer"}
    return {} if task.result is None else {"agreed": typed(task.result)}


def _short(task: Task, skills: Skills) -> dict[str, Any]:
    """Of the brief what its schema begins with: that is the matter."""
    known = summary(task)
    skill = skills.by_type.get(task.task_type)
    first = next(iter(skill.brief_schema.get("properties", {})), "") if skill else ""
    about = str(task.context.get(first) or "")
    short = {name: known[name] for name in ("task_id", "type", "with")} | {
        "about": prompting.capped(about, ABOUT_LIMIT)
    }
    return {**short, **_agreed(task)}


def _has_username(command: str, username: str | None) -> bool:
    found = re.search(rf"(?<!\w){re.escape(username)}(?!\w)", command, re.IGNORECASE) if username else None
    return found is not None


def _is_named(contact: Contact | None, command: str) -> bool:
    """Does the command name this person? Rather once too often: a task is only shown for it."""
    if contact is None:
        return False
    if contact.username and contact.username.casefold() in command.casefold():
        return True
    names = _words(contact.name)
    return any(word in cases(name) or may_be(word, name) for word in _words(command) for name in names)


def _words(text: str) -> Iterable[str]:
    return {word.casefold().replace("ё", "е") for word in _WORD.findall(text) if len(word) > 2}


def earlier(owner_id: int, before: int) -> str:
    """The last commands before that message and what was answered, for "and him too". Answers that rest on contacts'
    words are left out."""
    entries = [
        entry
        for entry in journal.latest(owner_id, HISTORY + 1)
        if entry.message_id < before and entry.state == "handled" and entry.words
    ]
    answers = {
        item.reply_to: str(item.payload["text"])
        for item in desk.last_said(HISTORY)
        if not item.payload.get("tainted") and item.reply_to is not None
    }
    shown: list[Mapping[str, Any]] = []
    for entry in entries[-HISTORY:]:
        said: dict[str, Any] = {"owner": prompting.capped(entry.words, SAID_LIMIT)}
        if entry.task_id is not None:
            said["about_task"] = entry.task_id
        shown.append(said)
        if entry.message_id in answers:
            shown.append({"you": prompting.capped(answers[entry.message_id], SAID_LIMIT)})
    return "\n".join(map(prompting.quoted, shown))


def typed(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result as far as code knows it to be a time, a date or a number: the rest is the contact's words."""
    return {name: value for name, value in result.items() if _is_typed(name, value)}


# The parts of a result that are no free text, which came from the contact. Their schemas only say "string", so that
# what stands in them is looked at as well.
_TYPED = frozenset(
    {"date", "time", "timezone", "duration_minutes", "weekday", "due_date", "due_time", "accepted", "number"}
)


def _is_typed(name: str, value: object) -> bool:
    if name == "price":
        return (
            isinstance(value, Mapping)
            and isinstance(value.get("amount"), int | float)
            and (value.get("currency") in CURRENCIES and len(value) == 2)
        )
    if name not in _TYPED or not isinstance(value, str):
        return name in _TYPED and (value is None or isinstance(value, int | float))
    if name == "timezone":
        return value in available_timezones()
    return value in WEEKDAYS or re.fullmatch(r"[\d:-]{4,10}", value) is not None
