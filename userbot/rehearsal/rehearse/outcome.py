"""What became of a rehearsal, read from the program's own record while it runs, and held against what was expected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from userbot.rehearsal.rehearse.recording import OWNER, Expected, ExpectedTask
from userbot.store import desk, ledger, tasks, usage
from userbot.store.desk import Item
from userbot.store.tasks import Task

MOST = 1000


@dataclass(frozen=True)
class TaskOutcome:
    """`contact` by username. `messages`: those of this task that reached the contact. `turns`: those the model was
    asked in, the owner's about this task too; `tokens` in and out. `questions` to the owner, about this task."""

    id: int
    contact: str
    task_type: str
    status: str
    closed_because: str | None
    paused: str | None
    trouble: str | None
    result: Mapping[str, Any] | None
    messages: int
    questions: int
    turns: int
    tokens: int
    cost_usd: float


@dataclass(frozen=True)
class Outcome:
    """`questions`: to the owner, in all. `said`: the program's messages as they stood in the end, by contact, and by
    OWNER those in Saved Messages; what was deleted since is not among them."""

    tasks: tuple[TaskOutcome, ...]
    questions: int
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def task(self, number: int) -> TaskOutcome:
        return next(task for task in self.tasks if task.id == number)


def read_outcome(names: Mapping[int, str], said: Mapping[str, Sequence[str]]) -> Outcome:
    """`names`: usernames by id; the database is open."""
    asked = [item for kind in desk.QUESTIONS for item in desk.last_of(kind, MOST)]
    everything = sorted(tasks.latest(MOST), key=lambda task: task.id)
    return Outcome(
        tasks=tuple(_of(task, names, asked) for task in everything),
        questions=len(asked),
        said={who: tuple(texts) for who, texts in said.items()},
    )


def _of(task: Task, names: Mapping[int, str], asked: Sequence[Item]) -> TaskOutcome:
    cost = usage.cost_of_task(task.id, None)
    sent = [row for purpose in ledger.TO_CONTACTS for row in ledger.of_task(task.id, purpose) if row.state == "sent"]
    return TaskOutcome(
        id=task.id,
        contact=names.get(task.user_id, str(task.user_id)),
        task_type=task.task_type,
        status=task.status,
        closed_because=task.closed_because,
        paused=task.paused,
        trouble=task.trouble,
        result=task.result,
        messages=len(sent),
        questions=sum(item.task_id == task.id for item in asked),
        turns=cost.turns,
        tokens=cost.tokens,
        cost_usd=cost.dollars,
    )


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
