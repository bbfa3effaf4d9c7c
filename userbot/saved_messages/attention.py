"""Is the owner's phone to ring for this? For what needs them, and for the end of a task; not for what follows from
their own word of a moment ago: whoever has just typed a command is looking, and a scheduled message would come late."""

from datetime import datetime, timedelta

from userbot.conversation import drafts
from userbot.store import desk as items
from userbot.store import journal, tasks
from userbot.store.desk import Item

# Who typed so lately is there.
IS_THERE = timedelta(seconds=60)
_LAST = 2**62


def rings(item: Item, owner_id: int, now: datetime) -> bool:
    return items.rings(item) and not (_follows_from_their_own_word(item) and is_there(owner_id, now))


def is_there(owner_id: int, now: datetime) -> bool:
    """Did they type something for this program within the last minute? By Telegram's time of it: where this computer's
    clock is wrong the phone rings once too often."""
    typed = journal.owner_wrote_before(owner_id, _LAST, 1)
    return bool(typed) and abs(now - typed[0].sent_at) <= IS_THERE


def _follows_from_their_own_word(item: Item) -> bool:
    """No contact had a part in it: a question about a command, the first message for a yes, nobody could be reached."""
    if item.reply_to is not None:
        return True
    if (draft := drafts.of(item)) is not None:
        return all(row.purpose == "opening" for row in draft.rows)
    task = tasks.get(item.task_id or 0)
    return items.ENDED in item.payload and task is not None and task.closed_because == "undeliverable"
