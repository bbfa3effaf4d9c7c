"""What became of a rehearsal, read from the program's own record while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
