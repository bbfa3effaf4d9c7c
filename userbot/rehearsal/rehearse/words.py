"""What a rehearsal says to whoever plays it, in Russian and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["ru", "en"]

_PHRASES: Mapping[str, tuple[str, str]] = {
    "saved_messages": ("Избранное", "Saved Messages"),
    "owner": ("Вы", "You"),
    "changed": ("изменено", "edited"),
    "begins": (
        "Репетиция: настоящая программа и ваша модель, выдуманные люди. В Telegram ничего не уходит.",
        "A rehearsal: the real program and your model, invented people. Nothing goes to Telegram.",
    ),
    "people": ("Контакты: {people}. /help - что можно набрать.", "Contacts: {people}. /help says what can be typed."),
    "clock": ("Время: {at}. Паузы и тихие часы {manners}.", "The time: {at}. Pauses and quiet hours are {manners}."),
    "shortened": ("сокращены (--as-set: как в настройках)", "shortened (--as-set: as in your settings)"),
    "as_set": ("как в настройках", "as in your settings"),
    "model": ("Модель: {model} ({host}).", "The model: {model} ({host})."),
    "costs": (
        "Эта модель не на вашем компьютере: сказанное здесь уходит к ней, и её ответы стоят денег.",
        "This model is not on your own machines: what is said here goes there, and its replies cost money.",
    ),
    "skill": ("Навык: {name} (тип {task_type}).", "The skill: {name} (type {task_type})."),
    "skill_warns": ("  замечание: {text}; {mend}", "  note: {text}; {mend}"),
    "try": ("Попробуйте: {example}", "Try: {example}"),
    "try_own_words": (
        "Он делает вот что: {description}\nПопросите об этом своими словами: {prefix} … @anna …",
        "What it does: {description}\nAsk for it in your own words: {prefix} … @anna …",
    ),
    "no_command": (
        "Это никому не сказано. Команда начинается с «{prefix}», слова контакта - с «anna:». /help",
        "Nobody was told that. A command begins with {prefix!r}, a contact's words with 'anna:'. /help",
    ),
    "no_contact": (
        "Контакта {who} нет. Добавьте: /contact @{who} Имя",
        "There is no contact {who}. Add them: /contact @{who} Name",
    ),
    "no_such_command": ("Команды /{word} нет. /help", "There is no /{word}. /help"),
    "no_such_message": (
        "Сообщения [{number}] нет, или на него не отвечают.",
        "There is no message [{number}] to reply to.",
    ),
    "how_contact": (
        "Так: /contact @boris Борис (имя латиницей, не короче трёх букв; потом как его зовут)",
        "Like this: /contact @ben Ben (three letters or more, then what they are called)",
    ),
    "how_reply": (
        "Так: /reply 3 текст. Число стоит в скобках перед сообщением.",
        "Like this: /reply 3 text. The number stands in brackets before the message.",
    ),
    "how_wait": ("Так: /wait 30m, /wait 2h или /wait 3d", "Like this: /wait 30m, /wait 2h or /wait 3d"),
    "how_save": ("Так: /save ФАЙЛ", "Like this: /save FILE"),
    "met": ("Есть контакт @{username}: {name}.", "There is a contact @{username} now: {name}."),
    "taken": (
        "Кто-то уже зовётся @{username} или {name}: назовите иначе.",
        "Somebody is called @{username} or {name} already: take another name.",
    ),
    "waited": ("Теперь {at}.", "It is {at} now."),
    "saved": (
        "Сохранено: {path}. Повторить: userbot rehearse --replay {path}",
        "Saved: {path}. Play it again: userbot rehearse --replay {path}",
    ),
    "not_saved": ("Не сохранено: {why}", "Not saved: {why}"),
    "not_ours": ("{path} уже есть и это не репетиция", "{path} is there already and is no rehearsal"),
    "model_fails": ("Модель не ответила: {error}", "The model did not answer: {error}"),
    "program_ended": ("Программа остановилась: {error}", "The program ended: {error}"),
    "skill_unused": (
        "Навык {name} не понадобился: когда он нужен, решает модель по строке description.",
        "The skill {name} was not used: your model decides by its description when it is needed.",
    ),
    "no_tasks": ("Задач не было.", "There were no tasks."),
    "task": ("Задача {id}: {contact}, {task_type}: {fate}", "Task {id}: {contact}, {task_type}: {fate}"),
    "numbers": (
        "  сообщений: {messages}, вопросов вам: {questions}, ходов модели: {turns}, токенов: {tokens}",
        "  messages: {messages}, questions to you: {questions}, model turns: {turns}, tokens: {tokens}",
    ),
    "result": ("  итог: {result}", "  result: {result}"),
    "cost": ("Стоило: ${dollars:.4f}, токенов: {tokens}.", "It cost ${dollars:.4f}, {tokens} tokens."),
    "cost_partly": (
        "Стоило: не меньше ${dollars:.4f} (цены части ответов неизвестны), токенов: {tokens}.",
        "It cost at least ${dollars:.4f} (of some replies the price is unknown), {tokens} tokens.",
    ),
    "tokens": ("Токенов: {tokens}.", "{tokens} tokens."),
    "cost_unknown": (
        "Токенов: {tokens}. Цена неизвестна: prices.toml может её назвать.",
        "{tokens} tokens. What they cost is unknown: prices.toml can say.",
    ),
    "as_expected": ("Всё вышло как записано.", "All came out as recorded."),
    "not_as_expected": ("Вышло не как записано:", "It did not come out as recorded:"),
    "help": (
        """\
{prefix} команда          как в Избранном: {prefix} договорись с @anna …
anna: текст         пишет контакт; anna: [файл смета.pdf] текст - присылает файл
> anna: текст       вы сами пишете контакту
/reply N текст      ответить на сообщение [N]: на вопрос, карточку, слова контакту
/contact @имя Имя   ещё один контакт
/wait 2h            время идёт: 30m, 2h, 3d
/save ФАЙЛ          сохранить: `userbot rehearse --replay ФАЙЛ` повторит
/quit               конец; и Ctrl-D
+ строка            сказать сразу, не дожидаясь программы. \\n в тексте: новая строка""",
        """\
{prefix} command           as in Saved Messages: {prefix} agree a meeting with @anna …
anna: text          a contact writes; anna: [file offer.pdf] text sends a file
> anna: text        you write to a contact yourself
/reply N text       reply to the message [N]: a question, a card, words to a contact
/contact @ben Ben   one more contact
/wait 2h            time passes: 30m, 2h, 3d
/save FILE          keep it: `userbot rehearse --replay FILE` plays it again
/quit               the end; so is Ctrl-D
+ line              said at once, without waiting for the program. \\n in a text is a new line""",
    ),
}
# What to type first, by the type of task.
_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "meeting": (
        ". договорись с @anna о встрече завтра с 12 до 20, на час",
        ". agree a meeting with @anna tomorrow between 12 and 20, for an hour",
    ),
    "question": (
        ". спроси у @boris, какая версия договора последняя",
        ". ask @ben which version of the contract is the latest",
    ),
    "task_assignment": (". попроси @boris прислать презентацию до пятницы", ". ask @ben to send the slides by Friday"),
}
_OWNER_NAME = ("Павел Орлов", "Paul Owen")
# Who is there at first: usernames and names.
_PEOPLE = ((("anna", "Анна Кузнецова"), ("boris", "Борис Климов")), (("anna", "Anna Keller"), ("ben", "Ben Carter")))


@dataclass(frozen=True)
class Words:
    """All of it in one language."""

    language: Language

    def say(self, phrase: str, **values: object) -> str:
        return _PHRASES[phrase][self._at].format(**values)

    def example(self, task_type: str) -> str | None:
        """A command that asks for such a task."""
        return _EXAMPLES[task_type][self._at] if task_type in _EXAMPLES else None

    @property
    def owner_name(self) -> str:
        return _OWNER_NAME[self._at]

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        return _PEOPLE[self._at]

    @property
    def _at(self) -> int:
        return 0 if self.language == "ru" else 1
