"""Killed at the commits of a meeting that is moved and then left as it was: the hour is held once and all along, the
contact reads each thing once, and the owner is rung once for each end.

How the kills are made: tests/flow/cut.py. Every fourth instant is played; with EVERY_INSTANT=1 in the environment all
of them are.
"""

from collections import Counter
from pathlib import Path

from tests.flow.conftest import House
from tests.flow.cut import PowerCut, comes_out_whichever_commit_is_the_last, with_one_kill
from tests.flow.script import MEETING, OPENING, meeting, settle_meeting
from tests.flow.test_flow_afterwards import SAID
from tests.flow.test_flow_calling_off import TO_FRIDAY
from tests.flow.test_flow_moving import STAYS, WISH, first_agreement
from userbot.rehearsal.model import Asked, Call, Said
from userbot.rehearsal.script import reply
from userbot.rehearsal.story import cards
from userbot.store import busy, tasks

MOVE = ". перенеси встречу с @anna на пятницу"
AGREED = "До завтра в 15:30!"
AS_IT_WAS = "Хорошо, остаётся как было."


def _owner_brain(asked: Asked) -> Said:
    if asked.tool_results:
        return Said("done")
    is_move = asked.text.rstrip().endswith(MOVE[2:])
    return Said(calls=tuple(TO_FRIDAY(asked) if is_move else meeting()(asked)))


def _anna_brain(asked: Asked) -> Said:
    if asked.tool_results:
        return Said("done")
    calls: list[Call]
    if "Write the first message of task 1" in asked:
        calls = [reply(1, OPENING)]
    elif STAYS in asked:
        calls = [first_agreement(asked, "stays", STAYS), reply(1, AS_IT_WAS)]
    elif "Перенеси на пятницу." in asked:
        calls = [reply(1, WISH)]
    else:
        calls = [settle_meeting(asked, 1, SAID, "15:30"), reply(1, AGREED)]
    return Said(calls=tuple(calls))


async def _go_on(house: House) -> None:
    """From wherever the story stands to its end, and some quiet for what must not happen."""
    owner, anna, world = house.cast.owner, house.cast.anna, house.server.world
    await house.start_program()
    for text, answer, says in ((MEETING, OPENING, owner), (SAID, AGREED, anna), (MOVE, WISH, owner)):
        if text not in house.texts(says, owner):
            world.send(says, owner, text)
        await house.see(anna, answer)
        if answer == AGREED:
            await house.see(owner, "✅ № 1", peer=owner)
    assert len(busy.holds(1)) == 1
    if STAYS not in house.texts(anna):
        world.send(anna, owner, STAYS)
    await house.see(anna, AS_IT_WAS)
    await house.see(owner, "📌 № 1", peer=owner)
    await house.settle(60)
    found = tasks.get(1)
    assert found is not None
    assert (found.closed_because, found.result and found.result["time"]) == ("agreed", "15:30")
    assert len(busy.holds(1)) == 1
    await house.stop_program()


async def _play(house: House, side: str, at: int) -> PowerCut:
    house.model.lane("owner", "You are the secretary inside", _owner_brain)
    house.model.lane("Анна", '{"contact": "Анна Кузнецова"}', _anna_brain)
    return await with_one_kill(house, _go_on, side, at)


def _check(house: House) -> None:
    owner = house.cast.owner
    said = Counter(message.text for message in house.dialog(house.cast.anna) if not message.out)
    assert [said[text] for text in (OPENING, AGREED, WISH, AS_IT_WAS)] == [1, 1, 1, 1]
    rang = [message.text for message in house.dialog(owner, owner) if message.from_scheduled]
    assert [text[0] for text in rang] == ["✅", "📌"]
    assert "📌 Без переноса. Прежняя договорённость в силе" in cards(house)[1]
    assert house.model.failures == []


async def test_what_stands_is_held_once_whichever_commit_is_the_last(tmp_path: Path) -> None:
    # What comes before the move other tests have played.
    await comes_out_whichever_commit_is_the_last(tmp_path, _play, _check, every=4, from_share=1 / 2)
