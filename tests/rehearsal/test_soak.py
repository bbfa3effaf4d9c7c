"""Protects the soak's own arithmetic: that it counts what it says, and that its dice fall alike for one seed."""

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from userbot.rehearsal.soak.people import Cast, make_cast
from userbot.rehearsal.soak.score import Score, count
from userbot.rehearsal.telegram import TelegramServer
from userbot.rehearsal.telegram.world import World


def cast_of(seed: int, world: World | None = None) -> Cast:
    return make_cast(world or World(), 5, 23, random.Random(seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everybody_says_their_share_and_ends_each_topic_last(seed: int) -> None:
    cast = cast_of(seed)
    assert sum(len(person.lines) for person in cast.people) == 23
    for person in cast.people:
        assert person.lines[-1].is_last
        assert [line.topic for line in person.lines if line.is_last] == list(person.topics)
        for topic in person.topics:
            about = [line.is_last for line in person.lines if line.topic is topic]
            assert about == [False] * (len(about) - 1) + [True], "nothing is said about a topic after its result"
    assert [p.lines for p in cast.people] == [p.lines for p in cast_of(seed).people]


class Aftermath:
    """A soak that has been played well, to be spoilt."""

    def __init__(self, folder: Path) -> None:
        self.server = TelegramServer()
        self.cast = cast_of(1, self.server.world)
        self.database = folder / "userbot.db"
        with closing(sqlite3.connect(self.database)) as file, file:
            file.execute(
                "CREATE TABLE conversation_task"
                " (id INTEGER PRIMARY KEY, user_id, context, status, paused, result, evidence)"
            )
            for person in self.cast.people:
                for topic in person.topics:
                    self.write(person.account.id, topic.opening)
                for line in person.lines:
                    said = self.server.world.send(person.account, self.cast.owner, line.text)
                    self.write(person.account.id, f"принято {line.number} ({line.topic.token})")
                    if line.is_last:
                        self.settle(file, person.account.id, line.topic.question, line.topic.result, said.twin_id or 0)

    def write(self, user_id: int, text: str) -> None:
        self.server.world.send(self.cast.owner, self.server.world.accounts[user_id], text)

    def settle(self, file: sqlite3.Connection, user_id: int, question: str, result: str, evidence: int) -> None:
        row = (user_id, json.dumps({"question": question}), json.dumps({"answer": result}), json.dumps([evidence]))
        cursor = file.execute(
            "INSERT INTO conversation_task (user_id, context, result, evidence, status)"
            " VALUES (?, ?, ?, ?, 'completed')",
            row,
        )
        self.server.world.send(self.cast.owner, self.cast.owner, f"№ {cursor.lastrowid}\n{result}")

    def change(self, sql: str) -> None:
        with closing(sqlite3.connect(self.database)) as file, file:
            file.execute(sql)

    def score(self) -> Score:
        return count(self.cast, self.server, self.database)


@pytest.fixture
def aftermath(tmp_path: Path) -> Aftermath:
    return Aftermath(tmp_path)


def test_what_went_well_is_clean(aftermath: Aftermath) -> None:
    assert aftermath.score() == Score()


def test_an_answer_that_comes_again_is_doubled(aftermath: Aftermath) -> None:
    someone = aftermath.cast.people[0]
    aftermath.write(someone.account.id, f"принято {someone.lines[0].number} ({someone.lines[0].topic.token})")
    aftermath.write(someone.account.id, someone.topics[0].opening)
    assert len(aftermath.score().doubled) == 2


def test_an_answer_in_another_dialog_is_misattributed(aftermath: Aftermath) -> None:
    someone, other = aftermath.cast.people[:2]
    aftermath.write(someone.account.id, f"принято {other.lines[0].number} ({other.lines[0].topic.token})")
    aftermath.write(someone.account.id, "what nobody is to read")
    assert len(aftermath.score().misattributed) == 2


def test_a_message_without_its_answer_is_lost(aftermath: Aftermath) -> None:
    someone = aftermath.cast.people[0]
    gone = aftermath.server.world.dialog(someone.account, aftermath.cast.owner)[-1]
    aftermath.server.world.delete(someone.account, [gone.id])
    assert aftermath.score().lost == [f"the answer to {someone.lines[-1].number}"]


def test_a_record_that_says_something_else_is_wrong(aftermath: Aftermath) -> None:
    aftermath.change("UPDATE conversation_task SET result = '{}' WHERE id = 1")
    aftermath.change("UPDATE conversation_task SET evidence = '[1]' WHERE id = 2")
    score = aftermath.score()
    assert (len(score.wrong), len(score.misattributed), score.lost, score.doubled) == (1, 1, [], [])
