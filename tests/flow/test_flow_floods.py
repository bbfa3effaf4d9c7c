"""Protects from contacts who write without end and programs that always answer (threat 13): caps stop it, the owner is
told once, other dialogs go on. The model here answers whatever it is asked."""

from dataclasses import replace

from telethon import events

from tests.flow.conftest import House
from tests.flow.script import OPENING, OPENING_BEN, anna_lane, ben_lane, open_meeting, owner_lane, question
from userbot.rehearsal.model import Asked, Call, Said
from userbot.rehearsal.model.said import Tokens
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards

FLOOD = 300


def chatty(asked: Asked) -> Said:
    """A model that answers everything, and that never the same."""
    # In letters: a number that nobody named would be held back.
    word = "".join("абвгдежзик"[int(digit)] for digit in str(len(asked.text)))
    return says(f"А почему {word}?")


def says(*texts: str) -> Said:
    """A whole turn of Anna's conversation."""
    calls = (Call("reply", {"task_id": 1, "text": text, "reply_to": None, "last": True}) for text in texts)
    return Said(calls=tuple(calls))


def of_anna(house: House) -> list[str]:
    """What Anna was written since the first message of the task."""
    texts = [message.text for message in house.dialog(house.cast.anna) if not message.out]
    return texts[texts.index(OPENING) :]


def told(house: House, fragment: str) -> int:
    """In how many messages beside the cards the owner was told this."""
    texts = house.texts(house.cast.owner, house.cast.owner)
    return sum(fragment in text and not text.startswith("№") for text in texts)


async def ask_ben(house: House) -> None:
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    turn(ben_lane(house), "Write the first message", lambda _: [reply(2, OPENING_BEN)])
    await house.type(house.cast.owner, ". спроси у @ben, какая версия")
    await house.see(house.cast.ben, OPENING_BEN)


