"""What may go out to a contact: the second line after prompts that never held anything private. Pure.

Faults are English texts for the model, which rewrites; they never repeat what must not be said.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

MESSAGE_LIMIT = 4096  # Telegram's, in UTF-16 units
REPLY_LIMIT = 1500  # longer than anybody writes in a chat
# So many words of the private notes in a row are the notes, not chance.
PRIVATE_RUN = 3

# What shows as nothing though it is no format character: fillers, blanks, selectors of variants nobody sees. Bytes can
# be hidden in runs of them, and a message of nothing else looks empty.
_BLANK = dict.fromkeys(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)),
    )
)
_LINES = str.maketrans({"\r": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})
# Telegram makes a link of a bare domain too.
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}://\S+|\b(?:tg|mailto):\S+"
    r"|(?<![\w-])(?:[\w-]++\.)+(?:[a-z]{2,24}|рф|рус|москва|дети|онлайн|сайт|орг|ком)\b(?:[/?#:]\S*)?",
    re.IGNORECASE,
)
_AFTER_LINK = ".,:;!?…*_`'\")]}>»”"
_ASSISTANT = re.compile(r"ассистент|помощни|секретар|assistant|secretary", re.IGNORECASE)


def clean(text: str) -> str:
    """`text` without control and invisible characters, with its line breaks, trimmed."""
    kept = "".join(
        c
        for c in text.replace("\r\n", "\n").translate(_LINES).translate(_BLANK)
        if c in "\n\t\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    # A zero-width joiner holds two emoji together; anywhere else it only hides things.
    return re.sub(r"(?<![^\w\s\u200d])\u200d|\u200d(?![^\w\s\u200d])", "", kept).strip()


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
    text: str,
    *,
    told: Collection[str],
    heard: Collection[str],
    private_texts: Sequence[str],
    must_disclose: bool,
) -> list[str]:
    """Why this text may not go to the contact; nothing when it may.

    `told`: what the contact may know or knows from our side (the brief, the owner's words for them, what was written).
    `heard`: the contact's own words; links must come from either. `private_texts`: what must not be told, but for what
    `told` holds too; that the contact says it themselves is no reason to confirm it. `must_disclose`: it is our first
    message to them and has to say that an assistant writes.
    """
    faults = []
    if not text:
        return ["the text is empty"]
    if utf16_length(text) > REPLY_LIMIT:
        faults.append(f"the text is too long: at most {REPLY_LIMIT} characters")
    if _links([text]) - _links([*told, *heard]):
        faults.append("it holds a link that is neither in the brief nor in this dialog")
    if any(_shares_a_run(text, private, told) for private in private_texts):
        faults.append("it holds something that is not meant for the contact")
    if must_disclose and not _ASSISTANT.search(text):
        faults.append(
            "the first message must say that it is the owner's assistant writing (ассистент, помощник, assistant)"
        )
    return faults


def _links(texts: Iterable[str]) -> set[str]:
    """Where the links in `texts` lead: without their scheme, and what punctuation follows them in a sentence."""
    found = (link.casefold().rstrip(_AFTER_LINK) for text in texts for link in _LINK.findall(text))
    return {re.sub(r"^(?:https?://)?(?:www\.)?", "", link).rstrip("/") for link in found}


def _shares_a_run(text: str, private: str, told: Iterable[str]) -> bool:
    """Do `PRIVATE_RUN` words in a row of `private` (or all of it, when shorter) stand in `text`, and not in `told`?"""
    secret = _words(private)
    run = min(PRIVATE_RUN, len(secret))
    hidden = _runs(secret, run) - {words for known in told for words in _runs(_words(known), run)}
    return bool(run and hidden & _runs(_words(text), run))


def _runs(words: Sequence[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", clean(text)).casefold().replace("ё", "е"))
