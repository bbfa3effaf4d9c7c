"""What the owner types, and what becomes of it without a model: a story for each command."""

from dataclasses import replace

import pytest

from tests.saved_messages.conftest import ANNA, OWNER, Room
from userbot.conversation import moves
from userbot.conversation.owner import Command
from userbot.saved_messages.commands import handle
from userbot.store import conversations, journal, ledger
from userbot.tasks.lifecycle import Change


def _state(room: Room) -> str:
    """Of the owner's last message."""
    return journal.latest(OWNER, 1)[-1].state


# --- what is a command ----------------------------------------------------------------------------------------------


def test_anything_else_after_the_prefix_is_for_the_model(room: Room) -> None:
    command = room.types(". договорись с @anna о встрече")
    assert isinstance(command, Command)
    assert (command.text, command.focus, command.owner_id) == ("договорись с @anna о встрече", None, OWNER)
    assert (command.message_id, command.revision) == (room.message_id, 1)
    # Until its turn commits it is not dealt with: a crash now loses nothing.
    assert _state(room) == "new"


@pytest.mark.parametrize("text", ["купить молоко", "..стоп 1", "...", ".. note", "да"])
def test_notes_and_a_doubled_prefix_are_no_commands(room: Room, text: str) -> None:
    """Saved Messages is the owner's notebook too."""
    task_id = room.open()
    assert room.types(text) is None
    assert _state(room) == "handled"
    assert [row for row in room.refresh() if row.purpose != "card"] == []
    assert room.task(task_id).status == "pending"


def test_another_prefix(room: Room) -> None:
    room.desk = replace(room.desk, prefix="бот ")
    task_id = room.open()
    assert room.types(f".стоп {task_id}") is None
    assert room.task(task_id).status == "pending"
    assert room.types(f"бот стоп {task_id}") is None
    assert room.task(task_id).closed_because == "stopped"


def test_only_the_owners_own_dialog_is_read_for_commands(room: Room) -> None:
    """Threat 8: a contact who writes ".stop 1" stops nothing, wherever the row came from."""
    task_id = room.open()
    entry = room.receive(ANNA.user_id, "contact", f".стоп {task_id}", room.tick())
    with pytest.raises(ValueError, match="Saved Messages"):
        handle(entry, room.desk, room.now)
    forwarded = room.receive(OWNER, "contact", f".стоп {task_id}", room.tick())
    assert handle(forwarded, room.desk, room.now) is None
    assert room.task(task_id).status == "pending"


def test_a_row_is_dealt_with_once(room: Room) -> None:
    """The same row handed in again, as after a restart, does nothing more."""
    entry = room.receive(OWNER, "owner", ".задачи", room.tick())
    for _ in range(2):
        assert handle(entry, room.desk, room.now) is None
    assert len(room.refresh()) == 1


def test_an_edited_command_does_not_run_again(room: Room) -> None:
    """Threat 9: what a command did stays done; changing its text gives no new order."""
    first, second = room.open(), room.open()
    room.types(f".стоп {first}")
    journal.record_edit(OWNER, room.message_id, f".стоп {second}")
    edited = journal.find(OWNER, [room.message_id])[0]
    assert edited.state == "new"
    assert handle(edited, room.desk, room.now) is None
    assert _state(room) == "handled"
    assert room.task(second).status == "pending"


def test_a_command_edited_before_its_turn_runs_as_it_reads_now(room: Room) -> None:
    room.types(". договорись с @anna")
    journal.record_edit(OWNER, room.message_id, ". договорись с @ben")
    command = handle(journal.find(OWNER, [room.message_id])[0], room.desk, room.now)
    assert command is not None
    assert (command.text, command.revision) == ("договорись с @ben", 2)


# --- the built-in commands ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [".tasks", ".задачи", ". Задачи", ".TASKS."])
def test_tasks(room: Room, text: str) -> None:
    """In both languages, and as a phone's keyboard writes after a full stop."""
    task_id = room.open()
    assert room.types(text) is None
    assert f"№ {task_id} · Встреча" in room.answer()


def test_no_tasks_yet_says_how_to_begin(room: Room) -> None:
    room.types(".задачи")
    assert ". договорись с @имя" in room.answer()


@pytest.mark.parametrize("text", [".task {}", ".задача {}", ". задача №{}", ".task{}"])
def test_one_task_and_how_it_came_to_be(room: Room, text: str) -> None:
    task_id = room.open()
    room.contact_writes("Можно в четыре?", task_id)
    moves.steer(task_id, "предложи пять", room.now)
    room.types(text.format(task_id))
    shown = room.answer()
    assert room.text(task_id) in shown
    for step in ("вы поставили задачу", "контакт: «Можно в четыре?»", "ваше указание: предложи пять"):
        assert step in shown


