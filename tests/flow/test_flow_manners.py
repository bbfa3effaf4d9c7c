"""Protects contacts' peace: they see that somebody answers, nobody answers like a machine, nights are quiet."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from telethon import events
from telethon.tl.types import SendMessageCancelAction, SendMessageTypingAction, UpdateUserTyping

from tests.flow.conftest import House
from tests.flow.script import OPENING, anna_lane, meeting, open_meeting, owner_lane
from userbot.clock import LoopClock
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.store import journal, ledger, preferences, tasks
from userbot.tasks.manners import answering_time, read_quiet_hours

NIGHT = read_quiet_hours("22-8")
COMMAND = ". договорись с @anna о встрече"


def ours(house: House) -> list[str]:
    """What our side wrote to Anna through the program."""
    return [m.text for m in house.dialog(house.cast.anna) if not m.out][1:]


def slow_turn(house: House, expect: str, calls: Callable[[Asked], list[Call]], seconds: float) -> None:
    """A turn whose first round the model thinks about for so long."""
    anna_lane(house).add(
        Step(lambda asked: Said(calls=tuple(calls(asked)), delay_s=seconds), expect), Step(Said("done"))
    )


@contextmanager
def seen_by_anna(house: House) -> Iterator[list[str]]:
    """What Anna's phone shows beside messages: "typing", "nothing"."""
    phone, seen = house.phones[house.cast.anna.id], list[str]()

    async def look(update: UpdateUserTyping) -> None:
        if isinstance(update.action, SendMessageTypingAction):
            seen.append("typing")
        elif isinstance(update.action, SendMessageCancelAction):
            seen.append("nothing")

    phone.add_event_handler(look, events.Raw(UpdateUserTyping))
    try:
        yield seen
    finally:
        phone.remove_event_handler(look)


async def hours_pass(house: House, hours: float) -> None:
    """The program is off meanwhile, and Telegram's clock goes on too."""
    await house.stop_program()
    house.clock = LoopClock(house.clock.now() + timedelta(hours=hours), asyncio.get_running_loop())
    house.server.world.clock = house.clock
    await house.start_program()


# --- typing ---------------------------------------------------------------------------------------------------------


async def test_who_wrote_sees_us_typing_until_the_answer_is_there(house: House) -> None:
    await house.start_program()
    with seen_by_anna(house) as seen:
        await open_meeting(house)
        assert seen == [], "typing before a first message announces a stranger"
        slow_turn(house, "в два не могу", lambda _: [reply(1, "А в 17:00?")], 17)
        await house.type(house.cast.anna, "в два не могу")
        await house.see(house.cast.anna, "А в 17:00?")
        assert seen == ["typing"] * 4, "it is to be renewed every five seconds"
        await house.settle(60)
        assert seen == ["typing"] * 4, "a message takes typing back by itself"
    house.model.check()


async def test_typing_goes_on_while_the_answer_is_held(house: House) -> None:
    house.settings = replace(house.settings, hold_s=12)
    await house.start_program()
    with seen_by_anna(house) as seen:
        await open_meeting(house)
        turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
        await house.type(house.cast.anna, "в два не могу")
        await house.see(house.cast.anna, "А в 17:00?")
        assert seen == ["typing"] * 3
        await house.settle(60)
        assert seen == ["typing"] * 3


async def test_typing_of_which_nothing_comes_is_taken_back(house: House) -> None:
    await house.start_program()
    with seen_by_anna(house) as seen:
        await open_meeting(house)
        silence = Call("stay_silent", {"reason": "nothing is asked"})
        anna_lane(house).add(Step(Said(calls=(silence,), delay_s=3), "ок, думаю"))
        await house.type(house.cast.anna, "ок, думаю")
        await house.settle(60)
        assert seen == ["typing", "nothing"]
    house.model.check()


