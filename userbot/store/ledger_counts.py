"""How many messages there were: what budgets and pacing count, over restarts too. Of the ledger's rows alone."""

from datetime import datetime

from userbot.store import rows
from userbot.store.ledger import IS_SEEN, IS_TO_CONTACT, TO_CONTACTS, UNDELIVERED
from userbot.store.rows import as_text
from userbot.store.tables import LedgerRow

# What budgets count: a message that waits for a yes has its place in them.
_PROMISED = "state IN ('proposed', 'queued', 'sending', 'sent')"


def count_to_contact(task_id: int, since: datetime | None = None) -> int:
    """Messages of this task, written since then or ever, that its contact has, will get, or gets after a yes."""
    sql = f"SELECT count(*) FROM ledger WHERE task_id = ? AND created_at >= ? AND {_PROMISED} AND {IS_TO_CONTACT}"
    return int(rows.value(sql, task_id, as_text(since) or ""))


def count_to_contacts_since(since: datetime) -> int:
    """Messages written since then that some contact has, will get, or gets after a yes."""
    counted = f"{_PROMISED} AND {IS_TO_CONTACT}"
    sql = f"SELECT count(*) FROM ledger INDEXED BY ledger_created_at WHERE created_at >= ? AND {counted}"
    return int(rows.value(sql, as_text(since)))


def count_undelivered() -> int:
    """Of messages to contacts."""
    return LedgerRow.select().where(LedgerRow.state.in_(UNDELIVERED) & LedgerRow.purpose.in_(TO_CONTACTS)).count()


def first_contacts_since(since: datetime) -> int:
    """People this program wrote to for the first time since then, or does when the owner says yes."""
    before = f"{IS_SEEN} AND {IS_TO_CONTACT}"
    sql = (
        f"SELECT count(*) FROM (SELECT DISTINCT peer_id FROM ledger INDEXED BY ledger_created_at"
        f" WHERE created_at >= ? AND {_PROMISED} AND {IS_TO_CONTACT}) AS lately"
        f" WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE peer_id = lately.peer_id AND created_at < ? AND {before})"
    )
    return int(rows.value(sql, as_text(since), as_text(since)))


def sent_to_contacts_since(owner_id: int, since: datetime) -> int:
    """How many messages went out since then, those to Saved Messages aside: what pacing counts, over restarts too."""
    sql = "SELECT count(*) FROM ledger WHERE state = 'sent' AND sent_at >= ? AND peer_id <> ?"
    return int(rows.value(sql, as_text(since), owner_id))
