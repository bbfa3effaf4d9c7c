"""Looking at the database from beside the running program: on a connection of its own, read-only, never migrating."""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import peewee
from playhouse.migrations import Runner

from userbot.errors import OwnerMustAct
from userbot.store import costs
from userbot.store.costs import Costs
from userbot.store.database import MIGRATIONS
from userbot.store.rows import as_text
from userbot.store.usage import TOKENS

BUSY_TIMEOUT_MS = 5000


@dataclass(frozen=True)
class Problem:
    """The latest thing that went wrong: a code or an error's name, never a message's text. `task_id` if it has one."""

    at: datetime
    what: str
    task_id: int | None


@dataclass(frozen=True)
class DaySpent:
    """Over everything: turns and messages with contacts, tokens in and out, US dollars as far as prices are known."""

    turns: int = 0
    messages: int = 0
    tokens: int = 0
    dollars: float = 0.0


@dataclass(frozen=True)
class Overview:
    """`open_tasks` counts by status, paused ones as "paused". `unsent` messages are still to go out. `limits`: how
    Telegram limits the account itself, by its name for that, and since when. `answering`: the model that did last.
    `spent`: in the time asked for."""

    open_tasks: Mapping[str, int]
    unsent: int
    last_problem: Problem | None
    limits: Mapping[str, datetime]
    answering: str | None
    spent: DaySpent


@dataclass(frozen=True)
class TaskLine:
    """One task in a list. `contact` is a name for show only; None when the contact is not known any more."""

    task_id: int
    task_type: str
    user_id: int
    contact: str | None
    status: str
    waiting_for: str | None
    closed_because: str | None
    paused: str | None
    trouble: str | None
    updated_at: datetime


@dataclass(frozen=True)
class Condition:
    """`integrity` is SQLite's own word, "ok" when all is well. Migrations by name; `unknown` are a newer version's."""

    integrity: str
    pending: tuple[str, ...]
    unknown: tuple[str, ...]


def read_overview(path: Path, since: datetime) -> Overview:
    """What was spent is counted since then.

    Raises OwnerMustAct when the database cannot be read, is damaged, or is of another version."""
    with looking(path) as db:
        counts = db.execute_sql(
            "SELECT CASE WHEN paused IS NULL THEN status ELSE 'paused' END, count(*) FROM conversation_task "
            "WHERE status IN ('pending', 'in_progress') GROUP BY 1 ORDER BY 1"
        ).fetchall()
        (unsent,) = db.execute_sql("SELECT count(*) FROM ledger WHERE state IN ('queued', 'sending')").fetchone()
        problem = db.execute_sql(
            "SELECT at, what, task_id FROM ("
            " SELECT created_at AS at, error AS what, task_id FROM ledger WHERE error IS NOT NULL"
            " UNION ALL SELECT updated_at, trouble, id FROM conversation_task"
            "  WHERE trouble IS NOT NULL AND status IN ('pending', 'in_progress')"
            " UNION ALL SELECT at, error, NULL FROM usage WHERE error IS NOT NULL"
            ") ORDER BY at DESC LIMIT 1"
        ).fetchone()
        # Of a database that the next start will bring up to date this is read, too.
        columns = {column for _, column, *_ in db.execute_sql("PRAGMA table_info(usage)").fetchall()}
        counted = TOKENS if "reckoned_tokens" in columns else "total(input_tokens) + total(output_tokens)"
        turns, tokens, dollars = db.execute_sql(
            "SELECT count(DISTINCT CASE WHEN peer_id NOT IN (SELECT user_id FROM account) THEN turn_id END),"
            f" {counted}, total(cost_usd) FROM usage WHERE at >= ?",
            (as_text(since),),
        ).fetchone()
        (messages,) = db.execute_sql(
            "SELECT count(*) FROM ledger WHERE created_at >= ? AND state IN ('queued', 'sending', 'sent')"
            " AND purpose IN ('opening', 'reply', 'relay')",
            (as_text(since),),
        ).fetchone()
        limits = db.execute_sql(
            "SELECT substr(key, 9), at FROM notice WHERE key LIKE 'account:%' ORDER BY at"
        ).fetchall()
        answering = costs.answering(lambda sql: db.execute_sql(sql).fetchall())
    return Overview(
        dict(counts),
        unsent,
        Problem(datetime.fromisoformat(problem[0]), *problem[1:]) if problem else None,
        {name: datetime.fromisoformat(at) for name, at in limits},
        answering,
        DaySpent(turns, messages, int(tokens), dollars),
    )


def read_tasks(path: Path) -> list[TaskLine]:
    """Open tasks first, and of each kind the one changed last first. Raises like `read_overview`."""
    with looking(path) as db:
        rows = db.execute_sql(
            "SELECT t.id, t.task_type, t.user_id,"
            " nullif(trim(p.first_name || ' ' || coalesce(p.last_name, '')), '') AS contact,"
            " t.status, t.waiting_for, t.closed_because, t.paused, t.trouble, t.updated_at"
            " FROM conversation_task t LEFT JOIN peer p ON p.user_id = t.user_id"
            " ORDER BY t.status NOT IN ('pending', 'in_progress'), t.updated_at DESC, t.id DESC"
        ).fetchall()
    return [TaskLine(*(*row[:-1], datetime.fromisoformat(row[-1]))) for row in rows]


def read_costs(path: Path, at: datetime, zone: ZoneInfo) -> list[Costs]:
    """What the model cost since then, by days of that zone. Raises like `read_overview`."""
    with looking(path) as db:
        return costs.read(lambda sql, *values: db.execute_sql(sql, values).fetchall(), at, zone)


def read_condition(path: Path) -> Condition:
    """For `userbot doctor`. Raises OwnerMustAct when the file is no database or cannot be opened."""
    with looking(path) as db:
        integrity = "; ".join(row[0] for row in db.execute_sql("PRAGMA quick_check").fetchmany(3))
        status = Runner(db, directory=str(MIGRATIONS)).status()
    return Condition(
        integrity,
        pending=tuple(str(m.name) for m in status if m.path is not None and not m.applied),
        unknown=tuple(str(m.name) for m in status if m.path is None),
    )


@contextmanager
def looking(path: Path) -> Iterator[Any]:
    """A read-only connection. Raises OwnerMustAct when the file cannot be read, is damaged, or of another version."""
    # A file: URI is what takes mode=ro; everything that means something in one is quoted.
    db = peewee.SqliteDatabase(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, pragmas={"busy_timeout": BUSY_TIMEOUT_MS, "query_only": 1}
    )
    try:
        db.connect()
        with contextlib.closing(db):
            yield db
    except peewee.OperationalError as error:
        raise OwnerMustAct(
            f"the database {path} cannot be read ({error}): if the program was updated, start `userbot run` once"
        ) from error
    except peewee.DatabaseError as error:
        raise OwnerMustAct(f"the database {path} is damaged ({error}): put back a backup of it") from error
