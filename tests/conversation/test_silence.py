"""Protects the right to be left alone: "stop writing to me" ends everything with that contact, at once, by code."""

import pytest

from tests.conversation.conftest import ANNA, BORIS, Room, everything
from userbot.conversation import contact, moves
from userbot.conversation.silence import settle_silence
from userbot.store import journal, ledger, tasks
from userbot.store.journal import Received
from userbot.tasks.lifecycle import Change


@pytest.fixture
def talking(room: Room) -> Room:
    room.going(room.open())
    room.open_question()
    return room


@pytest.mark.parametrize("text", ["Не пишите мне больше", "отстаньте", "leave me alone", "STOP"])
def test_every_task_with_them_ends_and_nothing_more_is_sent(talking: Room, text: str) -> None:
    room = talking
    moves.pause(2, room.now)
    waiting, others = room.queue(1), room.open(BORIS)
    to_boris = room.queue(others)
    message = room.writes(text)
    assert settle_silence(ANNA.user_id, room.now)
    for task_id in (1, 2):
        task = room.task(task_id)
        assert (task.status, task.closed_because, task.evidence) == ("cancelled", "declined", (message,))
        assert tasks.events(task_id)[-1].what == "asked_silence"
    assert room.row(waiting).state == "dropped"
    assert room.row(to_boris).state == "queued"
    assert room.task(others).status == "pending"
    assert room.entry(message).state == "handled"
    assert room.queued() == []
    assert contact.look(ANNA.user_id, 20) is None
    assert tasks.asked_silence(ANNA.user_id)
    assert not tasks.asked_silence(BORIS.user_id)


def test_it_is_done_once(talking: Room) -> None:
    talking.writes("отстаньте")
    assert settle_silence(ANNA.user_id, talking.now)
    before = everything()
    assert not settle_silence(ANNA.user_id, talking.now)
    assert everything() == before


def test_a_turn_in_flight_comes_to_nothing(talking: Room) -> None:
    talking.writes("Сейчас")
    world = talking.world()
    talking.writes("не пишите мне больше")
    settle_silence(ANNA.user_id, talking.now)
    assert not contact.still_stands(world)


def test_what_telegram_had_in_hand_and_refused_is_not_tried_again(talking: Room) -> None:
    """A flood wait may end hours after they asked for silence."""
    waiting = talking.queue(1)
    assert ledger.start_sending(waiting)
    talking.writes("не пишите мне больше")
    assert settle_silence(ANNA.user_id, talking.now)
    ledger.requeue(waiting, talking.now, "FLOOD_WAIT")
    assert talking.row(waiting).state == "dropped"


@pytest.mark.parametrize("end", [Change.EXPIRED, Change.NO_ANSWER])
def test_nor_is_a_reminder_for_a_task_that_time_has_ended(talking: Room, end: Change) -> None:
    waiting = talking.queue(1)
    assert ledger.start_sending(waiting)
    assert moves.move(1, end, who="code", now=talking.now)
    ledger.requeue(waiting, talking.now, "FLOOD_WAIT")
    assert talking.row(waiting).state == "dropped"


def test_but_a_last_word_is(talking: Room) -> None:
    """Of a task that its own turn ended."""
    waiting = talking.queue(1)
    assert ledger.start_sending(waiting)
    assert moves.move(1, Change.DECLINED, who="model", now=talking.now)
    ledger.requeue(waiting, talking.now, "FLOOD_WAIT")
    assert talking.row(waiting).state == "queued"


@pytest.mark.parametrize(
    "text", ["не пишите мне на почту, пишите сюда", "Она сказала: не пишите мне больше", "Давайте"]
)
def test_whoever_goes_on_talking_is_not_cut_off(talking: Room, text: str) -> None:
    talking.writes(text)
    before = everything()
    assert not settle_silence(ANNA.user_id, talking.now)
    assert everything() == before


def test_somebody_elses_words_end_nothing(talking: Room) -> None:
    """Threat 9: a forward is what another person wrote."""
    received = Received(
        peer_id=ANNA.user_id,
        message_id=talking.tick(),
        author="contact",
        text="не пишите мне больше",
        sent_at=talking.now,
        forwarded=True,
    )
    journal.record(received, "new", talking.now)
    assert not settle_silence(ANNA.user_id, talking.now)


def test_a_later_task_of_the_owners_still_works(talking: Room) -> None:
    talking.writes("отстаньте")
    settle_silence(ANNA.user_id, talking.now)
    later = talking.open()
    assert contact.needs_opening(talking.task(later))
    assert not settle_silence(ANNA.user_id, talking.now)
