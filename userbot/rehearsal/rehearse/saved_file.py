"""A recording as a file: JSON, meant to be read and edited by people. What says nothing is left out of it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from userbot.rehearsal.rehearse.recording import (
    KEPT,
    OWNER,
    Expected,
    ExpectedTask,
    Line,
    Person,
    RecordedCall,
    RecordedReply,
    Recording,
    RecordingFault,
    split_reference,
)

FORMAT, VERSION = "userbot rehearsal", 1
LINE_LENGTH = 116


def read_recording(path: Path) -> Recording:
    """Raises RecordingFault, naming the file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordingFault(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RecordingFault(f"{path} is no JSON: {error}") from error
    try:
        return from_json(value)
    except RecordingFault as fault:
        raise RecordingFault(f"{path}: {fault}") from None


def write_recording(recording: Recording, path: Path) -> None:
    """Raises RecordingFault when it cannot be written."""
    try:
        path.write_text(_laid_out(to_json(recording)) + "\n", encoding="utf-8")
    except OSError as error:
        raise RecordingFault(f"{path} cannot be written: {error.strerror}") from error


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON in which whatever fits on a line stands on one, so that a person can read a dialog in it."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= LINE_LENGTH or not isinstance(value, dict | list) or not value:
        return line
    inside = indent + "  "
    if isinstance(value, dict):
        parts = [
            f"{inside}{json.dumps(name, ensure_ascii=False)}: {_laid_out(part, inside)}" for name, part in value.items()
        ]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inside + _laid_out(part, inside) for part in value) + f"\n{indent}]"


# --- to JSON -----------------------------------------------------------------------


def to_json(recording: Recording) -> dict[str, Any]:
    said: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    if recording.about:
        said["about"] = recording.about
    if recording.skill:
        said["skill"] = recording.skill
    said |= {
        "start": recording.start.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "until_s": round(recording.until_s, 2),
        "settings": {name: recording.settings[name] for name in KEPT if name in recording.settings},
        "owner": recording.owner,
        "people": [_person_to_json(person) for person in recording.people],
        "lines": [_line_to_json(line) for line in recording.lines],
        "replies": [_reply_to_json(reply) for reply in recording.replies],
    }
    if recording.expect is not None:
        said["expect"] = _expected_to_json(recording.expect)
    return said


def _person_to_json(person: Person) -> dict[str, Any]:
    said: dict[str, Any] = {"username": person.username, "name": person.name}
    if person.before:
        said["before"] = [{"who": who, "text": text} for who, text in person.before]
    if person.comes_at_s:
        said["comes_at_s"] = round(person.comes_at_s, 2)
    return said


def _line_to_json(line: Line) -> dict[str, Any]:
    said: dict[str, Any] = {"at_s": round(line.at_s, 2), "who": line.who}
    if line.to:
        said["to"] = line.to
    if line.reply_to:
        said["reply_to"] = line.reply_to
    if not line.waits:
        said["waits"] = False
    if line.file:
        said["file"] = line.file
    return {**said, "text": line.text}


def _reply_to_json(reply: RecordedReply) -> dict[str, Any]:
    said: dict[str, Any] = {"of": reply.of, "took_s": round(reply.took_s, 2)}
    if reply.tokens:
        said["tokens"] = list(reply.tokens)
    if reply.cost_usd is not None:
        said["cost_usd"] = round(reply.cost_usd, 8)
    if reply.text:
        said["text"] = reply.text
    if reply.calls:
        said["calls"] = [_call_to_json(call) for call in reply.calls]
    return said


def _call_to_json(call: RecordedCall) -> dict[str, Any]:
    said: dict[str, Any] = {"name": call.name, "arguments": call.arguments}
    if call.was_taken is not None:
        said["was_taken"] = call.was_taken
    return said


