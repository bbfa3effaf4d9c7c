"""What cards, reports, questions and answers are made of: people, briefs, results, quotes, cut to measure.

What a stranger or a model wrote passes `one_line` on its way to the owner: one line, bounded, no invisible
characters, and nothing in it that Telegram would make a link of. What code cannot read is said to be so.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.conversation.courtesy import IMPATIENT, Manners
from userbot.conversation.doing import Step
from userbot.people import Contact
from userbot.saved_messages import when, wording
from userbot.saved_messages.quoted import Line, Words
from userbot.saved_messages.when import Language
from userbot.skills import Skill, Skills
from userbot.store import journal, peers
from userbot.store.journal import Entry
from userbot.store.tasks import Task
from userbot.tasks import guard
from userbot.tasks.budgets import Limits
from userbot.tasks.slots import ResultError, Slot, resolve_due, resolve_meeting

VALUE = 200
LINES = 6
QUOTE = 200
# In a block of its own, which folds.
QUOTED = 600

_DOT_OF_A_LINK = re.compile(r"(?<=[\w-])\.(?=[^\W\d_]{2,}|xn--)")
# Of a result: what code renders itself, what only its model wrote about it, and "quotes" nobody checked.
_NOT_SHOWN = frozenset({"summary", "said", "quote", "weekday", "accepted"})
_OF_A_MEETING = frozenset({"date", "time", "timezone", "duration_minutes"})
_OF_A_DUE_DATE = frozenset({"due_date", "due_time", "timezone"})


@dataclass(frozen=True)
class Desk:
    """The settings of this room. `language`: of everything that is not about one task, which has its own.
    `limits`, `per_minute` and `model`, the first one that is asked, are what `.status` compares with.

    `zone`: the owner's. `prefix`: what commands start with, and nothing this program writes here may.
    """

    owner_id: int
    zone: ZoneInfo
    skills: Skills
    language: Language
    prefix: str = "."
    limits: Limits = field(default_factory=Limits)
    per_minute: int = 20
    model: str = ""
    manners: Manners = IMPATIENT
    # Is this contact writing just now?
    is_typing: Callable[[int], bool] = lambda _: False
    # What is being done about the command of this message.
    doing: Callable[[int], Step | None] = lambda _: None
    # A meeting's name and content as a file, by its task and title; None where there is nothing to put in one.
    meeting_file: Callable[[Task, str, datetime], tuple[str, str] | None] = lambda *_: None


# --- text -----------------------------------------------------------------------------------------------------------


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` UTF-16 units, with a sign that there was more."""
    if guard.utf16_length(text) <= limit:
        return text
    return guard.split_message(text, limit - 1)[0] + "…"


def harmless(text: str) -> str:
    """`text` with its links broken visibly, so that nothing in it can be tapped on by mistake."""
    return _DOT_OF_A_LINK.sub("[.]", guard.clean(text).replace("://", "[:]//"))


def one_line(text: str, limit: int = VALUE) -> str:
    return cut(" ".join(harmless(text).split()), limit)


def quote(language: Language, text: str, limit: int = QUOTE) -> str:
    """Somebody's words between quotation marks that nothing inside can end."""
    inner = one_line(text, limit).translate(str.maketrans("«»“”„", "‹›‘’‚"))
    return wording.say(language, "quote", text=inner)


# --- people ---------------------------------------------------------------------------------------------------------


def who(language: Language, contact: Contact | None, user_id: int) -> str:
    """Name and @username; the id where no more is known."""
    if contact is None:
        return wording.say(language, "nobody_known", user_id=user_id)
    return one_line(contact.name, 64) + (f" (@{contact.username[:32]})" if contact.username else "")


def name(language: Language, contact: Contact | None, user_id: int) -> str:
    return one_line(contact.name, 64) if contact else wording.say(language, "nobody_known", user_id=user_id)


def told_apart(language: Language, contact: Contact) -> str:
    """A person among others of that name: with the end of the phone number, which the owner knows from their book."""
    known = who(language, contact, contact.user_id)
    if contact.phone:
        digits = re.sub(r"\D", "", contact.phone)
        known += f", +{digits[:1]}…{digits[-4:]}"
    elif not contact.username:
        known += ", " + wording.say(language, "nobody_known", user_id=contact.user_id)
    return known


def head(language: Language, task: Task) -> str:
    """Number, type and person: the first line of everything about a task."""
    return wording.say(
        language,
        "card.head",
        task_id=task.id,
        type=one_line(wording.task_type(language, task.task_type), 64),
        who=who(language, peers.contact(task.user_id), task.user_id),
    )


# --- brief ----------------------------------------------------------------------------------------------------------


def brief(
    language: Language, skill: Skill | None, context: Mapping[str, Any], *, limit: int | None = VALUE
) -> list[str]:
    """The brief by its properties, one line each, in the order of the skill's schema. No limit: all of it, letter for
    letter."""
    hidden = frozenset[str]() if limit is None else frozenset({"timezone"})
    return _properties(language, skill.brief_schema if skill else {}, context, hidden, limit)


def _properties(
    language: Language,
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    hidden: frozenset[str],
    limit: int | None,
) -> list[str]:
    known = [name for name in schema.get("properties", {}) if name in values]
    names = dict.fromkeys([*known, *sorted(values)])
    lines = []
    for key in names:
        text = "" if key in hidden else _value(language, key, values[key])
        if text:
            shown = guard.clean(text) if limit is None else one_line(text, limit)
            lines.append(f"{one_line(wording.label(language, key), 60)}: {shown}")
    return lines


