"""What came of it: counted from the contacts' own message boxes, Saved Messages, and the program's database file."""

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from userbot.rehearsal.soak.people import Cast, Person
from userbot.rehearsal.telegram import TelegramServer


@dataclass
class Score:
    """Every list names its cases; all of them are to be empty.

    `lost`: a message or a first message that never got its answer, a task never opened. `doubled`: something arrived
    twice. `misattributed`: an answer, result or evidence of another task or contact, or a text nobody may read.
    `wrong`: a task whose record or card does not hold the result its dialog gave.
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


@dataclass(frozen=True)
class TaskRecord:
    id: int
    user_id: int
    question: str
    status: str
    paused: str | None
    result: dict[str, object]
    evidence: list[int]


def read_tasks(database: Path) -> list[TaskRecord]:
    """Straight from the file, whatever the program thinks of it."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        rows = file.execute("SELECT id, user_id, context, status, paused, result, evidence FROM conversation_task")
        return [
            TaskRecord(
                row[0], row[1], json.loads(row[2])["question"], row[3], row[4], *map(json.loads, _filled(*row[5:]))
            )
            for row in rows
        ]


def _filled(result: str | None, evidence: str | None) -> tuple[str, str]:
    return result or "{}", evidence or "[]"


def count(cast: Cast, server: TelegramServer, database: Path) -> Score:
    score = Score()
    for person in cast.people:
        _count_dialog(score, person, cast, server)
    _count_tasks(score, cast, server, database)
    texts: dict[int, set[str]] = {}
    for request in server.requests_of(cast.owner, "messages.SendMessage"):
        texts.setdefault(request.random_id, set()).add(request.message)
    score.doubled += [f"a random_id stood for {len(said)} texts" for said in texts.values() if len(said) > 1]
    return score


def _count_dialog(score: Score, person: Person, cast: Cast, server: TelegramServer) -> None:
    name = person.account.username
    lines = {line.number: line for line in person.lines}
    openings: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for message in server.world.dialog(person.account, cast.owner):
        if message.out:
            continue
        for part in message.text.split("\n"):
            answer = re.fullmatch(r"принято ([\d, -]+) \((K\d+[AB])\)", part)
            topic = next((topic for topic in person.topics if topic.opening == part), None)
            if topic is not None:
                openings[topic.token] += 1
            elif answer is None:
                score.misattributed.append(f"{name} read {part!r}")
            else:
                for number in answer[1].split(", "):
                    answers[number] += 1
                    if number not in lines or lines[number].topic.token != answer[2]:
                        score.misattributed.append(f"{name} got {part!r}")
    for topic in person.topics:
        score.count(openings[topic.token], f"the first message about {topic.token}")
    for line in person.lines:
        score.count(answers[line.number], f"the answer to {line.number}")


def _count_tasks(score: Score, cast: Cast, server: TelegramServer, database: Path) -> None:
    records = read_tasks(database)
    cards = cards_of(cast, server)
    for person, topic in cast.topics:
        found = [record for record in records if topic.token in record.question]
        score.count(len(found), f"the task about {topic.token}")
        for record in found:
            last = next(line for line in person.lines if line.topic is topic and line.is_last)
            evidence = [cast.owner.box.messages.get(message_id) for message_id in record.evidence]
            if record.user_id != person.account.id:
                score.misattributed.append(f"task {record.id} about {topic.token} is with {record.user_id}")
            if any(m is None or m.peer_id != person.account.id or m.text != last.text for m in evidence):
                score.misattributed.append(f"the evidence of task {record.id} is not {last.number}")
            if record.status != "completed" or record.result.get("answer") != topic.result or not evidence:
                score.wrong.append(f"task {record.id} is {record.status}, paused {record.paused}: {record.result}")
            shown = cards.get(record.id, [])
            score.count(len(shown), f"the card of task {record.id}")
            if any(topic.result not in text for text in shown):
                score.wrong.append(f"the card of task {record.id} does not show {topic.result}")


def cards_of(cast: Cast, server: TelegramServer) -> dict[int, list[str]]:
    """The texts in Saved Messages that are a task's card, by task number."""
    found: dict[int, list[str]] = {}
    for message in server.world.dialog(cast.owner, cast.owner):
        head = re.search(r"№\s?(\d+)", message.text.split("\n")[0])
        if head and not message.text.startswith("."):
            found.setdefault(int(head[1]), []).append(message.text)
    return found
