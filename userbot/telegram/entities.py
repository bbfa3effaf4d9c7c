"""The ledger's entities as Telegram takes them."""

from collections.abc import Sequence
from typing import Any

from telethon.tl.types import (
    InputMessageEntityMentionName,
    InputUser,
    MessageEntityBlockquote,
    MessageEntityBold,
    TypeMessageEntity,
)

from userbot.store import peers


def as_entities(kept: Sequence[dict[str, Any]] | None) -> list[TypeMessageEntity] | None:
    """A person nobody knows the address of is named without a link."""
    made: list[TypeMessageEntity] = []
    for one in kept or ():
        if one["type"] == "bold":
            made.append(MessageEntityBold(one["offset"], one["length"]))
        elif one["type"] == "quote":
            made.append(MessageEntityBlockquote(one["offset"], one["length"], collapsed=one["folded"] or None))
        elif (person := peers.contact(one["user_id"])) is not None:
            user = InputUser(person.user_id, person.access_hash)
            made.append(InputMessageEntityMentionName(one["offset"], one["length"], user))
    return made or None