def _expected_to_json(expected: Expected) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if expected.tasks is not None:
        said["tasks"] = {str(number): _expected_task_to_json(task) for number, task in expected.tasks.items()}
    if expected.questions is not None:
        said["questions"] = expected.questions
    for name in ("says", "never_says"):
        if pieces := getattr(expected, name):
            said[name] = {who: list(texts) for who, texts in pieces.items()}
    return said


def _expected_task_to_json(task: ExpectedTask) -> dict[str, Any]:
    names = ("status", "closed_because", "contact", "task_type", "result", "messages", "questions")
    values = {name: getattr(task, name) for name in names}
    return {name: value for name, value in values.items() if value is not None and value != {}}


# --- from JSON ----------------------------------------------------------------------------------------------------


def from_json(value: object) -> Recording:
    """Raises RecordingFault, naming the place."""
    said = _Part(value, "the file")
    if said.value.get("format") != FORMAT:
        raise RecordingFault('it is no rehearsal: "format" has to be "userbot rehearsal"')
    if said.value.get("version") != VERSION:
        raise RecordingFault(f'"version" is {said.value.get("version")!r}; this program plays version {VERSION}')
    said.knows(
        *("format", "version", "about", "skill", "start", "until_s", "settings", "owner", "people", "lines"),
        *("replies", "expect"),
    )
    settings = {name: str(text) for name, text in said.mapping("settings").items()}
    if unknown := sorted(settings.keys() - set(KEPT)):
        raise RecordingFault(f'"settings" may not hold {", ".join(unknown)}')
    people = tuple(_person(part) for part in said.parts("people"))
    names = [person.username for person in people]
    if len(set(names)) < len(names) or len({person.name for person in people}) < len(people):
        raise RecordingFault('two of the "people" are called the same')
    if OWNER in names:
        raise RecordingFault(f"no contact can be called {OWNER!r}")
    lines = tuple(_line(part, names) for part in said.parts("lines"))
    replies = tuple(_reply(part, names) for part in said.parts("replies", ()))
    return Recording(
        start=said.instant("start"),
        owner=said.text("owner"),
        people=people,
        lines=tuple(sorted(lines, key=lambda line: line.at_s)),
        replies=replies,
        settings=settings,
        skill=said.text("skill", None),
        about=said.text("about", None),
        until_s=said.number("until_s", 0.0),
        expect=_expected(_Part(said.value["expect"], "expect"), names) if "expect" in said.value else None,
    )


def _person(part: "_Part") -> Person:
    part.knows("username", "name", "before", "comes_at_s")
    before = tuple((one.text("who"), one.text("text")) for one in part.parts("before", ()))
    return Person(part.text("username"), part.text("name"), before, part.number("comes_at_s", 0.0))


def _line(part: "_Part", names: Sequence[str]) -> Line:
    part.knows("at_s", "who", "text", "to", "reply_to", "waits", "file")
    line = Line(
        at_s=part.number("at_s"),
        who=part.one_of("who", (OWNER, *names)),
        text=part.text("text"),
        to=part.one_of("to", names) if "to" in part.value else None,
        reply_to=part.text("reply_to", None),
        waits=part.value.get("waits", True) is True,
        file=part.text("file", None),
    )
    if line.file and line.who == OWNER:
        raise RecordingFault(f"{part.where}: only contacts send files here")
    if line.to and line.who != OWNER:
        raise RecordingFault(f"{part.where}: a contact writes to the owner only")
    if line.reply_to is not None:
        split_reference(line.reply_to, part.where)
    return line


def _reply(part: "_Part", names: Sequence[str]) -> RecordedReply:
    part.knows("of", "took_s", "text", "calls", "tokens", "cost_usd")
    tokens = part.value.get("tokens")
    if tokens is not None and not (
        isinstance(tokens, list) and len(tokens) == 2 and all(isinstance(count, int) for count in tokens)
    ):
        raise RecordingFault(f'{part.where}: "tokens" has to be two numbers, in and out')
    return RecordedReply(
        of=part.one_of("of", (OWNER, *names)),
        took_s=part.number("took_s", 0.0),
        text=part.text("text", "") or "",
        calls=tuple(_call(one) for one in part.parts("calls", ())),
        tokens=None if tokens is None else (tokens[0], tokens[1]),
        cost_usd=part.number("cost_usd") if "cost_usd" in part.value else None,
    )


