"""The scripted model itself: takes a request, finds the lane and step it belongs to, and keeps the score."""

import asyncio
import inspect
import json
from collections import deque
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from userbot.rehearsal.model.asked import Asked, read_request
from userbot.rehearsal.model.http import HttpAnswer, HttpRequest, LoopbackServer
from userbot.rehearsal.model.recording import Recording, read_recording
from userbot.rehearsal.model.said import (
    JSON_TYPE,
    Brain,
    Call,
    Expect,
    Fault,
    Said,
    Step,
    chat_body,
    responses_body,
    why_not,
)

NOTHING_LEFT = "no step is left"
Script = Brain | Iterable[Step | Said | Fault]


class Lane:
    """The script of one conversation: ordered steps, or a brain that answers whatever comes."""

    def __init__(self, name: str, match: Expect | None, script: Script) -> None:
        self.name = name
        self.match = match
        self._brain: Brain | None = None
        self._steps: deque[Step] = deque()
        self.asked: list[Asked] = []
        # While set, this answers instead of the steps, which stay.
        self.answers: Brain | None = None
        if callable(script):
            self._brain = script
        else:
            self.add(*script)

    def add(self, *steps: Step | Said | Fault) -> Self:
        """Puts steps at the end; a bare reply or fault is a step that expects nothing."""
        self._steps += [step if isinstance(step, Step) else Step(step) for step in steps]
        return self

    def says(self, text: str, expect: Expect | None = None) -> Self:
        return self.add(Step(Said(text), expect))

    def calls(self, tool: str, arguments: dict[str, object] | str, expect: Expect | None = None) -> Self:
        """A step that makes one tool call; the tool must be among those offered."""
        return self.add(Step(Said(calls=(Call(tool, arguments),)), expect, tools=(tool,)))

    @property
    def left(self) -> Sequence[Step]:
        return tuple(self._steps)

    def take(self, asked: Asked) -> Said | Fault | Brain | str:
        """The answer to this request, or a text saying why it has none. A step that did not fit stays."""
        self.asked.append(asked)
        if self.answers is not None:
            return self.answers
        if not self._steps:
            return self._brain or NOTHING_LEFT
        step = self._steps[0]
        lacks = why_not(asked, step.expect, step.tools)
        if lacks:
            return f"step {step.name or step.say!r}: {lacks}"
        self._steps.popleft()
        return step.say


class ScriptedModel:
    """An OpenAI-compatible endpoint: `async with ScriptedModel([...]) as model: ... model.base_url`.

    A request goes to the first lane whose `match` holds, else to the model's own `script`. What is asked
    beyond the script, differs from it, or would be refused by OpenAI itself is answered with HTTP 400 and
    kept in `failures`. Leaving the context without an exception checks that there are none and that no step
    is left.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        api_key: str | None = None,
        models: Sequence[str] = ("scripted",),
        checks_requests: bool = True,
    ) -> None:
        """`checks_requests=False` takes histories and tools that OpenAI would refuse."""
        self.asked: list[Asked] = []
        self.failures: list[str] = []
        self._api_key = api_key
        self._models = models
        self._checks_requests = checks_requests
        self._lanes: list[Lane] = []
        self._rest = Lane("", None, script)
        self._server = LoopbackServer(self._answer)
        self._replies = 0
        self.heard: list[Recording] = []
        self._spoken: deque[str | Fault] = deque()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/v1"

    def lane(self, name: str, match: Expect | None = None, script: Script = ()) -> Lane:
        """The lane of that name, made on first use; `match` is needed then (None takes every request)."""
        for lane in self._lanes:
            if lane.name == name:
                return lane
        lane = Lane(name, match, script)
        self._lanes.append(lane)
        return lane

    def add(self, *steps: Step | Said | Fault) -> Self:
        """Puts steps at the end of the model's own script."""
        self._rest.add(*steps)
        return self

    def hears(self, *spoken: str | Fault) -> Self:
        """What the next voice notes turn out to say."""
        self._spoken += spoken
        return self

    def check(self) -> None:
        """Raises AssertionError naming every failure and every step not used."""
        unused = [
            f"not used{f' in lane {lane.name!r}' if lane.name else ''}: {step.name or repr(step.say)}"
            for lane in (*self._lanes, self._rest)
            for step in lane.left
        ]
        unused += [f"not heard: {spoken!r}" for spoken in self._spoken]
        if self.failures or unused:
            raise AssertionError("the script was not followed:\n  " + "\n  ".join([*self.failures, *unused]))

    async def start(self, port: int = 0) -> None:
        await self._server.start(port)

    async def stop(self) -> None:
        await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if error is None:
            self.check()

    async def _answer(self, request: HttpRequest) -> HttpAnswer:
        if request.path == "/v1/models" and request.method == "GET":
            listed = [{"id": name, "object": "model", "created": 0, "owned_by": "rehearsal"} for name in self._models]
            return _json_answer(200, {"object": "list", "data": listed})
        if request.path == "/v1/audio/transcriptions" and request.method == "POST":
            return await self._transcribe(request)
        if request.path not in ("/v1/chat/completions", "/v1/responses") or request.method != "POST":
            return _refuse(404, f"there is no {request.method} {request.path} here")
        try:
            asked = read_request(request.path, request.headers, request.body, self._api_key)
        except ValueError as error:
            return self._fail("", f"a request that cannot be read: {error}")
        self.asked.append(asked)
        name = ""
        try:
            lane = next((lane for lane in self._lanes if why_not(asked, lane.match) is None), self._rest)
            name = lane.name
            if asked.problems and self._checks_requests:
                return self._fail(name, "; ".join(asked.problems))
            answer = lane.take(asked)
            if callable(answer):
                thought = answer(asked)
                answer = await thought if inspect.isawaitable(thought) else thought
        except Exception as error:
            return self._fail(name, f"the script itself failed: {error!r}")
        if isinstance(answer, str):
            said_last = asked.messages[-1].text[-200:] if asked.messages else ""
            return self._fail(name, f"{answer}; asked last: {said_last!r}")
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        if isinstance(answer, Said):
            self._replies += 1
            body = responses_body if asked.form == "responses" else chat_body
            return _json_answer(200, body(answer, asked, self._replies))
        return await _fault_answer(answer)

    async def _transcribe(self, request: HttpRequest) -> HttpAnswer:
        try:
            recording = read_recording(request.headers, request.body, self._api_key)
        except ValueError as error:
            return self._fail("", f"a recording that cannot be read: {error}")
        self.heard.append(recording)
        if not self._spoken:
            return self._fail("", "nothing is left to be heard")
        spoken = self._spoken.popleft()
        if isinstance(spoken, Fault):
            return await _fault_answer(spoken)
        seconds = len(recording.audio) // 1000
        return _json_answer(200, {"text": spoken, "usage": {"type": "duration", "seconds": seconds}})

    def _fail(self, lane: str, what: str) -> HttpAnswer:
        failure = f"request {len(self.asked)}{f' in lane {lane!r}' if lane else ''}: {what}"
        self.failures.append(failure)
        return _refuse(400, f"scripted model: {failure}")


async def _fault_answer(fault: Fault) -> HttpAnswer:
    if fault.is_silent:
        await asyncio.Event().wait()
    return HttpAnswer(fault.status, fault.body, fault.headers, fault.raw, fault.drops)


def _refuse(status: int, message: str) -> HttpAnswer:
    error = {"message": message, "type": "invalid_request_error", "code": None, "param": None}
    return _json_answer(status, {"error": error})


def _json_answer(status: int, body: dict[str, object]) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(body, ensure_ascii=False).encode(), JSON_TYPE)
