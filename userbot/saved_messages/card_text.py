"""One task as the owner sees it: a card while it is open, a report when it is closed. Read from the record alone.

A report's outcome comes from `closed_because` and the result that passed the mandate. What a model wrote stands
beside the facts and is marked; what the contact wrote is quoted from the journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from userbot.conversation import agreed, calling_off, checkins, drafts, moves, offers
from userbot.saved_messages import (
    effort,
    limits_text,
    pieces,
    plan_text,
    progress_text,
    quoted,
    standing_text,
    steps,
    when,
    wording,
)
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.quoted import Line, Text, Words
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import journal, ledger, peers, tasks
from userbot.store.desk import Item
from userbot.store.tasks import Event, Task
from userbot.tasks import guard
from userbot.tasks.lifecycle import CLOSES, Change, Mode, Status
from userbot.tasks.verdicts import Reason

QUESTIONS_SHOWN = 2
DRAFT_SHOWN = 600
EVENTS_SHOWN = 30
WORDS = 300
_CLOSING = frozenset(change.value for change in CLOSES)


@dataclass(frozen=True)
class _Part:
    """Some lines. `spare`: may be left out where a message cannot hold everything; facts may not."""

    lines: Sequence[Line]
    spare: bool = False


def render_card(task: Task, desk: Desk, now: datetime) -> str:
    """The letters of it."""
    return compose_card(task, desk, now).plain


def compose_card(task: Task, desk: Desk, now: datetime) -> Text:
    """The task's one message, as it should read now: fits one message, and starts with its number."""
    language = wording.language_of(task.language)
    parts = [_Part([pieces.head(language, task)])]
    parts += _open(language, task, desk, now) if task.status in tasks.OPEN else _report(language, task, desk, now)
    return quoted.not_a_command(_fitted(parts), desk.prefix)


def is_agreed(task: Task) -> bool:
    """May it be said that something was agreed? Only with the result that code accepted, and a yes in it."""
    return task.closed_because == "agreed" and task.result is not None and task.result.get("accepted") is not False


def is_done(task: Task) -> bool:
    """Is it what the contact says they have done?"""
    return task.closed_because == "agreed" and _closed_by(task) == Change.DONE.value


def _closed_by(task: Task) -> str:
    """The event that closed it."""
    return ([event.what for event in tasks.events(task.id) if event.what in _CLOSING] or [""])[-1]


def _fitted(parts: list[_Part]) -> Text:
    """The parts as one text, the last spare ones left out until it fits one message."""
    # Room for what a text is led by where it would look like a command.
    limit = guard.MESSAGE_LIMIT - 8
    kept = list(parts)
    while True:
        text = quoted.joined(line for part in kept for line in part.lines)
        spare = [part for part in kept if part.spare]
        if guard.utf16_length(text.plain) <= limit:
            return text
        if not spare:
            return quoted.in_parts(text, limit)[0]
        kept.remove(spare[-1])


# --- while it is open -----------------------------------------------------------------------------------------------


def _open(language: Language, task: Task, desk: Desk, now: datetime) -> list[_Part]:
    skill = desk.skills.by_type.get(task.task_type)
    status = [_status(language, task, desk, now)]
    if (until := desk.manners.waits_until(task, now)) is not None:
        status.append(wording.say(language, "card.quiet", time=f"{until.astimezone(desk.zone):%H:%M}"))
    if task.trouble:
        status.append(wording.trouble(language, task.trouble))
    if tasks.asked_silence(task.user_id):
        status.append(wording.say(language, "card.asked_silence"))
    parts = [
        _Part(status),
        _Part(standing_text.while_open(language, task, desk, now)),
        _Part(plan_text.lines(language, task, desk)),
        _Part([*_questions(language, task, desk), *offers_used(language, task)]),
        *_draft(language, task),
    ]
    if task.is_taken_on:
        parts.append(_Part(progress_text.agreement(language, task, desk)))
    if task.latest:
        parts.append(_Part([wording.say(language, "card.latest", text=one_line(task.latest, 300))]))
    parts.append(_Part(["", wording.say(language, "card.brief")]))
    parts += [_Part([Words(line)], spare=n > 0) for n, line in enumerate(pieces.brief(language, skill, task.context))]
    if shown := limits_text.limits(language, task.mandate, desk.zone):
        parts.append(_Part([wording.say(language, "card.limits", text=pieces.cut(shown, 700))]))
    if task.mode == Mode.DRAFT or (task.mode == Mode.FIRST and task.status == Status.PENDING):
        parts.append(_Part([wording.say(language, f"card.mode_{task.mode}")]))
    if task.private_notes:
        parts.append(_Part([wording.say(language, "card.private", text=one_line(task.private_notes, 300))], spare=True))
    parts.append(_Part(_words(language, task), spare=True))
    stop = wording.command(language, "stop", desk.prefix, task.id)
    act = standing_text.act_while_open(language, task, stop) or plan_text.act(language, task, stop)
    return [*parts, _Part(["", act])]


