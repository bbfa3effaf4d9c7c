"""One call over the wire: whatever goes wrong with it becomes a Refusal that holds no key."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import openai

from userbot.model.endpoint import Endpoint
from userbot.model.refusals import Refusal, read_refusal


class Refused(Exception):
    """A wire call failed; inside this room only."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


async def attempt(call: Awaitable[str], endpoint: Endpoint, timeout_s: float) -> str:
    """The body of the response that `call` of the SDK brings within `timeout_s`. Raises Refused."""
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except (TimeoutError, openai.APITimeoutError):
        raise Refused(Refusal(f"nothing came for {timeout_s:g} s", timed_out=True)) from None
    except openai.APIStatusError as error:
        response = error.response
        raise refused(read_refusal(response.status_code, response.headers, response.text), endpoint) from None
    except openai.APIConnectionError as error:
        cause = type(error.__cause__).__name__ if error.__cause__ else "connection error"
        raise Refused(Refusal(f"{endpoint.host} cannot be reached ({cause})")) from None


def refused(refusal: Refusal, endpoint: Endpoint) -> Refused:
    """To be raised; some servers quote the key that they refuse."""
    return Refused(replace(refusal, message=refusal.message.replace(endpoint.key, "(the key)")))
