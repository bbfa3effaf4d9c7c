"""What becomes of a message that Telegram refused: when it is tried again, what is changed about it, who is told."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from telethon import TelegramClient

from userbot.clock import Clock
from userbot.errors import OwnerMustAct, TelegramUnavailable
from userbot.store import floods, ledger, peers
from userbot.store.ledger import Outgoing
from userbot.telegram.people import find_again
from userbot.telegram.refusals import Kind, Refusal

log = logging.getLogger(__name__)

FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 300.0
# So many tries without an answer, some ten minutes, and the owner is told.
TRIES_IN_SILENCE = 9
# The breaker: so many flood waits within so long a time mean that we write too much altogether, and a rest for all
# contacts costs less than the next, longer wait.
BREAKER_FLOODS = 3
# A wait of some seconds is how Telegram paces everybody; it means nothing more.
BREAKER_COUNTS_FROM_S = 15.0
BREAKER_SPAN = timedelta(minutes=10)
BREAKER_REST = timedelta(hours=1)
# A limited account stays limited for hours; asking again sooner makes it worse.
ACCOUNT_WAIT = timedelta(hours=6)


class Refused:
    """The callbacks are those of `Delivery`."""

    def __init__(
        self,
        client: TelegramClient,
        clock: Clock,
        *,
        owner_id: int,
        on_refused: Callable[[Outgoing, str], None],
        on_waiting: Callable[[Outgoing, str], None],
        on_account_limited: Callable[[str], None],
        on_rest: Callable[[datetime], None],
        on_logged_out: Callable[[str], None],
    ) -> None:
        self._client = client
        self._clock = clock
        self._owner_id = owner_id
        self._on_refused = on_refused
        self._on_waiting = on_waiting
        self._on_account_limited = on_account_limited
        self._on_rest = on_rest
        self._on_logged_out = on_logged_out
        # Whose addresses were looked up since they were last good.
        self._looked_up: set[int] = set()

    async def take(self, row: Outgoing, refusal: Refusal) -> None:
        """Put the row back, or have it marked as failed. Only `delivery` calls this, for each refused try."""
        log.warning("not sent row=%s peer=%s task=%s: %s", row.id, row.peer_id, row.task_id, refusal.name)
        now = self._clock.now()
        match refusal.kind:
            case Kind.WAIT:
                self._put_back(row, now + timedelta(seconds=refusal.seconds), refusal.name)
                self._note_flood(row, refusal, now)
                self._on_waiting(row, "flood_wait")
            case Kind.PERMANENT if row.peer_id == self._owner_id and ledger.make_plain(row.id):
                # Its bell, its file or a person it links to may be what is refused. What it says is to be seen.
                self._put_back(row, now, refusal.name)
            case Kind.PERMANENT:
                self._on_refused(row, refusal.name)
            case Kind.ACCOUNT:
                self._put_back(row, now + ACCOUNT_WAIT, refusal.name)
                self._on_waiting(row, "account_limited")
                self._on_account_limited(refusal.name)
            case Kind.QUOTE if row.reply_to is not None:
                ledger.drop_quote(row.id)
                self._put_back(row, now, refusal.name)
            case Kind.QUOTE:
                self._on_refused(row, refusal.name)
            case Kind.PEER:
                await self._refresh_address(row)
            case Kind.LOGGED_OUT:
                self._put_back(row, self.retry_at(row), refusal.name)
                self._on_logged_out(refusal.name)
            case Kind.UNKNOWN:
                ledger.postpone(row.id, self.retry_at(row), refusal.name)
                if row.attempts >= TRIES_IN_SILENCE:
                    self._on_waiting(row, "not_confirmed")

    def retry_at(self, row: Outgoing) -> datetime:
        """When a row of unknown outcome is tried again."""
        delay_s: float = min(FIRST_RETRY_S * 2 ** min(row.attempts, 16), LONGEST_RETRY_S)
        return self._clock.now() + timedelta(seconds=delay_s)

    def reached(self, peer_id: int) -> None:
        """A message went through: this address is good, and may be looked up again when it is not."""
        self._looked_up.discard(peer_id)

    def _note_flood(self, row: Outgoing, refusal: Refusal, now: datetime) -> None:
        if row.peer_id == self._owner_id or refusal.seconds < BREAKER_COUNTS_FROM_S:
            return
        rest_until = None
        if floods.count_since(now - BREAKER_SPAN) + 1 >= BREAKER_FLOODS:
            rest_until = now + max(BREAKER_REST, timedelta(seconds=refusal.seconds))
        is_news = rest_until is not None and floods.resting_until(now) is None
        floods.record(row.peer_id, refusal.seconds, now, rest_until)
        if rest_until is not None and is_news:
            log.warning("resting until %s after repeated flood waits", rest_until)
            self._on_rest(rest_until)

    def _put_back(self, row: Outgoing, not_before: datetime, name: str) -> None:
        """Telegram refused this try. Only when no earlier one may have gone through is the row free to be dropped."""
        if row.state == "sending":
            ledger.postpone(row.id, not_before, name)
        else:
            ledger.requeue(row.id, not_before, name)

    async def _refresh_address(self, row: Outgoing) -> None:
        """Telegram does not know the address: look it up once more, then it is final."""
        contact = peers.contact(row.peer_id)
        if row.peer_id in self._looked_up or contact is None:
            self._on_refused(row, "PEER_ID_INVALID")
            return
        self._looked_up.add(row.peer_id)
        try:
            found = await find_again(self._client, contact)
        except (TelegramUnavailable, OwnerMustAct):
            self._looked_up.discard(row.peer_id)
            self._put_back(row, self.retry_at(row), "PEER_ID_INVALID")
            return
        if found is None:
            self._on_refused(row, "PEER_ID_INVALID")
            return
        peers.remember(found)
        self._put_back(row, self._clock.now(), "PEER_ID_INVALID")
