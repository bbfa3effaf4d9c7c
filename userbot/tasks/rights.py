"""What a contact may always have, by code: to be left alone, and to know that a program writes. Pure.

Phrases are known in Russian and in English.
"""

import re
from functools import lru_cache

from userbot.tasks.promises import folded

# --- "stop writing to me" -------------------------------------------------------------------------------------------

# Here and below whatever may begin anywhere is of bounded length: else each beginning is followed to the text's end.
_QUOTED = re.compile(r"«[^»]{0,1000}»|“[^”]{0,1000}”|„[^“”]{0,1000}[“”]|\"[^\"]{0,1000}\"|(?<!\w)'[^']{4,1000}'(?!\w)")
# The words of somebody else, told: not the contact's own wish. «Я же просила …» is their own.
_TOLD = re.compile(
    r"(?:^|[\s,])(?!я |i )(?:\S{1,40} ){0,2}(?<!я )(?<!же )(?<!уже )(?<!i )(?<!i've )(?<!already )"
    r"(?:сказал[аи]?|говорит|говорил[аи]?|пишет|писал[аи]?|написал[аи]?|просил[аи]?|попросил[аи]?|ответил[аи]?|"
    r"said|says|told|tells|wrote|writes|asked|replied|keeps saying|песн[яию]|song)\b"
)
_END = r"(?=\s*(?:$|[.!,;:)(\n]|пожалуйста|спасибо|please|thanks|thank you|и\b|and\b|я\b|i\b|или\b|or\b|а то\b|вообще))"
_MORE = r"(?:\s+(?:больше|никогда|пожалуйста|вообще|уже|совсем|сюда|никаких сообщений|свои сообщения|сообщения))*"
_WRITE = r"(?:пиши(?:те)?|писать|беспокой(?:те)?|беспокоить|тревожь(?:те)?|тревожить|докучай(?:те)?|донимай(?:те)?)"
_SEND = r"(?:присылай(?:те)?|присылать|шли(?:те)?|слать|связывай(?:тесь|ся)|связываться|приставай(?:те)?|приставать)"
_VERB = rf"(?:{_WRITE}|{_SEND})"
_US = r"(?:мне|меня|нам|нас|ко мне|со мной|с нами|к нам)"
_STOP = tuple(
    re.compile(pattern)
    for pattern in (
        # не пишите мне (больше); больше (мне) не пишите; не надо мне (больше) писать
        rf"\bне (?:надо |нужно |стоит |смей(?:те)? |вздумай(?:те)? )?(?:больше |"
        rf"никогда )?(?:{_US} )?(?:больше |никогда )?"
        rf"{_VERB} (?:больше |никогда )?{_US}\b{_MORE}{_END}",
        rf"\bне (?:надо |нужно |стоит )(?:больше |никогда )?{_US} (?:больше |никогда )?{_VERB}\b{_MORE}{_END}",
        rf"\b(?:больше|никогда)(?: больше)?(?: {_US})?(?: сюда)? не (?:надо |нужно |стоит )?(?:{_US} )?{_VERB}"
        rf"(?: {_US})?\b{_MORE}{_END}",
        rf"\bне (?:надо |нужно )?{_VERB} (?:сюда )?(?:больше|никогда)(?: {_US})?\b{_MORE}{_END}",
        rf"\b{_US} (?:больше |никогда )?не (?:надо |нужно )?(?:больше )?{_VERB} (?:больше|никогда)\b{_END}",
        rf"\b(?:прошу|просьба|попрошу|умоляю)(?: вас| тебя)?,?(?: больше)?(?: {_US})?(?: больше)? не {_VERB}(?: {_US})?"
        rf"\b{_MORE}{_END}",
        # перестаньте писать, хватит (мне) писать
        rf"\b(?:перестань(?:те)?|прекрати(?:те)?|прекращай(?:те)?|хватит|хорош|довольно|кончай(?:те)?|"
        rf"завязывай(?:те)?) "
        rf"(?:уже )?(?:{_US} )?(?:уже )?{_VERB}(?: {_US})?\b{_MORE}{_END}",
        rf"\b(?:перестань(?:те)?|прекрати(?:те)?|хватит) (?:уже )?(?:спамить|мне спамить)\b(?: {_US})?{_END}",
        rf"\b(?:отстань(?:те)?|отвали(?:те)?|отвяжи(?:тесь|сь)|отцепи(?:тесь|сь))\b(?: уже| наконец)*"
        rf"(?: от (?:меня|нас))?(?: уже| наконец| пожалуйста)*{_END}",
        rf"\b(?:оставь(?:те)?|оставьте же) (?:вы |ты )?(?:меня|нас) (?:уже |наконец )?(?:в покое|одн)\w*"
        rf"(?: уже| наконец| пожалуйста)*{_END}",
        rf"\b(?:отпишите|удалите|уберите|вычеркните|исключите) (?:меня|нас|мой номер|мой контакт)"
        rf"(?: (?:из|от|с) [\w\s]{{2,30}})?{_END}",
        rf"\bне (?:хочу|желаю|хотим|намерен[аы]?|буду)(?: больше)?(?: с (?:вами|тобой))?(?: больше)?"
        rf" (?:общаться|переписываться|получать (?:от вас )?(?:ваши )?сообщени[яй]|иметь дел[оа])(?: с (?:вами|тобой))?"
        rf"(?: больше| от вас)?{_END}",
        r"^\W*(?:стоп|отписка|отписаться|отпишись|отпишитесь|stop|unsubscribe|stopall|opt[ -]?out|fuck off|go away|"
        r"get lost|пош[её]л вон|идите лесом|иди лесом)\W*$",
        # English
        r"\b(?:please )?(?:stop|quit|cease)(?: fucking)? (?:writing|messaging|texting|contacting|bothering|spamming|"
        r"harassing|pinging|pestering|sending)(?: to)? (?:me|us)(?: (?:any )?(?:messages|texts|these|this|please))*"
        rf"(?: again| anymore| any more| already| now)*{_END}",
        r"\b(?:don't|do not|dont|never|you mustn't)(?: ever| you dare)? (?:write|message|text|contact|bother|disturb|"
        rf"pester|ping)(?: to)? (?:me|us)(?: here)?(?: ever)?(?: again| anymore| any more| ever)*{_END}",
        r"\b(?:leave|let) (?:me|us) (?:alone|be)\b(?: now| already| please)*" + _END,
        r"\b(?:please )?(?:remove|delete|unsubscribe|take) (?:me|my number|my contact)(?: (?:from|off) [\w\s]{2,30})?"
        + _END,
        r"^\W*(?:please |pls )?unsubscribe(?: me)?(?: please| now)?\W*$",
        r"\b(?:i )?(?:don't|do not|no longer) (?:want|wish)(?: to (?:talk|hear|chat|receive|get|be)|(?: any)?(?: more)?"
        r" messages)(?: (?:to|from|with|in contact with|contacted by|messages from|any messages from|"
        r"any more messages from)"
        rf" you)?(?: again| anymore| any more)*{_END}",
        rf"\blose my number{_END}",
        rf"\b(?:no more (?:messages|texts))(?: from you)?(?: please)?{_END}",
    )
)
# It is about when, where or how, or the other way of reaching them follows: they go on talking.
_ONLY = re.compile(
    r"\b(?:на (?:почт|мейл|имейл|рабоч|этот|тот|ватсап|вотсап|вацап|старый|личн)\w*|в (?:вотсап|ватсап|вк|"
    r"личк|выходн|телег)"
    r"\w*|сегодня|завтра|до (?:\d|понед|вторн|сред|четв|пятн|субб|воскр|утра|вечера|обеда|конца|завтра|"
    r"того)\w*|после|ночью"
    r"|вечером|утром|днем|по выходным|по ночам|пока|капсом|голосов\w*|звоните|позвони\w*|наберите|набери|звони\b|"
    r"пишите (?:сюда|на|в|тут|здесь|лучше)|пиши (?:сюда|на|в|тут|здесь|лучше)|напиши(?:те)? (?:сюда|на|в|"
    r"лучше|завтра|позже)"
    r"|лучше|я сам[аи]?\b|сам[аи]? (?:напишу|позвоню|свяжусь)|приезжай\w*|приходи\w*|о ерунде|по пустякам|"
    r"today|tonight|until|till|before|after|at (?:work|night|this|that)|on (?:weekends|my|this|that|sundays?)|"
    r"in the (?:morning|evening)|while|for now|call me|text me|email me|e-mail me|write (?:to )?me (?:at|"
    r"on|here|instead)|"
    r"use (?:my|this|the)|instead|i will (?:write|call|text)|i'll (?:write|call|text|get back)|"
    r"with (?:details|trifles))\b"
)
_ASKED_TO = re.compile(r"^\W*(?:ты |вы |а )?(?:можете|можешь|могли бы|можно|could|can|would|will) ?(?:you|вы|ты)?\b")
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…\n]*")


