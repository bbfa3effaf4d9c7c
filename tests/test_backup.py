"""Protects the owner's record: a backup is whole and consistent while the program writes, and one that is not whole, or
in the way of something, is refused before anything changes."""

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.conftest import NOW
from userbot.backup import DATABASE, MANIFEST, SESSION, back_up, restore
from userbot.config import HOME_ONLY, Settings, read_settings
from userbot.errors import OwnerMustAct
from userbot.people import Contact
from userbot.store import copies, peers, restored, tasks
from userbot.store.database import close_database, db, open_database, transaction
from userbot.telegram.session import AlreadyRunning, SessionLock, write_server

OWNER = Contact(1000, 1, "Олег")
ANNA = Contact(2001, 77, "Анна")
AT = datetime(2026, 11, 24, 19, 5, tzinfo=UTC)


def settings_of(home: Path) -> Settings:
    return read_settings({"USERBOT_HOME": str(home)}, None, needs=HOME_ONLY)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_database()


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A home that is in use: its database is open, and holds a task that is not in the main file yet but in the WAL."""
    (tmp_path / "home" / "skills" / "mine").mkdir(parents=True)
    (tmp_path / "home" / "skills" / "mine" / "SKILL.md").write_text("---\nname: mine\n---\n")
    (tmp_path / "home" / ".env").write_text("TELEGRAM_API_HASH=secret\n")
    settings = settings_of(tmp_path / "home")
    open_database(settings.database_path)
    peers.remember_owner(OWNER)
    peers.remember(ANNA)
    _open_task()
    return settings


def _open_task() -> int:
    return tasks.create(
        owner_id=OWNER.user_id,
        user_id=ANNA.user_id,
        task_type="question",
        context={"question": "Когда?"},
        private_notes=None,
        mandate=None,
        language="ru",
        command_message_id=1,
        now=NOW,
    )


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    (tmp_path / "new").mkdir()
    return settings_of(tmp_path / "new")


def test_a_backup_holds_what_was_committed_and_nothing_secret(home: Settings, tmp_path: Path) -> None:
    with transaction():
        _open_task()
        made = back_up(home, tmp_path / "copies", AT)
    assert made == tmp_path / "copies" / "userbot-20261124T190500Z"
    assert {path.name for path in made.iterdir()} == {DATABASE, MANIFEST, "skills"}
    with sqlite3.connect(made / DATABASE) as file:
        assert file.execute("SELECT count(*) FROM conversation_task").fetchone() == (1,), "the open transaction is not"
    assert "secret" not in "".join(path.read_text(errors="replace") for path in made.rglob("*") if path.is_file())
    assert not (made / SESSION).exists()


def test_nobody_else_can_read_a_backup(home: Settings, tmp_path: Path) -> None:
    home.session_path.parent.mkdir()
    write_server(home.session_path, "telegram.org")
    made = back_up(home, tmp_path, AT, with_session=True)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert {stat.S_IMODE((made / name).stat().st_mode) for name in (DATABASE, SESSION)} == {0o600}


def test_what_was_restored_is_what_was_backed_up(home: Settings, empty: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path, AT)
    found = restore(empty, made)
    assert (found.made_at, found.with_session, found.skills) == (AT, False, ("mine",))
    assert stat.S_IMODE(empty.database_path.stat().st_mode) == 0o600
    assert (empty.skills_dir / "mine" / "SKILL.md").read_text() == "---\nname: mine\n---\n"
    close_database()
    assert open_database(empty.database_path) == []
    assert [task.id for task in tasks.all_open()] == [1]
    assert restored.restored_from() == AT
    assert peers.swept_to(OWNER.user_id) == restored.EVERYTHING


def test_skills_of_the_home_stay_as_they_are(home: Settings, empty: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path, AT)
    (empty.skills_dir / "mine").mkdir(parents=True)
    assert restore(empty, made).skills == ()
    assert list((empty.skills_dir / "mine").iterdir()) == []


@pytest.mark.parametrize("damage", ["a byte", "a file", "the manifest", "a path out of it"])
def test_a_backup_that_is_not_whole_changes_nothing(
    home: Settings, empty: Settings, tmp_path: Path, damage: str
) -> None:
    made = back_up(home, tmp_path, AT)
    match damage:
        case "a byte":
            content = bytearray((made / DATABASE).read_bytes())
            content[-1] ^= 1
            (made / DATABASE).write_bytes(content)
        case "a file":
            (made / DATABASE).unlink()
        case "the manifest":
            (made / MANIFEST).write_text('{"version": "0.1.0"')
        case _:
            manifest = json.loads((made / MANIFEST).read_text())
            manifest["files"]["../../outside"] = "0"
            (made / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(OwnerMustAct, match="take another"):
        restore(empty, made)
    assert not empty.database_path.exists()
    assert not empty.skills_dir.exists()


def test_a_backup_of_a_newer_version_is_refused(home: Settings, empty: Settings, tmp_path: Path) -> None:
    db.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_from_tomorrow', '2030-01-01')")  # type: ignore[no-untyped-call]
    with pytest.raises(OwnerMustAct, match="newer version"):
        restore(empty, back_up(home, tmp_path, AT))
    assert not empty.database_path.exists()


def test_nothing_that_exists_is_overwritten(home: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path, AT)
    with pytest.raises(OwnerMustAct, match="is there already"):
        restore(home, made)
    with pytest.raises(OwnerMustAct, match="is there already"):
        back_up(home, tmp_path, AT)


def test_a_running_program_is_not_restored_under_its_feet(home: Settings, empty: Settings, tmp_path: Path) -> None:
    made = back_up(home, tmp_path, AT)
    with SessionLock(empty.lock_path), pytest.raises(AlreadyRunning):
        restore(empty, made)


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(home: Settings, tmp_path: Path) -> None:
    close_database()
    content = bytearray(home.database_path.read_bytes())
    content[4096 * 3 : 4096 * 6] = os.urandom(4096 * 3)
    home.database_path.write_bytes(content)
    with pytest.raises(OwnerMustAct, match=r"damaged|cannot be copied"):
        back_up(home, tmp_path / "copies", AT)
    assert list((tmp_path / "copies").iterdir()) == []


def test_there_has_to_be_something_to_back_up(home: Settings, empty: Settings, tmp_path: Path) -> None:
    with pytest.raises(OwnerMustAct, match="nothing to back up"):
        back_up(empty, tmp_path, AT)
    with pytest.raises(OwnerMustAct, match="log in first"):
        back_up(home, tmp_path, AT, with_session=True)


def test_a_place_that_cannot_be_written_is_named(home: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OwnerMustAct, match="cannot be written"):
        back_up(home, tmp_path / "file", AT)


def test_a_copy_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "no.db").write_text("this is no database, though it is long enough to be looked at as one" * 20)
    with pytest.raises(OwnerMustAct):
        copies.copy_sqlite(tmp_path / "no.db", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_the_session_comes_back_only_when_it_was_asked_for(home: Settings, empty: Settings, tmp_path: Path) -> None:
    home.session_path.parent.mkdir()
    write_server(home.session_path, "telegram.org")
    made = back_up(home, tmp_path, AT, with_session=True)
    assert restore(empty, made).with_session
    assert stat.S_IMODE(empty.session_path.stat().st_mode) == 0o600
