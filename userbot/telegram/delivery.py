"""The ledger to messages, once each: pacing, order, and the same random_id at every retry."""

import asyncio
import contextlib
import functools
import logging
import mimetypes
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from telethon import TelegramClient, errors
from telethon.tl.functions.messages import (
    SendMediaRequest,
    SendMessageRequest,
)
from telethon.tl.functions.users import GetRequirementsToContactRequest
from telethon.tl.types import (
    DocumentAttributeFilename,
    InputMediaUploadedDocument,
    InputPeerSelf,
    InputPeerUser,
    InputReplyToMessage,
    InputUser,
    RequirementToContactPaidMessages,
    RequirementToContactPremium,
    UpdateMessageID,
    UpdateNewMessage,
    UpdateShortSentMessage,
)

from userbot.clock import Clock
from userbot.errors import MachineFails, TelegramUnavailable
from userbot.store import desk, floods, ledger, ledger_counts, peers, tasks
from userbot.store.database import transaction
from userbot.store.ledger import Outgoing
from userbot.telegram import limited
from userbot.telegram.calls import call
from userbot.telegram.entities import as_entities
from userbot.telegram.own_messages import OwnMessages
from userbot.telegram.refusals import Kind, classify
from userbot.telegram.refused import Refused
from userbot.telegram.ringing import Ringing, scheduled_id
from userbot.telegram.unwanted import find_sent

log = logging.getLogger(__name__)

# Safe rates are not published; these, and the usual MESSAGES_PER_MINUTE, are well below what draws floods in the field.
DIALOG_GAP = timedelta(seconds=3)
OWN_GAP = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
# Telethon tries some requests once more on its own, after two seconds.
TELETHON_TRIES_AGAIN_S = 2.0
# Whether a first message may be written at all is asked before it, but not waited for.
REQUIREMENTS_S = 10.0
# So long until it is asked again whether what nobody wants any more was sent.
LOOK_AGAIN_S = 60.0
# A file goes along if it can; its message waits no longer for it.
UPLOAD_S = 30.0
# The owner sees what is to be said before it is said. A Saved Messages that cannot be written holds nobody up longer.
CARD_WAIT = timedelta(minutes=2)


