"""Who takes part, and what each will say: numbered messages about named topics, the last of a topic with its result.
And what became of it: a message that was said may be changed or deleted, and the owner may take a dialog over."""

import random
from collections import Counter
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


@dataclass
class Spoken:
    """A line as it stands in the dialog now. `message_id` is its writer's, `owners_id` the owner's of the same."""

    line: Line
    message_id: int
    owners_id: int
    # What it gives as the topic's result, where it is the last one.
    result: str
    revision: int = 0
    is_deleted: bool = False

    @property
    def handle(self) -> str:
        """By what an answer names it: its number, and which of its texts."""
        return handle_of(self.line.number, self.revision)

    @property
    def text(self) -> str:
        said = f"{self.line.topic.token}: сообщение {self.line.number}"
        if self.revision:
            said += f", правка {self.revision}"
        return f"{said}, итог {self.result}" if self.line.is_last else said


def handle_of(number: str, revision: int) -> str:
    return f"{number}/{revision}" if revision else number


@dataclass
class Takeover:
    """The owner typed in a contact's dialog. `owners_ids` are those messages, `words` by which a prompt is searched."""

    owners_ids: tuple[int, ...]
    words: tuple[str, ...]
    read: set[str] = field(default_factory=set)
    is_over: bool = False


@dataclass
class Person:
    account: Account
    topics: tuple[Topic, ...]
    lines: tuple[Line, ...]
    spoken: list[Spoken] = field(default_factory=list)
    takeovers: list[Takeover] = field(default_factory=list)
    # By topic: ends that were taken back by an edit, or whose message was deleted; each is to be told.
    corrected: Counter[str] = field(default_factory=Counter)
    withdrawn: Counter[str] = field(default_factory=Counter)

    @property
    def next_line(self) -> Line | None:
        return self.lines[len(self.spoken)] if len(self.spoken) < len(self.lines) else None

    def end_of(self, topic: Topic) -> Spoken | None:
        """The message that holds the topic's result, once it was said."""
        return next((said for said in self.spoken if said.line.topic is topic and said.line.is_last), None)


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
