"""The story the demo plays and a test holds: three tasks at once, a contact who declines twice, a crash in between.

It is told in beats: somebody types, and the story waits until what must follow is seen on Telegram. The model's part
is written out; the dates and message ids in it are read from the prompt, as a model would.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from telethon import TelegramClient

from userbot.rehearsal.model import Call, Said, ScriptedModel, Step
from userbot.rehearsal.script import day, id_of, reply, start, turn
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.message import Message
from userbot.rehearsal.telegram.world import World

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS_RU = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")
ZONE = "Europe/Moscow"
# Real seconds in the demo; in a test the loop's, which jump.
PATIENCE_S = 40.0


class StoryFailed(AssertionError):
    """The story did not come out; the text says what was waited for in vain, or what is wrong."""


@dataclass(frozen=True)
class Cast:
    owner: Account
    anna: Account
    ben: Account


def make_cast(world: World) -> Cast:
    """Three accounts that know each other, with a few messages behind them that set language and tone."""
    owner = world.add_account("+7 999 100-00-01", "Павел", "Орлов", username="pavel_o", password="a second secret")  # noqa: S106
    anna = world.add_account("+7 999 100-00-02", "Анна", "Кузнецова", username="anna")
    ben = world.add_account("+44 7700 900003", "Ben", "Carter", username="ben")
    for contact in (anna, ben):
        world.add_contact(owner, contact)
        world.add_contact(contact, owner)
    world.send(owner, anna, "Привет! Спасибо, что помогла с отчётом")
    world.send(anna, owner, "Да не за что, обращайся :)")
    world.send(ben, owner, "Hi Pavel, the contract is with our lawyers now.")
    world.send(owner, ben, "Thanks, Ben!")
    return Cast(owner, anna, ben)


class Stage(Protocol):
    """Where the story is played: a Telegram, a phone in everybody's hands, and the program, which can die."""

    @property
    def server(self) -> TelegramServer: ...
    @property
    def model(self) -> ScriptedModel: ...
    @property
    def cast(self) -> Cast: ...
    @property
    def phones(self) -> Mapping[int, TelegramClient]: ...

    def tell(self, line: str) -> None: ...

    async def start_program(self) -> None: ...

    async def kill_program(self) -> None: ...


async def play(stage: Stage) -> None:
    """The whole story. Raises StoryFailed when it does not come out."""
    cast = stage.cast
    write_script(stage.model)
    saved = _Dialog(stage, cast.owner, cast.owner)
    with_anna = _Dialog(stage, cast.anna, cast.owner)
    with_ben = _Dialog(stage, cast.ben, cast.owner)
    await stage.start_program()

    stage.tell("The owner wants a meeting.")
    await saved.type(". договорись с @anna о встрече завтра с 12 до 20 МСК, на час")
    await with_anna.see("ассистент Павла")
    await saved.see("Анна Кузнецова")

    stage.tell("Two more tasks meanwhile: a question to somebody else, and a request to the same person.")
    await saved.type(". спроси у @ben, какая версия договора финальная. Не говори, что мы торопимся из-за аудита")
    await with_ben.see("Pavel's assistant")
    await saved.type(". попроси @anna прислать презентацию, срок - три дня")
    await with_anna.see("презентаци")

    stage.tell("Anna declines twice.")
    await with_anna.type("завтра в два у меня уже другая встреча")
    await with_anna.see("17:00")
    await with_anna.type("в пять тоже никак, извини")
    await with_anna.see("какое время")

    stage.tell("Ben answers his own question; nothing of Anna's shows there.")
    await with_ben.type("The final one is v3, from Monday.")
    await with_ben.see("Thank you, Ben")

    stage.tell("The program is killed (SIGKILL). Anna answers while it is dead; then it is started again.")
    await stage.kill_program()
    await with_anna.type("давай в полседьмого")
    await with_anna.type("и презентацию пришлю послезавтра")
    await stage.start_program()
    await with_anna.see("18:30")
    await with_anna.see("Спасибо за презентацию")

    stage.tell("What Anna took on stays open until it is done: she says so, and the owner reads it in her words.")
    await saved.see("взято, срок")
    await with_anna.type("презентация готова, отправила на почту")
    await with_anna.see("Спасибо большое")
    await saved.see("«презентация готова, отправила на почту»")

    stage.tell("The owner asks how it stands, looks at the list, and stops a task that is no longer needed.")
    await saved.type(". что с @anna?")
    await saved.see("Анна согласилась на 18:30")
    await saved.type(". спроси у @ben, когда он в отпуске")
    await with_ben.see("holiday")
    await saved.type(".стоп 4")
    await saved.see("Задача № 4 остановлена")
    await saved.type(".tasks")
    await saved.see("Открытых задач нет")
    await saved.type(".task 1")
    await saved.see("записан итог")
    await stage_until(stage, lambda: _came_out(stage), "the four cards to show how the tasks ended")
    stage.model.check()


