"""Protects what the owner set by a command: it stands until they say otherwise, over restarts too."""

from pathlib import Path

import pytest

from userbot.store import preferences
from userbot.store.database import close_database, open_database


def test_nothing_is_set_before_the_owner_says_so(database: Path) -> None:
    assert preferences.quiet_hours() is None
    assert not preferences.knows_quiet_hours()
    assert preferences.language() is None


def test_no_quiet_hours_is_something_the_owner_said(database: Path) -> None:
    preferences.set_quiet_hours((22 * 60, 8 * 60))
    assert preferences.quiet_hours() == (1320, 480)
    preferences.set_quiet_hours(None)
    assert preferences.quiet_hours() is None
    assert preferences.knows_quiet_hours()


@pytest.mark.parametrize("hours", [(60, 60), (-1, 60), (0, 1440)])
def test_what_is_no_stretch_of_a_day_is_refused(database: Path, hours: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="quiet hours"):
        preferences.set_quiet_hours(hours)


def test_the_last_word_counts_after_a_restart(tmp_path: Path) -> None:
    database_path = tmp_path / "own.db"
    open_database(database_path)
    preferences.set_language("ru")
    preferences.set_language("en")
    close_database()
    open_database(database_path)
    try:
        assert preferences.language() == "en"
    finally:
        close_database()
