"""What is said during a login, in English and in Russian."""

from collections.abc import Mapping

from userbot.terminal import Language

ENGLISH = {
    "warning": (
        "Before the first login, please read this.\n"
        "userbot acts in your own Telegram account: it reads the dialogs you give it tasks in, and writes as you.\n"
        "- Telegram's API terms (core.telegram.org/api/terms) ask that nothing is done without the account owner's\n"
        "  knowledge and consent, and restrict what may be done with Telegram's data and AI.\n"
        "- Automating a personal account is at your own risk: accounts that use unofficial clients are watched, and\n"
        "  may be limited or banned. Log in only with an account that is yours.\n"
        "- What the model needs of a dialog is sent to the model's server that you set.\n"
        "- The session file made now is a key to the whole account. Give it to nobody."
    ),
    "already": "Already logged in as {name} (id {user_id}). Next: `userbot run`.",
    "ask_phone": "Phone number with its country code:",
    "sending": "Asking Telegram for a login code for {phone} ...",
    "code_in_app": "The code is in Telegram on another device of yours, in the chat named Telegram.",
    "code_by_sms": "The code comes by SMS.",
    "code_by_call": "The code comes by a phone call; if the call ends by itself, it is in the caller's number.",
    "code_by_email": "The code comes by e-mail.",
    "code_elsewhere": "Telegram has sent the code ({kind}).",
    "keep_code": "Type it here and nowhere else: written into any Telegram chat, it becomes void at once.",
    "ask_code": "Code:",
    "wrong_code": "That is not the code. Tries left: {left}.",
    "expired_code": "That code has expired; a new one is on its way. Tries left: {left}.",
    "no_code": (
        "Three tries, and none was the code. Run `userbot login` again for a new one; "
        "after many tries Telegram makes you wait."
    ),
    "password_needed": "This account has a second-factor password (Telegram: Settings → Privacy and Security).",
    "hint": "Its hint: {hint}",
    "ask_password": "Password (not shown):",
    "wrong_password": "That is not the password. Tries left: {left}.",
    "no_password": (
        "Three tries, and none was the password. If it is lost, Telegram's own app can reset it: "
        "Settings → Privacy and Security → Two-Step Verification. Then run `userbot login` again."
    ),
    "scan": (
        "On your phone: Telegram → Settings → Devices → Link Desktop Device. Scan this code, "
        "or open the link below it on the phone. It is renewed every half a minute."
    ),
    "nobody_scanned": "Nobody has scanned the code. Run `userbot login --qr` again when the phone is at hand.",
    "bad_phone": "Telegram knows no such number: {phone}. Write it with its country code, such as +7 912 345-67-89.",
    "bad_phone_setting": (
        "Telegram knows no such number: {phone}. Correct TELEGRAM_PHONE, with its country code, "
        "and run `userbot login` again."
    ),
    "banned": "Telegram has banned the number {phone}. Only Telegram can lift that: write to recover@telegram.org.",
    "unoccupied": "There is no Telegram account with the number {phone}. Make one in Telegram's own app first.",
    "flood": "Telegram asks to wait {wait} before the next try. Then run `userbot login` again.",
    "phone_flood": (
        "Too many codes were asked for this number. Wait a day and run `userbot login` again, "
        "or log in with `userbot login --qr`."
    ),
    "bad_app": (
        "Telegram does not take TELEGRAM_API_ID and TELEGRAM_API_HASH. Compare them with "
        "https://my.telegram.org → API development tools."
    ),
    "not_by_code": "Telegram sends this account no code here ({kind}). Log in with `userbot login --qr`.",
    "other": "Telegram refuses the login: {name}.",
    "dialogs_later": "Logged in. The list of dialogs could not be read now; that is done later.",
    "done": "Logged in as {name} (id {user_id}). Next: `userbot run`.",
    "seconds": "{n} s",
    "minutes": "{n} min",
    "hours": "{n} h",
}

