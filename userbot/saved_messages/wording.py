"""Every sentence the owner reads, in Russian and in English. Pure: a language and values in, a text out.

Russian avoids names in other cases than the first and verbs with a gender: names come from strangers.
"""

import re
from collections.abc import Mapping

from userbot.saved_messages.when import Language

# What a text that would look like a command is led by; the first that does not look like one itself.
_LEADS = ("· ", "» ")


def language_of(name: str) -> Language:
    """The language a task or a setting names; what is not Russian is told in English."""
    return "ru" if name.casefold().startswith("ru") else "en"


def not_a_command(text: str, prefix: str) -> str:
    """`text` as it may stand in Saved Messages: what starts with the prefix would be read as the owner's command."""
    text = text.strip()
    if not text.startswith(prefix):
        return text
    return next(lead for lead in _LEADS if not lead.startswith(prefix)) + text


def say(language: Language, key: str, **values: object) -> str:
    """The sentence `key` with its values filled in."""
    return PHRASES[key][0 if language == "ru" else 1].format(**values)


def knows(key: str) -> bool:
    return key in PHRASES


def task_type(language: Language, name: str) -> str:
    key = f"type.{name}"
    return say(language, key) if key in PHRASES else name.replace("_", " ").capitalize()


def label(language: Language, name: str) -> str:
    """The name of a property of a brief or a result."""
    key = f"label.{name}"
    return say(language, key) if key in PHRASES else name.replace("_", " ").capitalize()[:40]


def delivery_error(language: Language, error: str) -> str:
    """Why Telegram refused for good, by its name for the error, with or without a number at its end."""
    key = "error." + re.sub(r"_\d+$", "", error.strip().upper())
    return say(language, key) if key in PHRASES else say(language, "error.other", error=error[:64])


def trouble(language: Language, code: str) -> str:
    key = f"trouble.{code}"
    return say(language, key if key in PHRASES else "trouble.other")


def reason(language: Language, code: str) -> str:
    """Why a result is outside the mandate."""
    key = f"reason.{code}"
    return say(language, key if key in PHRASES else "reason.other")


def outcome(language: Language, closed_because: str, type_name: str, accepted: bool) -> str:
    """How a closed task ended. Whether `agreed` may be said at all is the caller's to know."""
    if closed_because == "agreed":
        if not accepted:
            return say(language, "closed.not_accepted")
        key = f"closed.agreed.{type_name}"
        return say(language, key if key in PHRASES else "closed.agreed")
    key = f"closed.{closed_because}"
    return say(language, key if key in PHRASES else "closed.other")


def happened(language: Language, what: str) -> str:
    """An event of a task."""
    key = f"event.{what}"
    return say(language, key) if key in PHRASES else what.replace("_", " ")


def command(language: Language, name: str, prefix: str, number: int | None = None) -> str:
    """A built-in command as the owner would type it."""
    word = COMMANDS[name][0 if language == "ru" else 1]
    return f"{prefix}{word}" + ("" if number is None else f" {number}")


# The built-in commands: how they are typed in Russian and in English. Both always work.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "tasks": ("задачи", "tasks"),
    "task": ("задача", "task"),
    "stop": ("стоп", "stop"),
    "pause": ("пауза", "pause"),
    "resume": ("дальше", "resume"),
    "help": ("помощь", "help"),
}

_YES = frozenset(
    (
        *("да", "ага", "угу", "ок", "окей", "хорошо", "давай", "давайте"),
        *("согласен", "согласна", "конечно", "подтверждаю"),
        *("yes", "y", "yep", "yeah", "ok", "okay", "sure", "fine", "confirm", "agreed"),
    )
)
_NO = frozenset(("нет", "неа", "не", "отмена", "отклонить", "no", "n", "nope", "nah", "cancel"))
_NO_PHRASES = frozenset(
    (
        *("не надо", "не нужно", "не стоит", "не согласен", "не согласна", "не отправляй", "нет не надо"),
        *("no thanks", "do not", "don t", "not ok", "нет спасибо"),
    )
)
_YES_SIGNS, _NO_SIGNS = frozenset(("+", "👍", "✅")), frozenset(("-", "👎", "❌"))


