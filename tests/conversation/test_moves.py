"""Protects what commands, deliveries and the owner's own typing do to tasks: at once, and without any model."""

import pytest

from tests.conversation.conftest import AGREED, ANNA, BORIS, Room, everything
from userbot.conversation import contact, moves, reopening, takeovers
from userbot.people import Contact
from userbot.store import conversations, desk, journal, ledger, peers, tasks
from userbot.tasks.lifecycle import AFTER_CLOSING, Change


@pytest.fixture
def going(room: Room) -> Room:
    """Task 1 with Anna is under way; task 2 with her is not begun; task 3 is with Boris."""
    room.going(room.open())
    room.open_question()
    room.open(BORIS)
    return room


def whats(task_id: int) -> list[str]:
    return [event.what for event in tasks.events(task_id)]


# --- move -----------------------------------------------------------------------------------------------------------


def test_a_change_that_cannot_happen_does_nothing(going: Room) -> None:
    moves.stop(1, going.now)
    before = everything()
    for what in Change:
        if what not in AFTER_CLOSING and what is not Change.STOP_UNDONE:
            assert not moves.move(1, what, who="owner", now=going.now)
    assert not moves.move(404, Change.STOPPED, who="owner", now=going.now)
    assert everything() == before


def test_a_task_that_ends_takes_its_questions_and_its_trouble_with_it(going: Room) -> None:
    for task_id in (1, 2):
        desk.add("ask", {"question": "?"}, going.now, task_id=task_id)
    tasks.set_trouble(1, "model_down")
    moves.move(1, Change.AGREED, who="model", now=going.now, result=AGREED)
    assert desk.open_questions(1) == []
    assert len(desk.open_questions(2)) == 1
    assert going.task(1).trouble is None


# --- stop, pause, resume --------------------------------------------------------------------------------------------


def test_stop_drops_what_waits_voids_what_is_asked_and_ends_the_task(going: Room) -> None:
    """Invariant 12."""
    under_way = going.queue(1, text="раз")
    ledger.start_sending(under_way)
    waiting = going.queue(1, text="два")
    others = [going.queue(2, "opening"), going.queue(3, "opening")]
    desk.add("ask", {"question": "?"}, going.now, task_id=1)
    assert moves.stop(1, going.now, message_id=500)
    task = going.task(1)
    assert (task.status, task.closed_because, task.waiting_for) == ("cancelled", "stopped", None)
    assert [going.row(one).state for one in (under_way, waiting)] == ["sending", "dropped"]
    assert {going.row(one).state for one in others} == {"queued"}
    assert desk.open_questions(1) == []
    assert (tasks.events(1)[-1].who, tasks.events(1)[-1].message_id) == ("owner", 500)
    assert not moves.stop(1, going.now)


def test_stop_leaves_the_last_word_of_a_task_that_was_agreed(going: Room) -> None:
    confirmation = going.queue(1, text="Записала!")
    moves.move(1, Change.AGREED, who="model", now=going.now, result=AGREED)
    assert not moves.stop(1, going.now)
    assert going.row(confirmation).state == "queued"


def test_pause_holds_back_even_what_is_written_already(going: Room) -> None:
    """A message that waits for a flood wait of an hour must not go out in the middle of a pause."""
    waiting = going.queue(1)
    other = going.queue(2, "opening")
    assert moves.pause(1, going.now)
    assert (going.task(1).paused, going.row(waiting).state, going.row(other).state) == ("owner", "dropped", "queued")


def test_resume_hands_the_task_back_and_says_so_to_its_conversation(going: Room) -> None:
    moves.pause(1, going.now)
    assert moves.resume(1, going.now)
    assert going.task(1).paused is None
    (note,) = conversations.new_instructions(ANNA.user_id)
    assert (note.task_id, "handed this task back" in note.text) == (1, True)
    assert not moves.resume(1, going.now)


def test_a_task_that_was_resumed_is_not_resumed_by_its_end(going: Room) -> None:
    moves.pause(1, going.now)
    moves.stop(1, going.now)
    assert not moves.resume(1, going.now)
    assert conversations.new_instructions(ANNA.user_id) == []


# --- steer ----------------------------------------------------------------------------------------------------------


