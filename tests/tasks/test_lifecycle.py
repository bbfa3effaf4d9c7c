"""Protects how a task moves: every change in every state leads where this table says, and nowhere else."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from userbot.tasks.lifecycle import (
    AFTER_CLOSING,
    CLOSES,
    LEAVES,
    REOPENS,
    Change,
    ClosedBecause,
    NotAllowed,
    Paused,
    Status,
    TaskState,
    WaitingFor,
    change,
)

OPEN = [
    TaskState(status, waiting_for, None, paused, taken_on, stands)
    for status, waiting_for, paused, (taken_on, stands) in product(
        (Status.PENDING, Status.IN_PROGRESS),
        (*WaitingFor, None),
        (*Paused, None),
        ((False, False), (True, False), (False, True)),
    )
]
CLOSED = [
    # What was to be moved, and is left as it was.
    TaskState(Status.COMPLETED, None, ClosedBecause.AGREED, stands=True),
    *(
        TaskState(
            Status.COMPLETED if because is ClosedBecause.AGREED else Status.CANCELLED, None, because, taken_on=taken_on
        )
        for because, taken_on in product(ClosedBecause, (False, True))
    ),
]
# Whoever is waited for when the owner is not: the contact, or the date of what they took on.
AWAITED = "awaited"
# What only the owner, or the contact's words, take back of what was agreed.
UNDOES = (Change.REOPENED, Change.CALLING_OFF)
# What each change does to an open task; the exceptions have tests of their own below.
MOVES: dict[Change, dict[str, Any]] = {
    Change.DELIVERED: {"status": Status.IN_PROGRESS},
    Change.CONTACT_WROTE: {},
    Change.ANSWERED: {"waiting_for": AWAITED},
    Change.NOTED: {},
    Change.ASKED_OWNER: {"waiting_for": WaitingFor.OWNER},
    Change.STEERED: {"waiting_for": AWAITED},
    Change.KEPT: {},
    Change.PAUSED: {"paused": Paused.OWNER},
    Change.RESTED: {"paused": Paused.OWNER},
    Change.TOOK_OVER: {"paused": Paused.TAKEOVER},
    Change.RESUMED: {"paused": None},
    Change.PROPOSED: {"waiting_for": WaitingFor.OWNER},
    Change.APPROVED: {},
    Change.DRAFT_REFUSED: {"paused": Paused.OWNER},
    Change.DRAFT_EXPIRED: {"paused": Paused.OWNER},
    Change.DRAFT_VOID: {},
    Change.MODE_SET: {},
    Change.REMINDED: {},
    Change.TIMES_SAID: {},
    Change.SAID_YES: {},
    Change.TAKEN_ON: {"waiting_for": WaitingFor.TIME, "taken_on": True},
    Change.PUT_OFF: {"waiting_for": WaitingFor.TIME, "taken_on": True},
    Change.CHECKED_IN: {},
    Change.STUCK: {"waiting_for": WaitingFor.OWNER},
}


def awaited(state: TaskState) -> WaitingFor:
    return WaitingFor.TIME if state.taken_on else WaitingFor.CONTACT


def shown(value: object) -> str:
    if not isinstance(value, TaskState):
        return str(value)
    marks = ("taken on" if value.taken_on else "", "stands" if value.stands else "")
    parts = (value.status, value.waiting_for, value.closed_because, value.paused, *marks)
    return "-".join(str(part) for part in parts if part)


def is_exception(state: TaskState, what: Change) -> bool:
    return (what is Change.ANSWERED and state.waiting_for is WaitingFor.OWNER) or (
        what is Change.TOOK_OVER and state.paused is Paused.OWNER
    )


def test_the_table_names_every_change() -> None:
    assert {*MOVES, *CLOSES, Change.CREATED, *UNDOES, Change.STOP_UNDONE} == set(Change)


@pytest.mark.parametrize(("state", "what"), [*product(OPEN, MOVES)], ids=shown)
def test_an_open_task_moves_as_the_table_says(state: TaskState, what: Change) -> None:
    moved: dict[str, Any] = {name: awaited(state) if value == AWAITED else value for name, value in MOVES[what].items()}
    assert change(state, what) == (state if is_exception(state, what) else replace(state, **moved))


@pytest.mark.parametrize(("state", "what"), [*product(OPEN, CLOSES)], ids=shown)
def test_whatever_its_state_an_open_task_can_end_and_then_waits_for_nothing(state: TaskState, what: Change) -> None:
    if what is Change.LEFT and not state.stands:
        with pytest.raises(NotAllowed):
            change(state, what)
        return
    done = Status.COMPLETED if what in (Change.AGREED, Change.DONE) else Status.CANCELLED
    if not (state.stands and what in LEAVES):
        assert change(state, what) == TaskState(done, None, CLOSES[what], None, state.taken_on)


@pytest.mark.parametrize("state", [state for state in OPEN if state.stands], ids=shown)
@pytest.mark.parametrize("what", ["left", "no_answer", "expired", "stopped", "undeliverable", "asked_silence"])
def test_what_is_only_being_moved_stays_agreed_whatever_else_ends_the_moving(state: TaskState, what: str) -> None:
    """Only another agreement, the contact who declines the meeting itself, and the owner who calls it off undo it."""
    assert change(state, Change(what)) == TaskState(Status.COMPLETED, None, ClosedBecause.AGREED, stands=True)
    assert change(state, Change.DECLINED).closed_because is ClosedBecause.DECLINED
    assert not change(state, Change.AGREED).stands
    assert not change(state, Change.CALLING_OFF).stands


@pytest.mark.parametrize(("state", "what"), [*product(OPEN, UNDOES)], ids=shown)
def test_of_an_open_task_only_what_was_taken_on_or_stands_can_be_taken_back(state: TaskState, what: Change) -> None:
    if state.taken_on or state.stands:
        assert change(state, what) == TaskState(Status.IN_PROGRESS, paused=state.paused)
    else:
        with pytest.raises(NotAllowed):
            change(state, what)


@pytest.mark.parametrize(("state", "what"), [*product(CLOSED, Change)], ids=shown)
def test_an_end_is_final(state: TaskState, what: Change) -> None:
    """Nothing gives a closed task another end, or pauses it. What may be noted changes nothing. Only an end that rests
    on the contact's words or their silence opens again, when they change them or break it; what was agreed can be
    called off; and the owner's stop falls when they take it back."""
    stopped = state.closed_because is ClosedBecause.STOPPED or state.stands
    if what is Change.REOPENED and state.closed_because in REOPENS:
        assert change(state, what) == TaskState(Status.IN_PROGRESS, awaited(state), taken_on=state.taken_on)
    elif what is Change.STOP_UNDONE and stopped:
        goes_on = TaskState(Status.IN_PROGRESS, awaited(state), taken_on=state.taken_on, stands=state.stands)
        assert change(state, what) == goes_on
    elif what is Change.CALLING_OFF and state.closed_because is ClosedBecause.AGREED:
        assert change(state, what) == TaskState(Status.IN_PROGRESS)
    elif what in AFTER_CLOSING:
        assert change(state, what) == state
    else:
        with pytest.raises(NotAllowed):
            change(state, what)


