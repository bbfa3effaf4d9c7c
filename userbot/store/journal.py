"""Every message received that matters, one row each, committed before anything is done about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from userbot.store import peers, rows
from userbot.store.database import transaction
from userbot.store.rows import as_text, marks
from userbot.store.tables import JournalRow

_read = rows.reader(JournalRow)

Author = Literal["contact", "owner"]
State = Literal["new", "held", "handled", "history", "deleted"]
_WAITING = {"new", "held"}
SPOKEN = frozenset({"voice", "video_note"})
# A voice that cannot be had after so many tries counts as unreadable.
HEARING_TRIES = 3
# Above every message id: these are int32.
NEWEST = 2**31
# What stands in a dialog as it is shown: neither what is gone nor what may be our own.
_SHOWN = "state IN ('new', 'handled', 'history')"


@dataclass(frozen=True, kw_only=True)
class Received:
    """A message as Telegram brought it. `media` names what beside text it holds ("voice", "photo", ...), `about` says
    in a line what is known of that (a file's name and size, a place). The messages of an album share `grouped_id`."""

    peer_id: int
    message_id: int
    author: Author
    text: str
    sent_at: datetime
    media: str | None = None
    reply_to: int | None = None
    forwarded: bool = False
    about: str | None = None
    grouped_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Entry(Received):
    """A journal row. `state`: new, held (perhaps our own message: the ledger must say), handled, history, deleted.

    `task_id`: which task it is about, and `matched_by` how that is known: quote, lone (no other task went on then) or
    model. `heard`: the transcript of a voice note, "" when nothing is said in it, None while nobody has heard it.
    """

    id: int
    received_at: datetime
    state: State
    revision: int
    task_id: int | None
    matched_by: str | None = None
    heard: str | None = None
    hearing_tries: int = 0

    @property
    def words(self) -> str:
        """What is said in it, typed or spoken."""
        return "\n".join(filter(None, (self.text, self.heard)))

    @property
    def is_to_be_heard(self) -> bool:
        """A voice nobody has heard, with tries left."""
        return self.media in SPOKEN and self.heard is None and self.hearing_tries < HEARING_TRIES


def record(message: Received, state: State, now: datetime) -> bool:
    """Store a message; True when it was not known yet. A known one is left as it is, whatever `state` says."""
    with transaction():
        is_new = bool(
            rows.change(
                "INSERT OR IGNORE INTO journal (peer_id, message_id, author, text, media, reply_to, sent_at,"
                " received_at, state, forwarded, about, grouped_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(message.peer_id, message.message_id, message.author, message.text, message.media, message.reply_to),
                *(as_text(message.sent_at), as_text(now), state, int(message.forwarded)),
                *(message.about, message.grouped_id),
            )
        )
        if is_new and state != "history":
            peers.bump_mark(message.peer_id)
    return is_new


def record_edit(peer_id: int, message_id: int, text: str, *, again: bool = True) -> bool:
    """The author changed a message. True when it is to be read (again): not for history, nor when the text stayed.

    Without `again` a message that was dealt with stays as it was.
    """
    with transaction():
        row = JournalRow.get_or_none((JournalRow.peer_id == peer_id) & (JournalRow.message_id == message_id))
        if row is None or row.text == text or row.state == "deleted":
            return False
        if row.state == "handled" and not again:
            return False
        state = "new" if row.state == "handled" else row.state
        JournalRow.update(text=text, revision=JournalRow.revision + 1, state=state).where(
            JournalRow.id == row.id
        ).execute()
        if state == "history":
            return False
        peers.bump_mark(peer_id)
    return True


def count_hearing(entry_id: int, tries: int = 1) -> None:
    """Somebody is about to try to hear this voice: counted before, so that one that kills the program is left alone."""
    rows.change("UPDATE journal SET hearing_tries = coalesce(hearing_tries, 0) + ? WHERE id = ?", tries, entry_id)


def record_heard(entry_id: int, transcript: str) -> None:
    """What was said in a voice note. It counts as news of its dialog."""
    with transaction():
        rows.change("UPDATE journal SET heard = ? WHERE id = ? AND state <> 'deleted'", transcript, entry_id)
        peer_id = rows.value("SELECT peer_id FROM journal WHERE id = ?", entry_id)
        if peer_id is not None:
            peers.bump_mark(peer_id)


def record_deletion(message_ids: Collection[int]) -> set[int]:
    """Messages were deleted; returns the peers concerned. Telegram does not say whose they were, only their ids,
    which are unique over an account's private chats."""
    with transaction():
        rows = JournalRow.select().where(JournalRow.message_id.in_(list(message_ids)) & (JournalRow.state != "deleted"))
        concerned = {int(row.peer_id) for row in rows}
        if concerned:
            JournalRow.update(state="deleted").where(JournalRow.message_id.in_(list(message_ids))).execute()
        for peer_id in concerned:
            peers.bump_mark(peer_id)
    return concerned


def waiting(peer_id: int, *states: State) -> list[Entry]:
    """This peer's rows in `states`, oldest first."""
    # The first condition follows from the second, and lets SQLite see that the index of waiting rows will do.
    only_waiting = "state IN ('new', 'held') AND " if set(states) <= _WAITING else ""
    tail = f"WHERE peer_id = ? AND {only_waiting}state IN ({marks(states)}) ORDER BY message_id"
    return [_entry(row) for row in _read(tail, peer_id, *states)]


def has_of_owner(peer_id: int) -> bool:
    """Is there a waiting row that was sent from the owner's account?"""
    sql = "SELECT 1 FROM journal WHERE peer_id = ? AND state IN ('new', 'held') AND author = 'owner' LIMIT 1"
    return rows.value(sql, peer_id) is not None


def peers_waiting() -> set[int]:
    """Peers with rows nobody has dealt with yet."""
    return {row[0] for row in rows.tuples("SELECT DISTINCT peer_id FROM journal WHERE state IN ('new', 'held')")}


def find(peer_id: int, message_ids: Collection[int]) -> list[Entry]:
    tail = f"WHERE peer_id = ? AND message_id IN ({marks(message_ids)}) ORDER BY message_id"
    return [_entry(row) for row in _read(tail, peer_id, *message_ids)]


def ids_between(peer_id: int, first: int, last: int) -> list[int]:
    """Messages of this dialog with an id in between, but for those known to be deleted."""
    sql = (
        "SELECT message_id FROM journal WHERE peer_id = ? AND message_id > ? AND message_id < ? AND state <> 'deleted'"
    )
    return [row[0] for row in rows.tuples(sql, peer_id, first, last)]


def get(entry_id: int) -> Entry | None:
    row = JournalRow.get_or_none(JournalRow.id == entry_id)
    return None if row is None else _entry(row)


def latest(peer_id: int, limit: int, before: int = NEWEST) -> list[Entry]:
    """The last `limit` messages of this dialog that still exist, oldest first; only those with an id below `before`."""
    tail = f"WHERE peer_id = ? AND message_id < ? AND {_SHOWN} ORDER BY message_id DESC LIMIT ?"
    return [_entry(row) for row in _read(tail, peer_id, before, limit)][::-1]


def count_shown(peer_id: int) -> int:
    """How many messages `latest` could bring."""
    return int(rows.value(f"SELECT count(*) FROM journal WHERE peer_id = ? AND {_SHOWN}", peer_id))


def incoming_since(peer_id: int, since: datetime, most: int) -> tuple[int, int]:
    """How many messages this contact wrote since then, and their characters, of each `most` at the most. An album is
    one message. What was read of the dialog's history counts for nothing."""
    sql = (
        "SELECT count(DISTINCT ifnull(grouped_id, -id)), total(min(length(text), ?))"
        " FROM journal INDEXED BY journal_received_at"
        " WHERE peer_id = ? AND received_at >= ? AND author = 'contact' AND state <> 'history'"
    )
    ((messages, chars),) = rows.tuples(sql, most, peer_id, as_text(since))
    return int(messages), int(chars)


def last_written_at(peer_id: int) -> datetime | None:
    """When this contact wrote last in the time of our tasks with them, and whatever became of it: by Telegram's clock,
    or by ours where that one was first."""
    sql = (
        "SELECT min(sent_at, received_at) FROM journal WHERE peer_id = ? AND author = 'contact' AND state <> 'history'"
        " ORDER BY message_id DESC LIMIT 1"
    )
    at = rows.value(sql, peer_id)
    return None if at is None else datetime.fromisoformat(at)


def last_of_owner(peer_id: int) -> Entry | None:
    """What the owner typed last in this contact's dialog."""
    rows = JournalRow.select().where(
        (JournalRow.peer_id == peer_id) & (JournalRow.author == "owner") & (JournalRow.state == "handled")
    )
    row = rows.order_by(JournalRow.message_id.desc()).first()
    return None if row is None else _entry(row)


def owner_wrote_before(peer_id: int, message_id: int, limit: int) -> list[Entry]:
    """What the owner typed in this dialog before that message, newest first, what they deleted since included."""
    tail = (
        "WHERE peer_id = ? AND message_id < ? AND author = 'owner' AND state <> 'held' ORDER BY message_id DESC LIMIT ?"
    )
    return [_entry(row) for row in _read(tail, peer_id, message_id, limit)]


def mark_handled(
    entry_ids: Sequence[int], turn_id: str | None, task_id: int | None = None, matched_by: str | None = None
) -> None:
    if not entry_ids:
        return
    which = f"WHERE id IN ({marks(entry_ids)})"
    if task_id is None:
        rows.change(f"UPDATE journal SET state = 'handled', turn_id = ? {which}", turn_id, *entry_ids)
    else:
        sql = f"UPDATE journal SET state = 'handled', turn_id = ?, task_id = ?, matched_by = ? {which}"
        rows.change(sql, turn_id, task_id, matched_by, *entry_ids)


def reopen(peer_id: int, turn_id: str, task_id: int) -> None:
    """What this turn dealt with for this task, or for none in particular, is new again: its answer was not sent."""
    rows.change(
        "UPDATE journal SET state = 'new' WHERE peer_id = ? AND turn_id = ? AND author = 'contact'"
        " AND state = 'handled' AND (task_id IS NULL OR task_id = ?)",
        *(peer_id, turn_id, task_id),
    )


def of_turn(peer_id: int, turn_id: str) -> list[Entry]:
    """What this turn dealt with, whatever became of it since."""
    return [_entry(row) for row in _read("WHERE peer_id = ? AND turn_id = ? ORDER BY message_id", peer_id, turn_id)]


def set_state(entry_ids: Sequence[int], state: State) -> None:
    JournalRow.update(state=state).where(JournalRow.id.in_(list(entry_ids))).execute()


def forget(entry_id: int) -> None:
    """Take out a row that turned out to be our own message, which the ledger already holds."""
    JournalRow.delete().where(JournalRow.id == entry_id).execute()


def _entry(row: Any) -> Entry:
    return Entry(
        peer_id=row.peer_id,
        message_id=row.message_id,
        author=row.author,
        text=row.text,
        sent_at=row.sent_at,
        media=row.media,
        reply_to=row.reply_to,
        forwarded=bool(row.forwarded),
        id=row.id,
        received_at=row.received_at,
        state=row.state,
        revision=row.revision,
        task_id=row.task_id,
        matched_by=row.matched_by,
        about=row.about,
        heard=row.heard,
        hearing_tries=row.hearing_tries or 0,
        grouped_id=row.grouped_id,
    )


def was_handled(entry_id: int) -> bool:
    """Did a turn (or whatever else signs with a turn_id) deal with this row before an edit made it new again?"""
    return JournalRow.select().where((JournalRow.id == entry_id) & JournalRow.turn_id.is_null(False)).exists()
