"""Protects the owner's limits against results nobody thought of: properties over any mandate and any JSON."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tests.tasks.mandates import WEEKDAYS
from userbot.tasks.limits import MANDATE_SCHEMA
from userbot.tasks.mandate import (
    CHECKS,
    Approved,
    Choice,
    Mandate,
    MandateError,
    Price,
    Range,
    Reason,
    ResultError,
    Span,
    Verdict,
    VerdictKind,
    Window,
    approve,
    check_result,
    parse_mandate,
    unkept_limits,
)

NOW = datetime(2027, 3, 26, 9, tzinfo=UTC)
ALL = tuple(CHECKS)
CHECKED = st.lists(st.sampled_from([*ALL, "no-such"]), max_size=4, unique=True)
ZONES = ("Europe/Moscow", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Asia/Kathmandu", "UTC")
# Days around which clocks change somewhere.
DAYS = [date(2027, 3, 27) + timedelta(days=n) for n in range(4)] + [
    *(date(2027, 4, 29), date(2027, 4, 30), date(2027, 10, 30), date(2027, 10, 31), date(2027, 11, 7)),
]
PROPERTIES = ("number", "place", "choice", "unit")
run = settings(
    derandomize=True, database=None, max_examples=100, deadline=None, suppress_health_check=list(HealthCheck)
)

words = st.sampled_from(["офис", "Офис", "онлайн", "RUB", "kg", "если успею", "x" * 300, "\u202e\0", "ﬀ", " "])
numbers = st.one_of(st.integers(-3, 6), st.sampled_from([0.5, 2.0, 1e11]))
ends = st.tuples(st.one_of(st.none(), numbers), st.one_of(st.none(), numbers))


@st.composite
def spans(draw: st.DrawFn) -> tuple[Any, Any]:
    least, most = draw(ends)
    if least is None and most is None:
        least = 1
    return (most, least) if least is not None and most is not None and least > most else (least, most)


windows = st.builds(
    lambda day, opens, length: Window(day, opens * 30, min(1440, (opens + length) * 30)),
    st.sampled_from(DAYS),
    st.integers(0, 47),
    st.integers(1, 48),
)
ranges = st.builds(
    lambda p, e, u: Range(p, e[0], e[1], u), st.sampled_from(PROPERTIES), spans(), st.sampled_from([None, "kg"])
)
prices = st.builds(
    lambda e, c: Price(e[0] and abs(e[0]), e[1] and abs(e[1]), c),
    spans().filter(lambda e: e[0] is None or e[1] is None or e[0] >= 0),
    st.sampled_from(["RUB", "EUR"]),
)
choices = st.builds(
    Choice,
    st.sampled_from(PROPERTIES),
    st.lists(st.sampled_from(["офис", "онлайн", "kg"]), min_size=1, unique=True).map(tuple),
)
cases = st.builds(
    Approved,
    st.one_of(
        st.none(),
        st.builds(
            lambda n, m: Span(NOW + timedelta(minutes=n), NOW + timedelta(minutes=n + m)),
            st.integers(0, 99),
            st.integers(0, 9),
        ),
    ),
    st.one_of(st.none(), words),
    st.dictionaries(st.sampled_from(PROPERTIES), st.one_of(numbers, words, st.none(), st.just(True))).map(
        lambda found: tuple(sorted(found.items()))
    ),
).filter(lambda case: case != Approved())


@st.composite
def mandates(draw: st.DrawFn) -> Mandate:
    """Any that can come of an owner's words, with what they said yes to since."""
    shown = tuple(draw(st.lists(windows, max_size=3)))
    not_on = tuple(draw(st.lists(st.sampled_from(DAYS), max_size=2, unique=True)))
    zone = draw(st.sampled_from(ZONES)) if shown or not_on else draw(st.sampled_from([None, *ZONES]))
    return Mandate(
        shown,
        zone,
        draw(st.one_of(st.none(), st.integers(1, 1440))),
        not_on,
        tuple(draw(st.lists(ranges, max_size=2, unique_by=lambda one: one.property))),
        draw(st.one_of(st.none(), prices)),
        tuple(draw(st.lists(choices, max_size=2, unique_by=lambda one: one.property))),
        tuple(draw(st.lists(st.sampled_from(PROPERTIES), max_size=2, unique=True))),
        draw(st.one_of(st.none(), st.integers(1, 20))),
        tuple(draw(st.lists(cases, max_size=2, unique=True))),
    )


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), words, st.sampled_from(ZONES)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def results(draw: st.DrawFn) -> dict[str, Any]:
    """A result that could be meant, of every shipped skill at once."""
    day = draw(st.sampled_from(DAYS))
    due = draw(st.one_of(st.none(), st.sampled_from(DAYS)))
    return {
        "date": day.isoformat(),
        "time": f"{draw(st.integers(0, 23)):02}:{draw(st.sampled_from(['00', '30']))}",
        "timezone": draw(st.sampled_from(ZONES)),
        "duration_minutes": draw(st.sampled_from([30, 60, 90, 1440])),
        "weekday": WEEKDAYS[day.weekday()],
        "said": "тогда",
        "due_date": due and due.isoformat(),
        "due_time": None if due is None else draw(st.sampled_from([None, "00:00", "12:00"])),
        "accepted": draw(st.sampled_from([True, True, False])),
        "conditions": draw(st.one_of(st.none(), st.sampled_from(["если успею", "за такси"]))),
        "price": draw(
            st.one_of(
                st.none(),
                st.fixed_dictionaries(
                    {"amount": st.integers(0, 6), "currency": st.sampled_from(["RUB", "EUR", "USD"])}
                ),
            )
        ),
        "number": draw(st.one_of(st.none(), numbers)),
        "unit": draw(st.sampled_from([None, "kg", "KG ", "t"])),
        "place": draw(st.sampled_from([None, "офис", "Онлайн", "кафе"])),
        "choice": draw(st.sampled_from([None, "офис", "онлайн"])),
    }


