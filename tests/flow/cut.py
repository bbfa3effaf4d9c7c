"""A story of the running program that is cut at one of its commits, and goes on from what lay on the disk then.

The kill is made inside this process: at that instant the files are copied and the line is cut; the program goes on
from the copy. tests/flow/test_flow_killed.py and the soak kill real processes.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from tests.flow.conftest import House, open_house
from userbot.rehearsal.commits import watched


class PowerCut:
    """Takes a copy of the program's files at the commit with the number `at`, and cuts the line. 0: it only counts."""

    def __init__(self, house: House, side: str, at: int) -> None:
        self._house = house
        self._side = side
        self._at = at
        self.commits = 0
        # What had been asked of Telegram and of the model at each commit.
        self.asked: list[int] = []
        self.struck = asyncio.Event()

    def before(self, _: Path) -> None:
        self.commits += 1
        self.asked.append(len(self._house.server.requests) + len(self._house.model.asked))
        if self.commits == self._at and self._side == "before":
            self._strike()

    def after(self, _: Path) -> None:
        if self.commits == self._at and self._side == "after" and not self.struck.is_set():
            self._strike()

    def _strike(self) -> None:
        home = self._house.settings.home
        shutil.copytree(home, home.with_name(home.name + "-left"), symlinks=True)
        self._house.server.refuse_connections()
        self._house.server.drop_connections(self._house.cast.owner)
        self.struck.set()


async def with_one_kill(house: House, live: Callable[[House], Awaitable[None]], side: str, at: int) -> PowerCut:
    """`live` plays from wherever the story stands to its end: once, and once more after the kill. `side`: "before" or
    "after" the commit with the number `at`; 0 for none."""
    cut = PowerCut(house, side, at)
    with watched(cut):
        story = asyncio.ensure_future(live(house))
        struck = asyncio.create_task(cut.struck.wait())
        await asyncio.wait([story, struck], return_when=asyncio.FIRST_COMPLETED)
        struck.cancel()
        await asyncio.gather(struck, return_exceptions=True)
        if not cut.struck.is_set():
            await story
            return cut
        story.cancel()
        await asyncio.gather(story, return_exceptions=True)
        # Whatever the dying program still says is not the point: it is cut off, and its files are not looked at again.
        with suppress(Exception):
            await house.kill_program()
    home = house.settings.home
    house.settings = replace(house.settings, home=home.with_name(home.name + "-left"))
    await house.server.accept_connections()
    await live(house)
    return cut


def instants(asked: list[int]) -> list[tuple[str, int]]:
    """Right after every commit, and right before the next one too where something was asked of Telegram or the model
    in between: where nothing was, both are the same."""
    instants = [("before", 1)]
    for n, (now, then) in enumerate(pairwise([*asked, 0]), start=1):
        instants.append(("after", n))
        if now < then:
            instants.append(("before", n + 1))
    return instants


async def comes_out_whichever_commit_is_the_last(
    folder: Path,
    play: Callable[[House, str, int], Awaitable[PowerCut]],
    check: Callable[[House], None],
    *,
    every: int,
    from_share: float = 0.0,
) -> PowerCut:
    """Play the story whole, and then with a kill at each `every`-th of its instants, or all with EVERY_INSTANT=1 in the
    environment; the first `from_share` of them is left to other tests. Each in a house of its own. Returns
    the whole one."""
    async with open_house(folder / "whole", with_phones=False) as house:
        whole = await play(house, "before", 0)
        check(house)
    step = 1 if os.environ.get("EVERY_INSTANT") else every
    found = instants(whole.asked)
    for side, at in found[int(len(found) * from_share) :: step]:
        async with open_house(folder / f"{side}-{at}", with_phones=False) as house:
            await play(house, side, at)
            check(house)
    return whole
