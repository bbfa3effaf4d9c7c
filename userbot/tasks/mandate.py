"""Whether a task's result keeps the owner's mandate: the checks that skills name, and their verdict. Pure.

In the flow: the owner's turn fills in a mandate (`limits.py`), a contact's turn brings a result, and `check_result`
decides before anything is accepted: it fits, it is outside (then the owner is asked, and `approve` records a yes), or
it is impossible whatever the owner says. Only instants are compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from userbot.tasks.limits import (
    MANDATE_SCHEMA,
    OFFERS,
    Approved,
    Mandate,
    MandateError,
    Scalar,
    parse_mandate,
)
from userbot.tasks.local_time import listed
from userbot.tasks.slots import ResultError, Slot, Span, resolve_due, resolve_meeting
from userbot.tasks.values import Choice, Price, Range, folded, read_currency, read_number
from userbot.tasks.verdicts import Reason, Verdict, VerdictKind
from userbot.tasks.windows import MAX_AHEAD, Window

__all__ = [
    "CHECKS",
    "MANDATE_SCHEMA",
    "Approved",
    "Check",
    "Choice",
    "Mandate",
    "MandateError",
    "Price",
    "Range",
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
    "offers_of",
    "parse_mandate",
    "resolve_due",
    "resolve_meeting",
    "unkept_limits",
]

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One code-side check that a skill may name in `userbot.checks`.

    `run`: the verdict, from the mandate (an empty one where the owner set none), the result, the task's brief and the
    present. Raises ResultError where the result cannot be resolved.
    `reads`: properties of the result it needs, which the skill's result schema must have.
    `keeps`: limits of the mandate it holds a result to; the limits on named values only where the result has them.
    """

    run: Callable[[Mandate, Result, Mapping[str, Any], datetime], Verdict]
    reads: tuple[str, ...]
    keeps: frozenset[str] = frozenset()


def check(mandate: Mandate | None, slot: Slot, now: datetime) -> Verdict:
    """Does a meeting at this slot keep the mandate? The whole of it must lie inside one joined window.

    Without a mandate every slot fits that is not past and not absurdly far off.
    """
    limits = mandate or Mandate()
    if past := _past(slot, now):
        return past
    reasons = (
        *_far_ahead(slot, now),
        *_misses_windows(limits, slot),
        *_touches_excluded(limits, slot),
        *_misses_duration(limits, slot),
    )
    return _unless_approved(limits, _verdict(reasons, slot=slot))


def check_due(mandate: Mandate | None, slot: Slot, now: datetime) -> Verdict:
    """Does a due date keep the mandate? Earlier than asked is fine, later than the last window is not."""
    limits = mandate or Mandate()
    if past := _past(slot, now):
        return past
    reasons = _far_ahead(slot, now)
    spans = limits.spans()
    if spans and slot.end > spans[-1].end:
        reasons += (Reason.TOO_LATE,)
    # The end of a day still belongs to it.
    if any(span.start < slot.end <= span.end for span in limits.excluded()):
        reasons += (Reason.EXCLUDED_DAY,)
    return _unless_approved(limits, _verdict(reasons, slot=slot))


def approve(mandate: Mandate | None, verdict: Verdict) -> Mandate:
    """The mandate after the owner said yes to the result this verdict is about: the same result now fits,
    unless it has become impossible or holds a limit that nobody can check."""
    grown = mandate or Mandate()
    if verdict.case == Approved() or verdict.case in grown.approved:
        return grown
    return replace(grown, approved=(*grown.approved, verdict.case))


def offers_of(mandate: Mandate | None) -> int:
    """How many results outside the mandate a contact may bring before only the owner can go on."""
    return OFFERS if mandate is None or mandate.offers is None else mandate.offers


# --- the checks -----------------------------------------------------------------------------------------------------


def _meeting_time(mandate: Mandate, result: Result, brief: Mapping[str, Any], now: datetime) -> Verdict:
    return check(replace(mandate, approved=()), resolve_meeting(result), now)


def _due_date(mandate: Mandate, result: Result, brief: Mapping[str, Any], now: datetime) -> Verdict:
    due = resolve_due(result)
    return Verdict(VerdictKind.FITS) if due is None else check_due(replace(mandate, approved=()), due, now)


def _no_conditions(mandate: Mandate, result: Result, brief: Mapping[str, Any], now: datetime) -> Verdict:
    """Only the owner takes on what the contact makes a yes depend on."""
    raw = result.get("conditions")
    conditions = " ".join(raw.split()) if isinstance(raw, str) else ""
    if not conditions or result.get("accepted") is False:
        return Verdict(VerdictKind.FITS)
    return Verdict(VerdictKind.OUTSIDE, (Reason.CONDITIONS,), conditions=conditions)


