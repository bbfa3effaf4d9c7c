"""The models' part of `userbot doctor`: each is asked for a tool call and given a long prompt, the speech model a
little silence; what is shut down soon, and what a price table gets wrong."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from userbot.checks import Check, State
from userbot.config import Settings, is_openai
from userbot.errors import NeverAgain, OwnerMustAct, UserbotError

if TYPE_CHECKING:
    from userbot.model.client import ModelClient, ModelSettings

SOON = timedelta(days=60)


async def check_models(settings: Settings, today: date, *, offline: bool) -> list[Check]:
    """`offline` asks no model and looks at dates and prices only."""
    # The SDK takes half a second to import: only when it is needed.
    from userbot.model.chain import may_be_asked
    from userbot.model.prices import read_prices

    checks = []
    speech = settings.speech_settings
    try:
        read_prices(settings.prices_path)
    except OwnerMustAct as error:
        checks.append(Check("prices", State.BROKEN, str(error), "prices.example.toml shows how it is written"))
    allowed = may_be_asked(settings.models, to_cloud=settings.fallback_to_cloud)
    for model, is_allowed in zip(settings.models, allowed, strict=True):
        name = "model" if model.named == "OPENAI" else model.named.lower().replace("_", " ")
        if not is_allowed:
            found = f"{_place(model)} is never asked: it is no model at home, and one before it is"
            checks.append(Check(name, State.WARN, found, "set FALLBACK_TO_CLOUD=yes if what is written may go there"))
            continue
        if not offline:
            checks.append(await _check_model(name, model))
        checks += _check_date(name, model, today)
    if speech is not None:
        if not offline:
            checks.append(await _check_speech(speech))
        checks += _check_date("speech", speech, today)
    return checks


async def _check_model(name: str, model: "ModelSettings") -> Check:
    """Of the fallbacks nothing is broken as long as the first model works."""
    from userbot.model.client import ModelClient

    is_first = model.named == "OPENAI"
    broken = State.BROKEN if is_first else State.WARN
    try:
        client = ModelClient(model)
        try:
            return await _probe(name, model, client, broken)
        finally:
            await client.close()
    except UserbotError as error:
        mend = f"look at {model.named}_MODEL, {model.named}_BASE_URL and {model.named}_API_KEY in .env"
        return Check(name, broken, f"{_place(model)}: {error}", mend)


async def _probe(name: str, model: "ModelSettings", client: "ModelClient", broken: State) -> Check:
    """Two real calls. Without tool calls the program can do nothing; a prompt that is cut loses its rules first."""
    from userbot.model import probe

    called = await probe.call_a_tool(client)
    took = f"{called.duration_s:.1f} s"
    if not called.calls:
        mend = "take a model that can, or switch tools on in its server (docs/models.md)"
        return Check(name, broken, f"{_place(model)} answers, but calls no tools", mend)
    if not called.word_is_right:
        found = f"{_place(model)} calls tools, with wrong arguments ({took})"
        return Check(name, State.WARN, found, "a stronger model would do better")
    mend = "give it a longer context where it runs (Ollama: OLLAMA_CONTEXT_LENGTH; docs/models.md)"
    try:
        read = await probe.read_a_lot(client)
    except NeverAgain as error:
        found = f"{_place(model)} calls tools ({took}), and takes no prompt of {probe.LONG_WORDS} words: {error}"
        return Check(name, State.WARN, found, mend)
    if read.is_cut:
        how_much = f"read {read.tokens} tokens of more than {read.sent}" if read.tokens else "lost its beginning"
        return Check(name, broken, f"{_place(model)} cuts long prompts without a word: it {how_much}", mend)
    if not read.knows_the_beginning:
        found = f"{_place(model)} calls tools ({took}), but not as the beginning of a long prompt says"
        return Check(name, State.WARN, found, "a stronger model would do better")
    return Check(name, State.OK, f"{_place(model)} calls tools ({took}) and reads long prompts whole")


async def _check_speech(model: "ModelSettings") -> Check:
    from userbot.model.speech import Transcriber, silence

    try:
        transcriber = Transcriber(model)
        try:
            await transcriber.transcribe(silence(), kind="wav")
        finally:
            await transcriber.close()
    except UserbotError as error:
        mend = "look at SPEECH_MODEL, SPEECH_BASE_URL and SPEECH_API_KEY in .env; SPEECH_MODEL=off: none"
        return Check("speech", State.WARN, f"{_place(model)}: {error}", mend)
    return Check("speech", State.OK, f"{_place(model)} takes audio")


def _check_date(name: str, model: "ModelSettings", today: date) -> list[Check]:
    """Only OpenAI's own: elsewhere a model of that name may live on."""
    from userbot.model.retirement import shut_down

    day = shut_down(model.model) if is_openai(model.base_url) else None
    if day is None or day - today > SOON:
        return []
    mend = f"set another {model.named}_MODEL"
    if day <= today:
        state = State.BROKEN if name == "model" else State.WARN
        return [Check(name, state, f"OpenAI has shut down {model.model} on {day}", mend)]
    return [Check(name, State.WARN, f"OpenAI shuts down {model.model} on {day}", mend)]


def _place(model: "ModelSettings") -> str:
    return f"{model.model} at {model.base_url or 'OpenAI'}"