class _Dialog:
    """One person's side of a dialog with the owner's account."""

    def __init__(self, stage: Stage, writer: Account, owner: Account) -> None:
        self._stage = stage
        self._writer = writer
        self._owner = owner
        self._seen_to = max((m.id for m in self._messages()), default=0)

    def _messages(self) -> list[Message]:
        return self._stage.server.world.dialog(self._writer, self._owner)

    async def type(self, text: str) -> None:
        await self._stage.phones[self._writer.id].send_message(self._owner.id, text)

    async def see(self, fragment: str) -> None:
        """Until a message with this in it stands in the dialog that was not seen before."""

        def arrived() -> bool:
            for message in self._messages():
                if message.id > self._seen_to and fragment in message.text and not message.text.startswith("."):
                    if self._writer is not self._owner:
                        self._seen_to = message.id
                    return True
            return False

        await stage_until(self._stage, arrived, f"{fragment!r} in the dialog of {self._writer.first_name}")


async def stage_until(stage: Stage, holds: Callable[[], bool], what: str) -> None:
    """Wait for something to be true on this Telegram. Raises StoryFailed after PATIENCE_S."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while not holds():
        if stage.model.failures:
            raise StoryFailed("the model was asked what the story does not hold:\n" + "\n".join(stage.model.failures))
        if loop.time() > until:
            raise StoryFailed(f"waited {PATIENCE_S:g} s in vain for {what}")
        await asyncio.sleep(0.05)


def cards(stage: Stage) -> dict[int, str]:
    """The text of every task's card in Saved Messages, by task number."""
    owner = stage.cast.owner
    found: dict[int, str] = {}
    for message in stage.server.world.dialog(owner, owner):
        if (match := re.search(r"№\s?(\d+)", message.text.split("\n")[0])) and not message.text.startswith("."):
            found.setdefault(int(match.group(1)), message.text)
    return found


def _came_out(stage: Stage) -> bool:
    shown = cards(stage)
    wanted = {
        1: ("18:30", "давай в полседьмого"),
        2: ("v3", "The final one is v3, from Monday."),
        3: ("Сделано, по словам контакта", "пришлю послезавтра", "презентация готова, отправила на почту"),
        4: (),
    }
    return all(number in shown and all(part in shown[number] for part in parts) for number, parts in wanted.items())


# --- the model's part -----------------------------------------------------------------------------------------------


