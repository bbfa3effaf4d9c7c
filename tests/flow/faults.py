"""What tests of Telegram's faults share: what is said, who hears it, and how the owner is told."""

from collections import Counter
from collections.abc import Callable

from tests.flow.conftest import House
from tests.flow.script import (
    OPENING,
    OPENING_BEN,
    anna_lane,
    ben_lane,
    meeting,
    owner_lane,
    question,
)
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards
from userbot.rehearsal.telegram import Account
from userbot.store import tasks
from userbot.store.tasks import Task

SEND = "messages.SendMessage"
EDIT = "messages.EditMessage"
DIFFERENCE = "updates.GetDifference"
HOUR_S = 3600.0
ANSWER = "Тогда в 16:00?"
WROTE = "в два не могу"


def to(account: Account) -> Callable[[object], bool]:
    """Requests that write to this person."""
    return lambda request: getattr(getattr(request, "peer", None), "user_id", None) == account.id


def the_task(task_id: int = 1) -> Task:
    task = tasks.get(task_id)
    assert task is not None
    return task


def told(house: House) -> list[str]:
    """What stands in Saved Messages beside the owner's own commands."""
    return [text for text in house.texts(house.cast.owner, house.cast.owner) if not text.startswith(".")]


def ours(house: House, viewer: Account) -> list[str]:
    """What the contact got, as their phone shows it."""
    return [message.text for message in house.dialog(viewer) if not message.out]


def script_meeting(house: House, task_id: int = 1) -> None:
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), f"Write the first message of task {task_id}", lambda _: [reply(task_id, OPENING)])


def script_question(house: House, task_id: int) -> None:
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    turn(ben_lane(house), "Write the first message", lambda _: [reply(task_id, OPENING_BEN)])


async def answered(house: House) -> None:
    """Anna writes, and has one answer."""
    turn(anna_lane(house), WROTE, lambda _: [reply(1, ANSWER)])
    await house.type(house.cast.anna, WROTE)
    await house.see(house.cast.anna, ANSWER)


def assert_goes_on(house: House) -> None:
    """Everything arrived once, the owner took over nothing, and the card shows no trouble."""
    seen = Counter(ours(house, house.cast.anna))
    assert seen[OPENING] == 1
    assert max(seen.values()) == 1, seen
    task = the_task()
    assert (task.status, task.paused, task.trouble) == ("in_progress", None, None)
    assert "⚠️" not in cards(house)[1]
    assert [text for text in told(house) if "⚠️" in text or "❌" in text] == []
    house.model.check()
