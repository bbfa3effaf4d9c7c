"""The model's part in flow tests: a meeting with Anna and a question to Ben, as the owner's conversation opens them."""

from collections.abc import Callable

from userbot.rehearsal.model import Asked, Call
from userbot.rehearsal.model.scripted import Lane
from userbot.rehearsal.script import day, id_of, reply, start, turn
from userbot.rehearsal.story import WEEKDAYS, ZONE, cards

from .conftest import House

MEETING = ". договорись с @anna о встрече завтра с 12 до 20 МСК, на час"
QUESTION = ". спроси у @ben, какая версия финальная"
OPENING = "Аня, привет! Это ассистент Павла. Встретимся завтра в 14:00 по Москве?"
AT_THREE = "давай в 15"
OPENING_BEN = "Hi Ben, Pavel's assistant here. Which version is the final one?"


def owner_lane(house: House) -> Lane:
    return house.model.lane("owner", "You are the secretary inside")


def anna_lane(house: House) -> Lane:
    return house.model.lane("Анна", '{"contact": "Анна Кузнецова"}')


def ben_lane(house: House) -> Lane:
    return house.model.lane("Ben", '{"contact": "Ben Carter"}')


def meeting(user: str = "@anna", private_notes: str | None = None) -> Callable[[Asked], list[Call]]:
    """Tomorrow, 12 to 20 Moscow time, an hour."""

    def calls(asked: Asked) -> list[Call]:
        tomorrow = day(asked, 1)
        return [
            start(
                user,
                "meeting",
                {
                    "topic": "встреча",
                    "when_words": f"завтра, {tomorrow:%d.%m}, с 12 до 20 по Москве",
                    "duration_minutes": 60,
                    "place": None,
                    "timezone": ZONE,
                },
                mandate={
                    "windows": [{"date": tomorrow.isoformat(), "from": "12:00", "to": "20:00"}],
                    "timezone": ZONE,
                    "duration_minutes": 60,
                },
                private_notes=private_notes,
            )
        ]

    return calls


def question(user: str, text: str = "Which version is the final one?") -> Callable[[Asked], list[Call]]:
    context: dict[str, object] = {"question": text, "details": None, "choices": None, "answer_format": None}
    return lambda _: [start(user, "question", context)]


def settle_meeting(asked: Asked, task_id: int, said: str, at: str, ahead: int = 1) -> Call:
    """update_conversation with what the contact said in the message `said`."""
    when = day(asked, ahead)
    result = {
        "date": when.isoformat(),
        "time": at,
        "timezone": ZONE,
        "duration_minutes": 60,
        "weekday": WEEKDAYS[when.weekday()],
        "said": said,
        "place": None,
        "summary": "Анна согласилась.",
    }
    evidence = [id_of(asked, said)]
    return Call(
        "update_conversation", {"task_id": task_id, "status": "completed", "result": result, "evidence": evidence}
    )


def steers(
    task_id: int, words: str, *aheads: int, start: str = "12:00", end: str = "20:00", **more: object
) -> Callable[[Asked], list[Call]]:
    """steer_conversation to these hours of the days that lie so far ahead, with the owner's words for the contact."""

    def calls(asked: Asked) -> list[Call]:
        windows = [{"date": day(asked, n).isoformat(), "from": start, "to": end} for n in aheads]
        mandate = {"windows": windows, "timezone": ZONE, "duration_minutes": 60}
        return [Call("steer_conversation", {"task_id": task_id, "instruction": words, "mandate": mandate, **more})]

    return calls


async def open_meeting(house: House) -> None:
    """The owner asks for the meeting, and Anna has the first message."""
    turn(owner_lane(house), "договорись", meeting())
    turn(anna_lane(house), "Write the first message of task 1", lambda _: [reply(1, OPENING)])
    await house.type(house.cast.owner, MEETING)
    await house.see(house.cast.anna, OPENING)


async def open_question(house: House) -> None:
    """The owner asks Ben something, and Ben has the first message."""
    turn(owner_lane(house), "спроси у @ben", question("@ben"))
    turn(ben_lane(house), "Write the first message", lambda _: [reply(1, OPENING_BEN)])
    await house.type(house.cast.owner, QUESTION)
    await house.see(house.cast.ben, OPENING_BEN)


async def agree_at_three(house: House) -> int:
    """From the start on: the meeting, to which Anna agrees at 15:00. Returns her message's id, in her own dialog."""
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), AT_THREE, lambda asked: [settle_meeting(asked, 1, AT_THREE, "15:00"), reply(1, "Ждём!")])
    message_id = await house.type(house.cast.anna, AT_THREE)
    await house.see(house.cast.anna, "Ждём!")
    await house.settle()
    assert "Договорились" in cards(house)[1]
    return message_id
