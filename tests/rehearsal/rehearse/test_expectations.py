"""Protects the judge of kept dialogs: whatever differs from what a file states has to be said."""

from dataclasses import replace

import pytest

from userbot.rehearsal.rehearse.expectations import differences, expectation_of, of_any_model
from userbot.rehearsal.rehearse.outcome import Outcome, TaskOutcome
from userbot.rehearsal.rehearse.recording import OWNER, Expected, ExpectedTask

RESULT = {"time": "18:30", "price": {"amount": 1500, "currency": "RUB"}, "summary": "Он согласен на всё."}
TASK = TaskOutcome(1, "anna", "meeting", "completed", "agreed", None, None, RESULT, 3, 1, 4, 900, 0.0)
OUTCOME = Outcome((TASK,), 1, {"anna": ("Встретимся завтра?",), OWNER: ("Договорились",)})


def test_what_came_is_what_is_expected_of_the_same() -> None:
    assert differences(expectation_of(OUTCOME), OUTCOME) == []


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (Expected({}), "tasks: there are [1], and [] were expected"),
        (Expected({1: ExpectedTask(), 2: ExpectedTask()}), "tasks: there are [1], and [1, 2] were expected"),
        (Expected({1: ExpectedTask(status="cancelled")}), "status is 'completed'"),
        (Expected({1: ExpectedTask(closed_because="declined")}), "closed_because is 'agreed'"),
        (Expected({1: ExpectedTask(contact="ben")}), "contact is 'anna'"),
        (Expected({1: ExpectedTask(task_type="question")}), "task_type is 'meeting'"),
        (Expected({1: ExpectedTask(messages=2)}), "messages is 3"),
        (Expected({1: ExpectedTask(questions=0)}), "questions is 1"),
        (Expected({1: ExpectedTask(result={"time": "18:00"})}), "result.time is '18:30'"),
        (Expected({1: ExpectedTask(result={"price": {"amount": 1}})}), "result.price.amount is 1500"),
        (Expected({1: ExpectedTask(result={"place": "кафе"})}), "result.place is None"),
        (Expected(questions=0), "questions to the owner: 1"),
        (Expected(says={"anna": ("послезавтра",)}), "anna: no message holds 'послезавтра'"),
        (Expected(never_says={"anna": ("ЗАВТРА",)}), "anna: a message holds 'ЗАВТРА'"),
        (Expected(never_says={OWNER: ("договор",)}), "Saved Messages: a message holds"),
    ],
)
def test_each_difference_is_said(expected: Expected, said: str) -> None:
    (found,) = differences(expected, OUTCOME)
    assert said in found


def test_another_model_is_held_to_facts_and_not_to_sentences() -> None:
    of_another = replace(TASK, result={**RESULT, "summary": "Да, всё подходит."}, messages=5, questions=0)
    expected = of_any_model(expectation_of(OUTCOME))
    assert differences(expected, replace(OUTCOME, tasks=(of_another,), questions=0)) == []
    wrong_time = replace(TASK, result={**RESULT, "time": "17:00"})
    assert differences(expected, replace(OUTCOME, tasks=(wrong_time,))) != []
