"""What can happen to an account's data, as the account's devices learn of it.

Lasting changes count up the account's pts and are replayed by the difference; passing ones only reach the
devices that are connected when they happen.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class NewMessage:
    message_id: int


@dataclass(frozen=True)
class MessageEdited:
    message_id: int


@dataclass(frozen=True)
class MessagesDeleted:
    message_ids: tuple[int, ...]


@dataclass(frozen=True)
class InboxRead:
    """The account itself read the peer's messages."""

    peer_id: int
    max_id: int
    still_unread: int


@dataclass(frozen=True)
class OutboxRead:
    """The peer read the account's messages."""

    peer_id: int
    max_id: int


Lasting = NewMessage | MessageEdited | MessagesDeleted | InboxRead | OutboxRead


@dataclass(frozen=True)
class Typing:
    peer_id: int
    action: Any


@dataclass(frozen=True)
class DraftChanged:
    peer_id: int


@dataclass(frozen=True)
class ScheduledMessageAdded:
    peer_id: int
    scheduled_id: int


@dataclass(frozen=True)
class ScheduledMessagesGone:
    """Deleted, or sent as `sent_ids`, which then runs parallel to `scheduled_ids`."""

    peer_id: int
    scheduled_ids: tuple[int, ...]
    sent_ids: tuple[int, ...] = ()


Passing = Typing | DraftChanged | ScheduledMessageAdded | ScheduledMessagesGone


@dataclass(frozen=True)
class LogEntry:
    """A lasting change in an account's update log. `pts` is the account's state after it."""

    pts: int
    pts_count: int
    change: Lasting


@dataclass(frozen=True)
class Draft:
    text: str
    date: datetime
    entities: tuple[Any, ...] = ()
    reply_to_message_id: int | None = None
