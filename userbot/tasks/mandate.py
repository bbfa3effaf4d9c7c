"""The mandate: the limits a task's result must keep, and whether a result keeps them. Pure.

In the flow: the owner's turn fills in a mandate (`parse_mandate`), the task's row stores it
(`Mandate.to_json`), a contact's turn brings a result, and `check_result` decides before anything is accepted:
it fits, it is outside (then the owner is asked, and `approve` records a yes), or it is impossible whatever
the owner says. Only instants are compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from userbot.tasks.local_time import (
    clock_text,
    listed,
    read_duration,
    read_zone,
    shown,
)
from userbot.tasks.slots import ResultError, Slot, Span, resolve_due, resolve_meeting
from userbot.tasks.windows import MAX_AHEAD, Window, faults_in_windows, joined, read_windows, window_span

__all__ = [
    "CHECKS",
    "MANDATE_SCHEMA",
    "Check",
    "Mandate",
    "MandateError",
    "Reason",
    "ResultError",
    "Slot",
    "Span",
    "Verdict",
    "VerdictKind",
    "Window",
    "approve",
    "check",
    "check_due",
    "check_result",
    "extend",
    "parse_mandate",
    "resolve_due",
    "resolve_meeting",
    "unkept_limits",
]

MANDATE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "Limits the result must keep. Code enforces them; the contact is never told them.",
    "properties": {
        "windows": {
            "type": ["array", "null"],
            "description": "When it may take place, from its start to its end; null or empty: any time. Adjacent "
            "windows join. Where the result is a due date, it may be no later than the end of the last window.",
            "items": {
                "type": "object",
                "properties": {
                    "date": {"type": "string", "description": "YYYY-MM-DD"},
                    "from": {"type": "string", "description": "HH:MM, local time of `timezone`"},
                    "to": {
                        "type": "string",
                        "description": "HH:MM, after `from`; 24:00 is the end of the day. "
                        "Past midnight: a second window on the next date, from 00:00",
                    },
                },
                "required": ["date", "from", "to"],
                "additionalProperties": False,
            },
        },
        "timezone": {
            "type": ["string", "null"],
            "description": "IANA zone of the windows, such as Europe/Moscow; null only without windows",
        },
        "duration_minutes": {
            "type": ["integer", "null"],
            "description": "How long it must take, exactly; null: any",
        },
    },
    "required": ["windows", "timezone", "duration_minutes"],
    "additionalProperties": False,
}
"""The JSON form of a mandate as a strict tool parameter. A stored mandate may also hold `approved` and
`conditions`, which no model ever writes."""


class MandateError(ValueError):
    """The mandate cannot be used. The text names every problem at once, for the model to mend its call."""


@dataclass(frozen=True)
class Mandate:
    """No windows: any time. No duration: any length. `approved` are the very slots, and `conditions` the very
    conditions, the owner said yes to; they fit whatever else the mandate says."""

    windows: tuple[Window, ...] = ()
    timezone: str | None = None
    duration_minutes: int | None = None
    approved: tuple[Span, ...] = ()
    conditions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What the task's row stores; `Mandate.from_json` gives an equal mandate back."""
        stored: dict[str, Any] = {
            "windows": [
                {"date": w.day.isoformat(), "from": clock_text(w.from_minute), "to": clock_text(w.to_minute)}
                for w in self.windows
            ],
            "timezone": self.timezone,
            "duration_minutes": self.duration_minutes,
        }
        if self.approved:
            stored["approved"] = [
                {"start": span.start.isoformat(), "end": span.end.isoformat()} for span in self.approved
            ]
        if self.conditions:
            stored["conditions"] = list(self.conditions)
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Mandate":
        """A mandate out of the store. It may lie in the past: it was valid when it was given."""
        problems: list[str] = []
        mandate = _read_mandate(stored, problems)
        mandate = replace(
            mandate,
            approved=_read_approved(stored.get("approved"), problems),
            conditions=_read_conditions(stored.get("conditions"), problems),
        )
        if problems:
            raise MandateError(listed(problems))
        return mandate

    def spans(self) -> tuple[Span, ...]:
        """The windows as instants, in order, adjacent and overlapping ones joined."""
        if self.timezone is None:
            return ()
        zone = ZoneInfo(self.timezone)
        return joined(window_span(window, zone, []) for window in self.windows)


class VerdictKind(StrEnum):
    FITS = "fits"
    OUTSIDE = "outside"
    IMPOSSIBLE = "impossible"


class Reason(StrEnum):
    """Why a result does not fit. For the owner's eyes: to the contact's model only PAST may be named,
    since every other reason tells something about the mandate."""

    PAST = "past"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"
    SHORTER = "shorter"
    LONGER = "longer"
    TOO_LATE = "too_late"
    CONDITIONS = "conditions"
    FAR_AHEAD = "far_ahead"
    UNCHECKED = "unchecked"  # the mandate holds a limit that no check of this skill can keep