def _value(language: Language, key: str, value: object) -> str:
    if value is None or value == [] or value == "":
        return ""
    if isinstance(value, bool):
        return wording.say(language, "yes" if value else "no")
    if key == "duration_minutes" and isinstance(value, int):
        return when.length(language, value)
    if isinstance(value, str):
        return _day(language, value) if key.endswith("date") else value
    if isinstance(value, list):
        return "; ".join(_value(language, "", item) for item in value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        return f"{_value(language, '', value['amount'])} {value['currency']}"
    return json.dumps(value, ensure_ascii=False)


def number(value: int | float) -> str:
    """Its thousands apart: 25 000."""
    return f"{value:,}".replace(",", " ") if abs(value) >= 10_000 else str(value)


def _day(language: Language, value: str) -> str:
    try:
        return when.day(language, date.fromisoformat(value))
    except ValueError:
        return value


# --- results --------------------------------------------------------------------------------------------------------


def result(language: Language, skill: Skill | None, values: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    """A result by its schema: its time resolved by code, the rest one line a property, at most LINES of them."""
    schema = skill.result_schema if skill else {}
    checks = skill.checks if skill else ()
    lines: list[str] = []
    hidden = _NOT_SHOWN
    try:
        if "meeting-time" in checks:
            lines += _meeting(language, resolve_meeting(values), zone)
            hidden |= _OF_A_MEETING
        if "due-date" in checks:
            due = resolve_due(values)
            lines += _due(language, due, values, zone) if due else []
            hidden |= _OF_A_DUE_DATE
    except ResultError:
        # It was in order when it was recorded; now it is shown as it stands.
        lines = []
        hidden = _NOT_SHOWN
    if isinstance(values.get("number"), int | float) and isinstance(values.get("unit"), str):
        values = {**values, "number": f"{number(values['number'])} {values['unit']}", "unit": None}
    return (lines + _properties(language, schema, values, hidden, VALUE))[: LINES + len(lines)]


def _meeting(language: Language, slot: Slot, zone: ZoneInfo) -> list[str]:
    spoken = ZoneInfo(slot.timezone)
    there = when.stretch(language, slot.start, slot.end, spoken)
    minutes = int((slot.end - slot.start).total_seconds() // 60)
    lines = [wording.say(language, "report.when", time=there, length=when.length(language, minutes))]
    if slot.start.astimezone(spoken).utcoffset() != slot.start.astimezone(zone).utcoffset():
        here = when.stretch(language, slot.start, slot.end, zone)
        lines.append(wording.say(language, "report.when_here", time=here))
    return lines


def _due(language: Language, slot: Slot, values: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    spoken = ZoneInfo(slot.timezone)
    if values.get("due_time") is None:
        shown = when.day(language, date.fromisoformat(values["due_date"]))
        zone_text = when.zone_name(language, slot.start, spoken)
        lines = [wording.say(language, "report.due_day", day=shown, zone=zone_text)]
    else:
        lines = [wording.say(language, "report.due", time=when.moment(language, slot.start, spoken))]
    if slot.start.astimezone(spoken).utcoffset() != slot.start.astimezone(zone).utcoffset():
        here = when.moment(language, slot.start, zone)
        lines.append(wording.say(language, "report.when_here", time=here))
    return lines


def reasons(language: Language, codes: Iterable[str]) -> str:
    return ", ".join(wording.reason(language, code) for code in codes)


# --- a contact's own words ------------------------------------------------------------------------------------------


def own_words(
    language: Language,
    user_id: int,
    message_ids: Sequence[int],
    zone: ZoneInfo,
    *,
    most: int = 3,
    deciding: object = None,
) -> list[Line]:
    """What the contact wrote in these messages, quoted with its time. From the journal alone, and theirs alone.
    `deciding`: the words of it, as a model gave them, that a quote which is too long has to show."""
    entries = [entry for entry in journal.find(user_id, message_ids) if entry.author == "contact"]
    return [line for entry in entries[-most:] for line in said(language, _from(entry, deciding), zone)]


def _from(entry: Entry, deciding: object) -> Entry:
    """The message from a little before these words on, where its beginning alone would hide them."""
    at = entry.text.find(deciding) if isinstance(deciding, str) and deciding else -1
    if at < 0 or at + len(str(deciding)) <= QUOTED:
        return entry
    return replace(entry, text="…" + entry.text[max(0, at - QUOTED // 4) :])


def said(language: Language, entry: Entry, zone: ZoneInfo) -> list[Line]:
    mark = ""
    if entry.state == "deleted":
        mark = wording.say(language, "report.deleted")
    elif entry.revision > 1:
        mark = wording.say(language, "report.edited")
    who_wrote = name(language, peers.contact(entry.peer_id), entry.peer_id)
    time = when.sent_at(language, entry.sent_at, zone)
    head = wording.say(language, "report.said", who=who_wrote, time=time, mark=mark)
    return [head, Words(words(language, entry, QUOTED))]


def blocked(language: Language, payload: Mapping[str, Any]) -> str:
    """Why a message was held back, in the order of the guard."""
    return ", ".join(wording.held_back(language, str(name)) for name in payload.get("reasons", ()))


def words(language: Language, entry: Entry, limit: int = QUOTE) -> str:
    """One message's words in quotation marks; what it holds beside text is named."""
    text = guard.clean(entry.text)
    heard = guard.clean(entry.heard or "")
    media = ""
    if entry.media and not heard:
        about = one_line(entry.about) if entry.about else None
        media = wording.say(language, "report.media", media=wording.media(language, entry.media, about))
    spoken = wording.say(language, "report.heard", quote=quote(language, heard, limit)) if heard else ""
    typed = quote(language, text, limit) if text else ""
    return " ".join(filter(None, (media, typed, spoken))) or quote(language, "", limit)
