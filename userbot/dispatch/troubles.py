"""What is done when a turn cannot be had: how long its peer waits, and what is told the owner, once."""

import logging
from dataclasses import dataclass

from userbot.clock import Clock
from userbot.conversation import moves, set_aside
from userbot.conversation.hearing import SpeechUnavailable
from userbot.conversation.spending import AGAIN_S
from userbot.conversation.turn import TurnIsNonsense
from userbot.errors import BudgetSpent, NeverAgain, OwnerMustAct, TelegramUnavailable, TryAgain
from userbot.store import desk, journal, tasks, usage
from userbot.tasks.budgets import Budget

log = logging.getLogger(__name__)

FIRST_RETRY_S = 15.0
LONGEST_RETRY_S = 900.0
# A model that talks nonsense costs money at every try.
LONGEST_NONSENSE_S = 6 * 3600.0
OWNER_ACTS_S = 600.0
TROUBLES = (
    "model_down",
    "speech_down",
    "model_key",
    "model_nonsense",
    "telegram_wait",
    *(f"budget_{budget}" for budget in Budget),
)


@dataclass(frozen=True)
class Wait:
    """`trouble`: its code, as wording knows it. `news_helps`: a wake of the peer cuts the wait short."""

    seconds: float
    trouble: str
    news_helps: bool


class Troubles:
    """What a worker could not do, peer by peer. Nothing here waits."""

    def __init__(self, clock: Clock, owner_id: int) -> None:
        self._clock = clock
        self._owner_id = owner_id
        self._failures: dict[int, int] = {}

    def came_over(self, peer_id: int, error: TryAgain | NeverAgain | OwnerMustAct) -> Wait:
        """Say once that nothing moves. Returns how long to wait before the next try: longer at each in a row."""
        failures = self._failures[peer_id] = self._failures.get(peer_id, 0) + 1
        trouble, longest_s = _trouble(error)
        wait_s = min(FIRST_RETRY_S * 2 ** min(failures - 1, 20), longest_s)
        if isinstance(error, TryAgain) and error.after_s is not None:
            wait_s = max(wait_s, error.after_s)
        if isinstance(error, OwnerMustAct):
            wait_s = OWNER_ACTS_S
        log.warning("peer=%s waits %.0f s: %s", peer_id, wait_s, type(error).__name__)
        log.debug("peer=%s: %s", peer_id, error)
        self._say_waiting(peer_id, trouble, str(error) if isinstance(error, OwnerMustAct) else None)
        # What the model said no sense to may read better with one message more; a model that is down stays down.
        return Wait(wait_s, trouble, news_helps=trouble == "model_nonsense")

    def step_done(self, peer_id: int) -> None:
        """The worker got on: the next trouble is the first in a row."""
        self._failures.pop(peer_id, None)

    def turn_done(self, peer_id: int) -> None:
        """A turn could be had: what was told is over."""
        if peer_id == self._owner_id:
            # A command that still waits has been told of: that another one went through changes nothing for it.
            for trouble in TROUBLES if not journal.waiting(peer_id, "new") else ():
                usage.told_is_over(f"{trouble}:owner")
        else:
            tasks.trouble_is_over(peer_id, but=(*moves.HELD_UP, *moves.RESTS))
            set_aside.works_again(peer_id)

    def _say_waiting(self, peer_id: int, trouble: str, detail: str | None) -> None:
        now = self._clock.now()
        if peer_id == self._owner_id:
            if usage.tell_once(f"{trouble}:owner", now):
                waiting = journal.waiting(peer_id, "new")
                payload = {"what": trouble, "detail": detail}
                desk.add("problem", payload, now, reply_to=waiting[0].message_id if waiting else None)
        else:
            for task in tasks.open_with(peer_id):
                # What rests waits for its owner, whatever else is the matter.
                if task.trouble not in moves.RESTS:
                    tasks.set_trouble(task.id, trouble)


def _trouble(error: TryAgain | NeverAgain | OwnerMustAct) -> tuple[str, float]:
    """The trouble's code, as wording knows it, and the longest wait between tries in seconds."""
    if isinstance(error, OwnerMustAct):
        return "model_key", OWNER_ACTS_S
    if isinstance(error, BudgetSpent):
        return f"budget_{error.budget}", AGAIN_S
    if isinstance(error, SpeechUnavailable):
        return "speech_down", LONGEST_RETRY_S
    if isinstance(error, TurnIsNonsense | NeverAgain):
        return "model_nonsense", LONGEST_NONSENSE_S
    return "telegram_wait" if isinstance(error, TelegramUnavailable) else "model_down", LONGEST_RETRY_S