# Asked again at every wake while a message waits.
@lru_cache(maxsize=256)
def wants_silence(text: str) -> bool:
    """Does the writer of `text` not want to be written to any more, now or ever?

    Not when it is about a time, a place or another way to reach them, nor when they tell what somebody else said.
    """
    plain = folded(text)
    without = _QUOTED.sub(" ", plain)
    # A message that is all in quotation marks quotes nobody.
    own = without if re.search(r"\w", without) else plain.strip(" «»“”„\"'")
    for found in _SENTENCE.finditer(own):
        sentence = found[0].strip()
        if "?" in sentence and not _ASKED_TO.match(sentence):
            continue
        rest = own[found.start() :]
        for pattern in _STOP:
            hit = pattern.search(sentence.rstrip("?").rstrip())
            if hit is None:
                continue
            # What they told of, or which way they go on, stands near: a sentence before, a sentence after.
            if _TOLD.search(sentence[: hit.start()]) or _ONLY.search(rest[hit.end() : hit.end() + 120]):
                continue
            return True
    return False


def beside_silence(text: str) -> str:
    """What `text` says beside that wish: words before it in its sentence, and the other sentences. Empty: nothing."""
    rest = []
    for found in _SENTENCE.finditer(folded(text)):
        starts = [hit.start() for pattern in _STOP if (hit := pattern.search(found[0].rstrip("?").rstrip()))]
        rest.append(found[0][: min(starts)] if starts else found[0])
    said = " ".join(rest)
    return said.strip() if _A_WORD.search(_POLITE.sub(" ", said)) else ""


