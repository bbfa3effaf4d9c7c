"""What is said in voice notes becomes words on their journal rows, before the turn that reads them.

A try is counted before it is made, so that nothing is tried for ever, whatever dies of it. What could not be heard
counts as unreadable: the owner is told, as of every other thing nobody here can read.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from userbot.errors import NeverAgain, OwnerMustAct, TryAgain
from userbot.store import journal
from userbot.store.journal import Entry

log = logging.getLogger(__name__)

# Far more than quarter of an hour of speech; a server that writes more makes things up.
LONGEST = 20_000


class SpeechUnavailable(TryAgain):
    """A voice note could not be heard just now."""


@dataclass(frozen=True)
class Hearing:
    """`read_voice(peer_id, message_id)`: its bytes and their kind. `transcribe(audio, kind)`: what is said in it.
    `on_refused(error)`: the speech model wants the owner to act."""

    read_voice: Callable[[int, int], Awaitable[tuple[bytes, str]]]
    transcribe: Callable[[bytes, str], Awaitable[str]]
    on_refused: Callable[[OwnerMustAct], None]

    async def hear(self, entries: Iterable[Entry]) -> None:
        """Each of these once. Raises SpeechUnavailable when one is worth another try."""
        again: TryAgain | None = None
        for entry in entries:
            journal.count_hearing(entry.id)
            try:
                said = await self._said_in(entry)
            except NeverAgain as error:
                log.info("peer=%s message=%s cannot be heard: %s", entry.peer_id, entry.message_id, error)
                journal.count_hearing(entry.id, journal.HEARING_TRIES)
            except TryAgain as error:
                log.warning("peer=%s message=%s is not heard yet: %s", entry.peer_id, entry.message_id, error)
                fresh = journal.get(entry.id)
                if fresh is not None and fresh.is_to_be_heard:
                    again = error
            else:
                journal.record_heard(entry.id, said[:LONGEST])
        if again is not None:
            raise SpeechUnavailable(f"a voice note is not heard yet: {again}", again.after_s)

    async def _said_in(self, entry: Entry) -> str:
        audio, kind = await self.read_voice(entry.peer_id, entry.message_id)
        try:
            return await self.transcribe(audio, kind)
        except OwnerMustAct as error:
            # The conversation goes on without it: whoever sent it is asked to write.
            self.on_refused(error)
            raise NeverAgain(f"the speech model refuses: {error}") from error
