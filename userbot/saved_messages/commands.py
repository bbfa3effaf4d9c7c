"""What the owner types in Saved Messages: done at once where no model is needed, else handed on as a Command.

Synchronous, and one transaction for each message: what it does and that it was dealt with are one fact.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from userbot.conversation import agreed, moves, plans, standing
from userbot.conversation.owner import Command
from userbot.saved_messages import command_table, replies, settings_by_command, spoken, undo, wording
from userbot.saved_messages.command_table import Slip, Typed
from userbot.saved_messages.one_message import OneMessage, task_of
from userbot.saved_messages.pieces import Desk
from userbot.store import desk as items
from userbot.store import journal, tasks, usage
from userbot.store.database import transaction
from userbot.store.journal import Entry
from userbot.store.ledger import Outgoing
from userbot.store.plans import mates
from userbot.store.tasks import Task
from userbot.tasks import guard


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
class _Handling(OneMessage):
    """What it is, and the built-in commands."""

    def run(self) -> Command | None:
        if self.entry.heard is not None and not self.entry.text:
            return self._spoken(guard.clean(self.entry.heard))
        text, prefix = self.entry.text.strip(), self.desk.prefix
        is_command = text.startswith(prefix) and not text.startswith(prefix * 2)
        row = self.replied_to()
        if is_command and guard.utf16_length(text) >= guard.MESSAGE_LIMIT:
            # A client cuts what is longer into several messages: the rest of this one is not a command any more.
            self.problem("too_long")
            return None
        if draft := self.draft_of(row):
            if not is_command and text.startswith(prefix):
                self.problem("draft_unclear")
                return None
            if not is_command:
                replies.answer_draft(self, draft, text)
                return None
        if is_command:
            text = text[len(prefix) :]
            if self._built_in(text, row):
                return None
            text = text.strip()
        elif row is None or text.startswith(prefix):
            # A note of the owner's own, or one that says it is no command.
            self.done()
            return None
        if row is not None:
            return replies.reply(self, row, text)
        if text:
            return self.command(text, None, reply_to=self.entry.reply_to)
        self.answer("list", of="commands")
        return None

    def _spoken(self, heard: str) -> Command | None:
        """A voice note: a word about the task it replies to, or else a command if it says so."""
        row = self.replied_to()
        text = heard if row is not None else spoken.after_wake_word(heard)
        if text is None:
            # A memo of the owner's own: nothing of it is kept but that it was looked at.
            journal.record_heard(self.entry.id, "")
            self.done()
            return None
        task_id = None if row is None else task_of(row)
        task = None if task_id is None else tasks.get(task_id)
        question = self.question(row)
        needs_writing = question is not None and not question.payload.get("question")
        if not text:
            self.problem("unreadable")
        elif row is not None and (needs_writing or wording.yes_or_no(text) is not None):
            self.problem("say_in_writing", task_id, heard=text)
        elif task is not None and not agreed.can_change(task, self.now):
            self.problem("closed", task.id)
        elif question is not None and not items.is_open(question.id):
            self.problem("answered", task_id)
        else:
            if usage.tell_once(f"heard:{self.entry.id}", self.now):
                payload = {"what": "heard", "heard": text}
                items.add("problem", payload, self.now, task_id=task_id, reply_to=self.entry.message_id)
            reply_to = self.entry.reply_to if row is None else None
            command = self.command(text, task_id, None if question is None else question.id, reply_to)
            return replace(command, spoken=True)
        return None

    # --- the commands that need no model ---

    def _built_in(self, text: str, row: Outgoing | None) -> bool:
        """Was it a built-in command, well-formed or not? Then it is dealt with."""
        typed = command_table.read(text)
        if isinstance(typed, Slip) and row is not None and command_table.is_like(typed, "undo"):
            # "Cancel" as a reply to a card is meant for what the card shows.
            return False
        if typed is None or (self.question(row) is not None and wording.yes_or_no(text) is not None):
            # A word that answers a question answers it.
            return False
        if isinstance(typed, Typed) and typed.name == "without" and not typed.is_clear:
            # Whom by name, the model tells.
            return False
        if isinstance(typed, Slip):
            self.problem("usage", typed=self.entry.text, nearest=typed.nearest)
        else:
            self._run(typed, typed.number if typed.number is not None or row is None else task_of(row), row)
        return True

    def _run(self, typed: Typed, number: int | None, row: Outgoing | None) -> None:
        """`number`: that of the task it is about, typed or replied to; `row`: what it replies to."""
        match typed.name:
            case "mode":
                self._set_mode(typed.mode, number)
            case "lang" | "quiet":
                self.answer("list", **settings_by_command.carry_out(typed))
            case "tasks" | "skills" | "status" | "usage" if not typed.is_clear:
                self.problem("usage", typed=self.entry.text, nearest=typed.word)
            case _ if not typed.is_clear and typed.name != "help":
                self.problem("which", typed=self.entry.text, nearest=typed.word, number=_some_number())
            case "help":
                self.answer("list", of="commands", about=typed.about)
            case "skills":
                self.answer("list", of="skills")
            case "status":
                self.answer("list", of="state")
            case "usage":
                self.answer("list", of="usage")
            case "tasks":
                self.answer("list")
            case "undo":
                self.answer("list", **undo.undo_last(self.entry, self.desk, self.now))
            case "task" if number is None:
                self.problem("which", typed=self.entry.text, nearest=typed.word, number=_some_number())
            case "task":
                if task := self._known(number):
                    self.answer("status", task.id, events=True)
            case "without" if number is None or (typed.number is None and self.question(row) is not None):
                # A question about several stands beside one of them, who need not be the one who is meant.
                self.problem("which", typed=self.entry.text, nearest=typed.word, number=_some_number())
            case "without":
                if task := self._known(number):
                    self.leave_out(task.id)
            case "stop":
                self._move("stop", number, moves.stop, "closed", lambda task: True)
            case "pause":
                self._move("pause", number, moves.pause, "closed", lambda task: task.paused is None)
            case "resume":
                self._move("resume", number, moves.resume, "not_paused", lambda task: task.paused is not None)

    def _set_mode(self, mode: str | None, number: int | None) -> None:
        """`.mode 7 draft`; as a reply to a card, or with one task open, without the number."""
        if mode is None:
            self.problem("which_mode", number=_some_number())
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
                self.problem("nothing_open")
            elif len(fitting) > 1:
                # Which one? The list says, and nothing happens.
                self.answer("list")
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
            self.problem("stop_agreed", task.id)
        elif task.status not in tasks.OPEN:
            self.problem("closed", task.id)
        elif not do(task.id, self.now, self.entry.message_id):
            self.problem(refusal, task.id)
        else:
            done = {
                "stop": "stopped_untold" if was_agreed else "stopped",
                "pause": "paused",
                "resume": "resumed",
                "mode": "mode_set",
            }
            if name == "stop" and was_moved:
                what = "stopped_move" if stands else "stopped_move_past"
                self.problem(what, task.id, ids=self.ids_of_plan(task.id))
            elif name == "stop" and len(mates(task.id)) > 1:
                self.problem("stopped_plan", task.id, ids=self.ids_of_plan(task.id))
            else:
                self.problem(done[name], task.id, **values)

    def _known(self, number: int | None) -> Task | None:
        task = None if number is None else tasks.get(number)
        if task is None:
            self.problem("no_task", number=number)
        return task


def _some_number() -> int:
    """A task's number for an example of what to type."""
    known = tasks.all_open() or tasks.latest(1)
    return known[0].id if known else 1
