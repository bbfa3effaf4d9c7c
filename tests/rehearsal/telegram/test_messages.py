"""Protects what goes between two people: each side's own copy, once, with everything on it."""

import asyncio
from datetime import timedelta

import pytest
from telethon import TelegramClient, errors, events, functions, types

from tests.rehearsal.telegram.inbox import Inbox
from userbot.clock import LoopClock
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


async def test_the_same_random_id_sends_once_and_names_the_first_message(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    peer = await anna_phone.get_input_entity("boris")
    request = functions.messages.SendMessageRequest(peer, "once", random_id=77)
    first = await anna_phone(request)
    again = await anna_phone(request)
    assert isinstance(first, types.UpdateShortSentMessage)
    assert (again.updates[0].id, again.updates[0].random_id) == (first.id, 77)
    assert [m.text for m in server.world.dialog(boris, anna)] == ["once"]
    # Not even when it has been deleted since.
    server.world.delete(anna, [first.id])
    anna_phone._request_retries = 0
    with pytest.raises(ValueError, match="unsuccessful"):
        await anna_phone(request)
    assert server.world.dialog(boris, anna) == []
    # The ids are each dialog's own: to somebody else the same one is a new message.
    await anna_phone(functions.messages.SendMessageRequest(types.InputPeerSelf(), "note", random_id=77))
    assert [m.text for m in server.world.dialog(anna, anna)] == ["note"]


async def test_formatting_and_quotes_arrive_as_they_were_sent(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient, boris_phone: TelegramClient
) -> None:
    inbox = Inbox(boris_phone, events.NewMessage())
    first = await anna_phone.send_message("boris", "🎉 **bold** text")
    event = await inbox.next()
    ((entity, text),) = event.message.get_entities_text()
    assert isinstance(entity, types.MessageEntityBold)
    assert text == "bold"
    quote = types.InputReplyToMessage(first.id, quote_text="bold")
    peer = await anna_phone.get_input_entity("boris")
    await anna_phone(functions.messages.SendMessageRequest(peer, "this one", reply_to=quote))
    reply = (await inbox.next()).message.reply_to
    assert (reply.reply_to_msg_id, reply.quote, reply.quote_text) == (event.id, True, "bold")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (" ", errors.MessageEmptyError),
        ("x" * 4097, errors.MessageTooLongError),
        ("🎉" * 2049, errors.MessageTooLongError),
    ],
)
async def test_texts_that_telegram_does_not_take(
    server: TelegramServer, boris: Account, anna_phone: TelegramClient, text: str, error: type[Exception]
) -> None:
    peer = await anna_phone.get_input_entity("boris")
    with pytest.raises(error):
        await anna_phone(functions.messages.SendMessageRequest(peer, text))
    assert boris.box.messages == {}


