"""What the owner types in Saved Messages: done at once where no model is needed, else handed on as a Command.

Synchronous, and one transaction for each message: what it does and that it was dealt with are one fact.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from userbot.conversation import (
    agreed,
    answers,
    approvals,
    calling_off,
    drafts,
    moves,
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
from userbot.saved_messages import asked_again, command_table, settings_by_command, spoken, undo, wording
from userbot.saved_messages.command_table import Slip, Typed
from userbot.saved_messages.items import candidates
from userbot.saved_messages.pieces import Desk
from userbot.store import desk as items
from userbot.store import journal, ledger, tasks, usage
from userbot.store.database import transaction
from userbot.store.desk import Item
from userbot.store.journal import Entry
from userbot.store.ledger import Outgoing
from userbot.store.plans import mates
from userbot.store.tasks import Task
from userbot.tasks import guard

# Signs a journal row as dealt with here, so that an edit of it is known for what it is.
HANDLED_HERE = "commands"
_NUMBER = re.compile(r"[\s№#]*(\d{1,4})[\s.!)]*")


def handle(entry: Entry, desk: Desk, now: datetime) -> Command | None:
    """Deal with one row of the owner's own dialog, in the order they came. A Command is for the model: its row stays
    new until a turn commits it, and may be handed in again."""
    if entry.peer_id != desk.owner_id:
        raise ValueError("only what stands in Saved Messages can be a command")
    with transaction():
        fresh = journal.get(entry.id)
        if fresh is None or fresh.state != "new":
            return None
        if fresh.author != "owner" or (fresh.revision > 1 and journal.was_handled(fresh.id)):
            # Not the owner's words; or an edit of a command that was carried out: what was done was done.
            journal.set_state([fresh.id], "handled")
            return None
        command = _Handling(fresh, desk, now).run()
        # What stops one task of a plan stops the others with it.
        plans.settle(now)
        return command


@dataclass
class _Handling:
    """One message on its way through: what it is, and the answers it may get."""

    entry: Entry
    desk: Desk
    now: datetime

    def run(self) -> Command | None:
        if self.entry.heard is not None and not self.entry.text:
            return self._spoken(guard.clean(self.entry.heard))
        text, prefix = self.entry.text.strip(), self.desk.prefix
        is_command = text.startswith(prefix) and not text.startswith(prefix * 2)
        row = self._replied_to()
        if is_command and guard.utf16_length(text) >= guard.MESSAGE_LIMIT:
            # A client cuts what is longer into several messages: the rest of this one is not a command any more.
            self._problem("too_long")
            return None
        if draft := self._draft_of(row):
            if not is_command and text.startswith(prefix):
                self._problem("draft_unclear")
                return None
            if not is_command:
                self._answer_draft(draft, text)
                return None
        if is_command:
            text = text[len(prefix) :]
            if self._built_in(text, row):
                return None
            text = text.strip()
        elif row is None or text.startswith(prefix):
            # A note of the owner's own, or one that says it is no command.
            self._done()
            return None
        if row is not None:
            return self._reply(row, text)
        if text:
            return self._command(text, None, reply_to=self.entry.reply_to)
        self._answer("list", of="commands")
        return None

    def _spoken(self, heard: str) -> Command | None:
        """A voice note: a word about the task it replies to, or else a command if it says so."""
        row = self._replied_to()
        text = heard if row is not None else spoken.after_wake_word(heard)
        if text is None:
            # A memo of the owner's own: nothing of it is kept but that it was looked at.
            journal.record_heard(self.entry.id, "")
            self._done()
            return None
        task_id = None if row is None else _task_of(row)
        task = None if task_id is None else tasks.get(task_id)
        question = self._question(row)
        needs_writing = question is not None and not question.payload.get("question")
        if not text:
            self._problem("unreadable")
        elif row is not None and (needs_writing or wording.yes_or_no(text) is not None):
            self._problem("say_in_writing", task_id, heard=text)
        elif task is not None and not agreed.can_change(task, self.now):
            self._problem("closed", task.id)
        elif question is not None and not items.is_open(question.id):
            self._problem("answered", task_id)
        else:
            if usage.tell_once(f"heard:{self.entry.id}", self.now):
                payload = {"what": "heard", "heard": text}
                items.add("problem", payload, self.now, task_id=task_id, reply_to=self.entry.message_id)
            reply_to = self.entry.reply_to if row is None else None
            command = self._command(text, task_id, None if question is None else question.id, reply_to)
            return replace(command, spoken=True)
        return None

    def _replied_to(self) -> Outgoing | None:
        """The message of ours, here in Saved Messages, that this one replies to."""
        if self.entry.reply_to is None:
            return None
        row = ledger.by_message([self.entry.reply_to]).get(self.entry.reply_to)
        return row if row is not None and row.peer_id == self.desk.owner_id else None

    @staticmethod
    def _question(row: Outgoing | None) -> Item | None:
        """The question that this message of ours asks, answered or not. One may stand where an answer stood before."""
        item = items.shown_by_part(row.id) if row is not None and row.purpose in ("question", "answer") else None
        if item is not None:
            item = asked_again.question_of(item) or item
        return item if item is not None and item.kind in items.QUESTIONS else None

    def _draft_of(self, row: Outgoing | None) -> Item | None:
        """The draft that this replies to, answered or not."""
        item = self._question(row)
        return item if item is not None and drafts.of(item) is not None else None

    # --- ways to end ---

    def _command(
        self, text: str, focus: int | None, question: int | None = None, reply_to: int | None = None
    ) -> Command:
        entry = self.entry
        return Command(self.desk.owner_id, entry.id, entry.message_id, entry.revision, text, focus, question, reply_to)

    def _done(self, task_id: int | None = None) -> None:
        journal.mark_handled([self.entry.id], HANDLED_HERE, task_id)

    def _answer(self, kind: items.Kind, task_id: int | None = None, **payload: object) -> None:
        items.add(kind, payload, self.now, task_id=task_id, reply_to=self.entry.message_id)
        self._done(task_id)

    def _problem(self, what: str, task_id: int | None = None, **values: object) -> None:
        self._answer("problem", task_id, what=what, **values)

    # --- the commands that need no model ---

    def _built_in(self, text: str, row: Outgoing | None) -> bool:
        """Was it a built-in command, well-formed or not? Then it is dealt with."""
        typed = command_table.read(text)
        if isinstance(typed, Slip) and row is not None and command_table.is_like(typed, "undo"):
            # "Cancel" as a reply to a card is meant for what the card shows.
            return False
        if typed is None or (self._question(row) is not None and wording.yes_or_no(text) is not None):
            # A word that answers a question answers it.
            return False
        if isinstance(typed, Typed) and typed.name == "without" and not typed.is_clear:
            # Whom by name, the model tells.
            return False
        if isinstance(typed, Slip):
            self._problem("usage", typed=self.entry.text, nearest=typed.nearest)
        else:
            self._run(typed, typed.number if typed.number is not None or row is None else _task_of(row), row)
        return True

    def _run(self, typed: Typed, number: int | None, row: Outgoing | None) -> None:
        """`number`: that of the task it is about, typed or replied to; `row`: what it replies to."""
        match typed.name:
            case "mode":
                self._set_mode(typed.mode, number)
            case "lang" | "quiet":
                self._answer("list", **settings_by_command.carry_out(typed))
            case "tasks" | "skills" | "status" | "usage" if not typed.is_clear:
                self._problem("usage", typed=self.entry.text, nearest=typed.word)
            case _ if not typed.is_clear and typed.name != "help":
                self._problem("which", typed=self.entry.text, nearest=typed.word, number=_some_number())
            case "help":
                self._answer("list", of="commands", about=typed.about)
            case "skills":
                self._answer("list", of="skills")
            case "status":
                self._answer("list", of="state")
            case "usage":
                self._answer("list", of="usage")
            case "tasks":
                self._answer("list")
            case "undo":
                self._answer("list", **undo.undo_last(self.entry, self.desk, self.now))
            case "task" if number is None:
                self._problem("which", typed=self.entry.text, nearest=typed.word, number=_some_number())
            case "task":
                if task := self._known(number):
                    self._answer("status", task.id, events=True)
            case "without" if number is None or (typed.number is None and self._question(row) is not None):
                # A question about several stands beside one of them, who need not be the one who is meant.
                self._problem("which", typed=self.entry.text, nearest=typed.word, number=_some_number())
            case "without":
                if task := self._known(number):
                    self._leave_out(task.id)
            case "stop":
                self._move("stop", number, moves.stop, "closed", lambda task: True)
            case "pause":
                self._move("pause", number, moves.pause, "closed", lambda task: task.paused is None)
            case "resume":
                self._move("resume", number, moves.resume, "not_paused", lambda task: task.paused is not None)

    def _set_mode(self, mode: str | None, number: int | None) -> None:
        """`.mode 7 draft`; as a reply to a card, or with one task open, without the number."""
        if mode is None:
            self._problem("which_mode", number=_some_number())
            return
        self._move(
            "mode",
            number,
            lambda task_id, now, message_id: moves.set_mode(task_id, mode, now, message_id),
            "closed",
            lambda task: True,
            mode=mode,
        )

    def _move(
        self,
        name: str,
        number: int | None,
        do: Callable[[int, datetime, int | None], bool],
        refusal: str,
        fits: Callable[[Task], bool],
        **values: object,
    ) -> None:
        """Do it to the task with this number; without a number to the only one it can be done to."""
        if number is None:
            fitting = [task for task in tasks.all_open() if fits(task)]
            if not fitting:
                self._problem("nothing_open")
            elif len(fitting) > 1:
                # Which one? The list says, and nothing happens.
                self._answer("list")
            else:
                self._finish(name, fitting[0], do, refusal, **values)
        elif task := self._known(number):
            self._finish(name, task, do, refusal, **values)

    def _finish(
        self, name: str, task: Task, do: Callable[[int, datetime, int | None], bool], refusal: str, **values: object
    ) -> None:
        was_agreed, was_moved = task.result is not None, standing.is_moved(task)
        stands = agreed.is_moved(task, self.now)
        if name == "stop" and agreed.is_ahead(task, self.now):
            self._problem("stop_agreed", task.id)
        elif task.status not in tasks.OPEN:
            self._problem("closed", task.id)
        elif not do(task.id, self.now, self.entry.message_id):
            self._problem(refusal, task.id)
        else:
            done = {
                "stop": "stopped_untold" if was_agreed else "stopped",
                "pause": "paused",
                "resume": "resumed",
                "mode": "mode_set",
            }
            if name == "stop" and was_moved:
                what = "stopped_move" if stands else "stopped_move_past"
                self._problem(what, task.id, ids=self._ids_of_plan(task.id))
            elif name == "stop" and len(mates(task.id)) > 1:
                self._problem("stopped_plan", task.id, ids=self._ids_of_plan(task.id))
            else:
                self._problem(done[name], task.id, **values)

    def _known(self, number: int | None) -> Task | None:
        task = None if number is None else tasks.get(number)
        if task is None:
            self._problem("no_task", number=number)
        return task

    # --- replies ---

    def _reply(self, row: Outgoing, text: str) -> Command | None:
        question = self._question(row)
        task_id = _task_of(row)
        task = None if task_id is None else tasks.get(task_id)
        agrees = wording.yes_or_no(text)
        if row.purpose == "card" and agrees is not None and task_id is not None:
            # The card shows the question as well: a plain yes to it can mean only that one, when there is only one.
            asked = items.open_questions(task_id)
            question = asked[0] if len(asked) == 1 else None
        if question is not None and drafts.of(question) is not None and row.purpose == "card":
            if wording.sends(text) is False:
                self._answer_draft(question, text)
            else:
                # A card may show an older draft than the one that waits now, and not all of it.
                self._problem("draft_at_question", task_id)
        elif not text:
            self._problem("unreadable")
        elif task is not None and not agreed.can_change(task, self.now):
            self._problem("closed", task.id)
        elif question is not None and drafts.of(question) is not None and wording.sends(text) is not None:
            self._answer_draft(question, text)
        elif question is not None and drafts.of(question) is not None:
            # With the prefix it is not the text to send, but a word about how to go on.
            return self._command(text, task_id)
        elif question is not None and not items.is_open(question.id):
            self._problem("answered", task_id)
        elif task is not None and (left_out := self._left_out(text, task.id, question)) is not None:
            self._leave_out(left_out)
        elif question is not None and plan_view.WITHOUT in question.payload:
            self._go_on_without(question, agrees)
        elif question is not None and question.kind == "choose":
            self._choose(question, text)
        elif question is not None and question.kind == "approve":
            self._approve(question, agrees)
        elif question is not None and question.payload.get("result") and agrees is not None:
            self._answer_result(question, agrees)
        elif question is not None and question.payload.get("question") and agrees is not None:
            self._answer_question(question, text)
        elif question is not None and question.payload.get("blocked") and agrees is not None:
            self._answer_text(question, agrees)
        else:
            return self._command(text, task_id, None if question is None else question.id)
        return None

    def _choose(self, item: Item, text: str) -> None:
        people = candidates(item.payload)
        found = _NUMBER.fullmatch(text)
        number = int(found[1]) if found else 0
        if 1 <= number <= len(people):
            self._carry_out(item, people[number - 1])
        else:
            self._problem("need_number", last=len(people))

    def _answer_draft(self, item: Item, text: str) -> None:
        """Yes, no, or the text to send instead, as the owner typed it."""
        answer = wording.sends(text)
        if not text or (answer is None and self.entry.media is not None):
            # What is to go out must be all there is to it.
            self._problem("unreadable", item.task_id)
            return
        if answer is False:
            outcome = approvals.refuse(item, self.now, self.entry.message_id)
        else:
            instead = None if answer else text
            outcome = approvals.send(item, self.now, self.entry.message_id, text=instead)
        task = None if item.task_id is None else tasks.get(item.task_id)
        is_over = task is None or task.status not in tasks.OPEN
        what = outcome.value
        if outcome is Outcome.NOT_SENT and is_over:
            what = "draft_not_sent_closed"
        elif outcome is Outcome.ANSWERED and item.state == "void":
            what = Outcome.STALE.value
        self._problem(what, item.task_id)

    def _approve(self, item: Item, agrees: bool | None) -> None:
        if agrees is None:
            self._problem("need_yes_or_no", item.task_id)
        elif agrees:
            self._carry_out(item, Contact(**item.payload["who"]) if item.payload.get("who") else None)
        elif items.close(item.id):
            self._problem("not_done", item.task_id)

    def _carry_out(self, item: Item, who: Contact | None) -> None:
        """Exactly what the question showed, once: whoever closes it does it."""
        act = item.payload["act"]
        if act["kind"] == "send" and who is not None and not may_pass_on(who.user_id, self.desk.limits, self.now):
            # The question stays: it may be answered so tomorrow.
            self._problem("too_many_people", item.task_id)
            return
        if not items.close(item.id):
            self._problem("answered", item.task_id)
            return
        owner_commit.carry_out(act, who, self.desk.owner_id, item.reply_to, self.now)
        if act["kind"] == "steer":
            self._passed_on(act["task_id"])
        elif act["kind"] == "cancel":
            self._cancelled(act["task_id"])
        elif act["kind"] == "send" and who is not None:
            self._problem("sending", peer_id=who.user_id)
        else:
            # The new task's card says the rest.
            self._done()

    def _go_on_without(self, item: Item, agrees: bool | None) -> None:
        """Anything but a plain yes or no would reach the one who is left, and is not for them."""
        if agrees is None:
            self._problem("need_yes_or_no", item.task_id)
        elif not plans.answer_without(item, agrees, self.now, self.entry.message_id):
            self._problem("answered", item.task_id)
        else:
            what = "goes_on_without" if agrees else "called_off"
            self._problem(what, item.task_id, ids=self._ids_of_plan(item.task_id))

    @staticmethod
    def _left_out(text: str, task_id: int, question: Item | None) -> int | None:
        """The task of whom these words leave out of a plan, as a reply to a card of it or its question about times."""
        if question is not None and plan_view.TIMES not in question.payload:
            return None
        return plan_without.named_in(text, task_id, is_question=question is not None)

    def _leave_out(self, task_id: int) -> None:
        self._problem(plan_without.leave_out(task_id, self.now, self.entry.message_id), task_id)

    def _ids_of_plan(self, task_id: int | None) -> str:
        return ", ".join(map(str, [] if task_id is None else mates(task_id)))

    def _answer_result(self, item: Item, agrees: bool) -> None:
        outcome = answers.answer_result(item, agrees, self.desk.skills, self.now, self.entry.message_id)
        if outcome is ResultAnswer.TAKEN and item.task_id is not None:
            self._passed_on(item.task_id)
        else:
            what = {ResultAnswer.PAST: "result_past", ResultAnswer.UNCHECKED: "result_unchecked"}
            self._problem(what.get(outcome, "answered"), item.task_id)

    def _answer_question(self, item: Item, text: str) -> None:
        if item.task_id is not None and answers.answer_question(item, text, self.now, self.entry.message_id):
            self._passed_on(item.task_id)
        else:
            self._problem("answered", item.task_id)

    def _answer_text(self, item: Item, agrees: bool) -> None:
        if item.task_id is not None and answers.answer_text(item, agrees, self.now, self.entry.message_id):
            self._passed_on(item.task_id)
        else:
            self._problem("answered", item.task_id)

    def _cancelled(self, task_id: int) -> None:
        task = tasks.get(task_id)
        if calling_off.is_pending(task_id):
            self._problem("calling_off_paused" if task is not None and task.paused else "calling_off", task_id)
        elif task is not None and task.status not in tasks.OPEN and standing.first(task) is not None:
            what = "stopped_move" if agreed.is_ahead(task, self.now) else "stopped_move_past"
            self._problem(what, task_id, ids=self._ids_of_plan(task_id))
        else:
            is_stopped = task is not None and task.closed_because == "stopped"
            self._problem("stopped" if is_stopped else "closed", task_id)

    def _passed_on(self, task_id: int) -> None:
        task = tasks.get(task_id)
        self._problem("passed_on_paused" if task is not None and task.paused else "passed_on", task_id)


def _task_of(row: Outgoing) -> int | None:
    return tasks.task_of_card(row.id) or row.task_id


def _some_number() -> int:
    """A task's number for an example of what to type."""
    known = tasks.all_open() or tasks.latest(1)
    return known[0].id if known else 1