BRIEF = {"choices": ["офис", "онлайн"]}


def judged(checks: list[str], limits: Mandate | None, result: Any) -> Verdict | None:
    """None: the result cannot be resolved, whatever the mandate."""
    try:
        return check_result(checks, limits, result, NOW, BRIEF)
    except ResultError:
        return None


@run
@given(mandates())
def test_what_is_stored_comes_back_the_same(limits: Mandate) -> None:
    assert Mandate.from_json(json.loads(json.dumps(limits.to_json()))) == limits


@run
@given(mandates())
def test_what_a_model_writes_is_read_stored_and_read_again_the_same(limits: Mandate) -> None:
    written = {**dict.fromkeys(MANDATE_SCHEMA["properties"]), **replace(limits, approved=()).to_json()}
    try:
        read = parse_mandate(written, NOW)
    except MandateError:
        assume(False)
    assert read == replace(limits, approved=()) == Mandate.from_json(read.to_json())


@run
@given(json_values, st.dictionaries(st.sampled_from([*MANDATE_SCHEMA["properties"], "x"]), json_values))
def test_any_json_at_all_is_a_mandate_or_a_mandate_error(anything: Any, shaped: Any) -> None:
    for raw in (anything, shaped):
        for read in (lambda raw: parse_mandate(raw, NOW), Mandate.from_json):
            try:
                outcome = repr(read(raw))[:7]
            except MandateError as error:
                outcome = str(error)
            assert 0 < len(outcome) < 5000


@run
@given(CHECKED, st.one_of(st.none(), mandates()), json_values, results(), st.data())
def test_any_json_at_all_gets_a_verdict_or_a_result_error(
    checks: list[str], limits: Mandate | None, anything: Any, result: dict[str, Any], data: st.DataObject
) -> None:
    """Total: whatever the contact's model sends, nothing else is raised and nothing hangs. And a verdict holds codes
    only: there is no sentence in it that could tell a limit."""
    broken = {**result, **data.draw(st.dictionaries(st.sampled_from([*result, "x"]), json_values, max_size=3))}
    for raw in (anything, broken):
        try:
            verdict = check_result(
                checks, limits, raw, NOW, data.draw(json_values.filter(lambda v: isinstance(v, dict)))
            )
        except ResultError:
            continue
        assert all(isinstance(reason, Reason) for reason in verdict.reasons)
        assert (verdict.kind is VerdictKind.FITS) == (verdict.reasons == ())


def narrower(limits: Mandate, draw: Any) -> Mandate:
    """A mandate that allows some of what `limits` allows, and no more."""
    how = draw(st.sampled_from(["window", "duration", "day", "number", "price", "choice", "required", "yes", "none"]))
    match how:
        case "window" if len(limits.windows) > 1:
            return replace(limits, windows=limits.windows[1:])
        case "window" if limits.windows and (last := limits.windows[-1]).to_minute - last.from_minute > 30:
            return replace(limits, windows=(*limits.windows[:-1], replace(last, from_minute=last.from_minute + 30)))
        case "duration" if limits.duration_minutes is None:
            return replace(limits, duration_minutes=60)
        case "day" if limits.timezone is not None:
            return replace(limits, not_on=(*limits.not_on, draw(st.sampled_from(DAYS))))
        case "number" if not limits.numbers:
            return replace(limits, numbers=(draw(ranges),))
        case "number":
            first = limits.numbers[0]
            most = 2 if first.most is None else first.most - 1
            return replace(
                limits, numbers=(replace(first, most=most, unit="kg" if first.unit else None), *limits.numbers[1:])
            )
        case "price" if limits.price is not None and (limits.price.least or 0) <= 0:
            return replace(limits, price=None)
        case "price" if limits.price is not None and limits.price.most is not None:
            return replace(limits, price=replace(limits.price, most=limits.price.most - 1))
        case "choice" if not limits.choices:
            return replace(limits, choices=(draw(choices),))
        case "choice" if len(limits.choices[0].allowed) > 1:
            first_choice = limits.choices[0]
            return replace(
                limits, choices=(replace(first_choice, allowed=first_choice.allowed[1:]), *limits.choices[1:])
            )
        case "required":
            return replace(limits, required=tuple({*limits.required, "place"}))
        case "yes" if limits.approved:
            return replace(limits, approved=limits.approved[1:])
        case _:
            return limits


