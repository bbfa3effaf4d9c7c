"""What a rehearsal says to whoever plays it, in Russian and English."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["ru", "en"]


@dataclass(frozen=True)
class Words:
    saved_messages: str
    owner: str
    changed: str
    phrases: dict[str, str]
    help: str
    # Who is there at first: usernames and names; the owner's own name comes first.
    owner_name: str
    people: tuple[tuple[str, str], ...]
    examples: dict[str, str]

    def say(self, phrase: str, **values: object) -> str:
        return self.phrases[phrase].format(**values)


_RU = Words(
    saved_messages="Избранное",
    owner="Вы",
    changed="изменено",
    owner_name="Павел Орлов",
    people=(("anna", "Анна Кузнецова"), ("boris", "Борис Климов")),
    examples={
        "meeting": ". договорись с @anna о встрече завтра с 12 до 20, на час",
        "question": ". спроси у @boris, какая версия договора последняя",
        "task_assignment": ". попроси @boris прислать презентацию до пятницы",
    },
    help="""\
{prefix} команда          как в Избранном: {prefix} договорись с @anna …
anna: текст         пишет контакт; anna: [файл смета.pdf] текст - присылает файл
> anna: текст       вы сами пишете контакту
/reply N текст      ответить на сообщение [N]: на вопрос, карточку, слова контакту
/contact @имя Имя   ещё один контакт
/wait 2h            время идёт: 30m, 2h, 3d
/save ФАЙЛ          сохранить: `userbot rehearse --replay ФАЙЛ` повторит
/quit               конец; и Ctrl-D
+ строка            сказать сразу, не дожидаясь программы. \\n в тексте: новая строка""",
    phrases={
        "begins": "Репетиция: настоящая программа и ваша модель, выдуманные люди. В Telegram ничего не уходит.",
        "people": "Контакты: {people}. /help - что можно набрать.",
        "clock": "Время: {at}. Паузы и тихие часы {manners}.",
        "shortened": "сокращены (--as-set: как в настройках)",
        "as_set": "как в настройках",
        "model": "Модель: {model} ({host}).",
        "costs": "Эта модель не на вашем компьютере: сказанное здесь уходит к ней, и её ответы стоят денег.",
        "skill": "Навык: {name} (тип {task_type}).",
        "skill_warns": "  замечание: {text}; {mend}",
        "try": "Попробуйте: {example}",
        "try_own_words": "Он делает вот что: {description}\nПопросите об этом своими словами: {prefix} … @anna …",
        "no_command": "Это никому не сказано. Команда начинается с «{prefix}», слова контакта - с «anna:». /help",
        "no_contact": "Контакта {who} нет. Добавьте: /contact @{who} Имя",
        "no_such_command": "Команды /{word} нет. /help",
        "no_such_message": "Сообщения [{number}] нет, или на него не отвечают.",
        "how_contact": "Так: /contact @boris Борис (имя латиницей, не короче трёх букв; потом как его зовут)",
        "how_reply": "Так: /reply 3 текст. Число стоит в скобках перед сообщением.",
        "how_wait": "Так: /wait 30m, /wait 2h или /wait 3d",
        "how_save": "Так: /save ФАЙЛ",
        "met": "Есть контакт @{username}: {name}.",
        "taken": "Кто-то уже зовётся @{username} или {name}: назовите иначе.",
        "waited": "Теперь {at}.",
        "saved": "Сохранено: {path}. Повторить: userbot rehearse --replay {path}",
        "not_saved": "Не сохранено: {why}",
        "not_ours": "{path} уже есть и это не репетиция",
        "model_fails": "Модель не ответила: {error}",
        "program_ended": "Программа остановилась: {error}",
        "skill_unused": "Навык {name} не понадобился: когда он нужен, решает модель по строке description.",
        "no_tasks": "Задач не было.",
        "task": "Задача {id}: {contact}, {task_type}: {fate}",
        "numbers": "  сообщений: {messages}, вопросов вам: {questions}, ходов модели: {turns}, токенов: {tokens}",
        "result": "  итог: {result}",
        "cost": "Стоило: ${dollars:.4f}, токенов: {tokens}.",
        "cost_partly": "Стоило: не меньше ${dollars:.4f} (цены части ответов неизвестны), токенов: {tokens}.",
        "tokens": "Токенов: {tokens}.",
        "cost_unknown": "Токенов: {tokens}. Цена неизвестна: prices.toml может её назвать.",
        "as_expected": "Всё вышло как записано.",
        "not_as_expected": "Вышло не как записано:",
    },
)

_EN = Words(
    saved_messages="Saved Messages",
    owner="You",
    changed="edited",
    owner_name="Paul Owen",
    people=(("anna", "Anna Keller"), ("ben", "Ben Carter")),
    examples={
        "meeting": ". agree a meeting with @anna tomorrow between 12 and 20, for an hour",
        "question": ". ask @ben which version of the contract is the latest",
        "task_assignment": ". ask @ben to send the slides by Friday",
    },
    help="""\
{prefix} command           as in Saved Messages: {prefix} agree a meeting with @anna …
anna: text          a contact writes; anna: [file offer.pdf] text sends a file
> anna: text        you write to a contact yourself
/reply N text       reply to the message [N]: a question, a card, words to a contact
/contact @ben Ben   one more contact
/wait 2h            time passes: 30m, 2h, 3d
/save FILE          keep it: `userbot rehearse --replay FILE` plays it again
/quit               the end; so is Ctrl-D
+ line              said at once, without waiting for the program. \\n in a text is a new line""",
    phrases={
        "begins": "A rehearsal: the real program and your model, invented people. Nothing goes to Telegram.",
        "people": "Contacts: {people}. /help says what can be typed.",
        "clock": "The time: {at}. Pauses and quiet hours are {manners}.",
        "shortened": "shortened (--as-set: as in your settings)",
        "as_set": "as in your settings",
        "model": "The model: {model} ({host}).",
        "costs": "This model is not on your own machines: what is said here goes there, and its replies cost money.",
        "skill": "The skill: {name} (type {task_type}).",
        "skill_warns": "  note: {text}; {mend}",
        "try": "Try: {example}",
        "try_own_words": "What it does: {description}\nAsk for it in your own words: {prefix} … @anna …",
        "no_command": "Nobody was told that. A command begins with {prefix!r}, a contact's words with 'anna:'. /help",
        "no_contact": "There is no contact {who}. Add them: /contact @{who} Name",
        "no_such_command": "There is no /{word}. /help",
        "no_such_message": "There is no message [{number}] to reply to.",
        "how_contact": "Like this: /contact @ben Ben (three letters or more, then what they are called)",
        "how_reply": "Like this: /reply 3 text. The number stands in brackets before the message.",
        "how_wait": "Like this: /wait 30m, /wait 2h or /wait 3d",
        "how_save": "Like this: /save FILE",
        "met": "There is a contact @{username} now: {name}.",
        "taken": "Somebody is called @{username} or {name} already: take another name.",
        "waited": "It is {at} now.",
        "saved": "Saved: {path}. Play it again: userbot rehearse --replay {path}",
        "not_saved": "Not saved: {why}",
        "not_ours": "{path} is there already and is no rehearsal",
        "model_fails": "The model did not answer: {error}",
        "program_ended": "The program ended: {error}",
        "skill_unused": "The skill {name} was not used: your model decides by its description when it is needed.",
        "no_tasks": "There were no tasks.",
        "task": "Task {id}: {contact}, {task_type}: {fate}",
        "numbers": "  messages: {messages}, questions to you: {questions}, model turns: {turns}, tokens: {tokens}",
        "result": "  result: {result}",
        "cost": "It cost ${dollars:.4f}, {tokens} tokens.",
        "cost_partly": "It cost at least ${dollars:.4f} (of some replies the price is unknown), {tokens} tokens.",
        "tokens": "{tokens} tokens.",
        "cost_unknown": "{tokens} tokens. What they cost is unknown: prices.toml can say.",
        "as_expected": "All came out as recorded.",
        "not_as_expected": "It did not come out as recorded:",
    },
)


def words_of(language: Language) -> Words:
    return _RU if language == "ru" else _EN
