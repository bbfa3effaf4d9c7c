"""One call to the model, whatever it takes: `complete(messages, tools)` -> a reply, or one of our errors.

In it: which wire form to speak, parameters a model turns out not to take, calls a model wrote as text, a few quick
retries, usage. Other models are `chain.py`'s business; long waits the callers', who have rows that outlive a crash.
"""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from openai import AsyncOpenAI

from userbot.errors import OwnerMustAct, TryAgain, UserbotError
from userbot.model import chat, responses, written
from userbot.model.endpoint import Api, ModelSettings, open_sdk, read_endpoint
from userbot.model.messages import Message, Reply, ToolSpec, Usage, user
from userbot.model.prices import Prices
from userbot.model.reading import Answer, as_mapping
from userbot.model.refusals import (
    Refusal,
    error_for,
    is_worth_a_quick_retry,
    refuses_images,
    refuses_tools,
    takes_no_images,
)
from userbot.model.wire import Refused, attempt, refused

__all__ = ["Api", "ModelClient", "ModelSettings"]

log = logging.getLogger(__name__)

# Waits before the retries made here. The SDK's own retries are off: it would also retry an account out of
# credit, sleep up to two minutes on a server's word, and hide calls that are to be recorded.
QUICK_RETRIES_S = (0.5, 2.0)
LONGEST_QUICK_WAIT_S = 5.0
# Remembered like a refused parameter: this server does not take back what it put into its own messages.
ECHO = "echo"
# The same for a model that takes no pictures.
IMAGES = "images"
INSTEAD_OF_A_PICTURE = "[a picture]"
# For the reckoning of tokens: Russian in JSON takes about so many.
CHARACTERS_A_TOKEN = 3
_DATA_URL = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]*")


class WireForm(Protocol):
    """What `chat` and `responses` both are."""

    NAME: str
    DROPPABLE: tuple[str, ...]

    def build_request(
        self,
        model: str,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        refused: frozenset[str],
        origin: str,
    ) -> dict[str, object]: ...

    async def send(self, client: AsyncOpenAI, body: Mapping[str, object]) -> str: ...

    def read_response(self, payload: Mapping[str, object], taken: set[str], origin: str) -> Answer | Refusal: ...


