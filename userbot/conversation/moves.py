"""The changes to a task, each one transaction: what commands, turns and deliveries do to it.

Nothing here awaits or asks a model, so that a stop works at once, whatever else is going on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from userbot.conversation import calling_off, drafts, standing, times
from userbot.conversation.prompting import quoted
from userbot.people import Contact
from userbot.store import conversations, desk, ledger, peers, plans, tasks
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.ledger import Outgoing
from userbot.store.tasks import Task
from userbot.tasks.budgets import Rest
from userbot.tasks.lifecycle import (
    CLOSES,
    ENDS_DRAFT,
    RESTS_OVER_DRAFT,
    Change,
    ClosedBecause,
    Mode,
    NotAllowed,
    Paused,
    Status,
    TaskState,
    WaitingFor,
    change,
)

# In the details of an event: the owner's message it names changed the limits.
SETS_LIMITS = "sets_limits"
# In the details of an end: the owner has taken back what undid it, and reads so in an answer.
KEPT = "kept"
# Why a message that is ready waits: Telegram says so.
HELD_UP = ("flood_wait", "account_limited", "not_confirmed")
# In the payload of a question about all the people of one meeting: which plan.
ABOUT_A_PLAN = "plan"
# Why a task rests until its owner says go on.
RESTS = tuple(rest.value for rest in Rest)
# How long after its end a task still takes note of what its contact writes.
LATELY = timedelta(days=14)


def state_of(task: Task) -> TaskState:
    return TaskState(
        status=Status(task.status),
        waiting_for=WaitingFor(task.waiting_for) if task.waiting_for else None,
        closed_because=ClosedBecause(task.closed_because) if task.closed_because else None,
        paused=Paused(task.paused) if task.paused else None,
        taken_on=task.is_taken_on,
        stands=standing.first(task) is not None,
    )


def move(
    task_id: int,
    what: Change,
    *,
    who: str,
    now: datetime,
    message_id: int | None = None,
    details: object = None,
    **columns: object,
) -> bool:
    """Make one change, when the task's state allows it; False (and nothing done) when not.

    A task that closes takes its open questions with it, and whatever is in ENDS_DRAFT what waits for the owner's yes.
    Where a move comes to nothing, what was agreed before is its result again, and its hour stays.
    """
    with transaction():
        task = tasks.get(task_id)
        if task is None:
            return False
        before = state_of(task)
        try:
            state = change(before, what)
        except NotAllowed:
            return False
        if before.stands and state.stands and before.is_open != state.is_open:
            columns |= standing.columns(task, is_open=state.is_open, also=columns.get("evidence"))
        if what is Change.STOP_UNDONE:
            status = Status.IN_PROGRESS if _was_written_to(task_id) else Status.PENDING
            state = replace(state, status=status, paused=paused_before_stop(task_id))
        # What a newer word overtook is answered together with it.
        again = what in (Change.STEERED, Change.DRAFT_VOID)
        if what in ENDS_DRAFT and (drafts.drop(task.user_id, task_id, again=again) or what in _ABOUT_DRAFT):
            state = _waiting_for_no_yes(task_id, state)
        if not before.is_open and not state.is_open:
            # Only noted. The time of its last change stays that of its end: it says how long yet this contact's
            # messages are stored.
            tasks.add_event(task_id, who=who, what=what.value, now=now, message_id=message_id, details=details)
            tasks.make_card_stale(task_id)
            return True
        tasks.change(
            task_id,
            who=who,
            what=what.value,
            now=now,
            message_id=message_id,
            details=details,
            status=state.status.value,
            waiting_for=state.waiting_for and state.waiting_for.value,
            closed_because=state.closed_because and state.closed_because.value,
            paused=state.paused and state.paused.value,
            **columns,
        )
        if not state.is_open:
            tasks.set_trouble(task_id, None)
            desk.void_questions(task_id)
            if what is not Change.STOPPED and not _is_kept(details) and plans.member(task_id) is None:
                # Whoever stops or keeps it is told so, and needs no bell. A plan rings once for all its tasks.
                desk.add("status", {desk.ENDED: True}, now, task_id=task_id)
            if state.closed_because is not ClosedBecause.AGREED:
                times.let_go(task_id, now)
    return True


def _is_kept(details: object) -> bool:
    return isinstance(details, dict) and bool(details.get(KEPT))


def agree(
    task_id: int,
    result: Mapping[str, Any],
    evidence: Sequence[int],
    *,
    who: str,
    now: datetime,
    message_id: int | None = None,
    **details: object,
) -> bool:
    """It is settled with this result, on these messages. The event holds both: what stands while it is moved is read
    from there. `message_id`: the last of the messages, unless the owner's own word is meant."""
    return move(
        task_id,
        Change.AGREED,
        who=who,
        now=now,
        message_id=next(reversed(evidence), None) if message_id is None else message_id,
        details={"result": dict(result), "evidence": list(evidence), **details},
        result=dict(result),
        evidence=list(evidence),
    )


