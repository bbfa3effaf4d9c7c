"""The machine's part of `userbot doctor`: room on the disks that the program writes to, and whose clocks are meant."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from userbot.checks import Check, State
from userbot.config import Settings, find_system_zone

# An update copies the whole database first; below the second even a day's log and SQLite's own files may not fit.
SPACE_WARN, SPACE_BROKEN = 500_000_000, 50_000_000
_DAYS = 366


def free_bytes(folder: Path) -> int:
    """What this process may still write there, without what is kept for root. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def check_disk(settings: Settings, free: Callable[[Path], int] = free_bytes) -> list[Check]:
    """One check for each disk: data and session may lie on different ones."""
    disks: dict[int, Path] = {}
    for folder in settings.private_folders:
        place = folder if folder.is_dir() else settings.home  # made by the first start
        try:
            disks.setdefault(place.stat().st_dev, place)
        except OSError as error:
            return [
                Check("disk", State.BROKEN, f"{place} cannot be looked at: {error.strerror}", "look at that folder")
            ]
    return [_disk(place, free) for place in disks.values()]


def _disk(place: Path, free: Callable[[Path], int]) -> Check:
    try:
        left = free(place)
    except OSError as error:
        return Check("disk", State.BROKEN, f"{place} cannot be looked at: {error.strerror}", "look at that disk")
    state = State.BROKEN if left < SPACE_BROKEN else State.WARN if left < SPACE_WARN else State.OK
    mend = "make room there; a full disk ends the program, and what comes then waits until it runs again"
    return Check("disk", state, f"{left // 1_000_000:,} MB free for {place}", None if state is State.OK else mend)


def check_zone(settings: Settings, environ: Mapping[str, str], now: datetime) -> list[Check]:
    """Warns where this system's clocks show another time than the owner's, now or within a year. Two names of one time
    are no matter, and neither is a system in plain UTC, as servers are: its zone says nothing of the owner."""
    name = find_system_zone(environ)
    if name is None:
        return []
    owner, system = settings.owner_timezone, ZoneInfo(name)
    days = (now + timedelta(days=day) for day in range(_DAYS))
    if all(day.astimezone(owner).utcoffset() == day.astimezone(system).utcoffset() for day in days):
        return []
    found = f"OWNER_TIMEZONE is {owner.key}, and this system lives by {name}"
    mend = f"write OWNER_TIMEZONE={name} into .env, unless you do live by other clocks than this computer"
    return [Check("time zone", State.WARN, found, mend)]