async def test_what_waits_for_a_yes_is_not_announced(house: House) -> None:
    house.settings = replace(house.settings, approval_mode="draft")
    await house.start_program()
    with seen_by_anna(house) as seen:
        turn(owner_lane(house), "договорись", meeting())
        turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
        await house.type(house.cast.owner, COMMAND)
        asked = await house.see(house.cast.owner, OPENING, peer=house.cast.owner)
        while not asked.text.startswith("✋ Отправить?"):
            await house.settle(1)
            asked = house.dialog(house.cast.owner, house.cast.owner)[-1]
        await house.type(house.cast.owner, "да", reply_to=asked.id)
        await house.see(house.cast.anna, OPENING)
        slow_turn(house, "в два не могу", lambda _: [reply(1, "А в 17:00?")], 12)
        await house.type(house.cast.anna, "в два не могу")
        await house.settle(60)
        assert len(ledger.proposed(house.cast.anna.id)) == 1
        assert seen == []
    house.model.check()


@pytest.mark.parametrize("how", ["paused", "taken over"])
async def test_typing_ends_when_the_task_rests(house: House, how: str) -> None:
    await house.start_program()
    with seen_by_anna(house) as seen:
        await open_meeting(house)
        slow_turn(house, "в два не могу", lambda _: [reply(1, "А в 17:00?")], 40)
        await house.type(house.cast.anna, "в два не могу")
        await house.settle(12)
        if how == "paused":
            await house.type(house.cast.owner, ".пауза 1")
        else:
            await house.type(house.cast.owner, "Аня, это я сам", to=house.cast.anna)
        await house.settle(2)
        shown = len(seen)
        assert shown >= 1
        await house.settle(60)
        assert (seen, "А в 17:00?" in ours(house)) == (["typing"] * shown, False)


async def test_a_flood_wait_for_typing_silences_it_and_holds_nothing_up(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    rule = house.server.faults.refuse(
        420, "FLOOD_WAIT_60", account=house.cast.owner, method="messages.SetTyping", times=None
    )
    slow_turn(house, "в два не могу", lambda _: [reply(1, "А в 17:00?")], 20)
    await house.type(house.cast.anna, "в два не могу")
    await house.see(house.cast.anna, "А в 17:00?")
    assert rule.struck == 1
    house.model.check()


async def test_typing_that_telegram_never_answers_holds_nothing_up(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    house.server.faults.never_answer(account=house.cast.owner, method="messages.SetTyping", times=None)
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(9)
    assert "А в 17:00?" in ours(house)


async def test_typing_can_be_switched_off(house: House) -> None:
    house.settings = replace(house.settings, show_typing=False)
    await house.start_program()
    with seen_by_anna(house) as seen:
        await open_meeting(house)
        slow_turn(house, "в два не могу", lambda _: [reply(1, "А в 17:00?")], 12)
        await house.type(house.cast.anna, "в два не могу")
        await house.see(house.cast.anna, "А в 17:00?")
        assert seen == []


# --- delays ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarts", [False, True])
async def test_an_answer_takes_as_long_as_typing_it_over_restarts_too(house: House, restarts: bool) -> None:
    house.settings = replace(house.settings, reply_delay_max_s=60)
    text = "В 17:00 тоже можно, давайте тогда в кафе у вокзала, там вечером тихо и есть где сесть вдвоём с бумагами."
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, text)])
    await house.type(house.cast.anna, "в два не могу")
    if restarts:
        await house.settle(10)
        await house.kill_program()
        await house.start_program()
    await house.see(house.cast.anna, text)
    # She may have it before the program hears that she has.
    await house.settle(1)
    row = ledger.latest(house.cast.anna.id, 1)[0]
    wrote_at = journal.last_written_at(house.cast.anna.id)
    assert row.sent_at is not None
    assert wrote_at is not None
    taken = row.sent_at - wrote_at
    expected = answering_time(text, row.random_id, 60)
    assert expected > timedelta(seconds=14), "the text is too short to show anything"
    assert expected <= taken <= expected + timedelta(seconds=3), "quiet time and the delay are not to be added up"
    house.model.check()


