"""Listens in on the model: every reply is kept as a recording holds it, with whose conversation it was in."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from userbot.conversation.turn import Model
from userbot.errors import UserbotError
from userbot.model.messages import Message, Reply, ToolSpec
from userbot.rehearsal.rehearse.recording import OWNER, RecordedCall, RecordedReply

# What a tool answers when a call was refused begins so.
REFUSED = "Error"


def whose(prompt: str, people: Collection[tuple[str, str]]) -> str:
    """Whose conversation a prompt is of: a contact's says so in one place, and so does a turn after the end. `people`:
    usernames and names."""
    for who, name in people:
        open_, after = (json.dumps({key: name}, ensure_ascii=False) for key in ("contact", "name"))
        if open_ in prompt or f"## The dialog with {after}" in prompt:
            return who
    return OWNER


class Ear:
    """Pass `around` to the program. `in_flight`: calls that are being waited for; `begun`: how many there were so far,
    failed ones too."""

    def __init__(
        self,
        people: Callable[[], Collection[tuple[str, str]]],
        on_failure: Callable[[UserbotError], None] = lambda _: None,
        outside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        """`outside`: entered while a model is waited for that lives in real time."""
        self.replies: list[RecordedReply] = []
        self.in_flight = 0
        self.begun = 0
        # For who wants to look at each request: whose conversation it is of, and what is asked with which tools.
        self.on_asked: Callable[[str, Sequence[Message], Sequence[ToolSpec]], None] = lambda who, messages, tools: None
        self._people = people
        self._on_failure = on_failure
        self._outside = outside

    def around(self, model: Model) -> Model:
        return _Heard(model, self)

    async def listen(self, model: Model, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply:
        who = whose("\n".join(message.text for message in messages), self._people())
        self._note_answers(who, messages)
        self.on_asked(who, messages, tools)
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.begun += 1
        self.in_flight += 1
        try:
            with self._outside():
                reply = await model.complete(messages, tools)
        except UserbotError as error:
            self._on_failure(error)
            raise
        finally:
            self.in_flight -= 1
        usage = reply.usage
        known = usage.input_tokens is not None and usage.output_tokens is not None
        self.replies.append(
            RecordedReply(
                of=who,
                took_s=loop.time() - began,
                text=reply.message.text,
                calls=tuple(RecordedCall(call.name, call.arguments) for call in reply.message.calls),
                tokens=(usage.input_tokens or 0, usage.output_tokens or 0) if known else None,
                cost_usd=usage.cost_usd,
            )
        )
        return reply

    def _note_answers(self, who: str, messages: Sequence[Message]) -> None:
        """The request that follows a reply holds what its calls were answered."""
        places = [place for place, message in enumerate(messages) if message.role == "assistant"]
        of_theirs = [place for place, reply in enumerate(self.replies) if reply.of == who]
        if not places or not of_theirs:
            return
        answers = {message.call_id: message.text for message in messages[places[-1] + 1 :] if message.role == "tool"}
        last, calls = self.replies[of_theirs[-1]], messages[places[-1]].calls
        if [call.name for call in calls] != [call.name for call in last.calls]:
            return
        noted = []
        for one, call in zip(last.calls, calls, strict=True):
            answer = answers.get(call.id, "")
            is_refusal = answer.startswith(REFUSED)
            noted.append(replace(one, was_taken=not is_refusal, refusal=answer if is_refusal else ""))
        self.replies[of_theirs[-1]] = replace(last, calls=tuple(noted))


class _Heard:
    def __init__(self, model: Model, ear: Ear) -> None:
        self._model = model
        self._ear = ear

    async def complete(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply:
        return await self._ear.listen(self._model, messages, tools)