RUSSIAN = {
    "warning": (
        "Перед первым входом прочитайте, пожалуйста.\n"
        "userbot действует в вашем собственном аккаунте Telegram: читает диалоги, по которым вы даёте задания,\n"
        "и пишет в них от вашего имени.\n"
        "- Условия Telegram API (core.telegram.org/api/terms) требуют ничего не делать без ведома и согласия\n"
        "  владельца аккаунта и ограничивают использование данных Telegram для ИИ.\n"
        "- Автоматизация личного аккаунта — на ваш собственный риск: за аккаунтами в неофициальных клиентах следят,\n"
        "  их могут ограничить или заблокировать. Входите только в свой аккаунт.\n"
        "- То, что модели нужно знать из диалога, отправляется на сервер модели, который вы указали.\n"
        "- Создаваемый сейчас файл сессии — ключ ко всему аккаунту. Не давайте его никому."
    ),
    "already": "Вход уже выполнен: {name} (id {user_id}). Дальше: `userbot run`.",
    "ask_phone": "Номер телефона с кодом страны:",
    "sending": "Прошу у Telegram код входа для {phone} ...",
    "code_in_app": "Код пришёл в Telegram на другом вашем устройстве, в чат с названием Telegram.",
    "code_by_sms": "Код придёт по SMS.",
    "code_by_call": "Код придёт звонком; если звонок сбрасывается сам, он — в номере звонящего.",
    "code_by_email": "Код придёт на электронную почту.",
    "code_elsewhere": "Telegram отправил код ({kind}).",
    "keep_code": "Введите его только здесь: написанный в любой чат Telegram, он сразу перестаёт действовать.",
    "ask_code": "Код:",
    "wrong_code": "Код не подошёл. Осталось попыток: {left}.",
    "expired_code": "Этот код устарел, отправлен новый. Осталось попыток: {left}.",
    "no_code": (
        "Три попытки, и ни один код не подошёл. Запустите `userbot login` ещё раз, придёт новый код; "
        "после многих попыток Telegram заставляет ждать."
    ),
    "password_needed": "У аккаунта есть облачный пароль (Telegram: Настройки → Конфиденциальность).",
    "hint": "Подсказка: {hint}",
    "ask_password": "Пароль (не отображается):",
    "wrong_password": "Пароль не подошёл. Осталось попыток: {left}.",
    "no_password": (
        "Три попытки, и ни один пароль не подошёл. Если он забыт, его можно сбросить в приложении Telegram: "
        "Настройки → Конфиденциальность → Облачный пароль. Затем запустите `userbot login` ещё раз."
    ),
    "scan": (
        "На телефоне: Telegram → Настройки → Устройства → Подключить устройство. Наведите камеру на код "
        "или откройте на телефоне ссылку под ним. Код обновляется каждые полминуты."
    ),
    "nobody_scanned": "Код никто не отсканировал. Запустите `userbot login --qr` снова, когда телефон будет под рукой.",
    "bad_phone": "Telegram не знает такого номера: {phone}. Напишите его с кодом страны, например +7 912 345-67-89.",
    "bad_phone_setting": (
        "Telegram не знает такого номера: {phone}. Исправьте TELEGRAM_PHONE (с кодом страны) "
        "и запустите `userbot login` ещё раз."
    ),
    "banned": "Telegram заблокировал номер {phone}. Снять блокировку может только Telegram: recover@telegram.org.",
    "unoccupied": "Аккаунта Telegram с номером {phone} нет. Сначала создайте его в приложении Telegram.",
    "flood": "Telegram просит подождать {wait} до следующей попытки. Потом запустите `userbot login` ещё раз.",
    "phone_flood": (
        "Для этого номера запрошено слишком много кодов. Подождите сутки и запустите `userbot login` ещё раз "
        "или войдите через `userbot login --qr`."
    ),
    "bad_app": (
        "Telegram не принимает TELEGRAM_API_ID и TELEGRAM_API_HASH. Сверьте их на "
        "https://my.telegram.org → API development tools."
    ),
    "not_by_code": "Telegram не отправляет сюда код для этого аккаунта ({kind}). Войдите через `userbot login --qr`.",
    "other": "Telegram отказывает во входе: {name}.",
    "dialogs_later": "Вход выполнен. Список диалогов сейчас прочитать не удалось, это будет сделано позже.",
    "done": "Вход выполнен: {name} (id {user_id}). Дальше: `userbot run`.",
    "seconds": "{n} с",
    "minutes": "{n} мин",
    "hours": "{n} ч",
}

WORDS: Mapping[Language, Mapping[str, str]] = {"en": ENGLISH, "ru": RUSSIAN}
