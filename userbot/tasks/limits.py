"""The mandate as data: the limits an owner can set for a task's result, and their JSON form. Pure.

In the flow: the owner's turn fills one in (`parse_mandate`), the task's row stores it (`Mandate.to_json`), and
`mandate.check_result` holds results against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from userbot.tasks.local_time import clock_text, listed, read_date, read_duration, read_zone, shown
from userbot.tasks.slots import Span
from userbot.tasks.values import (
    Choice,
    Number,
    Price,
    Range,
    read_choices,
    read_price,
    read_ranges,
    read_required,
)
from userbot.tasks.windows import MAX_WINDOWS, Window, faults_in_windows, joined, read_windows, window_span

# How many results outside the mandate a contact may bring before only the owner can go on.
OFFERS = 3
MAX_OFFERS = 20

Scalar = Number | str | bool | None


def _object(description: str | None, **properties: Mapping[str, Any]) -> dict[str, Any]:
    """Strict shape; with a description it may be null."""
    kind = {"type": "object"} if description is None else {"type": ["object", "null"], "description": description}
    return {**kind, "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(description: str, items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": ["array", "null"], "description": description, "items": items}


_TEXT = {"type": "string"}
_ENDS = {"min": {"type": ["number", "null"]}, "max": {"type": ["number", "null"]}}

MANDATE_SCHEMA: Mapping[str, Any] = {
    "description": "Limits the result must keep, only those the owner set; null: no limit. Code enforces them; the "
    "contact is never told them.",
    **_object(
        None,
        windows=_list(
            "When it may take place, start to end. A due date: no later than the end of the last one, 24:00 unless an "
            "hour was named.",
            _object(
                None,
                date={"type": "string", "description": "YYYY-MM-DD"},
                **{
                    "from": {"type": "string", "description": "HH:MM in `timezone`"},
                    "to": {
                        "type": "string",
                        "description": "HH:MM after `from`, at most 24:00; past midnight is a second window",
                    },
                },
            ),
        ),
        timezone={"type": ["string", "null"], "description": "IANA zone of windows and not_on"},
        duration_minutes={"type": ["integer", "null"], "description": "How long it must take, exactly"},
        not_on=_list("YYYY-MM-DD dates it must not touch", _TEXT),
        numbers=_list(
            "Ranges for numbers of the result",
            _object(None, property=_TEXT, **_ENDS, unit={"type": ["string", "null"]}),
        ),
        price=_object(
            "What it may cost; null: nothing may be paid",
            **_ENDS,
            currency={"type": "string", "description": "ISO 4217"},
        ),
        choices=_list(
            "What texts of the result may be",
            _object(None, property=_TEXT, allowed={"type": "array", "items": _TEXT}),
        ),
        required=_list("Properties of the result that must not be null", _TEXT),
        offers={
            "type": ["integer", "null"],
            "description": f"How many results outside the limits may come before the owner must answer; null: {OFFERS}",
        },
    ),
}
"""The JSON form of a mandate as a strict tool parameter. A stored one leaves out what is not set, and may hold
`approved`, which no model ever writes."""


class MandateError(ValueError):
    """The mandate cannot be used. The text names every problem at once, for the model to mend its call."""


@dataclass(frozen=True)
class Approved:
    """A result the owner said yes to, as far as code compares it: when it takes place, what it depends on, and the
    values that limits are about, by property and in order."""

    span: Span | None = None
    conditions: str | None = None
    values: tuple[tuple[str, Scalar], ...] = ()

    def to_json(self) -> dict[str, Any]:
        stored: dict[str, Any] = {}
        if self.span is not None:
            stored |= {"start": self.span.start.isoformat(), "end": self.span.end.isoformat()}
        if self.conditions is not None:
            stored["conditions"] = self.conditions
        if self.values:
            stored["values"] = dict(self.values)
        return stored


@dataclass(frozen=True)
class Mandate:
    """What is empty or None is no limit, but for `price`: without one nothing may be paid, and for `offers`: then
    they are OFFERS. `approved` are the very results the owner said yes to; they fit whatever else the mandate says."""

    windows: tuple[Window, ...] = ()
    timezone: str | None = None
    duration_minutes: int | None = None
    not_on: tuple[date, ...] = ()
    numbers: tuple[Range, ...] = ()
    price: Price | None = None
    choices: tuple[Choice, ...] = ()
    required: tuple[str, ...] = ()
    offers: int | None = None
    approved: tuple[Approved, ...] = ()

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
        more: dict[str, Any] = {
            "not_on": [day.isoformat() for day in self.not_on],
            "numbers": [one.to_json() for one in self.numbers],
            "price": self.price and self.price.to_json(),
            "choices": [one.to_json() for one in self.choices],
            "required": list(self.required),
            "offers": self.offers,
            "approved": [one.to_json() for one in self.approved],
        }
        return stored | {name: value for name, value in more.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Mandate":
        """A mandate out of the store. It may lie in the past: it was valid when it was given."""
        problems: list[str] = []
        mandate = _read_mandate(stored, problems)
        if isinstance(stored, Mapping):
            mandate = replace(mandate, approved=_read_approved(stored, problems))
        if problems:
            raise MandateError(listed(problems))
        return mandate

    def spans(self) -> tuple[Span, ...]:
        """The windows as instants, in order, adjacent and overlapping ones joined."""
        if self.timezone is None:
            return ()
        zone = ZoneInfo(self.timezone)
        return joined(window_span(window, zone, []) for window in self.windows)

    def excluded(self) -> tuple[Span, ...]:
        """The dates it must not touch, as instants."""
        if self.timezone is None:
            return ()
        zone = ZoneInfo(self.timezone)
        return tuple(window_span(Window(day, 0, 1440), zone, []) for day in self.not_on)


def parse_mandate(raw: Mapping[str, Any], now: datetime) -> Mandate:
    """The mandate a model filled in, or a MandateError that names everything wrong with it.

    `now` is an aware datetime. What only code may write (`approved`) is refused like any unknown property.
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
    for day in dict.fromkeys(window.day for window in mandate.windows):
        if day in mandate.not_on:
            problems.append(f"{day} has a window and stands in not_on: take it out of one of them")
    if problems:
        raise MandateError(listed(problems))
    return mandate


