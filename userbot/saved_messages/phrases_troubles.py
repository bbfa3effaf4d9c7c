"""What the owner reads when something does not go as it should, and what they can do about it.

`phrases.py` takes them in.
"""

from collections.abc import Mapping

TROUBLES_PHRASES: Mapping[str, tuple[str, str]] = {
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
    "trouble.speech_down": (
        "⚠️ Голосовое пока не расшифровать. Попробую ещё, потом скажу вам",
        "⚠️ A voice message cannot be heard just now. I try again, then tell you",
    ),
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
    "trouble.account_limited": (
        "⚠️ Telegram ограничил ваш аккаунт. Сообщение ждёт и уйдёт, когда ограничение снимут",
        "⚠️ Telegram limits your account. The message waits and goes out when the limit is lifted",
    ),
    "trouble.not_confirmed": (
        "⚠️ Telegram не подтверждает сообщение. Пробую снова, дважды оно не уйдёт",
        "⚠️ Telegram does not confirm the message. I try again, it will not go twice",
    ),
    "trouble.telegram_wait": (
        "⚠️ Telegram сейчас недоступен. Задача ждёт и продолжится сама",
        "⚠️ Telegram cannot be reached now. The task waits and goes on by itself",
    ),
    "trouble.budget_turns": (
        "⚠️ Дневной запас ходов исчерпан (TURNS_PER_DAY). Продолжу, когда он пополнится",
        "⚠️ The day's turns are spent (TURNS_PER_DAY). I go on when there are some again",
    ),
    "trouble.budget_messages": (
        "⚠️ Дневной запас сообщений исчерпан (MESSAGES_PER_DAY). Продолжу, когда он пополнится",
        "⚠️ The day's messages are spent (MESSAGES_PER_DAY). I go on when there are some again",
    ),
    "trouble.rest_turns": (
        "⚠️ Эта задача заняла слишком много ходов (TURNS_PER_TASK)",
        "⚠️ This task has taken too many turns (TURNS_PER_TASK)",
    ),
    "trouble.rest_messages": (
        "⚠️ В этой задаче уже слишком много сообщений (MESSAGES_PER_TASK)",
        "⚠️ This task has had too many messages (MESSAGES_PER_TASK)",
    ),
    "trouble.rest_tokens": (
        "⚠️ Модель потратила на эту задачу слишком много (TOKENS_PER_TASK)",
        "⚠️ The model has spent too much on this task (TOKENS_PER_TASK)",
    ),
    "trouble.rest_money": (
        "⚠️ На эту задачу ушло слишком много денег (DOLLARS_PER_TASK)",
        "⚠️ This task has cost too much money (DOLLARS_PER_TASK)",
    ),
    "trouble.rest_incoming": (
        "⚠️ От контакта слишком много сообщений за сутки. Больше не отвечаю",
        "⚠️ Too many messages from this contact within a day. I answer no more",
    ),
    "trouble.rest_damaged": (
        "⚠️ Часть записей об этом диалоге повреждена, и в них пусто",
        "⚠️ Some of what is stored about this dialog was damaged and is empty now",
    ),
    "trouble.rest_ping_pong": (
        "⚠️ Похоже, отвечает программа: сразу или одно и то же. Больше не отвечаю",
        "⚠️ It looks as if a program answers: at once, or always the same. I answer no more",
    ),
    "trouble.budget_tokens": (
        "⚠️ Дневной запас токенов исчерпан (TOKENS_PER_DAY). Продолжу, когда он пополнится",
        "⚠️ The day's tokens are spent (TOKENS_PER_DAY). I go on when there are some again",
    ),
    "trouble.budget_money": (
        "⚠️ Дневной лимит денег исчерпан (DOLLARS_PER_DAY). Продолжу, когда он пополнится",
        "⚠️ The day's money is spent (DOLLARS_PER_DAY). I go on when there is some again",
    ),
    "trouble.budget_first_contacts": (
        "⚠️ На сегодня достаточно новых людей (FIRST_CONTACTS_PER_DAY). Напишу завтра",
        "⚠️ Enough new people for one day (FIRST_CONTACTS_PER_DAY). I write tomorrow",
    ),
    "problem.budget_tokens": (
        "⚠️ Дневной запас токенов исчерпан (TOKENS_PER_DAY). Выполню команду, когда он пополнится.",
        "⚠️ The day's tokens are spent (TOKENS_PER_DAY). I carry out the command when there are some again.",
    ),
    "problem.budget_money": (
        "⚠️ Дневной лимит денег исчерпан (DOLLARS_PER_DAY). Выполню команду, когда он пополнится.",
        "⚠️ The day's money is spent (DOLLARS_PER_DAY). I carry out the command when there is some again.",
    ),
    "problem.too_many_people": (
        "⚠️ На сегодня достаточно новых людей (FIRST_CONTACTS_PER_DAY). Ничего не отправлено: ответьте ещё раз завтра.",
        "⚠️ Enough new people for one day (FIRST_CONTACTS_PER_DAY). Nothing was sent: answer once more tomorrow.",
    ),
    "trouble.other": ("⚠️ Пока не движется. Попробую ещё раз", "⚠️ It does not move just now. I will try again"),
    # Why a result is outside the mandate
    "reason.past": ("это время уже прошло", "that time is past"),
    "reason.other_day": ("другой день", "another day"),
    "reason.other_time": ("другое время", "another time of day"),
    "reason.busy": ("в календаре в это время занято", "your calendar is busy then"),
    "reason.excluded_day": ("день, который вы исключили", "a day you excluded"),
    "reason.number_low": ("число меньше, чем вы разрешили", "a smaller number than you allowed"),
    "reason.number_high": ("число больше, чем вы разрешили", "a larger number than you allowed"),
    "reason.unit": ("в других единицах", "in another unit"),
    "reason.price_low": ("дешевле, чем вы разрешили", "cheaper than you allowed"),
    "reason.price_high": ("дороже, чем вы разрешили", "dearer than you allowed"),
    "reason.currency": ("в другой валюте", "in another currency"),
    "reason.priced": ("просят денег, а о цене вы не говорили", "it costs money, and you spoke of no price"),
    "reason.choice": ("не из того, что вы разрешили", "not one of what you allowed"),
    "reason.missing": ("не сказано то, что вам нужно", "what you need to know was not said"),
    "reason.offers": (
        "это в ваших границах, но предложений вне их было уже слишком много",
        "it is within your limits, but there were too many offers outside them",
    ),
    "reason.shorter": ("короче, чем вы просили", "shorter than you asked"),
    "reason.longer": ("дольше, чем вы просили", "longer than you asked"),
    "reason.too_late": ("позже срока", "later than the due date"),
    "reason.conditions": ("есть условия", "it comes with conditions"),
    "reason.far_ahead": ("больше двух лет вперёд", "more than two years ahead"),
    "reason.unchecked": ("есть граница, которую я не могу проверить", "there is a limit I cannot check"),
    "reason.other": ("вне того, что вы разрешили", "outside of what you allowed"),
    # Problems and short answers
    "problem.nobody": (
        "Не нашлось: {query} ({why}). Туда ничего не отправлено. Укажите @имя или номер телефона и повторите.",
        "Not found: {query} ({why}). Nothing was sent there. Give the @username or phone number and repeat it.",
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
    "problem.telegram_wait": (
        "⚠️ Telegram сейчас недоступен. Команда ждёт и выполнится сама.",
        "⚠️ Telegram cannot be reached now. The command waits and runs by itself.",
    ),
    "problem.calendar": (
        "⚠️ Календарь не работает: {error}. Время предлагаю по прежним данным; больше скажет `userbot doctor`.",
        "⚠️ The calendar does not work: {error}. I go by what I knew before; `userbot doctor` says more.",
    ),
    "problem.meeting_not_written": (
        "⚠️ Встречу по задаче № {task_id} не удалось записать в календарь: {error}. Запишите её сами.",
        "⚠️ The meeting of task no. {task_id} could not be put into the calendar: {error}. Please enter it yourself.",
    ),
    "status.calendar": ("Календарь прочитан: {at}", "Calendar read: {at}"),
    "status.calendar_fails": (
        "⚠️ Календарь не читается с {since}. Последний раз прочитан: {at}",
        "⚠️ The calendar cannot be read since {since}. Last read: {at}",
    ),
    "status.calendar_never": ("никогда", "never"),
    "problem.reopened_later": (
        "⚠️ № {task_id}, {who} хочет изменить договорённость: {said}. Задача снова открыта, отвечаю контакту. "
        "До новой договорённости прежнее время остаётся за вами.",
        "⚠️ No. {task_id}, {who} wants to change what was agreed: {said}. The task is open again, I answer them. "
        "The old time stays held until there is a new one.",
    ),
    "problem.answered_late": (
        "№ {task_id}, {who} всё-таки отвечает: {said}. Задача снова открыта, продолжаю.",
        "No. {task_id}, {who} answers after all: {said}. The task is open again and goes on.",
    ),
    "problem.told_later": (
        "№ {task_id}, {who}. После договорённости, словами ассистента: {text}",
        "No. {task_id}, {who}. After it was agreed, in the assistant's words: {text}",
    ),
    "problem.account_limited": ("⚠️ {why}.", "⚠️ {why}."),
    "problem.speech_key": (
        "⚠️ Распознавание речи не пускает: {detail}. Проверьте SPEECH_API_KEY и счёт, потом перезапустите userbot. "
        "Голосовые пока слушайте сами.",
        "⚠️ The speech model refuses access: {detail}. Check SPEECH_API_KEY and the bill, then restart userbot. "
        "Until then please listen to voice messages yourself.",
    ),
    "problem.model_key": (
        "⚠️ Модель не пускает: {detail}. Проверьте ключ и счёт, потом перезапустите userbot.",
        "⚠️ The model refuses access: {detail}. Check the key and the bill, then restart userbot.",
    ),
    "problem.model_nonsense": (
        "⚠️ Модель не справилась с командой. Ничего не сделано, попробую ещё. Напишете иначе: удалите эту команду.",
        "⚠️ The model could not cope with this. Nothing was done, I will try again. To reword it, delete this command.",
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
    "problem.draft_sent": ("Отправляю: задача № {task_id}.", "Sending it: task no. {task_id}."),
    "problem.draft_not_sent": (
        "Не отправлено, задача № {task_id} ждёт. Ответьте на её карточку, как написать, или {resume}, или {stop}",
        "Not sent, task no. {task_id} rests. Reply to its card how to write it, or {resume}, or {stop}",
    ),
    "problem.draft_not_sent_closed": ("Не отправлено.", "Not sent."),
    "problem.draft_stale": (
        "Этот черновик устарел, ничего не отправлено. Будет что сказать, пришлю новый.",
        "This draft is out of date, nothing was sent. A new one follows when there is something to say.",
    ),
    "problem.draft_void_closed": (
        "Контакт написал новое, последнее сообщение задачи № {task_id} не отправлено. Задача закрыта, ответьте сами.",
        "The contact wrote again, the last message of task no. {task_id} was not sent. It is closed: answer yourself.",
    ),
    "problem.draft_expired": (
        "Черновик по задаче № {task_id} не дождался ответа и не отправлен. Ответьте на карточку, как написать, или "
        "{resume}, или {stop}",
        "The draft of task no. {task_id} got no answer in time and was not sent. Reply to the card how to write it, or "
        "{resume}, or {stop}",
    ),
    "problem.draft_at_question": (
        "Ответьте на само сообщение с черновиком: там всё, что уйдёт. Пока ничего не отправлено.",
        "Reply to the message with the draft itself: it shows all that goes out. Nothing was sent so far.",
    ),
    "problem.draft_unclear": (
        "Это текст для контакта или команда? Начните не с «{prefix}». Пока ничего не отправлено.",
        "Is that a text for the contact or a command? Do not start it with “{prefix}”. Nothing was sent so far.",
    ),
    "problem.mode_set": ("Задача № {task_id}: {mode}.", "Task no. {task_id}: {mode}."),
    "problem.which_mode": (
        "Напишите задачу и режим (авто, первое или черновик), например {example}",
        "Write the task and the mode (auto, first or draft), such as {example}",
    ),
    "problem.too_long": (
        "Команда слишком длинная, и часть могла потеряться. Ничего не сделано. Напишите короче.",
        "This command is so long that a part may be missing. Nothing was done. Write it shorter.",
    ),
    "problem.need_yes_or_no": (
        "Ответьте на вопрос: да или нет. Пока ничего не сделано.",
        "Reply to the question: yes or no. Nothing was done so far.",
    ),
    "problem.reopened": (
        "↩️ {who}: изменено сообщение, которым закончилась задача № {task_id}. Теперь там: {said} Задача снова открыта.",
        "↩️ {who}: the message that ended task no. {task_id} was changed. It now says: {said} The task is open again.",
    ),
    "problem.evidence_deleted": (
        "🗑 {who}: удалено сообщение, которым закончилась задача № {task_id}. Было: {said} Итог остаётся в силе.",
        "🗑 {who}: the message that ended task no. {task_id} was deleted. It said: {said} The outcome stands.",
    ),
    "problem.restored": (
        "💾 Восстановлено из копии от {made_at}. Команды после неё не выполнены заново: повторите нужные. "
        "Где с тех пор писали от вашего имени, я молчу: {tasks}, потом {resume} с номером.",
        "💾 Restored from a backup of {made_at}. Commands since then were not carried out again: repeat what you need. "
        "Where messages went out since, I keep silent: {tasks}, then {resume} with the number.",
    ),
}
