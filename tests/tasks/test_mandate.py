"""Protects the owner's limits: no result outside them passes, and time is read as people there read it."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from userbot.schemas import strict_faults, violations
from userbot.tasks.mandate import (
    CHECKS,
    MANDATE_SCHEMA,
    Mandate,
    MandateError,
    Reason,
    ResultError,
    Slot,
    Span,
    Verdict,
    VerdictKind,
    Window,
    approve,
    check,
    check_due,
    check_result,
    parse_mandate,
    resolve_due,
    resolve_meeting,
    unkept_limits,
)


def extend(limits: Mandate | None, slot: Slot) -> Mandate:
    """After a yes of the owner's to exactly this slot."""
    return approve(limits, Verdict(VerdictKind.OUTSIDE, slot=slot))


NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)  # a Sunday, noon in Moscow
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def mandate(
    *windows: tuple[str, str, str], timezone: str | None = "Europe/Moscow", minutes: int | None = 60
) -> dict[str, Any]:
    return {
        "windows": [{"date": day, "from": opens, "to": closes} for day, opens, closes in windows],
        "timezone": timezone,
        "duration_minutes": minutes,
    }


def meeting(day: str, time: str, timezone: str = "Europe/Moscow", minutes: Any = 60, **other: Any) -> dict[str, Any]:
    return {
        "date": day,
        "time": time,
        "timezone": timezone,
        "duration_minutes": minutes,
        "weekday": WEEKDAYS[date.fromisoformat(day).weekday()],
        "said": "тогда и давай",
        "place": None,
        "summary": "Встреча согласована.",
        **other,
    }


def judge(limits: dict[str, Any], result: dict[str, Any], now: datetime = NOW) -> Verdict:
    return check(parse_mandate(limits, NOW), resolve_meeting(result), now)


TOMORROW = mandate(("2026-11-23", "12:00", "20:00"))


def test_the_owners_sentence_tomorrow_12_to_20_moscow_for_an_hour() -> None:
    """The example of the whole program: first and last hour fit, one minute beyond either does not."""
    for time in ("12:00", "15:30", "19:00"):
        assert judge(TOMORROW, meeting("2026-11-23", time)).kind is VerdictKind.FITS
    for time in ("11:59", "19:01", "20:00"):
        verdict = judge(TOMORROW, meeting("2026-11-23", time))
        assert (verdict.kind, verdict.reasons) == (VerdictKind.OUTSIDE, (Reason.OTHER_TIME,))


def test_another_day_is_told_apart_from_another_hour_for_the_owners_card() -> None:
    assert judge(TOMORROW, meeting("2026-11-24", "15:00")).reasons == (Reason.OTHER_DAY,)


def test_another_length_than_the_owner_asked_for_is_the_owners_to_decide() -> None:
    assert judge(TOMORROW, meeting("2026-11-23", "15:00", minutes=30)).reasons == (Reason.SHORTER,)
    assert judge(TOMORROW, meeting("2026-11-23", "15:00", minutes=90)).reasons == (Reason.LONGER,)
    verdict = judge(TOMORROW, meeting("2026-11-23", "19:30", minutes=90))
    assert verdict.reasons == (Reason.OTHER_TIME, Reason.LONGER)
    anything = mandate(("2026-11-23", "12:00", "20:00"), minutes=None)
    assert judge(anything, meeting("2026-11-23", "12:00", minutes=480)).kind is VerdictKind.FITS


@pytest.mark.parametrize(
    ("day", "time", "zone", "fits"),
    [
        ("2026-11-23", "19:00", "Asia/Vladivostok", True),  # 12:00 in Moscow
        ("2026-11-23", "18:59", "Asia/Vladivostok", False),
        ("2026-11-24", "02:00", "Asia/Vladivostok", True),  # 19:00 in Moscow, already tomorrow there
        ("2026-11-24", "02:01", "Asia/Vladivostok", False),
        ("2026-11-23", "09:00", "UTC", True),
        ("2026-11-23", "08:59", "UTC", False),
        ("2026-11-23", "16:00", "UTC", True),
        ("2026-11-23", "10:00", "Europe/Berlin", True),
        ("2026-11-23", "04:00", "America/New_York", True),
    ],
)
def test_a_contact_in_another_zone_is_compared_by_instants(day: str, time: str, zone: str, fits: bool) -> None:
    verdict = judge(TOMORROW, meeting(day, time, zone))
    assert (verdict.kind is VerdictKind.FITS) is fits


