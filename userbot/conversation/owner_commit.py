"""A turn of the owner's conversation becomes one IMMEDIATE transaction, if its command still waits. And what reaches a
person, done at once or after the owner chose or said yes."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from userbot.conversation import agreed, moves, owner_acts, plan_start, plan_without, plans
from userbot.conversation.owner import Command, Unknown
from userbot.conversation.owner_acts import Decided
from userbot.people import Contact, Several
from userbot.store import desk, journal, ledger, peers, tasks
from userbot.store.database import transaction
from userbot.tasks.lifecycle import Mode


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
            what = "nobody_for_plan" if missing.of_plan else "nobody"
            payload = {"what": what, "query": missing.query, "why": missing.why}
            desk.add("problem", payload, now, reply_to=command.message_id)
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
                steered = _steer(act, now, command.message_id, command.question)
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
            before = tasks.get(act.task_id)
            was_moved = before is not None and agreed.is_moved(before, now)
            outcome = agreed.cancel(act.task_id, now, command.message_id, words=act.words)
            if outcome is agreed.Cancelled.CLOSED:
                _say(command, "closed", act.task_id, now)
            elif outcome is agreed.Cancelled.CALLING_OFF:
                task = tasks.get(act.task_id)
                what = "calling_off_moved" if was_moved else "calling_off"
                what = "calling_off_paused" if task is not None and task.paused else what
                _say(command, what, act.task_id, now)
        case owner_acts.LeaveOut() if decided.tainted:
            reach = {"kind": "without", "task_id": act.task_id}
            desk.add("approve", {"act": reach}, now, task_id=act.task_id, reply_to=command.message_id)
        case owner_acts.LeaveOut():
            _say(command, plan_without.leave_out(act.task_id, now, command.message_id), act.task_id, now)
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
        act = owner_acts.Steer(
            reach["task_id"], reach["instruction"], reach["mandate"], reach.get("private_notes"), reach.get("mode")
        )
        _steer(act, now, command_message_id, reach.get("question_id"))
    elif reach["kind"] == "cancel":
        # A yes does what was shown: where nobody was to be told anything, nobody is.
        if reach.get("tells"):
            agreed.cancel(reach["task_id"], now, command_message_id, words=reach["words"])
        else:
            moves.stop(reach["task_id"], now, command_message_id)
    elif reach["kind"] == "without":
        what = plan_without.leave_out(reach["task_id"], now, command_message_id)
        desk.add("problem", {"what": what}, now, task_id=reach["task_id"], reply_to=command_message_id)
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


def _steer(act: owner_acts.Steer, now: datetime, message_id: int | None, question_id: int | None) -> bool:
    """What is agreed is opened for the owner's words; to what only code reads it stays closed."""
    if act.instruction is not None:
        agreed.take_up(act.task_id, now, message_id)
    return moves.steer(
        act.task_id,
        act.instruction,
        now,
        mandate=act.mandate,
        private_notes=act.private_notes,
        mode=act.mode,
        message_id=message_id,
        question_id=question_id,
    )