@dataclass(frozen=True)
class Verdict:
    """`slot` is when the result takes place, if it has a time; `conditions` what the contact made it depend
    on. Both are what the card shows and what `approve` adds to the mandate."""

    kind: VerdictKind
    reasons: tuple[Reason, ...] = ()
    slot: Slot | None = None
    conditions: str | None = None


def parse_mandate(raw: Mapping[str, Any], now: datetime) -> Mandate:
    """The mandate a model filled in, or a MandateError that names everything wrong with it.

    `now` is an aware datetime. What only code may write (`approved`, `conditions`) is refused like any
    unknown property.
    """
    problems: list[str] = []
    if isinstance(raw, Mapping):
        unknown = [shown(key) for key in raw if key not in MANDATE_SCHEMA["properties"]]
        if unknown:
            problems.append(f"unknown properties: {', '.join(unknown[:5])}")
    mandate = _read_mandate(raw, problems)
    if mandate.timezone is not None:
        problems.extend(
            faults_in_windows(
                mandate.windows, mandate.duration_minutes, ZoneInfo(mandate.timezone), now.astimezone(UTC)
            )
        )
    if problems:
        raise MandateError(listed(problems))
    return mandate


def check(mandate: Mandate | None, slot: Slot, now: datetime) -> Verdict:
    """Does a meeting at this slot keep the mandate? The whole of it must lie inside one joined window.

    Without a mandate every slot fits that is not past and not absurdly far off.
    """
    settled = _settled(mandate, slot, now)
    if settled:
        return settled
    reasons = _far_ahead(slot, now)
    if mandate is not None:
        reasons += _misses_windows(mandate, slot) + _misses_duration(mandate, slot)
    return Verdict(VerdictKind.OUTSIDE if reasons else VerdictKind.FITS, reasons, slot)


def check_due(mandate: Mandate | None, slot: Slot, now: datetime) -> Verdict:
    """Does a due date keep the mandate? Earlier than asked is fine, later than the last window is not."""
    settled = _settled(mandate, slot, now)
    if settled:
        return settled
    reasons = _far_ahead(slot, now)
    spans = mandate.spans() if mandate is not None else ()
    if spans and slot.end > spans[-1].end:
        reasons += (Reason.TOO_LATE,)
    return Verdict(VerdictKind.OUTSIDE if reasons else VerdictKind.FITS, reasons, slot)


def extend(mandate: Mandate | None, slot: Slot) -> Mandate:
    """The mandate after the owner said yes to exactly this slot: grown by it and by nothing beside it."""
    grown = mandate or Mandate()
    if slot.span in grown.approved:
        return grown
    return replace(grown, approved=(*grown.approved, slot.span))


def approve(mandate: Mandate | None, verdict: Verdict) -> Mandate:
    """The mandate after the owner said yes to the result this verdict is about: the same result now fits,
    unless it has become impossible or holds a limit that nobody can check."""
    grown = mandate or Mandate()
    if verdict.slot is not None:
        grown = extend(grown, verdict.slot)
    if verdict.conditions is not None and verdict.conditions not in grown.conditions:
        grown = replace(grown, conditions=(*grown.conditions, verdict.conditions))
    return grown


@dataclass(frozen=True)
class Check:
    """One code-side check that a skill may name in `userbot.checks`.

    `reads`: properties of the result it needs, which the skill's result schema must have.
    `keeps`: limits of the mandate it holds a result to.
    `run`: raises ResultError where the result cannot be resolved.
    """

    run: Callable[[Mandate | None, Mapping[str, Any], datetime], Verdict]
    reads: tuple[str, ...]
    keeps: frozenset[str] = frozenset()


def _meeting_time(mandate: Mandate | None, result: Mapping[str, Any], now: datetime) -> Verdict:
    return check(mandate, resolve_meeting(result), now)


def _due_date(mandate: Mandate | None, result: Mapping[str, Any], now: datetime) -> Verdict:
    due = resolve_due(result)
    return Verdict(VerdictKind.FITS) if due is None else check_due(mandate, due, now)


def _no_conditions(mandate: Mandate | None, result: Mapping[str, Any], now: datetime) -> Verdict:
    """Only the owner takes on what the contact makes a yes depend on."""
    raw = result.get("conditions")
    conditions = " ".join(raw.split()) if isinstance(raw, str) else ""
    if not conditions or result.get("accepted") is False:
        return Verdict(VerdictKind.FITS)
    if mandate is not None and conditions in mandate.conditions:
        return Verdict(VerdictKind.FITS, conditions=conditions)
    return Verdict(VerdictKind.OUTSIDE, (Reason.CONDITIONS,), conditions=conditions)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "meeting-time": Check(
            _meeting_time,
            reads=("date", "time", "timezone", "duration_minutes", "weekday", "said"),
            keeps=frozenset({"windows", "duration_minutes"}),
        ),
        "due-date": Check(_due_date, reads=("due_date", "due_time", "timezone"), keeps=frozenset({"windows"})),
        "no-conditions": Check(_no_conditions, reads=("accepted", "conditions")),
    }
)


