"""The built-in commands as one table: how they are typed and what they take. Pure.

`commands.py` reads what the owner typed by it; help, suggestions of the nearest one and docs/commands.md come from it
too. The sentences about them: `phrases_commands.py`.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from userbot.saved_messages.when import Language

# How alike a word must be to a command to be taken for a slip of the finger.
ALIKE = 0.75


class Takes(StrEnum):
    NOTHING = "nothing"
    NUMBER = "number"  # of a task, where it is not plain which one is meant
    MODE = "mode"  # and the number of a task
    LANGUAGE = "language"
    HOURS = "hours"
    COMMAND = "command"  # the name of one


@dataclass(frozen=True)
class BuiltIn:
    """One command. `russian` and `english`: its words, the one to be shown first. `arguments` and `example`: what
    follows it, in help, in both languages. `is_everyday`: sentences for the model begin with such a word too."""

    name: str
    russian: tuple[str, ...]
    english: tuple[str, ...]
    takes: Takes = Takes.NOTHING
    arguments: tuple[str, str] = ("", "")
    example: tuple[str, str] = ("", "")
    is_everyday: bool = False

    def word(self, language: Language) -> str:
        return self.russian[0] if language == "ru" else self.english[0]

    def typed(self, language: Language, prefix: str, arguments: tuple[str, str] = ("", "")) -> str:
        """As the owner would type it."""
        return f"{prefix}{self.word(language)} {arguments[0 if language == 'ru' else 1]}".strip()


_N = ("N", "N")
BUILT_IN: Mapping[str, BuiltIn] = {
    one.name: one
    for one in (
        BuiltIn("tasks", ("задачи",), ("tasks",)),
        BuiltIn("task", ("задача",), ("task",), Takes.NUMBER, _N, ("7", "7")),
        BuiltIn("stop", ("стоп",), ("stop",), Takes.NUMBER, _N, ("7", "7")),
        BuiltIn("pause", ("пауза",), ("pause",), Takes.NUMBER, _N, ("7", "7")),
        BuiltIn("resume", ("дальше",), ("resume",), Takes.NUMBER, _N, ("7", "7")),
        BuiltIn("without", ("без",), ("without",), Takes.NUMBER, _N, ("7", "7"), is_everyday=True),
        BuiltIn("undo", ("отмена", "назад"), ("undo",), is_everyday=True),
        BuiltIn("mode", ("режим",), ("mode",), Takes.MODE, ("N черновик", "N draft"), ("7 черновик", "7 draft")),
        BuiltIn(
            "quiet",
            ("тихо", "тишина"),
            ("quiet",),
            Takes.HOURS,
            ("22-8", "22-8"),
            ("22:30-8", "22:30-8"),
            is_everyday=True,
        ),
        BuiltIn("lang", ("язык",), ("lang", "language"), Takes.LANGUAGE, ("русский", "ru"), ("английский", "en")),
        BuiltIn("skills", ("навыки", "умения"), ("skills",)),
        BuiltIn("status", ("статус",), ("status",)),
        BuiltIn("usage", ("расход",), ("usage",)),
        BuiltIn("help", ("помощь", "справка"), ("help",), Takes.COMMAND, ("стоп", "stop"), ("стоп", "stop")),
    )
}
# What the owner only looks with: nothing is changed by it, and nothing is to be taken back.
LOOKS = frozenset({"tasks", "task", "skills", "status", "usage", "help"})
_BY_WORD = {word: one for one in BUILT_IN.values() for word in (*one.russian, *one.english)}

# How the three modes and the languages are typed, beside their names.
MODES: Mapping[str, str] = {
    **dict.fromkeys(("auto", "авто", "сам"), "auto"),
    **dict.fromkeys(("first", "первое", "первый"), "first"),
    **dict.fromkeys(("draft", "черновик", "черновики", "все"), "draft"),
}
LANGUAGES: Mapping[str, Literal["ru", "en", "auto"]] = {
    **dict.fromkeys(("ru", "russian", "русский", "рус", "ру"), "ru"),
    **dict.fromkeys(("en", "english", "английский", "англ", "eng"), "en"),
    **dict.fromkeys(("auto", "авто"), "auto"),
}
_OFF = frozenset({"off", "no", "none", "выкл", "выключить", "нет", "никогда"})
_TEXT = re.compile(r"(?P<word>[^\W\d_]+)(?P<rest>[\s.!]*|[\s\d№#].*)", re.DOTALL)
_NUMBER = re.compile(r"[№#]?\s*(\d{1,9})")
_CLOCK = r"(\d{1,2})(?:[:.](\d\d))?"
_HOURS = re.compile(rf"(?:с|from)?\s*{_CLOCK}\s*(?:-|–|—|до|to|until)\s*{_CLOCK}")


@dataclass(frozen=True)
class Typed:
    """A built-in command. `is_clear` False: what follows its word makes no sense for it."""

    name: str
    word: str
    number: int | None = None
    mode: str | None = None
    language: Literal["ru", "en", "auto"] | None = None
    # Minutes of the day, from and to; "off" for none at all.
    hours: tuple[int, int] | Literal["off"] | None = None
    about: str | None = None
    is_clear: bool = True


@dataclass(frozen=True)
class Slip:
    """No command, but nearly one: what was probably meant, without the prefix."""

    nearest: str


def read(text: str) -> Typed | Slip | None:
    """What a built-in command is typed as, from the text after the prefix; None where it is for the model.

    A command's word with a sentence after it is one only where it stands right at the prefix: ". stop asking Anna" is
    for the model, ".stop abc" is a slip.
    """
    found = _TEXT.fullmatch(text.strip().casefold().replace("ё", "е"))
    if found is None:
        return None
    word, rest = found["word"], found["rest"].strip(" \t\r\n.!")
    built_in = _BY_WORD.get(word)
    if built_in is None:
        near = difflib.get_close_matches(word, _BY_WORD, 1, ALIKE)
        is_meant = near and (not rest or _arguments(_BY_WORD[near[0]], near[0], rest) is not None)
        return Slip(f"{near[0]} {rest}".strip()) if is_meant else None
    typed = _arguments(built_in, word, rest)
    if typed is None and _is_sentence(built_in, text[:1].isalnum(), len(rest.split())):
        return None
    return typed or Typed(built_in.name, word, is_clear=False)


def is_like(slip: Slip, name: str) -> bool:
    """Is it the command of this name that the slip is near to?"""
    return slip.nearest.split()[0] in (*BUILT_IN[name].russian, *BUILT_IN[name].english)


def named(word: str) -> BuiltIn | None:
    """The command of this word, in either language."""
    return _BY_WORD.get(word.casefold().replace("ё", "е"))


def _is_sentence(built_in: BuiltIn, is_attached: bool, words: int) -> bool:
    if built_in.is_everyday:
        return not is_attached or built_in.takes is Takes.NOTHING
    if built_in.takes is Takes.COMMAND:
        return not is_attached
    return not is_attached and words > (2 if built_in.takes is Takes.MODE else 1)


def _arguments(built_in: BuiltIn, word: str, rest: str) -> Typed | None:
    """None: they make no sense."""
    name = built_in.name
    number = _NUMBER.fullmatch(rest)
    match built_in.takes:
        case Takes.NOTHING if not rest or (number and not built_in.is_everyday):
            return Typed(name, word)
        case Takes.NUMBER if not rest or number:
            return Typed(name, word, number=int(number[1]) if number else None)
        case Takes.MODE:
            return _mode(name, word, rest)
        case Takes.LANGUAGE if not rest or rest in LANGUAGES:
            return Typed(name, word, language=LANGUAGES.get(rest))
        case Takes.HOURS if not rest or rest in _OFF:
            return Typed(name, word, hours="off" if rest else None)
        case Takes.HOURS if (hours := _hours(rest)) is not None:
            return Typed(name, word, hours=hours)
        case Takes.COMMAND if not rest:
            return Typed(name, word)
        case Takes.COMMAND if (about := named(re.sub(r"\W", "", rest))) is not None:
            return Typed(name, word, about=about.name)
    return None


def _mode(name: str, word: str, rest: str) -> Typed | None:
    """ "7 draft", "draft 7", "draft"."""
    words = rest.split()
    modes = [MODES[one] for one in words if one in MODES]
    numbers = [int(found[1]) for one in words if (found := _NUMBER.fullmatch(one))]
    if len(modes) != 1 or len(numbers) > 1 or len(words) != len(modes) + len(numbers):
        return None
    return Typed(name, word, number=numbers[0] if numbers else None, mode=modes[0])


def _hours(rest: str) -> tuple[int, int] | None:
    """ "22-8", "22:30–8", "с 22 до 8": minutes of the day."""
    found = _HOURS.fullmatch(rest)
    if found is None:
        return None
    ends = []
    for hour, minute in ((found[1], found[2]), (found[3], found[4])):
        at = int(hour) * 60 + int(minute or 0)
        if at > 24 * 60 or int(minute or 0) >= 60:
            return None
        ends.append(at % (24 * 60))
    return (ends[0], ends[1]) if ends[0] != ends[1] else None
