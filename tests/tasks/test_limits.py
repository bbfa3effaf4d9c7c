"""Protects the owner's limits beside times: days they excluded, numbers, prices, choices, and what must be known."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tasks.mandates import NOW, TOMORROW, mandate, meeting, task
from userbot.tasks.mandate import (
    Approved,
    Mandate,
    MandateError,
    Reason,
    ResultError,
    Span,
    VerdictKind,
    approve,
    check_result,
    offers_of,
    parse_mandate,
    unkept_limits,
)

ANSWER = {"answer": "25 тысяч", "choice": None, "number": 25000, "unit": "RUB", "quote": "25 тысяч", "summary": "s"}


def limits(**given: Any) -> Mandate:
    return parse_mandate(given, NOW)


def reasons(checks: str, mandate: Mandate | None, result: Any, brief: Any = None) -> tuple[Reason, ...]:
    verdict = check_result(checks.split(), mandate, result, NOW, brief)
    assert (verdict.kind is VerdictKind.FITS) == (verdict.reasons == ())
    return verdict.reasons


# Days


def test_a_meeting_must_not_touch_an_excluded_day_by_the_owners_clock() -> None:
    no_tuesday = limits(timezone="Europe/Moscow", not_on=["2026-11-24"])
    assert reasons("meeting-time", no_tuesday, meeting("2026-11-23", "23:00")) == ()
    assert reasons("meeting-time", no_tuesday, meeting("2026-11-23", "23:01")) == (Reason.EXCLUDED_DAY,)
    assert reasons("meeting-time", no_tuesday, meeting("2026-11-24", "15:00")) == (Reason.EXCLUDED_DAY,)
    assert reasons("meeting-time", no_tuesday, meeting("2026-11-25", "00:00")) == ()
    # Wednesday there, still Tuesday in Moscow.
    assert reasons("meeting-time", no_tuesday, meeting("2026-11-25", "05:00", "Asia/Vladivostok")) != ()


def test_the_end_of_an_excluded_day_belongs_to_it_and_that_of_the_day_before_does_not() -> None:
    no_tuesday = limits(timezone="Europe/Moscow", not_on=["2026-11-24"])
    assert reasons("due-date", no_tuesday, task("2026-11-24")) == (Reason.EXCLUDED_DAY,)
    assert reasons("due-date", no_tuesday, task("2026-11-24", "12:00")) == (Reason.EXCLUDED_DAY,)
    assert reasons("due-date", no_tuesday, task("2026-11-23")) == ()
    assert reasons("due-date", no_tuesday, task("2026-11-25", "00:01")) == ()


# Numbers, choices, what must be there


@pytest.mark.parametrize(
    ("number", "off"), [(9.99, Reason.NUMBER_LOW), (10, None), (20, None), (21, Reason.NUMBER_HIGH)]
)
def test_the_ends_of_a_range_belong_to_it(number: float, off: Reason | None) -> None:
    within = limits(numbers=[{"property": "number", "min": 10, "max": 20, "unit": None}])
    assert reasons("fields", within, {**ANSWER, "number": number}) == ((off,) if off else ())


def test_another_unit_is_another_number() -> None:
    within = limits(numbers=[{"property": "number", "min": None, "max": 30000, "unit": "rub"}])
    assert reasons("fields", within, ANSWER) == ()
    assert reasons("fields", within, {**ANSWER, "unit": "USD"}) == (Reason.UNIT,)
    assert reasons("fields", within, {**ANSWER, "unit": None}) == (Reason.UNIT,)


def test_a_choice_is_compared_without_case_and_spaces() -> None:
    place = limits(choices=[{"property": "place", "allowed": ["Офис на Лиговском", "онлайн"]}])
    assert reasons("fields", place, {"place": "  офис  на лиговском "}) == ()
    assert reasons("fields", place, {"place": "кафе"}) == (Reason.CHOICE,)


def test_what_has_a_limit_or_must_be_there_cannot_be_left_out() -> None:
    given = limits(
        numbers=[{"property": "number", "min": 1, "max": None, "unit": None}],
        choices=[{"property": "choice", "allowed": ["да"]}],
        required=["place"],
    )
    nothing = {"number": None, "choice": None, "place": None}
    assert reasons("fields", given, nothing) == (Reason.MISSING,)
    assert reasons("fields", given, {"number": 1, "choice": "да", "place": "тут"}) == ()
    # A result of another form: nobody holds the limit.
    assert reasons("fields", given, {}) == (Reason.UNCHECKED,)


@pytest.mark.parametrize("value", ["12", True, float("nan"), float("inf"), 10**13, 10**400, [1]])
def test_what_is_no_number_is_sent_back(value: Any) -> None:
    within = limits(numbers=[{"property": "number", "min": 10, "max": None, "unit": None}])
    with pytest.raises(ResultError, match="number") as caught:
        reasons("fields", within, {"number": value})
    assert len(str(caught.value)) < 200


# Prices


def priced(amount: Any, currency: Any = "RUB", **other: Any) -> dict[str, Any]:
    return task(price={"amount": amount, "currency": currency}, **other)


def test_a_price_keeps_its_range_and_its_currency() -> None:
    to_5000 = limits(price={"min": None, "max": 5000, "currency": "RUB"})
    assert reasons("price", to_5000, priced(5000)) == ()
    assert reasons("price", to_5000, priced(5000.01)) == (Reason.PRICE_HIGH,)
    assert reasons("price", to_5000, priced(50, "USD")) == (Reason.CURRENCY,)
    assert reasons("price", to_5000, task(price=None)) == ()


def test_without_a_price_of_the_owners_nothing_may_be_paid() -> None:
    """ "Yes, for 5000" is no yes when the owner spoke of no money."""
    for unset in (None, Mandate()):
        assert reasons("price", unset, priced(1)) == (Reason.PRICED,)
        assert reasons("price", unset, priced(0)) == reasons("price", unset, task(price=None)) == ()


def test_what_the_owner_sells_is_not_given_away() -> None:
    from_5000 = limits(price={"min": 5000, "max": None, "currency": "RUB"})
    assert reasons("price", from_5000, task(price=None)) == (Reason.PRICE_LOW,)
    assert reasons("price", from_5000, priced(4999)) == (Reason.PRICE_LOW,)
    assert reasons("price", from_5000, priced(5000)) == ()


@pytest.mark.parametrize("price", ["5000", {}, {"amount": -1, "currency": "RUB"}, {"amount": 5, "currency": "руб"}, 7])
def test_a_price_that_is_none_is_sent_back(price: Any) -> None:
    with pytest.raises(ResultError, match="price"):
        reasons("price", None, task(price=price))


# The brief's choices


def test_only_what_the_brief_offers_can_be_chosen() -> None:
    brief: dict[str, Any] = {"choices": ["v2", "v3"]}
    assert reasons("brief-choice", None, {"choice": "v3"}, brief) == ()
    assert reasons("brief-choice", None, {"choice": None}, brief) == ()
    for wrong in ("v4", "V3", ["v3"], 3):
        with pytest.raises(ResultError, match=r"letter for letter, or null: v2; v3"):
            reasons("brief-choice", None, {"choice": wrong}, brief)
    for nothing in ({"choices": None}, {"choices": "v3"}, {}):
        with pytest.raises(ResultError, match="must be null"):
            reasons("brief-choice", None, {"choice": "v3"}, nothing)


# The owner's yes


def test_a_yes_is_to_the_whole_of_a_result_and_to_no_part_of_it() -> None:
    """Two results the owner agreed to do not make a third of their parts."""
    given = limits(
        **mandate(("2026-11-27", "00:00", "18:00"), minutes=None), price={"min": 0, "max": 100, "currency": "EUR"}
    )
    checks = ["due-date", "no-conditions", "price"]
    late, dear = task("2026-11-30", price={"amount": 100, "currency": "EUR"}), priced(300, "EUR", due_date="2026-11-26")
    dear["timezone"] = "Europe/Moscow"
    for result in (late, dear):
        given = approve(given, check_result(checks, given, result, NOW))
        assert check_result(checks, given, result, NOW).kind is VerdictKind.FITS
    assert Mandate.from_json(given.to_json()) == given
    both = {**late, "price": dear["price"]}
    assert check_result(checks, given, both, NOW).kind is VerdictKind.OUTSIDE
    assert check_result(checks, given, {**dear, "conditions": "наличными"}, NOW).kind is VerdictKind.OUTSIDE


def test_a_mandate_stored_by_version_0_1_0_is_read() -> None:
    start, end = "2026-11-25T12:30:00+00:00", "2026-11-25T13:30:00+00:00"
    old = {**TOMORROW, "approved": [{"start": start, "end": end}], "conditions": ["если напомнят"]}
    span = Span(datetime(2026, 11, 25, 12, 30, tzinfo=UTC), datetime(2026, 11, 25, 13, 30, tzinfo=UTC))
    read = Mandate.from_json(old)
    assert read.approved == (Approved(span), Approved(None, "если напомнят"), Approved(span, "если напомнят"))
    assert Mandate.from_json(read.to_json()) == read


# Its form


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"not_on": ["2026-11-24"]}, "timezone is missing"),
        ({"not_on": ["24.11"], "timezone": "UTC"}, "not_on[0] '24.11' is not a date"),
        ({**TOMORROW, "not_on": ["2026-11-23"]}, "2026-11-23 has a window and stands in not_on"),
        ({"numbers": [{"property": "number", "min": 5, "max": 4, "unit": None}]}, "min 5 is more than max 4"),
        ({"numbers": [{"property": "number", "min": None, "max": None, "unit": None}]}, "needs min, max or both"),
        ({"numbers": [{"property": "number", "min": 1}]}, "numbers[0] must be an object with max, min, property, unit"),
        ({"numbers": [{"property": "a b", "min": 1, "max": 2, "unit": None}]}, "no property of a result"),
        ({"numbers": [{"property": "n", "min": 1, "max": 2, "unit": None}] * 2}, "n has a limit already"),
        ({"numbers": {"number": 5}}, "numbers must be null or a list"),
        ({"price": {"min": None, "max": 5, "currency": "руб"}}, "ISO 4217"),
        ({"price": {"min": -1, "max": 5, "currency": "RUB"}}, "price.min must be from 0"),
        ({"price": 5000}, "price must be an object"),
        ({"choices": [{"property": "place", "allowed": []}]}, "a list of 1 to 20 texts"),
        ({"choices": [{"property": "place", "allowed": ["офис", " "]}]}, "allowed[1] must be a text"),
        ({"required": ["place", 3]}, "required[1]: 3 is no property"),
        ({"required": "place"}, "required must be null or a list"),
        ({"offers": 0}, "offers 0 must be a whole number from 1 to 20"),
        ({"offers": True}, "offers True must be"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_refused_with_the_reason(given: dict[str, Any], said: str) -> None:
    with pytest.raises(MandateError) as caught:
        parse_mandate(given, NOW)
    assert said in str(caught.value)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(MandateError) as caught:
        parse_mandate({"price": 1, "offers": -1, "required": [1], "choices": 2, "numbers": 3, "not_on": 4}, NOW)
    for name in ("price", "offers", "required", "choices", "numbers", "not_on"):
        assert name in str(caught.value)


def test_a_limit_on_what_no_result_has_is_not_started_with() -> None:
    schema = {
        "properties": {
            "place": {"type": ["string", "null"]},
            "number": {"type": ["number", "null"]},
            "price": {"type": "object"},
        }
    }
    given = limits(
        numbers=[
            {"property": "number", "min": 1, "max": 2, "unit": "kg"},
            {"property": "place", "min": 1, "max": 2, "unit": None},
            {"property": "price", "min": 1, "max": 2, "unit": None},
        ],
        choices=[{"property": "place", "allowed": ["тут"]}, {"property": "colour", "allowed": ["red"]}],
        required=["place", "size"],
        price={"min": 1, "max": 2, "currency": "EUR"},
    )
    assert unkept_limits(["fields"], given, schema) == (
        "price",
        "numbers of place",
        "numbers of price",
        "numbers of unit",
        "choices of colour",
        "required of size",
    )
    assert unkept_limits([], given, schema) == ("numbers", "price", "choices", "required")


def test_how_many_offers_is_the_owners_to_say() -> None:
    assert (offers_of(None), offers_of(Mandate()), offers_of(limits(offers=1))) == (3, 3, 1)