class Delivery:
    """Sends what the ledger promises. One message of a dialog at a time and in order; dialogs go on independently."""

    def __init__(
        self,
        client: TelegramClient,
        clock: Clock,
        *,
        owner_id: int,
        per_minute: int,
        hold_s: float = 0.0,
        courteous: Callable[[Outgoing, datetime], datetime] = lambda row, at: at,
        on_sent: Callable[[Outgoing], None],
        on_refused: Callable[[Outgoing, str], None],
        on_waiting: Callable[[Outgoing, str], None],
        on_put_back: Callable[[Outgoing], None],
        on_account_limited: Callable[[str], None],
        on_account_free: Callable[[str], None],
        on_rest: Callable[[datetime], None],
        on_logged_out: Callable[[str], None],
    ) -> None:
        """`per_minute`: how many messages may go to contacts, all together. `hold_s`: how long a message to a
        contact is not begun after it was committed, or the owner said yes to it. `courteous(row, at)`: when, from `at`
        on, it is good manners to send it.

        `on_sent(row)`: the message has an id now. `on_refused(row, name)`: Telegram will never take it; the callee
        marks the row failed. `on_waiting(row, why)`: it is held up by a "flood_wait", as "account_limited", or
        "not_confirmed" by Telegram time after time; told again and again. `on_put_back(row)`: a try failed; whether
        it may have gone through is in the row.
        `on_rest(until)`: after repeated flood waits no contact is written to before then.
        `on_account_limited(name)`, `on_account_free(name)` and `on_logged_out(name)`: Telegram's name for it; that an
        account is free is told again and again.
        """
        self._client = client
        self._clock = clock
        self._owner_id = owner_id
        self._per_minute = per_minute
        self._hold = timedelta(seconds=hold_s)
        self._courteous = courteous
        self._on_sent = on_sent
        self._on_refused = on_refused
        self._on_waiting = on_waiting
        self._on_put_back = on_put_back
        self._on_account_free = on_account_free
        self._since = clock.now()
        self._wake = asyncio.Event()
        self._at_work: dict[int, asyncio.Task[None]] = {}
        self._broken: BaseException | None = None
        self.ringing = Ringing(client, clock, on_sent=on_sent)
        self.own = OwnMessages(client, on_account_limited=on_account_limited, on_logged_out=on_logged_out)
        self._refusals = Refused(
            client,
            clock,
            owner_id=owner_id,
            on_refused=on_refused,
            on_waiting=on_waiting,
            on_account_limited=on_account_limited,
            on_rest=on_rest,
            on_logged_out=on_logged_out,
        )

    def wake(self) -> None:
        """The ledger has something new."""
        self._wake.set()
        self.ringing.wake()

    async def run(self) -> None:
        """Deliver until cancelled. What is then under way is cut off; the ledger knows that its outcome is unknown."""
        try:
            while True:
                self._wake.clear()
                if self._broken is not None:
                    raise self._broken
                wait_s = self._start_what_is_due()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._wake.wait()
        finally:
            tasks = list(self._at_work.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _start_what_is_due(self) -> float | None:
        """Start what may be sent now; returns the seconds until the next row may, None when only news changes that."""
        now = self._clock.now()
        rows = ledger.next_of_each_peer()
        if not rows:
            return None
        to_contacts = ledger_counts.sent_to_contacts_since(self._owner_id, now - MINUTE)
        to_contacts += sum(peer_id != self._owner_id for peer_id in self._at_work)
        waits = []
        probes = limited.probes(rows)
        rest_until = floods.resting_until(now)
        for row in rows:
            if row.peer_id in self._at_work:
                continue
            if limited.is_held_back(row, probes):
                self._on_waiting(row, "account_limited")
                continue
            not_before = self._not_before(row, now)
            if row.peer_id != self._owner_id and rest_until is not None:
                not_before = max(not_before, rest_until)
            if not_before <= now and row.peer_id != self._owner_id:
                if to_contacts >= self._per_minute:
                    not_before = now + timedelta(seconds=1)
                else:
                    to_contacts += 1
            if not_before > now:
                waits.append((not_before - now).total_seconds())
                continue
            task = asyncio.create_task(self._deliver(row), name=f"deliver {row.id}")
            self._at_work[row.peer_id] = task
            task.add_done_callback(functools.partial(self._done, row.peer_id))
        return min(waits) if waits else None

    def _not_before(self, row: Outgoing, now: datetime) -> datetime:
        not_before = row.not_before or row.created_at
        if row.peer_id != self._owner_id:
            not_before = max(not_before, row.created_at + self._hold)
        last = ledger.last_sent_at(row.peer_id)
        gap = OWN_GAP if row.peer_id == self._owner_id else DIALOG_GAP
        if last is not None:
            not_before = max(not_before, last + gap)
        if row.peer_id != self._owner_id:
            not_before = self._courteous(row, max(not_before, now))
        if _waits_for_its_card(row):
            return max(not_before, max(row.created_at, self._since) + CARD_WAIT)
        return not_before

    def _done(self, peer_id: int, task: asyncio.Task[None]) -> None:
        del self._at_work[peer_id]
        if not task.cancelled():
            self._broken = self._broken or task.exception()
        self._wake.set()

    async def _deliver(self, row: Outgoing) -> None:
        peer = self._address(row)
        if peer is None:
            self._on_refused(row, "PEER_ID_INVALID")
            return
        if row.purpose in limited.FIRST_MESSAGES and row.attempts == 0 and (why := await self._what_is_required(peer)):
            log.warning("not sent row=%s peer=%s task=%s: %s", row.id, row.peer_id, row.task_id, why)
            self._on_refused(row, why)
            return
        if row.scheduled_for is not None and await self._is_known_of(row):
            return
        if row.state == "sending" and ledger.is_unwanted(row.id) and await self._is_settled(row, peer):
            return
        # A question that was answered meanwhile is told, but rings for nobody.
        rings_at = await self.ringing.goes_out_at() if row.rings and desk.is_wanted(row.id) else None
        # From here on the outcome is unknown until Telegram answers: a crash leaves the row in `sending`.
        if not ledger.start_sending(row.id, rings_at):
            return
        # What waits its turn may have been brought up to date since this row was chosen.
        fresh = ledger.get(row.id)
        assert fresh is not None  # noqa: S101  (rows are never deleted)
        row = replace(row, text=fresh.text, entities=fresh.entities, scheduled_for=rings_at)
        uploaded = await self._uploaded(row)
        request = self._request(row, peer) if uploaded is None else _with_file(row, peer, uploaded)
        began_s, reconnects = asyncio.get_running_loop().time(), self._client.reconnects
        try:
            answer = await call(self._client, request)
        except MachineFails:
            raise
        except Exception as error:
            refusal = classify(error)
            was_sent_again = (
                reconnects != self._client.reconnects
                or asyncio.get_running_loop().time() - began_s >= TELETHON_TRIES_AGAIN_S
            )
            if was_sent_again and refusal.kind is not Kind.UNKNOWN and row.scheduled_for is None:
                # The answer is to the second of two requests: the first may have been carried out.
                try:
                    if (message_id := await find_sent(self._client, peer, row)) is not None:
                        self._became(row, message_id)
                        return
                except (TelegramUnavailable, errors.RPCError):
                    row = replace(row, state="sending")
            await self._refusals.take(row, refusal)
            self._on_put_back(row)
            return
        if (waits_as := scheduled_id(answer)) is not None:
            self._refusals.reached(row.peer_id)
            ledger.mark_scheduled(row.id, waits_as)
            log.info("scheduled row=%s task=%s purpose=%s", row.id, row.task_id, row.purpose)
            self.ringing.wake()
            return
        message_id = _message_id(answer, row.random_id)
        if message_id is None:
            ledger.postpone(row.id, self._refusals.retry_at(row), "no message id in the answer")
            return
        self._refusals.reached(row.peer_id)
        self._became(row, message_id)

    def _became(self, row: Outgoing, message_id: int) -> None:
        # That it was sent and what follows from it are one fact: a crash in between would leave a task waiting for a
        # first message that has long arrived.
        with transaction():
            if ledger.mark_sent(row.id, message_id, self._clock.now()):
                log.info("sent row=%s peer=%s task=%s purpose=%s", row.id, row.peer_id, row.task_id, row.purpose)
                sent = ledger.get(row.id)
                assert sent is not None  # noqa: S101  (rows are never deleted)
                self._on_sent(sent)
                for name in limited.disproved(row):
                    self._on_account_free(name)

    async def _what_is_required(self, peer: Any) -> str | None:
        """What this person asks of strangers that we never give, by Telegram's name; None also when it is not known:
        the message itself then finds out."""
        if not isinstance(peer, InputPeerUser):
            return None
        request = GetRequirementsToContactRequest([InputUser(peer.user_id, peer.access_hash)])
        try:
            (required,) = await call(self._client, request, REQUIREMENTS_S)
        except MachineFails:
            raise
        except Exception as error:
            log.info("what peer=%s asks of strangers is not known: %s", peer.user_id, classify(error).name)
            return None
        if isinstance(required, RequirementToContactPremium):
            return "PRIVACY_PREMIUM_REQUIRED"
        return "ALLOW_PAYMENT_REQUIRED" if isinstance(required, RequirementToContactPaidMessages) else None

    async def _is_settled(self, row: Outgoing, peer: Any) -> bool:
        """Of a message that may have gone out, and that its task does not want any more: it is not sent again, where
        Telegram says whether it was. False where it shows nothing of the dialog."""
        try:
            message_id = await find_sent(self._client, peer, row)
        except TelegramUnavailable as error:
            later_s = max(LOOK_AGAIN_S, error.after_s or 0)
            ledger.postpone(row.id, self._clock.now() + timedelta(seconds=later_s), "not known whether it was sent")
            return True
        except errors.RPCError:
            return False
        if message_id is not None:
            self._became(row, message_id)
        elif ledger.give_up(row.id):
            log.info("given up row=%s peer=%s task=%s: it is not wanted any more", row.id, row.peer_id, row.task_id)
            self._on_put_back(row)
        return True

    async def _is_known_of(self, row: Outgoing) -> bool:
        """Has an earlier try to schedule this message come through? That the same random_id schedules nothing twice is
        written nowhere, so it is looked for first."""
        try:
            return await self.ringing.find(row) is not None
        except (TelegramUnavailable, errors.RPCError) as error:
            log.info("whether row=%s is scheduled is not known: %s", row.id, type(error).__name__)
            ledger.postpone(row.id, self._refusals.retry_at(row), "not known whether it is scheduled")
            return True

    def _address(self, row: Outgoing) -> InputPeerSelf | InputPeerUser | None:
        if row.peer_id == self._owner_id:
            return InputPeerSelf()
        contact = peers.contact(row.peer_id)
        return None if contact is None else InputPeerUser(contact.user_id, contact.access_hash)

    def _request(self, row: Outgoing, peer: Any) -> SendMessageRequest:
        # Entities come from our own code; markup in a model's text stays text. No preview: nobody's links are fetched.
        return SendMessageRequest(
            peer=peer,
            message=row.text,
            random_id=row.random_id,
            no_webpage=True,
            entities=as_entities(row.entities),
            reply_to=InputReplyToMessage(row.reply_to) if row.reply_to is not None else None,
            schedule_date=row.scheduled_for,
        )

    async def _uploaded(self, row: Outgoing) -> Any:
        """The row's file as Telegram wants it named in a message. None without one, and where it cannot be uploaded:
        the text is what matters."""
        if row.file is None or row.file_name is None:
            return None
        try:
            async with asyncio.timeout(UPLOAD_S):
                return await self._client.upload_file(row.file.encode(), file_name=row.file_name)
        except (OSError, TimeoutError, ValueError, errors.RPCError) as error:
            log.warning("the file of row=%s was not uploaded: %s", row.id, type(error).__name__)
            return None


def _with_file(row: Outgoing, peer: Any, uploaded: Any) -> SendMediaRequest:
    return SendMediaRequest(
        peer=peer,
        media=InputMediaUploadedDocument(
            file=uploaded,
            mime_type=mimetypes.guess_type(row.file_name or "")[0] or "application/octet-stream",
            attributes=[DocumentAttributeFilename(row.file_name or "")],
            force_file=True,
        ),
        message=row.text,
        random_id=row.random_id,
        entities=as_entities(row.entities),
        reply_to=InputReplyToMessage(row.reply_to) if row.reply_to is not None else None,
        schedule_date=row.scheduled_for,
    )


def _waits_for_its_card(row: Outgoing) -> bool:
    """Is this a first message, not tried yet, whose task's card is not in Saved Messages?"""
    return (
        row.purpose == "opening"
        and row.state == "queued"
        and row.task_id is not None
        and not tasks.is_card_settled(row.task_id)
    )


def _message_id(answer: Any, random_id: int) -> int | None:
    """The id of the message our request became."""
    if isinstance(answer, UpdateShortSentMessage):
        return int(answer.id)
    updates = getattr(answer, "updates", [])
    for update in updates:
        if isinstance(update, UpdateMessageID) and update.random_id == random_id:
            return int(update.id)
    for update in updates:
        if isinstance(update, UpdateNewMessage):
            return int(update.message.id)
    return None
