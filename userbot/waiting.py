"""Waiting for the first of several things, so that none of them is left running."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_to_end(*work: Coroutine[Any, Any, object]) -> None:
    """Until one of them ends; its error, if it has one, is raised, and the others are cancelled and awaited."""
    started = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            await one
    finally:
        for one in started:
            one.cancel()
        await asyncio.gather(*started, return_exceptions=True)


async def either(*work: Coroutine[Any, Any, object]) -> None:
    await first_to_end(*work)