@pytest.mark.parametrize(("state", "what"), [*product([*OPEN, *CLOSED], Change)], ids=shown)
def test_a_task_is_closed_exactly_when_it_says_why(state: TaskState, what: Change) -> None:
    """Over everything that can happen: the database holds to the same."""
    try:
        after = change(state, what)
    except NotAllowed:
        return
    assert after.is_open == (after.closed_because is None)
    assert (after.status is Status.COMPLETED) == (after.closed_because is ClosedBecause.AGREED)
    assert after.is_open or (after.waiting_for is None and after.paused is None)


@pytest.mark.parametrize("state", OPEN, ids=shown)
def test_a_task_is_created_once(state: TaskState) -> None:
    with pytest.raises(NotAllowed):
        change(state, Change.CREATED)


@pytest.mark.parametrize("state", [state for state in OPEN if state.paused is Paused.OWNER], ids=shown)
def test_a_takeover_does_not_undo_the_owners_pause(state: TaskState) -> None:
    assert change(state, Change.TOOK_OVER).paused is Paused.OWNER


@pytest.mark.parametrize("state", [state for state in OPEN if state.waiting_for is WaitingFor.OWNER], ids=shown)
def test_telling_the_contact_to_wait_does_not_answer_the_question(state: TaskState) -> None:
    """ "I will ask and come back" leaves it with the owner; their word takes it away."""
    assert change(state, Change.ANSWERED).waiting_for is WaitingFor.OWNER
    assert change(state, Change.STEERED).waiting_for is awaited(state)


def test_only_news_of_the_contact_and_the_last_message_come_after_the_end() -> None:
    about_a_draft = {Change.APPROVED, Change.DRAFT_REFUSED, Change.DRAFT_EXPIRED, Change.DRAFT_VOID}
    assert {Change.CONTACT_WROTE, Change.DELIVERED, *about_a_draft} == AFTER_CLOSING
