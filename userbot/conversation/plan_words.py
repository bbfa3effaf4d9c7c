"""What code itself writes to the people of a plan: that it is settled, that it stays so, that nothing comes of it. No
name and no reason: nobody is told anything about the others."""

import re
from collections.abc import Iterable, Mapping

from userbot.tasks.slots import Slot

_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_SETTLED = {
    "ru": "Время подходит всем, договорились: {when}.",
    "en": "That time suits everybody, so it is settled: {when}.",
}
_STAYS = {
    "ru": "Перенести общую встречу не получилось, всё остаётся как было: {when}.",
    "en": "The meeting for everybody could not be moved, so it stays as it was: {when}.",
}
_OFF = {
    "ru": "К сожалению, общая встреча не состоится. Спасибо за ответы!",
    "en": "I am sorry, the meeting for everybody does not come about. Thank you for your answers!",
}

_LEFT_OUT = {
    "ru": "К сожалению, на этот раз встретиться не получится. Извините за беспокойство!",
    "en": "I am sorry, it will not work out for us to meet this time. Please excuse the trouble!",
}


def settled(slot: Slot, said: Iterable[str]) -> str:
    """`said`: words of whom it is for, in whose language it is written, and then words to go by where those tell
    nothing."""
    return _with_time(_SETTLED, slot, said)


def stays(slot: Slot, said: Iterable[str]) -> str:
    """The owner had wanted it moved, and nothing came of that."""
    return _with_time(_STAYS, slot, said)


def _with_time(texts: Mapping[str, str], slot: Slot, said: Iterable[str]) -> str:
    language = _language(said)
    start, end = slot.local()
    zone = start.tzname() or slot.timezone
    if zone[0] in "+-":
        zone = f"UTC{zone}"
    if language == "ru":
        zone = "МСК" if zone == "MSK" else zone
        when = f"{_WEEKDAYS[start.weekday()]}, {start:%d.%m}, {start:%H:%M}–{end:%H:%M} {zone}"
    else:
        when = f"{start:%A} {start.day} {start:%B}, {start:%H:%M}–{end:%H:%M} {zone}"
    return texts[language].format(when=when)


def off(said: Iterable[str]) -> str:
    return _OFF[_language(said)]


def left_out(said: Iterable[str]) -> str:
    """For somebody the others meet without: nothing of them, since they may not know of one another."""
    return _LEFT_OUT[_language(said)]


def _language(said: Iterable[str]) -> str:
    """Of the first of these words that are in any."""
    for text in said:
        if re.search("[а-яё]", text.casefold()):
            return "ru"
        if re.search("[a-z]", text.casefold()):
            return "en"
    return "en"
