"""What the owner has set by a command: it wins over the settings, and outlives restarts. And when they last had a
digest, which has to outlive them too."""

from datetime import datetime
from typing import Literal, cast

from userbot.store import rows
from userbot.store.rows import as_text

_DAY_MIN = 24 * 60
_QUIET, _LANGUAGE, _DIGESTED = "quiet", "lang", "digested_at"

Language = Literal["ru", "en", "auto"]


def quiet_hours() -> tuple[int, int] | None:
    """From which minute of the owner's day until which nobody is written to; the first may be the greater one, when
    midnight lies between. None: the owner has set no hours, or none any more (`knows_quiet_hours` tells which)."""
    value = _read(_QUIET)
    if not value:
        return None
    from_minute, to_minute = value.split("-")
    return int(from_minute), int(to_minute)


def knows_quiet_hours() -> bool:
    """Has the owner said anything about them, be it that there are none? Then a setting does not count."""
    return _read(_QUIET) is not None


def set_quiet_hours(hours: tuple[int, int] | None) -> None:
    """`hours`: minutes of the day, not the same; None for no quiet hours at all."""
    if hours is not None and (hours[0] == hours[1] or not all(0 <= minute < _DAY_MIN for minute in hours)):
        raise ValueError("quiet hours are two different minutes of a day")
    _write(_QUIET, "" if hours is None else f"{hours[0]}-{hours[1]}")


def language() -> Language | None:
    """The language the owner asked for; `auto` for that of what they write; None when they never said."""
    return cast(Language | None, _read(_LANGUAGE))


def set_language(language: Language) -> None:
    _write(_LANGUAGE, language)


def digested_at() -> datetime | None:
    """When it was last looked whether there is something for the daily digest."""
    value = _read(_DIGESTED)
    return None if value is None else datetime.fromisoformat(value)


def set_digested_at(at: datetime) -> None:
    _write(_DIGESTED, as_text(at) or "")


def kept(name: Literal["quiet", "lang"]) -> str | None:
    """What is kept under this name, to be put back as it is; None: nothing was ever set."""
    return _read(name)


def put_back(name: Literal["quiet", "lang"], value: str | None) -> None:
    """`value`: what `kept` said once."""
    if value is None:
        rows.change("DELETE FROM preference WHERE name = ?", name)
    else:
        _write(name, value)


def _read(name: str) -> str | None:
    value = rows.value("SELECT value FROM preference WHERE name = ?", name)
    return None if value is None else str(value)


def _write(name: str, value: str) -> None:
    sql = "INSERT INTO preference (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    rows.change(sql, name, value)
