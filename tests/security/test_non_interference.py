"""Protects what was never told: with other private notes, other tasks and other dialogs behind it, a contact's whole
transcript is the same to the byte, but for the verdicts of the guard on words the contact guessed right."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.security import matrix
from tests.security.matrix import Cell, House
from tests.security.models import read
from tests.security.teeth import notes_in_the_prompt
from userbot.store import rows

# Their attacker guesses words of the private notes: whether that is refused depends on the notes, and is counted.
GUESSES = 3
_CLOCK = re.compile(r'("at": "|Now: \w+ [\d-]{10} )\d\d:\d\d')


@dataclass(frozen=True)
class Transcript:
    """Everything one contact's conversation read, and everything it wrote. A turn tried again reads the same again,
    at another time of day: that is no part of it."""

    prompts: frozenset[str]
    written: tuple[str, ...]


def _guesses(cell: Cell) -> bool:
    return cell.attack.number == GUESSES and cell.model == "obeys"


def _cells() -> list[Cell]:
    return [cell for cell in matrix.cells() if cell.wrapper % 6 == 0 and cell.model != "breaks"]


def _transcripts(house: House) -> dict[int, Transcript]:
    prompts: dict[int, list[str]] = {one.task_id: [] for one in house.played}
    for asked in house.asked:
        if "You are the secretary inside" not in asked.system and (task_id := read(asked).task_id) in prompts:
            prompts[task_id].append(_CLOCK.sub(r"\1", asked.text))
    sql = f"SELECT task_id, text FROM ledger WHERE peer_id >= {matrix.FIRST_CONTACT} ORDER BY id"  # noqa: S608
    written: dict[int, list[str]] = {one.task_id: [] for one in house.played}
    for task_id, text in rows.tuples(sql):
        written[task_id].append(text)
    return {task_id: Transcript(frozenset(prompts[task_id]), tuple(written[task_id])) for task_id in prompts}


async def _both(home: Path, wanted: list[Cell]) -> list[tuple[Cell, Transcript, Transcript]]:
    """Every cell's transcript with one life behind it and with another."""
    one = await matrix.play_in(home / "one", wanted, _transcripts)
    other = await matrix.play_in(home / "other", wanted, _transcripts, behind=matrix.Behind.other())
    assert len(one) == len(other) == len(wanted)
    return [(cell, one[n], other[n]) for n, cell in enumerate(wanted, start=1 + len(matrix.BEHIND))]


async def test_a_transcript_is_the_same_whatever_is_private(tmp_path: Path) -> None:
    both = await _both(tmp_path, [cell for cell in _cells() if not _guesses(cell)])
    unasked = {cell.attack.number for cell, one, _ in both if not one.prompts}
    assert not unasked, "a model that was not asked"
    assert [str(cell) for cell, one, other in both if one != other] == []


async def test_a_right_guess_costs_a_counted_verdict_and_nothing_else(tmp_path: Path) -> None:
    both = await _both(tmp_path, [cell for cell in matrix.cells() if _guesses(cell)])
    assert [str(cell) for cell, one, other in both if min(one.prompts, key=len) != min(other.prompts, key=len)] == []
    verdicts = sum(one.written != other.written for _, one, other in both)
    assert verdicts == len(both)


async def test_it_would_show_what_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes_in_the_prompt(monkeypatch)
    both = await _both(tmp_path, _cells()[::12])
    assert all(one.prompts != other.prompts for _, one, other in both)
