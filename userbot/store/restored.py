"""A database put back from a backup does not know what happened after it: which commands were carried out, and what was
written to whom. Commands of that time must not be carried out again, so that nobody is written to twice.

What was written to contacts meanwhile needs nothing here: it stands in their dialogs and not in the ledger, which
makes it a takeover, and their tasks rest until the owner has looked.
"""

import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path

from userbot.store import desk, peers
from userbot.store.database import transaction
from userbot.store.rows import as_text
from userbot.store.tables import NoticeRow

KEY = "restored"
# No message of any dialog has a larger id: everything in Saved Messages counts as seen.
EVERYTHING = 2**31 - 1


def mark_restored(path: Path, made_at: datetime) -> None:
    """Write into the closed database file at `path` that it was put back from a backup made then."""
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT OR REPLACE INTO notice (key, at) VALUES (?, ?)", (KEY, as_text(made_at)))
        file.execute("UPDATE peer SET swept_to = ? WHERE user_id IN (SELECT user_id FROM account)", (EVERYTHING,))


def restored_from() -> datetime | None:
    """When the backup was made that this database comes from, until `go_on_after` was called."""
    row = NoticeRow.get_or_none(NoticeRow.key == KEY)
    return None if row is None else row.at


def go_on_after(owner_id: int, message_id: int, now: datetime) -> None:
    """Take commands again, those after this message of Saved Messages, and tell the owner what was not done."""
    with transaction():
        made_at = restored_from()
        if made_at is None:
            return
        peers.begin_again_after(owner_id, message_id)
        NoticeRow.delete().where(NoticeRow.key == KEY).execute()
        desk.add("problem", {"what": KEY, "made_at": made_at.isoformat()}, now)
