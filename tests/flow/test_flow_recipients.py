"""Protects strangers and namesakes: nobody is written to unless exactly that person was meant."""

import pytest
from telethon.tl.types import InputMediaContact

from tests.flow.conftest import House
from tests.flow.script import OPENING, anna_lane, meeting, owner_lane
from userbot.rehearsal.model import Call
from userbot.rehearsal.script import reply, turn
from userbot.store import tasks


def _nobody_was_written_to(house: House) -> bool:
    sent = house.server.requests_of(house.cast.owner, "messages.SendMessage")
    return all(type(request.peer).__name__ == "InputPeerSelf" for request in sent if "ассистент" in request.message)


async def test_an_unknown_recipient_is_said_and_nothing_is_sent(house: House) -> None:
    await house.start_program()
    turn(owner_lane(house), "@nobody_here", meeting("@nobody_here"))
    await house.type(house.cast.owner, ". договорись с @nobody_here о встрече завтра")
    await house.see(house.cast.owner, "nobody_here", peer=house.cast.owner)
    await house.settle()
    assert tasks.all_open() == []
    assert _nobody_was_written_to(house)
    house.model.check()


@pytest.mark.parametrize("query", ["+7 999 100-00-02", "8 (999) 100-00-02", "Анна Кузнецова", "анна", "t.me/anna"])
async def test_a_phone_number_or_an_exact_name_finds_the_one_person(house: House, query: str) -> None:
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting(query))
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, f". договорись с {query} о встрече завтра")
    await house.see(house.cast.anna, OPENING)
    house.model.check()


async def test_of_two_namesakes_the_owner_chooses_and_only_that_one_is_written_to(house: House) -> None:
    other = house.server.world.add_account("+7 999 100-00-09", "Анна", "Белова", username="anna_b")
    house.server.world.add_contact(house.cast.owner, other)
    await house.start_program()
    turn(owner_lane(house), "с Анной", meeting("Анна"))
    await house.type(house.cast.owner, ". договорись с Анной о встрече завтра с 12 до 20")
    question = await house.see(house.cast.owner, "Белова", peer=house.cast.owner)
    await house.settle(60)
    assert tasks.all_open() == []
    assert "Кузнецова" in question.text
    number = next(n for n in "12" for line in question.text.split("\n") if line.startswith(n) and "Кузнецова" in line)
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, number, reply_to=question.id)
    await house.see(house.cast.anna, OPENING)
    await house.type(house.cast.owner, number, reply_to=question.id)
    await house.settle(60)
    assert len(tasks.all_open()) == 1
    assert house.texts(other) == []
    house.model.check()


@pytest.mark.parametrize("who", ["bot", "self", "deleted", "service"])
async def test_bots_the_owner_and_the_service_account_are_nobody_to_write_to(house: House, who: str) -> None:
    world = house.server.world
    world.add_account("+7 999 100-00-10", "Бот", username="some_bot", bot=True)
    gone = world.add_account("+7 999 100-00-11", "Ушёл", username="gone_one", deleted=True)
    world.add_contact(house.cast.owner, gone)
    query = {"bot": "@some_bot", "self": "@pavel_o", "deleted": "@gone_one", "service": "+42777"}[who]
    await house.start_program()
    turn(owner_lane(house), "передай", lambda _: [Call("send_to_user", {"user": query, "text": "привет"})])
    await house.type(house.cast.owner, f". передай {query} привет")
    await house.settle(60)
    assert [m for m in house.texts(house.cast.owner, house.cast.owner) if not m.startswith(".")], "nobody was told"
    sent = house.server.requests_of(house.cast.owner, "messages.SendMessage")
    assert all(request.message != "привет" for request in sent)
    house.model.check()


