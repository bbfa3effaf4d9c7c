"""Protects the owner from silence and from noise: trouble is said once, nothing is lost, and it goes on by itself."""

import pytest

from tests.flow.conftest import House
from tests.flow.script import (
    MEETING,
    OPENING,
    anna_lane,
    ben_lane,
    meeting,
    open_meeting,
    open_question,
    owner_lane,
)
from userbot.errors import NotLoggedIn
from userbot.people import Contact
from userbot.rehearsal.model import Asked, Call, Fault, Said, Step
from userbot.rehearsal.script import id_of, reply, turn
from userbot.rehearsal.story import cards
from userbot.store import database, desk, journal, tasks
from userbot.telegram.updates import mark_end_of_saved_messages


async def test_a_model_that_is_down_makes_the_card_wait_and_the_task_go_on_when_it_is_back(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).add(*[Fault.error(503, "overloaded")] * 30)
    await house.type(house.cast.anna, "в два не могу, а в четыре?")
    await house.settle(120)
    assert "модел" in cards(house)[1].lower()
    notices = len(house.texts(house.cast.owner, house.cast.owner))
    await house.settle(600)
    assert len(house.texts(house.cast.owner, house.cast.owner)) == notices, "the owner is told at every retry"

    taken = len(anna_lane(house).asked)
    while anna_lane(house).left:
        anna_lane(house).take(anna_lane(house).asked[-1])
    assert taken > 3
    turn(anna_lane(house), "а в четыре?", lambda asked: [reply(1, "В 16:00 подходит, записываю.")])
    await house.settle(1800)
    assert "В 16:00 подходит, записываю." in house.texts(house.cast.anna)
    assert "модел" not in cards(house)[1].lower()
    house.model.check()


async def test_a_command_given_while_the_model_is_down_is_told_once_and_done_later(house: House) -> None:
    await house.start_program()
    down = [Fault.error(500, "broken")] * 12
    owner_lane(house).add(*down)
    await house.type(house.cast.owner, ". договорись с @anna о встрече завтра")
    await house.settle(90)
    said = [text for text in house.texts(house.cast.owner, house.cast.owner) if not text.startswith(".")]
    assert len(said) == 1
    while owner_lane(house).left:
        owner_lane(house).take(owner_lane(house).asked[-1])
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    await house.settle(1800)
    assert house.texts(house.cast.anna).count(OPENING) == 1
    house.model.check()


async def test_a_wrong_key_is_the_owners_to_mend_and_said_so(house: House) -> None:
    await house.start_program()
    owner_lane(house).add(Fault.error(401, "Incorrect API key provided"))
    await house.type(house.cast.owner, ". договорись с @anna о встрече завтра")
    await house.see(house.cast.owner, "OPENAI_API_KEY", peer=house.cast.owner)


@pytest.mark.parametrize(
    "nonsense",
    [
        [Said("Sure, I will write to her!"), Said("I said I will.")],
        [Said(calls=(Call("reply", '{"task_id": 1, "te'),))] * 8,
        [Said(calls=(Call("send_to_user", {"user": "@ben", "text": "hi"}),))] * 8,
        [Said(calls=(Call("update_conversation", {"task_id": 99, "status": "completed"}),))] * 8,
    ],
    ids=["text instead of calls", "half JSON without end", "a tool it does not have", "a wrong task"],
)
async def test_of_a_turn_that_never_gets_whole_nothing_is_sent(house: House, nonsense: list[Said]) -> None:
    await house.start_program()
    await open_meeting(house)
    before = house.texts(house.cast.anna)
    anna_lane(house).add(*nonsense)
    await house.type(house.cast.anna, "в два не могу")
    await house.settle(10)
    assert house.texts(house.cast.anna) == [*before, "в два не могу"]
    assert house.texts(house.cast.ben) == ["Hi Pavel, the contract is with our lawyers now.", "Thanks, Ben!"]
    assert tasks.all_open()[0].trouble == "model_nonsense"
    turn(anna_lane(house), "в два не могу", lambda _: [reply(1, "Тогда в 17:00?")])
    await house.settle(120)
    assert "Тогда в 17:00?" in house.texts(house.cast.anna)
    house.model.check()