def _status(language: Language, task: Task, desk: Desk, now: datetime) -> str:
    resume = wording.command(language, "resume", desk.prefix, task.id)
    if task.paused and moves.rests_over_draft(task):
        stop = wording.command(language, "stop", desk.prefix, task.id)
        return wording.say(language, "card.rests_over_draft", resume=resume, stop=stop)
    if task.paused:
        return wording.say(language, "card.takeover" if task.paused == "takeover" else "card.paused", resume=resume)
    if drafts.waiting(task.id) is not None:
        return wording.say(language, "card.waiting_yes")
    if task.waiting_for == "owner" or items.open_questions(task.id):
        return wording.say(language, "card.waiting_owner")
    if task.status == "pending":
        waiting = [row for row in ledger.of_task(task.id, "opening") if row.state in ledger.UNDELIVERED]
        return wording.say(language, "card.opening_sent" if waiting else "card.opening_written")
    if calling_off.is_pending(task.id):
        return wording.say(language, "card.calling_off")
    if task.is_taken_on:
        return progress_text.status(language, task, desk, now)
    if task.waiting_for == "time":
        return wording.say(language, "card.waiting_time")
    return plan_text.status(language, task) or steps.waiting_for_contact(language, task, desk)


def _draft(language: Language, task: Task) -> list[_Part]:
    """What waits for the owner's yes. The question beside the card shows all of it."""
    draft = drafts.waiting(task.id)
    if draft is None:
        return []
    text = "\n".join(row.text for row in draft.rows)
    return [_Part([wording.say(language, "card.draft"), Words(pieces.cut(text, DRAFT_SHOWN))])]


def _questions(language: Language, task: Task, desk: Desk) -> list[Line]:
    asked = [item for item in items.open_questions(task.id) if item.kind == "ask"]
    lines = [line for item in asked[-QUESTIONS_SHOWN:] for line in _question(language, task, item, desk)]
    if len(asked) > QUESTIONS_SHOWN:
        lines.append(wording.say(language, "card.more_questions"))
    return lines


def _question(language: Language, task: Task, item: Item, desk: Desk) -> list[Line]:
    if (line := plan_text.question_line(language, item)) is not None:
        return [line]
    if item.payload.get("result"):
        what = what_is_proposed(language, task, item, desk)
        codes = item.payload.get("reasons", ())
        if Reason.OFFERS.value in codes:
            return [wording.say(language, "card.proposal_fits", what=what)]
        return [wording.say(language, "card.proposal", what=what, reasons=pieces.reasons(language, codes))]
    if checkins.is_stuck(item):
        said = pieces.own_words(language, task.user_id, item.payload["evidence"], desk.zone)
        return [wording.say(language, "card.stuck"), *said]
    if "blocked" in item.payload:
        why = pieces.blocked(language, item.payload)
        return [wording.say(language, "card.blocked", reasons=why), Words(one_line(str(item.payload["blocked"]), 300))]
    return [wording.say(language, "card.question", text=one_line(str(item.payload.get("question", "")), 300))]


def offers_used(language: Language, task: Task) -> list[str]:
    """Said where only the owner can go on: the contact brought too many results outside the limits."""
    if task.status not in tasks.OPEN or not offers.are_used_up(task):
        return []
    made = when.counted(language, offers.made(task.id), "offer")
    return [wording.say(language, "card.offers", offers=made)]


def _words(language: Language, task: Task) -> list[Line]:
    """The owner's own words that this task and its limits come from, to be compared with what became of them."""
    changed = [event.message_id for event in tasks.events(task.id) if _sets_limits(event)][-1:]
    ids = [message_id for message_id in (task.command_message_id, *changed) if message_id is not None]
    said = [entry for entry in journal.find(task.owner_id, ids) if entry.author == "owner" and entry.words]
    if not said:
        return []
    return [wording.say(language, "card.words"), *(Words(pieces.quote(language, one.words, WORDS)) for one in said)]


def _sets_limits(event: Event) -> bool:
    return event.message_id is not None and isinstance(event.details, dict) and moves.SETS_LIMITS in event.details


def what_is_proposed(language: Language, task: Task, item: Item, desk: Desk) -> str:
    """A result that waits for the owner, on one line."""
    skill = desk.skills.by_type.get(task.task_type)
    lines = pieces.result(language, skill, item.payload.get("result") or {}, desk.zone)
    return pieces.cut("; ".join(lines), 400)


# --- when it is closed ----------------------------------------------------------------------------------------------


