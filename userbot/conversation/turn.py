"""A turn: the bounded loop of model and tools that collects acts. Nothing happens here; acts are only data."""

import json
from collections.abc import Sequence
from typing import Protocol

from userbot.conversation.tool_arguments import BadArguments
from userbot.errors import TryAgain
from userbot.model.messages import Message, Reply, ToolCall, ToolSpec, tool_result, user

MAX_ROUNDS = 8
MAX_CALLS = 24
# What a tool answers is sent again with every round that follows.
ERROR_LIMIT = 500


class Model(Protocol):
    """What a turn needs of the model room. Raises TryAgain, NeverAgain or OwnerMustAct."""

    async def complete(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply: ...


class Toolbox(Protocol):
    """One turn's tools. `call` answers what the model reads; the acts it collects stay inside until the commit."""

    tools: Sequence[ToolSpec]

    async def call(self, call: ToolCall) -> str:
        """Raises BadArguments with what is wrong with this call."""
        ...

    def is_over(self) -> bool:
        """Has an act been taken after which nothing more may come?"""
        ...

    def is_done(self) -> bool:
        """Has the model said that its latest call is the last? That saves asking it once more."""
        ...

    def missing(self) -> str | None:
        """What this turn still has to do before it is whole, in words for the model; None when it is."""
        ...

    def unsaid(self) -> str | None:
        """What a model is reminded of once, though the turn is whole without it; None when there is nothing."""
        ...


class TurnIsNonsense(TryAgain):
    """The model did not bring a whole turn: it looped, or called nothing after being reminded. Its acts are void."""


async def run(model: Model, prompt: Sequence[Message], toolbox: Toolbox) -> None:
    """Let the model call tools until it is done. Returns when the toolbox holds a whole turn's acts.

    Raises TurnIsNonsense when no whole turn came of it, and what the model room raises. Plain text of the model goes
    nowhere.
    """
    messages = list(prompt)
    answered: dict[str, str] = {}
    calls_left = MAX_CALLS
    reminded = False
    for _ in range(MAX_ROUNDS):
        reply = await model.complete(messages, toolbox.tools)
        messages.append(reply.message)
        calls_left -= len(reply.message.calls)
        if calls_left < 0:
            break
        answers = [await _answer(call, toolbox, answered) for call in reply.message.calls]
        messages += [tool_result(call.id, answer) for call, answer in zip(reply.message.calls, answers, strict=True)]
        # A refused call has to be mended, whatever the model said about being done.
        is_done = toolbox.is_done() and not any(answer.startswith("Error") for answer in answers)
        if (toolbox.is_over() or (answers and is_done)) and toolbox.missing() is None:
            return
        if not reply.message.calls:
            wanting = toolbox.missing()
            if reminded and wanting is not None:
                raise TurnIsNonsense(f"the model ended its turn unfinished: {wanting}")
            wanting = wanting or (None if reminded else toolbox.unsaid())
            if wanting is None:
                return
            reminded = True
            messages.append(user(f"Nothing you write outside tool calls reaches anybody. {wanting}"))
    raise TurnIsNonsense("the model went on calling tools without end")


async def _answer(call: ToolCall, toolbox: Toolbox, answered: dict[str, str]) -> str:
    """The tool's answer. The same call made twice is done once."""
    same = json.dumps([call.name, call.arguments], sort_keys=True, ensure_ascii=False, default=str)
    if same in answered:
        return answered[same]
    answer = await _first_answer(call, toolbox)
    if not answer.startswith("Error"):
        # What was refused may be tried again, and tries are counted.
        answered[same] = answer
    return answer


async def _first_answer(call: ToolCall, toolbox: Toolbox) -> str:
    names = [tool.name for tool in toolbox.tools]
    if call.name not in names:
        return f"Error: there is no tool {call.name[:40]!r}. There are: {', '.join(names)}."
    if call.problem is not None or call.arguments is None:
        return f"Error: {call.problem or 'the arguments could not be read'}. Call again with valid arguments."
    if toolbox.is_over():
        return "Error: the turn is over, nothing more is taken."
    try:
        return await toolbox.call(call)
    except BadArguments as error:
        return f"Error: {str(error)[:ERROR_LIMIT]}. Call again, corrected."
