"""Everything that can go wrong between a client and Telegram, on demand.

A rule says which requests it is for (account, method, a look at the request), how often, and what happens to
them. The first rule that matches is taken; rules are used up in the order they were made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.wire import TL


class Fate(Enum):
    REFUSED = auto()
    DROPPED_BEFORE = auto()
    DROPPED_AFTER = auto()
    IGNORED = auto()
    UNANSWERED = auto()
    DELAYED_BEFORE = auto()
    DELAYED_AFTER = auto()


@dataclass
class Rule:
    fate: Fate
    account: Account | None = None
    # As in Telegram's documentation: messages.SendMessage. None is every method.
    method: str | None = None
    when: Callable[[TL], bool] | None = None
    # How many more times; None is for ever.
    times: int | None = 1
    refusal: Refusal | None = None
    delay_s: float = 0.0
    # How often it has struck.
    struck: int = 0

    def matches(self, account: Account | None, method: str, request: TL) -> bool:
        return (
            self.times != 0
            and (self.account is None or self.account is account)
            and (self.method is None or self.method == method)
            and (self.when is None or self.when(request))
        )


class Faults:
    """Each method makes one rule and returns it; `clear` forgets them all."""

    def __init__(self, known_methods: Callable[[], set[str]]) -> None:
        self._known_methods = known_methods
        self.rules: list[Rule] = []

    def refuse(
        self,
        code: int,
        message: str,
        *,
        account: Account | None = None,
        method: str | None = None,
        when: Callable[[TL], bool] | None = None,
        times: int | None = 1,
        after_s: float = 0.0,
    ) -> Rule:
        """Answer with an error, such as 420 and FLOOD_WAIT_30, at once or late, and do nothing."""
        refusal = Refusal(code, message)
        return self._add(Rule(Fate.REFUSED, account, method, when, times, refusal=refusal, delay_s=after_s))

    def drop_before(
        self,
        *,
        account: Account | None = None,
        method: str | None = None,
        when: Callable[[TL], bool] | None = None,
        times: int | None = 1,
    ) -> Rule:
        """Drop the connection; the request is lost."""
        return self._add(Rule(Fate.DROPPED_BEFORE, account, method, when, times))

    def drop_after(
        self,
        *,
        account: Account | None = None,
        method: str | None = None,
        when: Callable[[TL], bool] | None = None,
        times: int | None = 1,
    ) -> Rule:
        """Do what was asked, then drop the connection: the answer is lost."""
        return self._add(Rule(Fate.DROPPED_AFTER, account, method, when, times))

    def never_answer(
        self,
        *,
        executed: bool = True,
        account: Account | None = None,
        method: str | None = None,
        when: Callable[[TL], bool] | None = None,
        times: int | None = 1,
    ) -> Rule:
        """Say nothing, whether the request is executed or not, and keep the connection."""
        fate = Fate.UNANSWERED if executed else Fate.IGNORED
        return self._add(Rule(fate, account, method, when, times))

    def delay(
        self,
        seconds: float,
        *,
        executed_first: bool = False,
        account: Account | None = None,
        method: str | None = None,
        when: Callable[[TL], bool] | None = None,
        times: int | None = 1,
    ) -> Rule:
        """Answer late, by the loop's time. Until then the call still runs: the same random_id sent again
        meanwhile is answered with RANDOM_ID_DUPLICATE. `executed_first` tells when it takes effect."""
        fate = Fate.DELAYED_AFTER if executed_first else Fate.DELAYED_BEFORE
        return self._add(Rule(fate, account, method, when, times, delay_s=seconds))

    def clear(self) -> None:
        self.rules.clear()

    def take(self, account: Account | None, method: str, request: TL) -> Rule | None:
        """The rule for this request, counted as having struck."""
        for rule in self.rules:
            if rule.matches(account, method, request):
                rule.struck += 1
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    def _add(self, rule: Rule) -> Rule:
        if rule.method is not None and rule.method not in self._known_methods():
            raise ValueError(f"{rule.method} is no method of this server")
        self.rules.append(rule)
        return rule
