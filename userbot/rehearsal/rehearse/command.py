"""`userbot rehearse` as the command line calls it: a rehearsal at the terminal, or a saved one played again."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from userbot.clock import Clock
from userbot.config import find_env_file
from userbot.errors import OwnerMustAct
from userbot.rehearsal.jumping import JumpingLoop
from userbot.rehearsal.rehearse.own_settings import take_settings
from userbot.rehearsal.rehearse.session import rehearse
from userbot.rehearsal.rehearse.words import words_of
from userbot.terminal import Terminal, choose_language


def run(environ: Mapping[str, str], skill: str | None, *, at: str | None, as_set: bool) -> int:
    """The exit code. `at`: a date and time by the owner's clock, or None for now. Raises OwnerMustAct."""
    own = take_settings(environ, find_env_file(environ), as_set=as_set)
    words = words_of(choose_language(own.read.owner_language, environ))
    start = Clock().now() if at is None else read_moment(at, own.read.owner_timezone)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        came_out = runner.run(rehearse(own, words, Terminal(), skill, start, as_set=as_set))
    return 0 if came_out else 1


def read_moment(written: str, zone: ZoneInfo) -> datetime:
    """Raises OwnerMustAct when it is no date and time."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise OwnerMustAct(f"{written!r} is no date and time; write it like '2026-11-23 12:00'") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
