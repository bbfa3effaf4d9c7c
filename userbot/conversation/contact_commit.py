"""A turn of a contact's conversation becomes one IMMEDIATE transaction, if the world it read still stands. Otherwise
nothing of it happens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from userbot.conversation import (
    calling_off,
    checkins,
    condensing,
    contact,
    contact_acts,
    drafts,
    moves,
    offers,
    owed,
    plan_parts,
    plans,
    reopening,
    times,
    unread,
)
from userbot.conversation.contact import World
from userbot.conversation.contact_acts import ContactAct
from userbot.conversation.prompting import quoted
from userbot.conversation.quoting import with_quotes
from userbot.store import conversations, desk, journal, ledger, tasks
from userbot.store.database import transaction
from userbot.tasks import guard
from userbot.tasks.lifecycle import Change, waits_for_yes
from userbot.tasks.matching import Match, MatchedBy

MARKED_AT_ONCE = 4


def commit_contact_turn(world: World, decided: Sequence[ContactAct], turn_id: str, now: datetime) -> bool:
    """False when something changed since the turn read the world: then it is dropped whole, to run again."""
    with transaction():
        # What others brought about since comes first.
        plans.settle(now)
        if not contact.still_stands(world) or not _are_to_be_had(world, decided, now):
            return False
        matches = {**_picked(world, decided), **world.matches}
        told: set[str] = set()
        if ledger.proposed(world.contact.user_id):
            _supersede(world, decided, now)
        for entry in world.new:
            found = matches.get(entry.id)
            task_id = found.task_id if found else None
            # What an answer that was not sent had dealt with is new again, but was noted then.
            is_noted = entry.task_id is not None and entry.revision == 1
            journal.mark_handled([entry.id], turn_id, task_id, found.by.value if found else None)
            if is_noted:
                continue
            # Of a hundred stickers the owner hears once.
            if entry.media is not None and unread.is_unread(entry, world.seen) and entry.media not in told:
                told.add(entry.media)
                unreadable = unread.problem(entry)
                desk.add("problem", unreadable, now, task_id=task_id or world.tasks[0].id)
            if task_id is not None:
                moves.move(task_id, Change.CONTACT_WROTE, who="contact", now=now, message_id=entry.message_id)
        plan_parts.void_changed(world.parts.values(), world.new)
        conversations.mark_read([note.id for note in world.instructions], turn_id)
        drafted: dict[int, list[int]] = {}
        for act in sorted(with_quotes(world, decided), key=_place):
            _apply(world, act, drafted, turn_id, now)
        for task_id in {*world.reminders, *world.check_ins}:
            # Whatever the turn did instead of writing: this is not owed any more.
            if owed.anything(task_id):
                tasks.add_event(task_id, who="model", what=owed.STAYED_SILENT, now=now)
        for task_id in world.called_off:
            # The owner has told them, and the turn found nothing to add.
            if calling_off.owner_wrote(task_id) and calling_off.is_owed(task_id):
                moves.move(task_id, Change.CALLED_OFF, who="model", now=now)
        plan_parts.was_put(_put(world, decided))
        plans.settle(now)
        for task_id, ledger_ids in drafted.items():
            drafts.ask(task_id, ledger_ids, now)
    return True


def _put(world: World, decided: Sequence[ContactAct]) -> set[int]:
    """The tasks of plans of which this turn wrote what they had come to."""
    replied = {act.task_id for act in decided if isinstance(act, contact_acts.Reply)}
    return replied & {*world.owed, *(task_id for task_id in world.openings if task_id in world.parts)}


def _are_to_be_had(world: World, decided: Sequence[ContactAct], now: datetime) -> bool:
    """Take the times that this turn settles; False, and none is taken, when another task has promised one of them, or
    the calendar has something there by now."""
    settled = [(act, act.slot) for act in decided if isinstance(act, contact_acts.Settle) and act.slot is not None]
    by_id = {task.id: task for task in world.tasks}
    if any(times.clash(by_id[act.task_id], slot, decided) is not None for act, slot in settled):
        return False
    return all([times.promise(by_id[act.task_id], world.contact, slot, act.result, now) for act, slot in settled])


def _place(act: ContactAct) -> int:
    """What ends a task comes last: a closed one takes no note any more, and the owner should read it. What is taken on
    comes first: a question asked with the yes is then what is waited for. So does what is taken back."""
    comes_first = contact_acts.Settle | contact_acts.TakeBack
    return 2 if contact_acts.ended_by(act) is not None else 0 if isinstance(act, comes_first) else 1


def _supersede(world: World, decided: Sequence[ContactAct], now: datetime) -> None:
    """A turn that does something about a task knew nothing of the draft that waits there: it is void."""
    for task_id in {act.task_id for act in decided if not isinstance(act, contact_acts.StaySilent | contact_acts.Mark)}:
        # What that was an answer to stood unanswered in the dialog that this turn read.
        if drafts.drop(world.contact.user_id, task_id, again=False):
            moves.move(task_id, Change.DRAFT_VOID, who="code", now=now)


_WITH_EVIDENCE = (
    contact_acts.Settle
    | contact_acts.Done
    | contact_acts.Stuck
    | contact_acts.Decline
    | contact_acts.LeaveIt
    | contact_acts.TakeBack
    | contact_acts.RecordTimes
    | contact_acts.SayYes
    | contact_acts.AskAboutResult
    | contact_acts.Mark
)


def _picked(world: World, decided: Sequence[ContactAct]) -> dict[int, Match]:
    """What the conversation's acts say about messages code could not match: the evidence names them, or all its acts
    are about one task."""
    named = {
        message_id: act.task_id for act in decided if isinstance(act, _WITH_EVIDENCE) for message_id in act.evidence
    }
    about = {act.task_id for act in decided if not isinstance(act, contact_acts.StaySilent)}
    only = about.pop() if len(about) == 1 else None
    picks = {entry.id: named.get(entry.message_id, only) for entry in world.new}
    return {entry_id: Match(task_id, MatchedBy.MODEL) for entry_id, task_id in picks.items() if task_id is not None}


def _apply(world: World, act: ContactAct, drafted: dict[int, list[int]], turn_id: str, now: datetime) -> None:
    """`drafted`: by task, the ledger rows that wait for the owner's yes; a reply that does adds its own."""
    peer_id = world.contact.user_id
    match act:
        case contact_acts.Reply():
            task = tasks.get(act.task_id)
            is_opening = task is not None and contact.lacks_opening(task)
            # What follows a message that waits, waits with it.
            waits = task is not None and (act.task_id in drafted or waits_for_yes(task.mode, is_opening))
            rows = [
                ledger.queue(
                    peer_id,
                    "opening" if is_opening and n == 0 else "reply",
                    part,
                    now,
                    task_id=act.task_id,
                    reply_to=act.reply_to if n == 0 else None,
                    turn_id=turn_id,
                    state="proposed" if waits else "queued",
                )
                for n, part in enumerate(guard.split_message(act.text))
            ]
            if waits:
                drafted.setdefault(act.task_id, []).extend(rows)
            moves.move(act.task_id, Change.PROPOSED if waits else Change.ANSWERED, who="model", now=now)
        case contact_acts.Settle() if act.due is not None:
            checkins.take_on(act, now)
            _note(world, act.task_id, f"recorded as taken on: {_spoken(act.result)}", turn_id, now)
        case contact_acts.Done():
            checkins.record_done(act, now)
        case contact_acts.Stuck():
            checkins.record_stuck(act, now)
            _note(world, act.task_id, "told the owner that the contact is stuck, and asked how to go on", turn_id, now)
        case contact_acts.Settle():
            moves.agree(act.task_id, act.result, act.evidence, who="model", now=now)
            _note(world, act.task_id, f"recorded as agreed: {_spoken(act.result)}", turn_id, now)
        case contact_acts.Decline():
            moves.move(
                act.task_id,
                Change.DECLINED,
                who="model",
                now=now,
                message_id=act.evidence[-1],
                evidence=list(act.evidence),
            )
        case contact_acts.LeaveIt():
            ids = list(act.evidence)
            last = ids[-1] if ids else None
            moves.move(act.task_id, Change.LEFT, who="model", now=now, message_id=last, evidence=ids)
        case contact_acts.TakeBack():
            if (task := tasks.get(act.task_id)) is not None:
                why = "the contact cannot make it either"
                reopening.reopen(task, act.evidence[-1], now, told="first_gone", why=why)
        case contact_acts.RecordTimes():
            plan_parts.record_times(world.parts[act.task_id], act)
            details = {"evidence": list(act.evidence)}
            moves.move(
                act.task_id, Change.TIMES_SAID, who="model", now=now, message_id=act.evidence[-1], details=details
            )
            _note(world, act.task_id, "recorded when they can", turn_id, now)
        case contact_acts.SayYes():
            plan_parts.record_yes(act)
            details = {"evidence": list(act.evidence)}
            moves.move(act.task_id, Change.SAID_YES, who="model", now=now, message_id=act.evidence[-1], details=details)
            _note(world, act.task_id, f"recorded their yes: {_spoken(act.result)}", turn_id, now)
        case contact_acts.AskAboutResult():
            payload = {"result": act.result, "reasons": list(act.reasons), "evidence": list(act.evidence)}
            _ask(world, act.task_id, payload, turn_id, now)
        case contact_acts.OfferRefused():
            tasks.add_event(act.task_id, who="code", what=offers.REFUSED, now=now)
            tasks.make_card_stale(act.task_id)
        case contact_acts.AskOwner():
            _ask(world, act.task_id, {"question": act.question}, turn_id, now)
        case contact_acts.AskAboutText():
            _ask_about_text(world, act, turn_id, now)
        case contact_acts.Mark():
            if news := [one for one in act.evidence if one not in condensing.marked_of(act.task_id)]:
                tasks.add_event(
                    act.task_id,
                    who="model",
                    what=condensing.MARKED,
                    now=now,
                    details={"evidence": news[:MARKED_AT_ONCE]},
                )
        case contact_acts.NotifyOwner():
            moves.move(act.task_id, Change.NOTED, who="model", now=now, latest=act.message)
        case contact_acts.StaySilent():
            for task_id in {found.task_id for found in world.matches.values()}:
                tasks.add_event(task_id, who="model", what="stayed_silent", now=now, details={"reason": act.reason})


