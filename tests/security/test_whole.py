"""Protects what reaches Telegram: requests of the whole program while a contact attacks and its model obeys."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.security.whole import SCENES


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_nothing_comes_of_it(scene: Callable[[Path], Awaitable[list[str]]], tmp_path: Path) -> None:
    assert await scene(tmp_path) == []