async def test_what_the_contact_writes_while_an_answer_is_typed_is_answered_with_it(house: House) -> None:
    house.settings = replace(house.settings, reply_delay_max_s=60)
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "Жаль! А в 17:00? " + "Или позже? " * 12)])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(10)
    turn(anna_lane(house), ("в два не могу", "хотя стой, могу"), lambda _: [reply(1, "Отлично, тогда в 14:00?")])
    await house.type(house.cast.anna, "хотя стой, могу")
    await house.see(house.cast.anna, "Отлично, тогда в 14:00?")
    await house.settle(120)
    assert ours(house) == [OPENING, "Отлично, тогда в 14:00?"]
    house.model.check()


# --- quiet hours ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def evening(house: House) -> House:
    """22:30 in Moscow, where the owner lives; nobody is written to from 22 to 8."""
    house.settings = replace(house.settings, quiet_hours=NIGHT)
    await hours_pass(house, 6.5)
    return house


async def ask_in_the_night(house: House) -> None:
    turn(owner_lane(house), "договорись", meeting())
    await house.type(house.cast.owner, COMMAND)
    await house.see(house.cast.owner, "Тихие часы: напишу в 08:00", peer=house.cast.owner)


async def test_a_first_message_is_written_in_the_morning_over_restarts_too(evening: House) -> None:
    """Written in the night it would speak of another "tomorrow"."""
    house = evening
    await ask_in_the_night(house)
    await house.settle(300)
    await hours_pass(house, 9.3)
    await house.settle(60)
    assert ours(house) == []
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await hours_pass(house, 0.1)
    await house.see(house.cast.anna, OPENING)
    assert house.clock.now().astimezone(house.settings.owner_timezone).hour == 8
    await house.settle(60)
    assert "Тихие часы" not in cards(house)[1]
    house.model.check()


async def test_a_stop_in_the_night_catches_what_waits_for_the_morning(evening: House) -> None:
    house = evening
    await ask_in_the_night(house)
    await house.type(house.cast.owner, ".стоп 1")
    await hours_pass(house, 12)
    await house.settle(300)
    assert ours(house) == []
    house.model.check()


async def test_the_owners_word_about_quiet_hours_counts_at_once(evening: House) -> None:
    house = evening
    await ask_in_the_night(house)
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    preferences.set_quiet_hours(None)
    await house.settle(60)
    await house.see(house.cast.anna, OPENING)
    house.model.check()


async def test_whoever_writes_in_the_night_is_awake_and_answered(house: House) -> None:
    house.settings = replace(house.settings, quiet_hours=NIGHT)
    await house.start_program()
    await open_meeting(house)
    await hours_pass(house, 6.5)
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(30)
    assert ours(house) == [OPENING, "А в 17:00?"]
    house.model.check()


async def test_an_answer_that_comes_late_in_the_night_waits_and_is_given_up_for_a_better_one(house: House) -> None:
    house.settings = replace(house.settings, quiet_hours=NIGHT)
    await house.start_program()
    await open_meeting(house)
    await hours_pass(house, 6.5)
    await house.stop_program()
    await house.type(house.cast.anna, "в два не могу")
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await hours_pass(house, 0.5)
    await house.settle(120)
    assert [row.text for row in ledger.not_begun(house.cast.anna.id)] == ["А в 17:00?"]
    assert "Тихие часы: напишу в 08:00" in cards(house)[1]
    await house.settle(600)
    turn(anna_lane(house), ("в два не могу", "или могу"), lambda _: [reply(1, "Отлично, тогда в 14:00?")])
    await house.type(house.cast.anna, "или могу")
    await house.see(house.cast.anna, "Отлично, тогда в 14:00?")
    await house.settle(60)
    assert ours(house) == [OPENING, "Отлично, тогда в 14:00?"]
    house.model.check()