def test_the_reason_is_the_day_on_the_owners_calendar_not_on_the_contacts() -> None:
    # 01:30 of the 24th in Vladivostok is 18:30 of the 23rd in Moscow; with 03:30 it is 20:30 of the 23rd.
    assert judge(TOMORROW, meeting("2026-11-24", "03:30", "Asia/Vladivostok")).reasons == (Reason.OTHER_TIME,)


def test_adjacent_windows_join_also_over_midnight_and_gaps_do_not() -> None:
    night = mandate(("2026-11-24", "00:00", "01:00"), ("2026-11-23", "22:00", "24:00"), minutes=None)
    assert parse_mandate(night, NOW).spans() == (
        Span(datetime(2026, 11, 23, 19, tzinfo=UTC), datetime(2026, 11, 23, 22, tzinfo=UTC)),
    )
    assert judge(night, meeting("2026-11-23", "23:30")).kind is VerdictKind.FITS
    split = mandate(("2026-11-23", "12:00", "13:00"), ("2026-11-23", "13:01", "15:00"))
    assert judge(split, meeting("2026-11-23", "12:30")).reasons == (Reason.OTHER_TIME,)
    overlapping = mandate(("2026-11-23", "12:00", "14:00"), ("2026-11-23", "12:30", "13:00"))
    assert judge(overlapping, meeting("2026-11-23", "13:00")).kind is VerdictKind.FITS


def test_what_is_past_is_impossible_whatever_was_allowed_or_approved() -> None:
    slot = resolve_meeting(meeting("2026-11-22", "11:59"))
    for limits in (None, Mandate(), extend(None, slot)):
        verdict = check(limits, slot, NOW)
        assert (verdict.kind, verdict.reasons) == (VerdictKind.IMPOSSIBLE, (Reason.PAST,))
    assert check(None, resolve_meeting(meeting("2026-11-22", "12:00")), NOW).kind is VerdictKind.FITS


def test_without_limits_any_time_fits_but_a_slip_in_the_year_goes_to_the_owner() -> None:
    for limits in (None, parse_mandate(mandate(timezone=None, minutes=None), NOW)):
        assert check(limits, resolve_meeting(meeting("2027-08-01", "03:00")), NOW).kind is VerdictKind.FITS
        verdict = check(limits, resolve_meeting(meeting("2036-11-23", "15:00")), NOW)
        assert (verdict.kind, verdict.reasons) == (VerdictKind.OUTSIDE, (Reason.FAR_AHEAD,))


# Dates and clocks


def test_a_weekday_that_does_not_fit_its_date_is_sent_back() -> None:
    """«Во вторник, 23-го»: one of the two is wrong, and code must not choose."""
    with pytest.raises(ResultError, match="2026-11-23 is a mon, not a tue"):
        resolve_meeting(meeting("2026-11-23", "15:00", weekday="tue"))


def test_a_time_the_clocks_skip_is_no_time() -> None:
    with pytest.raises(ResultError, match="2027-03-28 02:30 does not exist in Europe/Berlin"):
        resolve_meeting(meeting("2027-03-28", "02:30", "Europe/Berlin"))
    assert resolve_meeting(meeting("2027-03-28", "03:00", "Europe/Berlin")).start.hour == 1


def test_a_time_the_clocks_show_twice_is_asked_about_and_utc_settles_it() -> None:
    with pytest.raises(ResultError, match="2026-10-25 02:30 happens twice in Europe/Berlin"):
        resolve_meeting(meeting("2026-10-25", "02:30", "Europe/Berlin"))
    assert resolve_meeting(meeting("2026-10-25", "00:30", "UTC")).start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_meeting_over_a_change_of_clocks_lasts_as_long_as_said() -> None:
    slot = resolve_meeting(meeting("2027-03-28", "01:30", "Europe/Berlin", minutes=60))
    start, end = slot.local()
    assert (end.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=1)
    assert (start.hour, end.hour) == (1, 3)


@pytest.mark.parametrize("minutes", [0, -60, 1441, 10**30, 59.5, True, "60", None, float("nan"), float("inf")])
def test_a_length_that_is_no_length_is_refused(minutes: Any) -> None:
    with pytest.raises(ResultError, match="duration_minutes"):
        resolve_meeting(meeting("2026-11-23", "15:00", minutes=minutes))


