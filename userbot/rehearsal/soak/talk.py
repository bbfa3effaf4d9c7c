"""What people do during the soak: the owner asks for tasks, types in dialogs and hands them back; contacts write,
change what they wrote, and delete it."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from userbot.rehearsal.soak.people import Cast, Person, Spoken, Takeover, Topic
from userbot.rehearsal.soak.record import Record, read_record
from userbot.rehearsal.telegram import TelegramServer

PAUSE_S = (0.02, 0.4)
# Tasks are begun during the first part of the soak.
BEGUN_BY = 0.2
# So much of what is to be said by now has to be.
KEEPS_UP = 0.8
# How long the owner keeps a dialog, once the program has stepped back.
KEPT_S = (0.3, 4.0)
# Only what was said last is changed or deleted, as people do.
CHANGED_OF_LAST = 3
CORRECTIONS_MOST = 2


class Talk:
    """`run` ends when everything is said and every dialog is handed back. `done` counts what was done, by kind."""

    def __init__(
        self, server: TelegramServer, cast: Cast, database: Path, dice: random.Random, progress: Callable[[], float]
    ) -> None:
        """`progress`: how much of the soak is over, from 0 to 1: everything is spread over it."""
        self._server = server
        self._cast = cast
        self._database = database
        self._dice = dice
        self._progress = progress
        self._to_ask = list(cast.topics)
        dice.shuffle(self._to_ask)
        self._commands = len(self._to_ask)
        self._messages = sum(len(person.lines) for person in cast.people)
        self._planned = {
            "takeovers": len(cast.people),
            "edits": self._messages // 10,
            "corrections": self._commands // 2,
            "deletions": self._messages // 20,
            "withdrawals": self._commands // 6,
        }
        # When to hand a task back, by the event that took it over; None: done.
        self._hand_back_at: dict[int, float | None] = {}
        self._last_to_speak: Person | None = None
        self._record = Record()
        self.done: Counter[str] = Counter()

    @property
    def said(self) -> int:
        return sum(len(person.spoken) for person in self._cast.people)

    @property
    def is_behind(self) -> bool:
        """Was less said than belongs to this part of the soak? Then people wait for the program more than it is
        killed."""
        return self.said < self._messages * self._progress() * KEEPS_UP

    @property
    def is_over(self) -> bool:
        return (
            not self._to_ask
            and self.said == self._messages
            and self.done["corrections"] >= self._planned["corrections"]
            and all(takeover.is_over for person in self._cast.people for takeover in person.takeovers)
        )

    async def run(self) -> None:
        acts = {
            "takeovers": self._take_over,
            "edits": self._edit,
            "corrections": self._correct,
            "deletions": self._delete,
            "withdrawals": self._withdraw,
        }
        while not self.is_over:
            await asyncio.sleep(self._dice.uniform(*PAUSE_S))
            self._record = read_record(self._database)
            self._hand_back()
            so_far = self._progress()
            if self._to_ask and self._commands - len(self._to_ask) < self._commands * so_far / BEGUN_BY:
                self._ask()
                continue
            due = [kind for kind, planned in self._planned.items() if self.done[kind] < planned * so_far]
            if due and self._dice.random() < 0.5:
                kind = self._dice.choice(due)
                self.done[kind] += acts[kind]()
            elif self.said < self._messages * so_far:
                self._say_something()

    # --- the owner

    def _ask(self) -> None:
        person, topic = self._to_ask.pop()
        self._type(f". спроси у @{person.account.username} про {topic.token}")

    def _type(self, text: str) -> None:
        self._server.world.send(self._cast.owner, self._cast.owner, text)

    def _take_over(self) -> bool:
        """In a dialog that is under way; often right after the contact has written, when a turn is."""
        waiting = {topic.token for _, topic in self._to_ask}
        able = [
            person
            for person in self._cast.people
            if all(takeover.is_over for takeover in person.takeovers)
            and any(topic.token not in waiting and not self._is_settled(person, topic) for topic in person.topics)
        ]
        if not able:
            return False
        person = self._dice.choice(able)
        if self._last_to_speak in able and self._dice.random() < 0.5:
            person = self._last_to_speak
        number = f"{person.account.username}-{len(person.takeovers) + 1}"
        words = tuple(f"пишу сам, {number}-{n}." for n in range(self._dice.choice((1, 1, 2))))
        sent = [self._server.world.send(self._cast.owner, person.account, text) for text in words]
        person.takeovers.append(Takeover(tuple(message.id for message in sent), words))
        return True

    def _hand_back(self) -> None:
        """Once the program has stepped back, and some time after, unless there is nothing to hand back."""
        now = asyncio.get_running_loop().time()
        for person in self._cast.people:
            for takeover in person.takeovers:
                peer_id = person.account.id
                if takeover.is_over or not {(peer_id, one) for one in takeover.owners_ids} <= self._record.handled:
                    continue
                paused = [task for task in self._record.tasks_with(peer_id) if task.paused == "takeover"]
                takeover.is_over = not any(task.status in ("pending", "in_progress") for task in paused)
                for task in paused:
                    event_id = self._record.events_of(task.id, "took_over")[-1].id
                    at = self._hand_back_at.setdefault(event_id, now + self._dice.uniform(*KEPT_S))
                    if at is not None and now >= at:
                        self._hand_back_at[event_id] = None
                        self._type(f".дальше {task.id}")

    # --- contacts

    def _say_something(self) -> None:
        able = [person for person in self._cast.people if self._may_speak(person)]
        if able:
            person = self._last_to_speak = self._dice.choice(able)
            line = person.next_line
            assert line is not None  # noqa: S101  (looked at above)
            said = Spoken(line, 0, 0, line.topic.result)
            sent = self._server.world.send(person.account, self._cast.owner, said.text)
            said.message_id, said.owners_id = sent.id, sent.twin_id or 0
            person.spoken.append(said)

    def _may_speak(self, person: Person) -> bool:
        """Not before they were written to about it; and nobody ends a topic while what they changed in it is
        unanswered, since after the end there is no answer."""
        line = person.next_line
        if line is None:
            return False
        read = self._read_by(person)
        if not any(line.topic.opening in text.split("\n") for text in read):
            return False
        changed = [said for said in person.spoken if said.line.topic is line.topic and said.revision]
        return not line.is_last or all(
            said.is_deleted or any(_answers(text, said.handle) for text in read) for said in changed
        )

    def _read_by(self, person: Person) -> list[str]:
        dialog = self._server.world.dialog(person.account, self._cast.owner)
        return [message.text for message in dialog if not message.out]

    def _edit(self) -> bool:
        """What was said lately about a topic that is not at its end, whether the program has read it or not."""
        return self._change(self._lately_said())

    def _delete(self) -> bool:
        able = self._lately_said()
        if not able:
            return False
        self._take_away(*self._dice.choice(able))
        return True

    def _lately_said(self) -> list[tuple[Person, Spoken]]:
        return [
            (person, said)
            for person in self._cast.people
            for said in person.spoken[-CHANGED_OF_LAST:]
            if not said.is_deleted and person.end_of(said.line.topic) is None
        ]

    def _correct(self) -> bool:
        """The message with the result gets another one, whether the task has ended by it or not."""
        able = [(person, said) for person, said in self._ends() if said.revision < CORRECTIONS_MOST]
        return self._change(able)

    def _withdraw(self) -> bool:
        """The message with the result is deleted, after the task has ended by it."""
        able = [(person, said) for person, said in self._ends() if self._is_settled(person, said.line.topic)]
        if not able:
            return False
        person, said = self._dice.choice(able)
        person.withdrawn[said.line.topic.token] += 1
        self._take_away(person, said)
        return True

    def _ends(self) -> list[tuple[Person, Spoken]]:
        ends = [(person, person.end_of(topic)) for person, topic in self._cast.topics]
        return [(person, said) for person, said in ends if said is not None and not said.is_deleted]

    def _is_settled(self, person: Person, topic: Topic) -> bool:
        """Has the task ended with what its last message says now?"""
        said = person.end_of(topic)
        return said is not None and any(
            topic.token in task.question and task.status == "completed" and task.result.get("answer") == said.result
            for task in self._record.tasks
        )

    def _change(self, able: list[tuple[Person, Spoken]]) -> bool:
        if not able:
            return False
        person, said = self._dice.choice(able)
        if said.line.is_last:
            person.corrected[said.line.topic.token] += self._is_settled(person, said.line.topic)
            said.result = f"{self._dice.randrange(10**6):06}"
        said.revision += 1
        self._server.world.edit(person.account, said.message_id, said.text)
        return True

    def _take_away(self, person: Person, said: Spoken) -> None:
        said.is_deleted = True
        self._server.world.delete(person.account, [said.message_id])


def _answers(text: str, handle: str) -> bool:
    return handle in text.replace(",", "").split()
