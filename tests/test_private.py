"""Protects the login and the messages from everybody else on this computer: what others can reach is refused."""

import os
import stat
from pathlib import Path

import pytest

from userbot.errors import OwnerMustAct
from userbot.private import find_loose, loose_file, make_private_folder, refuse_loose


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With what a run leaves in it."""
    path = tmp_path / "data"
    make_private_folder(path)
    for name in ("userbot.db", "userbot.db-wal", "userbot.db-shm"):
        (path / name).touch(0o600)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_only_its_owner_can_reach_is_taken(folder: Path, tmp_path: Path) -> None:
    refuse_loose([folder, tmp_path / "missing"])
    assert mode(folder) == 0o700


@pytest.mark.parametrize("name", ["userbot.db", "userbot.db-wal", "userbot.db-shm"])
@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o610])
def test_every_file_that_others_can_reach_is_refused(folder: Path, name: str, bits: int) -> None:
    (folder / name).chmod(bits)
    with pytest.raises(OwnerMustAct, match=f"chmod 600 {folder / name}"):
        refuse_loose([folder])
    assert mode(folder / name) == bits, "it is refused, and not mended without a word"


@pytest.mark.parametrize("bits", [0o755, 0o750, 0o701, 0o770])
def test_a_folder_that_others_can_enter_is_refused_once_something_is_in_it(folder: Path, bits: int) -> None:
    folder.chmod(bits)
    make_private_folder(folder)
    assert mode(folder) == bits
    with pytest.raises(OwnerMustAct, match=f"chmod 700 {folder}"):
        refuse_loose([folder])


def test_the_empty_folder_of_a_checkout_is_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / ".gitkeep").touch()
    refuse_loose([tmp_path])
    make_private_folder(tmp_path)
    assert mode(tmp_path) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", ["userbot.db", "."])
def test_what_belongs_to_somebody_else_is_refused(folder: Path, name: str) -> None:
    os.chown(folder / name, 12345, -1)
    with pytest.raises(OwnerMustAct, match=r"belongs to another user \(id 12345\): sudo chown 0 "):
        refuse_loose([folder])


def test_everything_is_named_at_once_with_a_command_that_can_be_pasted(tmp_path: Path) -> None:
    folder = tmp_path / "my data"
    make_private_folder(folder)
    for name in ("userbot.session", "userbot.lock"):
        (folder / name).touch()
        (folder / name).chmod(0o666)
    assert [loose.mend for loose in find_loose([folder])] == [
        f"chmod 600 '{folder}/userbot.lock'",
        f"chmod 600 '{folder}/userbot.session'",
    ]


def test_a_single_file(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert loose_file(path) is None
    path.touch(0o600)
    assert loose_file(path) is None
    path.chmod(0o644)
    assert loose_file(path) is not None
