"""The one IMMEDIATE transaction a turn becomes, if the world it read still stands. Otherwise nothing of it happens."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from userbot.conversation import (
    agreed,
    calling_off,
    checkins,
    condensing,
    contact,
    contact_acts,
    drafts,
    moves,
    offers,
    owed,
    owner_acts,
    plan_parts,
    plan_start,
    plans,
    times,
    unread,
)
from userbot.conversation.contact import World
from userbot.conversation.contact_acts import ContactAct
from userbot.conversation.owner import Command, Unknown
from userbot.conversation.owner_acts import Decided
from userbot.conversation.prompting import quoted
from userbot.conversation.quoting import with_quotes
from userbot.people import Contact, Several
from userbot.store import conversations, desk, journal, ledger, peers, tasks
from userbot.store.database import transaction
from userbot.tasks import guard
from userbot.tasks.lifecycle import Change, Mode, waits_for_yes
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
    comes first: a question asked with the yes is then what is waited for."""
    return 2 if contact_acts.ended_by(act) is not None else 0 if isinstance(act, contact_acts.Settle) else 1


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
            moves.move(
                act.task_id,
                Change.AGREED,
                who="model",
                now=now,
                message_id=act.evidence[-1],
                details={"result": act.result, "evidence": act.evidence},
                result=act.result,
                evidence=list(act.evidence),
            )
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
    asked = payload.get("question") or f"may we agree to {_spoken(payload['result'])}"
    _note(world, task_id, f"asked the owner: {asked}", turn_id, now)


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


# --- the owner's turn -----------------------------------------------------------------------------------------------


def commit_owner_turn(
    command: Command,
    decided: Sequence[Decided],
    unknown: Sequence[Unknown],
    *,
    language: str,
    turn_id: str,
    now: datetime,
    mode: str = Mode.AUTO,
) -> bool:
    """False when the command was handled or deleted meanwhile: then nothing of it happens. `mode`: which messages wait
    for the owner's yes where the command does not say."""
    with transaction():
        entry = journal.get(command.entry_id)
        if entry is None or entry.state != "new" or entry.revision != command.revision:
            return False
        journal.mark_handled([entry.id], turn_id, command.focus)
        for missing in unknown:
            desk.add("problem", {"what": "nobody", **asdict(missing)}, now, reply_to=command.message_id)
        for one in decided:
            _decide(command, one, language, mode, now)
        plans.settle(now)
    return True


def _decide(command: Command, decided: Decided, language: str, mode: str, now: datetime) -> None:
    act = decided.act
    match act:
        case owner_acts.StartConversation() | owner_acts.SendToUser():
            reach = _reach_payload(act, language, mode)
            if isinstance(act.who, Several):
                payload = {"act": reach, "candidates": [asdict(one) for one in act.who.candidates]}
                desk.add("choose", payload, now, reply_to=command.message_id)
            elif decided.tainted or (mode != Mode.AUTO and _is_reworded(act, command.text)):
                desk.add("approve", {"act": reach, "who": asdict(act.who)}, now, reply_to=command.message_id)
            else:
                carry_out(reach, act.who, command.owner_id, command.message_id, now)
        case owner_acts.StartPlan():
            reach = plan_start.payload(act, language, mode)
            if decided.tainted and all(isinstance(one, Contact) for one in act.who):
                desk.add("approve", {"act": reach}, now, reply_to=command.message_id)
            else:
                carry_out(reach, None, command.owner_id, command.message_id, now)
        case owner_acts.Steer():
            if decided.tainted:
                reach = {"kind": "steer", **asdict(act), "question_id": command.question}
                desk.add("approve", {"act": reach}, now, task_id=act.task_id, reply_to=command.message_id)
            else:
                if act.instruction is not None:
                    agreed.take_up(act.task_id, now, command.message_id)
                steered = moves.steer(
                    act.task_id,
                    act.instruction,
                    now,
                    mandate=act.mandate,
                    private_notes=act.private_notes,
                    mode=act.mode,
                    message_id=command.message_id,
                    question_id=command.question,
                )
                # The card shows it only when the contact has been written to.
                what = "kept_private" if act.instruction is None else _passed_on(act.task_id)
                _say(command, what if steered else "closed", act.task_id, now)
        case owner_acts.Cancel() if decided.tainted:
            # Nobody is reached by it, but a contact's words must not end what the owner wants of others.
            task = tasks.get(act.task_id)
            tells = task is not None and agreed.stands(task, now)
            reach = {"kind": "cancel", "task_id": act.task_id, "tells": tells, "words": act.words if tells else None}
            desk.add("approve", {"act": reach}, now, task_id=act.task_id, reply_to=command.message_id)
        case owner_acts.Cancel():
            outcome = agreed.cancel(act.task_id, now, command.message_id, words=act.words)
            if outcome is agreed.Cancelled.CLOSED:
                _say(command, "closed", act.task_id, now)
            elif outcome is agreed.Cancelled.CALLING_OFF:
                task = tasks.get(act.task_id)
                what = "calling_off_paused" if task is not None and task.paused else "calling_off"
                _say(command, what, act.task_id, now)
        case owner_acts.ShowStatus():
            desk.add("status", {}, now, task_id=act.task_id, reply_to=command.message_id)
        case owner_acts.ShowList():
            desk.add("list", {}, now, reply_to=command.message_id)
        case owner_acts.Answer():
            said = {"text": act.text, "tainted": decided.tainted}
            desk.add("said", said, now, task_id=command.focus, reply_to=command.message_id)


