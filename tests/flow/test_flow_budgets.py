"""Protects the bill and the account's standing (invariant 13), in the running program."""

from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.script import OPENING, OPENING_BEN, anna_lane, ben_lane, meeting, open_meeting, owner_lane, question
from userbot.rehearsal.model import Call, Said, Step
from userbot.rehearsal.model.said import Tokens
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards


async def test_somebody_who_always_answers_is_not_answered_for_ever(house: House) -> None:
    """Two programs in conversation: the task's messages run out, the card says so, and other tasks go on."""
    lane = anna_lane(house)
    await house.start_program()
    await open_meeting(house)
    for n in range(100):
        call = Call("reply", {"task_id": 1, "text": f"А почему {n}?", "reply_to": None})
        lane.add(Step(Said(calls=(call,))), Step(Said("done")))
    answered = 0
    while answered < 60:
        answered += 1
        await house.type(house.cast.anna, f"Потому что {answered}")
        await house.settle(20)
    ours = [message for message in house.dialog(house.cast.anna) if not message.out]
    assert len(ours) <= 42, "the two went on and on"
    assert "слишком много сообщений" in cards(house)[1]
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    turn(ben_lane(house), "Write the first message", lambda _: [reply(2, OPENING_BEN)])
    await house.type(house.cast.owner, ". спроси у @ben, какая версия")
    await house.see(house.cast.ben, OPENING_BEN)


async def test_first_messages_to_new_people_wait_for_the_next_day(house: House) -> None:
    house.settings = replace(house.settings, first_contacts_per_day=1)
    await house.start_program()
    await open_meeting(house)
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    await house.type(house.cast.owner, ". спроси у @ben, какая версия")
    await house.settle(600)
    assert OPENING_BEN not in house.texts(house.cast.ben)
    assert "FIRST_CONTACTS_PER_DAY" in cards(house)[2]
    turn(ben_lane(house), "Write the first message", lambda _: [reply(2, OPENING_BEN)])
    await house.days_pass(1)
    await house.settle(60)
    assert house.texts(house.cast.ben).count(OPENING_BEN) == 1
    assert house.texts(house.cast.anna).count(OPENING) == 1


async def test_first_messages_written_side_by_side_do_not_pass_the_days_number(house: House) -> None:
    """Both turns began while one more new person was allowed."""
    house.settings = replace(house.settings, first_contacts_per_day=1)
    await house.start_program()
    turn(owner_lane(house), "договорись", lambda asked: [*meeting()(asked), *question("@ben")(asked)])
    for lane, task_id, text in ((anna_lane(house), 1, OPENING), (ben_lane(house), 2, OPENING_BEN)):
        lane.add(Step(Said(calls=(reply(task_id, text),), delay_s=10)), Step(Said("done")))
    await house.type(house.cast.owner, ". договорись с @anna о встрече завтра и спроси у @ben, какая версия")
    await house.settle(600)
    written = house.texts(house.cast.anna).count(OPENING) + house.texts(house.cast.ben).count(OPENING_BEN)
    assert written == 1
    assert "FIRST_CONTACTS_PER_DAY" in cards(house)[1] + cards(house)[2]


async def test_words_for_somebody_new_are_refused_when_no_more_new_people_may_be_written_to(house: House) -> None:
    house.settings = replace(house.settings, first_contacts_per_day=1)
    await house.start_program()
    await open_meeting(house)
    sends = [Call("send_to_user", {"user": name, "text": "Я опоздаю"}) for name in ("@ben", "@anna")]
    turn(owner_lane(house), "передай", lambda _: [*sends, Call("reply", {"text": "Бену сегодня написать нельзя."})])
    await house.type(house.cast.owner, ". передай @ben и @anna, что я опоздаю")
    await house.see(house.cast.owner, "Бену сегодня написать нельзя.", peer=house.cast.owner)
    await house.settle(60)
    assert "Я опоздаю" not in house.texts(house.cast.ben)
    assert house.texts(house.cast.anna).count("Я опоздаю") == 1
    house.model.check()


async def test_a_day_without_tokens_left_asks_the_model_nothing(house: House) -> None:
    house.settings = replace(house.settings, tokens_per_day=40_000)
    await house.start_program()
    cost = Tokens(50_000, 10)
    owner_lane(house).add(Step(lambda asked: Said(calls=tuple(meeting()(asked)), tokens=cost)))
    await house.type(house.cast.owner, ". договорись с @anna о встрече завтра")
    await house.settle(600)
    assert len(house.model.asked) == 1, "not even for the rest of the turn"
    assert house.texts(house.cast.owner, house.cast.owner)[-1].count("TOKENS_PER_DAY") == 1
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message", lambda _: [reply(1, OPENING)])
    await house.days_pass(1)
    await house.settle(60)
    assert house.texts(house.cast.anna).count(OPENING) == 1


async def test_a_day_without_tokens_ends_with_a_server_that_counts_none(house: House) -> None:
    """Invariant 13: a server at home that says nothing of its tokens is no way round a budget."""
    house.settings = replace(house.settings, tokens_per_day=1_000)
    await house.start_program()
    owner_lane(house).add(Step(lambda asked: Said(calls=tuple(meeting()(asked)), tokens="none")))
    await house.type(house.cast.owner, ". договорись с @anna о встрече завтра")
    await house.settle(600)
    assert len(house.model.asked) == 1
    assert house.texts(house.cast.owner, house.cast.owner)[-1].count("TOKENS_PER_DAY") == 1