async def test_the_longest_text_counts_utf16_units(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    await anna_phone.send_message("boris", "🎉" * 2048)
    assert len(server.world.dialog(boris, anna)) == 1


async def test_saved_messages_are_outgoing_unless_forwarded(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    note = await anna_phone.send_message("me", "note")
    assert note.out
    assert note.peer_id == types.PeerUser(anna.id)
    server.world.send(boris, anna, "remember this")
    (received,) = await anna_phone.get_messages("boris")
    forward = await anna_phone.forward_messages("me", received)
    assert not forward.out
    assert forward.fwd_from.from_id == types.PeerUser(boris.id)
    assert [m.text for m in server.world.dialog(anna, anna)] == ["note", "remember this"]


async def test_an_edit_shows_on_both_sides(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    boris_phone: TelegramClient,
) -> None:
    edits = Inbox(boris_phone, events.MessageEdited())
    sent = await anna_phone.send_message("boris", "at three")
    edited = await anna_phone.edit_message(sent, "at four")
    assert (edited.id, edited.raw_text) == (sent.id, "at four")
    assert (await edits.next()).raw_text == "at four"
    assert [m.text for m in server.world.dialog(anna, boris)] == ["at four"]
    with pytest.raises(errors.MessageNotModifiedError):
        await anna_phone.edit_message(sent, "at four")


async def test_nobody_edits_what_another_wrote(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    message = server.world.send(boris, anna, "mine")
    await anna_phone.get_dialogs()
    with pytest.raises(errors.MessageAuthorRequiredError):
        await anna_phone.edit_message(boris.id, message.twin_id, "yours")


async def test_two_days_later_only_saved_messages_can_still_be_edited(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    to_boris = await anna_phone.send_message("boris", "at three")
    card = await anna_phone.send_message("me", "card")
    now = server.world.clock.now()
    server.world.clock = LoopClock(now + timedelta(days=3), asyncio.get_running_loop())
    with pytest.raises(errors.MessageEditTimeExpiredError):
        await anna_phone.edit_message(to_boris, "at four")
    assert (await anna_phone.edit_message(card, "new card")).raw_text == "new card"


@pytest.mark.parametrize("revoke", [True, False])
async def test_deleting_takes_the_other_copy_only_when_asked_to(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    boris_phone: TelegramClient,
    revoke: bool,
) -> None:
    deletions = Inbox(boris_phone, events.MessageDeleted())
    sent = await anna_phone.send_message("boris", "oops")
    (his,) = server.world.dialog(boris, anna)
    await anna_phone.delete_messages("boris", [sent.id], revoke=revoke)
    assert server.world.dialog(anna, boris) == []
    if revoke:
        assert (await deletions.next()).deleted_ids == [his.id]
        assert server.world.dialog(boris, anna) == []
    else:
        assert server.world.dialog(boris, anna) == [his]


async def test_history_comes_in_both_directions_and_in_pages(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    for n in range(250):
        server.world.send(*((anna, boris) if n % 2 else (boris, anna)), str(n))
        server.world.send(anna, anna, "between them")
    await anna_phone.get_dialogs()
    newest_first = [m.raw_text async for m in anna_phone.iter_messages(boris.id)]
    assert newest_first == [str(n) for n in reversed(range(250))]
    known = server.world.dialog(anna, boris)[100].id
    missed = [m.raw_text async for m in anna_phone.iter_messages(boris.id, min_id=known, reverse=True)]
    assert missed == [str(n) for n in range(101, 250)]
    last_three = await anna_phone.get_messages(boris.id, limit=3)
    assert ([m.raw_text for m in last_three], last_three.total) == (["249", "248", "247"], 250)
    assert (await anna_phone.get_messages(boris.id, ids=known)).raw_text == "100"
    assert await anna_phone.get_messages(boris.id, ids=999_999) is None


async def test_dialogs_show_the_latest_first_with_what_is_unread(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    server.world.send(boris, anna, "one")
    server.world.send(boris, anna, "two")
    server.world.send(anna, anna, "note")
    saved, with_boris = await anna_phone.get_dialogs()
    assert (saved.entity.is_self, saved.message.raw_text, saved.unread_count) == (True, "note", 0)
    assert (with_boris.id, with_boris.message.raw_text, with_boris.unread_count) == (boris.id, "two", 2)
    await anna_phone.send_read_acknowledge(boris.id)
    assert [d.unread_count for d in await anna_phone.get_dialogs()] == [0, 0]


async def test_a_draft_shows_in_the_dialog_and_sending_clears_it(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    server.world.send(boris, anna, "when?")
    dialog = (await anna_phone.get_dialogs())[0]
    await dialog.draft.set_message("at five")
    (dialog,) = await anna_phone.get_dialogs()
    assert dialog.draft.raw_text == "at five"
    await dialog.draft.send()
    assert [m.text for m in server.world.dialog(boris, anna)] == ["when?", "at five"]
    assert (await anna_phone.get_dialogs())[0].draft.is_empty


async def test_a_scheduled_message_goes_out_when_its_time_comes(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient
) -> None:
    inbox = Inbox(anna_phone, events.NewMessage())
    gone = Inbox(anna_phone, events.Raw(types.UpdateDeleteScheduledMessages))
    due = server.world.clock.now().replace(microsecond=0) + timedelta(hours=3)
    scheduled = await anna_phone.send_message("me", "call the bank", schedule=due)
    assert server.world.dialog(anna, anna) == []
    assert [m.id for m in await anna_phone.get_messages("me", scheduled=True, limit=None)] == [scheduled.id]
    event = await inbox.next(timeout_s=4 * 3600)
    assert (event.raw_text, event.message.from_scheduled) == ("call the bank", True)
    assert server.world.clock.now() >= due
    update = await gone.next()
    assert (update.messages, update.sent_messages) == ([scheduled.id], [event.id])


async def test_a_message_scheduled_for_the_next_seconds_is_sent_at_once(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient
) -> None:
    await anna_phone.send_message("me", "now", schedule=server.world.clock.now() + timedelta(seconds=5))
    assert [m.text for m in server.world.dialog(anna, anna)] == ["now"]


async def test_a_scheduled_message_can_be_taken_back(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient
) -> None:
    due = server.world.clock.now() + timedelta(minutes=1)
    scheduled = await anna_phone.send_message("me", "never", schedule=due)
    await anna_phone(functions.messages.DeleteScheduledMessagesRequest(types.InputPeerSelf(), [scheduled.id]))
    await asyncio.sleep(3600)
    assert server.world.dialog(anna, anna) == []


async def test_files_and_shared_contacts_arrive(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    boris_phone: TelegramClient,
) -> None:
    inbox = Inbox(boris_phone, events.NewMessage())
    await anna_phone.send_file("boris", b"\x01" * 200_000, caption="the plan", voice_note=True)
    event = await inbox.next()
    assert (event.raw_text, event.message.voice is not None) == ("the plan", True)
    assert await event.message.download_media(bytes) == b"\x01" * 200_000
    await anna_phone.send_file("boris", b"\xff\xd8\xff" * 100, file_name="plan.jpg", force_document=False)
    assert (await (await inbox.next()).message.download_media(bytes))[:3] == b"\xff\xd8\xff"
    vera = server.world.add_account("+79000000009", "Vera")
    await anna_phone.send_file("boris", types.InputMediaContact(vera.phone, "Vera", "", ""))
    contact = (await inbox.next()).message.contact
    assert (contact.user_id, contact.phone_number) == (vera.id, vera.phone)
    assert (await boris_phone.get_entity(vera.id)).first_name == "Vera", "so that he can write to her"


async def test_the_demo_hears_of_every_message_and_edit(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    heard: list[tuple[str, str, str]] = []
    server.world.on_message = lambda d: heard.append((d.sender.first_name, d.recipient.first_name, d.text))
    server.world.on_edit = lambda d: heard.append((d.sender.first_name, "edited", d.text))
    sent = await anna_phone.send_message("boris", "hi")
    await anna_phone.edit_message(sent, "hello")
    server.world.send(boris, anna, "hello yourself")
    assert heard == [
        ("Anna", "Boris", "hi"),
        ("Anna", "edited", "hello"),
        ("Boris", "Anna", "hello yourself"),
    ]
