"""Text as people see it: without what is invisible, and in parts that Telegram takes. Pure.

One cleaning for what goes out and for what a contact's words are before they enter a prompt.
"""

import re
import unicodedata

MESSAGE_LIMIT = 4096  # Telegram's, in UTF-16 units

# What shows as nothing though it is no format character: fillers, blanks, selectors of variants nobody sees. Bytes can
# be hidden in runs of them, and a message of nothing else looks empty.
_BLANKS = (
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
    *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)),
)
_BLANK = dict.fromkeys(_BLANKS)
_BLANK_ONES = frozenset(map(chr, _BLANKS))
_LINES = str.maketrans({"\r": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})
_STRAY_JOINER = re.compile(r"(?<![^\w\s\u200d])\u200d|\u200d(?![^\w\s\u200d])")
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")


def clean(text: str) -> str:
    """`text` without control, direction, tag, private-use and invisible characters, with its line breaks, trimmed."""
    # Nearly every text is clean, and this is the quick way to see it.
    if text.replace("\n", "").isprintable() and _BLANK_ONES.isdisjoint(text):
        return text.strip()
    text = text.replace("\r\n", "\n").translate(_LINES)
    hidden = dict.fromkeys(ord(c) for c in set(text) if c not in "\n\t\u200d" and unicodedata.category(c) in _INVISIBLE)
    kept = text.translate({**_BLANK, **hidden})
    # A zero-width joiner holds two emoji together; anywhere else it only hides things.
    return _STRAY_JOINER.sub("", kept).strip()


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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
