"""The model of the soak: it answers every new message once by its number, settles a task on its last one, and fails as
models do, by its own dice."""

import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from userbot.rehearsal.model import Asked, Call, Fault, Said
from userbot.rehearsal.script import reply, start
from userbot.rehearsal.soak.people import Cast, Line, handle_of

# A task number that no dialog has.
NO_TASK = 987654
NEVER = "этого никто не должен прочесть"
HTTP_FAULTS = 0.06
TURN_FAULTS = 0.08
# A model that is down stays so for a while: longer than the quick retries of one call.
OUTAGE = 5
_HANDLE = re.compile(r"\d+-\d+(?:/\d+)?")


@dataclass(frozen=True)
class Heard:
    """A line as it reads in a prompt."""

    line: Line
    handle: str
    text: str
    result: str


class Brain:
    """Answers requests; `struck` counts its faults, `wrong` holds what a prompt should not have held."""

    def __init__(self, cast: Cast, dice: random.Random) -> None:
        self._cast = cast
        self._dice = dice
        self._lines = {line.number: line for person in cast.people for line in person.lines}
        self._down_for = 0
        self.with_faults = False
        self.struck: Counter[str] = Counter()
        self.wrong: list[str] = []

    def owner(self, asked: Asked) -> Said | Fault:
        if fault := self._http_fault():
            return fault
        if asked.tool_results:
            return Said("done")
        command = asked.text.rsplit("## The command\n", 1)[1]
        token, username = re.findall(r"K\d+[AB]", command)[0], re.findall(r"@(\w+)", command)[0]
        topic = next(topic for _, topic in self._cast.topics if topic.token == token)
        context: dict[str, object] = {
            "question": topic.question,
            "details": None,
            "choices": None,
            "answer_format": None,
        }
        return self._said(start(f"@{username}", "question", context))

    def contact(self, asked: Asked) -> Said | Fault:
        if fault := self._http_fault():
            return fault
        rounds = [message for message in asked.messages if message.role == "assistant"]
        if not rounds:
            return self._begin(asked)
        first = rounds[0].calls[0] if rounds[0].calls else None
        arguments: Any = first.arguments if first else None
        if first and first.name == "reply" and isinstance(arguments, dict) and NEVER in str(arguments.get("text")):
            # Goes on without end: what it asked for first must reach nobody.
            task_id = arguments["task_id"]
            return self._said(_nothing_settled(task_id))
        is_first_try_void = first is None or (isinstance(arguments, dict) and arguments.get("task_id") == NO_TASK)
        if is_first_try_void and len(rounds) == 1:
            return self._said(*self._calls(asked))
        return Said("done")

    def _begin(self, asked: Asked) -> Said:
        calls = self._calls(asked)
        if self.with_faults and self._dice.random() < TURN_FAULTS:
            kind = self._dice.choice(["tool calls without end", "a wrong task id", "plain text only"])
            self.struck[f"model: {kind}"] += 1
            if kind == "tool calls without end":
                task_id = next(iter(_tasks(asked).values()))
                return self._said(reply(task_id, f"Я ассистент. {NEVER}"), _nothing_settled(task_id))
            if kind == "a wrong task id":
                return self._said(reply(NO_TASK, f"Я ассистент. {NEVER}"))
            return Said(NEVER)
        return self._said(*calls)

    def _said(self, *calls: Call) -> Said:
        return Said(calls=calls, delay_s=self._dice.uniform(0, 0.4))

    def _calls(self, asked: Asked) -> tuple[Call, ...]:
        """The whole turn: first messages that are wanted, an answer to each new message, results that were given."""
        tasks = _tasks(asked)
        self._look_around(asked, set(tasks))
        texts: dict[int, list[str]] = {}
        settled: list[Call] = []
        for wanted in re.findall(r"Write the first message of task (\d+)", asked.text):
            task_id = int(wanted)
            token = next(token for token, known in tasks.items() if known == task_id)
            texts.setdefault(task_id, []).append(next(t.opening for _, t in self._cast.topics if t.token == token))
        answered: dict[int, list[str]] = {}
        for heard in _to_answer(asked):
            said = self._said_in(heard["text"])
            about = tasks.get(said.line.topic.token) if said else None
            if said is None or about is None:
                # Of what a takeover kept from being answered some may be about a task that has ended since.
                # And while two tasks of one person are handed back one after the other, about the second.
                if heard.get("new") and not (said and self._is_taken_over(said.line.topic.token)):
                    self.wrong.append(f"a new message of no open task: {heard['text']!r}")
                continue
            answered.setdefault(about, []).append(said.handle)
            if said.line.is_last:
                settled.append(_settle(about, said, heard["id"]))
        for task_id, handles in answered.items():
            token = next(token for token, known in tasks.items() if known == task_id)
            texts.setdefault(task_id, []).append(f"принято {', '.join(handles)} ({token})")
        replies = [reply(task_id, "\n".join(parts)) for task_id, parts in texts.items()]
        return (*settled, *replies) or (Call("stay_silent", {"reason": "nothing is new"}),)

    def _is_taken_over(self, token: str) -> bool:
        person = self._cast.person_of(token)
        return person is not None and any(not takeover.is_over for takeover in person.takeovers)

    def _said_in(self, text: str) -> Heard | None:
        found = re.search(r"сообщение (\d+-\d+)(?:, правка (\d+))?(?:, итог (\d+))?$", text)
        line = self._lines.get(found[1]) if found else None
        if found is None or line is None:
            return None
        return Heard(line, handle_of(found[1], int(found[2] or 0)), text, found[3] or "")

    def _look_around(self, asked: Asked, tokens: set[str]) -> None:
        """No prompt may hold a word of another contact's dialog. What the owner wrote in this one is to be in it."""
        people = {id(self._cast.person_of(token)) for token in re.findall(r"K\d+[AB]", asked.text)}
        for person in self._cast.people:
            for takeover in person.takeovers:
                if found := {words for words in takeover.words if words in asked.text}:
                    takeover.read |= found
                    people.add(id(person))
        if len(people) > 1:
            self.wrong.append(f"several contacts in one prompt, of tasks {sorted(tokens)}")

    def _http_fault(self) -> Fault | None:
        if self.with_faults and not self._down_for and self._dice.random() < HTTP_FAULTS:
            self._down_for = self._dice.choice([1, 1, 1, OUTAGE])
        if not self._down_for:
            return None
        self._down_for -= 1
        kind = self._dice.choice(["503", "429 with Retry-After", "a web page", "half JSON", "a dropped line"])
        self.struck[f"model: {kind}"] += 1
        match kind:
            case "503":
                return Fault.error(503, "overloaded")
            case "429 with Retry-After":
                return Fault.error(429, "slow down", headers={"retry-after": str(self._dice.randint(1, 3))})
            case "a web page":
                return Fault.http(502, "<html><body>Bad gateway</body></html>", {"content-type": "text/html"})
            case "half JSON":
                return Fault.http(200, '{"id": "chatcmpl-1", "choices": [{"index": 0, "mess')
            case _:
                return Fault.drop()


