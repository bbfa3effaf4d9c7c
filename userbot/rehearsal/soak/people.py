"""Who takes part, and what each will say: numbered messages about named topics, the last of a topic with its result."""

import random
from dataclasses import dataclass, field

from userbot.rehearsal.telegram import Account
from userbot.rehearsal.telegram.world import World

# Every so many dialogs hold two tasks.
TWO_TASKS_EVERY = 5


@dataclass(frozen=True)
class Topic:
    """What one task is about. `result` is what the contact says in the end, told to nobody before."""

    token: str
    result: str

    @property
    def question(self) -> str:
        return f"Что скажете о {self.token}?"

    @property
    def opening(self) -> str:
        return f"Здравствуйте, это ассистент Павла. Что скажете о {self.token}?"


@dataclass(frozen=True)
class Line:
    """A message of a contact, known by its number wherever it turns up."""

    number: str
    topic: Topic
    is_last: bool

    @property
    def text(self) -> str:
        said = f"{self.topic.token}: сообщение {self.number}"
        return f"{said}, итог {self.topic.result}" if self.is_last else said


@dataclass
class Person:
    account: Account
    topics: tuple[Topic, ...]
    lines: tuple[Line, ...]
    said: int = 0
    # Topics the owner has asked to be taken up.
    wanted: set[str] = field(default_factory=set)

    @property
    def next_line(self) -> Line | None:
        return self.lines[self.said] if self.said < len(self.lines) else None


@dataclass(frozen=True)
class Cast:
    owner: Account
    people: tuple[Person, ...]

    @property
    def topics(self) -> list[tuple[Person, Topic]]:
        return [(person, topic) for person in self.people for topic in person.topics]

    def person_of(self, token: str) -> Person | None:
        return next((person for person, topic in self.topics if topic.token == token), None)


def make_cast(world: World, dialogs: int, messages: int, dice: random.Random) -> Cast:
    """`dialogs` contacts of one owner, who will say `messages` messages together."""
    owner = world.add_account("+7 999 100-00-01", "Павел", "Орлов", username="pavel_o", password="a second secret")  # noqa: S106
    people = []
    for n in range(1, dialogs + 1):
        account = world.add_account(
            f"+7 999 200-{n // 100:02}-{n % 100:02}", "Гость", f"{n:02}", username=f"guest{n:02}"
        )
        world.add_contact(owner, account)
        world.add_contact(account, owner)
        letters = "AB" if n % TWO_TASKS_EVERY == 0 else "A"
        topics = tuple(Topic(f"K{n:02}{letter}", f"{dice.randrange(10**6):06}") for letter in letters)
        count = messages // dialogs + (n <= messages % dialogs)
        people.append(Person(account, topics, _lines(n, topics, max(count, len(topics)), dice)))
    return Cast(owner, tuple(people))


def _lines(n: int, topics: tuple[Topic, ...], count: int, dice: random.Random) -> tuple[Line, ...]:
    """The last message of the last topic is the dialog's last: what comes after a task's end is not answered."""
    lines: list[Line] = []
    left = list(topics)
    for at in range(1, count + 1):
        room = count - at - len(left)
        ends = at == count or room < 0 or (len(left) > 1 and at > count // 2)
        topic = left[0] if ends else dice.choice(left)
        lines.append(Line(f"{n:02}-{at:03}", topic, ends))
        if ends:
            left.remove(topic)
    return tuple(lines)
