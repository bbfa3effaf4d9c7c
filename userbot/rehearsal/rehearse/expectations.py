"""What was to come of a rehearsal, held against what came of it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from userbot.rehearsal.rehearse.outcome import Outcome, TaskOutcome
from userbot.rehearsal.rehearse.recording import OWNER, Expected, ExpectedTask


def expectation_of(outcome: Outcome) -> Expected:
    """What came of it, as what is to come of it again."""
    return Expected(
        tasks={
            task.id: ExpectedTask(
                status=task.status,
                closed_because=task.closed_because,
                contact=task.contact,
                task_type=task.task_type,
                result=task.result or {},
                messages=task.messages,
                questions=task.questions,
            )
            for task in outcome.tasks
        },
        questions=outcome.questions,
    )


def of_any_model(expected: Expected) -> Expected:
    """What another model has to bring as well: not the same sentences in the result, nor the same number of messages
    and questions."""
    if expected.tasks is None:
        return replace(expected, questions=None)
    tasks = {
        number: replace(task, result=_without_sentences(task.result), messages=None, questions=None)
        for number, task in expected.tasks.items()
    }
    return replace(expected, tasks=tasks, questions=None)


def _without_sentences(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_sentences(value) if isinstance(value, Mapping) else value
        for name, value in result.items()
        if not (isinstance(value, str) and " " in value.strip())
    }


def differences(expected: Expected, outcome: Outcome) -> list[str]:
    """What is not as expected, a line each; empty when all is."""
    return list(_differences(expected, outcome))


def _differences(expected: Expected, outcome: Outcome) -> Iterator[str]:
    if expected.tasks is not None:
        known = {task.id: task for task in outcome.tasks}
        if known.keys() != expected.tasks.keys():
            yield f"tasks: there are {sorted(known)}, and {sorted(expected.tasks)} were expected"
        for number, task in expected.tasks.items():
            if number in known:
                yield from _task_differences(task, known[number])
    if expected.questions is not None and expected.questions != outcome.questions:
        yield f"questions to the owner: {outcome.questions}, and {expected.questions} were expected"
    for is_wanted, pieces in ((True, expected.says), (False, expected.never_says)):
        for who, texts in pieces.items():
            for text in texts:
                if any(text.casefold() in said.casefold() for said in outcome.said.get(who, ())) is not is_wanted:
                    where = "Saved Messages" if who == OWNER else who
                    yield f"{where}: no message holds {text!r}" if is_wanted else f"{where}: a message holds {text!r}"


def _task_differences(expected: ExpectedTask, task: TaskOutcome) -> Iterator[str]:
    for name in ("status", "closed_because", "contact", "task_type", "messages", "questions"):
        wanted, found = getattr(expected, name), getattr(task, name)
        if wanted is not None and wanted != found:
            yield f"task {task.id}: {name} is {found!r}, and {wanted!r} was expected"
    if expected.result:
        yield from _result_differences(f"task {task.id}: result", expected.result, task.result)


def _result_differences(where: str, wanted: Mapping[str, Any], found: object) -> Iterator[str]:
    if not isinstance(found, Mapping):
        yield f"{where} is {found!r}, and {dict(wanted)!r} was expected"
        return
    for name, value in wanted.items():
        if isinstance(value, Mapping):
            yield from _result_differences(f"{where}.{name}", value, found.get(name))
        elif found.get(name) != value:
            yield f"{where}.{name} is {found.get(name)!r}, and {value!r} was expected"
