"""The sign that a command was seen, while the model thinks about it: one short message, which says what is being done
where that takes long, and which the answer replaces.

Where there is no answer beside a card or a question that rings, the sign is taken away again.
"""

from datetime import datetime

from userbot.saved_messages import pieces, when, wording
from userbot.saved_messages.pieces import Desk
from userbot.saved_messages.when import Language
from userbot.store import desk as items
from userbot.store import journal
from userbot.store.desk import Item


def is_sign(item: Item) -> bool:
    return items.SEEN in item.payload


def sign_text(language: Language, sign: Item, desk: Desk, now: datetime) -> str:
    """What is being done about its command."""
    step = None if sign.reply_to is None else desk.doing(sign.reply_to)
    if step is None:
        return wording.say(language, "seen")
    match step.what:
        case "looks_for":
            query = pieces.quote(language, step.about, 40)
            return wording.say(language, "seen.looks_for", query=query)
        case "held_up":
            key = f"seen.{step.about}"
            return wording.say(language, key if wording.knows(key) else "seen.held_up")
        case "hears":
            return wording.say(language, "seen.hears")
        case "waits_its_turn":
            return wording.say(language, "seen.waits_its_turn")
    seconds = step.seconds(now)
    if step.tries == 1 and not seconds:
        return wording.say(language, "seen")
    doing = wording.say(language, "seen.asks" if step.tries == 1 else "seen.asks_again", tries=step.tries)
    return wording.say(language, "seen.for", doing=doing, time=when.short_span(language, seconds)) if seconds else doing


def stands_as(sign: Item, text: str) -> None:
    """Its message says so now."""
    items.set_payload(sign.id, {items.SEEN: text})


def stands_so(sign: Item, text: str) -> bool:
    return bool(sign.payload[items.SEEN] == text)


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
