"""What may go out to a contact: the second line after prompts that never held anything private. Pure.

Faults are English texts for the model, which rewrites; they never repeat what must not be said.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

MESSAGE_LIMIT = 4096  # Telegram's, in UTF-16 units
REPLY_LIMIT = 1500  # longer than anybody writes in a chat
# So many words of the private notes in a row are the notes, not chance.
PRIVATE_RUN = 3

_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|t\.me/|tg:)\S+", re.IGNORECASE)
_ASSISTANT = re.compile(r"ассистент|помощни|секретар|assistant|secretary", re.IGNORECASE)


def clean(text: str) -> str:
    """`text` without control and invisible characters, with its line breaks, trimmed."""
    kept = "".join(
        c
        for c in text.replace("\r\n", "\n").translate(_INVISIBLE)
        if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn")
    )
    # A zero-width joiner holds emoji together; next to letters it only hides things.
    return re.sub(r"(?<=\w)\u200d|\u200d(?=\w)", "", kept).strip()


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def split_message(text: str, limit: int = MESSAGE_LIMIT) -> list[str]:
    """`text` in parts of at most `limit` UTF-16 units, broken at paragraphs, lines or spaces where there are any."""
    parts = []
    rest = text.strip()
    while utf16_length(rest) > limit:
        head = rest.encode("utf-16-le")[: limit * 2].decode("utf-16-le", errors="ignore")
        cut = max(head.rfind("\n"), head.rfind(" "))
        cut = cut if cut > len(head) // 2 else len(head)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [part for part in (*parts, rest) if part]


def check_reply(
    text: str, *, known_texts: Iterable[str], private_texts: Sequence[str], must_disclose: bool
) -> list[str]:
    """Why this text may not go to the contact; nothing when it may.

    `known_texts`: what the contact was told or said already; links must come from there. `private_texts`: what must
    not be told. `must_disclose`: it is our first message to them and has to say that an assistant writes.
    """
    faults = []
    if not text:
        return ["the text is empty"]
    if utf16_length(text) > REPLY_LIMIT:
        faults.append(f"the text is too long: at most {REPLY_LIMIT} characters")
    known = "\n".join(known_texts).casefold()
    if any(link.casefold().rstrip(".,!?)") not in known for link in _LINK.findall(text)):
        faults.append("it holds a link that is neither in the brief nor in the contact's own messages")
    if any(_shares_a_run(text, private) for private in private_texts):
        faults.append("it holds something that is not meant for the contact")
    if must_disclose and not _ASSISTANT.search(text):
        faults.append(
            "the first message must say that it is the owner's assistant writing (ассистент, помощник, assistant)"
        )
    return faults


def _shares_a_run(text: str, private: str) -> bool:
    """Do `PRIVATE_RUN` words in a row of `private` (or all of it, when shorter) stand in `text`?"""
    words, secret = _words(text), _words(private)
    if not secret:
        return False
    run = min(PRIVATE_RUN, len(secret))
    runs = {tuple(words[n : n + run]) for n in range(len(words) - run + 1)}
    return any(tuple(secret[n : n + run]) in runs for n in range(len(secret) - run + 1))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold().translate(_INVISIBLE))
