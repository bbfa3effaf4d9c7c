"""What a rehearsal says in the end: each task with what became of it, and what the model cost."""

import json
from collections.abc import Iterator, Sequence

from userbot.rehearsal.rehearse.outcome import Outcome, TaskOutcome
from userbot.rehearsal.rehearse.recording import RecordedReply
from userbot.rehearsal.rehearse.words import Words


def tell_outcome(outcome: Outcome, words: Words) -> Iterator[str]:
    """Its lines, task by task."""
    if not outcome.tasks:
        yield words.say("no_tasks")
    for task in outcome.tasks:
        yield words.say("task", id=task.id, contact=f"@{task.contact}", task_type=task.task_type, fate=_fate_of(task))
        yield words.say(
            "numbers", messages=task.messages, questions=task.questions, turns=task.turns, tokens=task.tokens
        )
        if task.result is not None:
            yield words.say("result", result=json.dumps(task.result, ensure_ascii=False))


def _fate_of(task: TaskOutcome) -> str:
    states = [task.status, task.closed_because, task.paused and f"paused: {task.paused}", task.trouble]
    return ", ".join(filter(None, states))


def tell_cost(replies: Sequence[RecordedReply], words: Words, *, is_local: bool) -> str:
    """A price that nobody knows is said to be unknown, but for a model of one's own."""
    tokens = sum(sum(reply.tokens) for reply in replies if reply.tokens)
    priced = [reply.cost_usd for reply in replies if reply.cost_usd is not None]
    if not priced:
        return words.say("tokens" if is_local else "cost_unknown", tokens=tokens)
    phrase = "cost" if len(priced) == len(replies) else "cost_partly"
    return words.say(phrase, dollars=sum(priced), tokens=tokens)
