"""Which of the contact's messages a reply quotes where the model named none: code sees what stands in between."""

from collections.abc import Sequence
from dataclasses import replace

from userbot.conversation.contact import World
from userbot.conversation.contact_acts import ContactAct, Reply
from userbot.tasks.manners import message_to_quote


def with_quotes(world: World, decided: Sequence[ContactAct]) -> list[ContactAct]:
    """The turn's acts; the first reply about each task quotes what it answers, where that is clear and of use."""
    last_id = max((line.message_id for line in world.lines if line.message_id is not None), default=0)
    quoted: list[ContactAct] = []
    answered: set[int] = set()
    for act in decided:
        if isinstance(act, Reply):
            if act.reply_to is None and act.task_id not in answered and act.task_id not in world.openings:
                about = [
                    (entry.message_id, entry.text) for entry in world.new if _is_about(world, entry.id, act.task_id)
                ]
                act = replace(act, reply_to=message_to_quote(about, last_id, is_first=not answered))
            answered.add(act.task_id)
        quoted.append(act)
    return quoted


def _is_about(world: World, entry_id: int, task_id: int) -> bool:
    """What nobody could match may be about any task."""
    found = world.matches.get(entry_id)
    return found is None or found.task_id == task_id