def test_a_whole_number_written_with_a_point_is_a_whole_number() -> None:
    """JSON has one kind of number, and some servers write 60.0."""
    slot = resolve_meeting(meeting("2026-11-23", "15:00", minutes=60.0))
    assert slot.end - slot.start == timedelta(hours=1)


@pytest.mark.parametrize(
    "zone",
    [
        "MSK",
        "Moscow",
        "europe/moscow",
        "Europe",
        "Europe/",
        "",
        "../etc/passwd",
        "/etc/localtime",
        "localtime",
        *("posixrules", "right/UTC", "Factory", "UTC+3", "A\0B", "A" * 5000, None, 3),
    ],
)
def test_only_iana_zones_are_zones(zone: Any) -> None:
    with pytest.raises(ResultError, match=r"timezone .* is unknown") as caught:
        resolve_meeting(meeting("2026-11-23", "15:00", timezone=zone))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "time", ["24:00", "9:00", "15", "15:60", "25:00", "15:00:00", "3pm", "", None, "１５:00", "-1:00"]
)
def test_only_hours_and_minutes_are_a_time(time: Any) -> None:
    with pytest.raises(ResultError, match=r"time .* is not a time"):
        resolve_meeting({**meeting("2026-11-23", "15:00"), "time": time})


@pytest.mark.parametrize(
    "day",
    ["23.11.2026", "20261123", "2026-W48-1", "2026-02-29", "завтра", "", None, "1999-01-01", "9999-12-31"],
)
def test_only_a_calendar_date_is_a_date(day: Any) -> None:
    with pytest.raises(ResultError, match="date"):
        resolve_meeting({**meeting("2026-11-23", "15:00"), "date": day})


def test_every_problem_of_a_result_is_named_at_once_and_none_speaks_of_the_mandate() -> None:
    with pytest.raises(ResultError) as caught:
        resolve_meeting({"date": "x" * 9999, "time": "x", "timezone": "x", "duration_minutes": 0, "weekday": "Mon"})
    for name in ("date", "time", "timezone", "duration_minutes", "weekday", "said"):
        assert name in str(caught.value)
    assert len(str(caught.value)) < 800


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


def test_today_counts_as_long_as_some_of_it_is_left() -> None:
    today = mandate(("2026-11-22", "00:00", "24:00"))
    assert judge(today, meeting("2026-11-22", "13:00")).kind is VerdictKind.FITS
    assert judge(today, meeting("2026-11-22", "23:00")).kind is VerdictKind.FITS
    assert judge(today, meeting("2026-11-22", "11:00")).kind is VerdictKind.IMPOSSIBLE


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


# The owner's yes


def test_a_yes_of_the_owner_grows_the_mandate_by_that_slot_and_nothing_beside_it() -> None:
    limits = parse_mandate(TOMORROW, NOW)
    asked = resolve_meeting(meeting("2026-11-23", "20:00", minutes=30))
    grown = extend(limits, asked)
    assert check(limits, asked, NOW).kind is VerdictKind.OUTSIDE
    assert check(grown, asked, NOW).kind is VerdictKind.FITS
    # The same instants in the contact's words of another zone are the same slot.
    assert check(grown, resolve_meeting(meeting("2026-11-24", "03:00", "Asia/Vladivostok", 30)), NOW).kind is (
        VerdictKind.FITS
    )
    for other in (
        meeting("2026-11-23", "20:00"),
        meeting("2026-11-23", "20:01", minutes=30),
        meeting("2026-11-23", "20:00", minutes=15),
        meeting("2026-11-23", "19:45", minutes=30),
        meeting("2026-11-23", "19:00", minutes=30),
        meeting("2026-11-24", "20:00", minutes=30),
    ):
        assert check(grown, resolve_meeting(other), NOW).kind is VerdictKind.OUTSIDE
    assert check(grown, resolve_meeting(meeting("2026-11-23", "13:00")), NOW).kind is VerdictKind.FITS
    assert extend(grown, asked) == grown
    assert Mandate.from_json(grown.to_json()) == grown


