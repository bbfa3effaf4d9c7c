"""Protects speech to text: what reaches the server, what comes back, and every failure as one of our three errors."""

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO

import pytest

from tests.model.conftest import KEY
from userbot.errors import NeverAgain, OwnerMustAct, TryAgain
from userbot.model.endpoint import ModelSettings
from userbot.model.messages import Usage
from userbot.model.prices import Price, Prices
from userbot.model.speech import Transcriber, silence
from userbot.rehearsal.model import Fault, ScriptedModel

VOICE = b"OggS" + bytes(range(256)) * 40
DOWN = Fault.error(503, "overloaded")


@dataclass
class Ear:
    transcriber: Transcriber
    model: ScriptedModel
    usage: list[Usage]


@asynccontextmanager
async def listen(*spoken: str | Fault, timeout_s: float = 60.0, prices: Prices | None = None) -> AsyncIterator[Ear]:
    async with ScriptedModel(api_key=KEY) as model:
        model.hears(*spoken)
        usage: list[Usage] = []
        settings = ModelSettings("whisper-here", KEY, model.base_url, "auto", timeout_s, "SPEECH")
        transcriber = Transcriber(settings, usage.append, prices)
        try:
            yield Ear(transcriber, model, usage)
        finally:
            await transcriber.close()


async def test_a_voice_note_becomes_text() -> None:
    async with listen(" Давайте в пятницу. ") as ear:
        assert await ear.transcriber.transcribe(VOICE, language="ru") == "Давайте в пятницу."
    (heard,) = ear.model.heard
    assert heard.file_name.endswith(".ogg"), "servers tell the format by it"
    assert (heard.media_type, heard.audio, heard.is_authorized) == ("audio/ogg", VOICE, True)
    assert heard.fields == {"model": "whisper-here", "language": "ru", "response_format": "json"}
    (usage,) = ear.usage
    assert (usage.model_asked, usage.error, usage.input_tokens, usage.cost_usd) == ("whisper-here", None, None, None)


async def test_silence_is_an_empty_text() -> None:
    async with listen("") as ear:
        assert await ear.transcriber.transcribe(silence(), kind="wav") == ""
    (heard,) = ear.model.heard
    assert "language" not in heard.fields
    with wave.open(BytesIO(heard.audio)) as file:
        assert file.getnframes() / file.getframerate() == 0.5


async def test_tokens_and_their_price_are_recorded() -> None:
    told = {"text": "да", "usage": {"type": "tokens", "input_tokens": 100, "output_tokens": 10, "total_tokens": 110}}
    async with listen(Fault.http(200, told), prices=Prices({"whisper": Price(10, 40, 10, 10)})) as ear:
        await ear.transcriber.transcribe(VOICE)
    (usage,) = ear.usage
    assert (usage.input_tokens, usage.output_tokens) == (100, 10)
    assert usage.cost_usd == pytest.approx(1400 / 1e6)


async def test_a_refused_language_is_left_out_and_remembered() -> None:
    refusal = Fault.error(400, "Unsupported value", param="language")
    async with listen(refusal, "да", "нет") as ear:
        assert await ear.transcriber.transcribe(VOICE, language="ru") == "да"
        assert await ear.transcriber.transcribe(VOICE, language="ru") == "нет"
    assert ["language" in heard.fields for heard in ear.model.heard] == [True, False, False]


async def test_passing_trouble_is_tried_once_more() -> None:
    async with listen(DOWN, "да", DOWN, Fault.drop()) as ear:
        assert await ear.transcriber.transcribe(VOICE) == "да"
        with pytest.raises(TryAgain):
            await ear.transcriber.transcribe(VOICE)
    assert [bool(usage.error) for usage in ear.usage] == [True, False, True, True]


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Fault.error(401, f"Incorrect API key: {KEY}", "invalid_api_key"), OwnerMustAct, "SPEECH_API_KEY"),
        (Fault.error(404, "no model", "model_not_found"), OwnerMustAct, "SPEECH_MODEL"),
        (Fault.http(404, "<html>"), OwnerMustAct, "SPEECH_BASE_URL"),
        (Fault.error(429, "quota", "insufficient_quota"), OwnerMustAct, "credit"),
        (Fault.error(400, "Invalid file format"), NeverAgain, "file format"),
        (Fault.error(413, "too large"), NeverAgain, "too large"),
        (Fault.error(429, "slow", headers={"retry-after": "90"}), TryAgain, "slow"),
    ],
)
async def test_errors_are_our_three_kinds(fault: Fault, error: type[Exception], says: str) -> None:
    async with listen(fault) as ear:
        with pytest.raises(error, match=says) as caught:
            await ear.transcriber.transcribe(VOICE)
    assert KEY not in str(caught.value) + str(ear.usage)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "body", ["<html>hello</html>", "просто текст", "[]", '{"text": null}', '{"error": {"message": "busy"}}', ""]
)
async def test_a_200_that_is_no_answer_is_try_again(body: str) -> None:
    async with listen(Fault.http(200, body)) as ear:
        with pytest.raises(TryAgain):
            await ear.transcriber.transcribe(VOICE)
        assert all(usage.error for usage in ear.usage)


async def test_a_server_that_never_answers_is_left_after_the_timeout() -> None:
    async with ScriptedModel(api_key=KEY) as model:
        model.hears(Fault.silence())
        transcriber = Transcriber(ModelSettings("m", KEY, model.base_url, "auto", 30.0, "SPEECH"))
        with pytest.raises(TryAgain, match="30 s"):
            await transcriber.transcribe(VOICE)
        await transcriber.close()
