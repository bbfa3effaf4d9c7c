"""The model's part in flow tests of one meeting with several people, and what is looked at in them."""

from collections.abc import Callable
from datetime import timedelta

from tests.flow.conftest import House
from tests.flow.script import anna_lane, ben_lane, owner_lane, settle_meeting
from userbot.rehearsal.model import Asked, Call
from userbot.rehearsal.model.scripted import Lane
from userbot.rehearsal.script import day, id_of, reply, turn
from userbot.rehearsal.story import ZONE
from userbot.rehearsal.telegram import Account, Message
from userbot.store import busy, tasks

COMMAND = ". найди час завтра или послезавтра с 12 до 20 для меня, @anna и @ben"
SETTLED = "Время подходит всем, договорились"
OFF = "общая встреча не состоится"
YES = "да, подходит"


def together(*others: str, private_notes: str | None = None) -> Callable[[Asked], list[Call]]:
    """Tomorrow or the day after, 12 to 20 Moscow time, an hour, with Anna and these."""

    def calls(asked: Asked) -> list[Call]:
        days = [day(asked, n) for n in (1, 2)]
        context = {
            "topic": "план на квартал",
            "when_words": "завтра или послезавтра с 12 до 20 по Москве",
            "duration_minutes": 60,
            "place": None,
            "timezone": ZONE,
        }
        mandate = {
            "windows": [{"date": one.isoformat(), "from": "12:00", "to": "20:00"} for one in days],
            "timezone": ZONE,
            "duration_minutes": 60,
        }
        arguments = {"user": "@anna", "together_with": list(others), "type": "meeting", "context": context}
        return [Call("start_conversation", {**arguments, "mandate": mandate, "private_notes": private_notes})]

    return calls


def opening(task_id: int) -> str:
    return f"Здравствуйте! Это ассистент Павла, насчёт общей встречи. Когда вам удобно? ({task_id})"


def opens(lane: Lane, task_id: int) -> None:
    turn(lane, f"Write the first message of task {task_id}", lambda _: [reply(task_id, opening(task_id))])


def can(asked: Asked, task_id: int, said: str, *times: tuple[int, str, str | None]) -> Call:
    """record_times: so many days ahead, from and to."""
    listed = [{"date": day(asked, ahead).isoformat(), "from": start, "to": end} for ahead, start, end in times]
    evidence = [id_of(asked, said)]
    return Call("record_times", {"task_id": task_id, "times": listed, "timezone": ZONE, "evidence": evidence})


def refuse(asked: Asked, task_id: int, said: str) -> Call:
    evidence = [id_of(asked, said)]
    return Call(
        "update_conversation", {"task_id": task_id, "status": "cancelled", "result": None, "evidence": evidence}
    )


def says_when(lane: Lane, task_id: int, said: str, *times: tuple[int, str, str | None]) -> None:
    """The turn in which this contact tells when they can."""
    turn(lane, said, lambda asked: [can(asked, task_id, said, *times), reply(task_id, "Спасибо! Вернусь с временем.")])


def proposes(lane: Lane, task_id: int, text: str) -> None:
    turn(lane, f'Put the time under "Time to propose for task {task_id}"', lambda _: [reply(task_id, text)])


def says_yes(lane: Lane, task_id: int, said: str, at: str, ahead: int = 1) -> None:
    turn(
        lane,
        said,
        lambda asked: [
            settle_meeting(asked, task_id, said, at, ahead),
            reply(task_id, "Спасибо, подтвержу, когда ответят все."),
        ],
    )


def asked_anew(lane: Lane, task_id: int, text: str) -> None:
    """The turn in which this contact is asked for times once more."""
    turn(lane, f"Ask the contact now which of the free times of task {task_id}", lambda _: [reply(task_id, text)])


def pair(house: House) -> tuple[tuple[Lane, int, Account], tuple[Lane, int, Account]]:
    """Anna and Ben, each with their lane and their task."""
    return (anna_lane(house), 1, house.cast.anna), (ben_lane(house), 2, house.cast.ben)


async def begins(house: House) -> None:
    """The owner wants to meet Anna and Ben; the program has only been told."""
    turn(owner_lane(house), "найди час", together("@ben"))
    for lane, task_id, _ in pair(house):
        opens(lane, task_id)
    await house.start_program()
    await house.type(house.cast.owner, COMMAND)


