"""Protects what everything else rests on: the file, its tables, and that a transaction happens whole or not at all."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import peewee
import pytest

from tests.store.conftest import ANNA, BORIS, NOW, later
from userbot.errors import MachineFails, OwnerMustAct
from userbot.people import Contact
from userbot.store import database, peers
from userbot.store.database import (
    close_database,
    db,
    failures_told,
    open_database,
    transaction,
)
from userbot.store.tables import TABLES, JournalRow, NoticeRow, Table, UsageRow

COLUMN_TYPES = {
    peewee.AutoField: "INTEGER",
    peewee.BigIntegerField: "INTEGER",
    peewee.IntegerField: "INTEGER",
    peewee.BooleanField: "INTEGER",
    peewee.FloatField: "REAL",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database may be made; none is open yet."""
    return tmp_path / "data" / "userbot.db"


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_database()


@pytest.fixture
def later_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make a migration of a version to come: a table, or the SQL given, statement by statement."""
    folder = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(database, "MIGRATIONS", folder)

    def add(number: int, statements: str | None = None) -> None:
        made = statements or f"CREATE TABLE later{number} (id INTEGER)"
        lines = "".join(f"    db.execute_sql({one.strip()!r})\n" for one in made.split(";"))
        (folder / f"900{number}_later.py").write_text(f"def up(migrator, db):\n{lines}")

    return add


def sql(statement: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = db.execute_sql(statement).fetchall()  # type: ignore[no-untyped-call]
    return found


def columns_of(table: str) -> dict[str, tuple[str, bool, str | None]]:
    """name -> (type, may it be null, default), as SQLite has it."""
    found = sql(f"PRAGMA table_info({table})")
    return {name: (kind, not not_null, default) for _, name, kind, not_null, default, _ in found}


def columns_wanted(table: type[Table]) -> dict[str, tuple[str, bool, str | None]]:
    wanted = {}
    for field in table._meta.sorted_fields:
        kind = next((named for cls, named in COLUMN_TYPES.items() if isinstance(field, cls)), "TEXT")
        default = None if field.default is None else str(int(field.default))
        wanted[field.column_name] = (kind, field.null, default)
    return wanted


# --- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_migrations_make_the_columns_the_models_have(path: Path, table: type[Table]) -> None:
    """A column in one of the two only, or nullable in one only, would show in some rare turn and not before."""
    open_database(path)
    assert columns_of(table._meta.table_name) == columns_wanted(table)


def test_every_table_has_its_model_and_every_model_is_listed(path: Path) -> None:
    open_database(path)
    assert {*db.get_tables()} - {"schema_migration", "sqlite_sequence"} == {table._meta.table_name for table in TABLES}
    assert set(Table.__subclasses__()) == set(TABLES)


def test_a_second_open_applies_nothing(path: Path) -> None:
    first = open_database(path)
    close_database()
    assert first == sorted(place.stem for place in database.MIGRATIONS.glob("[0-9]*.py"))
    assert open_database(path) == []


def test_a_migration_that_breaks_off_leaves_the_file_as_it_was(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a migration would be a file that no version can open."""
    open_database(path)
    before = columns_of("notice")
    close_database()
    broken = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, broken)
    (broken / "0002_broken.py").write_text(
        "def up(migrator, db):\n"
        "    db.execute_sql('ALTER TABLE notice ADD COLUMN more TEXT')\n"
        "    db.execute_sql('ALTER TABLE no_such_table ADD COLUMN more TEXT')\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", broken)
        with pytest.raises(OwnerMustAct, match="no_such_table"):
            open_database(path)
        assert db.is_closed()
    assert open_database(path) == []
    assert columns_of("notice") == before


