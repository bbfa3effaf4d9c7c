"""Killed right before and right after every single commit of a small dialog, the story comes out all the same.

How the kills are made: tests/flow/cut.py.

Once with messages that go at once, and once with messages that wait for the owner's yes. Every third or eighth instant
is played; with EVERY_INSTANT=1 in the environment all of them are.
"""

import asyncio
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from userbot.rehearsal.model import Asked, Call, Said
from userbot.rehearsal.script import reply
from userbot.rehearsal.story import cards
from userbot.rehearsal.telegram.message import ReplyTo

from .conftest import House
from .cut import PowerCut, comes_out_whichever_commit_is_the_last, with_one_kill
from .script import OPENING_BEN, QUESTION, question

FACT = "The final one is v3."
THANKS = "Thank you, Ben!"


def _owner_brain(asked: Asked) -> Said:
    return Said("done") if asked.tool_results else Said(calls=tuple(question("@ben")(asked)))


def _ben_brain(asked: Asked) -> Said:
    if asked.tool_results:
        return Said("done")
    calls = []
    if "Write the first message of task 1" in asked:
        calls.append(reply(1, OPENING_BEN))
    if found := re.search(r"Message (\d+) is new", asked.text):
        result = {"answer": "v3", "choice": None, "number": None, "unit": None, "quote": FACT, "summary": "Версия v3."}
        settled = {"task_id": 1, "status": "completed", "result": result, "evidence": [int(found[1])]}
        calls += [Call("update_conversation", settled), reply(1, THANKS)]
    return Said(calls=tuple(calls))


async def _play(house: House, side: str, at: int) -> PowerCut:
    """The whole story, with one kill."""
    house.model.lane("owner", "You are the secretary inside", _owner_brain)
    house.model.lane("Ben", '{"contact": "Ben Carter"}', _ben_brain)
    return await with_one_kill(house, _live, side, at)


async def _live(house: House) -> None:
    """From wherever the story stands to its end; then some quiet, for what must not happen. Where messages wait for the
    owner's yes, they get it."""
    await house.start_program()
    if house.settings.approval_mode == "draft":
        approving = asyncio.create_task(_say_yes(house))
    else:
        approving = asyncio.create_task(asyncio.sleep(0))
    try:
        await _go_on(house)
    finally:
        approving.cancel()
        await asyncio.gather(approving, return_exceptions=True)
    await house.stop_program()


async def _say_yes(house: House) -> None:
    """Once to every draft, as soon as it shows; nothing goes out before."""
    owner = house.cast.owner
    while True:
        await asyncio.sleep(0.3)
        dialog = house.dialog(owner, owner)
        answered = {message.reply_to.message_id for message in dialog if message.reply_to and message.text == "да"}
        for message in dialog:
            if message.text.startswith("✋ Отправить?") and message.id not in answered:
                house.server.world.send(owner, owner, "да", reply_to=ReplyTo(message.id))


async def _go_on(house: House) -> None:
    if not any(text == QUESTION for text in house.texts(house.cast.owner)):
        house.server.world.send(house.cast.owner, house.cast.owner, QUESTION)
    await house.see(house.cast.ben, OPENING_BEN)
    if not any(text == FACT for text in house.texts(house.cast.ben)):
        house.server.world.send(house.cast.ben, house.cast.owner, FACT)
    await house.see(house.cast.ben, THANKS)
    await house.see(house.cast.owner, "v3")
    await house.settle()


def _check(house: House) -> None:
    said = Counter(message.text for message in house.dialog(house.cast.ben) if not message.out)
    assert (said[OPENING_BEN], said[THANKS]) == (1, 1)
    shown = [text for text in house.texts(house.cast.owner) if text.startswith("№")]
    assert len(shown) == 1
    assert "v3" in cards(house)[1]
    assert house.model.failures == []
    if house.settings.approval_mode == "draft":
        asked = [message for message in house.dialog(house.cast.owner, house.cast.owner) if "✋ Отпр" in message.text]
        assert len(asked) == 2, "a question asked twice, or a draft that nobody was asked about"
        # For the first one the owner, who has just typed the command, is looking.
        assert asked[-1].from_scheduled, "a question that rang nobody's phone"
    assert house.cast.owner.scheduled == {}
    rang = [message.text for message in house.dialog(house.cast.owner, house.cast.owner) if message.from_scheduled]
    assert len([text for text in rang if text.startswith("✅ № 1")]) == 1, "the end rings once"
    assert len(set(rang)) == len(rang), "nothing rings twice"
    # The first draft only where the program was away so long that its owner may be too.
    assert len(rang) in ((2, 3) if house.settings.approval_mode == "draft" else (1,))


@pytest.mark.parametrize("mode", ["auto", "draft"])
async def test_the_story_comes_out_whichever_commit_is_the_last(tmp_path: Path, mode: Literal["auto", "draft"]) -> None:
    async def play(house: House, side: str, at: int) -> PowerCut:
        house.settings = replace(house.settings, approval_mode=mode)
        return await _play(house, side, at)

    every = 3 if mode == "auto" else 8
    whole = await comes_out_whichever_commit_is_the_last(tmp_path, play, _check, every=every)
    assert whole.commits > 30, "commits were counted"
