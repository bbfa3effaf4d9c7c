"""What a contact's turn may say: the guard with all that this world knows, how often a text may be tried, and the
answer that code itself gives to somebody who asks whether a program writes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from userbot.conversation import answers
from userbot.conversation.contact_acts import (
    AskAboutResult,
    AskAboutText,
    ContactAct,
    LeaveIt,
    OfferRefused,
    Reply,
    Settle,
)
from userbot.conversation.tool_arguments import BadArguments
from userbot.store import desk, tasks
from userbot.store.tasks import Task
from userbot.tasks import agreements, guard, rights
from userbot.tasks.guard import Fault, Known

if TYPE_CHECKING:
    from userbot.conversation.contact import World

# What `prompting.quoted` makes; rather too much of a note than too little.
_QUOTED = re.compile(r"\{.*\}", re.DOTALL)
# A first try and two more: then the owner is asked what to write.
TRIES = 3
# After so many texts that do not say it, code says that a program writes.
UNTRUE_TRIES = 2
# Of the tasks changed last, whose private notes and briefs a message is held against.
NOTES_LOOKED_AT = 40
BRIEFS_LOOKED_AT = 20

NOT_SENT = "Not sent, and not to be tried again: the owner is asked what to write. Your turn is over."
TOLD_BY_CODE = (
    "Not sent. The contact was told for you that a program writes. Go on with what else there is to say, if anything."
)


@dataclass
class Speech:
    """The texts of one turn: which may go out, and what becomes of those that may not."""

    world: "World"
    owner_name: str
    # By the owner's clock.
    today: date
    taken: list[ContactAct]
    _blocked: int = field(default=0)
    _untrue: int = field(default=0)

    @cached_property
    def asked(self) -> str | None:
        """The new message that asks whether a program writes, if one does."""
        asking = (entry for entry in self.world.new if not entry.forwarded and rights.asks_whether_program(entry.words))
        return next((entry.words for entry in asking), None)

    def say(self, task: Task, text: str, reply_to: int | None) -> str | None:
        """Take the text, or raise BadArguments with what is wrong with it; the third time the owner is asked instead.
        Returns what the model reads when something other than its text was taken."""
        is_first = self.world.is_first_message and not any(isinstance(act, Reply) for act in self.taken)
        must_answer = self.asked is not None and not self._has_answered()
        faults = guard.check_reply(
            text,
            self._known(task),
            is_settled=self._may_say_agreed(task, text),
            must_disclose=is_first,
            must_answer=must_answer,
        )
        if not faults:
            self.taken.append(Reply(task.id, text, reply_to))
            return None
        self._blocked += 1
        if must_answer and not {Fault.UNTRUE, Fault.PERSON}.isdisjoint(faults):
            self._untrue += 1
            if self._untrue >= UNTRUE_TRIES:
                self.taken.append(self._truthful(task.id))
                return TOLD_BY_CODE
        if self._blocked >= TRIES:
            reasons = tuple(fault.name.lower() for fault in faults)
            self.taken.append(AskAboutText(task.id, text[: guard.MESSAGE_LIMIT], reasons, self._blocked))
            return NOT_SENT
        raise BadArguments("not sent: " + "; ".join(faults))

    def is_given_up(self) -> bool:
        return any(isinstance(act, AskAboutText) for act in self.taken)

    def left_to_code(self) -> Sequence[ContactAct]:
        """What code adds to a turn that is over: whoever asks whether a program writes gets a true answer."""
        if self.asked is None or self._has_answered():
            return ()
        matched = (self.world.matches.get(entry.id) for entry in self.world.new if entry.words == self.asked)
        task_id = next((match.task_id for match in matched if match), self.world.tasks[0].id)
        return (self._truthful(task_id),)

    def _truthful(self, task_id: int) -> Reply:
        return Reply(task_id, rights.truthful_answer(self.asked or "", self.owner_name), None)

    def _has_answered(self) -> bool:
        return any(isinstance(act, Reply) and rights.says_program(act.text) for act in self.taken)

    def _may_say_agreed(self, task: Task, text: str) -> bool:
        """A result was taken in this turn or stands, or the owner says so. What was agreed about another matter lets
        only that be said."""
        if task.id in self.world.parts:
            # One person's yes among several agrees nothing: when everybody has said it, code tells them.
            return guard.says_accepted(self._wishes(task))
        if guard.says_accepted(map(_without_quotes, self._wishes(task))):
            return True
        taken = {act.task_id: act.result for act in self.taken if isinstance(act, Settle)}
        taken |= {act.task_id: self.world.first[act.task_id] for act in self.taken if isinstance(act, LeaveIt)}
        if task.id not in taken and self._is_refused(task):
            return False
        stands = (*self.world.settled, *(one for one in self.world.tasks if one.is_taken_on))
        agreed = {one.id: one.result for one in stands if one.result is not None} | taken
        if task.id not in agreed:
            # What is being moved stands until then, and may be said to.
            first = list(self.world.first.values())
            return agreements.speaks_of(text, list(agreed.values()), self.today, moved=first)
        # The tool takes any of their tasks' numbers: which matter it is, the words tell.
        is_alone = all(one.id in agreed for one in self.world.tasks)
        return is_alone or not agreements.speaks_of_another(text, list(agreed.values()), self.today)

    def _is_refused(self, task: Task) -> bool:
        """Did a result come that waits for the owner, or was not taken? What was agreed before is not what "agreed"
        would be taken for then."""
        refused = (AskAboutResult, OfferRefused)
        return any(isinstance(act, refused) and act.task_id == task.id for act in self.taken) or any(
            question.payload.get("result") for question in desk.open_questions(task.id)
        )

    def _wishes(self, task: Task) -> list[str]:
        """What the owner wants said about this task, now and earlier."""
        return [
            *(note.text for note in self.world.instructions if note.task_id == task.id),
            *(note.text for note in self.world.notes if note.task_id == task.id and note.kind == "instruction"),
        ]

    def _known(self, task: Task) -> Known:
        private, elsewhere = self._private
        return Known(
            told=[
                self.owner_name,
                *texts(task.context),
                *(line.text for line in self.world.read if line.speaker != "contact"),
                *self._wishes(task),
            ],
            heard=[self.world.contact.name, *(line.known for line in self.world.read if line.speaker == "contact")],
            private=private,
            elsewhere=elsewhere,
            owner_name=self.owner_name,
        )

    @cached_property
    def _private(self) -> tuple[list[str], list[str]]:
        """The private notes of this contact's tasks, and what was written for or about others: read once a turn."""
        user_id = self.world.contact.user_id
        noted = tasks.private_notes(NOTES_LOOKED_AT)
        own = [task.private_notes for task in self.world.tasks if task.private_notes]
        own += [text for whose, text in noted if whose == user_id]
        others = [text for whose, text in noted if whose != user_id]
        briefs = (context for whose, context in tasks.open_briefs(BRIEFS_LOOKED_AT) if whose != user_id)
        others += [text for context in briefs for text in texts(context)]
        return list(dict.fromkeys(own)), list(dict.fromkeys(others))


def _without_quotes(note: str) -> str:
    """A note of the owner's without the question, or the result, that it answers: those are the contact's and our
    words, and stand there whether the owner said yes or no."""
    return note if note.startswith(answers.WRITE_THIS) else _QUOTED.sub(" ", note)


def texts(value: object) -> Iterator[str]:
    """Every text and number in a brief, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from texts(part)
