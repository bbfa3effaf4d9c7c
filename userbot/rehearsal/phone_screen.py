"""Draws messages as a phone shows one's own: SVG of a phone's width, text wrapped by estimate. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

WIDTH = 390
BAR = 44
FONT, LINE = 15, 20
PADDING, MARGIN, GAP = 12, 12, 8
# How much of a bubble text may fill; fonts differ, so some is left over.
TEXT_WIDTH = WIDTH - 2 * MARGIN - 2 * PADDING - 24
_NARROW = frozenset("iljtfr.,:;'|!()[]-‘’“”«»· ")
_FONTS = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


@dataclass(frozen=True)
class Bubble:
    """One message; `at` on the reader's clock."""

    text: str
    at: datetime


def draw(title: str, bubbles: Sequence[Bubble]) -> str:
    """One screen, as high as its messages need."""
    y = BAR + MARGIN
    parts = []
    for bubble in bubbles:
        lines = wrapped(bubble.text)
        height = len(lines) * LINE + 2 * PADDING + LINE - 6
        parts.append(_bubble(lines, f"{bubble.at:%H:%M}", y, height))
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


def _bubble(lines: Sequence[str], at: str, y: int, height: int) -> str:
    width = WIDTH - 2 * MARGIN
    shown = [
        f'<text x="{MARGIN + PADDING}" y="{y + PADDING + FONT + n * LINE - 1}" fill="#111">{escape(line)}</text>'
        for n, line in enumerate(lines)
        if line
    ]
    stamp = (
        f'<text x="{WIDTH - MARGIN - PADDING}" y="{y + height - 9}" text-anchor="end" font-size="12"'
        f' fill="#5a9a50">{at} ✓✓</text>'
    )
    box = f'<rect x="{MARGIN}" y="{y}" width="{width}" height="{height}" rx="14" fill="#effdde"/>'
    return "\n".join([box, *shown, stamp])


def wrapped(text: str) -> list[str]:
    """The lines a phone would break it into, about."""
    return [line for paragraph in text.split("\n") for line in _wrapped(paragraph)]


def _wrapped(paragraph: str) -> list[str]:
    lines, line = [], ""
    for word in paragraph.split(" "):
        longer = f"{line} {word}" if line else word
        if line and _width(longer) > TEXT_WIDTH:
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
