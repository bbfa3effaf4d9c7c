"""Protects a contact who is to be forgotten: no word of theirs, or about them, stays in the database's files."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from userbot.conversation import forgetting, moves
from userbot.people import Contact, Nobody, Several
from userbot.store import busy, conversations, desk, journal, ledger, peers, tasks, usage
from userbot.store.database import close_database, open_database
from userbot.store.journal import Author, Received
from userbot.store.tables import DeskRow, JournalRow, LedgerRow

OWNER, ANNA, BEN = 1000, 2001, 2002
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
# Stands in every text about Anna that this test writes.
WORD = "пирожок"


def say(peer_id: int, message_id: int, text: str, author: Author = "contact", *, reply_to: int | None = None) -> None:
    received = Received(
        peer_id=peer_id, message_id=message_id, author=author, text=text, sent_at=NOW, reply_to=reply_to
    )
    assert journal.record(received, "new", NOW)


def speak(peer_id: int, message_id: int, heard: str, author: Author, *, about: str | None = None) -> None:
    spoken = Received(
        peer_id=peer_id, message_id=message_id, author=author, text="", sent_at=NOW, media="voice", about=about
    )
    assert journal.record(spoken, "new", NOW)
    (entry,) = journal.find(peer_id, [message_id])
    journal.record_heard(entry.id, heard)


def open_task(person: Contact, command_message_id: int, word: str) -> int:
    return moves.open_task(
        person,
        owner_id=OWNER,
        task_type="question",
        context={"question": f"Где {word}?"},
        private_notes=f"не говорить про {word}",
        mandate={"conditions": [word]},
        language="ru",
        command_message_id=command_message_id,
        now=NOW,
    )


def carry_on(task_id: int, person: Contact, word: str) -> None:
    """Everything that a task leaves behind."""
    first = 100 * task_id
    say(person.user_id, first + 1, f"раньше: {word}")
    sent = ledger.queue(person.user_id, "opening", f"вам {word}", NOW, task_id=task_id)
    ledger.start_sending(sent)
    ledger.mark_sent(sent, first + 2, NOW)
    say(person.user_id, first + 3, f"вот {word}")
    speak(person.user_id, first + 4, f"скажу про {word}", "contact", about=f"{word}.ogg")
    speak(OWNER, first + 5, f"секретарь, у {person.first_name} есть {word}", "owner")
    moves.steer(task_id, f"скажи про {word}", NOW)
    conversations.add_note(person.user_id, "did", f"нашёл {word}", NOW, task_id=task_id)
    tasks.change(task_id, who="model", what="noted", now=NOW, details={"text": word}, latest=f"есть {word}")
    desk.add("ask", {"question": f"можно {word}?"}, NOW, task_id=task_id)
    card = ledger.queue(OWNER, "card", f"карточка: {word}", NOW, task_id=task_id)
    tasks.card_posted_as(task_id, card, f"карточка: {word}")
    answer = ledger.queue(OWNER, "answer", f"ответ: {word}", NOW)
    desk.add("said", {"text": f"{person.first_name} принесёт {word}"}, NOW)
    desk.posted_as(DeskRow.select().order_by(DeskRow.id.desc()).first().id, answer)
    ledger.queue(person.user_id, "reply", f"ещё {word}", NOW, task_id=task_id)
    ledger.queue(OWNER, "answer", "✅", NOW, task_id=task_id, file=("meeting.ics", f"SUMMARY:{word}"))
    busy.want_event(task_id, f"{task_id}@x", {"summary": word, "location": f"где {word}"}, NOW)
    usage.record_call("t", person.user_id, NOW, task_id=task_id, model_asked="m", duration_s=1.0, input_tokens=7)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """Two people, and as much about the one as about the other."""
    path = tmp_path / "data" / "userbot.db"
    open_database(path)
    peers.remember_owner(Contact(OWNER, 7, "Олег"))
    anna = Contact(ANNA, 70, "Анна", "Орлова", "anna_o", "79001112233")
    ben = Contact(BEN, 71, "Борис", None, "boris")
    for person, command, word in ((anna, 10, WORD), (ben, 11, "самовар")):
        say(OWNER, command, f". узнай у @{person.username} про {word}", "owner")
        carry_on(open_task(person, command, word), person, word)
    yield path
    close_database()


def everything(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def test_no_word_of_them_stays_in_the_files_and_every_word_of_others_does(database: Path) -> None:
    traces = [WORD, "Орлова", "anna_o", "79001112233", "не говорить"]
    before = everything(database)
    assert all(trace.encode() in before for trace in traces)
    person = peers.contact(ANNA)
    assert person is not None
    own = ("Борис", "самовар", "boris")
    forgetting.forget(person, NOW)
    after = everything(database)
    for trace in traces[:4]:
        assert trace.encode() not in after, trace
    assert all(word.encode() in after for word in own)
    close_database()
    assert WORD.encode() not in everything(database)


def test_what_keeps_messages_from_coming_twice_and_the_cost_stay(database: Path) -> None:
    person = peers.contact(ANNA)
    assert person is not None
    rows = JournalRow.select().count(), LedgerRow.select().count()
    cost = usage.cost_since(NOW, OWNER)
    forgetting.forget(person, NOW)
    assert (JournalRow.select().count(), LedgerRow.select().count()) == rows
    assert ledger.by_message([102])[102].text == "(forgotten)"
    assert usage.cost_since(NOW, OWNER) == cost
    assert not journal.record_edit(ANNA, 103, f"опять {WORD}"), "a sweep does not bring it back"
    assert {task.closed_because for task in tasks.latest(9) if task.user_id == ANNA} == {"stopped"}
    assert [task.user_id for task in tasks.all_open()] == [BEN]


def test_nothing_is_sent_or_read_of_them_afterwards(database: Path) -> None:
    person = peers.contact(ANNA)
    assert person is not None
    sending = ledger.queue(ANNA, "reply", "в пути", NOW)
    ledger.start_sending(sending)
    forgetting.forget(person, NOW)
    assert [row for row in ledger.next_of_each_peer() if row.text == "(forgotten)"] == [], "the mark reaches nobody"
    assert ANNA not in ledger.peers_due()
    assert not tasks.is_of_interest(ANNA, NOW + timedelta(seconds=1), moves.LATELY)
    assert conversations.dialog(ANNA, 20)[0].text == "(forgotten)"
    assert {line.speaker for line in conversations.dialog(ANNA, 20)} == {"assistant"}
    assert all(item.payload == {"text": "(forgotten)"} for item in desk.last_said(9) if "самовар" not in str(item))
    assert [card.task_id for card in tasks.stale_cards() if card.task_id == 1] == []


@pytest.mark.parametrize("query", ["@Anna_O", "+7 900 111-22-33", "2001", "Анна", "орлова анна"])
def test_a_person_is_found_by_every_name_the_database_has(database: Path, query: str) -> None:
    found = forgetting.find_known(query)
    assert isinstance(found, Contact)
    assert found.user_id == ANNA


@pytest.mark.parametrize("query", ["@nobody", "+7 900", "1000", "Олег", "Анн", ""])
def test_nobody_else_is_and_never_the_owner(database: Path, query: str) -> None:
    assert isinstance(forgetting.find_known(query), Nobody)


def test_two_of_one_name_are_not_guessed_between(database: Path) -> None:
    peers.remember(Contact(3000, 1, "Анна"))
    assert isinstance(forgetting.find_known("анна"), Several)
