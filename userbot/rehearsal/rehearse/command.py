"""`userbot rehearse` as the command line calls it: a rehearsal at the terminal, or a saved one played again."""

import asyncio
from collections.abc import Mapping

from userbot.config import find_env_file
from userbot.rehearsal.jumping import JumpingLoop
from userbot.rehearsal.rehearse.own_settings import take_settings
from userbot.rehearsal.rehearse.session import rehearse
from userbot.rehearsal.rehearse.words import words_of
from userbot.terminal import Terminal, choose_language


def run(environ: Mapping[str, str], skill: str | None, *, as_set: bool) -> int:
    """The exit code. Raises OwnerMustAct."""
    own = take_settings(environ, find_env_file(environ), as_set=as_set)
    words = words_of(choose_language(own.read.owner_language, environ))
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        came_out = runner.run(rehearse(own, words, Terminal(), skill, as_set=as_set))
    return 0 if came_out else 1
