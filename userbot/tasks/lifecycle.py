"""How a ConversationTask moves: its states, and which change leads where. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"  # the first message is not delivered yet
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class WaitingFor(StrEnum):
    CONTACT = "contact"
    OWNER = "owner"
    TIME = "time"


class ClosedBecause(StrEnum):
    AGREED = "agreed"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    STOPPED = "stopped"
    UNDELIVERABLE = "undeliverable"
    EXPIRED = "expired"


class Paused(StrEnum):
    OWNER = "owner"  # .pause; or it rests until the owner's .resume, and its trouble says why
    TAKEOVER = "takeover"  # the owner typed in the contact's dialog


class Mode(StrEnum):
    """Which messages of a task wait for the owner's yes."""

    AUTO = "auto"  # none
    FIRST = "first"
    DRAFT = "draft"  # every one


def waits_for_yes(mode: str, is_first: bool) -> bool:
    """Has a message of a task in this mode to be shown to the owner before it is sent?"""
    return mode == Mode.DRAFT or (mode == Mode.FIRST and is_first)


class Change(StrEnum):
    """Everything that can happen to a task. The names are those of the event rows."""

    CREATED = "created"
    DELIVERED = "delivered"  # the first message reached Telegram
    CONTACT_WROTE = "contact_wrote"
    ANSWERED = "answered"  # a reply to the contact was committed
    PROPOSED = "proposed"  # a message to the contact waits for the owner's yes
    APPROVED = "approved"  # the owner said yes to it, or wrote another instead
    DRAFT_REFUSED = "draft_refused"  # the owner said no: the task rests
    DRAFT_EXPIRED = "draft_expired"  # the owner said nothing in time: the task rests
    DRAFT_VOID = "draft_void"  # something newer was said; it is written anew
    MODE_SET = "mode_set"
    NOTED = "noted"  # the contact's conversation told the owner something
    ASKED_OWNER = "asked_owner"
    STEERED = "steered"  # the owner said how to go on, or answered a question
    KEPT = "kept"  # the owner added something that the contact's conversation does not hear of
    TIMES_SAID = "times_said"  # of several people this one said when they can
    SAID_YES = "said_yes"  # and this one said yes to the time that is proposed to all
    AGREED = "agreed"
    DECLINED = "declined"
    ASKED_SILENCE = "asked_silence"  # the contact does not want to be written to any more
    STOPPED = "stopped"
    UNDELIVERABLE = "undeliverable"
    PAUSED = "paused"
    TOOK_OVER = "took_over"
    RESTED = "rested"  # it has spent what one task may, or its contact is not to be answered on and on
    RESUMED = "resumed"
    REOPENED = "reopened"  # what had settled it changed, or is to be changed, or the contact answers after all
    STOP_UNDONE = "stop_undone"  # the owner's stop was a slip of theirs
    REMINDED = "reminded"  # the contact is silent: a reminder is due
    NO_ANSWER = "no_answer"  # silent after every reminder
    EXPIRED = "expired"  # the last time the owner allows is over
    TAKEN_ON = "taken_on"  # the contact does it, by a date: they are asked how it stands before and after
    PUT_OFF = "put_off"  # they named another date, which the owner allows
    CHECKED_IN = "checked_in"  # they are to be asked how it stands
    STUCK = "stuck"  # they cannot go on with what they took on: the owner is asked
    DONE = "done"  # they say that what they took on is done
    CALLING_OFF = "calling_off"  # the owner takes back what was agreed: the contact is to be told
    CALLED_OFF = "called_off"  # and was
    LEFT = "left"  # it is not moved after all: what was agreed before stays