async def test_an_answer_held_over_night_goes_out_in_the_morning(house: House) -> None:
    house.settings = replace(house.settings, quiet_hours=NIGHT)
    await house.start_program()
    await open_meeting(house)
    await hours_pass(house, 6.5)
    await house.stop_program()
    await house.type(house.cast.anna, "в два не могу")
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await hours_pass(house, 0.5)
    with seen_by_anna(house) as seen:
        await house.settle(300)
        assert seen == [], "whoever sleeps is not shown anything"
    assert ours(house) == [OPENING]
    await hours_pass(house, 8.85)
    await house.settle(30)
    assert ours(house) == [OPENING]
    await house.settle(300)
    assert ours(house) == [OPENING, "А в 17:00?"]
    assert house.clock.now().astimezone(house.settings.owner_timezone).hour == 8
    house.model.check()


# --- quotes ---------------------------------------------------------------------------------------------------------


async def test_an_answer_to_one_of_several_messages_quotes_it(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), ("привет", "жду ответа"), lambda _: [reply(1, "В 16:00 отлично.")])
    ids = [await house.type(house.cast.anna, text) for text in ("привет", "а в четыре можно?", "жду ответа")]
    answer = await house.see(house.cast.anna, "В 16:00 отлично.")
    assert answer.reply_to is not None
    assert answer.reply_to.message_id == ids[1]
    turn(anna_lane(house), "спасибо", lambda _: [reply(1, "Не за что.")])
    await house.type(house.cast.anna, "спасибо")
    assert (await house.see(house.cast.anna, "Не за что.")).reply_to is None
    house.model.check()


# --- read or not ----------------------------------------------------------------------------------------------------


def unread(house: House) -> int:
    return house.cast.owner.box.unread_count(house.cast.anna.id)


@pytest.mark.parametrize(("mark_read", "expected"), [("never", 1), ("answered", 0)])
async def test_what_was_answered_is_marked_as_read_only_where_the_owner_wants_it(
    house: House, mark_read: Literal["never", "answered"], expected: int
) -> None:
    house.settings = replace(house.settings, mark_read=mark_read)
    await house.start_program()
    await open_meeting(house)
    house.server.world.read(house.cast.owner, house.cast.anna)
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "А в 17:00?")])
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(3)
    assert unread(house) == 1, "nothing is read before it is answered"
    await house.see(house.cast.anna, "А в 17:00?")
    await house.settle(10)
    assert unread(house) == expected


async def test_what_waits_for_the_owner_stays_unread(house: House) -> None:
    house.settings = replace(house.settings, mark_read="answered")
    await house.start_program()
    await open_meeting(house)
    house.server.world.read(house.cast.owner, house.cast.anna)
    turn(
        anna_lane(house),
        "а где?",
        lambda _: [Call("ask_owner", {"task_id": 1, "question": "Где встреча?"}), reply(1, "Уточню.")],
    )
    await house.type(house.cast.anna, "а где?")
    await house.see(house.cast.anna, "Уточню.")
    await house.settle(10)
    assert unread(house) == 1
    house.model.check()


# --- bursts ---------------------------------------------------------------------------------------------------------


async def test_a_burst_with_typing_in_between_gets_one_answer(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    phone, owner = house.phones[house.cast.anna.id], house.cast.owner
    said = ("погоди", "смотрю календарь", "в пять могу")
    turn(anna_lane(house), said, lambda _: [reply(1, "Тогда в 17:00!")])
    for text in said:
        async with phone.action(owner.id, "typing"):
            await house.settle(9)
        await house.type(house.cast.anna, text)
    await house.see(house.cast.anna, "Тогда в 17:00!")
    await house.settle(60)
    assert len(ours(house)) == 2
    assert [event.what for event in tasks.events(1)].count("taken_back") == 0
    house.model.check()