class ModelClient:
    """A model at one endpoint. Safe to use from many tasks at once; close it when done.

    What a model refuses is remembered for as long as this object lives.
    """

    def __init__(
        self,
        settings: ModelSettings,
        on_usage: Callable[[Usage], None] | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Raises OwnerMustAct when the settings cannot work.

        `on_usage` is called once per wire call, also for one that failed or was cancelled (`error` says so).
        """
        self._settings = settings
        self._on_usage = on_usage
        self._prices = prices or Prices()
        self._endpoint = read_endpoint(settings)
        self._sdk = open_sdk(self._endpoint, settings.timeout_s)
        self._form: WireForm = chat
        if settings.api == "responses" or (settings.api == "auto" and self._endpoint.is_openai):
            self._form = responses
        self._fell_to_responses = False
        self._refused: frozenset[str] = frozenset()

    async def close(self) -> None:
        await self._sdk.close()

    async def complete(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply:
        """The model's next message: text or calls or both, never neither.

        Raises TryAgain (with the server's own wish for a wait, if it had one), NeverAgain or OwnerMustAct.
        """
        asked_twice = corrected = False
        while True:
            reply = await self._reply(messages, tools)
            if reply is None:
                if asked_twice:
                    raise TryAgain("the model sent an empty reply, twice")
                asked_twice = True
                continue
            if not tools or reply.message.calls:
                return reply
            call = written.find_call(reply.message.text, tools, messages, _ids_of(messages))
            if call is not None:
                log.info("%s writes its calls as text", self._settings.model)
                return replace(reply, message=replace(reply.message, text="", calls=(call,)))
            if corrected or not written.looks_like_a_call(reply.message.text, tools):
                return reply
            corrected = True
            messages = [*messages, reply.message, user(written.MAKE_IT_A_CALL)]

    async def _reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply | None:
        """A reply, however many wire calls it takes. None is an empty one."""
        quick_retries = list(QUICK_RETRIES_S)
        stripped = False
        if ECHO in self._refused:
            messages = _without_echo(messages)
        while True:
            if IMAGES in self._refused:
                messages = _without_images(messages)
            form, without = self._form, self._refused
            try:
                reply = await self._call(form, messages, tools, without)
            except Refused as failure:
                refusal = failure.refusal
                if not stripped and _refuses_echo(refusal, messages):
                    messages, stripped = _without_echo(messages), True
                    continue
                if any(message.images for message in messages) and refuses_images(refusal):
                    if takes_no_images(refusal):
                        log.info("%s takes no pictures: going on without them", self._settings.model)
                        self._refused |= {IMAGES}
                    messages = _without_images(messages)
                    continue
                if self._mend(refusal, form, without, bool(tools)):
                    continue
                wait_s = _quick_wait(refusal, quick_retries)
                if wait_s is None:
                    # The SDK's error holds the request, and with it people's messages: not carried along.
                    raise self._error_for(refusal, form) from None
                await asyncio.sleep(wait_s)
                continue
            if stripped and form.NAME == chat.NAME:
                # Only now: a server may as well miss an echo, and that must not end all echoes.
                self._refused |= {ECHO}
            return reply

    async def _call(
        self, form: WireForm, messages: Sequence[Message], tools: Sequence[ToolSpec], without: frozenset[str]
    ) -> Reply | None:
        """One wire call, recorded. None is an empty reply."""
        origin = f"{form.NAME} {self._endpoint.host} {self._settings.model}"
        body = form.build_request(self._settings.model, messages, tools, without, origin)
        loop = asyncio.get_running_loop()
        started = loop.time()
        answer: Answer | None = None
        error: str | None = "failed"
        try:
            text = await attempt(form.send(self._sdk, body), self._endpoint, self._settings.timeout_s)
            answer = self._read(form, text, _ids_of(messages), origin)
            error = "empty reply" if answer.is_empty else None
        except Refused as failure:
            error = str(failure.refusal)
            raise
        except asyncio.CancelledError:
            error = "cancelled"
            raise
        finally:
            usage = self._usage_of(answer, loop.time() - started, error, body)
            if self._on_usage:
                self._on_usage(usage)
        return None if answer.is_empty else Reply(answer.message, usage)

    def _read(self, form: WireForm, body: str, taken: set[str], origin: str) -> Answer:
        try:
            payload: object = json.loads(body)
        except (ValueError, RecursionError):
            kind = "a web page" if body.lstrip()[:1] == "<" else "broken JSON"
            url = f"{self._settings.named}_BASE_URL"
            raise Refused(Refusal(f"{kind} came instead of an answer; is {url} right?", 200)) from None
        if not isinstance(payload, dict):
            raise Refused(Refusal("JSON of another shape came instead of an answer", 200))
        try:
            answer = form.read_response(payload, taken, origin)
        except RecursionError:
            raise Refused(Refusal("JSON nested beyond all sense came instead of an answer", 200)) from None
        if isinstance(answer, Refusal):
            raise refused(answer, self._endpoint)
        return answer

    def _error_for(self, refusal: Refusal, form: WireForm) -> UserbotError:
        named = self._settings.named
        if refusal.status == 404 and form.NAME == responses.NAME and self._fell_to_responses:
            return OwnerMustAct(
                f"{named}_MODEL={self._settings.model} takes no tools on Chat Completions, and the server at "
                f"{named}_BASE_URL has no Responses. Set another {named}_MODEL."
            )
        return error_for(refusal, self._settings.model, self._endpoint.has_own_url, named)

    def _usage_of(
        self, answer: Answer | None, duration_s: float, error: str | None, body: Mapping[str, object]
    ) -> Usage:
        return Usage(
            model_asked=self._settings.model,
            model_answered=answer.model if answer else None,
            input_tokens=answer.input_tokens if answer else None,
            output_tokens=answer.output_tokens if answer else None,
            cached_tokens=answer.cached_tokens if answer else None,
            reasoning_tokens=answer.reasoning_tokens if answer else None,
            cost_usd=self._cost_of(answer) if answer else None,
            duration_s=duration_s,
            finish_reason=answer.finish_reason if answer else None,
            error=error,
            reckoned_tokens=_reckoned(answer, body) if answer else None,
        )

    def _cost_of(self, answer: Answer) -> float | None:
        """Dollars: the server's own word, else by the price table, else unknown."""
        if answer.cost_usd is not None:
            return answer.cost_usd
        price = self._prices.of(self._settings.model, answer.model)
        if price is None or answer.input_tokens is None or answer.output_tokens is None:
            return None
        return price.of(
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            cached_tokens=answer.cached_tokens or 0,
            cache_write_tokens=answer.cache_write_tokens or 0,
        )

    def _mend(self, refusal: Refusal, form: WireForm, refused: frozenset[str], has_tools: bool) -> bool:
        """Learns from a refusal what this model does not take. True: the same call is worth making again.

        `refused` is what the refused call already went without, so each thing is tried once per call.
        """
        if refusal.status not in (400, 404, 422) or refuses_tools(refusal):
            return False
        if form.NAME == chat.NAME and has_tools and self._mend_reasoning(refusal, refused):
            return True
        names = [name for name in form.DROPPABLE if refusal.names(name)]
        if refusal.code == "invalid_function_parameters":
            names.append("strict")  # the schema is not in the shape that strict tools must have
        if form.NAME == responses.NAME and _is_about_encrypted_content(refusal):
            names.append("include")  # models that do not reason refuse to be asked for it
        for name in names:
            if name not in refused:
                log.info("%s does not take %s: going on without it", self._settings.model, name)
                self._refused |= {name}
                return True
        return False

    def _mend_reasoning(self, refusal: Refusal, refused: frozenset[str]) -> bool:
        """Newer OpenAI models take tools on Chat Completions only with reasoning off, some not even so."""
        is_about_effort = refusal.names("reasoning_effort")
        if is_about_effort and chat.NEEDS_REASONING_OFF not in refused:
            self._refused |= {chat.NEEDS_REASONING_OFF}
            return True
        if not is_about_effort and "v1/responses" not in refusal.message:
            return False
        if self._settings.api != "auto":
            raise OwnerMustAct(
                f"{self._settings.named}_MODEL={self._settings.model} takes no tools on Chat Completions. "
                f"Set LLM_API=responses, or another {self._settings.named}_MODEL."
            )
        log.info("%s takes no tools on Chat Completions: using Responses", self._settings.model)
        self._form, self._fell_to_responses = responses, True
        return True


def _reckoned(answer: Answer, body: Mapping[str, object]) -> int | None:
    """Tokens in and out by length, for a server that does not count them: budgets must hold there too. Rather more
    than fewer. Pictures are not reckoned by their bytes."""
    if answer.input_tokens is not None and answer.output_tokens is not None:
        return None
    heard = len(_DATA_URL.sub("", json.dumps(body, ensure_ascii=False)))
    said = len(answer.message.text) + sum(len(json.dumps(dict(c.arguments or {}))) for c in answer.message.calls)
    return -(-(heard + said) // CHARACTERS_A_TOKEN)


def _refuses_echo(refusal: Refusal, messages: Sequence[Message]) -> bool:
    """Whether an echo was refused: a key or model changed, or the server reads less than it writes."""
    if refusal.status not in (400, 422) or (refusal.param or "").startswith("include"):
        return False
    echoes = [message.echo for message in messages if message.echo]
    fields = {key for echo in echoes for key in as_mapping(echo.get("message"))}
    return bool(echoes) and (_is_about_encrypted_content(refusal) or any(map(refusal.names, fields)))


def _is_about_encrypted_content(refusal: Refusal) -> bool:
    return (
        refusal.code == "invalid_encrypted_content"
        or refusal.names("encrypted_content")
        or "encrypted content" in refusal.message.lower()
    )


def _without_echo(messages: Sequence[Message]) -> list[Message]:
    return [replace(message, echo=None) for message in messages]


def _without_images(messages: Sequence[Message]) -> list[Message]:
    return [
        replace(message, text="\n".join(filter(None, [message.text, *instead])), images=())
        if (instead := [INSTEAD_OF_A_PICTURE] * len(message.images))
        else message
        for message in messages
    ]


def _ids_of(messages: Sequence[Message]) -> set[str]:
    return {call.id for message in messages for call in message.calls}


def _quick_wait(refusal: Refusal, left: list[float]) -> float | None:
    """How long to wait before trying again at once, or None: not now. Takes the wait from `left`."""
    if not left or not is_worth_a_quick_retry(refusal):
        return None
    if refusal.after_s is not None and refusal.after_s > LONGEST_QUICK_WAIT_S:
        return None
    return max(left.pop(0), refusal.after_s or 0.0)
