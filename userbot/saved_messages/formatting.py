"""What of a text in Saved Messages is bold, where a name links to the person, and what is a block of somebody's words:
entities beside a text, never markup in it, so that nothing a stranger or a model wrote can format or link anything.
"""

from typing import Any

from userbot.saved_messages import pieces, quoted, wording
from userbot.saved_messages.quoted import Text
from userbot.store import peers
from userbot.store.desk import QUESTIONS, Item, rings
from userbot.store.tasks import Task
from userbot.tasks import guard

# As the ledger keeps them: offsets and lengths in UTF-16 units, as Telegram counts.
Entities = list[dict[str, Any]]
_BEFORE_A_NAME = (" · ", ": ")


def of_task(text: Text, task: Task) -> Entities:
    """For a text whose first line, written by code, is about this task: it is bold, and the contact's name in it links
    to them."""
    return [*_head(text.plain, task), *quoted.entities(text)]


def _head(text: str, task: Task) -> Entities:
    line = text.split("\n", 1)[0]
    bold: dict[str, Any] = {"type": "bold", "offset": 0, "length": guard.utf16_length(line)}
    contact = peers.contact(task.user_id)
    if contact is None:
        return [bold]
    name = pieces.name(wording.language_of(task.language), contact, task.user_id)
    # Where code puts a name: behind a separator. The number, the type and the result may hold the same letters.
    places = [found + len(mark) for mark in _BEFORE_A_NAME if (found := line.find(mark + name)) >= 0]
    if not name.strip() or not places:
        return [bold]
    at = min(places)
    offset, length = guard.utf16_length(line[:at]), guard.utf16_length(name)
    return [bold, {"type": "person", "offset": offset, "length": length, "user_id": task.user_id}]


def of_item(text: Text, item: Item, task: Task | None, *, is_first: bool = True) -> Entities | None:
    """For a message of an item's; the first one begins with its head. A model's own answers and the owner's lists stay
    plain."""
    made = quoted.entities(text)
    if is_first and task is not None and (rings(item) or item.kind == "status"):
        made = of_task(text, task)
    elif is_first and item.kind in QUESTIONS:
        head = text.plain.split("\n", 1)[0]
        made = [{"type": "bold", "offset": 0, "length": guard.utf16_length(head)}, *made]
    return made or None