def _report(language: Language, task: Task, desk: Desk, now: datetime) -> list[_Part]:
    events = tasks.events(task.id)
    skill = desk.skills.by_type.get(task.task_type)
    ended = [outcome(language, task)]
    # Where it ended by what they said beside that wish, the outcome does not name it.
    by_words = task.closed_because == "agreed" or _closed_by(task) == Change.DECLINED
    if by_words and any(event.what == Change.ASKED_SILENCE for event in events):
        ended.append(wording.say(language, "report.asked_silence"))
    parts = [_Part(ended), _Part(plan_text.lines(language, task, desk)), *_draft(language, task)]
    if task.result is not None:
        was = [] if task.closed_because == "agreed" else [wording.say(language, "report.was")]
        parts.append(_Part(was + pieces.result(language, skill, task.result, desk.zone)))
    parts.append(_Part(standing_text.was_agreed(language, task, desk)))
    if task.closed_because == "undeliverable":
        why = refused(language, events)
        parts.append(_Part([why[0].upper() + why[1:]]))
    if task.closed_because in ("agreed", "declined") or task.is_taken_on:
        deciding = (task.result or {}).get("said")
        evidence = progress_text.evidence(task)
        quotes = pieces.own_words(language, task.user_id, evidence, desk.zone, deciding=deciding)
        parts.append(_Part(quotes or [wording.say(language, "report.no_words")]))
    else:
        parts.append(_Part(_sent(language, task)))
    parts.append(_Part(standing_text.said_since(language, task, desk)))
    if summary := _summary(task):
        parts.append(_Part([wording.say(language, "report.summary", text=one_line(summary, 300))]))
    parts.append(_Part(_left_open(language, task)))
    parts.append(_Part(_after(language, task, events)))
    parts.append(_Part([effort.effort_line(language, task)]))
    parts.append(_Part(["", wording.say(language, "card.brief")], spare=True))
    parts += [_Part([Words(line)], spare=True) for line in pieces.brief(language, skill, task.context)]
    if agreed.is_ahead(task, now):
        parts.append(_Part(["", standing_text.act(language, task)]))
    return parts


def outcome(language: Language, task: Task) -> str:
    """How a closed task ended, in one sentence led by its sign."""
    other = standing_text.outcome(language, task)
    return other or wording.outcome(language, _because(task), task.task_type, is_agreed(task))


# How what was agreed before came to an end; the result is kept.
_LATER = {
    "declined": "declined_later",
    "no_answer": "no_report",
    "stopped": "stopped_untold",
    "undeliverable": "undeliverable_later",
}
_BY_EVENT = {
    Change.ASKED_SILENCE.value: "asked_silence",
    Change.CALLED_OFF.value: "called_off",
    Change.DONE.value: "done",
}


def _because(task: Task) -> str:
    because = task.closed_because or "other"
    if (closed_by := _closed_by(task)) in _BY_EVENT:
        return _BY_EVENT[closed_by]
    if task.result is None:
        if because == "declined" and any(event.what == Change.AGREED.value for event in tasks.events(task.id)):
            return "withdrawn"
        return "other" if because == "agreed" else because
    return _LATER.get(because, because)


def ended_as(language: Language, task: Task) -> str:
    """How it ended, in some words for the middle of a line; of what could not be delivered also why."""
    if (other := standing_text.ended_as(language, task)) is not None:
        return other
    because = _because(task)
    if because == "agreed" and not is_agreed(task):
        because = "not_accepted"
    what = wording.say(language, f"state.{because}")
    if task.closed_because != "undeliverable":
        return what
    return wording.say(language, "ended.why", what=what, why=refused(language, tasks.events(task.id)))


def refused(language: Language, events: Sequence[Event]) -> str:
    """Why Telegram did not take the message."""
    last = [event for event in events if event.what == Change.UNDELIVERABLE.value][-1:]
    error = str((last[0].details or {}).get("error", "")) if last else ""
    return wording.delivery_error(language, one_line(error, 64) or "?")


def _sent(language: Language, task: Task) -> list[str]:
    """What the contact has seen of a task that came to nothing."""
    rows = [row for purpose in ledger.TO_CONTACTS for row in ledger.of_task(task.id, purpose)]
    sent = sum(row.state == "sent" for row in rows)
    lines = []
    if sent:
        lines.append(wording.say(language, "report.sent", messages=when.counted(language, sent, "message")))
    if any(row.state == "sending" for row in rows):
        lines.append(wording.say(language, "report.sending"))
    return lines or [wording.say(language, "report.sent_nothing")]


def _summary(task: Task) -> str:
    # It tells of a yes: of what came of that since it knows nothing.
    summary = (task.result or {}).get("summary") if _closed_by(task) == Change.AGREED.value else None
    if isinstance(summary, str) and summary.strip():
        return summary
    return "" if _is_older_than_end(task) else (task.latest or "")


