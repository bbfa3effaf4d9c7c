"""An agreed meeting as iCalendar: the file a contact is sent, and the event in the owner's calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from userbot.tasks.slots import Slot

PRODUCT = "-//userbot//calendar//EN"


@dataclass(frozen=True)
class Meeting:
    """`uid` is the task's for ever, `sequence` grows whenever what was agreed changes."""

    uid: str
    sequence: int
    slot: Slot
    summary: str
    location: str | None = None


def meeting_ics(meeting: Meeting, now: datetime) -> bytes:
    """A file with this one event. No METHOD: it is an event to keep, not an invitation that wants an answer by mail."""
    return bytes(_calendar(_event(meeting, now), meeting.slot).to_ical())


def moved(current: bytes, meeting: Meeting, now: datetime) -> bytes | None:
    """The event as the calendar holds it, at the meeting's time; None when it is there already.

    What the owner has added to it meanwhile stays.
    """
    try:
        calendar = icalendar.Calendar.from_ical(current.decode("utf-8", "replace"))
        event: Any = next(one for one in calendar.walk("VEVENT") if "RECURRENCE-ID" not in one)
        sequence = int(event.get("SEQUENCE", 0))
        stands = (event.start, event.end) == (meeting.slot.start, meeting.slot.end)
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration, OverflowError):
        return meeting_ics(meeting, now)  # nothing there that could be kept
    if stands and sequence >= meeting.sequence:
        return None
    fresh = _event(meeting, now)
    for name in ("DTSTART", "DTEND", "DURATION", "SEQUENCE", "DTSTAMP", "RRULE", "RDATE", "EXDATE", "STATUS"):
        event.pop(name, None)
    for name in ("DTSTART", "DTEND", "DTSTAMP"):
        event[name] = fresh[name]
    event.add("SEQUENCE", max(sequence, meeting.sequence))
    if meeting.location is not None:
        event.pop("LOCATION", None)
        event.add("LOCATION", meeting.location)
    return bytes(_calendar(event, meeting.slot).to_ical())


def _event(meeting: Meeting, now: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("UID", meeting.uid)
    event.add("DTSTAMP", now.astimezone(UTC))
    event.add("SEQUENCE", meeting.sequence)
    # With its zone, not UTC: phones then show it right in both places, and it moves with a change of the zone's rules.
    zone = ZoneInfo(meeting.slot.timezone)
    event.add("DTSTART", meeting.slot.start.astimezone(zone))
    event.add("DTEND", meeting.slot.end.astimezone(zone))
    event.add("SUMMARY", meeting.summary)
    if meeting.location is not None:
        event.add("LOCATION", meeting.location)
    return event


def _calendar(event: icalendar.Event, slot: Slot) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add_component(event)
    # The zone's rules around the meeting are all that a reader needs.
    calendar.add_missing_timezones(
        first_date=slot.start.date().replace(month=1, day=1), last_date=slot.end.date().replace(month=12, day=31)
    )
    return calendar