def _read_mandate(raw: Mapping[str, Any], problems: list[str]) -> Mandate:
    """The well-formed part of a mandate; what is not goes into `problems`."""
    if not isinstance(raw, Mapping):
        problems.append("the mandate must be an object")
        return Mandate()
    windows = read_windows(raw.get("windows"), problems)
    not_on = _read_dates(raw.get("not_on"), problems)
    zone_name = raw.get("timezone")
    zone = None
    if zone_name is not None:
        zone = read_zone(zone_name, problems)
    elif raw.get("windows") or raw.get("not_on"):
        problems.append("timezone is missing: windows and not_on need an IANA zone such as Europe/Moscow")
    duration = raw.get("duration_minutes")
    minutes = None if duration is None else read_duration(duration, problems)
    return Mandate(
        windows,
        zone.key if zone else None,
        minutes,
        not_on,
        read_ranges(raw.get("numbers"), problems),
        read_price(raw.get("price"), problems),
        read_choices(raw.get("choices"), problems),
        read_required(raw.get("required"), problems),
        _read_offers(raw.get("offers"), problems),
    )


def _read_dates(raw: object, problems: list[str]) -> tuple[date, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > MAX_WINDOWS:
        problems.append(f"not_on must be null or a list of at most {MAX_WINDOWS} dates")
        return ()
    read = (read_date(item, f"not_on[{n}]", problems) for n, item in enumerate(raw))
    return tuple(dict.fromkeys(day for day in read if day is not None))


def _read_offers(raw: object, problems: list[str]) -> int | None:
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if raw is None or (isinstance(raw, int) and not isinstance(raw, bool) and 1 <= raw <= MAX_OFFERS):
        return raw
    problems.append(f"offers {shown(raw)} must be a whole number from 1 to {MAX_OFFERS}")
    return None


def _read_approved(stored: Mapping[str, Any], problems: list[str]) -> tuple[Approved, ...]:
    raw, conditions = stored.get("approved"), _read_conditions(stored.get("conditions"), problems)
    try:
        if raw is not None and not isinstance(raw, list):
            raise TypeError
        approved = [_read_case(item) for item in raw or ()]
    except (KeyError, TypeError, ValueError):
        problems.append("approved must be a list of results: start and end in UTC, conditions, values")
        return ()
    # Version 0.1.0 kept times and conditions apart.
    spans = [None, *(case.span for case in approved)] if conditions else []
    return tuple(dict.fromkeys([*approved, *(Approved(span, text) for text in conditions for span in spans)]))


def _read_case(item: Any) -> Approved:
    if not isinstance(item, Mapping) or not item or set(item) - {"start", "end", "conditions", "values"}:
        raise ValueError
    span = None
    if "start" in item or "end" in item:
        span = Span(datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"]))
        if any(moment.utcoffset() != timedelta(0) for moment in (span.start, span.end)):
            raise ValueError
    conditions, values = item.get("conditions"), item.get("values", {})
    if not isinstance(conditions, str | None) or not isinstance(values, Mapping):
        raise TypeError
    if not all(isinstance(value, int | float | str | None) for value in values.values()):
        raise TypeError
    return Approved(span, conditions, tuple(sorted(values.items())))


def _read_conditions(raw: object, problems: list[str]) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        problems.append("conditions must be a list of texts")
        return ()
    return tuple(raw)
