"""Protects what a contact may always have: silence when they ask for it, and a true answer about who writes."""

from time import process_time

import pytest

from userbot.tasks import rights

SILENCE = """
Не пишите мне больше
не пишите мне больше, пожалуйста
Больше мне не пишите!
больше не пиши мне
Пожалуйста, не беспокойте меня
Не надо мне больше писать
не надо мне писать
Прошу вас больше мне не писать
Перестаньте мне писать
перестань писать мне
Хватит мне писать!
Прекратите мне писать
отстаньте
Отстань от меня уже
Отвали
отвяжитесь от меня
Оставьте меня в покое
оставь меня в покое наконец
Не хочу больше с вами общаться
не желаю получать ваши сообщения
Удалите мой номер
СТОП
отписаться
Я же просила не писать мне больше
Я уже сказал: не пишите мне
Можете больше мне не писать?
Меня это не интересует, не пишите мне
не пишите сюда больше
Никогда мне больше не пишите
Нет, спасибо. Больше не беспокойте меня
stop writing to me
Stop messaging me.
please stop texting me
Please don't contact me again
Do not write to me anymore
don't message me
DON’T TEXT ME AGAIN
Never contact me again!
leave me alone
Leave us alone, please
unsubscribe
Please unsubscribe me
STOP
opt out
remove me from your list
Lose my number
I don't want to hear from you
I do not want to talk to you anymore
No more messages please
Could you stop messaging me?
I said stop texting me
I'm not interested, stop contacting me
go away
"""

TALKING = """
не пишите мне на почту, пишите сюда
Не пишите мне сегодня, я занята
не пишите мне до понедельника
Не пишите мне ночью, пожалуйста
Мне не пишите, лучше позвоните
не пишите мне, звоните
Она сказала: не пишите мне больше
Ира мне написала «отстаньте», представляете?
Он просил не писать ему
Отстаньте от него
Сказал, чтобы больше ему не писали
Мне вам больше не писать?
Почему вы мне больше не пишете?
Не пишите больше пяти слайдов
Пишите мне в любое время
не беспокойтесь
Не беспокойте Анну, я сама ей скажу
Хватит одного раза
Стоп, а какой адрес?
Перестаньте, какие извинения
Мы остановились на среде
не пишите капсом
Не хочу в среду, давайте в четверг
don't text me at work, write here
Don't write to me before 10
don't email me, text me here
stop texting him
He told me "leave me alone"
She said stop writing to me
Should I stop writing to you?
Don't bother, I'll do it myself
don't bother me with details
I don't want to talk about prices yet
How do I unsubscribe from the newsletter?
Can we stop at 5?
Leave me the address
Let me know
The bus stop is near me
Don't contact them until Friday
I'll write to you, don't message me until then
"""

ASKS = """
ты бот?
Вы бот?
Это бот?
это робот пишет?
Это робот?
Вы живой человек?
ты вообще живой?
Вы реальный человек или программа?
Я с роботом разговариваю?
я с живым человеком общаюсь?
С кем я говорю, с ботом?
бот?
Ты что, нейросеть?
это чатгпт?
Вы точно не бот?
Вы не робот случайно?
не бот ли вы
ты человек?
Ты человек или программа?
Мне отвечает программа?
да ты бот
Тут кто-то живой есть?
Это автоответчик?
Докажите, что вы не робот
are you a bot?
Are you a real person?
are you human
Is this a bot?
is this an AI?
Am I talking to a robot?
am i chatting with a real person
bot or human?
Are you ChatGPT
are you even real?
You're a bot, right?
is this automated?
Are you a human being or a machine?
r u a bot
human?
Prove you're not a robot
Is anyone real there?
a real person or an AI?
"""

NOT_ASKS = """
У нас есть бот для записи
Наш бот пришлёт ссылку
Вы работали с программой 1С?
Какая программа конференции?
Это программа на год
Вы занятой человек
Сколько человек придёт?
Вы человек слова
Вы на машине?
Кто придёт?
Есть ли программа лояльности?
Робот-пылесос ещё продаёте?
Это реальный срок?
are you available?
Is this real estate in London?
Is this price final?
Are you the person responsible?
The program starts at 9
Is the program printed?
Our bot sends reminders
Are you really coming?
Do you need a person who speaks French?
How many people?
Is that a real problem?
"""

