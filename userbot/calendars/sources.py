"""Where the owner's calendars are, and what can go wrong with them. Addresses and passwords are secrets: no repr, log
or error holds them."""

from dataclasses import dataclass, field
from pathlib import Path

from userbot.errors import NeverAgain, OwnerMustAct, TryAgain
from userbot.tasks.slots import Span


class CalendarUnavailable(TryAgain):
    """The calendar cannot be read or written just now."""


class CalendarBroken(OwnerMustAct):
    """Only the owner can mend it: a wrong address or password, a file that is no calendar."""


class EventRefused(NeverAgain):
    """The calendar's server will not take this very event."""


@dataclass(frozen=True)
class Feed:
    """An iCalendar file, at an https URL (`url`) or on this machine (`path`): read only."""

    url: str | None = field(default=None, repr=False)
    path: Path | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Account:
    """A CalDAV collection, or a principal or home that names its collections."""

    url: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True)
class Sources:
    feed: Feed | None = None
    account: Account | None = None

    @property
    def is_set(self) -> bool:
        return self.feed is not None or self.account is not None


@dataclass(frozen=True, order=True)
class Busy:
    """All that is told of an event. `task_id` names the task whose own meeting it is; None: anything else."""

    span: Span
    task_id: int | None = None


@dataclass(frozen=True)
class BusyTimes:
    """`busy` is in order, joined for each task and for everything else; `unread` events could not be understood."""

    busy: tuple[Busy, ...]
    unread: int = 0
