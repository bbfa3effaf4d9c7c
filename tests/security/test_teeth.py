"""Protects the security tests themselves: with a defence switched off, its attack succeeds and is found."""

from pathlib import Path

import pytest

from tests.security.teeth import TEETH, Tooth, bites


@pytest.mark.parametrize("tooth", TEETH, ids=lambda tooth: tooth.defence)
async def test_without_it_the_attack_succeeds(tooth: Tooth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await bites(tooth, tmp_path / "with") == [], "found with the defence in place"
    tooth.off(monkeypatch)
    assert await bites(tooth, tmp_path / "without") != [], "not found without the defence"