def yes_or_no(text: str) -> bool | None:
    """Is this a plain yes (True) or a plain no (False)? Anything with more to it, or a question, is neither."""
    if "?" in text:
        return None
    words = re.findall(r"\w+", text.casefold().replace("ё", "е"))
    if not words:
        sign = re.sub("[\ufe0f\U0001f3fb-\U0001f3ff\\s]", "", text)
        return True if sign in _YES_SIGNS else False if sign in _NO_SIGNS else None
    if len(words) > 4:
        return None
    if all(word in _YES for word in words):
        return True
    if " ".join(words) in _NO_PHRASES or all(word in _NO for word in words):
        return False
    return None


# key: (Russian, English). A test holds that both have the same values to fill in.
PHRASES: Mapping[str, tuple[str, str]] = {
    # Words
    "yes": ("да", "yes"),
    "no": ("нет", "no"),
    "nobody_known": ("id {user_id}", "id {user_id}"),
    "quote": ("«{text}»", "“{text}”"),
    "type.meeting": ("Встреча", "Meeting"),
    "type.question": ("Вопрос", "Question"),
    "type.task_assignment": ("Поручение", "Assignment"),
    "label.topic": ("Тема", "About"),
    "label.when_words": ("Когда", "When"),
    "label.duration_minutes": ("Длительность", "Length"),
    "label.place": ("Место", "Place"),
    "label.timezone": ("Часовой пояс", "Time zone"),
    "label.question": ("Вопрос", "Question"),
    "label.details": ("Подробности", "Details"),
    "label.choices": ("Варианты", "Choices"),
    "label.answer_format": ("Какой нужен ответ", "Answer wanted"),
    "label.what": ("Что сделать", "To do"),
    "label.why": ("Зачем", "Why"),
    "label.due_words": ("Срок", "Due"),
    "label.due_date": ("Дата", "Date"),
    "label.due_time": ("Время", "Time"),
    "label.date": ("Дата", "Date"),
    "label.time": ("Время", "Time"),
    "label.answer": ("Ответ (пересказ ассистента)", "Answer (as the assistant retells it)"),
    "label.choice": ("Выбор", "Choice"),
    "label.conditions": ("Условия контакта", "The contact's conditions"),
    # Cards
    "card.head": ("№ {task_id} · {type} · {who}", "No. {task_id} · {type} · {who}"),
    "card.opening_written": ("⏳ Пишу первое сообщение", "⏳ Writing the first message"),
    "card.opening_sent": ("⏳ Первое сообщение отправляется", "⏳ The first message is on its way"),
    "card.waiting_contact": ("⏳ Сообщение доставлено, жду ответа", "⏳ Message delivered, waiting for an answer"),
    "card.waiting_owner": ("❓ Нужен ваш ответ", "❓ I need your answer"),
    "card.waiting_time": ("⏳ Жду срока", "⏳ Waiting for its time"),
    "card.paused": ("⏸ На паузе. Продолжить: {resume}", "⏸ Paused. To go on: {resume}"),
    "card.takeover": (
        "⏸ Вы написали сами, я молчу. Вернуть мне: {resume}",
        "⏸ You wrote yourself, I keep silent. To hand it back: {resume}",
    ),
    "card.question": ("❓ Вопрос из этой переписки: {text}", "❓ Asked from this conversation: {text}"),
    "card.proposal": (
        "❓ Предложено: {what}. Не подходит: {reasons}",
        "❓ Proposed: {what}. Not as allowed: {reasons}",
    ),
    "card.more_questions": ("❓ Есть ещё вопросы выше", "❓ There are more questions above"),
    "card.latest": ("Последнее (слова ассистента): {text}", "Latest (the assistant's words): {text}"),
    "card.limits": ("Ваши границы: {text}", "Your limits: {text}"),
    "card.private": ("Только для вас: {text}", "Private, for you only: {text}"),
    "card.act": (
        "Ответьте на эту карточку, чтобы направить. Остановить: {stop}",
        "Reply to this card to steer it. To stop: {stop}",
    ),
    # Limits
    "limit.windows": ("{windows}, {zone}", "{windows}, {zone}"),
    "limit.more": ("и ещё {windows}", "and {windows} more"),
    "limit.duration": ("ровно {length}", "exactly {length}"),
    "limit.approved": ("вы согласились: {time}", "you agreed: {time}"),
    "limit.conditions": ("вы приняли условие: {text}", "you accepted the condition: {text}"),
    "limit.unreadable": ("не читаются, проверьте задачу", "cannot be read, check the task"),
    # Reports
    "closed.agreed": ("✅ Договорились", "✅ Agreed"),
    "closed.agreed.meeting": ("✅ Договорились о встрече", "✅ Meeting agreed"),
    "closed.agreed.question": ("✅ Ответ получен", "✅ Answer received"),
    "closed.agreed.task_assignment": ("✅ Согласие получено", "✅ Taken on"),
    "closed.not_accepted": ("❌ Отказ: за это не берутся", "❌ Not taken on"),
    "closed.declined": ("❌ Отказ. Ни о чём не договорились", "❌ Declined. Nothing was settled"),
    "closed.no_answer": ("❌ Нет ответа. Ни о чём не договорились", "❌ No answer. Nothing was settled"),
    "closed.stopped": ("⏹ Остановлено вами. Ни о чём не договорились", "⏹ Stopped by you. Nothing was settled"),
    "closed.undeliverable": ("❌ Не доставлено. Ни о чём не договорились", "❌ Not delivered. Nothing was settled"),
    "closed.expired": ("❌ Срок вышел. Ни о чём не договорились", "❌ Time ran out. Nothing was settled"),
    "closed.other": ("❌ Закрыто. Ни о чём не договорились", "❌ Closed. Nothing was settled"),
    "report.when": ("Когда: {time}, {length}", "When: {time}, {length}"),
    "report.when_here": ("По вашим часам: {time}", "By your clock: {time}"),
    "report.due": ("Срок: {time}", "Due: {time}"),
    "report.due_day": ("Срок: {day}, до конца дня, {zone}", "Due: {day}, by the end of the day, {zone}"),
    "report.said": ("{who}: {quote} — {time}{mark}", "{who}: {quote} — {time}{mark}"),
    "report.edited": (" (изменено после отправки)", " (edited after sending)"),
    "report.deleted": (" (потом удалено)", " (deleted later)"),
    "report.media": ("[{media}]", "[{media}]"),
    "report.no_words": ("Слов контакта об этом в записи нет", "The record holds no words of the contact on this"),
    "report.summary": ("Кратко (слова ассистента): {text}", "In short (the assistant's words): {text}"),
    "report.open_place": ("Осталось открытым: место", "Still open: the place"),
    "report.open_due": ("Осталось открытым: срок", "Still open: the due date"),
    "report.open_question": ("Без вашего ответа остался вопрос: {text}", "Left without your answer: {text}"),
    "report.open_questions": (
        "Без вашего ответа остались вопросы: {number}, последний: {text}",
        "Questions left without your answer: {number}, the last: {text}",
    ),
    "report.sent": ("Контакту уже отправлено: {messages}", "Already sent to the contact: {messages}"),
    "report.sending": (
        "Одно сообщение было в пути: могло дойти",
        "One message was on its way: it may have arrived",
    ),
    "report.sent_nothing": ("Контакту ничего не отправлено", "Nothing was sent to the contact"),
    "report.after": (
        "После завершения написано: {messages}. {said}",
        "Written after the end: {messages}. {said}",
    ),
    "report.after_bare": ("После завершения написано: {messages}", "Written after the end: {messages}"),
    # Delivery errors, by Telegram's names
    "error.USER_IS_BLOCKED": (
        "контакт вас заблокировал. Свяжитесь другим способом",
        "the contact has blocked you. Reach them another way",
    ),
    "error.YOU_BLOCKED_USER": (
        "вы сами заблокировали этот контакт. Разблокируйте и повторите команду",
        "you have blocked this contact. Unblock them and repeat the command",
    ),
    "error.USER_PRIVACY_RESTRICTED": (
        "настройки приватности контакта не пускают ваши сообщения",
        "the contact's privacy settings do not let your messages in",
    ),
    "error.INPUT_USER_DEACTIVATED": ("этот аккаунт удалён", "this account was deleted"),
    "error.CHAT_WRITE_FORBIDDEN": ("в этот диалог писать нельзя", "writing to this dialog is not allowed"),
    "error.PEER_ID_INVALID": (
        "Telegram не узнаёт этот контакт. Откройте с ним диалог и повторите команду",
        "Telegram does not recognise this contact. Open the dialog with them and repeat the command",
    ),
    "error.PRIVACY_PREMIUM_REQUIRED": (
        "контакт принимает сообщения только от Telegram Premium",
        "the contact takes messages from Telegram Premium only",
    ),
    "error.ALLOW_PAYMENT_REQUIRED": (
        "контакт берёт плату за сообщения, а платить без вас я не буду. Напишите сами, если согласны",
        "the contact charges for messages, and I never pay without you. Write yourself if you agree to it",
    ),
    "error.PEER_FLOOD": (
        "Telegram ограничил первые сообщения с вашего аккаунта. Спросите @SpamBot и подождите",
        "Telegram limits first messages from your account. Ask @SpamBot and wait",
    ),
    "error.FROZEN_METHOD_INVALID": (
        "Telegram заморозил ваш аккаунт. Откройте приложение Telegram: там написано, что делать",
        "Telegram has frozen your account. Open the Telegram app: it says what to do",
    ),
    "error.other": ("Telegram отказал: {error}", "Telegram refused: {error}"),
    # Why nothing moves just now
    "trouble.model_down": (
        "⚠️ Модель не отвечает. Задача ждёт и продолжится сама",
        "⚠️ The model does not answer. The task waits and goes on by itself",
    ),
    "trouble.model_key": (
        "⚠️ Модель не пускает: проверьте ключ и счёт, потом перезапустите userbot",
        "⚠️ The model refuses access: check the key and the bill, then restart userbot",
    ),
    "trouble.model_nonsense": (
        "⚠️ Модель не справилась. Уточните ответом на эту карточку или остановите",
        "⚠️ The model could not cope. Reply to this card to put it clearer, or stop it",
    ),
    "trouble.flood_wait": (
        "⚠️ Telegram просит подождать. Отправлю сразу, как разрешит",
        "⚠️ Telegram asks to wait. I send as soon as it allows",
    ),
    "trouble.other": ("⚠️ Пока не движется. Попробую ещё раз", "⚠️ It does not move just now. I will try again"),
    # Why a result is outside the mandate
    "reason.past": ("это время уже прошло", "that time is past"),
    "reason.other_day": ("другой день", "another day"),
    "reason.other_time": ("другое время", "another time of day"),
    "reason.shorter": ("короче, чем вы просили", "shorter than you asked"),
    "reason.longer": ("дольше, чем вы просили", "longer than you asked"),
    "reason.too_late": ("позже срока", "later than the due date"),
    "reason.conditions": ("есть условия", "it comes with conditions"),
    "reason.far_ahead": ("больше двух лет вперёд", "more than two years ahead"),
    "reason.unchecked": ("есть граница, которую я не могу проверить", "there is a limit I cannot check"),
    "reason.other": ("вне того, что вы разрешили", "outside of what you allowed"),
    # Questions to the owner
    "choose.head": ("❓ Кого вы имели в виду: {query}?", "❓ Whom did you mean by {query}?"),
    "choose.candidate": ("{number}. {who}", "{number}. {who}"),
    "choose.what": ("Что будет сделано:", "What will be done:"),
    "choose.act": (
        "Ответьте на это сообщение номером. До этого ничего не отправлю.",
        "Reply to this message with the number. Nothing is sent before.",
    ),
    "approve.head": ("❓ Нужно ваше «да»", "❓ I need your yes"),
    "approve.act": (
        "Ответьте на это сообщение: да или нет. До этого ничего не сделаю.",
        "Reply to this message: yes or no. Nothing is done before.",
    ),
    "do.send": ("Отправить: {who}", "Send to: {who}"),
    "do.send_anyone": ("Отправить текст:", "Send this text:"),
    "do.text": ("Текст:", "Text:"),
    "do.start": ("Начать: {type} · {who}", "Start: {type} · {who}"),
    "do.start_anyone": ("Начать: {type}", "Start: {type}"),
    "do.steer": ("Указание для: {task}", "Instruction for: {task}"),
    "ask.from": (
        "Из переписки, задача № {task_id}: {who}",
        "From the conversation, task no. {task_id}: {who}",
    ),
    "ask.question": ("❓ Ассистент спрашивает: {text}", "❓ The assistant asks: {text}"),
    "ask.answer": ("Ответьте на это сообщение.", "Reply to this message."),
    "ask.proposed": ("❓ Предложено:", "❓ Proposed:"),
    "ask.outside": ("Почему спрашиваю: {reasons}.", "Why I ask: {reasons}."),
    "ask.agree": (
        "Согласны? Ответьте на это сообщение: да, нет или как продолжить.",
        "Do you agree? Reply to this message: yes, no, or how to go on.",
    ),
    "ask.gone": ("Этой задачи больше нет.", "This task is gone."),
    # Answers
    "list.empty": (
        "Открытых задач нет. Новая, например: «{prefix} договорись с @имя о встрече завтра»",
        "No open tasks. A new one, for example: “{prefix} agree a meeting with @name tomorrow”",
    ),
    "list.open": ("Открыто: {tasks}", "Open: {tasks}"),
    "list.closed": ("Недавно закрыто:", "Closed lately:"),
    "list.line": ("№ {task_id} · {type} · {who}: {state}", "No. {task_id} · {type} · {who}: {state}"),
    "list.act": ("Подробнее: {task}", "More: {task}"),
    "state.pending": ("первое сообщение в пути", "first message on its way"),
    "state.in_progress": ("жду ответа", "waiting for an answer"),
    "state.waiting_owner": ("нужен ваш ответ", "needs your answer"),
    "state.paused": ("на паузе", "paused"),
    "state.takeover": ("пишете вы", "you are writing"),
    "state.trouble": ("не движется", "not moving"),
    "state.agreed": ("готово", "done"),
    "state.not_accepted": ("отказ", "declined"),
    "state.declined": ("отказ", "declined"),
    "state.no_answer": ("нет ответа", "no answer"),
    "state.stopped": ("остановлено", "stopped"),
    "state.undeliverable": ("не доставлено", "not delivered"),
    "state.expired": ("срок вышел", "time ran out"),
    "state.other": ("закрыто", "closed"),
    "history.head": ("Как шло ({zone}):", "How it went ({zone}):"),
    "history.earlier": ("раньше ещё {steps}", "{steps} before that"),
    "history.line": ("{time} {what}", "{time} {what}"),
    "history.line_with": ("{time} {what}: {more}", "{time} {what}: {more}"),
    "event.created": ("вы поставили задачу", "you set the task"),
    "event.delivered": ("первое сообщение доставлено", "first message delivered"),
    "event.contact_wrote": ("контакт", "contact"),
    "event.answered": ("ответ контакту", "answer to the contact"),
    "event.noted": ("заметка ассистента для вас", "the assistant's note for you"),
    "event.asked_owner": ("вопрос к вам", "question to you"),
    "event.steered": ("ваше указание", "your instruction"),
    "event.agreed": ("записан итог", "result recorded"),
    "event.declined": ("записан отказ", "refusal recorded"),
    "event.stopped": ("вы остановили", "you stopped it"),
    "event.undeliverable": ("не доставлено", "not delivered"),
    "event.paused": ("вы поставили на паузу", "you paused it"),
    "event.took_over": ("вы написали сами", "you wrote yourself"),
    "event.resumed": ("вы вернули задачу", "you handed it back"),
    "event.stayed_silent": ("ответ был не нужен", "no answer was needed"),
    "help.head": (
        "Напишите сюда, что нужно, например: «{prefix} договорись с @имя о встрече завтра с 12 до 20, на час»",
        "Write here what you need, for example: “{prefix} meet @name tomorrow between 12 and 20, for an hour”",
    ),
    "help.reply": (
        "Ответ на карточку: указание для этой задачи. Заметка, а не команда: начните с {prefix}{prefix}",
        "A reply to a card is for that task. A note that is no command: start it with {prefix}{prefix}",
    ),
    "help.tasks": ("{command}: все задачи", "{command}: all tasks"),
    "help.task": ("{command} N: одна задача и как она шла", "{command} N: one task and how it went"),
    "help.stop": ("{command} N: остановить", "{command} N: stop it"),
    "help.pause": ("{command} N: пауза, контакту не пишу", "{command} N: pause, the contact gets nothing"),
    "help.resume": ("{command} N: продолжить", "{command} N: go on"),
    "help.help": ("{command}: эта справка", "{command}: this text"),
    "said": ("{text}", "{text}"),
    # Problems and short answers
    "problem.nobody": (
        "Не нашлось: {query} ({why}). Ничего не отправлено. Укажите @имя или номер телефона и повторите команду.",
        "Not found: {query} ({why}). Nothing was sent. Give the @username or phone number and repeat the command.",
    ),
    "why.unknown": ("такого контакта нет", "no such contact"),
    "why.bot": ("это бот, ботам не пишу", "that is a bot, I do not write to bots"),
    "why.deleted": ("аккаунт удалён", "the account was deleted"),
    "why.self": ("это вы сами", "that is you"),
    "why.service": ("это служебный аккаунт Telegram", "that is Telegram's service account"),
    "why.not_a_person": ("это группа или канал", "that is a group or a channel"),
    "problem.undeliverable": ("❌ Не доставлено, {who}: {why}.", "❌ Not delivered, {who}: {why}."),
    "problem.model_down": (
        "⚠️ Модель не отвечает. Команда ждёт и выполнится, когда модель вернётся. {stop} и {tasks} работают и сейчас.",
        "⚠️ The model does not answer. The command waits and runs when it is back. {stop} and {tasks} work meanwhile.",
    ),
    "problem.model_key": (
        "⚠️ Модель не пускает: {detail}. Проверьте ключ и счёт, потом перезапустите userbot.",
        "⚠️ The model refuses access: {detail}. Check the key and the bill, then restart userbot.",
    ),
    "problem.model_nonsense": (
        "⚠️ Модель не поняла. Ничего не сделано. Скажите другими словами.",
        "⚠️ The model could not make sense of it. Nothing was done. Put it in other words.",
    ),
    "problem.usage": ("Не понимаю: {typed}. Возможно, {nearest}", "I do not know {typed}. Perhaps {nearest}"),
    "problem.which": (
        "Не понимаю, какая задача: {typed}. Напишите с номером, например {nearest}. Номера: {tasks}",
        "I cannot tell which task: {typed}. Write it with its number, such as {nearest}. Numbers: {tasks}",
    ),
    "problem.no_task": ("Задачи № {number} нет. Номера: {tasks}", "There is no task no. {number}. Numbers: {tasks}"),
    "problem.nothing_open": ("Таких задач сейчас нет. Все задачи: {tasks}", "There is no such task now. All: {tasks}"),
    "problem.closed": (
        "Задача № {task_id} уже закрыта, ничего не сделано. Нужно ещё? Напишите новую команду, не ответом.",
        "Task no. {task_id} is closed, nothing was done. Need more? Write a new command, not as a reply.",
    ),
    "problem.not_paused": ("Задача № {task_id} не на паузе.", "Task no. {task_id} is not paused."),
    "problem.answered": (
        "На этот вопрос уже есть ответ или он больше не нужен. Ничего не сделано.",
        "This question is answered or no longer needed. Nothing was done.",
    ),
    "problem.need_number": (
        "Ответьте на вопрос номером от 1 до {last}. Пока ничего не отправлено.",
        "Reply to the question with a number from 1 to {last}. Nothing was sent so far.",
    ),
    "problem.need_yes_or_no": (
        "Ответьте на вопрос: да или нет. Пока ничего не сделано.",
        "Reply to the question: yes or no. Nothing was done so far.",
    ),
    "problem.unreadable": (
        "Это сообщение прочитать не могу. Напишите текстом.",
        "I cannot read this message. Please write it as text.",
    ),
    "problem.not_done": ("Хорошо, ничего не отправлено.", "All right, nothing was sent."),
    "problem.result_past": (
        "Это время уже прошло, согласиться нельзя. Ответьте на вопрос, как продолжить.",
        "That time is past and cannot be agreed to. Reply to the question how to go on.",
    ),
    "problem.result_unchecked": (
        "Проверить это я не могу и записать не возьмусь. Договоритесь сами или ответьте, как продолжить.",
        "I cannot check this and will not record it. Settle it yourself, or reply how to go on.",
    ),
    "problem.stopped": ("⏹ Задача № {task_id} остановлена.", "⏹ Task no. {task_id} is stopped."),
    "problem.paused": (
        "⏸ Задача № {task_id} на паузе. Продолжить: {resume}",
        "⏸ Task no. {task_id} is paused. To go on: {resume}",
    ),
    "problem.resumed": ("▶️ Задача № {task_id} продолжается.", "▶️ Task no. {task_id} goes on."),
    "problem.passed_on": ("Принято, передаю: задача № {task_id}.", "Taken, passing it on: task no. {task_id}."),
    "problem.passed_on_paused": (
        "Принято, но задача № {task_id} на паузе. Продолжить: {resume}",
        "Taken, but task no. {task_id} is paused. To go on: {resume}",
    ),
    "problem.sending": ("Отправляю: {who}.", "Sending: {who}."),
    "problem.other": ("⚠️ Что-то не получилось. Повторите команду.", "⚠️ Something went wrong. Repeat the command."),
}