def test_a_steer_is_an_instruction_and_the_answer_to_what_was_asked(going: Room) -> None:
    desk.add("ask", {"question": "?"}, going.now, task_id=1)
    moves.move(1, Change.ASKED_OWNER, who="model", now=going.now)
    limits = going.task(1).mandate
    revision = going.task(1).revision
    assert moves.steer(1, "предложи пятницу", going.now)
    task = going.task(1)
    assert (task.waiting_for, task.mandate, task.revision) == ("contact", limits, revision + 1)
    assert desk.open_questions(1) == []
    assert [note.text for note in conversations.new_instructions(ANNA.user_id)] == ["предложи пятницу"]


def test_a_steer_does_not_end_a_pause(going: Room) -> None:
    moves.pause(1, going.now)
    assert moves.steer(1, "предложи пятницу", going.now)
    assert going.task(1).paused == "owner"


def test_a_closed_or_unknown_task_is_not_steered(going: Room) -> None:
    moves.stop(1, going.now)
    before = everything()
    assert not moves.steer(1, "ещё раз", going.now)
    assert not moves.steer(404, "ещё раз", going.now)
    assert everything() == before


# --- who wrote it? --------------------------------------------------------------------------------------------------


def test_what_the_owner_types_in_the_dialog_takes_every_task_there_over(going: Room) -> None:
    """Invariant 5."""
    waiting = going.queue(2, "opening")
    others = going.queue(3, "opening")
    message = going.owner_writes("Аня, я сам")
    assert takeovers.settle_outgoing(ANNA.user_id, going.now)
    assert [going.task(number).paused for number in (1, 2, 3)] == ["takeover", "takeover", None]
    assert (going.row(waiting).state, going.row(others).state) == ("dropped", "queued")
    event = tasks.events(1)[-1]
    assert (event.who, event.what, event.message_id) == ("owner", "took_over", message)
    said = conversations.dialog(ANNA.user_id, 5)[-1]
    assert (said.speaker, said.text) == ("owner", "Аня, я сам")
    assert contact.look(ANNA.user_id, 20) is None
    assert not takeovers.settle_outgoing(ANNA.user_id, going.now)


def test_our_own_message_is_no_takeover(going: Room) -> None:
    """It may come as an update before we know its id."""
    row = going.queue(1)
    ledger.start_sending(row)
    message = going.owner_writes("Хорошо.")
    ledger.learn_message_id(going.row(row).random_id, message, going.now)
    assert not takeovers.settle_outgoing(ANNA.user_id, going.now)
    assert journal.find(ANNA.user_id, [message]) == []
    assert going.task(1).paused is None


def test_while_a_send_is_unresolved_the_question_stays_open(going: Room) -> None:
    """Either answer could be wrong: the program pausing on its own words, or talking over its owner."""
    row = going.queue(1)
    ledger.start_sending(row)
    message = going.owner_writes("Хорошо.")
    assert not takeovers.settle_outgoing(ANNA.user_id, going.now)
    assert going.entry(message).state == "held"
    assert going.task(1).paused is None
    ledger.mark_sent(row, message + 1, going.now)
    assert takeovers.settle_outgoing(ANNA.user_id, going.now)
    assert going.task(1).paused == "takeover"


def test_a_send_to_somebody_else_holds_nothing_up(going: Room) -> None:
    ledger.start_sending(going.queue(3, "opening"))
    going.owner_writes("Я сам")
    assert takeovers.settle_outgoing(ANNA.user_id, going.now)


def test_a_mix_of_both_is_told_apart(going: Room) -> None:
    ours = going.owner_writes("Хорошо.")
    theirs = going.owner_writes("Я сам")
    ledger.mark_sent(going.queue(1), ours, going.now)
    assert takeovers.settle_outgoing(ANNA.user_id, going.now)
    assert journal.find(ANNA.user_id, [ours]) == []
    assert going.entry(theirs).state == "handled"


def test_a_takeover_does_not_undo_the_owners_pause(going: Room) -> None:
    moves.pause(1, going.now)
    going.owner_writes("Я сам")
    takeovers.settle_outgoing(ANNA.user_id, going.now)
    assert going.task(1).paused == "owner"


# --- late messages --------------------------------------------------------------------------------------------------


