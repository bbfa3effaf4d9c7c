"""When OpenAI's models are shut down, as its SDK announces it (openai 3.54: types/shared, types/audio_model)."""

import re
from datetime import date

_SHUT_DOWN = {
    date(2026, 7, 23): "gpt-5.1-codex gpt-5.1-chat-latest gpt-5-chat-latest gpt-4o-search-preview "
    "gpt-4o-mini-search-preview",
    date(2026, 8, 10): "gpt-5.3-chat-latest gpt-5.2-chat-latest",
    date(2026, 9, 28): "gpt-3.5-turbo-1106",
    date(2026, 10, 23): "gpt-4.1-nano o4-mini o3-mini o1 gpt-4o-2024-05-13 gpt-4-turbo gpt-4-1106-preview gpt-4 "
    "gpt-4-0613 gpt-3.5-turbo gpt-3.5-turbo-0125",
    date(2026, 12, 11): "gpt-5 gpt-5-mini gpt-5-nano o3",
    date(2027, 1, 14): "gpt-4.1 gpt-4.1-mini gpt-4o gpt-4o-mini",
    date(2027, 2, 26): "whisper-1 gpt-4o-transcribe gpt-4o-mini-transcribe gpt-4o-transcribe-diarize",
    date(2027, 4, 1): "gpt-5.4-nano gpt-5.1",
}
_DAYS = {name: day for day, names in _SHUT_DOWN.items() for name in names.split()}
# A dated snapshot goes with its model, unless it has a day of its own.
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def shut_down(model: str) -> date | None:
    """The day from which OpenAI does not serve this model any more; None when none was announced."""
    return _DAYS.get(model, _DAYS.get(_SNAPSHOT.sub("", model)))
