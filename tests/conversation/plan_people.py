"""The people of one meeting, as tests of plans play them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.conversation.conftest import AGREED, ANNA, BORIS, LIMITS, MEETING, OWNER, ZONE, Room, call
from userbot.conversation import plans, reopening
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.owner_commit import commit_owner_turn
from userbot.people import Contact
from userbot.store import ledger
from userbot.store import plans as store

VERA = Contact(2003, 79, "Вера", None, "vera")
TOGETHER = {
    "user": "@anna",
    "together_with": ["Борис"],
    "type": "meeting",
    "context": MEETING,
    "mandate": LIMITS,
    "private_notes": None,
    "mode": None,
}
DAY = datetime(2026, 11, 24, tzinfo=ZoneInfo("Europe/Moscow"))


def at(hour: float) -> datetime:
    return (DAY + timedelta(hours=hour)).astimezone(UTC)


def begin(room: Room, *people: Contact, **changed: Any) -> list[int]:
    """Everybody has their first message."""
    task = {
        "task_type": "meeting",
        "context": MEETING,
        "private_notes": None,
        "mandate": LIMITS,
        "language": "ru",
        "command_message_id": room.tick(),
        "mode": "auto",
        **changed,
    }
    ids = plans.start(people or (ANNA, BORIS), task, timezone=ZONE.key, owner_id=OWNER.user_id, now=room.now)
    for task_id in ids:
        room.going(task_id)
    return ids


async def say(room: Room, who: Contact, task_id: int, *stretches: tuple[str, str | None]) -> ContactToolbox:
    """They write when they can on that Tuesday, and it is recorded; the turn is not committed."""
    message_id = room.writes("вот когда могу", who)
    toolbox = room.toolbox(room.world(who))
    listed = [{"date": "2026-11-24", "from": start, "to": end} for start, end in stretches]
    answer = await toolbox.call(
        call("record_times", task_id=task_id, times=listed, timezone=ZONE.key, evidence=[message_id])
    )
    assert answer.startswith("Recorded")
    return toolbox


async def can(room: Room, who: Contact, task_id: int, *stretches: tuple[str, str | None]) -> None:
    toolbox = await say(room, who, task_id, *stretches)
    await answers(room, toolbox, task_id)


async def answers(room: Room, toolbox: ContactToolbox, task_id: int, text: str = "Хорошо, вернусь с ответом.") -> None:
    await toolbox.call(call("reply", task_id=task_id, text=text, reply_to=None, last=True))
    assert commit_contact_turn(toolbox.world, toolbox.whole(), f"t{room.last_id}", room.now)


async def put(room: Room, who: Contact, task_id: int) -> None:
    """What is owed to them is put to them, and delivered."""
    toolbox = room.toolbox(room.world(who))
    assert toolbox.missing() is not None
    await answers(room, toolbox, task_id, "Подойдёт такое время?")
    for row in room.queued(who):
        room.deliver(row.id)


async def yes(room: Room, who: Contact, task_id: int, clock: str) -> str:
    message_id = room.writes("да, подходит", who)
    toolbox = room.toolbox(room.world(who))
    result = {**AGREED, "time": clock, "said": "да, подходит"}
    given = {"task_id": task_id, "status": "completed", "result": result, "evidence": [message_id]}
    answer = await toolbox.call(call("update_conversation", **given))
    await answers(room, toolbox, task_id, "Спасибо, подтвержу, когда ответят все.")
    return answer


def proposed(task_id: int) -> str | None:
    plan = store.of_task(task_id)
    assert plan is not None
    return None if plan.proposed is None else f"{plan.proposed[0].astimezone(ZONE):%H:%M}"


async def proposed_to_all(room: Room, **changed: Any) -> tuple[int, int]:
    """Two o'clock was put to both."""
    anna, boris = begin(room, **changed)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    await put(room, ANNA, anna)
    await put(room, BORIS, boris)
    return anna, boris


async def agreed(room: Room) -> tuple[int, int]:
    anna, boris = await proposed_to_all(room)
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        await yes(room, who, task_id, "14:00")
    for who in (ANNA, BORIS):
        for row in room.queued(who):
            room.deliver(row.id)
    return anna, boris


async def reopened(room: Room) -> tuple[int, int]:
    """Agreed, and told to both; then Boris wants to move it."""
    anna, boris = await agreed(room)
    message_id = room.writes("может, перенесём?", BORIS)
    assert reopening.reopen(room.task(boris), message_id, room.now, told="reopened_later", why="wants to move it")
    plans.settle(room.now)
    return anna, boris


def told(who: Contact, words: str) -> int:
    """In how many messages this person read these words."""
    return sum(words in row.text for row in ledger.latest(who.user_id, 50))


def carried_out(room: Room, toolbox: Any) -> None:
    decided, unknown = toolbox.decided, toolbox.unknown
    assert commit_owner_turn(toolbox.command, decided, unknown, language="ru", turn_id="t", now=room.now)