async def test_a_login_that_telegram_ends_ends_the_program_with_what_to_do(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    program = house.server.sessions(house.cast.owner)[-1]
    house.server.revoke(program)
    turn(anna_lane(house), "ну что?", lambda _: [reply(1, "Минуту!")])
    await house.type(house.cast.anna, "ну что?")
    await house.settle(300)
    with pytest.raises(NotLoggedIn, match="userbot login"):
        await house.stop_program()
    await house.kill_program()
    assert "Минуту!" not in house.texts(house.cast.anna)


async def test_a_login_that_is_lost_during_a_turn_is_told_as_what_it_is(house: House) -> None:
    """The turn meets it before the connection's own watch does: nothing about the model's key, in no row, and the
    program ends at once with what to do."""
    await house.start_program()
    owner = owner_lane(house)

    def looks_for_ben(_: Asked) -> Said:
        house.server.revoke(house.server.sessions(house.cast.owner)[-1])
        return Said(calls=(Call("find_contact", {"query": "Ben"}),))

    owner.add(Step(looks_for_ben, "договорись"))
    await house.type(house.cast.owner, ". договорись с Беном о встрече завтра")
    await house.settle(20)
    with pytest.raises(NotLoggedIn, match="userbot login"):
        await house.stop_program()
    await house.kill_program()
    database.open_database(house.settings.database_path)
    try:
        told = [item.payload for item in desk.last_of("problem", 10)]
        waiting = [entry.state for entry in journal.waiting(house.cast.owner.id, "new")]
    finally:
        database.close_database()
    assert (told, waiting) == ([], ["new"])


@pytest.mark.parametrize("notes_before", [0, 2])
async def test_what_is_typed_between_the_login_and_the_first_start_is_done(house: House, notes_before: int) -> None:
    """Also when Telegram does not tell the difference then. What stood in Saved Messages before the login is not."""
    owner = house.cast.owner
    for _ in range(notes_before):
        await house.type(owner, ". договорись с @ben о чём-то давнем")
    database.open_database(house.settings.database_path)
    await mark_end_of_saved_messages(house.phones[owner.id], Contact(owner.id, 1, owner.first_name))
    database.close_database()
    await house.type(owner, MEETING)
    house.server.faults.refuse(500, "INTERNAL", method="updates.GetDifference", times=1)
    turn(owner_lane(house), "на час", meeting())
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.start_program()
    await house.see(house.cast.anna, OPENING)
    await house.settle(60)
    house.model.check()


async def test_people_without_a_task_cost_no_model_call_and_leave_no_trace(house: House) -> None:
    """Invariant 6."""
    await house.start_program()
    bot = house.server.world.add_account("+7 999 100-00-10", "Бот", username="some_bot", bot=True)
    house.server.world.send(bot, house.cast.owner, "I am a bot")
    house.server.world.send(house.server.world.service, house.cast.owner, "Login code: 12345")
    await house.type(house.cast.ben, "Hi, are you there?")
    await house.settle(900)
    assert house.model.asked == []
    assert journal.latest(house.cast.ben.id, 10) == []
    assert journal.latest(bot.id, 10) == []
    assert journal.latest(house.server.world.service.id, 10) == []
    assert len(house.texts(house.cast.ben)) == 3


async def test_notes_in_saved_messages_that_are_no_commands_are_not_read(house: House) -> None:
    await house.start_program()
    await house.type(house.cast.owner, "купить молоко")
    await house.type(house.cast.owner, "..не команда")
    await house.phones[house.cast.owner.id].forward_messages(
        house.cast.owner.id, house.dialog(house.cast.owner, house.cast.anna)[0].id, house.cast.anna.id
    )
    house.server.world.send(house.cast.anna, house.cast.owner, ". договорись с @ben")
    forwarded = house.dialog(house.cast.owner, house.cast.anna)[-1]
    await house.phones[house.cast.owner.id].forward_messages(house.cast.owner.id, forwarded.id, house.cast.anna.id)
    await house.settle(60)
    assert house.model.asked == []
    assert all("молоко" not in entry.text for entry in journal.latest(house.cast.owner.id, 10))


def answered(asked: Asked) -> list[Call]:
    """Ben's answer is recorded, and he is thanked."""
    said = "The second"
    result = {"answer": said, "choice": None, "number": None, "unit": None, "quote": said, "summary": "Вторая."}
    evidence = [id_of(asked, said)]
    arguments = {"task_id": 1, "status": "completed", "result": result, "evidence": evidence}
    return [Call("update_conversation", arguments), reply(1, "Thanks!")]


async def test_what_somebody_writes_after_the_end_still_reaches_the_owner(house: House) -> None:
    """Without a model: nothing is left to settle. (What is agreed and still ahead is another matter.)"""
    await house.start_program()
    await open_question(house)
    turn(ben_lane(house), "The second", answered)
    await house.type(house.cast.ben, "The second")
    await house.see(house.cast.ben, "Thanks!")
    asked = len(house.model.asked)
    await house.type(house.cast.ben, "oh, and where do we meet?")
    await house.settle(60)
    assert len(house.model.asked) == asked
    assert "oh, and where do we meet?" in cards(house)[1]
    house.model.check()


async def test_what_cannot_be_read_goes_to_the_owner_and_is_not_guessed_at(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), '"with": "voice"', lambda _: [reply(1, "Не могу послушать, напиши, пожалуйста, текстом.")])
    await house.phones[house.cast.anna.id].send_file(
        house.cast.owner.id, b"OggS" + bytes(200), voice_note=True, attributes=[], mime_type="audio/ogg"
    )
    await house.see(house.cast.anna, "Не могу послушать")
    told = await house.see(house.cast.owner, "голосов", peer=house.cast.owner)
    assert "Анна" in told.text
    house.model.check()


async def test_a_burst_gets_one_answer(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), ("привет", "в два не могу", "а в четыре?"), lambda _: [reply(1, "В 16:00 отлично.")])
    for text in ("привет", "в два не могу", "а в четыре?"):
        await house.type(house.cast.anna, text)
        await house.settle(3)
    await house.see(house.cast.anna, "В 16:00 отлично.")
    house.model.check()


async def test_whoever_is_typing_is_not_interrupted(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), ("погоди", "в пять могу"), lambda _: [reply(1, "Тогда в 17:00!")])
    phone = house.phones[house.cast.anna.id]
    await house.type(house.cast.anna, "погоди")
    async with phone.action(house.cast.owner.id, "typing"):
        await house.settle(12)
    await house.type(house.cast.anna, "в пять могу")
    await house.see(house.cast.anna, "Тогда в 17:00!")
    house.model.check()


@pytest.mark.parametrize("step", [Step(Said(""))])
async def test_an_empty_reply_is_not_an_answer(house: House, step: Step) -> None:
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).add(*[step] * 6)
    await house.type(house.cast.anna, "ау")
    await house.settle(10)
    assert house.texts(house.cast.anna)[-1] == "ау"