def test_a_yes_of_the_owner_to_a_task_without_limits_sets_none() -> None:
    far = resolve_meeting(meeting("2036-11-23", "15:00"))
    grown = extend(None, far)
    assert check(grown, far, NOW).kind is VerdictKind.FITS
    assert check(grown, resolve_meeting(meeting("2026-12-01", "10:00")), NOW).kind is VerdictKind.FITS


# Checks that skills name


def test_a_limit_that_no_check_of_the_skill_keeps_never_passes() -> None:
    limits = parse_mandate(TOMORROW, NOW)
    assert unkept_limits((), limits) == ("windows", "duration_minutes")
    assert unkept_limits(("due-date",), limits) == ("duration_minutes",)
    assert unkept_limits(("meeting-time",), limits) == ()
    assert unkept_limits((), None) == unkept_limits((), Mandate()) == ()
    verdict = check_result((), limits, {"answer": "да"}, NOW)
    assert (verdict.kind, verdict.reasons) == (VerdictKind.OUTSIDE, (Reason.UNCHECKED,))
    assert check_result((), None, {"answer": "да"}, NOW).kind is VerdictKind.FITS
    assert check_result((), Mandate(), {"answer": "да"}, NOW).kind is VerdictKind.FITS
    assert check_result(("no-such-check",), None, {}, NOW).kind is VerdictKind.OUTSIDE


def test_the_check_a_skill_names_is_the_one_that_runs() -> None:
    limits = parse_mandate(TOMORROW, NOW)
    fits = check_result(("meeting-time",), limits, meeting("2026-11-23", "15:00"), NOW)
    assert fits.kind is VerdictKind.FITS
    assert fits.slot == Slot(
        datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 13, tzinfo=UTC), "Europe/Moscow"
    )
    assert check_result(("meeting-time",), limits, meeting("2026-11-24", "15:00"), NOW).kind is VerdictKind.OUTSIDE
    with pytest.raises(ResultError):
        check_result(("meeting-time",), limits, meeting("2026-11-23", "15:00", weekday="sun"), NOW)


def task(due_date: str | None = None, due_time: str | None = None, **other: Any) -> dict[str, Any]:
    return {
        "accepted": True,
        "conditions": None,
        "due_date": due_date,
        "due_time": due_time,
        "timezone": "Europe/Moscow" if due_date else None,
        "summary": "Сделает.",
        **other,
    }


def test_a_due_date_may_be_earlier_than_asked_but_not_later() -> None:
    by_friday = parse_mandate(mandate(("2026-11-27", "00:00", "18:00"), minutes=None), NOW)
    checks = ("due-date",)
    for due in (task("2026-11-25"), task("2026-11-27", "18:00"), task()):
        assert check_result(checks, by_friday, due, NOW).kind is VerdictKind.FITS
    for late in (task("2026-11-27"), task("2026-11-27", "18:01"), task("2026-11-30")):
        verdict = check_result(checks, by_friday, late, NOW)
        assert (verdict.kind, verdict.reasons) == (VerdictKind.OUTSIDE, (Reason.TOO_LATE,))
        assert check_result(checks, approve(by_friday, verdict), late, NOW).kind is VerdictKind.FITS
    assert check_result(checks, by_friday, task("2026-11-27", "16:00", timezone="UTC"), NOW).reasons == (
        Reason.TOO_LATE,
    )


def test_of_several_windows_the_last_ends_the_time_for_a_task() -> None:
    limits = parse_mandate(
        mandate(("2026-11-27", "09:00", "18:00"), ("2026-11-24", "09:00", "18:00"), minutes=None), NOW
    )
    assert check_result(("due-date",), limits, task("2026-11-26"), NOW).kind is VerdictKind.FITS
    assert check_result(("due-date",), limits, task("2026-11-27"), NOW).kind is VerdictKind.OUTSIDE


def test_a_day_without_an_hour_ends_with_the_day() -> None:
    """«Сегодня» said at noon is not past."""
    slot = resolve_due(task("2026-11-22"))
    assert slot is not None
    assert slot.start == slot.end == datetime(2026, 11, 22, 21, tzinfo=UTC)
    assert check_due(None, slot, NOW).kind is VerdictKind.FITS
    yesterday = check_result(("due-date",), None, task("2026-11-21"), NOW)
    assert (yesterday.kind, yesterday.reasons) == (VerdictKind.IMPOSSIBLE, (Reason.PAST,))