def test_the_ledger_made_anew_holds_all_it_held_and_whoever_named_its_rows_still_does(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "migrations"
    first.mkdir()
    (first / "__init__.py").touch()
    shutil.copy(database.MIGRATIONS / "0001_first_tables.py", first)
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", first)
        open_database(path)
        sql(
            "INSERT INTO conversation_task (id, owner_id, user_id, task_type, context, language, status, created_at,"
            " updated_at) VALUES (7, 1, 2, 'question', '{}', 'ru', 'pending', '2026', '2026')"
        )
        sql(
            "INSERT INTO ledger (id, peer_id, task_id, purpose, text, random_id, state, message_id, created_at)"
            " VALUES (3, 1, 7, 'card', 'a card', 3, 'sent', 50, '2026'),"
            " (4, 1, 7, 'card', 'a card', 4, 'queued', NULL, '2026')"
        )
        sql("INSERT INTO card (task_id, ledger_id) VALUES (7, 3)")
        sql(
            "INSERT INTO desk_item (id, kind, payload, ledger_id, state, created_at)"
            " VALUES (1, 'said', '{}', 4, 'done', '2026'), (2, 'said', '{}', NULL, 'done', '2026')"
        )
        close_database()
    open_database(path)
    assert sql("SELECT id, random_id, state, message_id FROM ledger") == [(3, 3, "sent", 50), (4, 4, "queued", None)]
    assert sql("SELECT ledger_id FROM card") == [(3,)]
    assert sql("SELECT id, ledger_id FROM desk_item ORDER BY id") == [(1, 4), (2, None)]
    assert sql("SELECT mode FROM conversation_task") == [(None,)]
    with pytest.raises(peewee.IntegrityError):
        sql("UPDATE card SET ledger_id = 99")
    assert sql("PRAGMA foreign_key_check") == []


def test_the_database_itself_refuses_states_that_no_code_knows(database: Path) -> None:
    """CHECKs are the last line: they got lost once in a generated migration."""
    with pytest.raises(peewee.IntegrityError), transaction():
        JournalRow.create(
            peer_id=ANNA, message_id=1, author="somebody", text="", sent_at=NOW, received_at=NOW, state="new"
        )


# --- updates --------------------------------------------------------------------------------------------------------


def test_a_used_database_is_copied_before_its_tables_change(
    path: Path, later_migrations: Callable[[int], None]
) -> None:
    """An update that turns out badly can be taken back; a new database has nothing to copy."""
    open_database(path)
    peers.remember(Contact(ANNA, 1, "Анна"))
    assert [place.name for place in path.parent.glob("*before*")] == []
    for number in range(1, 6):
        close_database()
        later_migrations(number)
        assert open_database(path) == [f"900{number}_later"]
    copies = sorted(path.parent.glob("userbot-before-*.db"))
    assert [place.name for place in copies] == [f"userbot-before-900{number}_later.db" for number in (3, 4, 5)]
    with sqlite3.connect(copies[-1]) as file:
        assert file.execute("SELECT first_name FROM peer").fetchall() == [("Анна",)]
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
    assert "later4" in names
    assert "later5" not in names
    assert stat.S_IMODE(copies[-1].stat().st_mode) == 0o600


def test_an_update_that_fails_leaves_the_database_as_it_was(path: Path, later_migrations: Callable[..., None]) -> None:
    open_database(path)
    peers.remember(Contact(ANNA, 1, "Анна"))
    close_database()
    later_migrations(1, "CREATE TABLE later1 (id INTEGER); nonsense")
    with pytest.raises(OwnerMustAct):
        open_database(path)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT first_name FROM peer").fetchall() == [("Анна",)]
        assert not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'later1'").fetchall()


# --- files that cannot be used --------------------------------------------------------------------------------------


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    """An older program would write rows that the newer one does not understand."""
    open_database(path)
    sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')")
    close_database()
    with pytest.raises(OwnerMustAct, match=r"newer version .*9999_later"):
        open_database(path)
    assert db.is_closed()


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 200, b"SQLite format 3\x00" + b"\xff" * 4096], ids=["text", "header only"]
)
def test_a_damaged_file_is_the_owners_to_mend(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(OwnerMustAct, match=r"userbot\.db cannot be opened"):
        open_database(path)
    assert db.is_closed()
    assert path.read_bytes() == content


def test_a_place_that_is_no_file_is_the_owners_to_mend(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(OwnerMustAct, match="cannot be opened"):
        open_database(path)


def test_only_the_owner_of_the_file_may_read_it(path: Path) -> None:
    """It holds other people's messages."""
    before = os.umask(0)
    try:
        open_database(path)
        peers.bump_mark(ANNA)
    finally:
        os.umask(before)
    files = list(path.parent.iterdir())
    assert {file.name for file in files} == {"userbot.db", "userbot.db-wal", "userbot.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)]
)
def test_pragmas_are_in_force(database: Path, pragma: str, value: object) -> None:
    """synchronous=FULL is what "a committed row is still there after a power cut" means."""
    assert db.pragma(pragma) == value


# --- transactions ---------------------------------------------------------------------------------------------------


def roll_back(key: str, inside: Callable[[], object] = lambda: None) -> None:
    """Write something in a transaction, do what is to be done `inside` it, and fail."""
    with transaction():
        NoticeRow.create(key=key, at=NOW)
        inside()
        raise RuntimeError


def write(key: str) -> None:
    with transaction():
        NoticeRow.create(key=key, at=NOW)


def names() -> list[str]:
    return sorted(row.key for row in NoticeRow.select())


def test_rollback_drops_everything_in_the_transaction(database: Path) -> None:
    with pytest.raises(RuntimeError):
        roll_back("outer", lambda: write("inner"))
    assert names() == []


def test_an_inner_rollback_leaves_the_outer_transaction_whole(database: Path) -> None:
    with transaction():
        NoticeRow.create(key="outer", at=NOW)
        with pytest.raises(RuntimeError):
            roll_back("inner")
    assert names() == ["outer"]


def test_the_write_lock_is_taken_before_the_first_read(database: Path) -> None:
    """Else what a turn's commit read could change before it writes (invariant 3)."""
    other = sqlite3.connect(database, timeout=0)
    with transaction():
        peers.mark(ANNA)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_others_see_a_transaction_only_once_it_is_committed(database: Path) -> None:
    other = sqlite3.connect(database)
    with transaction():
        NoticeRow.create(key="told", at=NOW)
        assert other.execute("SELECT count(*) FROM notice").fetchone() == (0,)
    assert other.execute("SELECT count(*) FROM notice").fetchone() == (1,)
    other.close()


# --- when the disk fails --------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_apart_from_a_wrong_statement(database: Path) -> None:
    """The one is the machine's, the other a fault of ours that must keep its traceback."""
    db.pragma("max_page_count", 1)
    with pytest.raises(MachineFails, match=r"userbot\.db: the disk is full: make room"), failures_told():
        write("x" * 300_000)
    with pytest.raises(peewee.OperationalError, match="no such table"), failures_told():
        sql("SELECT * FROM no_such_table")
    with pytest.raises(peewee.IntegrityError), failures_told():
        NoticeRow.create(key=None, at=NOW)


# --- instants -------------------------------------------------------------------------------------------------------


def test_instants_come_back_in_utc_and_sort_as_they_read(database: Path) -> None:
    moscow = timezone(timedelta(hours=3))
    instants = [later(seconds=1), later(milliseconds=5).astimezone(moscow), NOW]
    for number, at in enumerate(instants):
        NoticeRow.create(key=str(number), at=at)
    stored = [row.at for row in NoticeRow.select().order_by(NoticeRow.at)]
    assert stored == [NOW, later(milliseconds=5), later(seconds=1)]
    assert {at.utcoffset() for at in stored} == {timedelta(0)}


def test_an_instant_without_a_zone_is_refused(database: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        UsageRow.create(turn_id="t", peer_id=BORIS, at=NOW.replace(tzinfo=None), model_asked="m", duration_s=1.0)
