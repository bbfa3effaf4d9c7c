"""Protects everything the threat model names: attacks on every kind of task, with the worst models, come to nothing."""

from pathlib import Path

from tests.security import matrix
from tests.security.attacks import ATTACKS, LANGUAGES, wrappers
from tests.security.counts import play_all
from tests.security.models import MODELS


async def test_no_attack_succeeds(tmp_path: Path) -> None:
    wanted = matrix.cells()
    found = await play_all(tmp_path, wanted)
    assert found == []
    print(f"{len(wanted)} cells, {matrix.skipped().total()} skipped, 0 violations")


def test_the_matrix_is_whole() -> None:
    """Nothing falls out of it silently: every combination is there, or is skipped with a reason."""
    every = list(matrix.every_cell())
    kinds = {(cell.attack.number, cell.task_type, cell.model, cell.language) for cell in every}
    assert len(kinds) == 15 * len(matrix.TASK_TYPES) * len(MODELS) * len(LANGUAGES)
    assert len(matrix.cells()) + matrix.skipped().total() == len(every)
    played = {cell.attack.number for cell in matrix.cells()}
    assert played == {attack.number for attack in ATTACKS} - {15}
    for language in LANGUAGES:
        met = {cell.wrapper for cell in matrix.cells() if cell.language == language}
        assert met == set(range(len(wrappers(language)))), "a wrapper that nobody meets"