_A_WORD = re.compile(r"[^\W\d_]{2,}|\d")
_POLITE = re.compile(
    r"\b(?:пожалуйста|спасибо|прошу|вас|тебя|и|а|но|нет|больше|please|thanks|thank you|and|but|no|just|so)\b"
)


# --- "are you a bot?" -----------------------------------------------------------------------------------------------

_BOT = (
    r"(?:чат-?)?(?:бот(?:ом|а|у)?|робот(?:ом|а|у)?|программ(?:а|ой|у)|ии|ai|нейросет(?:ь|ью|ка|кой)|нейронк(?:а|ой)|"
    r"искусственн(?:ый|ым) интеллект(?:ом)?|автоответчик(?:ом)?|машин(?:а|ой)|алгоритм(?:ом)?|чатгпт|чатжпт|"
    r"gpt|chatgpt|гпт|живой человек|человек|живым человеком)"
)
_ONLY_BOT = _BOT.removesuffix("|живой человек|человек|живым человеком)") + ")"
_PERSON = r"(?:(?:живой|настоящий|реальный) (?:человек|людь\w*)|живым человеком|(?:живой|настоящий|реальный)(?=\W*\?))"
_NOT_MEANT = (
    r"(?! (?:дл[яи]|по|котор|на|умный|занят|слова|дела|хороший|семейный|с тобой|года|подбор|лояльн|обучен|конферен))"
)
_ABOUT = tuple(
    re.compile(pattern)
    for pattern in (
        # ты бот; вы случайно не робот; это (точно) программа пишет
        rf"\b(?:ты|вы|это|тут|там|здесь)(?: (?:что|случайно|вообще|точно|часом|правда|реально|сам|сами|там|же|"
        rf"уж|просто|"
        rf"какой-то|тоже|мне|пишет|отвечает|общается|со мной|говорит|ли|или|и|"
        rf"не))*[,—-]? ?{_ONLY_BOT}(?: ли)?\b{_NOT_MEANT}",
        rf"\b{_ONLY_BOT}(?: (?:что )?ли)?,? ?(?:что ли|пишет|отвечает|ты|вы|это|общается|говорит)\b",
        rf"^\W*(?:не )?{_ONLY_BOT}(?: ли)?(?: что ли)?\W*\?",
        rf"\bне {_ONLY_BOT} ли\b",
        rf"\b(?:с|со|пишет|отвечает) {_ONLY_BOT}\W*\?",
        r"\b(?:ты|вы|это|тут|пишет|отвечает|там)"
        r"(?: (?:вообще|точно|правда|реально|и|сам|сами|там|же|мне|пишет|ли)){0,6}"
        rf"[,—-]? ?{_PERSON}(?!\w)[^.!\n]{{0,300}}\?",
        r"\b(?:ты|вы)(?: (?:вообще|точно|правда|хоть|реально))* человек(?:\?| или\b|,? ?(?:вообще|правда)\?)",
        rf"\bчеловек(?:ом)? или(?: с)? {_ONLY_BOT}",
        rf"\b{_ONLY_BOT} или(?: с)? (?:живой |живым )?человек",
        rf"\b(?:с|со) (?:живым человеком|{_ONLY_BOT})(?: (?:ли )?(?:я|мы))? ?(?:говорю|общаюсь|переписываюсь|"
        rf"разговариваю)",
        rf"\b(?:говорю|общаюсь|переписываюсь|разговариваю)(?: (?:сейчас|тут|вообще))? (?:с|"
        rf"со) (?:живым человеком|{_ONLY_BOT})\b",
        r"\b(?:кто-то живой|живой кто|живые люди|живой человек|живым человеком)(?: там| тут| есть| здесь)*"
        r"[^.!\n]{0,300}\?",
        r"\b(?:is|are|r) (?:you|u|this|that|it)(?: (?:even|really|actually|like|just|some|sort of|kind of|"
        r"by any chance))*"
        r"(?: an?| some)?(?: (?:chat|fucking|real|live|actual|automated|ai|telegram))* ?"
        r"(?:bot|chatbot|robot|ai|a\.i\.|machine|computer|program|automated|chatgpt|gpt|llm|human(?: being)?|"
        r"(?:real|actual|live|living) (?:person|human|one)|real(?=\W*(?:\?|$))|script)\b",
        r"\b(?:are you|is this|is it) (?:really |actually )?a person\b(?! (?:who|that|of|with))",
        r"\b(?:you're|you are|this is|u r|youre) (?:just |clearly |obviously |definitely )?(?:an? )?(?:bot|"
        r"robot|chatbot|ai|"
        r"machine|program|chatgpt)\b",
        r"\b(?:talking|speaking|chatting|writing|texting) (?:to|with) (?:an? )?(?:bot|robot|ai|machine|"
        r"chatbot|program|human|"
        r"real (?:person|human)|(?:live|actual) (?:person|human)|person)\b",
        r"\b(?:real person|human|person) or (?:an? )?(?:bot|robot|ai|machine|program|computer)\b",
        r"\b(?:bot|robot|ai|machine|program|computer) or (?:an? )?(?:real person|human|person)\b",
        r"^\W*(?:a |an )?(?:bot|robot|chatbot|ai|human|chatgpt|real person)\W*\?",
        r"\b(?:anyone|somebody|someone|anybody) (?:real|human) (?:there|here)\b",
        r"\bдокажи(?:те)?,? что (?:ты|вы) (?:не (?:бот|робот)|человек|живой)",
        r"\bprove (?:that )?you(?:'re| are) (?:not a (?:bot|robot)|human|real|a (?:real )?person)",
    )
)


