"""What of a contact's messages nobody here could read: the owner is told of it."""

from collections.abc import Collection
from typing import Any

from userbot.store.journal import Entry

# Of these the line that code makes says all there is.
DESCRIBED = frozenset({"sticker", "contact", "venue", "geo", "poll", "dice"})


def is_unread(entry: Entry, seen: Collection[int]) -> bool:
    """Is there nothing in it that a turn could read? `seen`: the messages whose pictures the turn was shown."""
    if entry.media is None or entry.words or entry.message_id in seen:
        return False
    return entry.media not in DESCRIBED or not entry.about


def problem(entry: Entry) -> dict[str, Any]:
    """The desk item's payload that tells of it."""
    told = {"what": "contact_unreadable", "media": entry.media, "peer_id": entry.peer_id}
    return {**told, "about": entry.about} if entry.about else told
