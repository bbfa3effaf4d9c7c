"""Protects the owner's answers: a question is acted on once, and one that was taken back not at all."""

import pytest

from tests.store.conftest import NOW, OWNER, new_task
from userbot.store import desk, ledger

pytestmark = pytest.mark.usefixtures("database")


def ask(task_id: int, text: str = "Согласны?") -> desk.Item:
    desk.add("ask", {"question": text}, NOW, task_id=task_id, reply_to=10)
    return desk.open_questions(task_id)[-1]


def post(item: desk.Item) -> int:
    ledger_id = ledger.queue(OWNER, "question", "?", NOW, task_id=item.task_id)
    desk.posted_as(item.id, ledger_id)
    return ledger_id


def test_a_question_closes_only_once() -> None:
    """Two yeses, or a yes on two devices, must not send twice."""
    item = ask(new_task())
    assert desk.is_open(item.id)
    assert desk.close(item.id)
    assert not desk.close(item.id)
    assert not desk.is_open(item.id)


def test_a_question_that_was_taken_back_cannot_be_answered_nor_is_it_shown() -> None:
    task_id, other = new_task(), new_task()
    item, others = ask(task_id), ask(other)
    desk.void_questions(task_id)
    assert not desk.close(item.id)
    assert [one.id for one in desk.unposted()] == [others.id]
    assert [one.id for one in desk.open_questions(other)] == [others.id]


@pytest.mark.parametrize("kind", ["status", "list", "said", "problem"])
def test_what_is_no_question_cannot_be_answered(kind: desk.Kind) -> None:
    desk.add(kind, {"text": "вот"}, NOW)
    (item,) = desk.unposted()
    assert not desk.close(item.id)


@pytest.mark.parametrize("kind", desk.QUESTIONS)
def test_every_question_waits_for_an_answer(kind: desk.Kind) -> None:
    desk.add(kind, {"act": {}}, NOW)
    (item,) = desk.unposted()
    assert desk.is_open(item.id)


def test_items_are_shown_once_in_order_and_found_by_their_message() -> None:
    task_id = new_task()
    first, second = ask(task_id, "раз"), ask(task_id, "два")
    assert [item.id for item in desk.unposted()] == [first.id, second.id]
    ledger_id = post(first)
    assert [item.id for item in desk.unposted()] == [second.id]
    shown = desk.shown_in(ledger_id)
    assert shown is not None
    assert (shown.id, shown.payload, shown.reply_to) == (first.id, {"question": "раз"}, 10)
    assert desk.shown_in(ledger_id + 1) is None


def test_the_last_answers_oldest_first() -> None:
    for text in ("раз", "два", "три"):
        desk.add("said", {"text": text}, NOW)
    desk.add("problem", {"what": "nobody"}, NOW)
    assert [item.payload["text"] for item in desk.last_said(2)] == ["два", "три"]
