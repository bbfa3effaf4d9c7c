"""Draws messages as a phone shows one's own: SVG of a phone's width, text wrapped by estimate, with what of it is bold,
links to a person or is a block of somebody's words, folded or not. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from typing import Any

WIDTH = 390
BAR = 44
FONT, LINE = 15, 20
PADDING, MARGIN, GAP = 12, 12, 8
# A block of somebody's words stands so far in, beside a bar.
INSET = 12
# What is seen of a folded one.
FOLDED_LINES = 3
# How much wider bold letters are.
BOLD = 1.12
# How much of a bubble text may fill; fonts differ, so some is left over.
TEXT_WIDTH = WIDTH - 2 * MARGIN - 2 * PADDING - 24
_NARROW = frozenset("iljtfr.,:;'|!()[]-‘’“”«»· ")
_FONTS = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


@dataclass(frozen=True)
class Bubble:
    """One message; `at` on the reader's clock, `entities` as the ledger keeps them."""

    text: str
    at: datetime
    entities: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class _Row:
    """A line on the screen: its pieces with their styles. `block`: which block of words it belongs to."""

    pieces: tuple[tuple[str, frozenset[str]], ...]
    block: int | None = None
    has_more: bool = False


def draw(title: str, bubbles: Sequence[Bubble]) -> str:
    """One screen, as high as its messages need."""
    y = BAR + MARGIN
    parts = []
    for bubble in bubbles:
        rows = _rows(bubble)
        height = len(rows) * LINE + 2 * PADDING + LINE - 6
        parts.append(_bubble(rows, f"{bubble.at:%H:%M}", y, height))
        y += height + GAP
    height = y - GAP + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
            f' viewBox="0 0 {WIDTH} {height}" font-family="{_FONTS}" font-size="{FONT}">',
            f'<rect width="{WIDTH}" height="{height}" rx="16" fill="#c9dfc4"/>',
            f'<path d="M0 {BAR}V16a16 16 0 0 1 16-16h{WIDTH - 32}a16 16 0 0 1 16 16v{BAR - 16}z" fill="#ffffff"/>',
            f'<text x="{WIDTH // 2}" y="28" text-anchor="middle" font-weight="600" fill="#111">{escape(title)}</text>',
            *parts,
            "</svg>",
            "",
        ]
    )


def wrapped(text: str) -> list[str]:
    """The lines a phone would break it into, about."""
    return [line for paragraph in text.split("\n") for line in _wrapped(paragraph, TEXT_WIDTH)]


# --- from a text with entities to lines -----------------------------------------------------------------------------


def _rows(bubble: Bubble) -> list[_Row]:
    """The text's lines; of a folded block the first ones."""
    styles, blocks = _places(bubble)
    rows: list[_Row] = []
    at = 0
    for paragraph in bubble.text.split("\n"):
        block = blocks[at] if at < len(blocks) else None
        shown = at
        width: float = TEXT_WIDTH - (INSET if block is not None else 0)
        if at < len(styles) and "bold" in styles[at]:
            width /= BOLD
        for line in _wrapped(paragraph, width):
            letters = zip(line, styles[shown : shown + len(line)], strict=True)
            pieces = tuple(
                ("".join(letter for letter, _ in run), style)
                for style, run in groupby(letters, key=lambda letter: letter[1])
            )
            rows.append(_Row(pieces, block))
            shown += len(line) + 1
        at += len(paragraph) + 1
    folded = {n for n, one in enumerate(_quotes(bubble)) if one["folded"]}
    return [row for block, run in groupby(rows, key=lambda row: row.block) for row in _folded(list(run), block, folded)]


def _folded(rows: list[_Row], block: int | None, folded: set[int]) -> list[_Row]:
    if block not in folded or len(rows) <= FOLDED_LINES:
        return rows
    return [*rows[: FOLDED_LINES - 1], _Row(rows[FOLDED_LINES - 1].pieces, block, has_more=True)]


def _quotes(bubble: Bubble) -> list[dict[str, Any]]:
    return [one for one in bubble.entities if one["type"] == "quote"]


def _places(bubble: Bubble) -> tuple[list[frozenset[str]], list[int | None]]:
    """Of every letter: how it looks, and the block it is in."""
    styles: list[frozenset[str]] = [frozenset()] * len(bubble.text)
    for one in bubble.entities:
        if one["type"] != "quote":
            for n in _letters(bubble.text, one):
                styles[n] |= {one["type"]}
    blocks: list[int | None] = [None] * len(bubble.text)
    for number, one in enumerate(_quotes(bubble)):
        for n in _letters(bubble.text, one):
            blocks[n] = number
    return styles, blocks


def _letters(text: str, entity: dict[str, Any]) -> Iterable[int]:
    """The letters it covers; Telegram counts in UTF-16 units."""
    unit = 0
    for n, letter in enumerate(text):
        if entity["offset"] <= unit < entity["offset"] + entity["length"]:
            yield n
        unit += 2 if ord(letter) > 0xFFFF else 1


def _wrapped(paragraph: str, width: float) -> list[str]:
    lines, line = [], ""
    for n, word in enumerate(paragraph.split(" ")):
        longer = f"{line} {word}" if n else word
        if line and _width(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _width(text: str) -> float:
    return sum(map(_width_of, text))


def _width_of(sign: str) -> float:
    if sign in _NARROW:
        return FONT * 0.3
    if ord(sign) > 0x2100:
        return FONT * 1.3
    return FONT * (0.68 if sign.isupper() else 0.57)


# --- drawing --------------------------------------------------------------------------------------------------------


def _bubble(rows: Sequence[_Row], at: str, y: int, height: int) -> str:
    width = WIDTH - 2 * MARGIN
    left = MARGIN + PADDING
    parts = [f'<rect x="{MARGIN}" y="{y}" width="{width}" height="{height}" rx="14" fill="#effdde"/>']
    top = y + PADDING
    for block, run in groupby(rows, key=lambda row: row.block):
        lines = list(run)
        if block is not None:
            parts.append(_behind(left, top, len(lines) * LINE))
        for row in lines:
            parts += _text(row, left + (INSET if block is not None else 0), top + FONT - 1)
            top += LINE
    parts.append(
        f'<text x="{WIDTH - MARGIN - PADDING}" y="{y + height - 9}" text-anchor="end" font-size="12"'
        f' fill="#5a9a50">{at} ✓✓</text>'
    )
    return "\n".join(parts)


def _behind(left: int, top: int, height: int) -> str:
    width = WIDTH - 2 * MARGIN - 2 * PADDING
    return (
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="4" fill="#daf2c5"/>'
        f'<rect x="{left}" y="{top}" width="3" height="{height}" rx="1" fill="#5a9a50"/>'
    )


def _text(row: _Row, x: int, y: int) -> list[str]:
    if not any(text for text, _ in row.pieces):
        return []
    shown = "".join(_styled(escape(text), style) for text, style in row.pieces)
    parts = [f'<text x="{x}" y="{y}" fill="#111">{shown}</text>']
    if row.has_more:
        x = WIDTH - MARGIN - PADDING - 8
        parts.append(f'<text x="{x}" y="{y}" text-anchor="end" fill="#5a9a50">⌄</text>')
    return parts


def _styled(text: str, style: frozenset[str]) -> str:
    looks = (' font-weight="600"' if "bold" in style else "") + (' fill="#2f7d3b"' if "person" in style else "")
    return f"<tspan{looks}>{text}</tspan>" if looks else text
