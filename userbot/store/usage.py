"""What every model call cost, and what the owner was already told about."""

from datetime import datetime
from typing import Any

from userbot.store import rows
from userbot.store.rows import as_text
from userbot.store.tables import NoticeRow


def record_call(turn_id: str, peer_id: int, now: datetime, **numbers: Any) -> None:
    """One wire call, failed ones too. `numbers` are the columns of the usage table; unknown ones stay None."""
    rows.insert("usage", turn_id=turn_id, peer_id=peer_id, at=as_text(now), **numbers)


def turns_since(peer_id: int, since: datetime) -> int:
    """Turns that asked the model in this dialog, whatever came of them."""
    sql = "SELECT count(DISTINCT turn_id) FROM usage WHERE peer_id = ? AND at >= ?"
    return int(rows.value(sql, peer_id, as_text(since)))


def cost_since(since: datetime) -> tuple[int, float]:
    """Tokens, in and out, and US dollars as far as prices are known, of all calls since then."""
    sql = "SELECT total(input_tokens) + total(output_tokens), total(cost_usd) FROM usage WHERE at >= ?"
    ((tokens, dollars),) = rows.tuples(sql, as_text(since))
    return int(tokens), float(dollars)


def tell_once(key: str, now: datetime) -> bool:
    """True the first time, until `told_is_over`: trouble is reported once, not at every retry."""
    return bool(NoticeRow.insert(key=key, at=now).on_conflict_ignore().as_rowcount().execute())


def told_is_over(key: str) -> bool:
    """The trouble is over; True when the owner had been told of it."""
    return bool(NoticeRow.delete().where(NoticeRow.key == key).execute())