CLAIMS = """
Я не бот
Нет, я не бот!
я не робот, честно
Это не бот пишет
Вы общаетесь с живым человеком
Я живой человек
Я обычный человек
Это лично Павел
Это Павел.
Здравствуйте, это Павел
Пишет сам Павел
Я Павел
Я — Павел
Никакой я не робот
Никаких ботов здесь нет
I'm a real person
I am not a bot.
I'm not a robot!
No, I’m human
I am a human being
Yes, a real person here
This is Pavel himself
This is Pavel.
I'm Pavel
not a bot :)
я нe бoт
"""

HONEST = """
Пишет программа, ассистент Павла
Это ассистент Павла
Здравствуйте! Я помощник Павла
Я не человек, а программа
Нет, это бот, ассистент Павла
Да, я бот
Павел просил передать привет
Сам Павел подойдёт позже
Это Павел просил уточнить
Павел лично ответит вечером
Сколько человек будет?
Нужен живой звук?
Это реальный адрес
This is Pavel's assistant
I'm Pavel's assistant, a program
I'm not a human, I'm a program
I am an AI assistant
A program is writing, the assistant of Pavel
Is that a real problem for you?
Pavel will answer personally
I'm not sure about Friday
"""


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("text", lines(SILENCE))
def test_whoever_wants_silence_is_understood(text: str) -> None:
    assert rights.wants_silence(text)


@pytest.mark.parametrize("text", lines(TALKING))
def test_whoever_goes_on_talking_is_not_cut_off(text: str) -> None:
    assert not rights.wants_silence(text)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("Да, в пятницу сделаю. И больше не пишите мне", "да, в пятницу сделаю."),
        ("Версия вторая, и больше мне не пишите!", "версия вторая, и"),
        ("Friday works. Please stop messaging me.", "friday works."),
        ("В 15. Отстаньте", "в 15."),
        ("Нет, спасибо. Больше не пишите мне, пожалуйста", ""),
        ("STOP", ""),
        ("Leave me alone, thanks", ""),
    ],
)
def test_what_is_said_beside_the_wish_is_told_from_it(text: str, beside: str) -> None:
    assert rights.wants_silence(text)
    assert rights.beside_silence(text).startswith(beside)
    assert bool(rights.beside_silence(text)) == bool(beside)


@pytest.mark.parametrize("text", lines(ASKS))
def test_the_question_who_writes_is_heard(text: str) -> None:
    assert rights.asks_whether_program(text)


@pytest.mark.parametrize("text", lines(NOT_ASKS))
def test_what_only_sounds_alike_is_not_that_question(text: str) -> None:
    assert not rights.asks_whether_program(text)


@pytest.mark.parametrize("text", lines(CLAIMS))
def test_a_claim_to_be_a_person_is_seen(text: str) -> None:
    owner = "Pavel" if text.isascii() or "’" in text else "Павел"
    assert rights.claims_person(text, owner)
    assert not rights.says_program(text)


@pytest.mark.parametrize("text", lines(HONEST))
def test_an_honest_word_is_no_claim(text: str) -> None:
    assert not rights.claims_person(text, "Pavel" if text.isascii() else "Павел")


@pytest.mark.parametrize("asked", ["ты бот?", "are you a bot?"])
def test_codes_own_answer_is_true_and_in_their_language(asked: str) -> None:
    answer = rights.truthful_answer(asked, "Павел")
    assert rights.says_program(answer)
    assert not rights.claims_person(answer, "Павел")
    assert ("программа" in answer) == ("бот" in asked)


@pytest.mark.parametrize(
    "text", ["Ассистент пишет про встречу", "Программа конференции готова", "I'm an assistant", ""]
)
def test_what_does_not_say_it_is_no_answer(text: str) -> None:
    assert not rights.says_program(text)


@pytest.mark.parametrize(
    "text",
    [
        *(mark * 100_000 for mark in ("«", "“", "„", '"', "'a")),
        "," * 100_000 + " не пишите мне больше",
        "пишет " * 16_000,
        "кто-то живой " * 8_000,
        "живой человек там " * 5_500,
        "is this a human " * 6_000,
        "программа " * 10_000,
        "it is not a program " * 5_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_hundred_thousand_characters_take_no_time(text: str) -> None:
    """Threat 13: what a contact writes is looked at on the loop that everybody waits for."""
    began = process_time()
    rights.wants_silence(text)
    rights.asks_whether_program(text)
    rights.says_program(text)
    rights.beside_silence(text)
    assert process_time() - began < 1