def _ask(world: World, task_id: int, payload: dict[str, Any], turn_id: str, now: datetime) -> None:
    if any(question.payload == payload for question in desk.open_questions(task_id)):
        return
    desk.add("ask", payload, now, task_id=task_id)
    moves.move(task_id, Change.ASKED_OWNER, who="model", now=now, details=payload)
    asked = payload.get("question") or _spoken(payload["result"])
    note = f"asked the owner: {asked}" if payload.get("question") else f"{offers.PUT}{asked}"
    _note(world, task_id, note, turn_id, now)


def _ask_about_text(world: World, act: contact_acts.AskAboutText, turn_id: str, now: datetime) -> None:
    """One such question at a time: what is held back while the owner is being asked is nothing new to ask."""
    if desk.asks_about_text(act.task_id):
        return
    desk.add("ask", {"blocked": act.text, "reasons": list(act.reasons), "tries": act.tries}, now, task_id=act.task_id)
    details = {"reasons": list(act.reasons), "tries": act.tries}
    moves.move(act.task_id, Change.ASKED_OWNER, who="code", now=now, details=details)
    _note(world, act.task_id, "a message was not sent; asked the owner what to write", turn_id, now)


def _spoken(result: Mapping[str, Any]) -> str:
    """A result without what was written for the owner."""
    return quoted({name: value for name, value in result.items() if name != "summary"})


def _note(world: World, task_id: int, text: str, turn_id: str, now: datetime) -> None:
    conversations.add_note(world.contact.user_id, "did", text, now, task_id=task_id, turn_id=turn_id)
