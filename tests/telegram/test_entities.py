"""Protects what of our own messages is bold or a block: Telegram is told the very places, and whether a block folds."""

import pytest
from telethon.tl.types import MessageEntityBlockquote, MessageEntityBold

from userbot.telegram.entities import as_entities


@pytest.mark.parametrize("folded", [False, True])
def test_a_block_of_words_folds_where_it_is_said_to(folded: bool) -> None:
    bold = {"type": "bold", "offset": 0, "length": 4}
    block = {"type": "quote", "offset": 5, "length": 9, "folded": folded}
    made = as_entities([bold, block])
    assert made is not None
    first, second = made
    assert isinstance(first, MessageEntityBold)
    assert isinstance(second, MessageEntityBlockquote)
    assert (second.offset, second.length, bool(second.collapsed)) == (5, 9, folded)


def test_nothing_is_none() -> None:
    assert as_entities([]) is None
    assert as_entities(None) is None
