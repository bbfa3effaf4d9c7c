"""Protects what a conversation reads: the dialog whole and in order, and each instruction of the owner's once."""

import pytest

from tests.store.conftest import ANNA, BORIS, NOW, OWNER, entry, later, new_task, receive, send
from userbot.store import conversations, journal, ledger

pytestmark = pytest.mark.usefixtures("database")


def wrote(message_id: int | None, text: str, peer_id: int = ANNA, **more: object) -> int:
    ledger_id = ledger.queue(peer_id, "reply", text, NOW, **more)  # type: ignore[arg-type]
    if message_id is not None:
        send(ledger_id, message_id)
    return ledger_id


def texts(limit: int = 20) -> list[str]:
    return [line.text for line in conversations.dialog(ANNA, limit)]


# --- the dialog -----------------------------------------------------------------------------------------------------


def test_both_sides_stand_in_the_order_of_their_messages() -> None:
    """Clocks differ; ids do not."""
    receive(3, "два")
    wrote(1, "ноль")
    receive(2, "раз", state="history")
    receive(5, "сам", author="owner", state="history")
    wrote(4, "три", reply_to=3)
    wrote(None, "ещё в пути")
    receive(9, "другой диалог", peer_id=BORIS)
    wrote(10, "другой диалог", BORIS)
    lines = conversations.dialog(ANNA, 20)
    assert [(line.speaker, line.text) for line in lines] == [
        ("assistant", "ноль"),
        ("contact", "раз"),
        ("contact", "два"),
        ("assistant", "три"),
        ("owner", "сам"),
        ("assistant", "ещё в пути"),
    ]
    assert [line.message_id for line in lines] == [1, 2, 3, 4, 5, None]
    assert [line.is_new for line in lines] == [False, False, True, False, False, False]
    assert lines[3].reply_to == 3


def test_only_the_last_messages_are_read() -> None:
    for message_id in range(1, 8):
        receive(message_id, str(message_id), state="history")
    wrote(8, "8")
    wrote(None, "9")
    assert texts(3) == ["7", "8", "9"]


def test_the_dialog_begins_alike_for_a_while() -> None:
    """Providers reuse a prompt up to its first difference: a window that slid with every message would leave none."""
    starts, sizes = [], []
    for message_id in range(1, 61, 2):
        receive(message_id, str(message_id), state="history")
        wrote(message_id + 1, str(message_id + 1))
        shown = texts()
        starts.append(int(shown[0]))
        sizes.append(len(shown))
        assert shown[-20:] == [str(n) for n in range(max(1, message_id - 18), message_id + 2)], "the last ones always"
    assert max(sizes) <= 30
    assert starts == sorted(starts)
    assert len(set(starts)) == 5, "at 30 messages more, four moves of ten"


def test_a_message_that_is_new_is_read_however_old_it_is() -> None:
    """An edit of an old message, or the first of a flood: a turn that takes it as dealt with must have seen it."""
    receive(1, "в три")
    journal.mark_handled([entry(1).id], "t1")
    for message_id in range(2, 6):
        receive(message_id, str(message_id), state="history")
    journal.record_edit(ANNA, 1, "в пять")
    assert texts(3) == ["в пять", "3", "4", "5"]
    assert conversations.dialog(ANNA, 3)[0].was_edited
    for message_id in range(10, 15):
        receive(message_id, str(message_id))
    assert texts(3) == ["в пять", "10", "11", "12", "13", "14"]


def test_what_is_gone_or_not_settled_is_not_in_the_dialog() -> None:
    receive(1, "удалено")
    journal.record_deletion([1])
    receive(2, "чьё?", author="owner", state="held")
    task_id = new_task()
    wrote(None, "остановлено", task_id=task_id)
    ledger.drop_queued(task_id)
    ledger.mark_failed(wrote(None, "не дошло"), "USER_IS_BLOCKED")
    ledger.queue(OWNER, "card", "карточка", NOW)
    assert texts() == []


def test_our_own_message_is_ours_even_while_the_journal_holds_it() -> None:
    """It came as an update before the answer to the request that sent it."""
    receive(1, "Здравствуйте!", author="owner", state="history")
    wrote(1, "Здравствуйте!")
    assert [(line.speaker, line.text) for line in conversations.dialog(ANNA, 20)] == [("assistant", "Здравствуйте!")]


# --- notes ----------------------------------------------------------------------------------------------------------


def test_an_instruction_is_new_until_a_turn_took_it() -> None:
    conversations.add_note(ANNA, "instruction", "предложи пятницу", NOW, task_id=1)
    conversations.add_note(ANNA, "did", "asked the owner", later(minutes=1), task_id=1, turn_id="t1")
    (note,) = conversations.new_instructions(ANNA)
    assert (note.text, note.task_id) == ("предложи пятницу", 1)
    assert conversations.peers_with_instructions() == {ANNA}
    assert noted("instruction") == []
    conversations.mark_read([note.id], "t2")
    assert conversations.new_instructions(ANNA) == []
    assert conversations.peers_with_instructions() == set()
    assert (noted("instruction"), noted("did")) == (["предложи пятницу"], ["asked the owner"])


def test_notes_of_one_dialog_are_read_in_no_other() -> None:
    conversations.add_note(BORIS, "instruction", "только Борису", NOW, task_id=1)
    conversations.add_note(BORIS, "did", "сделано с Борисом", NOW, task_id=1)
    assert conversations.new_instructions(ANNA) == []
    assert noted("did") == []


def test_the_last_notes_of_the_tasks_asked_for_oldest_first() -> None:
    for number in range(4):
        conversations.add_note(ANNA, "did", str(number), NOW, task_id=1)
        conversations.add_note(ANNA, "did", f"другая {number}", NOW, task_id=2)
    assert noted("did", 2) == ["2", "3"]


def noted(kind: conversations.Kind, limit: int = 5) -> list[str]:
    return [note.text for note in conversations.latest_notes(ANNA, kind, [1], limit)]


# --- what is older --------------------------------------------------------------------------------------------------


def test_older_messages_are_those_before_one_whoever_wrote_them() -> None:
    receive(1, "раз")
    wrote(2, "два")
    receive(3, "три")
    receive(4, "четыре")
    assert [line.text for line in conversations.older(ANNA, 4, 2)] == ["два", "три"]
    assert [line.text for line in conversations.older(ANNA, 3, 9)] == ["раз", "два"]
    assert conversations.older(ANNA, 1, 9) == []
    assert [(line.speaker, line.text) for line in conversations.named(ANNA, [2, 3])] == [
        ("assistant", "два"),
        ("contact", "три"),
    ]
    assert conversations.count(ANNA) == 4


def test_a_message_is_found_in_its_own_dialog_only() -> None:
    """Invariant 9: an id of somebody else's dialog brings nothing into this one."""
    receive(1, "Борису", peer_id=BORIS)
    wrote(2, "тоже ему", BORIS)
    assert conversations.named(ANNA, [1, 2]) == []
    assert conversations.older(ANNA, 9, 9) == []


def test_what_was_deleted_is_not_found_by_its_id() -> None:
    receive(1, "раз")
    journal.record_deletion([1])
    assert conversations.named(ANNA, [1]) == []
