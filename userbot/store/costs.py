"""What the model's calls cost, by day, model and task: for `.usage` and `userbot usage`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from userbot.store import rows
from userbot.store.rows import as_text

# Runs a query and gives its rows: of this program's own connection, or of one that only looks.
Query = Callable[..., Iterable[tuple[Any, ...]]]


@dataclass(frozen=True)
class Costs:
    """Calls of one model for one task on one day of the owner's. `task_id` None: for none in particular.

    Tokens are those that servers told; `cached` are among `input`, `reasoning` among `output`. `cost_usd` is of the
    calls whose price is known; `unpriced` of the answered ones have none. `failed` ones may be billed all the same.
    """

    day: date
    model: str
    task_id: int | None
    calls: int
    failed: int
    unpriced: int
    input: int
    output: int
    cached: int
    reasoning: int
    cost_usd: float

    @property
    def cost(self) -> float | None:
        """Dollars; None when nothing of it is known."""
        return None if self.unpriced and not self.cost_usd else self.cost_usd


def since(at: datetime, zone: ZoneInfo) -> list[Costs]:
    """All calls since then, one row for each day, model and task, in that order."""
    return read(rows.tuples, at, zone)


def read(query: Query, at: datetime, zone: ZoneInfo) -> list[Costs]:
    """The same on any connection: `query(sql, *values)`."""
    # By the minute, since a day begins where its owner lives.
    sql = (
        "SELECT substr(at, 1, 16), model_asked, task_id,"
        " count(*), count(error), sum(error IS NULL AND cost_usd IS NULL),"
        " total(input_tokens), total(output_tokens), total(cached_tokens), total(reasoning_tokens), total(cost_usd)"
        " FROM usage WHERE at >= ? GROUP BY 1, 2, 3"
    )
    found = [
        Costs(_day(minute, zone), model, task_id, calls, failed, unpriced, *_counts(tokens), dollars)
        for minute, model, task_id, calls, failed, unpriced, *tokens, dollars in query(sql, as_text(at))
    ]
    return list(summed(found, lambda one: (one.day, one.model, one.task_id or 0)).values())


def of_task(task_id: int) -> tuple[int, float, int]:
    """Answered calls made for this task, the dollars of those whose price is known, and how many have none."""
    sql = "SELECT count(*), total(cost_usd), total(cost_usd IS NULL) FROM usage WHERE task_id = ? AND error IS NULL"
    ((calls, dollars, unpriced),) = rows.tuples(sql, task_id)
    return int(calls), float(dollars), int(unpriced)


def answering(query: Query = rows.tuples) -> str | None:
    """The model that answered last, by the name it was asked by; None when none has. Speech models do not count, whose
    calls have no finish."""
    sql = "SELECT model_asked FROM usage WHERE error IS NULL AND finish_reason IS NOT NULL ORDER BY id DESC LIMIT 1"
    return next((str(model) for (model,) in query(sql)), None)


def summed(all_costs: Iterable[Costs], key: Callable[[Costs], Any]) -> Mapping[Any, Costs]:
    """One row for each `key`, in the order of the keys; of what differs inside, the first one's stays."""
    found: dict[Any, Costs] = {}
    for one in all_costs:
        so_far = found.get(key(one))
        found[key(one)] = one if so_far is None else _sum(so_far, one)
    return {one: found[one] for one in sorted(found)}


def _sum(one: Costs, other: Costs) -> Costs:
    return Costs(
        one.day,
        one.model,
        one.task_id,
        one.calls + other.calls,
        one.failed + other.failed,
        one.unpriced + other.unpriced,
        one.input + other.input,
        one.output + other.output,
        one.cached + other.cached,
        one.reasoning + other.reasoning,
        one.cost_usd + other.cost_usd,
    )


def _counts(totals: Iterable[float]) -> tuple[int, int, int, int]:
    sent, got, cached, reasoning = (int(total) for total in totals)
    return sent, got, cached, reasoning


def _day(minute: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(minute).replace(tzinfo=UTC).astimezone(zone).date()
