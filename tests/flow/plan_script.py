"""The model's part in flow tests of one meeting with several people, and what is looked at in them."""

from collections.abc import Callable
from datetime import timedelta

from tests.flow.conftest import House
from tests.flow.script import anna_lane, ben_lane, owner_lane, settle_meeting
from userbot.rehearsal.model import Asked, Call
from userbot.rehearsal.model.scripted import Lane
from userbot.rehearsal.script import day, id_of, reply, turn
from userbot.rehearsal.story import ZONE
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


async def begun(house: House) -> None:
    """Anna and Ben have their first messages."""
    turn(owner_lane(house), "найди час", together("@ben"))
    opens(anna_lane(house), 1)
    opens(ben_lane(house), 2)
    await house.start_program()
    await house.type(house.cast.owner, COMMAND)
    await house.see(house.cast.anna, opening(1))
    await house.see(house.cast.ben, opening(2))


async def proposed(house: House) -> None:
    """Both have said when they can; tomorrow at 16:00 is put to both."""
    await begun(house)
    says_when(anna_lane(house), 1, "завтра с 14 до 18", (1, "14:00", "18:00"))
    says_when(ben_lane(house), 2, "завтра после 16 или послезавтра", (1, "16:00", "20:00"), (2, "12:00", "20:00"))
    proposes(anna_lane(house), 1, "Подойдёт завтра в 16:00?")
    proposes(ben_lane(house), 2, "Удобно завтра в 16:00?")
    await house.type(house.cast.anna, "завтра с 14 до 18")
    await house.type(house.cast.ben, "завтра после 16 или послезавтра")
    await house.see(house.cast.anna, "Подойдёт завтра в 16:00?")
    await house.see(house.cast.ben, "Удобно завтра в 16:00?")
    await house.settle()


async def agreed(house: House) -> None:
    await proposed(house)
    says_yes(anna_lane(house), 1, YES, "16:00")
    says_yes(ben_lane(house), 2, YES, "16:00")
    await house.type(house.cast.anna, YES)
    await house.see(house.cast.anna, "подтвержу, когда ответят все")
    await house.type(house.cast.ben, YES)
    await house.see(house.cast.anna, SETTLED)
    await house.see(house.cast.ben, SETTLED)
    await house.settle()


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
