"""Whole dialogs about assignments, kept as recordings: tests/dialogs/kept.py."""

import pytest

from tests.dialogs.kept import DIALOGS, comes_to_what_it_states

KEPT = [name for name in DIALOGS if name.startswith("assignment-")]


@pytest.mark.parametrize("name", KEPT)
async def test_the_dialog_comes_to_what_it_states(name: str) -> None:
    await comes_to_what_it_states(DIALOGS[name])


def test_there_are_dialogs() -> None:
    assert KEPT