@pytest.mark.parametrize("text", [".stop {}", ".стоп {}", ". Стоп {}"])
def test_stop(room: Room, text: str) -> None:
    """Works without the model, and what is not under way yet never leaves."""
    task_id, other = room.open(), room.open()
    row_id = room.write(task_id)
    kept_id = room.write(other)
    assert room.types(text.format(task_id)) is None
    assert room.task(task_id).closed_because == "stopped"
    row, kept = ledger.get(row_id), ledger.get(kept_id)
    assert row is not None
    assert row.state == "dropped"
    assert kept is not None
    assert kept.state == "queued"
    answer = room.answer()
    assert f"№ {task_id} остановлена" in answer
    assert "Остановлено вами" in room.text(task_id)


def test_a_bare_stop_stops_the_only_open_task(room: Room) -> None:
    task_id = room.open()
    room.types(".стоп")
    assert room.task(task_id).closed_because == "stopped"


def test_a_bare_stop_with_several_open_stops_none_and_lists_them(room: Room) -> None:
    """Which one was meant is not to be guessed."""
    first, second = room.open(), room.open()
    room.types(".стоп")
    answer = room.answer()
    assert room.task(first).status == room.task(second).status == "pending"
    assert f"№ {first}" in answer
    assert f"№ {second}" in answer


def test_a_bare_stop_in_reply_to_a_card_is_for_that_task(room: Room) -> None:
    first, second = room.open(), room.open()
    room.types(".стоп", reply_to=room.card(second))
    assert room.task(first).status == "pending"
    assert room.task(second).closed_because == "stopped"


def test_stopping_what_is_over_says_so(room: Room) -> None:
    task_id = room.open()
    moves.stop(task_id, room.now)
    revision = room.task(task_id).revision
    room.types(f".стоп {task_id}")
    assert "уже закрыта" in room.answer()
    assert room.task(task_id).revision == revision


def test_pause_and_resume(room: Room) -> None:
    """After a pause the contact's conversation is told to look where things stand."""
    task_id = room.open()
    room.types(f".пауза {task_id}")
    assert room.task(task_id).paused == "owner"
    assert f".дальше {task_id}" in room.answer()
    room.types(f".resume {task_id}")
    assert room.task(task_id).paused is None
    assert "продолжается" in room.answer()
    assert len(conversations.new_instructions(ANNA.user_id)) == 1
    room.types(f".дальше {task_id}")
    assert "не на паузе" in room.answer()


def test_resume_after_a_takeover(room: Room) -> None:
    task_id = room.open()
    moves.move(task_id, Change.TOOK_OVER, who="owner", now=room.now)
    room.types(".дальше")
    assert room.task(task_id).paused is None


@pytest.mark.parametrize("text", [".help", ".помощь", ".", ". ", ".help me"])
def test_help(room: Room, text: str) -> None:
    room.types(text)
    answer = room.answer()
    for word in (".задачи", ".задача N", ".стоп N", ".пауза N", ".дальше N", ".помощь"):
        assert word in answer


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (".stop abc", ".stop 1"),
        (".стоп все задачи", ".стоп 1"),
        (".task", ".task 1"),
        (".задача первая", ".задача 1"),
        (".task 99", "№ 99 нет"),
        (".stop 99", "№ 99 нет"),
        (".stop 99999999999999999999", ".stop 1"),
        (".stpo 1", ".stop 1"),
        (".задчи", ".задачи"),
        (".hepl", ".help"),
        (".пауза 1 2", ".пауза 1"),
    ],
)
def test_a_slip_of_the_finger_costs_nothing_and_is_explained(room: Room, text: str, fact: str) -> None:
    """Neither is a task changed, nor does a mistyped stop reach the model as a wish."""
    task_id = room.open()
    before = room.task(task_id)
    assert room.types(text) is None
    assert fact in room.answer()
    assert room.task(task_id) == before


@pytest.mark.parametrize(
    "text",
    [
        ". stop asking Anna about the contract",
        ". help me arrange a call with @ben",
        ". задача для @ben: прислать отчёт",
        ".привет",
        ". напиши @ben про отчёт 5",
        ".отмени встречу с Анной",
        ". статус?",
    ],
)
def test_a_sentence_is_for_the_model(room: Room, text: str) -> None:
    task_id = room.open()
    command = room.types(text)
    assert command is not None
    assert command.text == text.removeprefix(".").strip()
    assert room.task(task_id).status == "pending"


def test_the_model_hears_of_no_built_in_command(room: Room) -> None:
    """Stop needs no model: no built-in command is ever handed on."""
    task_id = room.open()
    for words in (".tasks", f".task {task_id}", f".pause {task_id}", f".resume {task_id}", ".help", f".stop {task_id}"):
        assert room.types(words) is None
        assert _state(room) == "handled"