def _tasks(asked: Asked) -> dict[str, int]:
    """Token to task number, out of the briefs."""
    found: dict[str, int] = {}
    for line in asked.text.splitlines():
        if line.startswith('{"task_id"') and "brief" in (brief := json.loads(line)):
            found[re.findall(r"K\d+[AB]", str(brief["brief"]))[0]] = int(brief["task_id"])
    return found


def _to_answer(asked: Asked) -> list[dict[str, Any]]:
    """What is new; and in a dialog that the owner has handed back whatever has no answer: the answer may have been
    written and dropped, because the owner wrote first."""
    lines = [json.loads(line) for line in asked.text.splitlines() if line.startswith('{"id"')]
    is_handed_back = re.search(r"^## From .+, about task \d+\nThe owner handed", asked.text, re.MULTILINE)
    answered = {handle for line in lines if line["from"] == "you" for handle in _HANDLE.findall(line["text"])}
    return [
        line
        for line in lines
        if line["from"] == "contact" and (line.get("new") or (is_handed_back and _handle(line["text"]) not in answered))
    ]


def _handle(text: str) -> str:
    found = re.search(r"сообщение (\d+-\d+)(?:, правка (\d+))?", text)
    return handle_of(found[1], int(found[2] or 0)) if found else ""


def _nothing_settled(task_id: int) -> Call:
    arguments = {"task_id": task_id, "status": "in_progress", "result": None, "evidence": []}
    return Call("update_conversation", arguments)


def _settle(task_id: int, said: Heard, message_id: int) -> Call:
    result = {
        "answer": said.result,
        "choice": None,
        "number": None,
        "unit": None,
        "quote": said.text,
        "summary": f"Итог {said.result}.",
    }
    arguments = {"task_id": task_id, "status": "completed", "result": result, "evidence": [message_id]}
    return Call("update_conversation", arguments)
