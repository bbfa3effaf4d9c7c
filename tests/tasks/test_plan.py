"""Protects several people's one meeting in its rules: what follows from what, and a time that suits everybody."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.tasks import plan as rules
from userbot.tasks.lifecycle import ClosedBecause
from userbot.tasks.plan import Member, Phase, Plan, Room, Step, best, both, next_step, read_times
from userbot.tasks.slots import Span

MOSCOW = ZoneInfo("Europe/Moscow")
DAY = datetime(2026, 11, 24, tzinfo=MOSCOW)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(start: float, end: float) -> Span:
    return Span(*((DAY + timedelta(hours=hour)).astimezone(UTC) for hour in (start, end)))


FOUR = at(16, 17)
CAN = Member(1, can=(at(14, 18),))
YES = replace(CAN, says_yes=True)
CANNOT = Member(2, can=(at(18, 20),))
UNHEARD = Member(2)


def plan(*members: Member, **more: object) -> Plan:
    numbered = tuple(replace(one, task_id=n) for n, one in enumerate(members, start=1))
    return replace(Plan(Phase.GOING, numbered), **more)  # type: ignore[arg-type]


def gone(why: ClosedBecause, member: Member = UNHEARD) -> Member:
    return replace(member, ended=why)


# --- what follows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_plan", "step"),
    [
        (plan(CAN, UNHEARD), Step.NOTHING),
        (plan(CAN, CANNOT), Step.FIND),
        (plan(CAN, UNHEARD, proposed=FOUR), Step.NOTHING),
        (plan(YES, CAN, proposed=FOUR), Step.NOTHING),
        (plan(YES, YES, proposed=FOUR), Step.SETTLE),
        (plan(YES, CANNOT, proposed=FOUR), Step.DROP),
        (plan(YES, YES, proposed=FOUR, is_past=True), Step.DROP),
        (plan(YES, replace(YES, is_paused=True), proposed=FOUR), Step.NOTHING),
        (plan(CAN, replace(CANNOT, is_paused=True)), Step.NOTHING),
        (plan(CAN, CAN, phase=Phase.STUCK, is_asked_for_times=True), Step.NOTHING),
        (plan(CAN, CAN, phase=Phase.STUCK), Step.ROUND),
        (plan(CAN, CAN, phase=Phase.STUCK, is_asked_for_times=True, limits_changed=True), Step.ROUND),
        (plan(YES, gone(ClosedBecause.DECLINED), proposed=FOUR), Step.ASK_WITHOUT),
        (plan(YES, gone(ClosedBecause.NO_ANSWER), asked_without=2), Step.NOTHING),
        (plan(gone(ClosedBecause.DECLINED), YES, asked_without=2), Step.ASK_WITHOUT),
        (plan(YES, replace(gone(ClosedBecause.DECLINED), is_out=True), proposed=FOUR), Step.SETTLE),
        (plan(gone(ClosedBecause.DECLINED), gone(ClosedBecause.UNDELIVERABLE)), Step.GIVE_UP),
        (plan(YES, gone(ClosedBecause.STOPPED)), Step.STOP),
        (plan(YES, gone(ClosedBecause.EXPIRED)), Step.EXPIRE),
    ],
)
def test_one_thing_follows(given_plan: Plan, step: Step) -> None:
    assert next_step(given_plan) is step


def test_what_is_agreed_rests_until_one_of_them_wants_it_otherwise() -> None:
    done = gone(ClosedBecause.AGREED, YES)
    assert next_step(plan(done, done, phase=Phase.AGREED, proposed=FOUR)) is Step.NOTHING
    assert next_step(plan(done, CAN, phase=Phase.AGREED, proposed=FOUR)) is Step.REOPEN
    assert next_step(plan(done, gone(ClosedBecause.DECLINED), phase=Phase.AGREED)) is Step.REOPEN


def test_what_is_moved_stands_for_all_or_for_none() -> None:
    """Of whom it ended with its first agreement, it ends for all; with one who takes that back, for nobody."""
    stands = replace(CAN, stands=True)
    left = replace(gone(ClosedBecause.AGREED), stands=True)
    for phase in (Phase.GOING, Phase.STUCK):
        asked = {"phase": phase, "is_asked_for_times": True}
        assert next_step(plan(stands, left, **asked)) is Step.LEAVE
        assert next_step(plan(stands, CAN, **asked)) is Step.FALL
        assert next_step(plan(stands, gone(ClosedBecause.DECLINED), **asked)) is Step.FALL
        assert next_step(plan(stands, stands, **asked)) is not Step.LEAVE
    assert next_step(plan(left, left, phase=Phase.AGREED)) is Step.NOTHING
    assert next_step(plan(left, stands, phase=Phase.AGREED)) is Step.REOPEN


def test_what_is_over_stays_over_unless_the_owner_takes_that_back() -> None:
    for why, asked in product(ClosedBecause, (True, False)):
        member = gone(why)
        assert next_step(plan(member, member, phase=Phase.OVER, is_asked_for_times=asked)) is Step.NOTHING
        assert next_step(plan(member, CAN, phase=Phase.OVER, is_asked_for_times=asked)) is Step.TAKE_UP


def test_what_is_called_off_with_one_is_for_all_at_once() -> None:
    done, telling = gone(ClosedBecause.AGREED, YES), replace(YES, is_called_off=True)
    assert next_step(plan(done, telling, phase=Phase.AGREED)) is Step.STOP
    assert next_step(plan(gone(ClosedBecause.STOPPED), telling, phase=Phase.OVER)) is Step.NOTHING


_MEMBERS = st.builds(
    Member,
    task_id=st.just(0),
    ended=st.sampled_from([None, *ClosedBecause]),
    stands=st.booleans(),
    is_paused=st.booleans(),
    can=st.sampled_from([None, (), (at(14, 18),), (at(18, 20),)]),
    says_yes=st.booleans(),
    is_out=st.booleans(),
)


@given(st.lists(_MEMBERS, min_size=1, max_size=4), st.sampled_from(Phase), st.sampled_from([None, FOUR]), st.booleans())
def test_nothing_is_settled_without_a_yes_of_everybody_who_is_left(
    members: list[Member], phase: Phase, proposed: Span | None, past: bool
) -> None:
    it = plan(*members, phase=phase, proposed=proposed, is_past=past)
    if next_step(it) is Step.SETTLE:
        assert it.left
        assert all(one.says_yes and one.ended is None and not one.is_paused for one in it.left)
        assert proposed is not None
        assert not past


# --- which time -----------------------------------------------------------------------------------------------------


def room(*taken: Span) -> Room:
    return Room((at(12, 20),), taken, HOUR, MOSCOW)


def starts(*cans: Iterable[Span], taken: Iterable[Span] = ()) -> str | None:
    found = best(room(*taken), [list(can) for can in cans], NOW)
    return None if found is None else f"{found.local()[0]:%d %H:%M}"


def test_the_time_suits_everybody_and_is_the_earliest_round_one() -> None:
    assert starts([at(12, 20)], [at(12, 20)]) == "24 12:00"
    assert starts([at(14.25, 18)], [at(13, 20)]) == "24 15:00"
    assert starts([at(14.25, 15.5)], [at(13, 20)]) == "24 14:30"
    assert starts([at(14, 18)], [at(16, 20)], [at(12, 17)]) == "24 16:00"


def test_people_meet_by_day_where_that_suits_everybody() -> None:
    nobody_minds = Room((at(0, 48),), (), HOUR, MOSCOW)
    found = best(nobody_minds, [[at(0, 48)], [at(0, 48)]], NOW)
    assert found is not None
    assert f"{found.local()[0]:%d %H:%M}" == "24 09:00"
    found = best(nobody_minds, [[at(21, 23)], [at(0, 48)]], NOW)
    assert found is not None
    assert f"{found.local()[0]:%d %H:%M}" == "24 21:00"


def test_what_touches_only_the_edge_of_somebodys_time_is_none() -> None:
    assert starts([at(12, 14)], [at(14, 20)]) is None
    assert starts([at(12, 14.5)], [at(14, 20)]) is None
    assert starts([at(8, 11)], [at(8, 11)]) is None, "the owner would not"
    assert starts([], [at(12, 20)]) is None


def test_what_the_owner_has_at_that_time_is_left_out() -> None:
    assert starts([at(14, 18)], [at(14, 18)], taken=[at(13, 15.5)]) == "24 16:00"
    assert starts([at(14, 15)], [at(14, 18)], taken=[at(14.5, 15)]) is None


_SPANS = st.lists(
    st.tuples(st.integers(0, 95), st.integers(1, 40)).map(lambda it: at(it[0] / 4, (it[0] + it[1]) / 4)), max_size=4
)


@given(_SPANS, _SPANS, _SPANS)
def test_a_time_is_found_inside_what_each_can_or_not_at_all(
    one: list[Span], other: list[Span], taken: list[Span]
) -> None:
    found = best(room(*taken), [one, other], NOW)
    if found is not None:
        assert found.end - found.start == HOUR
        for can in (one, other, [at(12, 20)]):
            assert rules.holds(can, found.span)
        assert all(found.end <= busy.start or busy.end <= found.start for busy in taken)
    else:
        shared = both(both(one, other), [at(12, 20)])
        quarters = [at(n / 4, n / 4 + 1) for n in range(48, 77)]
        free = [q for q in quarters if all(q.end <= busy.start or busy.end <= q.start for busy in taken)]
        assert not any(rules.holds(shared, quarter) for quarter in free)


# --- what a model writes --------------------------------------------------------------------------------------------


def times(*written: tuple[str, str, str | None], zone: str = "Europe/Moscow") -> tuple[Span, ...]:
    raw = [{"date": date, "from": start, "to": end} for date, start, end in written]
    return read_times(raw, zone, HOUR, NOW)


def test_stretches_and_mere_starts_are_read_and_joined() -> None:
    assert times(("2026-11-24", "14:00", "16:00"), ("2026-11-24", "15:30", None)) == (at(14, 16.5),)
    assert times(("2026-11-24", "23:30", None)) == (at(23.5, 24.5),)
    assert times(("2026-11-24", "13:00", None), zone="Asia/Yekaterinburg") == (at(11, 12),)
    assert times() == ()


@pytest.mark.parametrize(
    ("raw", "zone", "why"),
    [
        ([{"date": "2026-11-24", "from": "16:00", "to": "15:00"}], "Europe/Moscow", "is not before"),
        ([{"date": "2026-11-24", "from": "16:00", "to": "16:30"}], "Europe/Moscow", "shorter than 60 minutes"),
        ([{"date": "2026-11-22", "from": "16:00", "to": None}], "Europe/Moscow", "is past"),
        ([{"date": "24 ноября", "from": "16:00", "to": None}], "Europe/Moscow", "date"),
        ([{"date": "2026-11-24", "from": "пять", "to": None}], "Europe/Moscow", "not a time"),
        ([{"date": "2026-11-24", "from": 16, "to": None}], "Europe/Moscow", "not a time"),
        ([{"date": "2026-11-24", "from": "16:00", "to": "17:00"}], "MSK+1", "timezone"),
        ([None], "Europe/Moscow", "must be an object"),
        ("завтра", "Europe/Moscow", "must be a list"),
    ],
)
def test_what_does_not_add_up_is_sent_back_with_what_is_wrong(raw: object, zone: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_times(raw, zone, HOUR, NOW)
