"""What a line typed at a rehearsal means. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from userbot.rehearsal.rehearse.recording import OWNER

LONGEST_WAIT_S = 60 * 86_400.0
_WAIT = re.compile(r"([0-9]{1,6})\s*([a-zа-я]+)", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("s", "sec", "с", "сек"), 1.0),
    **dict.fromkeys(("m", "min", "м", "мин"), 60.0),
    **dict.fromkeys(("h", "ч"), 3600.0),
    **dict.fromkeys(("d", "д"), 86_400.0),
}
_COMMANDS = {
    **dict.fromkeys(("contact", "контакт"), "contact"),
    **dict.fromkeys(("reply", "ответ"), "reply"),
    **dict.fromkeys(("wait", "ждать"), "wait"),
    **dict.fromkeys(("save", "сохранить"), "save"),
    **dict.fromkeys(("help", "помощь"), "help"),
    **dict.fromkeys(("quit", "exit", "выход"), "quit"),
}
_SPOKEN = re.compile(r"(>?)\s*@?([A-Za-z][A-Za-z0-9_]{0,31})\s*:\s*(\S.*)", re.DOTALL)
_FILE = re.compile(r"\[(?:file|файл)\s+([^\]]{1,100})\]\s*(.*)", re.IGNORECASE | re.DOTALL)
_REFERENCE = re.compile(r"(card|question|answer)\s+([1-9][0-9]{0,5})\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")


@dataclass(frozen=True)
class Say:
    """`to`: the contact whose dialog the owner types in; None is Saved Messages. `file`: the name of one that a contact
    sends, with `text` below it, which may be empty."""

    who: str
    text: str
    to: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class Answer:
    """A reply to the message shown with this number, by whoever can reply to it."""

    number: int
    text: str


@dataclass(frozen=True)
class Refer:
    """The owner's reply in Saved Messages to what `recording.Line` calls so: "question 1", whatever number it has."""

    reference: str
    text: str


@dataclass(frozen=True)
class Meet:
    username: str
    name: str


@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class Save:
    path: str


@dataclass(frozen=True)
class Help:
    pass


@dataclass(frozen=True)
class Quit:
    pass


@dataclass(frozen=True)
class Unclear:
    """`why` is a phrase of `words.py`."""

    why: str
    values: dict[str, str] = field(default_factory=dict)


Typed = Say | Answer | Refer | Meet | Wait | Save | Help | Quit | Unclear


def read_line(text: str, people: Collection[str], prefix: str) -> tuple[Typed, bool] | None:
    """What it means, and whether it is said at once, without waiting for the program (a line that begins with "+").
    None: the line says nothing. `people`: the contacts' usernames; `prefix`: what commands to the program begin with.
    """
    text = text.strip().replace("\\n", "\n")
    at_once = text.startswith("+")
    if at_once:
        text = text[1:].lstrip()
    if not text:
        return None
    return _read(text, people, prefix), at_once


def _read(text: str, people: Collection[str], prefix: str) -> Typed:
    if text.startswith("/"):
        return _command(text)
    if text.startswith(prefix):
        return Say(OWNER, text)
    spoken = _SPOKEN.fullmatch(text)
    if spoken is None:
        return Unclear("no_command", {"prefix": prefix})
    username = spoken[2].lower()
    if username not in people:
        return Unclear("no_contact", {"who": username})
    if spoken[1]:
        return Say(OWNER, spoken[3], to=username)
    sent = _FILE.fullmatch(spoken[3])
    return Say(username, sent[2], file=sent[1].strip()) if sent else Say(username, spoken[3])


def _command(text: str) -> Typed:
    word, _, rest = text[1:].partition(" ")
    rest = rest.strip()
    match _COMMANDS.get(word.lower()):
        case "contact":
            username, _, name = rest.lstrip("@").partition(" ")
            name = " ".join(name.split())
            if not _USERNAME.fullmatch(username) or username.lower() == OWNER or not name:
                return Unclear("how_contact")
            return Meet(username.lower(), name)
        case "reply":
            if named := _REFERENCE.fullmatch(rest):
                return Refer(f"{named[1].lower()} {int(named[2])}", named[3])
            number, _, words = rest.partition(" ")
            number = number.strip("[]№#")
            if not number.isdecimal() or not words.strip():
                return Unclear("how_reply")
            return Answer(int(number), words.strip())
        case "wait":
            return _wait(rest)
        case "save":
            return Save(rest) if rest else Unclear("how_save")
        case "help":
            return Help()
        case "quit":
            return Quit()
        case _:
            return Unclear("no_such_command", {"word": word[:40]})


def _wait(rest: str) -> Typed:
    found = _WAIT.fullmatch(rest)
    seconds = int(found[1]) * _UNITS.get(found[2].lower(), 0.0) if found else 0.0
    return Wait(seconds) if 0 < seconds <= LONGEST_WAIT_S else Unclear("how_wait")
