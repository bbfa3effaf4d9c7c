"""A text some lines of which are somebody's words: those stand as a block of their own, folded where they are long.

Pure. Where a block begins and ends is known from how the text was put together and never looked for in it, so nothing
that a stranger or a model wrote can begin or end one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from userbot.saved_messages import wording
from userbot.tasks import guard

# What a phone shows of a folded block, about: three lines.
FOLDED_FROM = 120
FOLDED_FROM_LINES = 3


@dataclass(frozen=True)
class Words:
    """Lines of a block. `folds`: may only its beginning be seen until the owner taps it?"""

    text: str
    folds: bool = True


Line = str | Words


@dataclass(frozen=True)
class Block:
    """A place in a text, from and to, and whether it is folded."""

    start: int
    end: int
    folded: bool


@dataclass(frozen=True)
class Text:
    plain: str
    blocks: tuple[Block, ...] = ()


def joined(lines: Iterable[Line | Text]) -> Text:
    """One below the other. What is Words and follows Words goes on in the same block."""
    plain = ""
    blocks: list[Block] = []
    before: Line | Text = ""
    for n, line in enumerate(lines):
        plain += "\n" if n else ""
        at = len(plain)
        if isinstance(line, str):
            plain += line
        elif isinstance(line, Text):
            plain += line.plain
            blocks += [Block(one.start + at, one.end + at, one.folded) for one in line.blocks]
        elif line.text:
            plain += line.text
            if isinstance(before, Words) and before.text:
                at = blocks.pop().start
            blocks.append(Block(at, len(plain), line.folds and _is_long(plain[at:])))
        before = line
    return Text(plain, tuple(blocks))


def not_a_command(text: Text, prefix: str) -> Text:
    """As it may stand in Saved Messages (`wording.not_a_command`)."""
    plain = wording.not_a_command(text.plain, prefix)
    trimmed = text.plain.strip()
    moved = len(plain) - len(trimmed) - (len(text.plain) - len(text.plain.lstrip()))
    return _within(Text(plain, text.blocks), moved)


def in_parts(text: Text, limit: int) -> list[Text]:
    """Each of at most `limit` UTF-16 units; a block that does not fit one goes on in the next."""
    parts: list[Text] = []
    at = 0
    for part in guard.split_message(text.plain, limit):
        at = text.plain.index(part, at)
        parts.append(_within(Text(part, text.blocks), -at))
        at += len(part)
    return parts


def entities(text: Text) -> list[dict[str, Any]]:
    """The blocks as the ledger keeps them, in UTF-16 units."""
    return [
        {
            "type": "quote",
            "offset": guard.utf16_length(text.plain[: block.start]),
            "length": guard.utf16_length(text.plain[block.start : block.end]),
            "folded": block.folded,
        }
        for block in text.blocks
    ]


def _within(text: Text, moved: int) -> Text:
    """Its blocks moved by so much, and only what of them lies in the text."""
    size = len(text.plain)
    moved_blocks = [
        Block(max(0, block.start + moved), min(size, block.end + moved), block.folded) for block in text.blocks
    ]
    return Text(text.plain, tuple(block for block in moved_blocks if block.start < block.end))


def _is_long(text: str) -> bool:
    return len(text) > FOLDED_FROM or text.count("\n") >= FOLDED_FROM_LINES
