"""One message of the owner's on its way through: what it replies to, and the ways to be done with it."""

from dataclasses import dataclass
from datetime import datetime

from userbot.conversation import drafts, plan_without
from userbot.conversation.owner import Command
from userbot.saved_messages import asked_again
from userbot.saved_messages.pieces import Desk
from userbot.store import desk as items
from userbot.store import journal, ledger, tasks
from userbot.store.desk import Item
from userbot.store.journal import Entry
from userbot.store.ledger import Outgoing
from userbot.store.plans import mates

# Signs a journal row as dealt with here, so that an edit of it is known for what it is.
HANDLED_HERE = "commands"


@dataclass
class OneMessage:
    """Call everything inside the transaction of this message."""

    entry: Entry
    desk: Desk
    now: datetime

    def replied_to(self) -> Outgoing | None:
        """The message of ours, here in Saved Messages, that this one replies to."""
        if self.entry.reply_to is None:
            return None
        row = ledger.by_message([self.entry.reply_to]).get(self.entry.reply_to)
        return row if row is not None and row.peer_id == self.desk.owner_id else None

    @staticmethod
    def question(row: Outgoing | None) -> Item | None:
        """The question that this message of ours asks, answered or not. One may stand where an answer stood before."""
        item = items.shown_by_part(row.id) if row is not None and row.purpose in ("question", "answer") else None
        if item is not None:
            item = asked_again.question_of(item) or item
        return item if item is not None and item.kind in items.QUESTIONS else None

    def draft_of(self, row: Outgoing | None) -> Item | None:
        """The draft that this replies to, answered or not."""
        item = self.question(row)
        return item if item is not None and drafts.of(item) is not None else None

    # --- the ways to be done with it ---

    def command(
        self, text: str, focus: int | None, question: int | None = None, reply_to: int | None = None
    ) -> Command:
        """It is for the model, and stays new until a turn commits it."""
        entry = self.entry
        return Command(self.desk.owner_id, entry.id, entry.message_id, entry.revision, text, focus, question, reply_to)

    def done(self, task_id: int | None = None) -> None:
        journal.mark_handled([self.entry.id], HANDLED_HERE, task_id)

    def answer(self, kind: items.Kind, task_id: int | None = None, **payload: object) -> None:
        items.add(kind, payload, self.now, task_id=task_id, reply_to=self.entry.message_id)
        self.done(task_id)

    def problem(self, what: str, task_id: int | None = None, **values: object) -> None:
        self.answer("problem", task_id, what=what, **values)

    def leave_out(self, task_id: int) -> None:
        """Of a meeting with several people: it goes on without the one of this task."""
        self.problem(plan_without.leave_out(task_id, self.now, self.entry.message_id), task_id)

    def ids_of_plan(self, task_id: int | None) -> str:
        return ", ".join(map(str, [] if task_id is None else mates(task_id)))

    def passed_on(self, task_id: int) -> None:
        """The owner's words are with the contact's conversation; one that rests hears of them when it goes on."""
        task = tasks.get(task_id)
        self.problem("passed_on_paused" if task is not None and task.paused else "passed_on", task_id)


def task_of(row: Outgoing) -> int | None:
    """The task that a message of ours in Saved Messages is about."""
    return tasks.task_of_card(row.id) or row.task_id
