"""One conversation per peer: what was said in the dialog, and beside it what the owner and the model put in.

What was said is not kept twice: it is the journal and the ledger, read together. Only notes have a table here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from userbot.store import journal, ledger, rows
from userbot.store.journal import Entry
from userbot.store.ledger import Outgoing
from userbot.store.rows import marks
from userbot.store.tables import NoteRow

_read = rows.reader(NoteRow)

Speaker = Literal["contact", "owner", "assistant"]
Kind = Literal["instruction", "did"]


@dataclass(frozen=True)
class Line:
    """One message of a dialog. `message_id` is None for one of ours that is still on its way. An album is one message:
    that of its caption, with `count` pieces. `about`, `heard`: see journal.Entry."""

    speaker: Speaker
    message_id: int | None
    text: str
    media: str | None
    at: datetime
    reply_to: int | None
    task_id: int | None
    is_new: bool
    was_edited: bool
    was_forwarded: bool = False
    about: str | None = None
    heard: str | None = None
    grouped_id: int | None = None
    count: int = 1

    @property
    def known(self) -> str:
        """All words in it, typed, spoken, or of what it holds."""
        return "\n".join(filter(None, (self.text, self.heard, self.about)))


@dataclass(frozen=True)
class Note:
    """`instruction`: what the owner wants done next in this conversation. `did`: what a turn did beside replying."""

    id: int
    task_id: int | None
    kind: Kind
    text: str
    at: datetime


def dialog(peer_id: int, limit: int) -> list[Line]:
    """At least the last `limit` messages of this dialog, oldest first, whoever wrote them, and before them older ones
    that are new all the same: those that came in a flood, or were edited.

    Message ids rise over all private chats of an account, so they give the order even where clocks differ.
    """
    limit = _window(peer_id, limit)
    ours = ledger.latest(peer_id, limit)
    on_its_way = [_of_row(row) for row in ours if row.message_id is None]
    lines = _in_order(journal.latest(peer_id, limit) + journal.waiting(peer_id, "new"), ours) + on_its_way
    return [line for line in lines[:-limit] if line.is_new] + lines[-limit:]


def older(peer_id: int, before: int, limit: int) -> list[Line]:
    """The last `limit` messages with an id below `before`, oldest first."""
    return _in_order(journal.latest(peer_id, limit, before), ledger.latest(peer_id, limit, before))[-limit:]


def named(peer_id: int, message_ids: Collection[int]) -> list[Line]:
    """Those of these messages that stand in this dialog, in order."""
    if not message_ids:
        return []
    entries = [entry for entry in journal.find(peer_id, message_ids) if entry.state in ("new", "handled", "history")]
    rows_ = [row for row in ledger.by_message(message_ids).values() if row.peer_id == peer_id]
    return _in_order(entries, rows_)


def count(peer_id: int) -> int:
    """How many messages of this dialog are known, the pieces of albums one by one."""
    return journal.count_shown(peer_id) + ledger.count_shown(peer_id)


def step(least: int) -> int:
    """How many messages leave the beginning of a dialog at once, where at least so many are shown."""
    return max(1, least // 2)


def _in_order(entries: Iterable[Entry], outgoing: Iterable[Outgoing]) -> list[Line]:
    # Ours last: what the ledger holds we wrote, whatever else says so.
    lines = (*map(_of_entry, entries), *map(_of_row, outgoing))
    written = {line.message_id: line for line in lines if line.message_id is not None}
    return _albums_as_one([written[message_id] for message_id in sorted(written)])


def _of_entry(entry: Entry) -> Line:
    return Line(
        speaker=entry.author,
        message_id=entry.message_id,
        text=entry.text,
        media=entry.media,
        at=entry.sent_at,
        reply_to=entry.reply_to,
        task_id=entry.task_id,
        is_new=entry.state == "new",
        was_edited=entry.revision > 1,
        was_forwarded=entry.forwarded,
        about=entry.about,
        heard=entry.heard,
        grouped_id=entry.grouped_id,
    )


def _of_row(row: Outgoing) -> Line:
    return Line(
        speaker="assistant",
        message_id=row.message_id,
        text=row.text,
        media=None,
        at=row.sent_at or row.created_at,
        reply_to=row.reply_to,
        task_id=row.task_id,
        is_new=False,
        was_edited=False,
    )


def _albums_as_one(lines: Sequence[Line]) -> list[Line]:
    """Each album in the place of its first piece, under the id of the piece that holds its words, or the first."""
    found: dict[tuple[str, int], Line] = {}
    for line in lines:
        album = (line.speaker, line.message_id or 0) if line.grouped_id is None else ("album", line.grouped_id)
        known = found.get(album)
        if known is None:
            found[album] = line
            continue
        named = line if line.text and not known.text else known
        found[album] = replace(
            named,
            count=known.count + 1,
            about=_joined(known.about, line.about),
            is_new=known.is_new or line.is_new,
            was_edited=known.was_edited or line.was_edited,
            reply_to=known.reply_to or line.reply_to,
            text="\n".join(filter(None, (known.text, line.text))),
        )
    return list(found.values())


def _joined(one: str | None, other: str | None) -> str | None:
    return "; ".join(filter(None, (one, other))) or None


def _window(peer_id: int, least: int) -> int:
    """How many messages to show: `least`, and one more with each that comes, until half of `least` go at once. So the
    dialog begins alike in several turns, and its provider can reuse what it read."""
    return least + count(peer_id) % step(least)


def add_note(
    peer_id: int,
    kind: Kind,
    text: str,
    now: datetime,
    *,
    task_id: int | None = None,
    turn_id: str | None = None,
) -> None:
    NoteRow.create(
        peer_id=peer_id,
        task_id=task_id,
        kind=kind,
        text=text,
        state="new" if kind == "instruction" else "read",
        turn_id=turn_id,
        at=now,
    )


def new_instructions(peer_id: int) -> list[Note]:
    """What the owner said about this conversation that no turn has acted on yet, oldest first."""
    return _notes(_read("WHERE peer_id = ? AND state = 'new' ORDER BY id", peer_id))


def latest_notes(peer_id: int, kind: Kind, task_ids: Collection[int], limit: int) -> list[Note]:
    """The last notes of one kind about these tasks that a turn has acted on, oldest first."""
    tail = f"WHERE peer_id = ? AND state = 'read' AND kind = ? AND task_id IN ({marks(task_ids)})"
    return _notes(_read(f"{tail} ORDER BY id DESC LIMIT ?", peer_id, kind, *task_ids, limit))[::-1]


def mark_read(note_ids: list[int], turn_id: str) -> None:
    if not note_ids:
        return
    NoteRow.update(state="read", turn_id=turn_id).where(NoteRow.id.in_(note_ids)).execute()


def put_by(peer_id: int, task_id: int) -> None:
    """What the owner said about this task waits for no turn any more; the next one reads it as said earlier."""
    sql = "UPDATE conversation_note SET state = 'read' WHERE peer_id = ? AND task_id = ? AND state = 'new'"
    rows.change(sql, peer_id, task_id)


def reopen(peer_id: int, turn_id: str, task_id: int) -> None:
    """The owner's words that this turn acted on are new again: what came of them was not sent."""
    rows.change(
        "UPDATE conversation_note SET state = 'new' WHERE peer_id = ? AND turn_id = ? AND kind = 'instruction'"
        " AND task_id = ?",
        *(peer_id, turn_id, task_id),
    )


def peers_with_instructions() -> set[int]:
    return {row[0] for row in rows.tuples("SELECT DISTINCT peer_id FROM conversation_note WHERE state = 'new'")}


def _notes(found: Any) -> list[Note]:
    return [Note(row.id, row.task_id, row.kind, row.text, row.at) for row in found]
