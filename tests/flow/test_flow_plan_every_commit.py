"""Killed right before and right after the commits of a meeting of two people, it comes out all the same: one time put
to each once, agreed for both at once, told to each once, and rung for once.

As tests/flow/test_flow_every_commit.py, whose ways it uses. Every fifteenth instant is played; with EVERY_INSTANT=1 in
the environment all of them are.
"""

import json
import re
from collections import Counter
from pathlib import Path

from tests.flow.conftest import House
from tests.flow.cut import PowerCut, comes_out_whichever_commit_is_the_last, with_one_kill
from tests.flow.plan_script import COMMAND, SETTLED, YES, can, ends, opening, rang, together
from tests.flow.script import settle_meeting
from userbot.rehearsal.model import Asked, Call, Said
from userbot.rehearsal.model.said import Brain
from userbot.rehearsal.script import reply

WHEN = {"Анна Кузнецова": ("завтра с 14 до 18", ("14:00", "18:00")), "Ben Carter": ("после 16", ("16:00", "20:00"))}
PROPOSED = "Подойдёт завтра в 16:00?"


def _owner_brain(asked: Asked) -> Said:
    return Said("done") if asked.tool_results else Said(calls=tuple(together("@ben")(asked)))


def _brain(name: str, task_id: int) -> Brain:
    """What any sensible model does, whatever it was interrupted in."""
    said, hours = WHEN[name]

    def answer(asked: Asked) -> Said:
        if asked.tool_results:
            return Said("done")
        wrote = {int(one["id"]): one["text"] for one in _lines(asked) if one["from"] == "contact"}
        new = [wrote[int(found)] for found in re.findall(r"Message (\d+) is new", asked.text)]
        calls: list[Call] = []
        if f"Write the first message of task {task_id}" in asked:
            calls.append(reply(task_id, opening(task_id)))
        if said in new:
            calls += [can(asked, task_id, said, (1, *hours)), reply(task_id, "Спасибо! Вернусь с временем.")]
        if 'Put the time under "Time' in asked:
            calls.append(reply(task_id, PROPOSED))
        if YES in new:
            calls += [settle_meeting(asked, task_id, YES, "16:00"), reply(task_id, "Спасибо, подтвержу позже.")]
        return Said(calls=tuple(calls))

    return answer


def _lines(asked: Asked) -> list[dict[str, str]]:
    return [json.loads(line) for line in asked.text.splitlines() if line.startswith('{"id"')]


async def _play(house: House, side: str, at: int) -> PowerCut:
    """The whole story, with one kill."""
    house.model.lane("owner", "You are the secretary inside", _owner_brain)
    for n, name in enumerate(WHEN, start=1):
        house.model.lane(name, f'{{"contact": "{name}"}}', _brain(name, n))
    return await with_one_kill(house, _live, side, at)


async def _live(house: House) -> None:
    """From wherever the story stands to its end."""
    await house.start_program()
    world, owner = house.server.world, house.cast.owner
    people = (house.cast.anna, house.cast.ben)
    if COMMAND not in house.texts(owner):
        world.send(owner, owner, COMMAND)
    for task_id, (person, (said, _)) in enumerate(zip(people, WHEN.values(), strict=True), start=1):
        await house.see(person, opening(task_id))
        if said not in house.texts(person):
            world.send(person, owner, said)
    for person in people:
        await house.see(person, PROPOSED)
        if YES not in house.texts(person):
            world.send(person, owner, YES)
    for person in people:
        await house.see(person, SETTLED)
    await house.settle()
    assert [ends(n) for n in (1, 2)] == ["agreed", "agreed"]
    await house.stop_program()


def _check(house: House) -> None:
    for n, person in enumerate((house.cast.anna, house.cast.ben), start=1):
        said = Counter(message.text for message in house.dialog(person) if not message.out)
        settled = [text for text in said.elements() if SETTLED in text]
        assert (said[opening(n)], said[PROPOSED], len(settled)) == (1, 1, 1)
    assert house.model.failures == []
    assert len([text for text in rang(house) if text.startswith("✅ № 1, 2")]) == len(rang(house)) == 1


async def test_a_plan_comes_out_whichever_commit_is_the_last(tmp_path: Path) -> None:
    whole = await comes_out_whichever_commit_is_the_last(tmp_path, _play, _check, every=15)
    assert whole.commits > 60, "commits were counted"
