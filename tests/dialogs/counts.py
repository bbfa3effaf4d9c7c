"""How the prompts do in the dialogs kept here: `python -m tests.dialogs.counts [task type ...]` prints a table.

Each dialog is played again with the model's recorded replies; messages, questions and tokens are those of this code.
"""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.tokens import tokens_of
from userbot.model.messages import Message, ToolSpec
from userbot.rehearsal.jumping import JumpingLoop
from userbot.rehearsal.rehearse import differences, read_recording, replay
from userbot.rehearsal.rehearse.recording import OWNER
from userbot.rehearsal.rehearse.scene import Scene

HEAD = (
    "| dialog | what is hard in it | settled rightly | messages | questions | turns | tokens a turn | longest prompt |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


@dataclass
class Spent:
    """Input tokens of the contacts' conversations: of each turn (its requests together), and of each request."""

    turns: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)

    def note(self, who: str, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        if who == OWNER:
            return
        request = tokens_of(messages, tools)
        self.requests.append(request)
        if any(message.role == "assistant" for message in messages):
            self.turns[-1] += request
        else:
            self.turns.append(request)


@dataclass(frozen=True)
class Count:
    """`right`: tasks that came to what the file expects. `messages` and `questions`: those of all its tasks."""

    name: str
    about: str
    tasks: int
    right: int
    messages: int
    questions: int
    spent: Spent


async def count(path: Path) -> Count:
    recording = read_recording(path)
    spent = Spent()

    def listen(scene: Scene) -> None:
        scene.ear.on_asked = spent.note

    outcome = await replay(recording, on_scene=listen)
    wrong = [] if recording.expect is None else differences(recording.expect, outcome)
    mine = [task for task in outcome.tasks if any(line.startswith(f"task {task.id}:") for line in wrong)]
    right = 0 if wrong and not mine else len(outcome.tasks) - len(mine)
    return Count(
        name=path.stem,
        about=(recording.about or "").rstrip("."),
        tasks=len(outcome.tasks),
        right=right,
        messages=sum(task.messages for task in outcome.tasks),
        questions=outcome.questions,
        spent=spent,
    )


def table(counts: Sequence[Count]) -> Iterator[str]:
    yield from HEAD
    for one in counts:
        yield _row(one.name, one.about, one)
    turns = [turn for one in counts for turn in one.spent.turns]
    requests = [request for one in counts for request in one.spent.requests]
    whole = Count(
        name="",
        about="",
        tasks=sum(one.tasks for one in counts),
        right=sum(one.right for one in counts),
        messages=sum(one.messages for one in counts),
        questions=sum(one.questions for one in counts),
        spent=Spent(turns, requests),
    )
    each = f"{whole.messages / whole.tasks:.1f} messages and {whole.questions / whole.tasks:.1f} questions a task"
    yield _row(f"**all {len(counts)}**", each, whole)


def _row(name: str, about: str, one: Count) -> str:
    turns, requests = one.spent.turns, one.spent.requests
    cells = (
        name,
        about,
        f"{one.right} of {one.tasks}",
        one.messages,
        one.questions,
        len(turns),
        f"{round(sum(turns) / len(turns)):,}" if turns else "",
        f"{max(requests, default=0):,}",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def dialogs(task_types: Sequence[str]) -> list[Path]:
    """Those whose tasks are of these types; all, if none is named."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.json")):
        expect = read_recording(path).expect
        types = {task.task_type for task in (expect.tasks if expect and expect.tasks else {}).values()}
        if not task_types or types & set(task_types):
            found.append(path)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dialogs.counts", description=__doc__.splitlines()[0])
    parser.add_argument("task_types", nargs="*", metavar="task type", help="only dialogs of these; else all")
    counts = []
    for path in dialogs(parser.parse_args().task_types):
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            counts.append(runner.run(count(path)))
    print("\n".join(table(counts)))


if __name__ == "__main__":
    main()
