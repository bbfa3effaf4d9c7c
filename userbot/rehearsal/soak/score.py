"""What came of it: counted from the contacts' own message boxes, Saved Messages, and the program's database file."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from userbot.rehearsal.soak.people import Cast, Person, Topic, handle_of
from userbot.rehearsal.soak.record import Record, TaskRecord, read_record
from userbot.rehearsal.telegram import TelegramServer

_HANDLE = re.compile(r"\d+-\d+(?:/\d+)?")


@dataclass
class Score:
    """Every list names its cases; all of them are to be empty.

    `lost`: a message (as it reads in the end) or a first message that never got its answer, a task never opened, words
    of the owner's that no prompt held, something the owner was not told. `doubled`: something arrived twice.
    `misattributed`: an answer, result or evidence of another task or contact, a text nobody may read, an answer over
    the owner. `wrong`: a task whose record or card does not hold the result its dialog gave last.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    misattributed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.misattributed or self.wrong)

    def count(self, number: int, what: str) -> None:
        """One of each is right."""
        if number == 0:
            self.lost.append(what)
        elif number > 1:
            self.doubled.append(f"{what} ({number} times)")


def count(cast: Cast, server: TelegramServer, database: Path) -> Score:
    score, record = Score(), read_record(database)
    for person in cast.people:
        _count_dialog(score, person, cast, server, _left_to_the_owner(person, record))
        _count_takeovers(score, person, record)
    _count_tasks(score, cast, server, record)
    _count_what_was_said_over_the_owner(score, server, record)
    texts: dict[int, set[str]] = {}
    for request in server.requests_of(cast.owner, "messages.SendMessage"):
        texts.setdefault(request.random_id, set()).add(request.message)
    score.doubled += [f"a random_id stood for {sorted(said)}" for said in texts.values() if len(said) > 1]
    return score


def _count_dialog(score: Score, person: Person, cast: Cast, server: TelegramServer, dropped: set[str]) -> None:
    """Each message is answered once as it reads in the end, and each of its earlier texts at most once; so is one that
    was deleted. `dropped`: answers that were rightly never sent."""
    name = person.account.username
    known = {handle_of(s.line.number, n): s.line.topic.token for s in person.spoken for n in range(s.revision + 1)}
    of_the_owner = {words for takeover in person.takeovers for words in takeover.words}
    openings: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for message in server.world.dialog(person.account, cast.owner):
        if message.out or message.text in of_the_owner:
            continue
        for part in message.text.split("\n"):
            answer = re.fullmatch(r"принято ([\d/, -]+) \((K\d+[AB])\)", part)
            topic = next((topic for topic in person.topics if topic.opening == part), None)
            if topic is not None:
                openings[topic.token] += 1
            elif answer is None:
                score.misattributed.append(f"{name} read {part!r}")
            else:
                for handle in answer[1].split(", "):
                    answers[handle] += 1
                    if known.get(handle) != answer[2]:
                        score.misattributed.append(f"{name} got {part!r}")
    for topic in person.topics:
        score.count(openings[topic.token], f"the first message about {topic.token}")
    for handle in known:
        if answers[handle] > 1:
            score.doubled.append(f"the answer to {handle} ({answers[handle]} times)")
    for said in person.spoken:
        if not (answers[said.handle] or said.is_deleted or said.handle in dropped):
            score.lost.append(f"the answer to {said.handle}")
    score.lost += [f"{line.number} was never said" for line in person.lines[len(person.spoken) :]]


def _left_to_the_owner(person: Person, record: Record) -> set[str]:
    """What the messages held with which a task would have ended, if the owner had not written in the dialog first:
    nothing is handed back where nothing is open. With them go the answers that waited to be sent before them. An end
    that was changed since, and so taken back, gives nothing of that back."""
    ends = {
        handle_of(said.line.number, revision): topic.token
        for topic in person.topics
        if (said := person.end_of(topic))
        for revision in range(said.revision + 1)
    }
    closed = {task.id: task.question for task in record.tasks_with(person.account.id) if task.status == "completed"}
    left: set[str] = set()
    for task_id, question in closed.items():
        waiting: set[str] = set()
        for row in record.to_contacts:
            if row.task_id != task_id:
                continue
            waiting = waiting | set(_HANDLE.findall(row.text)) if row.state == "dropped" else set()
            if any(end in waiting and token in question for end, token in ends.items()):
                left |= waiting
                waiting = set()
    return left