def write_script(model: ScriptedModel) -> None:
    """Every reply of the model, one lane a conversation. A request that is not in here fails the story."""
    owner = model.lane("owner", "You are the secretary inside")
    anna = model.lane("Анна", '{"contact": "Анна Кузнецова"}')
    ben = model.lane("Ben", '{"contact": "Ben Carter"}')

    turn(
        owner,
        "договорись с @anna",
        lambda asked: [
            start(
                "@anna",
                "meeting",
                {
                    "topic": "встреча с Павлом",
                    "when_words": f"завтра, {day(asked, 1):%d.%m}, с 12 до 20 по Москве",
                    "duration_minutes": 60,
                    "place": None,
                    "timezone": ZONE,
                },
                mandate={
                    "windows": [{"date": day(asked, 1).isoformat(), "from": "12:00", "to": "20:00"}],
                    "timezone": ZONE,
                    "duration_minutes": 60,
                },
            )
        ],
    )
    turn(
        anna,
        "Write the first message of task 1",
        lambda asked: [
            reply(
                1,
                "Аня, привет! Это ассистент Павла. Он хотел бы встретиться с тобой завтра на час. "
                f"Удобно в {WEEKDAYS_RU[day(asked, 1).weekday()]} в 14:00 по Москве?",
            )
        ],
    )
    turn(
        owner,
        "спроси у @ben, какая версия",
        lambda _: [
            start(
                "@ben",
                "question",
                {
                    "question": "Which version of the contract is the final one?",
                    "details": None,
                    "choices": None,
                    "answer_format": None,
                },
                private_notes="мы торопимся из-за аудита",
            )
        ],
    )
    turn(
        ben,
        "Write the first message of task 2",
        lambda _: [reply(2, "Hi Ben, Pavel's assistant here. Which version of the contract is the final one?")],
    )
    turn(
        owner,
        "попроси @anna прислать",
        lambda asked: [
            start(
                "@anna",
                "task_assignment",
                {
                    "what": "прислать презентацию",
                    "why": None,
                    "due_words": "в течение трёх дней",
                    "due_date": day(asked, 3).isoformat(),
                },
            )
        ],
    )
    turn(
        anna,
        "Write the first message of task 3",
        lambda _: [reply(3, "И ещё Павел просит прислать презентацию в течение трёх дней. Сможешь?")],
    )
    turn(anna, "завтра в два", lambda _: [reply(1, "Понимаю! А завтра в 17:00?")])
    turn(
        anna,
        "в пять тоже никак",
        lambda _: [
            reply(1, "Не беда. Тогда какое время завтра до восьми вечера подошло бы тебе?"),
            Call("notify_owner", {"task_id": 1, "message": "Анне не подошли 14:00 и 17:00, спросила её время."}),
        ],
    )
    turn(
        ben,
        "The final one is v3",
        lambda asked: [
            Call(
                "update_conversation",
                {
                    "task_id": 2,
                    "status": "completed",
                    "result": {
                        "answer": "v3, from Monday",
                        "choice": None,
                        "number": None,
                        "unit": None,
                        "quote": "The final one is v3, from Monday.",
                        "summary": "Финальная версия договора - v3, от понедельника.",
                    },
                    "evidence": [id_of(asked, "The final one is v3, from Monday.")],
                },
            ),
            reply(2, "Thank you, Ben! I will pass it on to Pavel."),
        ],
    )
    turn(
        anna,
        "давай в полседьмого",
        lambda asked: [
            Call(
                "update_conversation",
                {
                    "task_id": 1,
                    "status": "completed",
                    "result": {
                        "date": day(asked, 1).isoformat(),
                        "time": "18:30",
                        "timezone": ZONE,
                        "duration_minutes": 60,
                        "weekday": WEEKDAYS[day(asked, 1).weekday()],
                        "said": "давай в полседьмого",
                        "place": None,
                        "summary": "Анна будет завтра в 18:30; раньше у неё другие дела.",
                    },
                    "evidence": [id_of(asked, "давай в полседьмого")],
                },
            ),
            Call(
                "update_conversation",
                {
                    "task_id": 3,
                    "status": "completed",
                    "result": {
                        "accepted": True,
                        "conditions": None,
                        "due_date": day(asked, 2).isoformat(),
                        "due_time": None,
                        "timezone": ZONE,
                        "price": None,
                        "summary": "Анна пришлёт презентацию послезавтра.",
                    },
                    "evidence": [id_of(asked, "и презентацию пришлю послезавтра")],
                },
            ),
            reply(1, f"Отлично, записала: {day(asked, 1):%d.%m} в 18:30 по Москве, на час. До встречи!"),
            reply(3, "Спасибо за презентацию, передам Павлу, что пришлёшь послезавтра."),
        ],
    )
    turn(
        anna,
        ("презентация готова", '"taken_on"'),
        lambda asked: [
            Call(
                "report_progress",
                {
                    "task_id": 3,
                    "state": "done",
                    "due_date": None,
                    "due_time": None,
                    "timezone": None,
                    "evidence": [id_of(asked, "презентация готова, отправила на почту")],
                },
            ),
            reply(3, "Спасибо большое! Передам Павлу."),
        ],
    )
    owner.add(
        Step(Said(calls=(Call("get_conversation_status", {"task_id": 1}),)), "что с @anna?"),
        Step(
            Said(calls=(Call("reply", {"text": "Анна согласилась на 18:30 завтра, всё записано."}),)),
            '"closed_because": "agreed"',
        ),
        Step(Said("done")),
    )
    turn(
        owner,
        "когда он в отпуске",
        lambda _: [
            start(
                "@ben",
                "question",
                {
                    "question": "When is he on holiday?",
                    "details": None,
                    "choices": None,
                    "answer_format": None,
                },
            )
        ],
    )
    turn(ben, "Write the first message of task 4", lambda _: [reply(4, "One more thing: when are you on holiday?")])
