"""An agreement that its owner has moved, as they see it: which hour stands while the move is open, what came of the
move, and that nothing holds any more where the contact took it back."""

from datetime import datetime

from userbot.conversation import standing
from userbot.conversation.standing import First
from userbot.saved_messages import pieces, when, wording
from userbot.saved_messages.pieces import Desk
from userbot.saved_messages.quoted import Line
from userbot.saved_messages.when import Language
from userbot.store import tasks
from userbot.store.tasks import Task
from userbot.tasks.lifecycle import CLOSES, Change, ClosedBecause

# Ends of a task whose contact had taken back what was agreed: how is said in the words of any such end.
_UNSETTLED = frozenset(
    {ClosedBecause.NO_ANSWER, ClosedBecause.EXPIRED, ClosedBecause.STOPPED, ClosedBecause.UNDELIVERABLE}
)


def while_open(language: Language, task: Task, desk: Desk, now: datetime) -> list[str]:
    """On the card: the hour that stands, or that is over by now."""
    first = standing.first(task) if task.status in tasks.OPEN else None
    if first is None:
        return []
    return [wording.say(language, f"first.{_tense(first, now)}", time=_time(language, first, desk))]


def act_while_open(language: Language, task: Task, stop: str) -> str | None:
    """What the owner can do with the card of a task that is open to move something."""
    return wording.say(language, "first.act", stop=stop) if standing.is_moved(task) else None


def outcome(language: Language, task: Task) -> str | None:
    """How a move ended that left everything as it was, in one sentence led by its sign; or that what was agreed holds
    no more. None for any other end."""
    if (why := _why_left(task)) is not None:
        first, event = standing.first(task), _end(task)
        assert first is not None and event is not None  # noqa: S101, PT018  (else nothing was left)
        return wording.say(language, f"left.{_tense(first, event)}", why=wording.say(language, f"left.{why}"))
    if is_unsettled(task):
        why = wording.say(language, f"state.{task.closed_because}")
        return wording.say(language, "closed.unsettled", why=why[0].upper() + why[1:])
    return None


def ended_as(language: Language, task: Task, desk: Desk | None = None) -> str | None:
    """The same in some words for the middle of a line; with a desk the hour beside it."""
    if (why := _why_left(task)) is not None:
        said = wording.say(language, f"left.{why}")
        first, event = standing.first(task), _end(task)
        if desk is None or first is None or event is None:
            return wording.say(language, "state.left", why=said[0].lower() + said[1:])
        key = f"ended.left_{_tense(first, event)}"
        return wording.say(language, key, why=said[0].lower() + said[1:], time=_time(language, first, desk))
    return wording.say(language, "state.unsettled") if is_unsettled(task) else None


def was_agreed(language: Language, task: Task, desk: Desk) -> list[str]:
    """What had been agreed before its contact took it back."""
    event = tasks.last_event(task.id, Change.REOPENED) if is_unsettled(task) else None
    if event is None:
        return []
    skill = desk.skills.by_type.get(task.task_type)
    shown = pieces.result(language, skill, event.details.get("result") or {}, desk.zone)
    return [wording.say(language, "report.was"), *shown] if shown else []


def said_since(language: Language, task: Task, desk: Desk) -> list[Line]:
    """The last thing the contact wrote after they were asked to move it: the owner should judge by it themselves."""
    first, event = standing.first(task), _end(task)
    if first is None or event is None or _why_left(task) is None:
        return []
    wrote = [
        one.message_id
        for one in tasks.events(task.id)
        if one.what == Change.CONTACT_WROTE and first.since <= one.at <= event and one.message_id is not None
    ]
    last = [message_id for message_id in wrote[-1:] if message_id not in task.evidence]
    quotes = pieces.own_words(language, task.user_id, last, desk.zone)
    return [wording.say(language, "left.said"), *quotes] if quotes else []


def act(language: Language, task: Task) -> str:
    """What the owner can do about an agreement that is ahead."""
    why = _why_left(task)
    return wording.say(language, "report.act" if why in (None, Change.LEFT) else "left.act")


def time(language: Language, task: Task, desk: Desk) -> str:
    """The hour that stands, in a few words."""
    first = standing.first(task)
    return "" if first is None else _time(language, first, desk)


def is_left(task: Task) -> bool:
    """Has a move ended, and what was agreed before holds?"""
    return _why_left(task) is not None


def is_unsettled(task: Task) -> bool:
    """Was something agreed that its contact took back, and nothing came in its place?"""
    if task.result is not None or task.closed_because not in _UNSETTLED:
        return False
    event = tasks.last_event(task.id, Change.AGREED, Change.REOPENED)
    if event is None or event.what != Change.REOPENED or not isinstance(event.details, dict):
        return False
    is_theirs = event.who == "contact" or (event.who == "code" and not event.details.get(standing.STANDS))
    return is_theirs and event.details.get("ended_as") == ClosedBecause.AGREED


def _why_left(task: Task) -> str | None:
    """The event that ended the move, and nothing else."""
    if task.status in tasks.OPEN or standing.first(task) is None:
        return None
    last = tasks.last_event(task.id, *CLOSES)
    return None if last is None else last.what


def _end(task: Task) -> datetime | None:
    last = tasks.last_event(task.id, *CLOSES)
    return None if last is None else last.at


def _tense(first: First, at: datetime) -> str:
    return "stands" if first.slot is None or at < first.slot.start else "past"


def _time(language: Language, first: First, desk: Desk) -> str:
    slot = first.slot
    return "" if slot is None else when.short_stretch(language, slot.start, slot.end, desk.zone)