def _count_takeovers(score: Score, person: Person, record: Record) -> None:
    peer_id = person.account.id
    for takeover in person.takeovers:
        for owners_id, words in zip(takeover.owners_ids, takeover.words, strict=True):
            if (peer_id, owners_id) not in record.handled:
                score.lost.append(f"what the owner wrote to {person.account.username}: {words!r}")
        stepped_back = any(
            event.message_id in takeover.owners_ids
            for task in record.tasks_with(peer_id)
            for event in record.events_of(task.id, "took_over")
        )
        if stepped_back:
            unread = set(takeover.words) - takeover.read
            score.lost += [f"no prompt of {person.account.username} held {words!r}" for words in sorted(unread)]


def _count_what_was_said_over_the_owner(score: Score, server: TelegramServer, record: Record) -> None:
    """From the moment a task's dialog is known to be taken over until it is handed back, nothing of it may reach
    Telegram for the first time."""
    first_asked: dict[int, datetime] = {}
    for request in server.requests:
        if request.method == "messages.SendMessage":
            first_asked.setdefault(request.request.random_id, request.at)
    for event in record.events:
        if event.what != "took_over":
            continue
        resumed = [e.at for e in record.events_of(event.task_id, "resumed") if e.id > event.id]
        for row in record.to_contacts:
            asked_at = first_asked.get(row.random_id) if row.task_id == event.task_id else None
            if asked_at is not None and event.at < asked_at and not (resumed and resumed[0] <= asked_at):
                score.misattributed.append(f"task {event.task_id} wrote over the owner: {row.text!r}")


def _count_tasks(score: Score, cast: Cast, server: TelegramServer, record: Record) -> None:
    cards = cards_of(cast, server)
    for person, topic in cast.topics:
        found = [task for task in record.tasks if topic.token in task.question]
        score.count(len(found), f"the task about {topic.token}")
        for task in found:
            _count_result(score, person, topic, task, cast, cards.get(task.id, []))
            _count_what_was_told(score, person, topic, task, cast, server, record)


def _count_result(score: Score, person: Person, topic: Topic, task: TaskRecord, cast: Cast, shown: list[str]) -> None:
    last = person.end_of(topic)
    if task.user_id != person.account.id:
        score.misattributed.append(f"task {task.id} about {topic.token} is with {task.user_id}")
    for message_id in task.evidence:
        message = cast.owner.box.messages.get(message_id)
        is_gone = message is None and last is not None and last.is_deleted
        if last is None or message_id != last.owners_id or not (is_gone or (message and message.text == last.text)):
            score.misattributed.append(f"the evidence of task {task.id} about {topic.token} is {message_id}")
    result = last.result if last else topic.result
    if task.status != "completed" or task.result.get("answer") != result or not task.evidence:
        score.wrong.append(f"task {task.id} is {task.status}, paused {task.paused}: {task.result}, not {result}")
    score.count(len(shown), f"the card of task {task.id}")
    if any(result not in text for text in shown):
        score.wrong.append(f"the card of task {task.id} does not show {result}")


def _count_what_was_told(
    score: Score, person: Person, topic: Topic, task: TaskRecord, cast: Cast, server: TelegramServer, record: Record
) -> None:
    """Of every end that was taken back, or whose message was deleted, the owner reads once."""
    texts = [message.text for message in server.world.dialog(cast.owner, cast.owner)]
    for sign, what, least in (
        ("↩️", "reopened", person.corrected[topic.token]),
        ("🗑", "evidence_deleted", person.withdrawn[topic.token]),
    ):
        happened = len(record.events_of(task.id, what))
        told = sum(text.startswith(sign) and re.search(rf"№\s?{task.id}\b", text) is not None for text in texts)
        if happened < least or told < happened:
            score.lost.append(f"task {task.id} {what}: {least} times or more, noticed {happened}, told {told}")
        elif told > happened:
            score.doubled.append(f"task {task.id} {what}: noticed {happened}, told {told}")


def cards_of(cast: Cast, server: TelegramServer) -> dict[int, list[str]]:
    """The texts in Saved Messages that are a task's card, by task number."""
    found: dict[int, list[str]] = {}
    for message in server.world.dialog(cast.owner, cast.owner):
        if head := re.match(r"№\s?(\d+)", message.text):
            found.setdefault(int(head[1]), []).append(message.text)
    return found
