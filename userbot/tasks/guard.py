"""What may go out to a contact: the second line after prompts that never held anything private. Pure.

The verdict; what it rests on stands beside it: plain_text, hidden_words, figures, promises, rights.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from userbot.tasks.figures import strange_links, strange_numbers
from userbot.tasks.hidden_words import says_private
from userbot.tasks.plain_text import MESSAGE_LIMIT, clean, split_message, utf16_length
from userbot.tasks.promises import accepts
from userbot.tasks.rights import claims_person, says_program

__all__ = ["MESSAGE_LIMIT", "REPLY_LIMIT", "Fault", "Known", "check_reply", "clean", "split_message", "utf16_length"]

REPLY_LIMIT = 1500  # longer than anybody writes in a chat
_ASSISTANT = re.compile(r"ассистент|помощни|секретар|assistant|secretary", re.IGNORECASE)
_MARKUP = re.compile(
    r"\[[^\]\n]{1,200}\]\([^)\n]{1,300}\)|```|\*\*[^*\n]{1,300}\*\*|__[^_\n]{1,300}__"
    r"|</?(?:a|b|i|u|s|p|br|code|pre|strong|em|div|span)\b[^>\n]{0,200}>|^#{1,6} ",
    re.IGNORECASE | re.MULTILINE,
)


class Fault(StrEnum):
    """Why a text may not go out: the names are codes, the values tell the model, and never what must not be said."""

    EMPTY = "the text is empty"
    LONG = f"the text is too long: at most {REPLY_LIMIT} characters"
    MARKUP = "it holds markup: write plain text"
    LINK = "it holds a link, an address or a mention that is neither in the brief nor in this dialog"
    NUMBER = "it holds a sum or a long number that is neither in the brief nor in this dialog"
    PRIVATE = "it holds something that is not meant for the contact"
    PROMISE = (
        "it says that something is agreed or confirmed, and no result was accepted: record it with "
        "update_conversation first, or leave it open; of another matter that is settled name the day or the hour"
    )
    PERSON = "it denies that a program writes, or passes for a person"
    UNTRUE = "they ask whether a program writes: say plainly that it is a program, the owner's assistant"
    UNNAMED = "the first message must say that it is the owner's assistant writing (ассистент, помощник, assistant)"


@dataclass(frozen=True)
class Known:
    """What a message is held against.

    `told`: what the contact may know or knows from our side (the brief, the owner's words for them, what was written).
    `heard`: the contact's own words and name. `private`: what must not be told, but for what `told` holds too.
    `elsewhere`: what was written for or about other people (see hidden_words.says_private).
    """

    told: Sequence[str] = ()
    heard: Sequence[str] = ()
    private: Sequence[str] = ()
    elsewhere: Sequence[str] = ()
    owner_name: str | None = None


def check_reply(
    text: str,
    known: Known,
    *,
    is_settled: bool = False,
    must_disclose: bool = False,
    must_answer: bool = False,
) -> list[Fault]:
    """Why this text may not go to the contact; nothing when it may. All at once, so that one new try mends it,
    but for a text over REPLY_LIMIT, which is refused for its length and not read.

    `is_settled`: a result was accepted in this turn or stands, so that a message may say so. `must_disclose`: it is our
    first message to them and has to say that an assistant writes. `must_answer`: they asked whether a program writes.
    """
    if not text:
        return [Fault.EMPTY]
    if utf16_length(text) > REPLY_LIMIT:
        # Refused whatever it holds: looking into it would only cost time, and a contact can make a model write much.
        return [Fault.LONG]
    around = (*known.told, *known.heard)
    names = [known.owner_name] if known.owner_name else []
    wrong = {
        Fault.MARKUP: _MARKUP.search(text) is not None,
        Fault.PERSON: claims_person(text, known.owner_name),
        Fault.PROMISE: not is_settled and accepts(text),
        Fault.UNTRUE: must_answer and not says_program(text),
        Fault.UNNAMED: must_disclose and not _ASSISTANT.search(text),
        Fault.LINK: strange_links(text, around),
        Fault.NUMBER: strange_numbers(text, around, known.private),
        Fault.PRIVATE: says_private(
            text, known.private, known.elsewhere, told=known.told, heard=known.heard, named=names
        ),
    }
    return [fault for fault in Fault if wrong.get(fault)]


def says_accepted(texts: Iterable[str] | Collection[str]) -> bool:
    """Did the owner themselves say that something is agreed, for the contact to hear?"""
    return any(map(accepts, texts))
