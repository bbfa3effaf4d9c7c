"""Protects contacts from getting a message twice or never, and the owner from not knowing why: everything Telegram and
the way to it do wrong, in the running program."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from tests.flow.conftest import House
from tests.flow.script import (
    MEETING,
    OPENING,
    OPENING_BEN,
    QUESTION,
    anna_lane,
    ben_lane,
    meeting,
    open_meeting,
    open_question,
    owner_lane,
    question,
)
from userbot import report
from userbot.errors import NotLoggedIn
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.rehearsal.telegram import Account
from userbot.rehearsal.telegram.faults import Faults
from userbot.store import journal, ledger, tasks
from userbot.store.tasks import Task

SEND = "messages.SendMessage"
EDIT = "messages.EditMessage"
HISTORY = "messages.GetHistory"
DIFFERENCE = "updates.GetDifference"
REQUIREMENTS = "users.GetRequirementsToContact"
HOUR_S = 3600.0
ANSWER = "Тогда в 16:00?"
WROTE = "в два не могу"
WAITS = "Telegram просит подождать"
IN_PROGRESS = "Жду ответа контакта"


def to(account: Account) -> Callable[[object], bool]:
    """Requests that write to this person."""
    return lambda request: getattr(getattr(request, "peer", None), "user_id", None) == account.id


def the_task(task_id: int = 1) -> Task:
    task = tasks.get(task_id)
    assert task is not None
    return task


def told(house: House) -> list[str]:
    """What stands in Saved Messages beside the owner's own commands."""
    return [text for text in house.texts(house.cast.owner, house.cast.owner) if not text.startswith(".")]


def ours(house: House, viewer: Account) -> list[str]:
    """What the contact got, as their phone shows it."""
    return [message.text for message in house.dialog(viewer) if not message.out]


def script_meeting(house: House, task_id: int = 1) -> None:
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), f"Write the first message of task {task_id}", lambda _: [reply(task_id, OPENING)])


def script_question(house: House, task_id: int) -> None:
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    turn(ben_lane(house), "Write the first message", lambda _: [reply(task_id, OPENING_BEN)])


async def answered(house: House) -> None:
    """Anna writes, and has one answer."""
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    await house.type(house.cast.anna, WROTE)
    await house.see(house.cast.anna, ANSWER)


def assert_goes_on(house: House) -> None:
    """Everything arrived once, the owner took over nothing, and the card shows no trouble."""
    seen = Counter(ours(house, house.cast.anna))
    assert seen[OPENING] == 1
    assert max(seen.values()) == 1, seen
    task = the_task()
    assert (task.status, task.paused, task.trouble) == ("in_progress", None, None)
    assert "⚠️" not in cards(house)[1]
    assert [text for text in told(house) if "⚠️" in text or "❌" in text] == []
    house.model.check()


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


# --- the contact cannot be written to


def deleted(house: House) -> None:
    house.cast.anna.deleted = True


def blocked_by_the_owner(house: House) -> None:
    house.cast.owner.blocked.add(house.cast.anna.id)


def refusing(code: int, message: str, times: int = 1) -> Callable[[House], None]:
    def happen(house: House) -> None:
        house.server.faults.refuse(code, message, method=SEND, when=to(house.cast.anna), times=times)

    return happen


def stranger(**demands: object) -> Callable[[House], None]:
    """Anna has never written, does not know the owner, and asks something of strangers."""

    def happen(house: House) -> None:
        anna = house.cast.anna
        anna.contacts.pop(house.cast.owner.id)
        house.server.world.delete(anna, [message.id for message in house.dialog(anna)])
        for name, value in demands.items():
            setattr(anna, name, value)

    return happen


UNDELIVERABLE: dict[str, tuple[Callable[[House], None], str, int]] = {
    "deleted": (deleted, "Этот аккаунт удалён", 1),
    "blocked by the owner": (blocked_by_the_owner, "Разблокируйте и повторите команду", 1),
    "blocked by the contact": (refusing(400, "USER_IS_BLOCKED"), "Контакт вас заблокировал. Свяжитесь другим", 1),
    "privacy": (refusing(403, "USER_PRIVACY_RESTRICTED"), "Настройки приватности контакта не пускают", 1),
    "an address that stays wrong": (refusing(400, "PEER_ID_INVALID", 2), "Откройте с ним диалог и повторите", 2),
    "forbidden": (refusing(403, "CHAT_WRITE_FORBIDDEN"), "В этот диалог писать нельзя", 1),
    "Premium, asked before": (stranger(requires_premium=True), "только от Telegram Premium", 0),
    "payment, asked before": (stranger(stars_per_message=50), "платить без вас я не буду", 0),
    "Premium, found out": (refusing(403, "PRIVACY_PREMIUM_REQUIRED"), "только от Telegram Premium", 1),
    "payment, found out": (refusing(403, "ALLOW_PAYMENT_REQUIRED_50"), "платить без вас я не буду", 1),
}