def asks_whether_program(text: str) -> bool:
    """Does `text` ask (or say) whether a bot, a program or a living person writes to them?"""
    plain = folded(text)
    return any(pattern.search(plain) for pattern in _ABOUT)


_PROGRAM = re.compile(
    r"\b(?:программ(?:а|ой|у)(?! (?:конферен|мероприят|лояльн|обучен|встреч|дня|курс))|бот(?:ом|-\w+)?|"
    r"чат-?бот\w*|робот(?:ом)?|"
    r"ии(?:-\w+)?|искусственн\w+ интеллект\w*|нейросет\w+|автоматическ\w+|"
    r"bot|chatbot|robot|ai|a\.i\.|program|programme|software|automated|artificial intelligence|computer program)\b"
)
_NOT_BEFORE = re.compile(r"\b(?:не|ни|нет никак\w+|not(?: an?| the)?|no|isn't(?: an?)?|aren't(?: an?)?)(?: \w+)? ?$")
_JUST_BEFORE = 60
_SPEAKER = re.compile(
    r"\b(?:я|это|вам|тебе|да|пишет|пишу|отвечает|ассистент|помощник|секретар|верно|именно|общаетесь|i|i'm|"
    r"i am|this|it's|"
    r"it is|yes|you're|you are|assistant|correct|right|writing)\b"
)


