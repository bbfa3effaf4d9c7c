"""Telegram's methods, by topic. Importing this package fills the registry."""

from userbot.rehearsal.telegram.methods import (  # noqa: F401 - each registers its own
    calls,
    files,
    people,
    reading,
    sending,
    settings,
    signing_in,
    updates,
)
from userbot.rehearsal.telegram.methods.calls import METHODS, Call, known_method_names

__all__ = ["METHODS", "Call", "known_method_names"]
