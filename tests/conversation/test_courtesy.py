"""Protects when a contact may be written to, worked out from the record: whose night it is, and who is awake."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.conversation.conftest import ANNA, MEETING, Room
from userbot.conversation import courtesy, moves
from userbot.conversation.courtesy import IMPATIENT, Manners
from userbot.store import ledger, preferences
from userbot.tasks.manners import QuietHours, answering_time

MOSCOW = ZoneInfo("Europe/Moscow")
POLITE = Manners(MOSCOW, quiet=QuietHours(22 * 60, 8 * 60), longest_answering_s=20, hold=timedelta(seconds=5))


def at(text: str, zone: str = "Europe/Moscow") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_the_contact_sleeps_by_their_own_clock_where_a_task_names_it(room: Room) -> None:
    here = room.open()
    there = room.open(context={**MEETING, "timezone": "Asia/Vladivostok"})
    noon_there_is_night = at("2026-11-23 17:00")

    assert POLITE.awake_at(ANNA.user_id, noon_there_is_night, [here]) == noon_there_is_night
    assert POLITE.awake_at(ANNA.user_id, noon_there_is_night, [there]) == at("2026-11-24 08:00")


def test_a_zone_that_is_none_is_not_asked(room: Room) -> None:
    task_id = room.open(context={**MEETING, "timezone": "../etc/passwd"})

    assert POLITE.awake_at(ANNA.user_id, at("2026-11-23 12:00"), [task_id]) == at("2026-11-23 12:00")


def test_the_owners_word_wins_over_the_setting(room: Room) -> None:
    preferences.set_quiet_hours((13 * 60, 15 * 60))
    assert POLITE.awake_at(ANNA.user_id, at("2026-11-23 14:00"), []) == at("2026-11-23 15:00")
    assert POLITE.awake_at(ANNA.user_id, at("2026-11-23 23:00"), []) == at("2026-11-23 23:00")
    preferences.set_quiet_hours(None)
    assert POLITE.quiet_hours() is None


def test_who_wrote_in_the_last_ten_minutes_is_awake_and_no_longer(room: Room) -> None:
    room.now = at("2026-11-23 23:00")
    task_id = room.open()
    room.going(task_id)
    room.writes("в два не могу")
    wrote_at = room.now

    assert POLITE.awake_at(ANNA.user_id, wrote_at + timedelta(minutes=10), [task_id]) == wrote_at + timedelta(
        minutes=10
    )
    assert POLITE.awake_at(ANNA.user_id, wrote_at + timedelta(minutes=11), [task_id]) == at("2026-11-24 08:00")


def test_what_was_said_before_our_time_keeps_nobody_awake(room: Room) -> None:
    room.now = at("2026-11-23 23:00")
    room.said_before("привет")
    task_id = room.open()

    assert POLITE.awake_at(ANNA.user_id, room.now, [task_id]) == at("2026-11-24 08:00")


def test_a_reply_is_typed_from_the_contacts_message_on_and_a_first_message_is_not(room: Room) -> None:
    task_id = room.open()
    opening = room.row(room.queue(task_id, "opening", "Привет!"))
    assert POLITE.due_at(opening, room.now) == room.now
    room.deliver(opening.id)
    room.now += timedelta(hours=1)
    room.writes("в два не могу")
    wrote_at = room.now
    row = room.row(room.queue(task_id, "reply", "А в 17:00, как вам?"))

    typed = answering_time(row.text, row.random_id, 20)
    assert timedelta(seconds=3) < typed < timedelta(seconds=20)
    assert POLITE.due_at(row, wrote_at) == wrote_at + typed
    assert POLITE.due_at(row, wrote_at + timedelta(seconds=30)) == wrote_at + timedelta(seconds=30)
    assert IMPATIENT.due_at(row, wrote_at) == wrote_at


def test_what_telegram_may_have_already_and_the_owners_own_words_do_not_wait(room: Room) -> None:
    room.now = at("2026-11-23 23:00")
    task_id = room.open()
    relay = room.row(room.queue(task_id, "relay", "Я опоздаю"))
    begun = room.queue(task_id, "opening", "Привет!")
    assert POLITE.due_at(room.row(begun), room.now) == at("2026-11-24 08:00")
    ledger.start_sending(begun)

    assert POLITE.due_at(room.row(begun), room.now) == room.now
    assert POLITE.due_at(relay, room.now) == room.now


def test_a_first_message_is_not_even_written_at_night_unless_the_owner_is_to_see_it(room: Room) -> None:
    room.now = at("2026-11-23 23:00")
    task_id = room.open()
    assert POLITE.may_write_at(room.world(), room.now) == at("2026-11-24 08:00")
    assert POLITE.waits_until(room.task(task_id), room.now) == at("2026-11-24 08:00")
    moves.set_mode(task_id, "first", room.now)

    assert POLITE.may_write_at(room.world(), room.now) == room.now
    assert POLITE.waits_until(room.task(task_id), room.now) is None


def test_a_paused_task_waits_for_its_owner_and_not_for_the_morning(room: Room) -> None:
    room.now = at("2026-11-23 23:00")
    task_id = room.open()
    moves.pause(task_id, room.now)

    assert POLITE.waits_until(room.task(task_id), room.now) is None


@pytest.mark.parametrize("mode", ["auto", "first", "draft"])
def test_typing_is_shown_in_a_turn_unless_its_answer_is_to_be_seen_first(room: Room, mode: str) -> None:
    task_id = room.open(mode=mode)
    room.going(task_id)
    room.writes("в два не могу")

    assert POLITE.typed_to({ANNA.user_id}, room.now) == (set() if mode == "draft" else {ANNA.user_id})
    assert POLITE.typed_to(set(), room.now) == set()


def test_nobody_types_a_first_message_or_what_telegram_lets_wait(room: Room) -> None:
    task_id = room.open()
    opening = room.queue(task_id, "opening", "Привет!")
    assert POLITE.typed_to(set(), room.now) == set()
    room.deliver(opening)
    room.writes("в два не могу")
    row_id = room.queue(task_id, "reply", "А в 17:00?")
    assert POLITE.typed_to(set(), room.now) == {ANNA.user_id}
    ledger.start_sending(row_id)
    assert POLITE.typed_to(set(), room.now) == set()
    ledger.requeue(row_id, room.now + timedelta(minutes=1), "FLOOD_WAIT_60")
    assert POLITE.typed_to(set(), room.now) == set()


def test_a_first_message_is_not_announced_to_somebody_who_wrote_about_another_matter(room: Room) -> None:
    one, two = room.open(), room.open_question()
    room.going(one)
    room.writes("в два не могу")
    room.queue(two, "opening", "И ещё вопрос")

    assert POLITE.typed_to(set(), room.now) == set()


def test_typing_is_taken_back_only_where_nothing_and_nobody_else_is_the_reason(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    since = room.now + timedelta(seconds=1)
    assert courtesy.came_to_nothing(ANNA.user_id, since)
    assert not courtesy.came_to_nothing(ANNA.user_id, room.now), "a message came of it"
    moves.pause(task_id, room.now)
    assert not courtesy.came_to_nothing(ANNA.user_id, since)