@settings(run, max_examples=400)
@given(CHECKED, mandates().map(lambda limits: replace(limits, approved=())), results(), st.data())
def test_a_narrower_mandate_never_accepts_what_a_wider_one_refuses(
    checks: list[str], wide: Mandate, result: dict[str, Any], data: st.DataObject
) -> None:
    narrow = narrower(narrower(wide, data.draw), data.draw)
    before, after = judged(checks, wide, result), judged(checks, narrow, result)
    if after is not None and after.kind is VerdictKind.FITS:
        assert before is not None
        assert before.kind is VerdictKind.FITS


@settings(run, max_examples=200)
@given(mandates(), results(), results(), st.data())
def test_a_yes_makes_exactly_that_result_fit_and_no_other(
    limits: Mandate, result: dict[str, Any], other: dict[str, Any], data: st.DataObject
) -> None:
    """Nor any mixture of it with another: all that code compares has to be the same, or it is judged as before."""
    asked = judged(list(ALL), limits, result)
    assume(asked is not None and asked.kind is VerdictKind.OUTSIDE and Reason.UNCHECKED not in asked.reasons)
    assert asked is not None
    grown = approve(limits, asked)
    again = judged(list(ALL), grown, result)
    assert again is not None
    assert again.kind is VerdictKind.FITS
    changed = data.draw(st.sets(st.sampled_from(sorted(result)), max_size=3))
    for neighbour in (other, {**result, **{name: other[name] for name in changed}}):
        before, after = judged(list(ALL), limits, neighbour), judged(list(ALL), grown, neighbour)
        if before is None or after is None:
            assert before == after
        elif after.case != asked.case:
            assert after == before
    assert approve(grown, asked) == grown
    assert Mandate.from_json(json.loads(json.dumps(grown.to_json()))) == grown


@run
@given(
    mandates(), st.sampled_from(["windows", "duration_minutes", "not_on", "numbers", "price", "choices", "required"])
)
@example(Mandate(), "price")
def test_every_limit_by_itself_is_one_that_is_named_when_no_check_keeps_it(limits: Mandate, name: str) -> None:
    only = replace(Mandate(timezone=limits.timezone), **{name: getattr(limits, name)})
    is_set = getattr(only, name) not in ((), None)
    assert unkept_limits((), only) == ((name,) if is_set else ())
    assert unkept_limits(ALL, only) == ()
    verdict = check_result((), only, {}, NOW)
    assert (verdict.kind is VerdictKind.OUTSIDE) == is_set


@run
@given(mandates(), results(), st.sampled_from(["windows", "duration_minutes", "not_on"]))
def test_a_time_that_fits_lies_within_its_limit(limits: Mandate, result: dict[str, Any], name: str) -> None:
    """The verdict against the limit read the slow way, by half hours of the zone's own clock, when clocks change."""
    only = replace(Mandate(timezone=limits.timezone), **{name: getattr(limits, name)})
    assume(_is_whole(only))
    verdict = judged(["meeting-time"], only, result)
    if verdict is None or verdict.slot is None:
        return
    minutes = int((verdict.slot.end - verdict.slot.start).total_seconds()) // 60
    halves = [
        replace(verdict.slot, start=verdict.slot.start + timedelta(minutes=n)).local(only.timezone)[0]
        for n in range(0, minutes, 15)
    ]
    fits = all(local.date() not in only.not_on for local in halves)
    fits &= not only.windows or all(
        any(w.day == at.date() and w.from_minute <= at.hour * 60 + at.minute < w.to_minute for w in only.windows)
        for at in halves
    )
    fits &= only.duration_minutes in (None, minutes)
    assert (verdict.kind is VerdictKind.FITS) == fits


def _is_whole(limits: Mandate) -> bool:
    """Has it no window whose edge the clocks skip or repeat? Such a one is refused when it is set."""
    try:
        parse_mandate(replace(limits, duration_minutes=None).to_json(), NOW)
    except MandateError:
        return False
    return True