def _price(mandate: Mandate, result: Result, brief: Mapping[str, Any], now: datetime) -> Verdict:
    """What costs nothing has the price 0. Without a limit nothing may be paid: the owner spoke of no money."""
    raw = result.get("price")
    limit = mandate.price
    if raw is None or result.get("accepted") is False:
        is_short = limit is not None and limit.least is not None and limit.least > 0
        return _verdict((Reason.PRICE_LOW,) if is_short and raw is None else ())
    if not isinstance(raw, Mapping):
        raise ResultError("price must be an amount and a currency, or null")
    problems: list[str] = []
    amount = read_number(raw.get("amount"), "price.amount", problems, floor=0)
    currency = read_currency(raw.get("currency"), "price.currency", problems)
    if amount is None or currency is None:
        raise ResultError(listed(problems))
    values = (("price", f"{amount} {currency}"),)
    if limit is None:
        return _verdict((Reason.PRICED,) if amount else (), values=values)
    if currency != limit.currency:
        return _verdict((Reason.CURRENCY,), values=values)
    low, high = _off(amount, limit.least, limit.most)
    return _verdict((Reason.PRICE_LOW,) * low + (Reason.PRICE_HIGH,) * high, values=values)


def _fields(mandate: Mandate, result: Result, brief: Mapping[str, Any], now: datetime) -> Verdict:
    """Numbers, choices and what must be there, by the names the limits themselves give. What has a limit has to be
    there too."""
    reasons: list[Reason] = []
    values: dict[str, Scalar] = {}
    for wanted in mandate.required:
        reasons += [] if result.get(wanted) is not None else [_absent(result, wanted)]
        values[wanted] = None if result.get(wanted) is None else True
    problems: list[str] = []
    for limit in mandate.numbers:
        reasons += _misses_range(limit, result, values, problems)
    for choice in mandate.choices:
        raw = result.get(choice.property)
        if raw is None:
            reasons.append(_absent(result, choice.property))
            values[choice.property] = None
        elif not isinstance(raw, str):
            problems.append(f"{choice.property} must be a text")
        else:
            values[choice.property] = folded(raw)
            if folded(raw) not in {folded(text) for text in choice.allowed}:
                reasons.append(Reason.CHOICE)
    if problems:
        raise ResultError(listed(problems))
    return _verdict(tuple(reasons), values=tuple(values.items()))


def _misses_range(limit: Range, result: Result, values: dict[str, Scalar], problems: list[str]) -> list[Reason]:
    raw = result.get(limit.property)
    if raw is None:
        values[limit.property] = None
        return [_absent(result, limit.property)]
    number = read_number(raw, limit.property, problems)
    if number is None:
        return []
    values[limit.property] = number
    low, high = _off(number, limit.least, limit.most)
    reasons = [Reason.NUMBER_LOW] * low + [Reason.NUMBER_HIGH] * high
    if limit.unit is not None:
        unit = result.get("unit")
        values["unit"] = folded(unit) if isinstance(unit, str) else None
        if values["unit"] != folded(limit.unit):
            reasons.append(Reason.UNIT)
    return reasons


def _absent(result: Result, name: str) -> Reason:
    return Reason.MISSING if name in result else Reason.UNCHECKED


def _off(number: int | float, least: int | float | None, most: int | float | None) -> tuple[bool, bool]:
    return least is not None and number < least, most is not None and number > most


def _brief_choice(mandate: Mandate, result: Result, brief: Mapping[str, Any], now: datetime) -> Verdict:
    """The brief's choices are what may be chosen: the contact knows them, so that this may be said openly."""
    choice = result.get("choice")
    if choice is None:
        return Verdict(VerdictKind.FITS)
    choices = brief.get("choices")
    known = [text for text in choices if isinstance(text, str)] if isinstance(choices, list) else []
    if not known:
        raise ResultError("choice must be null: the brief has no choices")
    if choice not in known:
        raise ResultError(f"choice must be one of the brief's choices, letter for letter, or null: {'; '.join(known)}")
    return Verdict(VerdictKind.FITS)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "meeting-time": Check(
            _meeting_time,
            reads=("date", "time", "timezone", "duration_minutes", "weekday", "said"),
            keeps=frozenset({"windows", "duration_minutes", "not_on"}),
        ),
        "due-date": Check(
            _due_date, reads=("due_date", "due_time", "timezone"), keeps=frozenset({"windows", "not_on"})
        ),
        "no-conditions": Check(_no_conditions, reads=("accepted", "conditions")),
        "price": Check(_price, reads=("price",), keeps=frozenset({"price"})),
        "fields": Check(_fields, reads=(), keeps=frozenset({"numbers", "choices", "required"})),
        "brief-choice": Check(_brief_choice, reads=("choice",)),
    }
)


