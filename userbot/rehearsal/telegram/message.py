"""A private message as one of its two sides holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class ReplyTo:
    """`message_id` is the id in the same box. The rest is there when a part was quoted."""

    message_id: int
    quote_text: str | None = None
    quote_entities: tuple[Any, ...] = ()
    quote_offset: int | None = None


@dataclass(frozen=True)
class ForwardedFrom:
    author_id: int
    date: datetime
    # Where it was saved from: only in Saved Messages.
    saved_from_peer_id: int | None = None
    saved_from_message_id: int | None = None


@dataclass(frozen=True)
class Message:
    """One side's copy. The other side has its own, with an id of its own: `twin_id`."""

    id: int
    peer_id: int
    sender_id: int
    text: str
    date: datetime
    # Whether the holder of this copy sent it. In Saved Messages that is always so.
    out: bool
    twin_id: int | None = None
    entities: tuple[Any, ...] = ()
    media: Any = None
    reply_to: ReplyTo | None = None
    forwarded_from: ForwardedFrom | None = None
    edited_at: datetime | None = None
    silent: bool = False
    grouped_id: int | None = None
    from_scheduled: bool = False