CLOSES: dict[Change, ClosedBecause] = {
    Change.AGREED: ClosedBecause.AGREED,
    Change.DECLINED: ClosedBecause.DECLINED,
    Change.ASKED_SILENCE: ClosedBecause.DECLINED,
    Change.STOPPED: ClosedBecause.STOPPED,
    Change.UNDELIVERABLE: ClosedBecause.UNDELIVERABLE,
    Change.NO_ANSWER: ClosedBecause.NO_ANSWER,
    Change.EXPIRED: ClosedBecause.EXPIRED,
    Change.DONE: ClosedBecause.AGREED,
    Change.CALLED_OFF: ClosedBecause.STOPPED,
    Change.LEFT: ClosedBecause.AGREED,
}
# What ends the moving of something agreed, and leaves that as it was.
LEAVES = frozenset(
    {
        Change.LEFT,
        Change.NO_ANSWER,
        Change.EXPIRED,
        Change.STOPPED,
        Change.UNDELIVERABLE,
        # Who wants to hear nothing more has not said that they do not come.
        Change.ASKED_SILENCE,
    }
)
# What may be taken back by the owner when it was agreed, though the task is closed.
_UNDOES = frozenset({Change.REOPENED, Change.CALLING_OFF})
# Ends that rest on the contact's words, or their silence, and fall with them.
REOPENS = frozenset({ClosedBecause.AGREED, ClosedBecause.DECLINED, ClosedBecause.NO_ANSWER})
# What may still be noted on a task that is closed, without changing its state.
AFTER_CLOSING = frozenset(
    {
        Change.CONTACT_WROTE,
        Change.DELIVERED,
        # The last message of a task that its own turn ended.
        Change.APPROVED,
        Change.DRAFT_REFUSED,
        Change.DRAFT_EXPIRED,
        Change.DRAFT_VOID,
    }
)
# What takes a message that waits for the owner's yes away with it.
ENDS_DRAFT = frozenset(
    {
        Change.APPROVED,
        Change.DRAFT_REFUSED,
        Change.DRAFT_EXPIRED,
        Change.DRAFT_VOID,
        Change.STEERED,
        Change.STOPPED,
        Change.UNDELIVERABLE,
        Change.EXPIRED,
        Change.CALLING_OFF,
        Change.PAUSED,
        Change.RESTED,
        Change.TOOK_OVER,
    }
)
# After these the task rests until the owner says how to go on.
RESTS_OVER_DRAFT = frozenset({Change.DRAFT_REFUSED, Change.DRAFT_EXPIRED})


class NotAllowed(ValueError):
    """This change cannot happen to a task in this state."""


@dataclass(frozen=True)
class TaskState:
    status: Status
    waiting_for: WaitingFor | None = WaitingFor.CONTACT
    closed_because: ClosedBecause | None = None
    paused: Paused | None = None
    # The contact does it, by a date: until then only time is waited for.
    taken_on: bool = False
    # The owner is having moved what was agreed: that holds until another is made, or it is called off. Of a closed
    # task: it ended so, and what was agreed before holds.
    stands: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in (Status.PENDING, Status.IN_PROGRESS)

    @property
    def awaited(self) -> WaitingFor:
        """Who is waited for when the owner is not."""
        return WaitingFor.TIME if self.taken_on else WaitingFor.CONTACT


def change(state: TaskState, what: Change) -> TaskState:
    """The state after `what`. Raises NotAllowed when that cannot happen to a task in `state`."""
    if what in AFTER_CLOSING and not state.is_open:
        return state
    if what is Change.REOPENED and state.closed_because in REOPENS:
        # Whoever had taken it on still has: only what was said after that falls.
        return _open_again(state)
    stopped = state.closed_because is ClosedBecause.STOPPED or (not state.is_open and state.stands)
    if what is Change.STOP_UNDONE and stopped:
        return replace(_open_again(state), stands=state.stands)
    falls = state.is_open and (state.taken_on or state.stands)
    if what in _UNDOES and (state.closed_because is ClosedBecause.AGREED or falls):
        return TaskState(status=Status.IN_PROGRESS, paused=state.paused)
    if not state.is_open or what in (Change.CREATED, Change.STOP_UNDONE) or what in _UNDOES:
        raise NotAllowed(f"{what} cannot happen to a task that is {state.status}")
    if what in CLOSES:
        return _closed(state, what)
    match what:
        case Change.DELIVERED:
            return replace(state, status=Status.IN_PROGRESS)
        case Change.TAKEN_ON | Change.PUT_OFF:
            return replace(state, waiting_for=WaitingFor.TIME, taken_on=True)
        case Change.ASKED_OWNER | Change.PROPOSED | Change.STUCK:
            return replace(state, waiting_for=WaitingFor.OWNER)
        case Change.ANSWERED if state.waiting_for is WaitingFor.OWNER:
            # "I will ask and come back to you" does not take the question from the owner's desk.
            return state
        case Change.ANSWERED | Change.STEERED:
            return replace(state, waiting_for=state.awaited)
        case Change.PAUSED | Change.RESTED | Change.DRAFT_REFUSED | Change.DRAFT_EXPIRED:
            return replace(state, paused=Paused.OWNER)
        case Change.TOOK_OVER:
            return state if state.paused is Paused.OWNER else replace(state, paused=Paused.TAKEOVER)
        case Change.RESUMED:
            return replace(state, paused=None)
        case _:
            return state


def _closed(state: TaskState, what: Change) -> TaskState:
    stands = state.stands and what in LEAVES
    if what is Change.LEFT and not stands:
        raise NotAllowed("nothing was agreed that could be left as it was")
    because = ClosedBecause.AGREED if stands else CLOSES[what]
    done = Status.COMPLETED if because is ClosedBecause.AGREED else Status.CANCELLED
    return TaskState(done, waiting_for=None, closed_because=because, taken_on=state.taken_on, stands=stands)


def _open_again(state: TaskState) -> TaskState:
    return TaskState(status=Status.IN_PROGRESS, waiting_for=state.awaited, taken_on=state.taken_on)
