"""Protects the soak's own arithmetic: that it counts what it says, and that its dice fall alike for one seed."""

import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from telethon.tl.functions.messages import SendMessageRequest
from telethon.tl.types import InputPeerEmpty

from userbot.rehearsal.soak.people import Cast, Person, Spoken, Takeover, make_cast
from userbot.rehearsal.soak.score import Score, count
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.server import Request
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


NOW = datetime.now(UTC)
SEND = "messages.SendMessage"


class Aftermath:
    """A soak that has been played well, to be spoilt. The first contact changed the message that settled their task,
    and the owner took that dialog over once; the second one deleted theirs after the end."""

    def __init__(self, folder: Path) -> None:
        self.server = TelegramServer()
        self.world = self.server.world
        self.cast = cast_of(1, self.world)
        self.first, self.second = self.cast.people[:2]
        self.database = folder / "userbot.db"
        with closing(sqlite3.connect(self.database)) as file, file:
            file.executescript(
                "CREATE TABLE conversation_task"
                " (id INTEGER PRIMARY KEY, user_id, context, status, paused, result, evidence);"
                "CREATE TABLE task_event (id INTEGER PRIMARY KEY, task_id, what, at, message_id);"
                "CREATE TABLE ledger (peer_id, task_id, random_id, state, text, purpose);"
                "CREATE TABLE journal (peer_id, message_id, author, state);"
            )
        for person in self.cast.people:
            for topic in person.topics:
                self.write(person, topic.opening)
            for line in person.lines:
                said = Spoken(line, 0, 0, line.topic.result)
                sent = self.world.send(person.account, self.cast.owner, said.text)
                said.message_id, said.owners_id = sent.id, sent.twin_id or 0
                person.spoken.append(said)
                self.answer(person, said)
        for person in self.cast.people:
            for said in person.spoken:
                if said.line.is_last:
                    self.settle(person, said)
        self.end = self.first.spoken[-1]
        self.correct(self.end)
        self.take_over()
        self.withdraw(self.second.spoken[-1])

    def write(self, person: Person, text: str) -> int:
        return self.world.send(self.cast.owner, person.account, text).id

    def answer(self, person: Person, said: Spoken) -> None:
        self.write(person, f"принято {said.handle} ({said.line.topic.token})")

    def tell(self, text: str) -> None:
        self.world.send(self.cast.owner, self.cast.owner, text)

    def settle(self, person: Person, said: Spoken) -> None:
        task_id = self.change(
            "INSERT INTO conversation_task (user_id, context, result, evidence, status)"
            " VALUES (?, ?, ?, ?, 'completed')",
            person.account.id,
            json.dumps({"question": said.line.topic.question}),
            json.dumps({"answer": said.result}),
            json.dumps([said.owners_id]),
        )
        self.tell(f"№ {task_id}\n{said.result}")

    def correct(self, said: Spoken) -> None:
        before, said.result, said.revision = said.result, "another", 1
        self.world.edit(self.first.account, said.message_id, said.text)
        self.first.corrected[said.line.topic.token] += 1
        self.event(1, "reopened", said.owners_id)
        self.tell("↩️ № 1")
        self.change("UPDATE conversation_task SET result = ? WHERE id = 1", json.dumps({"answer": said.result}))
        (card,) = [m for m in self.world.dialog(self.cast.owner, self.cast.owner) if m.text == f"№ 1\n{before}"]
        self.world.edit(self.cast.owner, card.id, f"№ 1\n{said.result}")
        self.answer(self.first, said)

    def take_over(self) -> None:
        words = "I write myself"
        owners_id = self.write(self.first, words)
        self.takeover = Takeover((owners_id,), (words,), read={words}, is_over=True)
        self.first.takeovers.append(self.takeover)
        self.change("INSERT INTO journal VALUES (?, ?, 'owner', 'handled')", self.first.account.id, owners_id)
        self.event(1, "took_over", owners_id, NOW - timedelta(seconds=100))
        self.event(1, "resumed", None, NOW - timedelta(seconds=50))

    def withdraw(self, said: Spoken) -> None:
        said.is_deleted = True
        self.world.delete(self.second.account, [said.message_id])
        self.second.withdrawn[said.line.topic.token] += 1
        self.event(2, "evidence_deleted", said.owners_id)
        self.tell("🗑 № 2")

    def event(self, task_id: int, what: str, message_id: int | None, at: datetime = NOW) -> None:
        sql = "INSERT INTO task_event (task_id, what, at, message_id) VALUES (?, ?, ?, ?)"
        self.change(sql, task_id, what, at.isoformat(), message_id)

    def send(self, random_id: int, ago_s: float) -> None:
        """A message of task 1, asked to be sent for the first time so many seconds ago."""
        self.change(
            "INSERT INTO ledger VALUES (?, 1, ?, 'sent', 'over you', 'reply')", self.first.account.id, random_id
        )
        request = SendMessageRequest(InputPeerEmpty(), "over you", random_id=random_id)
        session = self.server.session_of_key(1)
        at = NOW - timedelta(seconds=ago_s)
        self.server.requests.append(Request(None, SEND, request, 0.0, session, at))

    def change(self, sql: str, *values: object) -> int | None:
        with closing(sqlite3.connect(self.database)) as file, file:
            return file.execute(sql, values).lastrowid

    def erase(self, viewer: Account, text: str) -> None:
        """From the owner's dialog with `viewer`."""
        dialog = self.world.dialog(viewer, self.cast.owner)
        self.world.delete(viewer, [message.id for message in dialog if message.text == text])

    def score(self) -> Score:
        return count(self.cast, self.server, self.database)


@pytest.fixture
def aftermath(tmp_path: Path) -> Aftermath:
    return Aftermath(tmp_path)


