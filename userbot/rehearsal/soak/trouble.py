"""Telegram's faults, one after another by the dice, while the program lives and dies."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from userbot.rehearsal.soak.people import Cast
from userbot.rehearsal.telegram import TelegramServer
from userbot.rehearsal.telegram.faults import Rule
from userbot.rehearsal.telegram.render import render_change
from userbot.rehearsal.telegram.world import Change

SEND = "messages.SendMessage"
EDIT = "messages.EditMessage"
HISTORY = "messages.GetHistory"
DIFFERENCE = "updates.GetDifference"
EVERY_S = (0.2, 1.0)
# Rules that wait for their request: more of them would strike all at once.
WAITING_MOST = 8
PUSHED_AGAIN = 6


class Trouble:
    """`run` makes trouble until `end`, which leaves a Telegram that works. `struck` counts by kind."""

    def __init__(self, server: TelegramServer, cast: Cast, dice: random.Random) -> None:
        self._server = server
        self._cast = cast
        self._dice = dice
        self._rules: list[tuple[str, Rule]] = []
        self._struck: Counter[str] = Counter()
        self._passing: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()

    @property
    def struck(self) -> Counter[str]:
        found = Counter(self._struck)
        for name, rule in self._rules:
            found[name] += rule.struck
        return +found

    async def run(self) -> None:
        kinds = [*self._refusals(), *self._events()]
        while True:
            await asyncio.sleep(self._dice.uniform(*EVERY_S))
            name, strike = self._dice.choice(kinds)
            strike(name)

    async def end(self) -> None:
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        self._server.faults.clear()
        self._server.difference_limit = 100
        self._server.release_updates(self._cast.owner)
        await self._server.accept_connections()

    # Faults of single requests

    def _refusals(self) -> list[tuple[str, Callable[[str], None]]]:
        faults, owner = self._server.faults, self._cast.owner

        def rule(make: Callable[[], Rule]) -> Callable[[str], None]:
            def strike(name: str) -> None:
                if sum(rule.times != 0 for _, rule in self._rules) < WAITING_MOST:
                    self._rules.append((name, make()))

            return strike

        def flood() -> Rule:
            peer_id = self._dice.choice(self._cast.people).account.id

            def is_for_them(request: Any) -> bool:
                return getattr(request.peer, "user_id", None) == peer_id

            return faults.refuse(420, "FLOOD_WAIT_3", account=owner, method=SEND, when=is_for_them, times=2)

        kinds: dict[str, Callable[[], Rule]] = {
            "send: dropped before": lambda: faults.drop_before(account=owner, method=SEND),
            "send: dropped after": lambda: faults.drop_after(account=owner, method=SEND),
            "send: done, never answered": lambda: faults.never_answer(account=owner, method=SEND),
            "send: not done, never answered": lambda: faults.never_answer(account=owner, method=SEND, executed=False),
            "send: 500": lambda: faults.refuse(500, "RPC_CALL_FAIL", account=owner, method=SEND),
            "send: -503": lambda: faults.refuse(-503, "Timeout", account=owner, method=SEND),
            "send: RANDOM_ID_DUPLICATE": lambda: faults.refuse(500, "RANDOM_ID_DUPLICATE", account=owner, method=SEND),
            "send: done after 4 s": lambda: faults.delay(4, account=owner, method=SEND),
            "send: answered after 2 s": lambda: faults.delay(2, executed_first=True, account=owner, method=SEND),
            "send: FLOOD_WAIT for one contact": flood,
            "edit: 500": lambda: faults.refuse(500, "RPC_CALL_FAIL", account=owner, method=EDIT),
            "edit: dropped after": lambda: faults.drop_after(account=owner, method=EDIT),
            "history: -503": lambda: faults.refuse(-503, "Timeout", account=owner, method=HISTORY),
            "history: dropped before": lambda: faults.drop_before(account=owner, method=HISTORY),
            "difference: 500": lambda: faults.refuse(500, "RPC_CALL_FAIL", account=owner, method=DIFFERENCE),
            "difference: dropped before": lambda: faults.drop_before(account=owner, method=DIFFERENCE),
        }
        return [(name, rule(make)) for name, make in kinds.items()]

    # What happens to the connection and to updates

    def _events(self) -> list[tuple[str, Callable[[str], None]]]:
        return [
            ("connection: dropped", self._drop),
            ("connection: refused for a while", self._refuse_connections),
            ("updates: held, then in order", lambda name: self._hold(name, lambda held: held)),
            ("updates: held, then out of order", lambda name: self._hold(name, self._shuffled)),
            ("updates: held, then doubled", lambda name: self._hold(name, lambda held: [*held, *held])),
            ("updates: lost", lambda name: self._hold(name, lambda held: [])),
            ("updates: old ones again", self._push_again),
            ("difference: in slices", self._slice),
            ("difference: too long", self._too_long),
        ]

    def _drop(self, name: str) -> None:
        self._struck[name] += 1
        self._server.drop_connections(self._cast.owner)

    def _push_again(self, name: str) -> None:
        """Our own sends among them."""
        self._struck[name] += 1
        owner = self._cast.owner
        for entry in self._dice.sample(owner.box.log, min(PUSHED_AGAIN, len(owner.box.log))):
            if (updates := render_change(self._server.world, Change(owner, entry, None))) is not None:
                self._server.push(owner, updates)

    def _too_long(self, name: str) -> None:
        self._struck[name] += 1
        self._cast.owner.box.forget_changes()
        self._server.drop_connections(self._cast.owner)

    def _refuse_connections(self, name: str) -> None:
        self._for_a_while(name, "connection", self._refuse_and_drop, self._server.accept_connections)

    def _refuse_and_drop(self) -> None:
        self._server.refuse_connections()
        self._server.drop_connections()

    def _hold(self, name: str, arrange: Callable[[list[Any]], list[Any]]) -> None:
        async def release() -> None:
            self._server.release_updates(self._cast.owner, arrange)

        self._for_a_while(name, "updates", lambda: self._server.hold_updates(self._cast.owner), release)

    def _shuffled(self, held: list[Any]) -> list[Any]:
        return self._dice.sample(held, len(held))

    def _slice(self, name: str) -> None:
        async def whole() -> None:
            self._server.difference_limit = 100

        def thin() -> None:
            self._server.difference_limit = self._dice.randint(1, 3)

        self._for_a_while(name, "slices", thin, whole)

    def _for_a_while(self, name: str, what: str, begin: Callable[[], None], end: Callable[[], Any]) -> None:
        if what in self._busy:
            return
        seconds = self._dice.uniform(0.5, 3)
        self._busy.add(what)
        self._struck[name] += 1
        begin()

        async def wait() -> None:
            try:
                await asyncio.sleep(seconds)
                await end()
            finally:
                self._busy.discard(what)

        task = asyncio.create_task(wait())
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
