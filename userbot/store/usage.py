"""What every model call cost, and what the owner was already told about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from userbot.store import rows
from userbot.store.rows import as_text
from userbot.store.tables import NoticeRow

# Tokens in and out, as the server counted them, or else as they were reckoned here: budgets hold with every server.
TOKENS = "total(coalesce(reckoned_tokens, coalesce(input_tokens, 0) + coalesce(output_tokens, 0)))"


@dataclass(frozen=True)
class Cost:
    """`turns` that asked the model, whatever came of them; tokens in and out; US dollars as far as prices are known."""

    turns: int
    tokens: int
    dollars: float


def record_call(turn_id: str, peer_id: int, now: datetime, *, task_id: int | None = None, **numbers: Any) -> None:
    """One wire call, failed ones too. `task_id`: whose budget pays for it. `numbers` are the columns of the usage
    table; unknown ones stay None."""
    rows.insert("usage", turn_id=turn_id, peer_id=peer_id, task_id=task_id, at=as_text(now), **numbers)


def cost_since(since: datetime, owner_id: int) -> Cost:
    """Of all calls since then; `turns` are those with contacts."""
    sql = (
        f"SELECT count(DISTINCT CASE WHEN peer_id <> ? THEN turn_id END), {TOKENS}, total(cost_usd)"
        " FROM usage WHERE at >= ?"
    )
    return _cost(sql, owner_id, as_text(since))


def spent_since(since: datetime) -> Cost:
    """Tokens and dollars alone, which cost far less to count."""
    return _cost(f"SELECT 0, {TOKENS}, total(cost_usd) FROM usage WHERE at >= ?", as_text(since))


def cost_of_task(task_id: int, since: datetime | None) -> Cost:
    """Of the calls this task pays for, the owner's turns about it included; since then, or ever."""
    sql = f"SELECT count(DISTINCT turn_id), {TOKENS}, total(cost_usd) FROM usage WHERE task_id = ? AND at >= ?"
    return _cost(sql, task_id, as_text(since) or "")


def _cost(sql: str, *values: object) -> Cost:
    ((turns, tokens, dollars),) = rows.tuples(sql, *values)
    return Cost(int(turns), int(tokens), float(dollars))


def tell_once(key: str, now: datetime) -> bool:
    """True the first time, until `told_is_over`: trouble is reported once, not at every retry."""
    return bool(NoticeRow.insert(key=key, at=now).on_conflict_ignore().as_rowcount().execute())


def told_is_over(key: str) -> bool:
    """The trouble is over; True when the owner had been told of it."""
    # Asked after every turn and every message, and nearly always there is none: looking takes no lock.
    is_told = rows.value("SELECT 1 FROM notice WHERE key = ?", key) is not None
    return is_told and bool(rows.change("DELETE FROM notice WHERE key = ?", key))