def says_program(text: str) -> bool:
    """Does `text` say plainly that a program writes, and nothing to the contrary?"""
    if claims_person(text):
        return False
    for found in _SENTENCE.finditer(folded(text)):
        sentence = found[0]
        if _SPEAKER.search(sentence) is None:
            continue
        for hit in _PROGRAM.finditer(sentence):
            # What denies it stands right before: a whole long sentence would be read again for each hit.
            if not _NOT_BEFORE.search(sentence, max(0, hit.start() - _JUST_BEFORE), hit.start()):
                return True
    return False


_CLAIMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:я|мы|это|вам пишет|пишет|тут|здесь)(?: (?:же|вовсе|точно|совсем|правда|никакой|никакая|конечно|"
        rf",))*,? не"
        rf" (?:какой-то |просто |никакой )?{_ONLY_BOT}\b",
        rf"\bне {_ONLY_BOT}\b(?!,? (?:ли|же)\b)",
        r"\b(?:никаких|никакого) (?:ботов|бота|роботов|робота|программ|нейросетей)\b",
        r"(?<!не )\b(?:живой|настоящий|реальный|обычный) человек(?! (?:не|прочитает|ответит|свяжется|решает|решит))",
        r"\b(?:я|пишет|пишу|отвечает|это)(?: (?:тоже|такой же|сам|сама|же))*,? ?[—-]? ?(?:как )?человек\b",
        r"\b(?:я|мы) (?:живой|живая|живые|настоящий|настоящая|реальный|реальная)\b",
        r"\b(?:живым|реальным|настоящим) человеком\b(?! (?:нельзя|не ))",
        r"\b(?:пишу|отвечаю) (?:вам |тебе )?(?:лично|сам|сама)\b",
        r"\bi(?:'m| am)(?: \w+)? not (?:an? |some |any )?(?:\w+ )?(?:bot|robot|chatbot|ai|machine|program|"
        r"computer|automated|"
        r"script|chatgpt|llm|software)\b",
        r"\bnot (?:an? |some )?(?:bot|robot|chatbot|ai|machine|computer|chatgpt)\b",
        r"\bno (?:bots?|robots?|ai)(?: here| involved| at all)?\b",
        r"\b(?:this is|it's|it is|that's) not (?:an? )?(?:bot|robot|chatbot|ai|program|automated|machine)\b",
        r"\bi(?:'m| am)(?: (?:actually|really|just|definitely|very much|as|of course|totally|,))* ?(?:an? )?(?:\w+ )?"
        r"(?:real|human|(?:real |actual |living |live )?person|living|flesh and blood)\b",
        r"\b(?:a|an) (?:real|actual|living|live) (?:person|human)(?: being)?\b(?! (?:will|can|has|decides|reads))",
        r"\bhuman (?:here|being here)\b",
        r"\byes,? (?:a )?(?:human|person|real)\b",
        r"\bflesh and blood\b",
        r"\b(?:himself|herself|personally|in person) (?:here|writing)\b",
    )
)
# Without one of these no claim can be there: the quick way to see it.
_HINTS = (
    *("бот", "робот", "программ", "ии", "нейро", "интеллект", "автоотв", "машин", "алгоритм", "гпт", "жпт", "gpt"),
    *("челове", "жив", "настоящ", "реальн", "лично", "сам", "bot", "ai", "machine", "comput", "program", "human"),
    *("person", "real", "living", "flesh", "himself", "herself", "llm", "software", "script", "automated"),
)
_HUMBLE = re.compile(
    r"\bне (?:живой |настоящий |реальный )?человек|\bnot (?:a |an )?(?:real |actual |living )?(?:human|person)"
)