def unkept_limits(checks: Sequence[str], mandate: Mandate | None) -> tuple[str, ...]:
    """The mandate's limits that none of these checks would keep. A task with any must not be started:
    the owner would rely on a limit that nobody holds."""
    if mandate is None:
        return ()
    limits = {"windows": bool(mandate.windows), "duration_minutes": mandate.duration_minutes is not None}
    kept = frozenset[str]().union(*(CHECKS[name].keeps for name in checks if name in CHECKS))
    return tuple(limit for limit, is_set in limits.items() if is_set and limit not in kept)


def check_result(checks: Sequence[str], mandate: Mandate | None, result: Mapping[str, Any], now: datetime) -> Verdict:
    """The verdict of a skill's checks on a result that fits its schema: the worst one, with all reasons.

    Raises ResultError where a check cannot resolve the result. A limit that no check keeps, or a check that
    does not exist, is OUTSIDE: what code cannot check, the owner decides.
    """
    verdicts = [CHECKS[name].run(mandate, result, now) for name in checks if name in CHECKS]
    if unkept_limits(checks, mandate) or any(name not in CHECKS for name in checks):
        verdicts.append(Verdict(VerdictKind.OUTSIDE, (Reason.UNCHECKED,)))
    slot = next((verdict.slot for verdict in verdicts if verdict.slot is not None), None)
    conditions = next((verdict.conditions for verdict in verdicts if verdict.conditions is not None), None)
    for kind in (VerdictKind.IMPOSSIBLE, VerdictKind.OUTSIDE):
        against = [verdict for verdict in verdicts if verdict.kind is kind]
        if against:
            reasons = dict.fromkeys(reason for verdict in against for reason in verdict.reasons)
            return Verdict(kind, tuple(reasons), slot, conditions)
    return Verdict(VerdictKind.FITS, (), slot, conditions)


def _settled(mandate: Mandate | None, slot: Slot, now: datetime) -> Verdict | None:
    """What needs no look at the limits: the past, and a slot the owner already said yes to."""
    if slot.start < now:
        return Verdict(VerdictKind.IMPOSSIBLE, (Reason.PAST,), slot)
    if mandate is not None and slot.span in mandate.approved:
        return Verdict(VerdictKind.FITS, (), slot)
    return None


def _far_ahead(slot: Slot, now: datetime) -> tuple[Reason, ...]:
    return (Reason.FAR_AHEAD,) if slot.start - now > MAX_AHEAD else ()


def _misses_windows(mandate: Mandate, slot: Slot) -> tuple[Reason, ...]:
    spans = mandate.spans()
    if not spans or any(span.start <= slot.start and slot.end <= span.end for span in spans):
        return ()
    days = {window.day for window in mandate.windows}
    return (Reason.OTHER_TIME if slot.local(mandate.timezone)[0].date() in days else Reason.OTHER_DAY,)


def _misses_duration(mandate: Mandate, slot: Slot) -> tuple[Reason, ...]:
    if mandate.duration_minutes is None:
        return ()
    wanted = timedelta(minutes=mandate.duration_minutes)
    offered = slot.end - slot.start
    if offered == wanted:
        return ()
    return (Reason.SHORTER if offered < wanted else Reason.LONGER,)


def _read_mandate(raw: Mapping[str, Any], problems: list[str]) -> Mandate:
    """The well-formed part of a mandate; what is not goes into `problems`."""
    if not isinstance(raw, Mapping):
        problems.append("the mandate must be an object")
        return Mandate()
    windows = read_windows(raw.get("windows"), problems)
    zone_name = raw.get("timezone")
    zone = None
    if zone_name is not None:
        zone = read_zone(zone_name, problems)
    elif raw.get("windows"):
        problems.append("timezone is missing: windows need an IANA zone such as Europe/Moscow")
    duration = raw.get("duration_minutes")
    minutes = None if duration is None else read_duration(duration, problems)
    return Mandate(windows, zone.key if zone else None, minutes)


def _read_approved(raw: object, problems: list[str]) -> tuple[Span, ...]:
    if raw is None:
        return ()
    try:
        if not isinstance(raw, list):
            raise TypeError
        spans = tuple(Span(datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"])) for item in raw)
        if any(moment.utcoffset() != timedelta(0) for span in spans for moment in (span.start, span.end)):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        problems.append("approved must be a list of start and end in UTC")
        return ()
    return spans


def _read_conditions(raw: object, problems: list[str]) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        problems.append("conditions must be a list of texts")
        return ()
    return tuple(raw)
