"""Protects the owner's limits on everything: what their yes lets grow, due dates, conditions, checks skills name."""

from datetime import UTC, datetime

import pytest

from tests.tasks.mandates import NOW, TOMORROW, extend, mandate, meeting, task
from userbot.tasks.mandate import (
    CHECKS,
    Mandate,
    Reason,
    ResultError,
    Slot,
    VerdictKind,
    approve,
    check,
    check_due,
    check_result,
    parse_mandate,
    resolve_due,
    resolve_meeting,
    unkept_limits,
)

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
