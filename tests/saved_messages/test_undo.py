"""Protects the owner who takes a command back: what can be undone is, once, and what cannot is said to stay."""

from dataclasses import asdict

import pytest

from tests.saved_messages.conftest import ANNA, BORIS, OWNER, START, Room
from userbot.conversation import contact, drafts, moves, owner_commit
from userbot.conversation.owner import Command
from userbot.people import Contact
from userbot.store import conversations, journal, ledger, preferences, tasks
from userbot.store import desk as items
from userbot.tasks.lifecycle import Change


def command_done(room: Room, text: str, *acts: tuple[dict[str, object], Contact]) -> Command:
    """The owner's command, and what its turn did."""
    command = room.types(text)
    assert command is not None
    journal.mark_handled([command.entry_id], "t1")
    for act, who in acts:
        owner_commit.carry_out(act, who, OWNER, command.message_id, room.now)
    return command


def undone(room: Room) -> str:
    room.refresh()
    assert room.types(".отмена") is None
    return room.answer()


def test_a_command_that_waits_for_the_model_is_never_carried_out(room: Room) -> None:
    command = room.types(". договорись с @anna")
    assert command is not None
    assert "ещё не выполнялась" in undone(room)
    entry = journal.get(command.entry_id)
    assert entry is not None
    assert entry.state == "handled"


def test_a_new_task_is_stopped_and_its_message_does_not_leave(room: Room) -> None:
    command_done(room, ". договорись с @anna", (START, ANNA))
    row_id = room.write(1)
    answer = undone(room)
    assert "«. договорись с @anna»" in answer
    assert "№ 1 остановлена" in answer
    assert "ничего не ушло" in answer
    assert room.task(1).closed_because == "stopped"
    row = ledger.get(row_id)
    assert row is not None
    assert row.state == "dropped"


def test_all_tasks_of_one_command_are_stopped_and_what_was_sent_is_said(room: Room) -> None:
    command_done(room, ". напиши обоим", (START, ANNA), (START, BORIS))
    room.deliver_to_contact(1)
    answer = undone(room)
    assert "Контакту уже ушло: 1 сообщение. Это не вернуть." in answer
    assert "№ 2 остановлена. Контакту ничего не ушло." in answer
    assert tasks.all_open() == []


def test_a_question_whom_was_meant_is_withdrawn(room: Room) -> None:
    command = command_done(room, ". договорись с Анной")
    payload = {"act": START, "candidates": [asdict(ANNA), asdict(BORIS)]}
    items.add("choose", payload, room.now, reply_to=command.message_id)
    (question,) = room.refresh()
    assert "Вопрос снят" in undone(room)
    room.types("1", reply_to=question)
    assert tasks.all_open() == []


def test_a_pause_is_taken_back_and_a_resume_too(room: Room) -> None:
    task_id = room.open()
    room.types(f".пауза {task_id}")
    assert "продолжается" in undone(room)
    assert room.task(task_id).paused is None
    room.types(f".пауза {task_id}")
    room.types(f".дальше {task_id}")
    assert "снова на паузе" in undone(room)
    assert room.task(task_id).paused == "owner"


@pytest.mark.parametrize("is_written_to", [False, True])
def test_a_stop_is_taken_back_and_what_it_dropped_is_written_anew(room: Room, is_written_to: bool) -> None:
    """The wrong number is typed easily. What was written for a moment that is past is not sent all the same."""
    task_id = room.open()
    dropped = room.write(task_id)
    if is_written_to:
        ledger.mark_sent(dropped, room.tick(), room.now)
        moves.delivered(ledger.of_task(task_id, "opening")[0], room.now)
        dropped = room.write(task_id, "reply")
    room.types(f".стоп {task_id}")
    assert f"№ {task_id} снова открыта" in undone(room)
    task = room.task(task_id)
    assert (task.status, task.closed_because) == ("in_progress" if is_written_to else "pending", None)
    row = ledger.get(dropped)
    assert row is not None
    assert row.state == "dropped"
    assert contact.needs_opening(task) is not is_written_to
    notes = [note.text for note in conversations.new_instructions(ANNA.user_id)]
    assert [note.startswith("The owner had stopped") for note in notes] == [True] * is_written_to


@pytest.mark.parametrize("paused", [Change.PAUSED, Change.TOOK_OVER])
def test_a_task_that_was_paused_before_its_stop_is_so_again(room: Room, paused: Change) -> None:
    """Who writes in the dialog in person does not want it to go on by itself."""
    task_id = room.open()
    room.deliver_to_contact(task_id)
    moves.move(task_id, paused, who="owner", now=room.now)
    before = room.task(task_id).paused
    room.types(f".стоп {task_id}")
    assert f"и на паузе, как была. Продолжить: .дальше {task_id}" in undone(room)
    assert room.task(task_id).paused == before
    assert conversations.new_instructions(ANNA.user_id) == []


def test_only_a_stop_of_the_owners_is_taken_back(room: Room) -> None:
    task_id = room.open()
    moves.move(task_id, Change.DECLINED, who="model", now=room.now)
    assert not moves.take_back_stop(task_id, room.now)
    assert not moves.take_back_stop(room.open(), room.now), "nor one that is open"


