"""An agreed meeting as the file that is handed over with the news of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from userbot.calendars.meetings import Meeting, meeting_ics
from userbot.tasks.slots import ResultError, resolve_meeting

NAME = "meeting.ics"


def meeting_file(
    result: Mapping[str, Any], title: str, now: datetime, *, uid: str, sequence: int
) -> tuple[str, str] | None:
    """Name and content of the file for a task's result; None where it is not about a meeting.

    `uid` is the task's for ever; `sequence` grows with every change of what was agreed, so that a calendar takes the
    newest for the one that counts.
    """
    if result.get("accepted") is False or "time" not in result:
        return None
    try:
        slot = resolve_meeting(result)
    except ResultError:
        return None
    place = result.get("place")
    location = place if isinstance(place, str) and place.strip() else None
    return NAME, meeting_ics(Meeting(uid, sequence, slot, title, location), now).decode()