async def begun(house: House) -> None:
    """Anna and Ben have their first messages."""
    await begins(house)
    await house.see(house.cast.anna, opening(1))
    await house.see(house.cast.ben, opening(2))


async def anna_can(house: House) -> None:
    """Anna has said when she can tomorrow, and waits for word."""
    says_when(anna_lane(house), 1, "завтра с 14 до 18", (1, "14:00", "18:00"))
    await house.type(house.cast.anna, "завтра с 14 до 18")
    await house.see(house.cast.anna, "Вернусь с временем")


async def no_common_time(house: House) -> Message:
    """Both have said when they can, and no time suits both: what the owner is asked then."""
    await begun(house)
    says_when(anna_lane(house), 1, "завтра утром до двух", (1, "12:00", "14:00"))
    says_when(ben_lane(house), 2, "завтра только вечером", (1, "18:00", "20:00"))
    await house.type(house.cast.anna, "завтра утром до двух")
    await house.type(house.cast.ben, "завтра только вечером")
    return await house.see(house.cast.owner, "какое время ещё можно предложить", peer=house.cast.owner)


def proposes_four(house: House) -> None:
    """The turns in which tomorrow at 16:00 is put to both."""
    proposes(anna_lane(house), 1, "Подойдёт завтра в 16:00?")
    proposes(ben_lane(house), 2, "Удобно завтра в 16:00?")


async def proposed(house: House) -> None:
    """Both have said when they can; tomorrow at 16:00 is put to both."""
    await begun(house)
    says_when(anna_lane(house), 1, "завтра с 14 до 18", (1, "14:00", "18:00"))
    says_when(ben_lane(house), 2, "завтра после 16 или послезавтра", (1, "16:00", "20:00"), (2, "12:00", "20:00"))
    proposes_four(house)
    await house.type(house.cast.anna, "завтра с 14 до 18")
    await house.type(house.cast.ben, "завтра после 16 или послезавтра")
    await house.see(house.cast.anna, "Подойдёт завтра в 16:00?")
    await house.see(house.cast.ben, "Удобно завтра в 16:00?")
    await house.settle()


async def says_yes_first(house: House, task_id: int = 1) -> None:
    """Anna, or the one with this task, says yes to 16:00, and the other has not said so yet."""
    lane, _, person = pair(house)[task_id - 1]
    says_yes(lane, task_id, YES, "16:00")
    await house.type(person, YES)
    await house.see(person, "подтвержу, когда ответят все")


async def ben_refuses(house: House) -> Message:
    """Ben will not come at all: what the owner is asked then."""
    no = "нет, я вообще не приду"
    turn(ben_lane(house), no, lambda asked: [refuse(asked, 2, no), reply(2, "Понятно, спасибо!")])
    await house.type(house.cast.ben, no)
    return await house.see(house.cast.owner, "Договариваться без этого участника?", peer=house.cast.owner)


async def agreed(house: House) -> None:
    await proposed(house)
    await says_yes_first(house)
    says_yes(ben_lane(house), 2, YES, "16:00")
    await house.type(house.cast.ben, YES)
    await house.see(house.cast.anna, SETTLED)
    await house.see(house.cast.ben, SETTLED)
    await house.settle()


async def both_can(house: House, said: str, at: tuple[int, str, str | None], proposal: str) -> None:
    """Both say when they can, with the same words; a time will be put to them with this text."""
    for lane, task_id, person in pair(house):
        says_when(lane, task_id, said, at)
        proposes(lane, task_id, proposal)
        await house.type(person, said)


async def both_agree(house: House, proposal: str, said: str, at: str, ahead: int) -> None:
    """Both read the time that is put to them, and say yes to it."""
    for lane, task_id, person in pair(house):
        await house.see(person, proposal)
        says_yes(lane, task_id, said, at, ahead)
        await house.type(person, said)


def card(house: House, task_id: int) -> str:
    shown = [text for text in house.texts(house.cast.owner) if text.startswith(f"№ {task_id} ·")]
    assert len(shown) == 1
    return shown[0]


def held(task_id: int) -> list[str]:
    return [f"{(one.start + timedelta(hours=3)):%d %H:%M}" for one in busy.holds(task_id)]


def ends(task_id: int) -> str | None:
    task = tasks.get(task_id)
    assert task is not None
    return task.closed_because


def rang(house: House) -> list[str]:
    return [one.text for one in house.dialog(house.cast.owner, house.cast.owner) if one.from_scheduled]