def _is_older_than_end(task: Task) -> bool:
    """Was the last sentence about it written before the contact said that it is done, or that they will not?"""
    events = tasks.events(task.id)
    noted = [event.at for event in events if event.what == Change.NOTED.value]
    said = [event.at for event in events if event.what in (Change.DONE.value, Change.DECLINED.value)]
    return bool(noted and said) and max(noted) < max(said)


def _left_open(language: Language, task: Task) -> list[str]:
    lines = []
    if is_agreed(task) and task.result is not None:
        for key, phrase in (("place", "report.open_place"), ("due_date", "report.open_due")):
            if key in task.result and not task.result[key]:
                lines.append(wording.say(language, phrase))
    asked = [str(item.payload["question"]) for item in items.unanswered(task.id) if item.payload.get("question")]
    if asked:
        phrase = "report.open_question" if len(asked) == 1 else "report.open_questions"
        lines.append(wording.say(language, phrase, text=one_line(asked[-1]), number=len(asked)))
    return lines


def _after(language: Language, task: Task, events: Sequence[Event]) -> list[Line]:
    """What the contact wrote when all was over: nobody answers it but the owner."""
    closing = max((n for n, event in enumerate(events) if event.what in _CLOSING), default=len(events))
    ids = [
        event.message_id
        for event in events[closing + 1 :]
        if event.what == Change.CONTACT_WROTE.value and event.message_id is not None
    ]
    if not ids:
        return []
    messages = when.counted(language, len(set(ids)), "message")
    last = [entry for entry in journal.find(task.user_id, ids[-1:]) if entry.author == "contact"]
    if not last:
        return [wording.say(language, "report.after_bare", messages=messages)]
    return [wording.say(language, "report.after", messages=messages), Words(pieces.words(language, last[0]))]


# --- lists and histories --------------------------------------------------------------------------------------------


def list_line(task: Task, language: Language) -> str:
    return wording.say(
        language,
        "list.line",
        task_id=task.id,
        type=one_line(wording.task_type(language, task.task_type), 64),
        who=pieces.who(language, peers.contact(task.user_id), task.user_id),
        state=_state(language, task),
    )


def _state(language: Language, task: Task) -> str:
    if task.status not in tasks.OPEN:
        if (other := standing_text.ended_as(language, task)) is not None:
            return other
        because = task.closed_because or "other"
        if because == "agreed" and not is_agreed(task):
            because = "not_accepted" if task.result is not None else "other"
        return wording.say(language, f"state.{because}")
    if task.paused:
        return wording.say(language, "state.takeover" if task.paused == "takeover" else "state.paused")
    if task.waiting_for == "owner":
        return wording.say(language, "state.waiting_owner")
    if task.is_taken_on and not task.trouble:
        return wording.say(language, "state.taken_on")
    return wording.say(language, "state.trouble" if task.trouble else f"state.{task.status}")


def history(task: Task, desk: Desk, now: datetime) -> str:
    """How the task came to be what it is: its events, the latest EVENTS_SHOWN of them."""
    language = wording.language_of(task.language)
    events = tasks.events(task.id)
    lines = [wording.say(language, "history.head", zone=when.zone_name(language, now, desk.zone))]
    if earlier := max(0, len(events) - EVENTS_SHOWN):
        lines.append(wording.say(language, "history.earlier", steps=when.counted(language, earlier, "step")))
    ids = [event.message_id for event in events if event.message_id is not None]
    wrote = {entry.message_id: entry for entry in journal.find(task.user_id, ids) if entry.author == "contact"}
    day = ""
    for event in events[-EVENTS_SHOWN:]:
        if (that_day := when.short_day(language, event.at.astimezone(desk.zone))) != day:
            lines.append(wording.say(language, "history.day", day=that_day))
            day = that_day
        time = f"{event.at.astimezone(desk.zone):%H:%M}"
        details = event.details if isinstance(event.details, dict) else {}
        what, more = wording.happened(language, event.what), ""
        entry = wrote.get(event.message_id) if event.message_id is not None else None
        if event.what == Change.CONTACT_WROTE.value and entry is not None:
            more = pieces.words(language, entry, 120)
        elif event.what == Change.ASKED_OWNER.value:
            more = one_line(str(details.get("question") or ""), 120)
        elif event.what == Change.STEERED.value and "agrees" in details:
            what = wording.happened(language, "steered.yes" if details["agrees"] else "steered.no")
        elif event.what == Change.STEERED.value:
            more = one_line(str(details.get("text") or ""), 120)
        elif event.what == Change.MODE_SET.value and wording.knows(f"mode.{details.get('to')}"):
            more = wording.say(language, f"mode.{details['to']}")
        elif event.what == Change.APPROVED.value and details.get("instead"):
            what = wording.happened(language, "approved.instead")
        key = "history.line_with" if more else "history.line"
        lines.append(wording.say(language, key, time=time, what=what, more=more))
    return "\n".join(lines)
