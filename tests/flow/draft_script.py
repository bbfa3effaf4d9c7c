"""The owner's part where messages wait for their yes: what shows a draft, and how it is answered."""

from tests.flow.conftest import House
from tests.flow.script import OPENING, anna_lane, meeting, owner_lane
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.telegram.message import Message
from userbot.store import tasks


async def ask_for_meeting(house: House, opening: str = OPENING) -> Message:
    """The owner wants a meeting, and the first message waits for their yes; its question."""
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, opening)])
    await house.type(house.cast.owner, ". договорись с @anna о встрече завтра с 12 до 20 МСК, на час")
    return await question(house, opening)


async def question(house: House, text: str) -> Message:
    """The message that shows this draft and asks."""

    def shown() -> list[Message]:
        dialog = house.dialog(house.cast.owner, house.cast.owner)
        return [m for m in dialog if text in m.text and m.text.startswith("✋ Отправить?")]

    for _ in range(240):
        if found := shown():
            return found[-1]
        await house.settle(0.5)
    raise AssertionError(f"nobody was asked about {text!r}")


async def answer(house: House, asked: Message, text: str) -> None:
    await house.type(house.cast.owner, text, reply_to=asked.id)


def sent(house: House) -> list[str]:
    """What our side wrote to Anna through the program."""
    return [m.text for m in house.dialog(house.cast.anna) if not m.out][1:]


def only_task() -> tasks.Task:
    (task,) = tasks.all_open()
    return task
