"""Which language the owner is answered in: theirs, unless it is set."""

import re
from collections.abc import Iterable
from typing import Literal

from userbot.saved_messages.when import Language
from userbot.store import preferences

_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_SHORT_COMMAND = re.compile(r"\W*\w*[\s№#]*\d*\W*")
# As a model is told it.
NAMES: dict[Language, str] = {"ru": "Russian", "en": "English"}


def of_text(text: str, before: Language, setting: Literal["auto"] | Language) -> Language:
    """The language to answer an owner's text in. `.stop 4` says nothing about it: it stays what it was `before`."""
    fixed = preferences.language() or setting
    if fixed != "auto":
        return fixed
    if _CYRILLIC.search(text):
        return "ru"
    return before if _SHORT_COMMAND.fullmatch(text) else "en"


def of_texts(name: str, texts: Iterable[str], setting: Literal["auto"] | Language) -> Language:
    """The language of an owner of this name after these texts of theirs, the oldest first."""
    language: Language = "ru" if _CYRILLIC.search(name) else "en"
    for text in texts:
        language = of_text(text, language, setting)
    return language
