"""How the model's part of a story is written: turns, calls, and what is read from the prompt as a model would."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Protocol

from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.model.said import Expect


class NotInThePrompt(AssertionError):
    """The script wants something that the prompt does not hold."""


class Steps(Protocol):
    def add(self, *steps: Step) -> object: ...


def turn(lane: Steps, expect: Expect, calls: Callable[[Asked], list[Call]]) -> None:
    """One turn: the calls at once, then a reply without any, which ends it."""

    def say(asked: Asked) -> Said:
        return Said(calls=tuple(calls(asked)))

    lane.add(Step(say, expect, name=str(expect)), Step(Said("done"), name=f"the end of the turn after {expect!r}"))


def start(
    user: str,
    task_type: str,
    context: dict[str, object],
    *,
    mandate: dict[str, object] | None = None,
    private_notes: str | None = None,
) -> Call:
    arguments = {"user": user, "type": task_type, "context": context}
    return Call("start_conversation", {**arguments, "mandate": mandate, "private_notes": private_notes})


def reply(task_id: int, text: str) -> Call:
    return Call("reply", {"task_id": task_id, "text": text, "reply_to": None})


def day(asked: Asked, ahead: int) -> date:
    """The date so many days from today, out of the prompt's table of days."""
    table = re.findall(r"[A-Z][a-z]{2} (\d{4}-\d\d-\d\d)", asked.text.rsplit("Days: ", 1)[1])
    return date.fromisoformat(table[ahead])


def id_of(asked: Asked, text: str) -> int:
    """The id of the last message with this text, typed or spoken, out of the prompt's dialog."""
    for line in reversed(asked.text.splitlines()):
        if line.startswith('{"id"') and text in ((said := json.loads(line))["text"], said.get("transcript")):
            return int(said["id"])
    raise NotInThePrompt(f"the prompt does not hold the message {text!r}")
