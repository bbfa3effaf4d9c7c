"""The sentences about the built-in commands: help, skills, and what becomes of the ones that set or undo something,
the daily digest, and what a task took.

`phrases.py` takes them in. "help." and the name of a command: what it does, after the command itself.
"""

from collections.abc import Mapping

COMMAND_PHRASES: Mapping[str, tuple[str, str]] = {
    "help.head": (
        "Напишите сюда, что нужно, например: «{prefix} договорись с @имя о встрече завтра с 12 до 20, на час»",
        "Write here what you need, for example: “{prefix} meet @name tomorrow between 12 and 20, for an hour”",
    ),
    "help.reply": (
        "Ответ на карточку: указание для этой задачи. Заметка, а не команда: начните с «{prefix}{prefix}»",
        "A reply to a card is for that task. A note that is no command: start it with “{prefix}{prefix}”",
    ),
    "help.line": ("{command}: {what}", "{command}: {what}"),
    "help.about": ("ℹ️ {line}", "ℹ️ {line}"),
    "help.example": ("Например: {example}", "For example: {example}"),
    "help.words": ("Можно и так: {words}", "Also: {words}"),
    "help.tasks": ("все задачи", "all tasks"),
    "help.task": ("одна задача и как она шла", "one task and how it went"),
    "help.stop": ("остановить задачу", "stop a task"),
    "help.pause": ("пауза, контакту не пишу", "pause, the contact gets nothing"),
    "help.resume": ("продолжить после паузы", "go on after a pause"),
    "help.without": ("общая встреча без одного участника", "one meeting with several people, without one of them"),
    "help.undo": ("отменить последнюю команду", "take the last command back"),
    "help.mode": (
        "показывать сообщения до отправки (авто, первое, черновик)",
        "show messages before they are sent (auto, first, draft)",
    ),
    "help.quiet": ("в эти часы никому не писать", "write to nobody in these hours"),
    "help.lang": ("на каком языке отвечать (русский, английский, авто)", "the language of my answers (ru, en, auto)"),
    "help.skills": ("что я умею", "what I can do"),
    "help.status": ("как дела у программы", "how the program is"),
    "help.usage": ("во что обошлась модель", "what the model has cost"),
    "help.help": ("эта справка или одна команда подробно", "this text, or one command in full"),
    "more.tasks": (
        "Открытые задачи и те, что закрылись недавно, с номерами.",
        "The open tasks and those closed lately, with their numbers.",
    ),
    "more.task": (
        "Всё о задаче: что сейчас, что потрачено и каждый шаг. Ответом на карточку номер не нужен.",
        "All about a task: where it stands, what it has spent, every step. In reply to a card it needs no number.",
    ),
    "more.stop": (
        "Задача закрывается. Что ещё не ушло, не уйдёт. Вышло по ошибке: {undo}. О чём уже договорились, не отменяет: "
        "для этого ответьте на карточку. Номер не нужен ответом на карточку и когда открыта одна задача. Работает и "
        "без модели.",
        "The task is closed. What has not gone out does not. If it was a slip: {undo}. What is agreed it does not call "
        "off: for that reply to the card. It needs no number in reply to a card, nor with one task open. It works "
        "without the model.",
    ),
    "more.pause": (
        "Контакту больше ничего не уходит, пока вы не скажете {resume}. Номер нужен, если открыто несколько задач.",
        "The contact gets nothing more until you say {resume}. It needs a number when several tasks are open.",
    ),
    "more.resume": (
        "Продолжить после паузы, после того как вы писали сами, или когда задача ждёт вашего слова.",
        "Go on after a pause, after you wrote yourself, or when the task waits for your word.",
    ),
    "more.without": (
        "Из общей встречи выбывает один участник, N: номер его задачи. Кому уже писали, тому сообщаю, что встретиться "
        "не получится; с остальными договариваюсь дальше. Или ответьте «без Ани» на вопрос о времени.",
        "One person less in a meeting with several, by the number of their task. Who was written to is told that it "
        "will not work out; I go on with the others. Or reply “without Anna” to the question about times.",
    ),
    "more.undo": (
        "Что можно, отменяется: новая задача останавливается, остановленная открывается, вопрос снимается, пауза и "
        "режим возвращаются; отменённая встреча остаётся в силе, пока контакту об этом не написано. Что ушло "
        "контакту, не вернуть: об этом будет сказано.",
        "What can be taken back is: a new task is stopped, a stopped one opened, a question withdrawn, a pause or a "
        "mode put back; a meeting you called off is kept while the contact has not heard of it. What went out to a "
        "contact stays with them, and you are told so.",
    ),
    "more.mode": (
        "авто: пишу без вопроса. первое: показываю первое сообщение. черновик: показываю каждое. Уходит только после "
        "вашего «да».",
        "auto: I write without asking. first: the first message is shown to you. draft: every one is. It goes out "
        "only after your yes.",
    ),
    "more.quiet": (
        "Часы по вашему поясу, {zone}. Ответы контактам ждут до конца тихих часов. Выключить: {off}. Без часов: "
        "что сейчас задано.",
        "The hours are of your own zone, {zone}. Answers to contacts wait until they end. Turn off: {off}. Without "
        "hours: what is set now.",
    ),
    "more.lang": (
        "авто: на том языке, на котором вы пишете. Карточки открытых задач остаются на своём языке.",
        "auto: in the language you write in. Cards of tasks that are open already stay in theirs.",
    ),
    "more.skills": (
        "Виды задач, которые я веду. Если с каким-то что-то не так, здесь сказано что.",
        "The kinds of tasks I carry. Where something is wrong with one, it is said here.",
    ),
    "more.status": (
        "Сколько задач открыто, сколько отправлено и потрачено за сутки, и что мешает, если мешает.",
        "How many tasks are open, what was sent and spent within a day, and what is in the way, if anything is.",
    ),
    "more.usage": (
        "Вызовы, токены и деньги за неделю: по дням, моделям и задачам.",
        "Calls, tokens and money of a week: by day, model and task.",
    ),
    "more.help": ("Все команды коротко или одна подробно.", "All commands in short, or one of them in full."),
    # What the commands themselves answer
    "skills.head": ("Что я умею:", "What I can do:"),
    "about.meeting": (
        "договориться о времени встречи или звонка с одним человеком",
        "agree the time of a meeting or a call with one person",
    ),
    "about.question": (
        "спросить одного человека и принести ответ его словами",
        "ask one person and bring the answer in their own words",
    ),
    "about.task_assignment": (
        "поручить дело одному человеку: да, нет или условия, и срок",
        "hand a task to one person: a yes, a no or conditions, and when",
    ),
    "skills.line": ("• {name}: {about}", "• {name}: {about}"),
    "skills.faults": ("⚠️ Нужно поправить в папке skills:", "⚠️ To be mended in the skills folder:"),
    "skills.fault.skipped": ("{folder}, не работает: {text} → {mend}", "{folder}, not used: {text} → {mend}"),
    "skills.fault.warning": ("{folder}: {text} → {mend}", "{folder}: {text} → {mend}"),
    "lang.ru": ("русский", "Russian"),
    "lang.en": ("английский", "English"),
    "lang.auto": ("как пишете вы", "the one you write in"),
    "lang.unset": ("{shown} (так в настройках)", "{shown} (by the settings)"),
    "lang.is": ("Язык ответов: {shown}. Изменить: {example}", "Answers are in: {shown}. To change: {example}"),
    "lang.which": ("Не понимаю язык. Напишите, например: {example}", "I do not know that language. Try {example}"),
    "quiet.is": (
        "🌙 Тихие часы: {hours}, {zone}. Тогда никому не пишу. Выключить: {off}",
        "🌙 Quiet hours: {hours}, {zone}. I write to nobody then. To turn off: {off}",
    ),
    "quiet.none": ("Тихих часов нет. Задать: {example}", "There are no quiet hours. To set them: {example}"),
    "quiet.which": (
        "Не понимаю часы. Напишите, например: {example}. Выключить: {off}",
        "I cannot read these hours. Try {example}. To turn off: {off}",
    ),
    "effort.took": ("Заняло: {span}", "Took: {span}"),
    "effort.took_and_cost": ("Заняло: {span}. Модель: {cost}", "Took: {span}. The model: {cost}"),
    "effort.unknown": ("цена неизвестна", "price unknown"),
    "effort.known": ("${dollars}", "${dollars}"),
    "effort.tiny": ("меньше $0.01", "less than $0.01"),
    "effort.partly": (
        "${dollars}, у части ответов цена неизвестна",
        "${dollars}, of some answers the price is unknown",
    ),
    "digest.head": ("🗒 Сводка: {day}", "🗒 Digest: {day}"),
    "digest.waiting": ("Ждут вас:", "Waiting for you:"),
    "digest.settled": ("Завершено:", "Ended:"),
    "digest.late": ("Задерживаются:", "Late:"),
    "digest.more": ("и ещё {tasks}", "and {tasks} more"),
    "digest.silent": ("{line}, без новостей {days}", "{line}, no news for {days}"),
    "digest.past": ("{line}, срок вышел", "{line}, past its time"),
    "undo.head": ("↩️ Отмена: {command}", "↩️ Undo: {command}"),
    "undo.nothing": (
        "Отменять нечего. Остановить задачу: {stop}, список: {tasks}",
        "There is nothing to take back. To stop a task: {stop}, the list: {tasks}",
    ),
    "undo.again": ("Уже отменено: {command}", "Taken back already: {command}"),
    "undo.waiting": ("Она ещё не выполнялась, и теперь не будет.", "It had not been carried out, and will not be."),
    "undo.question": ("Вопрос снят. Ничего не отправлено.", "The question is withdrawn. Nothing was sent."),
    "undo.stopped": ("Задача № {task_id} остановлена. {sent}", "Task no. {task_id} is stopped. {sent}"),
    "undo.over": ("Задача № {task_id} уже закрыта. {sent}", "Task no. {task_id} is closed already. {sent}"),
    "undo.nothing_sent": ("Контакту ничего не ушло.", "The contact got nothing."),
    "undo.sent": (
        "Контакту уже ушло: {messages}. Это не вернуть.",
        "The contact already has {messages}. That cannot be taken back.",
    ),
    "undo.sending": (
        "Одно сообщение было в пути и могло дойти.",
        "One message was on its way and may have arrived.",
    ),
    "undo.stop_back_paused": (
        "Задача № {task_id} снова открыта и на паузе, как была. Продолжить: {resume}",
        "Task no. {task_id} is open again and paused, as it was. To go on: {resume}",
    ),
    "undo.stop_back": ("Задача № {task_id} снова открыта, продолжаю.", "Task no. {task_id} is open again and goes on."),
    "undo.resumed": ("Задача № {task_id} продолжается.", "Task no. {task_id} goes on."),
    "undo.paused": ("Задача № {task_id} снова на паузе.", "Task no. {task_id} is paused again."),
    "undo.mode": ("Задача № {task_id}: {mode}.", "Task no. {task_id}: {mode}."),
    "undo.not_approved": (
        "Сообщение не ушло. Задача № {task_id} на паузе, продолжить: {resume}",
        "The message did not go out. Task no. {task_id} is paused, to go on: {resume}",
    ),
    "undo.approved_stays": (
        "Сообщение по задаче № {task_id} уже ушло, его не вернуть.",
        "The message of task no. {task_id} has gone out and cannot be taken back.",
    ),
    "undo.stays": (
        "Ваше слово по задаче № {task_id} уже передано, его не вернуть. Ответьте на её карточку, как теперь.",
        "Your word on task no. {task_id} was passed on and cannot be taken back. Reply to its card how to go on now.",
    ),
    "undo.relay_dropped": ("Не отправлено: {who}.", "Not sent: {who}."),
    "undo.relay_stays": (
        "Сообщение уже ушло: {who}. Удалить его можно только в самом диалоге.",
        "The message has gone out: {who}. You can delete it only in that dialog.",
    ),
}