def _say(command: Command, what: str, task_id: int, now: datetime) -> None:
    desk.add("problem", {"what": what}, now, task_id=task_id, reply_to=command.message_id)


def _passed_on(task_id: int) -> str:
    """A conversation that rests hears of it only when it goes on."""
    task = tasks.get(task_id)
    return "passed_on_paused" if task is not None and task.paused else "passed_on"


def _is_reworded(act: owner_acts.StartConversation | owner_acts.SendToUser, command: str) -> bool:
    """Words passed on that do not stand so in the command: an owner who sees messages first sees these."""
    return isinstance(act, owner_acts.SendToUser) and " ".join(act.text.split()) not in " ".join(command.split())


def _reach_payload(
    act: owner_acts.StartConversation | owner_acts.SendToUser, language: str, mode: str
) -> dict[str, Any]:
    """The act as a desk item keeps it until the owner has chosen or said yes: what was shown is what is done."""
    if isinstance(act, owner_acts.SendToUser):
        return {"kind": "send", "query": act.query, "text": act.text}
    return {
        "kind": "start",
        "query": act.query,
        "task_type": act.task_type,
        "context": act.context,
        "mandate": act.mandate,
        "private_notes": act.private_notes,
        "language": language,
        "mode": act.mode or mode,
    }


def carry_out(
    reach: dict[str, Any], who: Contact | None, owner_id: int, command_message_id: int | None, now: datetime
) -> None:
    """Do what reaches a person: at once, or after the owner chose or said yes. Call inside a transaction."""
    if reach["kind"] == "steer":
        if reach["instruction"] is not None:
            agreed.take_up(reach["task_id"], now, command_message_id)
        moves.steer(
            reach["task_id"],
            reach["instruction"],
            now,
            mandate=reach["mandate"],
            private_notes=reach.get("private_notes"),
            mode=reach.get("mode"),
            message_id=command_message_id,
            question_id=reach.get("question_id"),
        )
    elif reach["kind"] == "cancel":
        # A yes does what was shown: where nobody was to be told anything, nobody is.
        if reach.get("tells"):
            agreed.cancel(reach["task_id"], now, command_message_id, words=reach["words"])
        else:
            moves.stop(reach["task_id"], now, command_message_id)
    elif reach["kind"] == "plan":
        plan_start.go_on(reach, who, owner_id, command_message_id, now)
    elif who is None:
        raise ValueError("nobody to reach")
    elif reach["kind"] == "send":
        peers.remember(who)
        ledger.relay(who.user_id, reach["text"], now, command_message_id)
        if tasks.asked_silence(who.user_id):
            desk.add("problem", {"what": "asked_silence", "peer_id": who.user_id}, now, reply_to=command_message_id)
    else:
        moves.open_task(
            who,
            owner_id=owner_id,
            task_type=reach["task_type"],
            context=reach["context"],
            private_notes=reach["private_notes"],
            mandate=reach["mandate"],
            language=reach["language"],
            command_message_id=command_message_id,
            now=now,
            mode=reach.get("mode", Mode.AUTO),
        )
