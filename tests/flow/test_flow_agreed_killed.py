"""Killed at the commits of a promise that is called off: taken on, the owner's word, the message that tells of it. The
contact is told once, and the owner is rung once for each.

How the kills are made: tests/flow/cut.py. Every fourth instant is played; with EVERY_INSTANT=1 in
the environment all of them are.
"""

from collections import Counter
from pathlib import Path

from tests.flow.conftest import House
from tests.flow.cut import PowerCut, comes_out_whichever_commit_is_the_last, with_one_kill
from tests.flow.test_flow_checkins import BY_FRIDAY, OPENING, REPORT, THANKS, YES, taken_on
from userbot.rehearsal.model import Asked, Call, Said
from userbot.rehearsal.script import reply, start
from userbot.rehearsal.story import cards
from userbot.store import tasks

ASKED = ". попроси @anna прислать отчёт к пятнице"
CANCEL = ". отбой с отчётом"
OFF = "Аня, отчёт больше не нужен."


def _owner_brain(asked: Asked) -> Said:
    if asked.tool_results:
        return Said("done")
    if asked.text.rstrip().endswith("отбой с отчётом"):
        return Said(calls=(Call("cancel_conversation", {"task_id": 1, "words": None}),))
    return Said(calls=(start("@anna", "task_assignment", dict(REPORT), mandate=dict(BY_FRIDAY)),))


def _anna_brain(asked: Asked) -> Said:
    if asked.tool_results:
        return Said("done")
    if "calls off what was agreed about task 1" in asked:
        return Said(calls=(reply(1, OFF),))
    if "Write the first message of task 1" in asked:
        return Said(calls=(reply(1, OPENING),))
    return Said(calls=(taken_on(asked, YES), reply(1, THANKS)))


async def _go_on(house: House) -> None:
    """From wherever the story stands to its end, and some quiet for what must not happen."""
    owner, anna, world = house.cast.owner, house.cast.anna, house.server.world
    await house.start_program()
    if ASKED not in house.texts(owner, owner):
        world.send(owner, owner, ASKED)
    await house.see(anna, OPENING)
    if YES not in house.texts(anna):
        world.send(anna, owner, YES)
    await house.see(anna, THANKS)
    await house.see(owner, "🤝 № 1", peer=owner)
    if CANCEL not in house.texts(owner, owner):
        world.send(owner, owner, CANCEL)
    await house.see(anna, OFF)
    await house.see(owner, "⏹ № 1", peer=owner)
    await house.settle(60)
    found = tasks.get(1)
    assert found is not None
    assert found.closed_because == "stopped"
    await house.stop_program()


async def _play(house: House, side: str, at: int) -> PowerCut:
    house.model.lane("owner", "You are the secretary inside", _owner_brain)
    house.model.lane("Анна", '{"contact": "Анна Кузнецова"}', _anna_brain)
    return await with_one_kill(house, _go_on, side, at)


def _check(house: House) -> None:
    owner = house.cast.owner
    said = Counter(message.text for message in house.dialog(house.cast.anna) if not message.out)
    assert [said[text] for text in (OPENING, THANKS, OFF)] == [1, 1, 1]
    rang = [message.text for message in house.dialog(owner, owner) if message.from_scheduled]
    assert [text[0] for text in rang] == ["🤝", "⏹"]
    assert "Отменено вами, контакту сказано" in cards(house)[1]
    assert house.model.failures == []


async def test_the_contact_is_told_once_whichever_commit_is_the_last(tmp_path: Path) -> None:
    # What comes before the promise the other test has played.
    await comes_out_whichever_commit_is_the_last(tmp_path, _play, _check, every=4, from_share=1 / 3)