def claims_person(text: str, owner_name: str | None = None) -> bool:
    """Does `text` deny that a program writes, or claim that a person does: anybody, or the owner by name?"""
    plain = _HUMBLE.sub(" ", folded(text))
    if any(word in plain for word in _HINTS) and any(pattern.search(plain) for pattern in _CLAIMS):
        return True
    return bool(owner_name and owner_name.strip() and _as_owner(folded(owner_name.split()[0])).search(plain))


@lru_cache(64)
def _as_owner(name: str) -> re.Pattern[str]:
    """«Это Павел», "I'm Pavel": not «это помощник Павла», not "this is Pavel's assistant", not «это Павел просил»."""
    name = re.escape(name)
    return re.compile(
        rf"(?:^|[.!?,;:\n] ?|\b(?:да|нет|yes|no|hi|привет|здравствуйте),? )(?:я|с вами|вам пишет|тебе пишет|"
        rf"пишет|и это)"
        rf"(?: (?:сам|лично|же))*[ ,—-]{{1,3}}{name}\b(?!'s)"
        rf"|(?:^|[.!?,;:\n] ?|\b(?:да|нет|привет|здравствуйте),? )это(?: (?:сам|лично|же|"
        rf"я))*[ ,—-]{{1,3}}{name}\b(?=\W*$|[.!?\n]|"
        rf",(?! (?:\w+ )?(?:ассистент|помощник|секретар))| лично| сам\b| пишет)"
        rf"|\bлично {name}\b(?! (?:не|реш|ответ|прочит|свяж|подтверд|вам|напиш|позвон|прос|буд|прид|смож))"
        rf"|\b(?:i'm|i am|this is|it's|it is|it's me,?|here is) (?:me, |really |actually )?{name}\b(?!'s)"
        rf"(?= himself| herself| personally| here| writing|\W*$|[.!?,\n])"
    )


PROGRAM_WRITES = {
    "ru": "Отвечаю честно: пишет программа, ассистент. Владелец этого аккаунта: {owner}.",
    "en": "To be honest with you: a program is writing, the assistant of {owner}.",
}


def truthful_answer(asked: str, owner_name: str) -> str:
    """What code itself says to somebody who asked whether a program writes, in the language they asked in."""
    language = "ru" if re.search("[а-яё]", asked.casefold()) else "en"
    return PROGRAM_WRITES[language].format(owner=owner_name)
