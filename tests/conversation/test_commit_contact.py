"""Protects invariants 2 and 3: a contact's turn happens whole, or not at all, and only in the world that it read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import peewee
import pytest

from tests.conversation.conftest import AGREED, ANNA, ANSWERED, BORIS, FIRST, Room, everything
from userbot.conversation import contact, moves, takeovers
from userbot.conversation.contact import World
from userbot.conversation.contact_acts import (
    AskAboutResult,
    AskOwner,
    ContactAct,
    Decline,
    NotifyOwner,
    Reply,
    Settle,
    StaySilent,
)
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.store import conversations, desk, journal, ledger, peers, tasks
from userbot.store.database import db
from userbot.store.tables import JournalRow

MEETING, QUESTION = 1, 2


@dataclass
class Scene:
    """Two tasks with Anna under way, a steer for the meeting, two new messages, and the turn that answers them."""

    room: Room
    quoting: int  # says when to meet
    loose: int
    world: World
    acts: Sequence[ContactAct]

    def commit(self) -> bool:
        return commit_contact_turn(self.world, self.acts, "turn", self.room.now)


@pytest.fixture
def scene(room: Room) -> Scene:
    peers.remember(ANNA)
    journal.mark_handled([room.entry(room.writes("давно прочитано")).id], "earlier")
    first = room.going(room.open())
    room.going(room.open_question(), "И ещё: когда будет отчёт?")
    moves.steer(MEETING, "лучше в офисе", room.now)
    quoting = room.writes("давайте в полчетвёртого", reply_to=first)
    loose = room.writes("и про отчёт: а какой?")
    acts: list[ContactAct] = [
        Settle(MEETING, AGREED, (quoting,)),
        Reply(MEETING, "Записала: вторник, 15:30.", quoting),
        NotifyOwner(QUESTION, "Спрашивает, какой отчёт."),
        AskOwner(QUESTION, "Какой отчёт?"),
        Reply(QUESTION, "Уточню и вернусь.", None),
    ]
    return Scene(room, quoting, loose, room.world(), acts)


# --- a whole turn ---------------------------------------------------------------------------------------------------


def test_a_turn_happens_whole(scene: Scene) -> None:
    room = scene.room
    assert scene.commit()
    assert journal.waiting(ANNA.user_id, "new") == []
    assert conversations.new_instructions(ANNA.user_id) == []
    meeting, question = room.task(MEETING), room.task(QUESTION)
    assert (meeting.status, meeting.closed_because, meeting.result) == ("completed", "agreed", AGREED)
    assert (meeting.evidence, meeting.waiting_for) == ((scene.quoting,), None)
    assert (question.status, question.waiting_for) == ("in_progress", "owner")
    assert question.latest == "Спрашивает, какой отчёт."
    assert [(row.text, row.task_id, row.reply_to, row.purpose) for row in room.queued()] == [
        ("Записала: вторник, 15:30.", MEETING, scene.quoting, "reply"),
        # It answers the message before, and another one came since: so it quotes it.
        ("Уточню и вернусь.", QUESTION, scene.loose, "reply"),
    ]
    (asked,) = desk.open_questions(QUESTION)
    assert (asked.kind, asked.payload) == ("ask", {"question": "Какой отчёт?"})
    assert {card.task_id for card in tasks.stale_cards()} == {MEETING, QUESTION}


def test_a_turn_commits_once(scene: Scene) -> None:
    assert scene.commit()
    before = everything()
    assert not scene.commit()
    assert everything() == before


def test_every_row_says_which_turn_made_it(scene: Scene) -> None:
    scene.commit()
    for table in ("journal", "ledger", "conversation_note"):
        rows = db.execute_sql(f"SELECT turn_id FROM {table} WHERE turn_id IS NOT NULL").fetchall()  # type: ignore[no-untyped-call] # noqa: S608
        assert {turn_id for (turn_id,) in rows} - {"earlier"} == {"turn"}


# --- all or nothing -------------------------------------------------------------------------------------------------

WRITES = [
    "UPDATE ON journal",
    "UPDATE ON conversation_task",
    "INSERT ON task_event",
    "UPDATE ON card",
    "INSERT ON ledger",
    "INSERT ON desk_item",
    "INSERT ON conversation_note",
    "UPDATE ON conversation_note",
]


@pytest.mark.parametrize("write", WRITES)
def test_a_turn_that_fails_at_any_write_leaves_nothing_and_can_run_again(scene: Scene, write: str) -> None:
    """Invariant 2. The database itself fails, as on a full disk."""
    before = everything()
    db.execute_sql(f"CREATE TEMP TRIGGER full_disk BEFORE {write} BEGIN SELECT RAISE(ABORT, 'disk full'); END")  # type: ignore[no-untyped-call]
    with pytest.raises(peewee.IntegrityError, match="disk full"):
        scene.commit()
    db.execute_sql("DROP TRIGGER full_disk")  # type: ignore[no-untyped-call]
    assert everything() == before
    assert scene.commit()


@pytest.mark.parametrize(
    "bad", [AskOwner(404, "?"), Settle(MEETING, {"time": object()}, (1,))], ids=["no such task", "no JSON"]
)
def test_an_act_that_cannot_be_carried_out_takes_the_whole_turn_with_it(scene: Scene, bad: ContactAct) -> None:
    before = everything()
    scene.acts = [Reply(QUESTION, "Уточню.", None), NotifyOwner(QUESTION, "ждём"), bad]
    with pytest.raises((peewee.IntegrityError, TypeError)):
        scene.commit()
    assert everything() == before


# --- the world still stands, or not ---------------------------------------------------------------------------------


def take_over(room: Room) -> None:
    room.owner_writes("Я сам отвечу")
    takeovers.settle_outgoing(ANNA.user_id, room.now)


CHANGES: dict[str, Callable[[Room], object]] = {
    "a new message": lambda room: room.writes("нет, лучше в пять"),
    "an edit": lambda room: journal.record_edit(ANNA.user_id, room.last_id, "забудьте"),
    "an edit of an old message": lambda room: journal.record_edit(ANNA.user_id, 101, "иначе"),
    "a deletion": lambda room: journal.record_deletion([room.last_id]),
    "a stop": lambda room: moves.stop(MEETING, room.now),
    "a stop of the other task": lambda room: moves.stop(QUESTION, room.now),
    "a pause": lambda room: moves.pause(MEETING, room.now),
    "a pause of the other task": lambda room: moves.pause(QUESTION, room.now),
    "a pause taken back": lambda room: (moves.pause(MEETING, room.now), moves.resume(MEETING, room.now)),
    "a takeover": take_over,
    "a message that may be the owner's": lambda room: room.owner_writes("Я сам"),
    "a steer": lambda room: moves.steer(MEETING, "только не в офисе", room.now),
    "other limits": lambda room: moves.steer(MEETING, "час дня", room.now, mandate={"duration_minutes": 30}),
    "another task": lambda room: room.open_question(),
    "a contact who cannot be reached": lambda room: moves.undeliverable(
        room.row(room.queue(QUESTION)), room.now, "USER_IS_BLOCKED"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_turn_whose_world_has_changed_is_dropped_whole(scene: Scene, change: str) -> None:
    """Invariant 3: it runs again on what is true then."""
    CHANGES[change](scene.room)
    before = everything()
    assert not scene.commit()
    assert everything() == before


ELSEWHERE: dict[str, Callable[[Room], object]] = {
    "another contact writes": lambda room: room.writes("привет", BORIS),
    "another contact's task": lambda room: room.open(BORIS),
    "a command": lambda room: room.command(". привет"),
    "trouble with the model": lambda room: tasks.set_trouble(MEETING, "model_down"),
    "a card is drawn": lambda room: tasks.card_shown(MEETING, "карточка", 1),
    "our message arrives": lambda room: room.deliver(room.queue(QUESTION)),
    "a message delivered again": lambda room: journal.record(
        journal.Received(peer_id=ANNA.user_id, message_id=room.last_id, author="contact", text="?", sent_at=room.now),
        "new",
        room.now,
    ),
    "a reaction": lambda room: journal.record_edit(ANNA.user_id, room.last_id, "и про отчёт: а какой?"),
    "an old message is read": lambda room: room.said_before("год назад"),
}


@pytest.mark.parametrize("change", ELSEWHERE)
def test_what_is_none_of_its_world_does_not_drop_a_turn(scene: Scene, change: str) -> None:
    """A busy account would otherwise never come to answer anybody."""
    peers.remember(BORIS)
    ELSEWHERE[change](scene.room)
    assert scene.commit()


def test_a_turn_that_was_dropped_runs_again_on_what_is_true_now(scene: Scene) -> None:
    newer = scene.room.writes("нет, лучше в пять")
    assert not scene.commit()
    world = scene.room.world()
    assert [entry.message_id for entry in world.new] == [scene.quoting, scene.loose, newer]
    assert [note.text for note in world.instructions] == ["лучше в офисе"]


# --- what the messages are kept as belonging to ---------------------------------------------------------------------


def kept(message_id: int) -> tuple[int | None, str | None]:
    row = JournalRow.get(JournalRow.message_id == message_id)
    return row.task_id, row.matched_by


def test_a_match_by_code_is_recorded_before_any_pick(scene: Scene) -> None:
    scene.acts = [Settle(QUESTION, ANSWERED, (scene.loose,)), Reply(QUESTION, "Спасибо!", None)]
    assert scene.commit()
    assert kept(scene.quoting) == (MEETING, "quote")
    assert kept(scene.loose) == (QUESTION, "model")


def test_acts_about_one_task_are_the_models_pick(scene: Scene) -> None:
    scene.acts = [Reply(QUESTION, "Уточню.", None)]
    assert scene.commit()
    assert kept(scene.loose) == (QUESTION, "model")
    assert [event.what for event in tasks.events(QUESTION)][-2:] == ["contact_wrote", "answered"]


@pytest.mark.parametrize(
    "acts",
    [[Reply(QUESTION, "Уточню.", None), Reply(MEETING, "Хорошо.", None)], [StaySilent("нечего сказать")]],
    ids=["both", "none"],
)
def test_what_nobody_picked_belongs_to_no_task(scene: Scene, acts: list[ContactAct]) -> None:
    scene.acts = acts
    assert scene.commit()
    assert kept(scene.loose) == (None, None)
    assert scene.room.entry(scene.loose).state == "handled"


# --- each act -------------------------------------------------------------------------------------------------------


def turn(room: Room, *acts: ContactAct) -> None:
    assert commit_contact_turn(room.world(), acts, "turn", room.now)


def test_the_first_message_is_an_opening_and_the_rest_are_replies(room: Room) -> None:
    task_id = room.open()
    turn(room, Reply(task_id, FIRST, None), Reply(task_id, "Или в 17:00?", None))
    assert [row.purpose for row in room.queued()] == ["opening", "reply"]
    assert room.task(task_id).status == "pending"
    assert contact.look(ANNA.user_id, 20) is None
    room.deliver(room.queued()[0].id)
    assert room.task(task_id).status == "in_progress"


def test_two_tasks_have_each_their_own_opening(room: Room) -> None:
    first, second = room.open(), room.open_question()
    turn(room, Reply(first, FIRST, None), Reply(second, "И когда отчёт?", None))
    assert [(row.task_id, row.purpose) for row in room.queued()] == [(first, "opening"), (second, "opening")]


def test_a_long_message_goes_in_parts_of_which_the_first_quotes(room: Room) -> None:
    room.going(room.open())
    message = room.writes("?")
    turn(room, Reply(1, "слово " * 1000, message))
    parts = room.queued()
    assert [row.reply_to for row in parts] == [message, None]
    assert " ".join(row.text for row in parts).split() == ["слово"] * 1000


def test_a_refusal_ends_the_task_and_the_owner_reads_why(room: Room) -> None:
    """Whatever the order: a closed task takes no note any more."""
    task_id = room.open()
    room.going(task_id)
    message = room.writes("Нет, я уезжаю до мая")
    turn(room, Decline(task_id, (message,)), NotifyOwner(task_id, "Уехала до мая."), Reply(task_id, "Жаль!", None))
    task = room.task(task_id)
    assert (task.status, task.closed_because, task.result) == ("cancelled", "declined", None)
    assert (task.evidence, task.latest) == ((message,), "Уехала до мая.")
    assert [row.text for row in room.queued()] == ["Жаль!"]


def test_a_result_outside_the_mandate_waits_for_the_owner_and_agrees_to_nothing(room: Room) -> None:
    """Invariant 8."""
    task_id = room.open()
    room.going(task_id)
    message = room.writes("Только в среду")
    result = {**AGREED, "date": "2026-11-25", "weekday": "wed"}
    turn(room, AskAboutResult(task_id, result, ("other_day",), (message,)))
    task = room.task(task_id)
    assert (task.status, task.result, task.waiting_for) == ("in_progress", None, "owner")
    (question,) = desk.open_questions(task_id)
    assert question.payload == {"result": result, "reasons": ["other_day"], "evidence": [message]}


def test_the_same_question_stands_on_the_desk_once(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    for _ in range(2):
        room.writes("Ну так что?")
        turn(room, AskOwner(task_id, "Сколько это стоит?"), AskOwner(task_id, "Сколько это стоит?"))
    assert len(desk.open_questions(task_id)) == 1


def test_an_agreement_takes_back_what_was_still_asked(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    room.writes("Только в среду")
    turn(room, AskOwner(task_id, "Можно в среду?"))
    message = room.writes("А, нет, давайте завтра в полчетвёртого")
    turn(room, Settle(task_id, AGREED, (message,)))
    assert desk.open_questions(task_id) == []
    assert room.task(task_id).waiting_for is None


def test_silence_is_recorded_with_its_reason_and_sends_nothing(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    room.writes("👍")
    turn(room, StaySilent("просто палец вверх"))
    assert room.queued() == []
    assert [(event.what, event.details) for event in tasks.events(task_id)][-2:] == [
        ("contact_wrote", None),
        ("stayed_silent", {"reason": "просто палец вверх"}),
    ]


def test_the_next_turn_reads_what_this_one_did(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    room.writes("Сколько это стоит?")
    turn(room, AskOwner(task_id, "Сколько это стоит?"))
    room.writes("Ну?")
    assert "asked the owner: Сколько это стоит?" in room.prompt()
    assert ledger.of_task(task_id, "question") == []
