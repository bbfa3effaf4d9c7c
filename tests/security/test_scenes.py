"""Protects what the matrix cannot show: during a turn, over a day, and in the owner's own prompts."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.security import gathered, promised, scenes


@pytest.mark.parametrize(
    "scene", [*scenes.SCENES, *promised.SCENES, *gathered.SCENES], ids=lambda scene: scene.__name__
)
async def test_nothing_comes_of_it(scene: Callable[[Path], Awaitable[list[str]]], tmp_path: Path) -> None:
    assert await scene(tmp_path) == []
