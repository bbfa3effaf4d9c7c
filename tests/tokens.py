"""How many tokens a text is, roughly: tests hold prompts to a number of them, and no tokenizer comes with the program.

Fitted to OpenAI's o200k over this program's own prompts and tool schemas: within a tenth of it for each of them that
is longer than a few lines. Four characters a token, the usual rule, is a fifth too few for a dialog in Russian.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from userbot.model import chat
from userbot.model.messages import Message, ToolSpec

_PER_CHARACTER = ((r"[А-Яа-яЁё]", 0.29), (r"[A-Za-z]", 0.28), (r"[0-9]", 1.64), (r"[^А-Яа-яЁёA-Za-z0-9\s]", 0.16))


def tokens(text: str) -> int:
    return round(sum(each * len(re.findall(pattern, text)) for pattern, each in _PER_CHARACTER))


def tokens_of(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> int:
    """A request as it goes over the wire: tools and messages."""
    body: Any = chat.build_request("m", messages, tools, frozenset(), "o")
    texts = [str(message["content"]) for message in body["messages"]]
    return tokens(json.dumps(body["tools"], ensure_ascii=False, separators=(",", ":"))) + sum(map(tokens, texts))
