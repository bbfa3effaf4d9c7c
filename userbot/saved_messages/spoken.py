"""What the owner says by voice in Saved Messages: which of it is a command, and what no voice may decide. Pure.

Transcripts err. So a spoken command does nothing that reaches a person before the owner's written yes, and what only
wants a yes, a number or the very text to send is not answered by voice at all.
"""

import re

# A fresh voice note is a command only when it begins with one of these: owners keep voice memos among their notes.
WAKE_WORDS = ("секретарь", "secretary")
_WAKES = re.compile(rf"[\s\W]*(?:{'|'.join(WAKE_WORDS)})(?!\w)[\s\W]*", re.IGNORECASE)


def after_wake_word(heard: str) -> str | None:
    """The command in what was heard, "" when only the wake word was; None when it is no command."""
    found = _WAKES.match(heard)
    return None if found is None else heard[found.end() :].strip()
