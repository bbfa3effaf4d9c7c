"""An ordered list of models, asked as if they were one: down the list when one fails, back up after a while.

A model that failed rests, longer each time, up to a quarter of an hour; then one call tries it, and the others
follow when that one was answered. What was meant for a model at home goes to none elsewhere, unless the owner said so.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from userbot.errors import NeverAgain, OwnerMustAct, TryAgain, UserbotError
from userbot.model.client import ModelClient
from userbot.model.endpoint import ModelSettings, read_endpoint
from userbot.model.messages import Message, Reply, ToolSpec, Usage
from userbot.model.prices import Prices
from userbot.model.refusals import OutOfCredit

log = logging.getLogger(__name__)

FIRST_REST_S, LONGEST_REST_S = 60.0, 900.0
# An empty account is filled by its owner, in their own time.
NO_CREDIT_REST_S = 1800.0


def may_be_asked(models: Sequence[ModelSettings], *, to_cloud: bool) -> list[bool]:
    """Which of these models, in their order, may ever be asked: once a model at home is in the list, what follows has
    to be at home as well, or at the same place, unless `to_cloud`. Raises OwnerMustAct like ModelClient."""
    allowed = []
    homes: set[str] = set()
    for model in models:
        endpoint = read_endpoint(model)
        is_fine = to_cloud or not homes or endpoint.is_at_home or endpoint.host in homes
        allowed.append(is_fine)
        if is_fine and endpoint.is_local:
            homes.add(endpoint.host)
    return allowed


class _Link:
    """One model of the list, and how it fares."""

    def __init__(self, model: ModelSettings, client: ModelClient) -> None:
        self.model = model
        self.client = client
        self.rests_until = 0.0
        self.failures = 0
        self.failed_at = 0.0
        # Not the error itself: its traceback would keep people's messages.
        self.error: type[UserbotError] = TryAgain
        self.said = ""

    def take(self, now: float) -> bool:
        """May it be asked now? After a rest, one call is let through and the others go on elsewhere until it ends."""
        if now < self.rests_until:
            return False
        if self.failures:
            self.rests_until = now + self.model.timeout_s
        return True

    def let_go(self, now: float) -> None:
        """The call was cut off and says nothing about the model."""
        if self.failures:
            self.rests_until = now

    def worked(self) -> None:
        if self.failures:
            log.info("model %s answers again", self.model.model)
        self.rests_until, self.failures = 0.0, 0

    def failed(self, error: UserbotError, began: float, now: float) -> None:
        self.error, self.said = type(error), str(error)
        if self.failures and began < self.failed_at:
            return  # it was under way when another call failed: the same trouble
        self.failures += 1
        self.failed_at = now
        rest_s = min(FIRST_REST_S * 2 ** min(self.failures - 1, 10), LONGEST_REST_S)
        if isinstance(error, OutOfCredit):
            rest_s = NO_CREDIT_REST_S
        elif isinstance(error, TryAgain) and error.after_s is not None:
            rest_s = min(max(rest_s, error.after_s), LONGEST_REST_S)
        self.rests_until = now + rest_s
        log.warning("model %s rests for %.0f s: %s", self.model.model, rest_s, type(error).__name__)
        log.debug("model %s: %s", self.model.model, error)


class ModelChain:
    """Asked like a ModelClient. With one model in it, it is no more than that."""

    def __init__(
        self,
        models: Sequence[ModelSettings],
        *,
        to_cloud: bool = False,
        on_usage: Callable[[Usage], None] | None = None,
        prices: Prices | None = None,
    ) -> None:
        """Raises OwnerMustAct when the settings of one of them cannot work."""
        allowed = may_be_asked(models, to_cloud=to_cloud)
        for model, is_fine in zip(models, allowed, strict=True):
            if not is_fine:
                log.warning("%s_MODEL is not used: it is no model at home (FALLBACK_TO_CLOUD)", model.named)
        self._links = [
            _Link(model, ModelClient(model, on_usage, prices))
            for model, is_fine in zip(models, allowed, strict=True)
            if is_fine
        ]

    async def close(self) -> None:
        for link in self._links:
            await link.client.close()

    async def complete(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply:
        """The next message, of the first model that answers. Raises what ModelClient does; of the first model's trouble
        when all of them fail, since it is that one the owner wants."""
        if len(self._links) == 1:
            return await self._links[0].client.complete(messages, tools)
        loop = asyncio.get_running_loop()
        for link in self._links:
            began = loop.time()
            if not link.take(began):
                continue
            try:
                reply = await link.client.complete(messages, tools)
            except (TryAgain, OutOfCredit) as error:
                link.failed(error, began, loop.time())
            except (NeverAgain, OwnerMustAct) as error:
                # What the first model refuses for good is the owner's to know; a fallback's own fault is not.
                if link is self._links[0]:
                    link.let_go(loop.time())
                    raise
                if isinstance(error, OwnerMustAct):
                    link.failed(error, began, loop.time())
                else:
                    link.let_go(loop.time())
            except BaseException:
                link.let_go(loop.time())
                raise
            else:
                link.worked()
                return reply
        raise self._all_down(loop.time())

    def _all_down(self, now: float) -> UserbotError:
        first = self._links[0]
        if issubclass(first.error, OwnerMustAct):
            return OwnerMustAct(first.said)
        soonest_s = min(link.rests_until for link in self._links) - now
        return TryAgain(f"{first.said}; and no other model answers", max(0.0, soonest_s))
