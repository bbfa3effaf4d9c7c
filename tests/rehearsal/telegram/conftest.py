"""A server in the test's own loop, two people on it, and a stock Telethon client in the hands of each."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from telethon import TelegramClient

from userbot.clock import LoopClock
from userbot.rehearsal.telegram import Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    clock = LoopClock(datetime(2026, 11, 23, 9, tzinfo=UTC), asyncio.get_running_loop())
    async with TelegramServer(clock=clock) as server:
        yield server


@pytest.fixture
def anna(server: TelegramServer) -> Account:
    return server.world.add_account("+7 900 000-00-01", "Anna", "Orlova", username="anna_o")


@pytest.fixture
def boris(server: TelegramServer) -> Account:
    return server.world.add_account("+7 900 000-00-02", "Boris", username="boris")


@pytest.fixture
async def anna_phone(server: TelegramServer, anna: Account) -> AsyncIterator[TelegramClient]:
    async with phone_of(server, anna) as client:
        yield client


@pytest.fixture
async def boris_phone(server: TelegramServer, boris: Account) -> AsyncIterator[TelegramClient]:
    async with phone_of(server, boris) as client:
        yield client