_ABOUT_DRAFT = frozenset({Change.APPROVED, Change.DRAFT_REFUSED, Change.DRAFT_VOID})


def _waiting_for_no_yes(task_id: int, state: TaskState) -> TaskState:
    """The owner was waited for because of a draft, and is no longer, unless there is a question beside it."""
    if state.waiting_for is not WaitingFor.OWNER or desk.open_questions(task_id):
        return state
    return replace(state, waiting_for=state.awaited)


def open_task(
    contact: Contact,
    *,
    owner_id: int,
    task_type: str,
    context: Mapping[str, Any],
    private_notes: str | None,
    mandate: Mapping[str, Any] | None,
    language: str,
    command_message_id: int | None,
    now: datetime,
    mode: str = Mode.AUTO,
) -> int:
    with transaction():
        peers.remember(contact)
        return tasks.create(
            owner_id=owner_id,
            user_id=contact.user_id,
            task_type=task_type,
            context=context,
            private_notes=private_notes,
            mandate=mandate,
            language=language,
            command_message_id=command_message_id,
            now=now,
            mode=mode,
        )


def set_mode(task_id: int, mode: str, now: datetime, message_id: int | None = None) -> bool:
    """From now on these of the task's messages wait for the owner's yes. What waits already goes on waiting."""
    with transaction():
        task = tasks.get(task_id)
        if task is None or not state_of(task).is_open:
            return False
        if task.mode == mode:
            return True
        draft = drafts.waiting(task_id)
        details = {"from": task.mode, "to": Mode(mode).value}
        set_ = move(
            task_id,
            Change.MODE_SET,
            who="owner",
            now=now,
            message_id=message_id,
            details=details,
            mode=Mode(mode).value,
        )
        if set_ and draft is not None and draft.revision == task.revision:
            drafts.bind_anew(draft)
        return set_


def rests_over_draft(task: Task) -> bool:
    """Does it rest because a draft was not sent, so that the owner's word how to go on ends the rest?"""
    if task.paused != Paused.OWNER:
        return False
    last = tasks.last_event(task.id, Change.PAUSED, *RESTS_OVER_DRAFT)
    return last is not None and last.what in RESTS_OVER_DRAFT


def stop(task_id: int, now: datetime, message_id: int | None = None) -> bool:
    """The owner wants no more of it: what is not under way yet is dropped."""
    with transaction():
        task = tasks.get(task_id)
        details = None if task is None else {"paused": task.paused}
        stopped = move(task_id, Change.STOPPED, who="owner", now=now, message_id=message_id, details=details)
        if stopped:
            drop_queued(task_id)
    return stopped


