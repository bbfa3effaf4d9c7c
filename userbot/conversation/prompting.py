"""What prompts are made of: dialogs as quoted data, and the time with a table of days.

Whatever somebody else wrote enters a prompt through `quoted`: as a value in one JSON object on one line, cleaned of
everything invisible, and capped where it is put in.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from userbot.store.conversations import Line
from userbot.tasks.plain_text import clean

# Longer messages are cut: nobody needs the rest to answer, and a flood must not fill the prompt.
LINE_LIMIT = 2000
# Of many new ones each is cut shorter, so that none passes unread.
NEW_LIMIT = 7_000
SHORTEST = 80
# A message that was dealt with, one of before the tasks, and one that is kept of the dialog's older part.
OLD_LINE_LIMIT = 700
TONE_LINE_LIMIT = 160
KEPT_LINE_LIMIT = 500
NAME_LIMIT = 128
DAYS = 14
_JSON = json.JSONEncoder(ensure_ascii=False)


def quoted(value: Mapping[str, Any]) -> str:
    """One JSON object on one line: whatever a stranger wrote in it cannot look like anything but a value in it.

    JSON leaves some characters as they are that end a line for some readers; `clean` leaves none of those.
    """
    return _JSON.encode(_clean(value))


def quoted_length(text: str) -> int:
    """How many characters a text takes inside such an object."""
    return len(_JSON.encode(clean(text))) - len('""')


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(name) if isinstance(name, str) else name: _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value


def capped(text: str, limit: int = LINE_LIMIT) -> str:
    return text if len(text) <= limit else text[:limit] + " [cut]"


def dialog_lines(
    lines: Iterable[Line],
    zone: ZoneInfo,
    owner_name: str,
    about: Collection[int] = frozenset(),
    *,
    since: int = 0,
    limit: int = OLD_LINE_LIMIT,
) -> str:
    """A dialog, one JSON object a line: each day before its messages, and of a message id, local time, who, text, and
    what else is known of it. Texts that are not new are cut to `limit` characters, those with an id below `since`, the
    beginning of the tasks, to fewer.

    Of the tasks `about` it is said which message belongs to which.
    """
    given = list(lines)
    of_new = limit_of_new(given)
    shown: list[str] = []
    day: date | None = None
    for line in given:
        here = line.at.astimezone(zone)
        if day != (day := here.date()):
            shown.append(quoted({"day": f"{day:%a %Y-%m-%d}"}))
        cut_to = of_new if line.is_new else limit_of_old(line, since, limit)
        shown.append(quoted(shown_line(line, here.time().isoformat("minutes"), owner_name, about, cut_to)))
    return "\n".join(shown)


def limit_of_new(lines: Iterable[Line]) -> int:
    """To how many characters each new message among these is cut."""
    return max(SHORTEST, min(LINE_LIMIT, NEW_LIMIT // max(1, sum(line.is_new for line in lines))))


def limit_of_old(line: Line, since: int, limit: int = OLD_LINE_LIMIT) -> int:
    """To how many characters a message that is not new is cut."""
    return TONE_LINE_LIMIT if is_before(line, since) else limit


def is_before(line: Line, since: int) -> bool:
    return line.message_id is not None and line.message_id < since and not line.is_new


def shown_line(
    line: Line, at: str, owner_name: str, about: Collection[int] = frozenset(), limit: int = LINE_LIMIT
) -> dict[str, Any]:
    """`at`: its time, as the reader is to see it."""
    shown: dict[str, Any] = {
        "id": line.message_id,
        "at": at,
        "from": {"contact": "contact", "owner": f"{owner_name} in person", "assistant": "you"}[line.speaker],
        "text": capped(line.text, limit),
    }
    if line.task_id in about:
        shown["task_id"] = line.task_id
    if line.media:
        shown["with"] = line.media if line.count == 1 else f"{line.count} × {line.media}"
    if line.about:
        shown["holds"] = capped(line.about, limit)
    if line.heard:
        shown["transcript"] = capped(line.heard, limit)
    if line.reply_to is not None:
        shown["reply_to"] = line.reply_to
    if line.was_forwarded:
        shown["forwarded"] = True
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