async def test_three_hundred_messages_in_a_minute(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    lane = anna_lane(house)
    lane.answers = chatty
    before = len(lane.asked)
    for n in range(FLOOD):
        await house.type(house.cast.anna, f"Сообщение {n} " + "ы" * 200)
        await house.settle(0.2)
        if n == FLOOD // 2:
            await ask_ben(house)
    await house.settle(3600)
    assert len(lane.asked) - before <= 12, "the model was asked on and on"
    assert len(of_anna(house)) <= 6
    assert max(len(asked.text) for asked in lane.asked) < 60_000, "the prompt grew with the flood"
    assert "слишком много сообщений за сутки" in cards(house)[1]
    assert told(house, "слишком много сообщений за сутки") == 1
    turn(ben_lane(house), "The second", lambda _: [reply(2, "Thanks!")])
    await house.type(house.cast.ben, "The second")
    await house.see(house.cast.ben, "Thanks!")

    asked = len(lane.asked)
    await house.type(house.cast.anna, "Ау")
    await house.settle(600)
    assert len(lane.asked) == asked, "and she is read again before the owner said so"
    lane.answers = lambda asked: says("Простите за молчание!") if "Ау" in asked.text else Said()
    await house.type(house.cast.owner, ".дальше 1")
    await house.see(house.cast.anna, "Простите за молчание!")
    assert max(len(asked.text) for asked in lane.asked) < 60_000
    await house.settle(3)
    assert "слишком много" not in cards(house)[1]


async def test_a_hundred_thousand_characters_in_one_go(house: House) -> None:
    """As Telegram splits them: read in bounded parts, and answered once."""
    await house.start_program()
    await open_meeting(house)
    lane = anna_lane(house)
    lane.answers = chatty
    before = len(lane.asked)
    for n in range(25):
        await house.type(house.cast.anna, f"{n} " + "ы" * 4000)
    await house.settle(600)
    assert len(lane.asked) - before <= 2
    assert max(len(asked.text) for asked in lane.asked) < 60_000


async def test_a_program_that_always_answers_is_left_alone_after_a_few_messages(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).answers = chatty
    answers = 0

    @house.phones[house.cast.anna.id].on(events.NewMessage(incoming=True))  # type: ignore[untyped-decorator,unused-ignore]
    async def answer(event: events.NewMessage.Event) -> None:
        nonlocal answers
        answers += 1
        await event.respond(f"Спасибо за сообщение! Ваш номер в очереди {answers}, оператор скоро ответит.")

    await house.type(house.cast.anna, "Здравствуйте, чем могу помочь?")
    await house.settle(3 * 3600)
    assert 3 <= len(of_anna(house)) <= 6
    assert "отвечает программа" in cards(house)[1]
    assert told(house, "отвечает программа") == 1
    await ask_ben(house)

    written = len(of_anna(house))
    await house.type(house.cast.owner, ".дальше 1")
    await house.settle(3 * 3600)
    assert written < len(of_anna(house)) <= written + 6, "the owner's word allows a few more, and no more"


async def test_a_hundred_stickers_are_told_of_once(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).answers = chatty
    anna = house.phones[house.cast.anna.id]
    for _ in range(30):
        await anna.send_file(house.cast.owner.id, b"RIFF", attributes=[], voice_note=True)
    await house.settle(600)
    assert told(house, "голосовое") + told(house, "файл") == 1


async def test_a_fast_person_is_answered_to_the_end(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).answers = chatty
    for n, text in enumerate(("да", "ок", "ну", "в 14", "ага", "не знаю пока", "сейчас посмотрю", "да", "в 15", "ок")):
        seen = len(of_anna(house))
        await house.type(house.cast.anna, text)
        while len(of_anna(house)) == seen:
            await house.settle(0.1)
        assert len(of_anna(house)) == n + 2
        await house.settle(2.5)
    assert "отвечает программа" not in cards(house)[1]


async def test_a_task_that_spent_its_turns_rests_until_the_owner_says_go_on(house: House) -> None:
    house.settings = replace(house.settings, turns_per_task=3)
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).answers = chatty
    for n in range(6):
        await house.type(house.cast.anna, f"А потом было {n}, и это ещё не всё")
        await house.settle(60)
    assert len(of_anna(house)) == 3
    assert "TURNS_PER_TASK" in cards(house)[1]
    assert ".дальше 1" in cards(house)[1]
    assert told(house, "TURNS_PER_TASK") == 1
    await ask_ben(house)
    await house.type(house.cast.owner, ".дальше 1")
    await house.settle(60)
    assert len(of_anna(house)) == 4
    assert "TURNS_PER_TASK" not in cards(house)[1]
    for n in range(6):
        await house.type(house.cast.anna, f"И ещё вспомнила {n}, так вот")
        await house.settle(60)
    assert len(of_anna(house)) == 6, "as much again, and no more"
    await house.type(house.cast.owner, ".задача 1")
    await house.see(house.cast.owner, "ходов 3 из 3", peer=house.cast.owner)


async def test_money_is_looked_at_before_every_round_of_a_turn(house: House) -> None:
    """A turn has up to eight rounds: the one that spends the task's last tokens is its last."""
    house.settings = replace(house.settings, tokens_per_task=60_000)
    await house.start_program()
    await open_meeting(house)
    lane = anna_lane(house)
    cost = Tokens(50_000, 10)
    lane.answers = lambda asked: Said(calls=(Call("notify_owner", {"task_id": 1, "message": "…"}),), tokens=cost)
    before = len(lane.asked)
    await house.type(house.cast.anna, "Добрый день")
    await house.settle(600)
    assert len(lane.asked) - before == 2
    assert "TOKENS_PER_TASK" in cards(house)[1]
    assert of_anna(house) == [OPENING]


async def test_the_last_message_of_a_budget_is_the_last_of_the_turn(house: House) -> None:
    house.settings = replace(house.settings, messages_per_task=2)
    await house.start_program()
    await open_meeting(house)
    anna_lane(house).answers = lambda asked: Said("done") if asked.tool_results else says("Раз", "Два")
    await house.type(house.cast.anna, "Добрый день")
    await house.settle(600)
    assert len(of_anna(house)) == 2


async def test_the_days_turns_and_messages_are_of_all_tasks(house: House) -> None:
    house.settings = replace(house.settings, turns_per_day=2)
    await house.start_program()
    await open_meeting(house)
    await ask_ben(house)
    ben_lane(house).answers = chatty
    await house.type(house.cast.ben, "Which one?")
    await house.settle(600)
    assert "TURNS_PER_DAY" in cards(house)[2]
    await house.type(house.cast.owner, ".статус")
    await house.see(house.cast.owner, "ходов 2 из 2", peer=house.cast.owner)
