"""What the owner is told of the account, the calendar and speech. Of what lasts: once, until it is over."""

import logging
from collections.abc import Callable
from datetime import datetime

from userbot.clock import Clock
from userbot.errors import OwnerMustAct
from userbot.store import desk, tasks, usage

log = logging.getLogger(__name__)


class Problems:
    """`on_change()`: there is something new to show."""

    def __init__(self, clock: Clock, on_change: Callable[[], None]) -> None:
        self._clock = clock
        self._on_change = on_change

    def account_limited(self, name: str) -> None:
        now = self._clock.now()
        if usage.tell_once(f"account:{name}", now):
            # A frozen account cannot write to Saved Messages either: the log is where its owner may look.
            log.error("Telegram limits this account: %s", name)
            desk.add("problem", {"what": "account_limited", "error": name}, now)
            self._on_change()

    def account_free(self, name: str) -> None:
        if usage.told_is_over(f"account:{name}"):
            log.info("Telegram limits this account no more: %s", name)
            for task in tasks.all_open():
                if task.trouble == "account_limited":
                    tasks.set_trouble(task.id, None)
            self._on_change()

    def rests(self, until: datetime) -> None:
        desk.add("problem", {"what": "resting", "until": until.isoformat()}, self._clock.now())
        self._on_change()

    def calendar_fails(self, why: str) -> None:
        now = self._clock.now()
        if usage.tell_once("calendar", now):
            desk.add("problem", {"what": "calendar", "error": why}, now)
            self._on_change()

    def calendar_works(self) -> None:
        usage.told_is_over("calendar")

    def meeting_not_written(self, task_id: int, why: str) -> None:
        desk.add("problem", {"what": "meeting_not_written", "error": why}, self._clock.now(), task_id=task_id)
        self._on_change()

    def speech_refused(self, error: OwnerMustAct) -> None:
        if usage.tell_once("speech_key", self._clock.now()):
            desk.add("problem", {"what": "speech_key", "detail": str(error)}, self._clock.now())
            self._on_change()

    def speech_works(self) -> None:
        usage.told_is_over("speech_key")
