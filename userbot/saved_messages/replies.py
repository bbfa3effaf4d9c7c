"""What the owner writes in reply to a card, a question or a draft: yes, no, a number, the text to send, or words for
the model. An answer does exactly what the question showed, once. In the flow: called by `commands.py`."""

import re

from userbot.conversation import (
    agreed,
    answers,
    approvals,
    calling_off,
    drafts,
    owner_commit,
    plan_view,
    plan_without,
    plans,
    standing,
)
from userbot.conversation.answers import ResultAnswer
from userbot.conversation.approvals import Outcome
from userbot.conversation.owner import Command
from userbot.conversation.spending import may_pass_on
from userbot.people import Contact
from userbot.saved_messages import wording
from userbot.saved_messages.items import candidates
from userbot.saved_messages.one_message import OneMessage, task_of
from userbot.store import desk as items
from userbot.store import tasks
from userbot.store.desk import Item
from userbot.store.ledger import Outgoing

_NUMBER = re.compile(r"[\s№#]*(\d{1,4})[\s.!)]*")


def reply(at: OneMessage, row: Outgoing, text: str) -> Command | None:
    """`row`: what it replies to; `text`: what is said, without the prefix. A Command is for the model."""
    question = at.question(row)
    task_id = task_of(row)
    task = None if task_id is None else tasks.get(task_id)
    agrees = wording.yes_or_no(text)
    if row.purpose == "card" and agrees is not None and task_id is not None:
        # The card shows the question as well: a plain yes to it can mean only that one, when there is only one.
        asked = items.open_questions(task_id)
        question = asked[0] if len(asked) == 1 else None
    if question is not None and drafts.of(question) is not None and row.purpose == "card":
        if wording.sends(text) is False:
            answer_draft(at, question, text)
        else:
            # A card may show an older draft than the one that waits now, and not all of it.
            at.problem("draft_at_question", task_id)
    elif not text:
        at.problem("unreadable")
    elif task is not None and not agreed.can_change(task, at.now):
        at.problem("closed", task.id)
    elif question is not None and drafts.of(question) is not None and wording.sends(text) is not None:
        answer_draft(at, question, text)
    elif question is not None and drafts.of(question) is not None:
        # With the prefix it is not the text to send, but a word about how to go on.
        return at.command(text, task_id)
    elif question is not None and not items.is_open(question.id):
        at.problem("answered", task_id)
    elif task is not None and (left_out := _left_out(text, task.id, question)) is not None:
        at.leave_out(left_out)
    elif question is not None and plan_view.WITHOUT in question.payload:
        _go_on_without(at, question, agrees)
    elif question is not None and question.kind == "choose":
        _choose(at, question, text)
    elif question is not None and question.kind == "approve":
        _approve(at, question, agrees)
    elif question is not None and question.payload.get("result") and agrees is not None:
        _answer_result(at, question, agrees)
    elif question is not None and question.payload.get("question") and agrees is not None:
        _answer_question(at, question, text)
    elif question is not None and question.payload.get("blocked") and agrees is not None:
        _answer_text(at, question, agrees)
    else:
        return at.command(text, task_id, None if question is None else question.id)
    return None


def _choose(at: OneMessage, item: Item, text: str) -> None:
    people = candidates(item.payload)
    found = _NUMBER.fullmatch(text)
    number = int(found[1]) if found else 0
    if 1 <= number <= len(people):
        _carry_out(at, item, people[number - 1])
    else:
        at.problem("need_number", last=len(people))


def answer_draft(at: OneMessage, item: Item, text: str) -> None:
    """Yes, no, or the text to send instead, as the owner typed it."""
    answer = wording.sends(text)
    if not text or (answer is None and at.entry.media is not None):
        # What is to go out must be all there is to it.
        at.problem("unreadable", item.task_id)
        return
    if answer is False:
        outcome = approvals.refuse(item, at.now, at.entry.message_id)
    else:
        instead = None if answer else text
        outcome = approvals.send(item, at.now, at.entry.message_id, text=instead)
    task = None if item.task_id is None else tasks.get(item.task_id)
    is_over = task is None or task.status not in tasks.OPEN
    what = outcome.value
    if outcome is Outcome.NOT_SENT and is_over:
        what = "draft_not_sent_closed"
    elif outcome is Outcome.ANSWERED and item.state == "void":
        what = Outcome.STALE.value
    at.problem(what, item.task_id)


