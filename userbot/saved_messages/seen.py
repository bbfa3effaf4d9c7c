"""The sign that a command was seen, while the model thinks about it: one short message, which the answer replaces.

Where there is no answer beside a card or a question that rings, the sign is taken away again.
"""

from userbot.store import desk as items
from userbot.store import journal
from userbot.store.desk import Item


def is_sign(item: Item) -> bool:
    return items.SEEN in item.payload


def is_wanted(sign: Item, owner_id: int) -> bool:
    """Is its command still to be dealt with?"""
    found = journal.find(owner_id, [sign.reply_to]) if sign.reply_to is not None else []
    return any(entry.state == "new" for entry in found)


def gives_way_to(answer: Item) -> bool:
    """Where a sign stands for this answer's command the answer takes its place; False where none does."""
    for sign in items.standing_seen():
        if sign.reply_to == answer.reply_to and sign.ledger_id is not None:
            items.replace_seen(sign, answer)
            return True
    return False


def take_away(owner_id: int) -> None:
    """Mark the signs whose commands were dealt with, so that they go."""
    for sign in items.standing_seen():
        if not is_wanted(sign, owner_id):
            items.is_over(sign)
