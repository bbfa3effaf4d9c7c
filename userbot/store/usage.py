"""What every model call cost, and what the owner was already told about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from userbot.store import rows
from userbot.store.rows import as_text
from userbot.store.tables import NoticeRow

# Tokens in and out, as the server counted them, or else as they were reckoned here: budgets hold with every server.
TOKENS = "total(coalesce(reckoned_tokens, coalesce(input_tokens, 0) + coalesce(output_tokens, 0)))"

SUMMED_ANEW = 1000


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


@dataclass(frozen=True)
class Calls:
    """How many calls there were, and what they cost: see `Cost`."""

    count: int = 0
    tokens: int = 0
    dollars: float = 0.0


class CallsSince:
    """What the calls since a moment cost that moves on with time. A day holds thousands of them, and every turn asks:
    so only what came since the last look is read, and what has fallen out of it.
    """

    def __init__(self) -> None:
        self._known = Calls()
        self._since = ""
        self._last_id = 0
        self._looks = 0

    def look(self, since: datetime) -> Calls:
        """A moment before the last one, after the clock was set back say, is summed anew; so is every SUMMED_ANEW-th
        look, since fractions of cents do not add up for ever."""
        at, last_id = as_text(since) or "", int(rows.value("SELECT max(id) FROM usage") or 0)
        self._looks = (self._looks + 1) % SUMMED_ANEW
        if not self._since or at < self._since or last_id < self._last_id or self._looks == 0:
            self._known = _calls("at >= ?", at)
        else:
            # The plus keeps SQLite from going through the whole day by the index of `at`.
            came = _calls("id > ? AND +at >= ?", self._last_id, at)
            gone = _calls("at >= ? AND at < ? AND id <= ?", self._since, at, self._last_id)
            self._known = Calls(
                self._known.count + came.count - gone.count,
                self._known.tokens + came.tokens - gone.tokens,
                max(0.0, self._known.dollars + came.dollars - gone.dollars),
            )
        self._since, self._last_id = at, last_id
        return self._known


def _calls(where: str, *values: object) -> Calls:
    sql = f"SELECT count(*), {TOKENS}, total(cost_usd) FROM usage WHERE {where}"
    ((count, tokens, dollars),) = rows.tuples(sql, *values)
    return Calls(int(count), int(tokens), float(dollars))


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