def take_back_stop(task_id: int, now: datetime, message_id: int | None = None) -> bool:
    """The task is open again, and paused if it was. What the stop dropped is not sent but written anew, as the dialog
    stands now."""
    with transaction():
        task = tasks.get(task_id)
        if task is None or not _ended_by_stop(task_id):
            return False
        if not _was_written_to(task_id) or paused_before_stop(task_id):
            return move(task_id, Change.STOP_UNDONE, who="owner", now=now, message_id=message_id)
        text = "The owner had stopped this task by mistake. Read where the dialog stands now and go on from there."
        return instruct(task, text, Change.STOP_UNDONE, now, message_id)


def _ended_by_stop(task_id: int) -> bool:
    last = tasks.last_event(task_id, *CLOSES)
    return last is not None and last.what in (Change.STOPPED, Change.CALLED_OFF)


def paused_before_stop(task_id: int) -> Paused | None:
    """Of a task that was stopped."""
    stops = [event.details for event in tasks.events(task_id) if event.what == Change.STOPPED]
    paused = stops[-1].get("paused") if stops and isinstance(stops[-1], dict) else None
    return Paused(paused) if paused else None


def _was_written_to(task_id: int) -> bool:
    """Has the contact its first message?"""
    return any(row.state == "sent" for row in ledger.of_task(task_id, "opening"))


def pause(task_id: int, now: datetime, message_id: int | None = None) -> bool:
    """Nothing more goes out, not even what was written already: after a pause it may no longer be true, and is written
    anew."""
    with transaction():
        paused = move(task_id, Change.PAUSED, who="owner", now=now, message_id=message_id)
        if paused:
            drop_queued(task_id)
    return paused


def resume(task_id: int, now: datetime, message_id: int | None = None) -> bool:
    """Go on after a pause or a takeover. The conversation is told, so that it looks where the dialog stands now."""
    with transaction():
        task = tasks.get(task_id)
        if task is None or task.paused is None:
            return False
        text = "The owner handed this task back to you. Read where the dialog stands now and go on from there."
        if task.trouble in RESTS:
            tasks.set_trouble(task_id, None)
        return instruct(task, text, Change.RESUMED, now, message_id)


def rest(resting: Sequence[Task], why: Rest, now: datetime) -> None:
    """These tasks of one contact do nothing more until the owner says go on: their cards say so, and one message does.
    Like after a pause, what was not begun is not sent."""
    with transaction():
        rested = [task for task in resting if move(task.id, Change.RESTED, who="code", now=now, details={"why": why})]
        for task in rested:
            drop_queued(task.id)
            tasks.set_trouble(task.id, why)
        if rested:
            payload = {"what": "rests", "why": why, "peer_id": rested[0].user_id, "ids": [task.id for task in rested]}
            desk.add("problem", payload, now, task_id=rested[0].id)


def steer(
    task_id: int,
    instruction: str | None,
    now: datetime,
    *,
    mandate: Mapping[str, Any] | None = None,
    private_notes: str | None = None,
    mode: str | None = None,
    message_id: int | None = None,
    question_id: int | None = None,
) -> bool:
    """The owner's words for how to go on, the new limits and mode where they change them, and what they add in private.

    They answer the open question they were a reply to, else all that the owner had seen before writing them. Without
    an instruction they answer nothing: the conversation does not hear of them.
    """
    with transaction():
        task = tasks.get(task_id)
        if task is None:
            return False
        columns: dict[str, object] = {} if mandate is None else {"mandate": dict(mandate)}
        if private_notes is not None:
            columns["private_notes"] = "\n".join(filter(None, (task.private_notes, private_notes)))
        if instruction is None:
            return move(task_id, Change.KEPT, who="owner", now=now, message_id=message_id, **columns)
        questions = [
            question
            for question in desk.open_questions(task_id)
            if drafts.of(question) is None
            and (question.id == question_id if question_id is not None else _is_answered(question, message_id))
        ]
        text = instruction
        if question_id is not None and len(questions) == 1:
            text = with_question(questions[0], instruction)
        steered = instruct(task, text, Change.STEERED, now, message_id, mandate is not None, **columns)
        if steered:
            for question in questions:
                desk.close(question.id)
            if mode is not None:
                set_mode(task_id, mode, now, message_id)
            if rests_over_draft(task):
                move(task_id, Change.RESUMED, who="owner", now=now, message_id=message_id)
    return steered


