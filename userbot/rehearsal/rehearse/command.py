"""`userbot rehearse` as the command line calls it: a rehearsal at the terminal, or a saved one played again."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from userbot.clock import Clock
from userbot.config import HOME_ONLY, find_env_file, read_settings
from userbot.errors import OwnerMustAct
from userbot.rehearsal.jumping import JumpingLoop
from userbot.rehearsal.rehearse.expectations import differences, of_any_model
from userbot.rehearsal.rehearse.own_settings import take_settings
from userbot.rehearsal.rehearse.replaying import replay, replay_with_model
from userbot.rehearsal.rehearse.saved_file import read_recording
from userbot.rehearsal.rehearse.scene import Scene
from userbot.rehearsal.rehearse.screen import Screen
from userbot.rehearsal.rehearse.session import rehearse
from userbot.rehearsal.rehearse.summary import tell_cost, tell_outcome
from userbot.rehearsal.rehearse.words import Words
from userbot.terminal import Terminal, choose_language


def run(environ: Mapping[str, str], skill: str | None, *, at: str | None, as_set: bool) -> int:
    """The exit code. `at`: a date and time by the owner's clock, or None for now. Raises OwnerMustAct."""
    own = take_settings(environ, find_env_file(environ), as_set=as_set)
    words = Words(choose_language(own.read.owner_language, environ))
    start = Clock().now() if at is None else read_moment(at, own.read.owner_timezone)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        came_out = runner.run(rehearse(own, words, Terminal(), skill, start, as_set=as_set))
    return 0 if came_out else 1


def run_again(environ: Mapping[str, str], file: Path, *, with_model: bool) -> int:
    """Play a saved rehearsal: with the recorded replies, which needs no settings, or with the owner's model. The exit
    code is 0 when it came to what the file expects. Raises OwnerMustAct."""
    recording = read_recording(file)
    home = read_settings(environ, find_env_file(environ), needs=HOME_ONLY)
    own = take_settings(environ, find_env_file(environ), as_set=True) if with_model else None
    words = Words(choose_language("auto" if own is None else own.read.owner_language, environ))
    terminal = Terminal()
    screens: list[Screen] = []

    def show(scene: Scene) -> None:
        screens.append(Screen(scene, words, terminal.say, shows_typed=True))

    expected = recording.expect
    cost: list[str] = []
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        if own is None:
            outcome = runner.run(replay(recording, home.skills_dir, show))
        else:
            settings = {**own.by_name, **recording.settings}
            again = replay_with_model(recording, settings, home.skills_dir, home.prices_path, show)
            outcome, played = runner.run(again)
            cost = [tell_cost(played.replies, words, is_local=own.is_local)]
            expected = expected and of_any_model(expected)
    terminal.say("")
    for line in (*tell_outcome(outcome, words), *cost):
        terminal.say(line)
    if expected is None:
        return 0
    wrong = differences(expected, outcome)
    terminal.say(words.say("not_as_expected" if wrong else "as_expected"))
    for line in wrong:
        terminal.say(f"  {line}")
    return 1 if wrong else 0


def read_moment(written: str, zone: ZoneInfo) -> datetime:
    """Raises OwnerMustAct when it is no date and time."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise OwnerMustAct(f"{written!r} is no date and time; write it like '2026-11-23 12:00'") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
