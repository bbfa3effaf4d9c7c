"""What the owner's turn is asked for in tests, and how it is carried out."""

from tests.conversation.conftest import (
    LIMITS,
    MEETING,
    NOW,
    SETTING,
    Room,
    talk,
)
from userbot.conversation import owner, turn
from userbot.conversation.owner import Command
from userbot.conversation.owner_commit import commit_owner_turn
from userbot.conversation.owner_tools import OwnerToolbox
from userbot.rehearsal.model import Call, Said

MEET = {"user": "@anna", "type": "meeting", "context": MEETING, "mandate": LIMITS, "private_notes": None}
SEND = {"user": "Борис", "text": "Буду в пять"}
STEER = {"task_id": 1, "instruction": "предложи пятницу", "mandate": None}


async def act(room: Room, command: Command, *calls: Call) -> OwnerToolbox:
    """A turn that makes these calls, one a round, over the real client, and its commit."""
    async with talk(*calls, Said("готово")) as t:
        toolbox = room.owner_toolbox(command)
        await turn.run(t.client, owner.prompt(command, SETTING, room.now), toolbox)
    assert commit(room, command, toolbox)
    return toolbox


def commit(room: Room, command: Command, toolbox: OwnerToolbox) -> bool:
    return commit_owner_turn(command, toolbox.decided, toolbox.unknown, language="ru", turn_id="turn", now=room.now)


STATUS = Call("get_conversation_status", {"task_id": 1})


def shown(command: Command) -> str:
    return "\n".join(message.text for message in owner.prompt(command, SETTING, NOW))
