"""Protects the owner from not knowing why nothing goes out, and the account from worse: contacts who cannot be written
to, and accounts that Telegram limits, in the running program."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.flow.conftest import House
from tests.flow.faults import (
    ANSWER,
    EDIT,
    HOUR_S,
    SEND,
    WROTE,
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
    open_question,
)
from userbot import report
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards

REQUIREMENTS = "users.GetRequirementsToContact"


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