def _call(part: "_Part") -> RecordedCall:
    part.knows("name", "arguments", "was_taken")
    arguments = None if part.value.get("arguments") is None else part.mapping("arguments")
    was_taken = part.value.get("was_taken")
    return RecordedCall(part.text("name"), arguments, was_taken if isinstance(was_taken, bool) else None)


def _expected(part: "_Part", names: Sequence[str]) -> Expected:
    part.knows("tasks", "questions", "says", "never_says")
    tasks: dict[int, ExpectedTask] | None = None
    if "tasks" in part.value:
        tasks = {}
        for number, value in part.mapping("tasks").items():
            if not number.isdecimal():
                raise RecordingFault(f"{part.where}.tasks: {number!r} is no task's number")
            tasks[int(number)] = _expected_task(_Part(value, f"{part.where}.tasks.{number}"), names)
    return Expected(tasks, part.count("questions"), _pieces(part, "says", names), _pieces(part, "never_says", names))


def _expected_task(part: "_Part", names: Sequence[str]) -> ExpectedTask:
    part.knows("status", "closed_because", "contact", "task_type", "result", "messages", "questions")
    return ExpectedTask(
        status=part.text("status", None),
        closed_because=part.text("closed_because", None),
        contact=part.one_of("contact", names) if "contact" in part.value else None,
        task_type=part.text("task_type", None),
        result=part.mapping("result") if "result" in part.value else {},
        messages=part.count("messages"),
        questions=part.count("questions"),
    )


def _pieces(part: "_Part", name: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for who, texts in (part.mapping(name) if name in part.value else {}).items():
        if who not in (OWNER, *names) or not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
            raise RecordingFault(f"{part.where}.{name}: {who!r} has to be one of the people, with a list of texts")
        found[who] = tuple(texts)
    return found


_MISSING = object()


class _Part:
    """A JSON object inside the file, and where it stands there."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise RecordingFault(f"{where} has to be a JSON object")
        self.value: dict[str, Any] = value
        self.where = where

    def knows(self, *names: str) -> None:
        if unknown := sorted(self.value.keys() - set(names)):
            raise RecordingFault(f"{self.where} holds {', '.join(unknown)}, which means nothing here")

    def text(self, name: str, default: Any = _MISSING) -> Any:
        value = self.value.get(name, default)
        if value is _MISSING or not (isinstance(value, str) or value is default):
            raise RecordingFault(f'{self.where}: "{name}" has to be a text')
        return value

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        value = self.text(name)
        if value not in choices:
            raise RecordingFault(f'{self.where}: "{name}" is {value!r}, and has to be one of {", ".join(choices)}')
        return str(value)

    def number(self, name: str, default: float | None = None) -> float:
        value = self.value.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise RecordingFault(f'{self.where}: "{name}" has to be a number, not below 0')
        return float(value)

    def count(self, name: str) -> int | None:
        return None if name not in self.value else int(self.number(name))

    def instant(self, name: str) -> datetime:
        try:
            at = datetime.fromisoformat(self.text(name))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise RecordingFault(f'{self.where}: "{name}" has to be a date and time in UTC: 2026-11-23T09:00:00Z')
        return at.astimezone(UTC)

    def mapping(self, name: str) -> dict[str, Any]:
        return _Part(self.value.get(name, {}), f"{self.where}.{name}").value

    def parts(self, name: str, default: Sequence[object] | None = None) -> list["_Part"]:
        value = self.value.get(name, default)
        if not isinstance(value, list | tuple):
            raise RecordingFault(f'{self.where}: "{name}" has to be a list')
        return [_Part(one, f"{name}[{number}]") for number, one in enumerate(value)]
