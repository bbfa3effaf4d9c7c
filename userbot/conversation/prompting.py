"""What prompts are made of: dialogs as quoted data, and the time with a table of days."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from userbot.store.conversations import Line

# Longer messages are cut: nobody needs the rest to answer, and a flood must not fill the prompt.
LINE_LIMIT = 2000
# Nor must many messages: the oldest lines are left out, new ones too, until the dialog is no longer than this.
DIALOG_LIMIT = 24_000
DAYS = 14
# JSON leaves these as they are, though they end a line for some readers.
_LINE_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def quoted(value: Mapping[str, Any]) -> str:
    """One JSON object on one line: whatever a stranger wrote in it cannot look like anything but a value in it."""
    return json.dumps(value, ensure_ascii=False).translate(_LINE_BREAKS)


def dialog_lines(lines: Iterable[Line], zone: ZoneInfo, owner_name: str, about: Collection[int] = frozenset()) -> str:
    """A dialog, one JSON object a line: id, local time, who, text, and what else is known of the message.

    Of the tasks `about` it is said which message belongs to which.
    """
    shown: list[str] = []
    length = 0
    given = list(lines)
    for n, line in enumerate(reversed(given)):
        text = quoted(shown_line(line, zone, owner_name, about))
        length += len(text) + 1
        if shown and length > DIALOG_LIMIT:
            shown.append(quoted({"left_out": f"{len(given) - n} older messages"}))
            break
        shown.append(text)
    return "\n".join(reversed(shown))


def shown_line(line: Line, zone: ZoneInfo, owner_name: str, about: Collection[int] = frozenset()) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": line.message_id,
        "at": local(line.at, zone),
        "from": {"contact": "contact", "owner": f"{owner_name} in person", "assistant": "you"}[line.speaker],
        "text": line.text if len(line.text) <= LINE_LIMIT else line.text[:LINE_LIMIT] + " [cut]",
    }
    if line.task_id in about:
        shown["task_id"] = line.task_id
    if line.media:
        shown["with"] = line.media
    if line.reply_to is not None:
        shown["reply_to"] = line.reply_to
    if line.was_edited:
        shown["edited"] = True
    if line.is_new:
        shown["new"] = True
    return shown


def local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def time_table(now: datetime, zone: ZoneInfo) -> str:
    """The present, and the weekdays and dates from today on: models get weekdays wrong when left to count."""
    here = now.astimezone(zone)
    days = ", ".join(f"{here.date() + timedelta(days=n):%a %Y-%m-%d}" for n in range(DAYS))
    return f"Now: {here:%A %Y-%m-%d %H:%M} in {zone.key}. Days: {days}."
