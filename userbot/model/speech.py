"""Speech to text: what a voice note says, over the transcriptions endpoint that OpenAI and local servers share."""

import asyncio
import io
import json
import logging
import wave
from collections.abc import Callable

from userbot.model.endpoint import ModelSettings, open_sdk, read_endpoint
from userbot.model.messages import Usage
from userbot.model.prices import Prices
from userbot.model.reading import as_cost, as_count, as_mapping, as_text
from userbot.model.refusals import Refusal, error_for, is_worth_a_quick_retry, read_error_object
from userbot.model.wire import Refused, attempt, refused

log = logging.getLogger(__name__)

QUICK_RETRY_S = 1.0
MEDIA_TYPES = {"ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4"}


class Transcriber:
    """A speech-to-text model at one endpoint. Close it when done."""

    def __init__(
        self,
        settings: ModelSettings,
        on_usage: Callable[[Usage], None] | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Raises OwnerMustAct when the settings cannot work. `on_usage` is called once per wire call."""
        self._settings = settings
        self._on_usage = on_usage
        self._prices = prices or Prices()
        self._endpoint = read_endpoint(settings)
        self._sdk = open_sdk(self._endpoint, settings.timeout_s)
        self._takes_language = True

    async def close(self) -> None:
        await self._sdk.close()

    async def transcribe(self, audio: bytes, *, language: str | None = None, kind: str = "ogg") -> str:
        """What is said in `audio`, as it is sent by Telegram; "" when nothing is. `language` is a hint, such as "ru".

        Raises TryAgain, NeverAgain (this audio will not be read) or OwnerMustAct.
        """
        retries = 1
        while True:
            hint = language if self._takes_language else None
            try:
                return await self._call(audio, hint, kind)
            except Refused as failure:
                refusal = failure.refusal
                if hint and refusal.status in (400, 422) and refusal.names("language"):
                    log.info("%s takes no language: going on without it", self._settings.model)
                    self._takes_language = False
                    continue
                if not retries or refusal.after_s or not is_worth_a_quick_retry(refusal):
                    settings = self._settings
                    raise error_for(refusal, settings.model, self._endpoint.has_own_url, settings.named) from None
                retries -= 1
                await asyncio.sleep(QUICK_RETRY_S)

    async def _call(self, audio: bytes, language: str | None, kind: str) -> str:
        """One wire call, recorded."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        found: dict[str, object] = {}
        error: str | None = "failed"
        try:
            body = await attempt(self._send(audio, language, kind), self._endpoint, self._settings.timeout_s)
            found = self._read(body)
            error = None
        except Refused as failure:
            error = str(failure.refusal)
            raise
        except asyncio.CancelledError:
            error = "cancelled"
            raise
        finally:
            if self._on_usage:
                self._on_usage(self._usage_of(found, loop.time() - started, error))
        return (as_text(found["text"]) or "").strip()

    async def _send(self, audio: bytes, language: str | None, kind: str) -> str:
        # Servers tell the format by the end of the name.
        file = (f"voice.{kind}", audio, MEDIA_TYPES[kind])
        create = self._sdk.audio.transcriptions.with_raw_response.create
        if language is None:
            raw = await create(file=file, model=self._settings.model, response_format="json")
        else:
            raw = await create(file=file, model=self._settings.model, response_format="json", language=language)
        text: str = raw.text
        return text

    def _read(self, body: str) -> dict[str, object]:
        try:
            payload: object = json.loads(body)
        except (ValueError, RecursionError):
            kind = "a web page" if body.lstrip()[:1] == "<" else "no JSON"
            url = f"{self._settings.named}_BASE_URL"
            raise Refused(Refusal(f"{kind} came instead of an answer; is {url} right?", 200)) from None
        found = dict(as_mapping(payload))
        if error := found.get("error"):
            seen = read_error_object(error)
            raise refused(Refusal(seen.message, 200, seen.code, seen.param), self._endpoint)
        if not isinstance(found.get("text"), str):
            raise Refused(Refusal("the response has no text", 200))
        return found

    def _usage_of(self, found: dict[str, object], duration_s: float, error: str | None) -> Usage:
        usage = as_mapping(found.get("usage"))
        heard, written = as_count(usage.get("input_tokens")), as_count(usage.get("output_tokens"))
        cost = as_cost(usage.get("cost"))
        price = self._prices.of(self._settings.model)
        if cost is None and price and heard is not None and written is not None:
            cost = price.of(input_tokens=heard, output_tokens=written, cached_tokens=0, cache_write_tokens=0)
        return Usage(
            model_asked=self._settings.model,
            model_answered=as_text(found.get("model")),
            input_tokens=heard,
            output_tokens=written,
            cached_tokens=None,
            reasoning_tokens=None,
            cost_usd=cost,
            duration_s=duration_s,
            finish_reason=None,
            error=error,
        )


def silence() -> bytes:
    """Half a second of nothing, as a WAV file: enough to see whether a server takes audio at all."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(bytes(16000))
    return file.getvalue()
