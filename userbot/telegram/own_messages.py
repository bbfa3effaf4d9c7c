"""What was sent to Saved Messages, changed there or taken away: how cards stay current."""

import logging
from collections.abc import Callable
from typing import Any

from telethon import TelegramClient, errors
from telethon.tl.functions.messages import DeleteMessagesRequest, EditMessageRequest
from telethon.tl.types import InputPeerSelf

from userbot.errors import MachineFails, TelegramUnavailable
from userbot.telegram.calls import LIMITED_S, ask, call
from userbot.telegram.entities import as_entities
from userbot.telegram.refusals import Kind, classify

log = logging.getLogger(__name__)


class OwnMessages:
    """The callbacks are those of `Delivery`."""

    def __init__(
        self,
        client: TelegramClient,
        *,
        on_account_limited: Callable[[str], None],
        on_logged_out: Callable[[str], None],
    ) -> None:
        self._client = client
        self._on_account_limited = on_account_limited
        self._on_logged_out = on_logged_out

    async def delete(self, message_id: int) -> bool:
        """Take a message away from Saved Messages. Raises TelegramUnavailable when the outcome is unknown."""
        try:
            await ask(self._client, DeleteMessagesRequest(id=[message_id], revoke=True))
        except errors.RPCError as error:
            log.warning("a message was not deleted: %s", classify(error).name)
            return False
        return True

    async def edit(self, message_id: int, text: str, entities: list[dict[str, Any]] | None = None) -> bool:
        """Change a message in Saved Messages; False when it is gone, or Telegram will never change it.

        Raises TelegramUnavailable when the outcome is unknown.
        """
        try:
            await call(
                self._client,
                EditMessageRequest(
                    peer=InputPeerSelf(),
                    id=message_id,
                    message=text,
                    no_webpage=True,
                    entities=as_entities(entities),
                ),
            )
        except errors.MessageNotModifiedError:
            return True
        except MachineFails:
            raise
        except Exception as error:
            refusal = classify(error)
            if refusal.kind is Kind.PERMANENT and entities:
                # A person it links to may be what is refused.
                return await self.edit(message_id, text)
            if refusal.kind in (Kind.QUOTE, Kind.PERMANENT):
                return False
            if refusal.kind is Kind.LOGGED_OUT:
                self._on_logged_out(refusal.name)
            if refusal.kind is Kind.ACCOUNT:
                self._on_account_limited(refusal.name)
            wait_s = LIMITED_S if refusal.kind is Kind.ACCOUNT else refusal.seconds
            raise TelegramUnavailable(f"the card was not edited: {refusal.name}", after_s=wait_s or None) from error
        return True
