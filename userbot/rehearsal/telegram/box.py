"""One account's message box: its copies of all messages, its dialogs, and the log of what changed in it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from userbot.rehearsal.telegram.changes import Draft, InboxRead, Lasting, LogEntry, OutboxRead
from userbot.rehearsal.telegram.message import Message


@dataclass
class Dialog:
    """How far either side has read. Ids are of this box."""

    peer_id: int
    read_inbox_max_id: int = 0
    read_outbox_max_id: int = 0
    draft: Draft | None = None


@dataclass
class MessageBox:
    """Message ids count up over all private chats of the account, and so does pts, which starts at 1."""

    last_message_id: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    dialogs: dict[int, Dialog] = field(default_factory=dict)
    # (peer id, random_id) -> message id. Telegram never forgets these.
    sent_by_random_id: dict[tuple[int, int], int] = field(default_factory=dict)
    random_id_of: dict[int, int] = field(default_factory=dict)
    pts: int = 1
    # States before this one can no longer be caught up from.
    oldest_known_pts: int = 1
    log: list[LogEntry] = field(default_factory=list)
    # The ids of each dialog's messages in order, those deleted since too.
    _ids_in: dict[int, list[int]] = field(default_factory=dict)

    def next_message_id(self) -> int:
        self.last_message_id += 1
        return self.last_message_id

    def put(self, message: Message) -> None:
        self.messages[message.id] = message
        self._ids_in.setdefault(message.peer_id, []).append(message.id)
        self.dialog(message.peer_id)

    def dialog(self, peer_id: int) -> Dialog:
        return self.dialogs.setdefault(peer_id, Dialog(peer_id))

    def record(self, change: Lasting, *, pts_count: int = 1) -> LogEntry:
        self.pts += pts_count
        entry = LogEntry(self.pts, pts_count, change)
        self.log.append(entry)
        return entry

    def changes_after(self, pts: int) -> list[LogEntry]:
        return [entry for entry in self.log if entry.pts > pts]

    def forget_changes(self) -> None:
        """Whoever now asks for the difference from an older state is told that it is too long."""
        self.log.clear()
        self.oldest_known_pts = self.pts

    def newest_first(self, peer_id: int) -> list[Message]:
        return list(self.in_dialog(peer_id))

    def last_message_in(self, peer_id: int) -> Message | None:
        return next(self.in_dialog(peer_id), None)

    def unread_count(self, peer_id: int) -> int:
        read_up_to = self.dialog(peer_id).read_inbox_max_id
        newer = itertools.takewhile(lambda m: m.id > read_up_to, self.in_dialog(peer_id))
        return sum(not m.out for m in newer)

    def read_inbox(self, peer_id: int, max_id: int) -> LogEntry | None:
        """None when nothing unread was left up to there."""
        dialog = self.dialog(peer_id)
        fresh = [m.id for m in self.in_dialog(peer_id) if not m.out and dialog.read_inbox_max_id < m.id <= max_id]
        if not fresh:
            return None
        dialog.read_inbox_max_id = max(fresh)
        return self.record(InboxRead(peer_id, max(fresh), self.unread_count(peer_id)))

    def read_outbox(self, peer_id: int, max_id: int) -> LogEntry | None:
        dialog = self.dialog(peer_id)
        if max_id <= dialog.read_outbox_max_id:
            return None
        dialog.read_outbox_max_id = max_id
        return self.record(OutboxRead(peer_id, max_id))

    def in_dialog(self, peer_id: int) -> Iterator[Message]:
        """The newest first."""
        ids = reversed(self._ids_in.get(peer_id, []))
        return (self.messages[message_id] for message_id in ids if message_id in self.messages)