def test_a_mode_is_put_back(room: Room) -> None:
    task_id = room.open()
    room.types(f".режим {task_id} draft")
    assert "пишу без вопроса" in undone(room)
    assert room.task(task_id).mode == "auto"


def test_an_instruction_stays(room: Room) -> None:
    task_id = room.open()
    command = room.types("предложи пятницу", reply_to=room.card(task_id))
    assert command is not None
    journal.mark_handled([command.entry_id], "t1", task_id)
    moves.steer(task_id, "предложи пятницу", room.now, message_id=command.message_id)
    assert "уже передано" in undone(room)


@pytest.mark.parametrize("is_sent", [False, True])
def test_a_yes_to_a_draft_counts_until_the_message_is_sent(room: Room, is_sent: bool) -> None:
    task_id = room.open(mode="draft")
    row_id = ledger.queue(ANNA.user_id, "opening", "Здравствуйте!", room.now, task_id=task_id, state="proposed")
    moves.move(task_id, Change.PROPOSED, who="model", now=room.now)
    drafts.ask(task_id, [row_id], room.now)
    question = next(row for row in room.refresh() if row.purpose == "question")
    room.types("да", reply_to=question)
    if is_sent:
        ledger.mark_sent(row_id, room.tick(), room.now)
    answer = undone(room)
    row = ledger.get(row_id)
    assert row is not None
    if is_sent:
        assert "уже ушло" in answer
        assert row.state == "sent"
    else:
        assert "не ушло" in answer
        assert row.state == "dropped"
        assert room.task(task_id).paused == "owner"


@pytest.mark.parametrize("is_sent", [False, True])
def test_words_passed_on_are_stopped_only_before_they_left(room: Room, is_sent: bool) -> None:
    command_done(room, ". передай @anna: буду", ({"kind": "send", "query": "Анна", "text": "Буду"}, ANNA))
    row = ledger.latest(ANNA.user_id, 1)[0]
    if is_sent:
        ledger.mark_sent(row.id, room.tick(), room.now)
    answer = undone(room)
    after = ledger.get(row.id)
    assert after is not None
    assert after.state == ("sent" if is_sent else "dropped")
    assert ("уже ушло: Анна" in answer) is is_sent


def test_words_that_an_earlier_command_passed_on_are_not_taken_for_the_last_ones(room: Room) -> None:
    """A slow turn may pass them on after the next command was typed."""
    first = room.types(". передай @anna: буду")
    second = command_done(room, ". передай @boris: жду", ({"kind": "send", "query": "Борис", "text": "Жду"}, BORIS))
    assert first is not None
    journal.mark_handled([first.entry_id], "t2")
    owner_commit.carry_out({"kind": "send", "query": "Анна", "text": "Буду"}, ANNA, OWNER, first.message_id, room.now)
    answer = undone(room)
    assert "«. передай @boris: жду»" in answer
    assert "Не отправлено: Борис" in answer
    assert "Анна" not in answer
    assert second.message_id > first.message_id
    assert [row.state for row in ledger.latest(ANNA.user_id, 1)] == ["queued"]
    assert ledger.latest(BORIS.user_id, 1) == [], "dropped"


def test_settings_are_put_back_as_they_were(room: Room) -> None:
    room.types(".тихо 22-8")
    room.types(".тихо выкл")
    assert "22:00–08:00" in undone(room)
    assert preferences.quiet_hours() == (1320, 480)
    room.types(".язык en")
    undone(room)
    assert preferences.language() is None


def test_looks_and_notes_are_passed_over(room: Room) -> None:
    task_id = room.open()
    room.types(f".пауза {task_id}")
    for text in (".задачи", "купить хлеб", "..стоп", ".помощь", f".задача {task_id}", ".стопп"):
        room.types(text)
    undone(room)
    assert room.task(task_id).paused is None


def test_a_second_undo_does_not_reach_back_further(room: Room) -> None:
    first, second = room.open(), room.open()
    room.types(f".пауза {first}")
    room.types(f".пауза {second}")
    undone(room)
    assert "Уже отменено" in undone(room)
    assert room.task(first).paused == "owner"
    assert room.task(second).paused is None


def test_a_command_the_owner_deleted_is_still_the_last_one(room: Room) -> None:
    first, second = room.open(), room.open()
    room.types(f".пауза {first}")
    room.types(f".пауза {second}")
    journal.record_deletion([room.message_id])
    undone(room)
    assert room.task(first).paused == "owner"
    assert room.task(second).paused is None


def test_nothing_to_take_back(room: Room) -> None:
    room.open()
    answer = undone(room)
    assert "Отменять нечего" in answer
    assert ".стоп" in answer
    assert len(tasks.all_open()) == 1


def test_the_word_in_reply_to_a_question_is_a_no_and_no_undo(room: Room) -> None:
    """The question stands right above: that is what the owner cancels."""
    task_id = room.open()
    room.types(f".пауза {task_id}")
    room.refresh()
    items.add("approve", {"act": {"kind": "send", "text": "Буду"}, "who": asdict(ANNA)}, room.now, reply_to=50)
    question = next(row for row in room.refresh() if row.purpose == "question")
    room.types(". отмена", reply_to=question)
    assert "ничего не отправлено" in room.answer()
    assert room.task(task_id).paused == "owner"
