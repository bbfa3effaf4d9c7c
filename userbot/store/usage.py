"""What every model call cost, and what the owner was already told about."""

from datetime import datetime
from typing import Any

from userbot.store.tables import NoticeRow, UsageRow


def record_call(turn_id: str, peer_id: int, now: datetime, **numbers: Any) -> None:
    """One wire call, failed ones too. `numbers` are the columns of the usage table; unknown ones stay None."""
    UsageRow.create(turn_id=turn_id, peer_id=peer_id, at=now, **numbers)


def calls_since(since: datetime) -> int:
    return int(UsageRow.select().where(UsageRow.at >= since).count())


def tell_once(key: str, now: datetime) -> bool:
    """True the first time, until `told_is_over`: trouble is reported once, not at every retry."""
    return bool(NoticeRow.insert(key=key, at=now).on_conflict_ignore().as_rowcount().execute())


def told_is_over(key: str) -> bool:
    """The trouble is over; True when the owner had been told of it."""
    return bool(NoticeRow.delete().where(NoticeRow.key == key).execute())
