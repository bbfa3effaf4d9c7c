"""Protects the owner's word at the commit: a command is carried out once, whole, as it reads then, or not at all."""

from dataclasses import replace

import peewee
import pytest

from tests.conversation.commands import MEET, SEND, STATUS, STEER, act, commit
from tests.conversation.conftest import (
    ANNA,
    BORIS,
    SETTING,
    Room,
    call,
    everything,
)
from userbot.conversation import moves
from userbot.conversation.owner import Command
from userbot.conversation.owner_commit import carry_out
from userbot.conversation.owner_tools import OwnerToolbox
from userbot.conversation.tool_arguments import BadArguments
from userbot.people import Contact
from userbot.rehearsal.model import Call
from userbot.store import conversations, desk, journal
from userbot.store.database import db
from userbot.tasks.budgets import Limits

# --- the commit -----------------------------------------------------------------------------------------------------


async def decided(room: Room, command: Command) -> OwnerToolbox:
    toolbox = room.owner_toolbox(command)
    await toolbox.call(call("start_conversation", **MEET))
    await toolbox.call(call("send_to_user", **SEND))
    await toolbox.call(call("send_to_user", user="Ян", text="привет"))
    return toolbox


async def test_a_command_is_carried_out_once(room: Room) -> None:
    command = room.command(". договорись")
    toolbox = await decided(room, command)
    assert commit(room, command, toolbox)
    before = everything()
    assert not commit(room, command, toolbox)
    assert everything() == before
    assert room.entry(command.message_id, Contact(1000, 1, "Олег")).state == "handled"


@pytest.mark.parametrize("change", ["edited", "deleted"])
async def test_a_command_the_owner_changed_meanwhile_is_not_carried_out(room: Room, change: str) -> None:
    """Invariant 3: an edited one runs again as it now reads."""
    command = room.command(". договорись с Анной")
    toolbox = await decided(room, command)
    if change == "edited":
        journal.record_edit(1000, command.message_id, ". договорись с Борисом")
    else:
        journal.record_deletion([command.message_id])
    before = everything()
    assert not commit(room, command, toolbox)
    assert everything() == before


async def test_a_commit_that_fails_in_the_middle_leaves_nothing(room: Room) -> None:
    """Invariant 2: the task is not opened without the message that belongs to it."""
    command = room.command(". договорись")
    toolbox = await decided(room, command)
    before = everything()
    db.execute_sql("CREATE TEMP TRIGGER full_disk BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'disk full'); END")  # type: ignore[no-untyped-call]
    with pytest.raises(peewee.IntegrityError, match="disk full"):
        commit(room, command, toolbox)
    db.execute_sql("DROP TRIGGER full_disk")  # type: ignore[no-untyped-call]
    assert everything() == before
    assert commit(room, command, toolbox)


async def test_a_task_that_ended_meanwhile_is_neither_steered_nor_stopped(busy: Room) -> None:
    command = busy.command(". Анне: пятница; и хватит")
    toolbox = busy.owner_toolbox(command)
    await toolbox.call(call("steer_conversation", **STEER))
    await toolbox.call(call("cancel_conversation", task_id=1))
    moves.stop(1, busy.now)
    ended = busy.task(1)
    assert commit(busy, command, toolbox)
    assert busy.task(1) == ended
    assert conversations.new_instructions(ANNA.user_id) == []
    # Nor is the owner told that it was.
    told = [item.payload["what"] for item in desk.unposted() if item.reply_to == command.message_id]
    assert told == ["closed", "closed"]


async def test_words_for_a_paused_task_are_said_to_wait(busy: Room) -> None:
    command = busy.command(". Анне: пятница")
    moves.pause(1, busy.now)
    await act(busy, command, Call("steer_conversation", STEER))
    told = [item.payload["what"] for item in desk.unposted() if item.reply_to == command.message_id]
    assert told == ["passed_on_paused"]


async def test_one_command_passes_words_on_to_no_more_new_people_than_a_day_allows(room: Room) -> None:
    """Invariant 13: those promised in this very turn count."""
    command = room.command(". передай Анне и Борису")
    setting = replace(SETTING, limits=Limits(first_contacts=1))
    toolbox = OwnerToolbox(command, setting, room.phonebook, room.now)
    await toolbox.call(call("send_to_user", user="@anna", text="привет"))
    with pytest.raises(BadArguments, match="no more new people"):
        await toolbox.call(call("send_to_user", **SEND))
    await toolbox.call(call("send_to_user", user="@anna", text="и ещё раз"))
    assert commit(room, command, toolbox)
    assert room.queued(BORIS) == []
    assert len(room.queued()) == 2


async def test_a_cancel_stops_at_once(busy: Room) -> None:
    waiting = busy.queue(1)
    await act(busy, busy.command(". отмени встречу с Анной"), Call("cancel_conversation", {"task_id": 1}))
    assert (busy.task(1).status, busy.task(1).closed_because) == ("cancelled", "stopped")
    assert busy.row(waiting).state == "dropped"


async def test_status_and_list_are_shown_by_code(busy: Room) -> None:
    command = busy.command(". как дела?")
    await act(busy, command, STATUS, Call("list_conversations"))
    items = desk.unposted()
    assert [(item.kind, item.task_id, item.reply_to) for item in items] == [
        ("status", 1, command.message_id),
        ("list", None, command.message_id),
    ]


def test_an_approved_act_without_a_person_reaches_nobody(room: Room) -> None:
    with pytest.raises(ValueError, match="nobody to reach"):
        carry_out({"kind": "send", "query": "?", "text": "привет"}, None, 1000, None, room.now)


async def test_a_stop_that_a_contacts_words_led_to_waits_for_a_yes(busy: Room) -> None:
    other = busy.going(busy.open_question(BORIS))
    await act(busy, busy.command(". что с Анной?"), STATUS, Call("cancel_conversation", {"task_id": 2}))
    assert other
    assert busy.task(2).status == "in_progress"
    (question,) = [item for item in desk.unposted() if item.kind == "approve"]
    assert (question.task_id, question.payload["act"]) == (
        2,
        {"kind": "cancel", "task_id": 2, "tells": False, "words": None},
    )
    carry_out(question.payload["act"], None, 1000, None, busy.now)
    assert busy.task(2).closed_because == "stopped"