def test_a_late_message_shows_on_the_latest_closed_task_and_changes_nothing_of_it(room: Room) -> None:
    """Invariant 6: no turn, and no longer storing either: its end stays where it was."""
    older, newer = room.open(), room.open()
    for task_id in (older, newer):
        room.tick()
        moves.stop(task_id, room.now)
    for card in tasks.stale_cards():
        tasks.card_shown(card.task_id, "карточка", card.stale)
    ended = room.task(newer)
    message = room.writes("А как же встреча?")
    reopening.note_late(ANNA.user_id, room.now)
    assert whats(newer)[-1] == "contact_wrote"
    assert tasks.events(newer)[-1].message_id == message
    assert whats(older)[-1] == "stopped"
    assert [card.task_id for card in tasks.stale_cards()] == [newer]
    assert room.task(newer) == ended
    assert room.entry(message).state == "handled"
    assert contact.look(ANNA.user_id, 20) is None


def test_whoever_goes_on_writing_is_not_stored_for_ever(room: Room) -> None:
    """Of dialogs without an open or lately closed task nothing is kept."""
    task_id = room.open()
    moves.stop(task_id, room.now)
    ended = room.now
    for _ in range(3):
        room.now += moves.LATELY / 4
        room.writes("привет")
        reopening.note_late(ANNA.user_id, room.now)
    assert tasks.is_of_interest(ANNA.user_id, ended + moves.LATELY, moves.LATELY)
    assert not tasks.is_of_interest(ANNA.user_id, ended + moves.LATELY * 1.01, moves.LATELY)


def test_a_late_message_after_long_is_only_put_away(room: Room) -> None:
    moves.stop(room.open(), room.now)
    room.now += moves.LATELY * 2
    message = room.writes("привет")
    reopening.note_late(ANNA.user_id, room.now)
    assert room.entry(message).state == "handled"
    assert whats(1)[-1] == "stopped"


# --- deliveries -----------------------------------------------------------------------------------------------------


def test_a_delivered_opening_sets_its_task_going(room: Room) -> None:
    task_id = room.open()
    opening, reply = room.queue(task_id, "opening"), room.queue(task_id)
    message = room.deliver(opening)
    assert (room.task(task_id).status, tasks.events(task_id)[-1].message_id) == ("in_progress", message)
    revision = room.task(task_id).revision
    room.deliver(reply)
    assert room.task(task_id).revision == revision


def test_a_card_that_is_delivered_changes_no_task(room: Room) -> None:
    task_id = room.open()
    before = room.task(task_id)
    card = ledger.queue(1000, "card", "карточка", room.now, task_id=task_id)
    room.deliver(card)
    assert room.task(task_id) == before


def test_an_opening_delivered_after_a_stop_does_not_open_the_task_again(room: Room) -> None:
    task_id = room.open()
    opening = room.queue(task_id, "opening")
    ledger.start_sending(opening)
    moves.stop(task_id, room.now)
    room.deliver(opening)
    assert room.task(task_id).status == "cancelled"


def test_a_contact_who_cannot_be_written_to_ends_all_their_tasks(going: Room) -> None:
    waiting = going.queue(2, "opening")
    others = going.queue(3, "opening")
    refused = going.queue(1)
    ledger.start_sending(refused)
    moves.undeliverable(going.row(refused), going.now, "USER_IS_BLOCKED")
    assert [going.task(number).closed_because for number in (1, 2, 3)] == ["undeliverable", "undeliverable", None]
    assert [going.row(one).state for one in (refused, waiting, others)] == ["failed", "dropped", "queued"]
    assert tasks.events(1)[-1].details == {"error": "USER_IS_BLOCKED"}


def test_words_that_cannot_be_passed_on_are_a_problem_and_end_no_task(going: Room) -> None:
    row = ledger.queue(ANNA.user_id, "relay", "Буду в пять", going.now)
    moves.undeliverable(going.row(row), going.now, "USER_IS_BLOCKED")
    (item,) = desk.unposted()
    assert item.payload == {"what": "undeliverable", "error": "USER_IS_BLOCKED", "peer_id": ANNA.user_id}
    assert len(tasks.all_open()) == 3


def test_a_refusal_of_what_has_arrived_ends_nothing(going: Room) -> None:
    row = going.queue(1)
    going.deliver(row)
    moves.undeliverable(going.row(row), going.now, "USER_IS_BLOCKED")
    assert (going.row(row).state, going.task(1).status) == ("sent", "in_progress")


# --- opening --------------------------------------------------------------------------------------------------------


def test_a_task_is_opened_together_with_how_to_reach_its_contact(room: Room) -> None:
    task_id = room.open(Contact(2009, 5, "Вера"))
    assert peers.contact(2009) == Contact(2009, 5, "Вера")
    assert whats(task_id) == ["created"]
    assert room.world(Contact(2009, 5, "Вера")).openings == (task_id,)
