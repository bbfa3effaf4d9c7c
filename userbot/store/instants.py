"""After this computer's clock was set back: what it had dated in the future has happened by now, and what was to wait
waits no longer than before. Else a message or a budget would wait until the old date comes round again."""

from datetime import datetime, timedelta
from typing import Any

from userbot.store import busy, rows
from userbot.store.database import transaction
from userbot.store.ledger import UNDELIVERED
from userbot.store.tables import EventRow, FloodRow, JournalRow, LedgerRow, TaskRow, UsageRow

# When something happened, by this computer's clock, where code counts from it.
_HAPPENED: tuple[tuple[Any, Any], ...] = (
    (JournalRow, JournalRow.received_at),
    (LedgerRow, LedgerRow.created_at),
    (LedgerRow, LedgerRow.sent_at),
    (TaskRow, TaskRow.created_at),
    (TaskRow, TaskRow.updated_at),
    (EventRow, EventRow.at),
    (UsageRow, UsageRow.at),
    (FloodRow, FloodRow.at),
)
# Rows looked at for a date in the future: those of the last minutes, and few enough to look often.
NEWEST = 20
_LATEST: tuple[tuple[Any, Any], ...] = (
    (JournalRow, JournalRow.received_at),
    (LedgerRow, LedgerRow.created_at),
    (UsageRow, UsageRow.at),
)
_NEWEST_DATE = "SELECT max(at) FROM ({})".format(
    " UNION ALL ".join(
        f"SELECT at FROM "
        f"(SELECT {field.column_name} AS at FROM {table._meta.table_name} ORDER BY id DESC LIMIT {NEWEST})"
        for table, field in _LATEST
    )
)


def ahead_of(now: datetime) -> timedelta:
    """How far the newest rows are dated after `now`: at least so far was the clock set back since. Zero when none."""
    latest = rows.as_instant(rows.value(_NEWEST_DATE))
    return timedelta(0) if latest is None else max(timedelta(0), latest - now)


def clock_was_set_back(now: datetime, by: timedelta) -> None:
    """The clock says `now`, and was `by` ahead of that before."""
    with transaction():
        for table, field in _HAPPENED:
            table.update({field: now}).where(field > now).execute()
        # What is dropped too: what takes its place waits as long.
        waits = LedgerRow.state.in_((*UNDELIVERED, "dropped"))
        waiting = LedgerRow.select().where(waits & (LedgerRow.not_before > now))
        for row in list(waiting):
            LedgerRow.update(not_before=max(now, row.not_before - by)).where(LedgerRow.id == row.id).execute()
        # Also a rest that was over: by the new clock it would begin again.
        for rest in list(FloodRow.select().where(FloodRow.rest_until > now)):
            FloodRow.update(rest_until=max(now, rest.rest_until - by)).where(FloodRow.id == rest.id).execute()
        busy.clock_was_set_back(now, by)
        TaskRow.update(next_followup_at=None).where(TaskRow.next_followup_at > now).execute()