def _is_answered(question: Item, message_id: int | None) -> bool:
    """By words about its task. A question about all the people of a plan only stands beside one of their tasks: what
    the owner says about that one is no answer to it."""
    return ABOUT_A_PLAN not in question.payload and _was_seen(question, message_id)


def _was_seen(question: Item, message_id: int | None) -> bool:
    """Did the question stand in Saved Messages when the owner wrote this message? Ids there rise with time."""
    if message_id is None:
        return True
    row = None if question.ledger_id is None else ledger.get(question.ledger_id)
    return row is not None and row.message_id is not None and row.message_id < message_id


def with_question(question: Item, answer: str) -> str:
    """An answer with its question, which only the contact's conversation knows."""
    asked = question.payload.get("question")
    return f"You asked: {quoted({'question': asked})} The answer: {answer}" if asked else answer


def instruct(
    task: Task,
    text: str,
    what: Change,
    now: datetime,
    message_id: int | None,
    sets_limits: bool = False,
    **columns: object,
) -> bool:
    details = {"text": text, SETS_LIMITS: True} if sets_limits else {"text": text}
    if not move(task.id, what, who="owner", now=now, message_id=message_id, details=details, **columns):
        return False
    conversations.add_note(task.user_id, "instruction", text, now, task_id=task.id)
    return True


def held_up(row: Outgoing, why: str) -> bool:
    """Telegram does not take this message yet: its card says so. `why`: one of HELD_UP. True when it is news."""
    if row.task_id is None or row.purpose not in ledger.TO_CONTACTS:
        return False
    now = ledger.get(row.id)
    # Of one that its task has given up meanwhile nothing is waited for.
    return now is not None and now.state in ledger.UNDELIVERED and tasks.set_trouble(row.task_id, why)


def _held_up_no_more(task: Task) -> None:
    if task.trouble in HELD_UP:
        tasks.set_trouble(task.id, None)


def drop_queued(task_id: int) -> None:
    """What was not begun is not sent any more, and so is not waited for."""
    task = tasks.get(task_id)
    if ledger.drop_queued(task_id) and task is not None:
        _held_up_no_more(task)


def delivered(row: Outgoing, now: datetime) -> None:
    """Telegram has the message: an opening sets its task going."""
    if row.task_id is None:
        return
    task = tasks.get(row.task_id)
    if row.purpose in ledger.TO_CONTACTS and task is not None:
        _held_up_no_more(task)
    if row.purpose == "opening" and task is not None and task.status == Status.PENDING:
        draft = drafts.waiting(row.task_id)
        move(row.task_id, Change.DELIVERED, who="code", now=now, message_id=row.message_id)
        if draft is not None and draft.revision == task.revision:
            drafts.bind_anew(draft)
    elif row.purpose in ledger.TO_CONTACTS:
        tasks.make_card_stale(row.task_id)
        if calling_off.is_told(row.task_id):
            move(row.task_id, Change.CALLED_OFF, who="code", now=now, message_id=row.message_id)


def undeliverable(row: Outgoing, now: datetime, error: str) -> None:
    """Telegram will never take this message to this contact."""
    with transaction():
        if not ledger.mark_failed(row.id, error):
            return
        if row.purpose == "relay":
            desk.add("problem", {"what": "undeliverable", "error": error, "peer_id": row.peer_id}, now)
        elif row.purpose in ledger.TO_CONTACTS:
            for task in tasks.open_with(row.peer_id):
                move(task.id, Change.UNDELIVERABLE, who="code", now=now, details={"error": error})
                drop_queued(task.id)