def _approve(at: OneMessage, item: Item, agrees: bool | None) -> None:
    if agrees is None:
        at.problem("need_yes_or_no", item.task_id)
    elif agrees:
        _carry_out(at, item, Contact(**item.payload["who"]) if item.payload.get("who") else None)
    elif items.close(item.id):
        at.problem("not_done", item.task_id)


def _carry_out(at: OneMessage, item: Item, who: Contact | None) -> None:
    """Exactly what the question showed, once: whoever closes it does it."""
    act = item.payload["act"]
    if act["kind"] == "send" and who is not None and not may_pass_on(who.user_id, at.desk.limits, at.now):
        # The question stays: it may be answered so tomorrow.
        at.problem("too_many_people", item.task_id)
        return
    if not items.close(item.id):
        at.problem("answered", item.task_id)
        return
    owner_commit.carry_out(act, who, at.desk.owner_id, item.reply_to, at.now)
    if act["kind"] == "steer":
        at.passed_on(act["task_id"])
    elif act["kind"] == "cancel":
        _cancelled(at, act["task_id"])
    elif act["kind"] == "send" and who is not None:
        at.problem("sending", peer_id=who.user_id)
    else:
        # The new task's card says the rest.
        at.done()


def _go_on_without(at: OneMessage, item: Item, agrees: bool | None) -> None:
    """Anything but a plain yes or no would reach the one who is left, and is not for them."""
    if agrees is None:
        at.problem("need_yes_or_no", item.task_id)
    elif not plans.answer_without(item, agrees, at.now, at.entry.message_id):
        at.problem("answered", item.task_id)
    else:
        what = "goes_on_without" if agrees else "called_off"
        at.problem(what, item.task_id, ids=at.ids_of_plan(item.task_id))


def _left_out(text: str, task_id: int, question: Item | None) -> int | None:
    """The task of whom these words leave out of a plan, as a reply to a card of it or its question about times."""
    if question is not None and plan_view.TIMES not in question.payload:
        return None
    return plan_without.named_in(text, task_id, is_question=question is not None)


def _answer_result(at: OneMessage, item: Item, agrees: bool) -> None:
    outcome = answers.answer_result(item, agrees, at.desk.skills, at.now, at.entry.message_id)
    if outcome is ResultAnswer.TAKEN and item.task_id is not None:
        at.passed_on(item.task_id)
    else:
        what = {ResultAnswer.PAST: "result_past", ResultAnswer.UNCHECKED: "result_unchecked"}
        at.problem(what.get(outcome, "answered"), item.task_id)


def _answer_question(at: OneMessage, item: Item, text: str) -> None:
    if item.task_id is not None and answers.answer_question(item, text, at.now, at.entry.message_id):
        at.passed_on(item.task_id)
    else:
        at.problem("answered", item.task_id)


def _answer_text(at: OneMessage, item: Item, agrees: bool) -> None:
    if item.task_id is not None and answers.answer_text(item, agrees, at.now, at.entry.message_id):
        at.passed_on(item.task_id)
    else:
        at.problem("answered", item.task_id)


def _cancelled(at: OneMessage, task_id: int) -> None:
    task = tasks.get(task_id)
    if calling_off.is_pending(task_id):
        at.problem("calling_off_paused" if task is not None and task.paused else "calling_off", task_id)
    elif task is not None and task.status not in tasks.OPEN and standing.first(task) is not None:
        what = "stopped_move" if agreed.is_ahead(task, at.now) else "stopped_move_past"
        at.problem(what, task_id, ids=at.ids_of_plan(task_id))
    else:
        is_stopped = task is not None and task.closed_because == "stopped"
        at.problem("stopped" if is_stopped else "closed", task_id)
