"""Protects contacts from getting a message twice or never, and the owner from not knowing why: everything the way to
Telegram does wrong, in the running program."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from tests.flow.conftest import House
from tests.flow.faults import (
    ANSWER,
    DIFFERENCE,
    EDIT,
    HOUR_S,
    SEND,
    WROTE,
    answered,
    assert_goes_on,
    ours,
    script_meeting,
    script_question,
    the_task,
    to,
    told,
)
from tests.flow.script import (
    MEETING,
    OPENING,
    OPENING_BEN,
    QUESTION,
    anna_lane,
    open_meeting,
    open_question,
)
from userbot.errors import NotLoggedIn
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.rehearsal.telegram.faults import Faults
from userbot.store import journal, ledger

HISTORY = "messages.GetHistory"
WAITS = "Telegram просит подождать"
# --- the call fails, the message arrives once


PASSING: dict[str, Callable[[Faults, House], object]] = {
    "dropped before it was executed": lambda f, h: f.drop_before(method=SEND, when=to(h.cast.anna)),
    "executed, and dropped before the answer": lambda f, h: f.drop_after(method=SEND, when=to(h.cast.anna)),
    "-503": lambda f, h: f.refuse(-503, "Timeout", method=SEND, when=to(h.cast.anna), times=5),
    "MSG_WAIT_FAILED": lambda f, h: f.refuse(400, "MSG_WAIT_FAILED", method=SEND, when=to(h.cast.anna)),
    "RANDOM_ID_DUPLICATE": lambda f, h: f.delay(50, method=SEND, when=to(h.cast.anna)),
    "never answered, but executed": lambda f, h: f.never_answer(method=SEND, when=to(h.cast.anna)),
    "never answered nor executed": lambda f, h: f.never_answer(executed=False, method=SEND, when=to(h.cast.anna)),
}


@pytest.mark.parametrize("fault", PASSING)
async def test_a_call_that_fails_is_no_news_to_anybody(house: House, fault: str) -> None:
    await house.start_program()
    script_meeting(house)
    PASSING[fault](house.server.faults, house)
    await house.type(house.cast.owner, MEETING)
    await house.settle(180)
    assert len([r for r in house.server.requests_of(house.cast.owner, SEND) if r.message == OPENING]) >= 1
    assert all(rule.struck for rule in house.server.faults.rules)
    await answered(house)
    await house.settle(10)
    assert_goes_on(house)


async def test_our_own_messages_replayed_as_events_are_no_takeover(house: House) -> None:
    """The connection drops with every send: each message of ours comes back through the difference."""
    await house.start_program()
    house.server.faults.drop_after(account=house.cast.owner, method=SEND, times=3)
    await open_meeting(house)
    house.server.faults.drop_after(account=house.cast.owner, method=SEND, when=to(house.cast.anna))
    await answered(house)
    await house.settle(60)
    assert [entry.text for entry in journal.waiting(house.cast.anna.id, "new", "held")] == []
    assert_goes_on(house)


@pytest.mark.parametrize("name", ["FLOOD_WAIT_600", "FLOOD_PREMIUM_WAIT_600", "SLOWMODE_WAIT_600"])
async def test_a_wait_for_one_contact_is_on_their_card_and_nobody_elses(house: House, name: str) -> None:
    await house.start_program()
    script_meeting(house)
    script_question(house, 2)
    house.server.faults.refuse(420, name, method=SEND, when=to(house.cast.anna))
    await house.type(house.cast.owner, MEETING)
    await house.type(house.cast.owner, QUESTION)
    await house.see(house.cast.ben, OPENING_BEN)
    await house.settle(20)
    assert ours(house, house.cast.ben).count(OPENING_BEN) == 1
    assert WAITS in cards(house)[1]
    assert "⚠️" not in cards(house)[2]
    assert the_task(1).trouble == "flood_wait"
    assert OPENING not in ours(house, house.cast.anna)
    await house.settle(620)
    assert the_task(2).status == "in_progress"
    assert_goes_on(house)


async def test_an_answer_that_telegram_refused_for_now_is_not_sent_when_more_was_said_meanwhile(house: House) -> None:
    """All of it, in several messages, is answered anew, once, and as late as Telegram wants it."""
    await house.start_program()
    await open_meeting(house)
    rule = house.server.faults.refuse(420, "FLOOD_WAIT_600", method=SEND, when=to(house.cast.anna))
    turn(anna_lane(house), WROTE, lambda _: [reply(1, "Хорошо, в 16:00."), reply(1, "Адрес пришлю позже.")])
    await house.type(house.cast.anna, WROTE)
    await house.settle(30)
    assert rule.times == 0
    assert the_task(1).trouble == "flood_wait"
    turn(anna_lane(house), ("нет, уже не могу", WROTE), lambda _: [reply(1, "Тогда в 18:00?")])
    await house.type(house.cast.anna, "нет, уже не могу")
    await house.settle(300)
    assert ours(house, house.cast.anna)[-1] == OPENING, "it is asked again before the wait is over"
    await house.settle(330)
    assert ours(house, house.cast.anna)[-2:] == [OPENING, "Тогда в 18:00?"]
    await house.settle(1200)
    assert ours(house, house.cast.anna)[-1] == "Тогда в 18:00?"
    house.model.check()


async def test_whoever_pauses_a_task_that_waits_is_not_promised_its_message(house: House) -> None:
    await house.start_program()
    script_meeting(house)
    house.server.faults.refuse(420, "FLOOD_WAIT_600", method=SEND, when=to(house.cast.anna))
    await house.type(house.cast.owner, MEETING)
    await house.settle(20)
    assert WAITS in cards(house)[1]
    await house.type(house.cast.owner, ".пауза 1")
    await house.settle(10)
    assert WAITS not in cards(house)[1]
    await house.settle(700)
    assert OPENING not in ours(house, house.cast.anna)


# --- updates


async def test_updates_that_are_withheld_are_asked_for(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    house.server.hold_updates(house.cast.owner)
    await house.type(house.cast.anna, WROTE)
    await house.settle(100)
    assert ANSWER in ours(house, house.cast.anna)
    # And when they come after all, nothing happens again.
    house.server.release_updates(house.cast.owner, lambda held: held * 2)
    await house.settle(30)
    assert_goes_on(house)


async def test_updates_out_of_order_and_doubled_are_one_burst_in_order(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), ("раз", "два", "три"), lambda _: [reply(1, ANSWER)])
    house.server.hold_updates(house.cast.owner)
    for text in ("раз", "два", "три"):
        await house.type(house.cast.anna, text)
    house.server.release_updates(house.cast.owner, lambda held: (held * 2)[::-1])
    await house.see(house.cast.anna, ANSWER)
    await house.settle(30)
    wrote = [e.text for e in journal.latest(house.cast.anna.id, 10) if e.author == "contact" and e.state == "handled"]
    assert wrote == ["раз", "два", "три"]
    assert_goes_on(house)


async def test_a_difference_in_many_slices(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    house.server.difference_limit = 2
    texts = [f"мысль {n}" for n in range(9)]
    turn(anna_lane(house), tuple(texts), lambda _: [reply(1, ANSWER)])
    house.server.hold_updates(house.cast.owner)
    for text in texts:
        await house.type(house.cast.anna, text)
    house.server.release_updates(house.cast.owner, lambda held: [])
    await house.settle(100)
    assert ours(house, house.cast.anna).count(ANSWER) == 1
    assert_goes_on(house)


async def test_a_difference_that_is_too_long_is_read_from_the_dialogs_at_once(house: House) -> None:
    """Telethon passes over it in silence: what was missed would wait for the next sweep."""
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    house.server.hold_updates(house.cast.owner)
    await house.type(house.cast.anna, WROTE)
    house.server.release_updates(house.cast.owner, lambda held: [])
    house.cast.owner.box.forget_changes()
    await house.settle(100)
    assert ours(house, house.cast.anna).count(ANSWER) == 1
    assert_goes_on(house)


# --- the way to Telegram


async def test_an_outage_of_minutes(house: House) -> None:
    """Connections are refused; the contact writes meanwhile, an answer is on its way."""
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    await house.type(house.cast.anna, WROTE)
    await house.settle(1)
    house.server.refuse_connections()
    house.server.drop_connections(house.cast.owner)
    house.server.world.send(house.cast.anna, house.cast.owner, "ау?")
    await house.settle(400)
    assert ANSWER not in ours(house, house.cast.anna)
    turn(anna_lane(house), "ау?", lambda _: [reply(1, "Я тут!")])
    await house.server.accept_connections()
    await house.settle(150)
    assert ours(house, house.cast.anna)[-2:] == [ANSWER, "Я тут!"]
    assert_goes_on(house)


async def test_a_half_open_connection_is_noticed_within_a_minute(house: House) -> None:
    """Nothing is closed, nothing comes: the program's own pings notice, twice as fast as Telethon's would."""
    await house.start_program()
    await open_meeting(house)
    await house.settle(5)
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    house.server.silence_connections(house.cast.owner)
    house.server.world.send(house.cast.anna, house.cast.owner, WROTE)
    went_silent_at = asyncio.get_running_loop().time()
    while journal.latest(house.cast.anna.id, 1)[0].text != WROTE:
        await house.settle(1)
        assert asyncio.get_running_loop().time() - went_silent_at < 55, "it was not noticed"
    await house.see(house.cast.anna, ANSWER)
    await house.settle(60)
    assert_goes_on(house)


async def test_after_a_reconnect_what_came_meanwhile_is_asked_for_at_once(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.settle(5)
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    house.server.drop_connections(house.cast.owner)
    house.server.world.send(house.cast.anna, house.cast.owner, WROTE)
    await house.settle(4)
    assert journal.latest(house.cast.anna.id, 1)[0].text == WROTE
    await house.see(house.cast.anna, ANSWER)
    assert_goes_on(house)


async def test_what_telegram_never_takes_is_asked_more_and_more_rarely(house: House) -> None:
    """An hour in which nothing can be sent, edited or read."""
    await house.start_program()
    await open_meeting(house)
    await house.settle(5)
    for method in (SEND, HISTORY, DIFFERENCE):
        house.server.faults.refuse(-503, "Timeout", account=house.cast.owner, method=method, times=None)
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    await house.type(house.cast.anna, WROTE)
    before = len(house.server.requests)
    await house.settle(HOUR_S)
    asked = Counter(request.method for request in house.server.requests[before:])
    assert asked[SEND] <= 2 * 22, asked
    # Every try is two, the second one Telethon's own.
    assert asked[DIFFERENCE] <= 2 * 75, asked
    assert asked[HISTORY] <= 2 * 15, asked
    assert sum(asked.values()) <= 300, asked
    house.server.faults.clear()
    await house.settle(400)
    assert_goes_on(house)


async def test_a_card_that_is_never_edited_keeps_no_other_from_it(house: House) -> None:
    await house.start_program()
    await open_question(house)
    script_meeting(house, 2)
    await house.type(house.cast.owner, MEETING)
    await house.see(house.cast.anna, OPENING)
    await house.settle(5)
    (bad,) = (one.id for one in house.dialog(house.cast.owner, house.cast.owner) if one.text.startswith("№ 1 "))
    house.server.faults.refuse(
        -503, "Timeout", account=house.cast.owner, method=EDIT, when=lambda request: request.id == bad, times=None
    )
    for number in (1, 2):
        await house.type(house.cast.owner, f".пауза {number}")
    await house.settle(30)
    assert "⏸" in cards(house)[2]
    assert "⏸" not in cards(house)[1]


@pytest.mark.parametrize(("code", "name", "times"), [(420, "FLOOD_WAIT_1800", 1), (-503, "Timeout", None)])
async def test_while_cards_cannot_be_edited_commands_are_answered(
    house: House, code: int, name: str, times: int | None
) -> None:
    await house.start_program()
    await open_meeting(house)
    house.server.faults.refuse(code, name, account=house.cast.owner, method=EDIT, times=times)
    await house.type(house.cast.owner, ".пауза 1")
    await house.settle(10)
    await house.type(house.cast.owner, ".задачи")
    await house.settle(10)
    assert "Открыто: 1 задача" in told(house)[-1]
    edits = len(house.server.requests_of(house.cast.owner, EDIT))
    await house.settle(1700)
    assert len(house.server.requests_of(house.cast.owner, EDIT)) - edits <= 2 * 12
    house.server.faults.clear()
    await house.settle(400)
    assert "пауз" in cards(house)[1].lower()


async def test_a_dialog_that_may_not_be_read_now_does_not_keep_the_program_from_starting(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.stop_program()
    rule = house.server.faults.refuse(420, "FLOOD_WAIT_1000", method=HISTORY, when=to(house.cast.anna), times=None)
    await house.start_program()
    await answered(house)
    await house.settle(900)
    assert rule.struck == 1, "asked again before its time"
    house.server.faults.clear()
    await house.settle(200)
    assert_goes_on(house)


# --- the login


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        (401, "AUTH_KEY_UNREGISTERED", "does not know this login"),
        (401, "SESSION_REVOKED", "ended from another device"),
        (401, "SESSION_EXPIRED", "this session has expired"),
        (401, "USER_DEACTIVATED", "this Telegram account was deleted"),
        (401, "USER_DEACTIVATED_BAN", "Telegram has banned this account"),
        (406, "AUTH_KEY_DUPLICATED", "used from two places at once"),
    ],
)
async def test_a_login_that_is_over_ends_the_program(house: House, code: int, name: str, words: str) -> None:
    """Within a minute even when nothing happens, and nothing that was promised is lost."""
    await house.start_program()
    await open_meeting(house)
    await house.settle(5)
    house.server.faults.refuse(code, name, account=house.cast.owner, times=None)
    await house.settle(100)
    with pytest.raises(NotLoggedIn, match=words):
        await house.stop_program()
    await house.kill_program()
    house.server.faults.clear()
    await house.start_program()
    await answered(house)
    assert_goes_on(house)


async def test_what_telegram_replays_while_it_connects_finds_everything_in_place(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """That a message was sent, whose answer a crash had cut off: told before the program serves anybody."""
    await house.start_program()
    house.server.faults.never_answer(
        account=house.cast.owner, method=SEND, when=lambda request: not request.message.startswith(".")
    )
    await house.type(house.cast.owner, ".help")
    await house.settle(3)
    assert ledger.is_sending(house.cast.owner.id)
    await house.kill_program()
    # The connecting takes as long as the replaying needs.
    house.server.faults.delay(5, account=house.cast.owner, method="users.GetUsers")
    await house.start_program()
    assert not ledger.is_sending(house.cast.owner.id)
    assert "could not be dealt with" not in caplog.text
    await house.settle(60)
    assert len(told(house)) == len(set(told(house)))


async def test_who_connects_anew_waits_as_long_as_telegram_asks(house: House) -> None:
    """Asking every minute makes such a wait longer."""
    house.server.faults.refuse(420, "FLOOD_WAIT_300", account=house.cast.owner, method="users.GetUsers")
    began = asyncio.get_running_loop().time()
    await house.start_program()
    assert asyncio.get_running_loop().time() - began >= 300
