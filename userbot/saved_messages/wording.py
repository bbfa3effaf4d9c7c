"""How the owner is told anything, in Russian and in English, and what a yes looks like. The sentences: `phrases.py`.

Pure: a language and values in, a text out.
"""

import re

from userbot.saved_messages.command_table import BUILT_IN
from userbot.saved_messages.phrases import PHRASES
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


def value(language: Language, value: object) -> str:
    """A single value of a result: nothing is said to be nothing."""
    return say(language, "nothing") if value is None else str(value)


def media(language: Language, name: str) -> str:
    """What a message holds beside text."""
    key = f"media.{name}"
    return say(language, key if key in PHRASES else "media.document")


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


def held_back(language: Language, name: str) -> str:
    """Why the guard held a message back."""
    key = f"blocked.{name}"
    return say(language, key if key in PHRASES else "blocked.other")


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
    number_text = "" if number is None else str(number)
    return BUILT_IN[name].typed(language, prefix, (number_text, number_text))


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


_SEND = frozenset(("отправь", "отправляй", "отправляйте", "отправить", "шли", "можно", "send", "it"))


def sends(text: str) -> bool | None:
    """The owner's answer to whether a message may be sent: a plain yes or no, or words that say no more than that."""
    answer = yes_or_no(text)
    if answer is not None or "?" in text:
        return answer
    words = re.findall(r"\w+", text.casefold().replace("ё", "е"))
    if not 0 < len(words) <= 4:
        return None
    if all(word in _YES | _SEND for word in words):
        return True
    return False if all(word in _NO | _SEND | {"надо", "нужно", "don", "t"} for word in words) else None


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
