"""Protects a long dialog in the running program: what was said at its beginning still counts at its end, and its turns
do not get dearer on the way there."""

import json
from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.script import anna_lane, open_meeting, settle_meeting
from userbot.rehearsal.model import Asked, Call, Said
from userbot.rehearsal.script import id_of, reply
from userbot.store import tasks

CONDITION = "только без Кирилла, при нём говорить не буду"
WORDS = ("ещё", "подумаю", "отвечу", "позже", "спрошу", "мужа", "посмотрю", "почту", "выясню", "что", "там", "думают")
YES = "ладно, давай в два"


def brain(asked: Asked) -> Said:
    """Marks the condition, chats on, and settles when there is a yes."""
    if asked.tool_results:
        return Said("готово")
    new = [json.loads(line) for line in asked.text.splitlines() if line.startswith('{"id"') and '"new": true' in line]
    said = new[-1]["text"]
    if said == CONDITION:
        arguments = {"task_id": 1, "status": "in_progress", "result": None, "evidence": [id_of(asked, CONDITION)]}
        return Said(calls=(Call("update_conversation", arguments), reply(1, "Хорошо, понимаю.")))
    if said == YES:
        id_of(asked, CONDITION)
        return Said(calls=(settle_meeting(asked, 1, YES, "14:00"), reply(1, "Записано: 14:00, без Кирилла.")))
    return Said(calls=(reply(1, f"Хорошо: {said}."),))


def small_talk(number: int) -> str:
    """Seven words, others every time: whoever repeats themselves looks like a program."""
    return " ".join(WORDS[(number * step + step) % len(WORDS)] for step in range(1, 8)) + f" {number}"


async def test_what_was_said_first_counts_after_ninety_messages(house: House) -> None:
    house.settings = replace(house.settings, messages_per_task=200, turns_per_task=200, tokens_per_task=10**7)
    await house.start_program()
    await open_meeting(house)
    anna = anna_lane(house)
    anna.answers = brain
    await house.type(house.cast.anna, CONDITION)
    await house.see(house.cast.anna, "Хорошо, понимаю.")
    sizes = []
    for number in range(44):
        # As long as a person takes.
        await house.settle(90)
        await house.type(house.cast.anna, small_talk(number))
        await house.see(house.cast.anna, f"Хорошо: {small_talk(number)}.")
        sizes.append(len(anna.asked[-1].text))
    await house.settle(90)
    await house.type(house.cast.anna, YES)
    await house.see(house.cast.anna, "Записано: 14:00, без Кирилла.")
    task = tasks.get(1)
    assert task is not None
    assert (task.status, task.closed_because) == ("completed", "agreed")
    assert max(sizes[-12:]) < max(sizes[14:26]) * 1.05
