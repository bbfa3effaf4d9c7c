"""What every model call cost, and what the owner was already told about."""

from datetime import datetime
from typing import Any

from peewee import fn

from userbot.store.tables import NoticeRow, UsageRow


def record_call(turn_id: str, peer_id: int, now: datetime, **numbers: Any) -> None:
    """One wire call, failed ones too. `numbers` are the columns of the usage table; unknown ones stay None."""
    UsageRow.create(turn_id=turn_id, peer_id=peer_id, at=now, **numbers)


def turns_since(peer_id: int, since: datetime) -> int:
    """Turns that asked the model in this dialog, whatever came of them."""
    turns = fn.COUNT(UsageRow.turn_id.distinct())
    return int(UsageRow.select(turns).where((UsageRow.peer_id == peer_id) & (UsageRow.at >= since)).scalar() or 0)


def cost_since(since: datetime) -> tuple[int, float]:
    """Tokens, in and out, and US dollars as far as prices are known, of all calls since then."""
    tokens = fn.SUM(fn.COALESCE(UsageRow.input_tokens, 0) + fn.COALESCE(UsageRow.output_tokens, 0))
    row = UsageRow.select(tokens, fn.SUM(UsageRow.cost_usd)).where(UsageRow.at >= since).tuples().first()
    return int(row[0] or 0), float(row[1] or 0)


def tell_once(key: str, now: datetime) -> bool:
    """True the first time, until `told_is_over`: trouble is reported once, not at every retry."""
    return bool(NoticeRow.insert(key=key, at=now).on_conflict_ignore().as_rowcount().execute())


def told_is_over(key: str) -> bool:
    """The trouble is over; True when the owner had been told of it."""
    return bool(NoticeRow.delete().where(NoticeRow.key == key).execute())
