"""Protects what goes between two people: each side's own copy, once, with everything on it."""

from telethon import TelegramClient, events

from tests.rehearsal.telegram.inbox import Inbox
from userbot.rehearsal.telegram import Account, TelegramServer


async def test_a_message_reaches_the_other_persons_client(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    boris_phone: TelegramClient,
) -> None:
    inbox = Inbox(boris_phone, events.NewMessage())
    sent = await anna_phone.send_message("boris", "Привет!")
    event = await inbox.next()
    assert (event.raw_text, event.out, event.chat_id) == ("Привет!", False, anna.id)
    (hers,) = server.world.dialog(anna, boris)
    (his,) = server.world.dialog(boris, anna)
    assert (hers.id, his.id) == (sent.id, event.id)
    assert hers.id != his.id, "each side counts its own messages"


async def test_an_answer_comes_back(
    anna: Account, boris: Account, anna_phone: TelegramClient, boris_phone: TelegramClient
) -> None:
    at_boris, at_anna = Inbox(boris_phone, events.NewMessage()), Inbox(anna_phone, events.NewMessage())
    await anna_phone.send_message("boris", "Завтра в три?")
    await (await at_boris.next()).reply("Давай")
    answer = await at_anna.next()
    assert answer.raw_text == "Давай"
    assert (await answer.get_reply_message()).raw_text == "Завтра в три?"
