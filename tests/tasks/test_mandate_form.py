"""Protects the mandate as data: what cannot be kept is refused by name, and a stored one never gets wider."""

from datetime import timedelta
from typing import Any

import pytest

from tests.tasks.mandates import NOW, TOMORROW, mandate, seeded
from userbot.schemas import strict_faults, violations
from userbot.tasks.mandate import (
    MANDATE_SCHEMA,
    Mandate,
    MandateError,
    parse_mandate,
)

# The mandate's own form


def test_the_schema_is_a_strict_tool_parameter_and_says_what_the_parser_takes() -> None:
    assert strict_faults(MANDATE_SCHEMA) == []
    nothing = dict.fromkeys(MANDATE_SCHEMA["properties"])
    assert violations(MANDATE_SCHEMA, {**nothing, **TOMORROW}) == []
    assert violations(MANDATE_SCHEMA, nothing) == []
    assert parse_mandate(nothing, NOW) == Mandate()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (mandate(("2026-11-23", "12:00", "20:00"), timezone="MSK"), "timezone 'MSK' is unknown"),
        (mandate(("2026-11-23", "12:00", "20:00"), timezone=None), "timezone is missing"),
        (mandate(("2026-11-22", "10:00", "12:00")), "is past: in Europe/Moscow it is now 2026-11-22 12:00"),
        (mandate(("2025-11-23", "12:00", "20:00")), "is past"),
        (mandate(("2036-11-23", "12:00", "20:00")), "check the year"),
        (mandate(("23.11", "12:00", "20:00")), "is not a date"),
        (mandate(("2026-11-23", "20:00", "12:00")), "from 20:00 is not before to 12:00"),
        (mandate(("2026-11-23", "12:00", "12:00")), "is not before"),
        (mandate(("2026-11-23", "22:00", "00:00")), "the end of a day is 24:00"),
        (mandate(("2026-11-23", "24:00", "24:00")), "is not a time"),
        (mandate(("2026-11-23", "12:00", "24:01")), "is not a time"),
        (mandate(("2026-11-23", "12:00", "12:30")), "duration_minutes 60 is longer than the 30 minutes"),
        (mandate(("2026-11-22", "10:00", "12:30")), "longer than the 30 minutes left"),  # it is noon already
        (mandate(minutes=0), "whole number from 1 to 1440"),
        (
            mandate(("2027-03-28", "02:30", "12:00"), timezone="Europe/Berlin"),
            "02:30 does not exist in Europe/Berlin",
        ),
        (
            mandate(("2027-10-31", "12:00", "13:00"), ("2027-10-31", "00:00", "02:30"), timezone="Europe/Berlin"),
            "02:30 happens twice in Europe/Berlin",
        ),
        # Three hours by the clock, two by the sun.
        (mandate(("2027-03-28", "01:00", "04:00"), timezone="Europe/Berlin", minutes=180), "the 120 minutes"),
        ({**TOMORROW, "approved": []}, "unknown properties: 'approved'"),
        ({**TOMORROW, "conditions": ["x"]}, "unknown properties: 'conditions'"),
        ({**TOMORROW, "windows": "завтра"}, "windows must be a list"),
        ({**TOMORROW, "windows": [{"date": "2026-11-23"}]}, "must be an object with date, from and to"),
        ({**TOMORROW, "windows": TOMORROW["windows"] * 63}, "63 windows are too many"),
        ([], "must be an object"),
    ],
)
def test_a_mandate_that_cannot_be_kept_is_refused_with_the_reason(limits: Any, said: str) -> None:
    with pytest.raises(MandateError) as caught:
        parse_mandate(limits, NOW)
    assert said in str(caught.value)


def test_every_problem_of_a_mandate_is_named_at_once_and_the_text_stays_short() -> None:
    with pytest.raises(MandateError) as caught:
        parse_mandate(
            mandate(
                ("2026-11-20", "12:00", "20:00"),
                ("x", "12:00", "20:00"),
                ("2026-11-23", "20:00", "19:00"),
                minutes=-1,
            ),
            NOW,
        )
    for part in ("is past", "'x' is not a date", "from 20:00 is not before to 19:00", "whole number"):
        assert part in str(caught.value)
    with pytest.raises(MandateError) as caught:
        parse_mandate(mandate(*[("x" * 999, "y" * 999, "z" * 999)] * 62), NOW)
    assert "and 166 more" in str(caught.value)
    assert len(str(caught.value)) < 3000


def test_a_whole_day_is_a_day_also_where_clocks_change_at_midnight() -> None:
    """In Cairo the last Friday of April starts at 01:00 and the last Thursday of October has 25 hours."""
    spring = parse_mandate(mandate(("2027-04-30", "00:00", "24:00"), timezone="Africa/Cairo"), NOW)
    assert spring.spans()[0].end - spring.spans()[0].start == timedelta(hours=23)
    autumn = parse_mandate(mandate(("2027-10-28", "00:00", "24:00"), timezone="Africa/Cairo"), NOW)
    assert autumn.spans()[0].end - autumn.spans()[0].start == timedelta(hours=25)
    joined = parse_mandate(
        mandate(("2027-04-29", "12:00", "24:00"), ("2027-04-30", "00:00", "12:00"), timezone="Africa/Cairo"),
        NOW,
    )
    assert len(joined.spans()) == 1


def test_a_stored_mandate_still_loads_when_its_windows_are_past() -> None:
    limits = parse_mandate(TOMORROW, NOW)
    assert Mandate.from_json(limits.to_json()) == limits
    with pytest.raises(MandateError):
        parse_mandate(limits.to_json(), NOW + timedelta(days=30))


@pytest.mark.parametrize(
    "extra",
    [
        {"approved": {}},
        {"approved": [{}]},
        {"approved": [{"start": "x", "end": "y"}]},
        {"approved": [{"start": "2026-11-23T12:00:00", "end": "2026-11-23T13:00:00"}]},
        {"approved": [{"start": 1, "end": 2}]},
        {"conditions": "x"},
        {"conditions": [1]},
        {"timezone": "Nowhere"},
    ],
)
def test_a_broken_stored_mandate_is_an_error_and_never_a_wider_one(extra: dict[str, Any]) -> None:
    with pytest.raises(MandateError):
        Mandate.from_json({**TOMORROW, **extra})


def test_any_json_at_all_gives_a_mandate_or_a_mandate_error() -> None:
    rng = seeded(4)
    junk: list[Any] = [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "12:00",
        "2026-11-23",
        "Europe/Moscow",
        [],
        {},
        [[]],
        "\0",
        "24:00",
    ]
    for _ in range(2000):
        windows = [
            {key: rng.choice(junk) for key in rng.sample(["date", "from", "to", "x"], rng.randrange(5))}
            for _ in range(rng.randrange(3))
        ]
        raw: Any = {
            "windows": rng.choice([windows, rng.choice(junk)]),
            "timezone": rng.choice(junk),
            "duration_minutes": rng.choice(junk),
        }
        raw = rng.choice([raw, raw, raw, rng.choice(junk)])
        try:
            parse_mandate(raw, NOW)
            outcome = "read"
        except MandateError as error:
            outcome = str(error)
        assert 0 < len(outcome) < 4000
