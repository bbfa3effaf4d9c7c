"""Is it a program that answers us? Two that always answer each other would go on until a budget ends it. Pure.

A person may write fast, or say the same twice. What no person does several times in a row: answer sooner than the text
can be read and typed, or give the same long answer to whatever is said. And a program may say what it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

# A person needs so long before the first letter, and types no more than so many a second.
STARTS_S = 1.0
LETTERS_A_SECOND = 20
QUICK_EXCHANGES = 4
# Fewer exchanges do when we wrote so many messages in them.
QUICK_ENOUGH, OURS_ENOUGH = 2, 6
# The same answer so often; a short one ("yes", "ok") people do give again and again.
SAME_ANSWERS, SAME_SHORT_ANSWERS = 3, 6
SHORT = 10
ALIKE = 0.9
# A program that says so may settle a matter with ours, but not talk for ever.
OURS_TO_A_PROGRAM = 6
COMPARED = 400

# In a sentence that asks nothing, in small letters: "is this a bot?" is what people say.
_SAYS_SO = re.compile(
    r"автоответчик|автоматическ\w+ (?:ответ|сообщение)|\bя (?:бот|чат-бот|ассистент)\b|\bэто ассистент \w"
    r"|\bauto(?:matic|mated)?[- ]?(?:reply|response|responder)\b|\b(?:i am|i['’]m) an? (?:\w+ )?(?:bot|chatbot)\b"
    r"|\b(?:i am|i['’]m|this is) \w+['’]s (?:\w+ )?assistant\b|\w['’]s (?:\w+ )?assistant here\b"
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


@dataclass(frozen=True)
class Said:
    """One message of a dialog. `at`: when it went out or came in, all by one clock."""

    is_ours: bool
    at: datetime
    text: str


@dataclass(frozen=True)
class _Exchange:
    """What we said in a row, and what the contact answered in a row."""

    ours: int
    wait_s: float
    answer: str
    answers: str


def is_ping_pong(dialog: Sequence[Said]) -> bool:
    """`dialog`: the latest messages, oldest first, with none of the owner's among them. True when the contact answers
    as only a program does."""
    exchanges = _exchanges(dialog)[::-1]
    return _are_quick(exchanges) or _are_the_same(exchanges) or _says_so(dialog)


def _exchanges(dialog: Sequence[Said]) -> list[_Exchange]:
    exchanges: list[_Exchange] = []
    ours: list[Said] = []
    theirs: list[Said] = []
    for said in [*dialog, None]:
        if theirs and (said is None or said.is_ours):
            if ours:
                wait_s = (theirs[0].at - ours[-1].at).total_seconds()
                answers = "\n".join(one.text for one in theirs)
                exchanges.append(_Exchange(len(ours), wait_s, theirs[0].text, answers))
            ours, theirs = [], []
        if said is not None:
            (ours if said.is_ours else theirs).append(said)
    return exchanges


def _are_quick(latest_first: Sequence[_Exchange]) -> bool:
    ours = 0
    for n, exchange in enumerate(latest_first, start=1):
        if exchange.wait_s < -STARTS_S:
            # What came before ours had gone out answers something else; that ours had, may be known late.
            return False
        if exchange.wait_s >= STARTS_S + len(exchange.answer) / LETTERS_A_SECOND:
            return False
        ours += exchange.ours
        if n >= QUICK_EXCHANGES or (n >= QUICK_ENOUGH and ours >= OURS_ENOUGH):
            return True
    return False


def _are_the_same(latest_first: Sequence[_Exchange]) -> bool:
    if not latest_first:
        return False
    last = latest_first[0].answers
    wanted = SAME_ANSWERS if len(_letters(last)) > SHORT else SAME_SHORT_ANSWERS
    ours = 0
    for n, exchange in enumerate(latest_first, start=1):
        if not _are_alike(exchange.answers, last):
            return False
        ours += exchange.ours
        if n >= wanted or (n >= QUICK_ENOUGH and ours >= OURS_ENOUGH):
            return True
    return False


def _are_alike(one: str, other: str) -> bool:
    """The same but for a few letters. Numbers have to be the same: "at 14?", "at 15?" is how people come to terms."""
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    letters = _letters(one), _letters(other)
    return letters[0] == letters[1] or SequenceMatcher(None, *letters, autojunk=False).ratio() >= ALIKE


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalpha())[:COMPARED]


def _says_so(dialog: Sequence[Said]) -> bool:
    if sum(said.is_ours for said in dialog) < OURS_TO_A_PROGRAM or dialog[-1].is_ours:
        return False
    # Only what says so somewhere is read sentence by sentence: no sentence of it ends within the words.
    texts = (said.text for said in dialog if not said.is_ours and _SAYS_SO.search(said.text.casefold()))
    sentences = (sentence for text in texts for sentence in _SENTENCE.findall(text.casefold()))
    return any(_SAYS_SO.search(sentence) and "?" not in sentence for sentence in sentences)