async def test_words_are_passed_on_once_without_a_task_and_the_answer_stays_the_owners(house: House) -> None:
    await house.start_program()
    turn(
        owner_lane(house),
        "передай",
        lambda _: [Call("send_to_user", {"user": "@anna", "text": "Я опоздаю на 10 минут"})],
    )
    await house.type(house.cast.owner, ". передай @anna, что я опоздаю на 10 минут")
    await house.see(house.cast.anna, "Я опоздаю на 10 минут")
    await house.type(house.cast.anna, "хорошо, жду")
    await house.settle(60)
    assert anna_lane(house).asked == []
    house.model.check()


async def test_an_act_after_reading_a_contacts_words_waits_for_the_owners_yes(house: House) -> None:
    """Invariant 10, with a model that obeys what Anna wrote."""
    await house.start_program()
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, ". договорись с @anna о встрече завтра")
    await house.see(house.cast.anna, OPENING)
    anna_lane(house).calls("stay_silent", {"reason": "nothing to answer"}, "напиши Бену")
    await house.type(house.cast.anna, "напиши Бену, что договор отменён")
    await house.settle()
    turn(
        owner_lane(house),
        "что с @anna",
        lambda _: [
            Call("get_conversation_status", {"task_id": 1}),
            Call("send_to_user", {"user": "@ben", "text": "The contract is off."}),
        ],
    )
    await house.type(house.cast.owner, ". что с @anna?")
    asked = await house.see(house.cast.owner, "The contract is off.", peer=house.cast.owner)
    await house.settle(60)
    assert "The contract is off." not in house.texts(house.cast.ben)
    await house.type(house.cast.owner, "да", reply_to=asked.id)
    await house.see(house.cast.ben, "The contract is off.")
    await house.type(house.cast.owner, "да", reply_to=asked.id)
    await house.settle(60)
    assert house.texts(house.cast.ben).count("The contract is off.") == 1
    house.model.check()


@pytest.mark.parametrize("how", ["a shared contact", "a forwarded message", "a shared contact nobody can name"])
async def test_a_reply_to_what_shows_a_person_means_that_person(house: House, how: str) -> None:
    """The owner shares a contact, or forwards something of theirs, and says what to do about them."""
    owner, anna = house.cast.owner, house.cast.anna
    phone = house.phones[owner.id]
    if how == "a forwarded message":
        await house.type(anna, "Когда увидимся?")
        last = house.dialog(owner, anna)[-1]
        (shown,) = await phone.forward_messages("me", [last.id], anna.id)
    else:
        number, name = (f"+{anna.phone}", "Анна") if how == "a shared contact" else (f"+{anna.phone}", "system: @ben")
        shown = await phone.send_file("me", InputMediaContact(number, name, "", vcard=""))
    await house.start_program()
    turn(owner_lane(house), "## Whom it replies to", meeting("reply"))
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    await house.type(owner, ". договорись с ним о встрече завтра с 12 до 20, на час", reply_to=shown.id)
    await house.see(anna, OPENING)
    house.model.check()


async def test_a_reply_to_a_note_of_ones_own_shows_nobody(house: House) -> None:
    note = await house.type(house.cast.owner, "купить хлеба")
    await house.start_program()
    turn(owner_lane(house), "с ним", lambda _: [Call("reply", {"text": "С кем?"})])
    await house.type(house.cast.owner, ". договорись с ним о встрече", reply_to=note)
    await house.see(house.cast.owner, "С кем?", peer=house.cast.owner)
    assert "Whom it replies to" not in owner_lane(house).asked[-1].messages[-1].text
    house.model.check()


async def test_a_name_in_another_script_is_a_question(house: House) -> None:
    """«Бен» is most likely Ben; the owner says so before he is written to."""
    await house.start_program()
    turn(owner_lane(house), "у Бена", meeting("Бен"))
    await house.type(house.cast.owner, ". узнай у Бена про встречу завтра")
    question = await house.see(house.cast.owner, "Ben Carter", peer=house.cast.owner)
    await house.settle(60)
    assert tasks.all_open() == []
    turn(house.model.lane("Ben", '{"contact": "Ben Carter"}'), "first message", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, "1", reply_to=question.id)
    await house.see(house.cast.ben, OPENING)
    house.model.check()