def unkept_limits(
    checks: Sequence[str], mandate: Mandate | None, result_schema: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """The mandate's limits that none of these checks would keep, those on values that a result of `result_schema`
    does not have among them. A task with any must not be started: the owner would rely on a limit that nobody holds.
    """
    if mandate is None:
        return ()
    kept = frozenset[str]().union(*(CHECKS[name].keeps for name in checks if name in CHECKS))
    limits = ("windows", "duration_minutes", "not_on", "numbers", "price", "choices", "required")
    unkept = [name for name in limits if getattr(mandate, name) not in ((), None) and name not in kept]
    if result_schema is not None:
        named = [
            *(("numbers", one.property, ("number", "integer")) for one in mandate.numbers),
            *(("numbers", "unit", ("string",)) for one in mandate.numbers if one.unit is not None),
            *(("choices", one.property, ("string",)) for one in mandate.choices),
            *(("required", name, None) for name in mandate.required),
        ]
        unkept += [
            f"{limit} of {name}"
            for limit, name, types in named
            if limit in kept and not _has(result_schema, name, types)
        ]
    return tuple(dict.fromkeys(unkept))


def _has(result_schema: Mapping[str, Any], name: str, types: tuple[str, ...] | None) -> bool:
    prop = result_schema.get("properties", {}).get(name)
    if types is None or not isinstance(prop, Mapping):
        return prop is not None
    declared = prop.get("type", ())
    return bool({declared} & set(types) if isinstance(declared, str) else set(declared) & set(types))


def check_result(
    checks: Sequence[str],
    mandate: Mandate | None,
    result: Mapping[str, Any],
    now: datetime,
    brief: Mapping[str, Any] | None = None,
) -> Verdict:
    """The verdict of a skill's checks on a result: the worst one, with all reasons. A result the owner said yes to
    fits, as a whole and not part by part.

    Raises ResultError where a check cannot resolve the result, whatever JSON value it is, and nothing else. A limit
    that no check keeps, or a check that does not exist, is OUTSIDE: what code cannot check, the owner decides.
    """
    if not isinstance(result, Mapping):
        raise ResultError("the result must be an object")
    limits = mandate or Mandate()
    verdicts = [CHECKS[name].run(limits, result, brief or {}, now) for name in checks if name in CHECKS]
    slot = next((verdict.slot for verdict in verdicts if verdict.slot is not None), None)
    conditions = next((verdict.conditions for verdict in verdicts if verdict.conditions is not None), None)
    values = tuple(sorted({name: value for verdict in verdicts for name, value in verdict.values}.items()))

    def worst(kind: VerdictKind, against: list[Verdict]) -> Verdict:
        reasons = dict.fromkeys(reason for verdict in against for reason in verdict.reasons)
        return Verdict(kind, tuple(reasons), slot, conditions, values)

    if impossible := [verdict for verdict in verdicts if verdict.kind is VerdictKind.IMPOSSIBLE]:
        return worst(VerdictKind.IMPOSSIBLE, impossible)
    if unkept_limits(checks, mandate) or any(name not in CHECKS for name in checks):
        verdicts.append(Verdict(VerdictKind.OUTSIDE, (Reason.UNCHECKED,)))
    outside = worst(VerdictKind.OUTSIDE, [verdict for verdict in verdicts if verdict.kind is VerdictKind.OUTSIDE])
    if not outside.reasons:
        return replace(outside, kind=VerdictKind.FITS)
    return outside if Reason.UNCHECKED in outside.reasons else _unless_approved(limits, outside)


def _verdict(
    reasons: tuple[Reason, ...], *, slot: Slot | None = None, values: tuple[tuple[str, Scalar], ...] = ()
) -> Verdict:
    return Verdict(VerdictKind.OUTSIDE if reasons else VerdictKind.FITS, reasons, slot, values=values)


def _unless_approved(mandate: Mandate, verdict: Verdict) -> Verdict:
    if verdict.case in mandate.approved:
        return replace(verdict, kind=VerdictKind.FITS, reasons=())
    return verdict


def _past(slot: Slot, now: datetime) -> Verdict | None:
    return Verdict(VerdictKind.IMPOSSIBLE, (Reason.PAST,), slot) if slot.start < now else None


def _far_ahead(slot: Slot, now: datetime) -> tuple[Reason, ...]:
    return (Reason.FAR_AHEAD,) if slot.start - now > MAX_AHEAD else ()


def _misses_windows(mandate: Mandate, slot: Slot) -> tuple[Reason, ...]:
    spans = mandate.spans()
    if not spans or any(span.start <= slot.start and slot.end <= span.end for span in spans):
        return ()
    days = {window.day for window in mandate.windows}
    return (Reason.OTHER_TIME if slot.local(mandate.timezone)[0].date() in days else Reason.OTHER_DAY,)


def _touches_excluded(mandate: Mandate, slot: Slot) -> tuple[Reason, ...]:
    touched = any(span.start < slot.end and slot.start < span.end for span in mandate.excluded())
    return (Reason.EXCLUDED_DAY,) if touched else ()


def _misses_duration(mandate: Mandate, slot: Slot) -> tuple[Reason, ...]:
    if mandate.duration_minutes is None:
        return ()
    wanted = timedelta(minutes=mandate.duration_minutes)
    offered = slot.end - slot.start
    if offered == wanted:
        return ()
    return (Reason.SHORTER if offered < wanted else Reason.LONGER,)