@pytest.mark.parametrize("why", UNDELIVERABLE)
async def test_a_contact_who_cannot_be_written_to_is_reported_with_what_to_do(house: House, why: str) -> None:
    happen, words, sends = UNDELIVERABLE[why]
    await house.start_program()
    script_meeting(house)
    script_question(house, 2)
    # A deleted account is not found by its name any more: it goes between the command and the message.
    if why == "deleted":
        house.server.faults.delay(5, executed_first=True, method=REQUIREMENTS)
    else:
        happen(house)
    await house.type(house.cast.owner, MEETING)
    if why == "deleted":
        while not house.server.requests_of(house.cast.owner, REQUIREMENTS):
            await house.settle(1)
        happen(house)
    await house.type(house.cast.owner, QUESTION)
    await house.see(house.cast.ben, OPENING_BEN)
    await house.settle(20)
    task = the_task()
    assert (task.status, task.closed_because) == ("cancelled", "undeliverable")
    card = cards(house)[1]
    assert "❌ Не доставлено" in card
    assert words in card
    assert "Контакту ничего не отправлено" in card
    assert OPENING not in ours(house, house.cast.anna)
    tried = [r for r in house.server.requests_of(house.cast.owner, SEND) if to(house.cast.anna)(r)]
    assert len(tried) == sends
    assert not any(request.allow_paid_stars for request in tried), "nobody pays"
    assert the_task(2).status == "in_progress"
    house.model.check()


# --- the account itself


async def test_after_peer_flood_the_owner_is_told_once_and_cards_say_that_they_wait(house: House) -> None:
    await house.start_program()
    script_meeting(house)
    script_question(house, 2)
    house.server.faults.refuse(400, "PEER_FLOOD", method=SEND, when=to(house.cast.anna))
    await house.type(house.cast.owner, MEETING)
    await house.settle(20)
    await house.type(house.cast.owner, QUESTION)
    await house.settle(HOUR_S)
    assert len([text for text in told(house) if "@SpamBot" in text]) == 1
    for number in (1, 2):
        assert "Telegram ограничил ваш аккаунт" in cards(house)[number]
        assert the_task(number).status == "pending"
    assert OPENING_BEN not in ours(house, house.cast.ben)
    await house.days_pass(0.3)
    await house.settle(60)
    assert ours(house, house.cast.anna).count(OPENING) == ours(house, house.cast.ben).count(OPENING_BEN) == 1
    assert all("⚠️" not in cards(house)[number] for number in (1, 2))
    # The next time is news again.
    house.server.faults.refuse(400, "PEER_FLOOD", method=SEND, when=to(house.cast.anna))
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    await house.type(house.cast.anna, WROTE)
    await house.settle(20)
    assert len([text for text in told(house) if "@SpamBot" in text]) == 2


async def test_after_repeated_waits_everybody_is_left_alone_and_the_owner_is_told_once_until_when(house: House) -> None:
    """And again at every `.статус`, also after a restart."""
    await house.start_program()
    script_meeting(house)
    script_question(house, 2)
    house.server.faults.refuse(420, "FLOOD_WAIT_120", method=SEND, when=to(house.cast.anna), times=3)
    await house.type(house.cast.owner, MEETING)
    await house.settle(400)
    await house.type(house.cast.owner, QUESTION)
    await house.settle(600)
    assert OPENING not in ours(house, house.cast.anna)
    assert OPENING_BEN not in ours(house, house.cast.ben)
    rests = "никому не пишу до"
    assert len([text for text in told(house) if "несколько раз попросил подождать" in text]) == 1
    await house.stop_program()
    await house.start_program()
    await house.type(house.cast.owner, ".статус")
    await house.settle(10)
    assert rests in told(house)[-1]
    await house.settle(HOUR_S)
    assert ours(house, house.cast.anna).count(OPENING) == ours(house, house.cast.ben).count(OPENING_BEN) == 1
    await house.type(house.cast.owner, ".статус")
    await house.settle(10)
    assert rests not in told(house)[-1]
    assert all("⚠️" not in cards(house)[number] for number in (1, 2))
    house.model.check()


async def test_a_frozen_account_is_in_the_log_and_in_the_status_and_asks_for_little(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing can be written, to Saved Messages neither. An hour of it: few requests, and everything goes out after."""
    await house.start_program()
    await open_question(house)
    await house.settle(5)
    script_meeting(house, 2)
    for method in (SEND, EDIT):
        house.server.faults.refuse(
            420,
            "FROZEN_METHOD_INVALID",
            account=house.cast.owner,
            method=method,
            # The owner's own app has its ways.
            when=lambda request: not request.message.startswith("."),
            times=None,
        )
    shown = told(house)
    await house.type(house.cast.owner, ".пауза 1")
    await house.type(house.cast.owner, MEETING)
    before = len(house.server.requests)
    await house.settle(HOUR_S)
    asked = Counter(request.method for request in house.server.requests[before:])
    assert asked[SEND] <= 3, asked
    assert asked[EDIT] <= 2, asked
    assert sum(asked.values()) <= 60 + 6 * 3 + 25, asked
    assert told(house) == shown
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["Telegram limits this account: FROZEN_METHOD_INVALID"]
    assert "Telegram has frozen it" in report.status(house.settings, as_json=False)

    house.server.faults.clear()
    await house.days_pass(0.3)
    await house.settle(60)
    assert ours(house, house.cast.anna).count(OPENING) == 1
    assert len([text for text in told(house) if "заморозил ваш аккаунт" in text]) == 1
    assert "Telegram has frozen it" not in report.status(house.settings, as_json=False)
    assert "⚠️" not in cards(house)[2]
    assert "пауз" in cards(house)[1].lower()


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
