"""Protects the bill and the right task: an owner's prompt stays short with fifty tasks and five hundred commands, and
still holds the whole of whichever task the command is about."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conversation.conftest import MEETING, NOW, OWNER, SETTING, Room
from tests.tokens import tokens_of
from userbot.conversation import owner, recalling
from userbot.conversation.owner import Command
from userbot.people import Contact
from userbot.store import desk, journal, tasks
from userbot.store.database import transaction

NAMES = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Инна", "Кирилл")
SURNAMES = ("Петров", "Орлов", "Гусев", "Панов", "Волков")
COMMAND = ". договорись с @ira о встрече завтра, 12–20 МСК, на час, обсудить смету на объект на Лесной"


def people(count: int) -> Iterator[Contact]:
    for number in range(count):
        yield Contact(3000 + number, 1, NAMES[number % 10], SURNAMES[number // 10 % 5], f"person{number}")


def busy(room: Room, tasks_: int, commands: int) -> None:
    with transaction():
        for person in people(tasks_):
            room.open(person, context={**MEETING, "topic": f"обсудить договор с {person.first_name}"})
        for number in range(commands):
            command = room.command(f"{COMMAND} № {number}")
            journal.mark_handled([command.entry_id], "t")
            desk.add("said", {"text": f"Готово {number}. " * 20}, room.now, reply_to=command.message_id)


def listed(text: str) -> dict[int, dict[str, Any]]:
    return {
        one["task_id"]: one
        for one in map(json.loads, recalling.known_tasks(text, SETTING.skills, NOW).splitlines())
        if "task_id" in one
    }


def cost(room: Room, command: Command) -> int:
    return tokens_of(owner.prompt(command, SETTING, room.now), room.owner_toolbox(command).tools)


def test_a_command_costs_little_while_nothing_else_is_open(room: Room) -> None:
    assert cost(room, room.command(COMMAND)) < 2_700


def test_a_command_costs_no_more_however_many_tasks_and_commands_there_were(room: Room) -> None:
    """Issue 7."""
    busy(room, 50, 500)
    some = cost(room, room.command(COMMAND))
    busy(room, 100, 500)
    assert some < 6_300
    assert cost(room, room.command(COMMAND)) < some * 1.1


def test_long_commands_are_cut_where_they_are_only_remembered(room: Room) -> None:
    command = room.command("слово " * 600)
    journal.mark_handled([command.entry_id], "t")
    assert len(recalling.earlier(OWNER.user_id, room.tick())) < recalling.SAID_LIMIT + 100


@pytest.mark.parametrize(
    "text", [". отмени задачу 3", ". отмени встречу с Верой", ". Вере больше не пиши", ". @person2: не надо", ". vera?"]
)
def test_the_task_a_command_names_is_shown_whole(room: Room, text: str) -> None:
    """A change to it starts from its brief and its mandate, however long nothing has changed in it."""
    busy(room, 50, 0)
    assert listed(text)[3]["brief"]["topic"] == "обсудить договор с Вера"
    assert listed(text)[3]["mandate"]["timezone"] == "Europe/Moscow"
    assert "brief" not in listed(". как дела?")[3]


def test_every_open_task_can_be_told_by_its_person_and_matter(room: Room) -> None:
    busy(room, 30, 0)
    known = listed(". как дела?")
    assert set(known) == set(range(1, 31))
    assert known[1]["with"] == "Анна Петров"
    assert known[1]["about"] == "обсудить договор с Анна"
    assert sum("brief" in one for one in known.values()) == recalling.CHANGED_LAST


def test_what_is_not_shown_is_counted(room: Room) -> None:
    busy(room, 60, 0)
    last = json.loads(recalling.known_tasks(". как дела?", SETTING.skills, room.now).splitlines()[-1])
    assert last["left_out"].startswith("11 more open tasks")


def test_tasks_closed_lately_are_told_however_many_are_open(room: Room) -> None:
    """For "and him too": what ended an hour ago is not forgotten."""
    busy(room, 50, 0)
    tasks.change(7, who="owner", what="stopped", now=room.now, status="cancelled", closed_because="stopped")
    assert listed(". как дела?")[7]["closed_because"] == "stopped"


def test_what_is_as_usual_is_not_said(room: Room) -> None:
    """An owner's prompt holds each open task: what says nothing costs every time."""
    busy(room, 1, 0)
    assert listed(". как дела?")[1].keys() == {
        *("task_id", "type", "with", "status", "waiting_for", "brief", "mandate")
    }
    tasks.change(1, who="owner", what="paused", now=room.now, paused="owner", mode="draft")
    assert (listed(". как дела?")[1]["paused"], listed(". как дела?")[1]["mode"]) == ("owner", "draft")


def test_a_task_more_changes_nothing_that_stands_before_it(room: Room) -> None:
    """Providers reuse a prompt from its beginning: tools and rules stay as they are."""
    busy(room, 10, 0)
    command = room.command(COMMAND)
    tools, prompt = room.owner_toolbox(command).tools, owner.prompt(command, SETTING, room.now)
    room.open(Contact(4000, 1, "Ирина"))
    command = room.command(COMMAND)
    assert room.owner_toolbox(command).tools == tools
    assert owner.prompt(command, SETTING, room.now)[0] == prompt[0]


def test_a_command_that_names_many_shows_few_of_them_whole(room: Room) -> None:
    busy(room, 30, 0)
    known = listed(f". отмени {', '.join(map(str, range(1, 25)))}")
    assert sum("brief" in one for one in known.values()) == recalling.WHOLE
    assert set(known) == set(range(1, 31))
