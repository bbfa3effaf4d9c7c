"""Protects the owner's limits on time: no meeting outside them passes, and time is read as people there read it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.tasks.mandates import NOW, TOMORROW, extend, mandate, meeting, seeded
from userbot.tasks.mandate import (
    Mandate,
    MandateError,
    Reason,
    ResultError,
    Slot,
    Span,
    Verdict,
    VerdictKind,
    Window,
    check,
    parse_mandate,
    resolve_meeting,
)


def judge(limits: dict[str, Any], result: dict[str, Any], now: datetime = NOW) -> Verdict:
    return check(parse_mandate(limits, NOW), resolve_meeting(result), now)


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


def test_today_counts_as_long_as_some_of_it_is_left() -> None:
    today = mandate(("2026-11-22", "00:00", "24:00"))
    assert judge(today, meeting("2026-11-22", "13:00")).kind is VerdictKind.FITS
    assert judge(today, meeting("2026-11-22", "23:00")).kind is VerdictKind.FITS
    assert judge(today, meeting("2026-11-22", "11:00")).kind is VerdictKind.IMPOSSIBLE


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