def test_what_went_well_is_clean(aftermath: Aftermath) -> None:
    assert aftermath.score() == Score()


def test_an_answer_that_comes_again_is_doubled(aftermath: Aftermath) -> None:
    aftermath.answer(aftermath.first, aftermath.first.spoken[0])
    aftermath.answer(aftermath.first, aftermath.end)
    aftermath.write(aftermath.first, aftermath.first.topics[0].opening)
    assert len(aftermath.score().doubled) == 3


def test_an_answer_in_another_dialog_is_misattributed(aftermath: Aftermath) -> None:
    aftermath.answer(aftermath.first, aftermath.second.spoken[0])
    aftermath.write(aftermath.first, "what nobody is to read")
    assert len(aftermath.score().misattributed) == 2


def test_a_message_without_its_answer_is_lost(aftermath: Aftermath) -> None:
    """As it reads in the end: what a text was before is nobody's to wait for."""
    end = aftermath.end
    aftermath.erase(aftermath.first.account, f"принято {end.line.number} ({end.line.topic.token})")
    assert aftermath.score() == Score()
    aftermath.erase(aftermath.first.account, f"принято {end.handle} ({end.line.topic.token})")
    assert aftermath.score().lost == [f"the answer to {end.handle}"]


def test_a_deleted_message_is_not_waited_for_and_one_never_said_is_lost(aftermath: Aftermath) -> None:
    gone = aftermath.second.spoken[-1]
    aftermath.erase(aftermath.second.account, f"принято {gone.handle} ({gone.line.topic.token})")
    assert aftermath.score() == Score()
    aftermath.second.spoken.pop(0)
    assert len(aftermath.score().lost) == 1


def test_last_words_dropped_because_the_owner_wrote_first_are_not_lost_and_others_are(aftermath: Aftermath) -> None:
    end, other = aftermath.end, aftermath.first.spoken[0]
    dropped = f"принято {end.handle} ({end.line.topic.token})"
    aftermath.erase(aftermath.first.account, dropped)
    sql = "INSERT INTO ledger VALUES (?, 1, 1, 'dropped', ?, 'reply')"
    aftermath.change(sql, aftermath.first.account.id, dropped)
    assert aftermath.score() == Score()
    dropped = f"принято {other.handle} ({other.line.topic.token})"
    aftermath.erase(aftermath.first.account, dropped)
    aftermath.change(sql, aftermath.first.account.id, dropped)
    assert aftermath.score().lost == [f"the answer to {other.handle}"]


def test_what_waited_to_be_sent_before_the_last_words_goes_with_them(aftermath: Aftermath) -> None:
    for said in (aftermath.first.spoken[0], aftermath.end):
        dropped = f"принято {said.handle} ({said.line.topic.token})"
        aftermath.erase(aftermath.first.account, dropped)
        sql = "INSERT INTO ledger VALUES (?, 1, 1, 'dropped', ?, 'reply')"
        aftermath.change(sql, aftermath.first.account.id, dropped)
    assert aftermath.score() == Score()


def test_what_went_with_the_last_words_is_not_wanted_back_when_those_are_changed_later(aftermath: Aftermath) -> None:
    """The owner wrote before they went out; then another text of theirs opened the task again."""
    first, end = aftermath.first.spoken[0], aftermath.end
    assert end.revision == 1
    for handle, token in ((first.handle, first.line.topic.token), (end.line.number, end.line.topic.token)):
        dropped = f"принято {handle} ({token})"
        aftermath.erase(aftermath.first.account, dropped)
        sql = "INSERT INTO ledger VALUES (?, 1, 1, 'dropped', ?, 'reply')"
        aftermath.change(sql, aftermath.first.account.id, dropped)
    assert aftermath.score() == Score()


def test_a_record_that_says_something_else_is_wrong(aftermath: Aftermath) -> None:
    aftermath.change("UPDATE conversation_task SET result = '{}' WHERE id = 1")
    aftermath.change("UPDATE conversation_task SET evidence = '[1]' WHERE id = 2")
    score = aftermath.score()
    assert (len(score.wrong), len(score.misattributed), score.lost, score.doubled) == (1, 1, [], [])


def test_a_result_that_was_corrected_since_is_wrong(aftermath: Aftermath) -> None:
    aftermath.end.result = "yet another"
    aftermath.world.edit(aftermath.first.account, aftermath.end.message_id, aftermath.end.text)
    assert len(aftermath.score().wrong) == 2, "in the record, and on the card"


def test_what_is_written_while_the_owner_has_the_dialog_is_misattributed(aftermath: Aftermath) -> None:
    aftermath.send(1, ago_s=110)
    aftermath.send(2, ago_s=40)
    # A try before the owner wrote may have gone through: it must be made again.
    aftermath.send(1, ago_s=70)
    assert aftermath.score() == Score()
    aftermath.send(3, ago_s=70)
    assert len(aftermath.score().misattributed) == 1


def test_words_of_the_owners_that_were_not_taken_in_or_that_no_prompt_held_are_lost(aftermath: Aftermath) -> None:
    aftermath.takeover.read.clear()
    assert len(aftermath.score().lost) == 1
    aftermath.change("DELETE FROM journal")
    assert len(aftermath.score().lost) == 2


def test_what_the_owner_was_not_told_is_lost_and_told_twice_is_doubled(aftermath: Aftermath) -> None:
    aftermath.tell("↩️ № 1")
    aftermath.erase(aftermath.cast.owner, "🗑 № 2")
    score = aftermath.score()
    assert (len(score.doubled), len(score.lost)) == (1, 1)
    aftermath.change("DELETE FROM task_event WHERE what = 'reopened'")
    assert len(aftermath.score().lost) == 2
