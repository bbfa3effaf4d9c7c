"""When a contact has finished writing: messages come in bursts, and get one answer."""

from datetime import datetime, timedelta

from userbot.clock import Clock
from userbot.conversation.contact import World

# However long somebody goes on writing or typing, they are answered after this many quiet times.
LONGEST_BURST = 8
TYPING_S = 6.0


class Quiet:
    """`quiet_s`: how long a contact has to have been quiet."""

    def __init__(self, clock: Clock, quiet_s: float) -> None:
        self._clock = clock
        self._quiet_s = quiet_s
        self.longest_s = quiet_s * LONGEST_BURST
        self._typing_until: dict[int, datetime] = {}
        # When a turn was dropped since something newer came.
        self._dropped_at: dict[int, datetime] = {}

    def typing(self, peer_id: int) -> None:
        """A hint that this contact is writing: their turn waits a little longer."""
        self._typing_until[peer_id] = self._clock.now() + timedelta(seconds=TYPING_S)

    def turn_over(self, peer_id: int, *, dropped: bool) -> None:
        """A turn in this dialog was committed, or dropped since something newer came."""
        if dropped:
            self._dropped_at[peer_id] = self._clock.now()
        else:
            self._dropped_at.pop(peer_id, None)

    def seconds_left(self, world: World) -> float:
        """Seconds to wait for the contact to finish."""
        if not world.new:
            return 0
        now = self._clock.now()
        first = min(entry.received_at for entry in world.new)
        if (dropped_at := self._dropped_at.get(world.contact.user_id)) is not None:
            # Somebody who writes on and on must not get a turn, to be dropped too, for every message.
            first = max(first, dropped_at)
        last = max(entry.received_at for entry in world.new)
        typing_until = self._typing_until.get(world.contact.user_id, last)
        quiet_at = min(
            max(last + timedelta(seconds=self._quiet_s), typing_until),
            first + timedelta(seconds=self.longest_s),
        )
        # Never longer than that, though the clock was set back since.
        return min(max(0.0, (quiet_at - now).total_seconds()), self.longest_s)