def test_a_due_date_that_is_none_is_sent_back() -> None:
    for wrong in (task("2026-11-31"), task("2026-11-25", "noon"), task("2026-11-25", timezone=None)):
        with pytest.raises(ResultError):
            resolve_due(wrong)
    with pytest.raises(ResultError, match="due_time without due_date"):
        resolve_due(task(None, "12:00"))
    assert resolve_due(task("2020-01-01", accepted=False)) is None


def test_a_condition_of_the_contact_waits_for_the_owner_and_for_that_very_condition() -> None:
    """THREATS: "yes, if he pays double" must not become an agreement."""
    checks = ("due-date", "no-conditions")
    conditional = task("2026-11-25", conditions="если  заплатит вдвое")
    verdict = check_result(checks, None, conditional, NOW)
    assert (verdict.kind, verdict.reasons) == (VerdictKind.OUTSIDE, (Reason.CONDITIONS,))
    assert verdict.conditions == "если заплатит вдвое"
    grown = approve(None, verdict)
    assert Mandate.from_json(grown.to_json()) == grown
    assert check_result(checks, grown, conditional, NOW).kind is VerdictKind.FITS
    dearer = {**conditional, "conditions": "если заплатит втрое"}
    assert check_result(checks, grown, dearer, NOW).kind is VerdictKind.OUTSIDE
    for free in (task(conditions=" "), task(conditions="никогда", accepted=False)):
        assert check_result(checks, None, free, NOW).kind is VerdictKind.FITS


def test_the_worst_verdict_counts_and_the_owner_sees_all_of_its_reasons() -> None:
    by_friday = parse_mandate(mandate(("2026-11-27", "00:00", "18:00"), minutes=None), NOW)
    checks = ("due-date", "no-conditions")
    late = check_result(checks, by_friday, task("2026-11-30", conditions="если напомнят"), NOW)
    assert late.reasons == (Reason.TOO_LATE, Reason.CONDITIONS)
    past = check_result(checks, by_friday, task("2026-11-20", conditions="если напомнят"), NOW)
    assert (past.kind, past.reasons) == (VerdictKind.IMPOSSIBLE, (Reason.PAST,))


def test_every_check_says_what_it_reads() -> None:
    """But for the one that reads what the limits themselves name."""
    assert [name for name, named in CHECKS.items() if not named.reads] == ["fields"]


# By the thousand


def seeded(seed: int) -> random.Random:
    return random.Random(seed)


def test_a_slot_fits_exactly_when_every_minute_of_it_lies_in_a_window() -> None:
    """The verdict against a slow count of minutes by the zone's own clocks."""
    rng = seeded(3)
    counts = dict.fromkeys(VerdictKind, 0)
    for _ in range(400):
        zone = rng.choice(["Europe/Moscow", "Europe/Berlin", "America/New_York"])
        first = rng.choice([date(2027, 3, 26), date(2027, 6, 26), date(2027, 10, 29), date(2027, 11, 5)])
        windows = []
        for _ in range(rng.randrange(1, 5)):
            opens, closes = sorted(rng.sample(range(49), 2))
            windows.append(Window(first + timedelta(days=rng.randrange(4)), opens * 30, closes * 30))
        try:
            limits = parse_mandate(Mandate(tuple(windows), zone).to_json(), NOW)
        except MandateError:
            continue  # an edge that the clocks skip or repeat
        window = rng.choice(windows)
        start = limits.spans()[0].start + timedelta(minutes=30 * rng.randrange(-4, 8))
        slot = Slot(start, start + timedelta(minutes=30 * rng.randrange(1, 8)), "UTC")

        def allowed(moment: datetime, windows: list[Window] = windows, limits: Mandate = limits) -> bool:
            local = Slot(moment, moment, "UTC").local(limits.timezone)[0]
            minute = local.hour * 60 + local.minute
            return any(w.day == local.date() and w.from_minute <= minute < w.to_minute for w in windows)

        minutes = int((slot.end - slot.start).total_seconds()) // 60
        inside = all(allowed(slot.start + timedelta(minutes=n)) for n in range(minutes))
        verdict = check(limits, slot, NOW)
        counts[verdict.kind] += 1
        assert (verdict.kind is VerdictKind.FITS) is inside, (windows, zone, slot, window)
    assert min(counts[VerdictKind.FITS], counts[VerdictKind.OUTSIDE]) > 50


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
