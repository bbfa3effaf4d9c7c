"""Protects who can be found and addressed: only those one has met, and only with one's own access_hash."""

import pytest
from telethon import TelegramClient, errors, functions, types

from userbot.rehearsal.telegram import SERVICE_ACCOUNT_ID, Account, TelegramServer
from userbot.rehearsal.telegram.phone import phone_of


@pytest.fixture
def vera(server: TelegramServer) -> Account:
    return server.world.add_account("+79000000009", "Vera")


async def test_a_username_is_found_in_any_case(boris: Account, anna_phone: TelegramClient) -> None:
    assert (await anna_phone.get_entity("@BORIS")).id == boris.id
    with pytest.raises(ValueError, match="No user has"):
        await anna_phone.get_entity("nobody_here")


async def test_a_stranger_is_known_neither_by_id_nor_with_a_made_up_hash(
    vera: Account, anna_phone: TelegramClient
) -> None:
    with pytest.raises(ValueError, match="Could not find"):
        await anna_phone.get_entity(vera.id)
    for access_hash in (0, 12345):
        with pytest.raises(errors.PeerIdInvalidError):
            await anna_phone.send_message(types.InputPeerUser(vera.id, access_hash), "hello")


async def test_an_access_hash_is_good_for_one_viewer_only(
    boris: Account, server: TelegramServer, vera: Account, anna_phone: TelegramClient
) -> None:
    annas = (await anna_phone.get_input_entity("boris")).access_hash
    async with phone_of(server, vera) as veras_phone:
        with pytest.raises(errors.PeerIdInvalidError):
            await veras_phone.send_message(types.InputPeerUser(boris.id, annas), "hello")


async def test_a_contact_needs_no_access_hash(
    server: TelegramServer, anna: Account, vera: Account, anna_phone: TelegramClient
) -> None:
    server.world.add_contact(anna, vera, "Верочка")
    await anna_phone.send_message(types.InputPeerUser(vera.id, 0), "hello")
    entity = await anna_phone.get_entity(vera.id)
    assert (entity.first_name, entity.contact, entity.mutual_contact) == ("Верочка", True, False)
    assert (await anna_phone.get_entity("+79000000009")).id == vera.id


async def test_a_phone_shows_only_to_those_who_saved_it(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    assert (await anna_phone.get_entity("boris")).phone is None
    phone_book = [
        types.InputPhoneContact(1, boris.phone, "Borya", ""),
        types.InputPhoneContact(2, "+7999", "Ghost", ""),
    ]
    imported = await anna_phone(functions.contacts.ImportContactsRequest(phone_book))
    assert [(i.user_id, i.client_id) for i in imported.imported] == [(boris.id, 1)]
    entity = await anna_phone.get_entity(boris.id)
    assert (entity.first_name, entity.phone) == ("Borya", boris.phone)


async def test_a_phone_resolves_without_being_saved(vera: Account, anna_phone: TelegramClient) -> None:
    resolved = await anna_phone(functions.contacts.ResolvePhoneRequest("79000000009"))
    assert resolved.users[0].id == vera.id
    await anna_phone.send_message(resolved.users[0], "hello")
    with pytest.raises(errors.PhoneNotOccupiedError):
        await anna_phone(functions.contacts.ResolvePhoneRequest("79998887766"))


async def test_the_sender_comes_along_with_a_first_message(
    server: TelegramServer, anna: Account, vera: Account, anna_phone: TelegramClient
) -> None:
    server.world.send(vera, anna, "hello, we have not met")
    (dialog,) = await anna_phone.get_dialogs()
    await anna_phone.send_message(dialog.entity, "hello")
    assert [m.text for m in server.world.dialog(vera, anna)] == ["hello, we have not met", "hello"]


async def test_what_is_asked_of_strangers_is_told_before_and_enforced(
    server: TelegramServer, anna: Account, boris: Account, vera: Account, anna_phone: TelegramClient
) -> None:
    boris.requires_premium = True
    vera.stars_per_message = 50
    server.world.add_contact(anna, vera)
    people = [await anna_phone.get_input_entity(p) for p in ("boris", vera.id)]
    users = [types.InputUser(p.user_id, p.access_hash) for p in people]
    premium, paid = await anna_phone(functions.users.GetRequirementsToContactRequest(users))
    assert isinstance(premium, types.RequirementToContactPremium)
    assert paid.stars_amount == 50
    with pytest.raises(errors.ForbiddenError, match="PRIVACY_PREMIUM_REQUIRED"):
        await anna_phone.send_message("boris", "hello")
    with pytest.raises(errors.ForbiddenError, match="ALLOW_PAYMENT_REQUIRED_50"):
        await anna_phone.send_message(vera.id, "hello")
    # Whoever was written to first may answer.
    server.world.send(boris, anna, "hello")
    await anna_phone.send_message("boris", "hello")
    (requirement,) = await anna_phone(functions.users.GetRequirementsToContactRequest(users[:1]))
    assert isinstance(requirement, types.RequirementToContactEmpty)


async def test_who_was_blocked_writes_into_the_void(
    server: TelegramServer,
    anna: Account,
    boris: Account,
    anna_phone: TelegramClient,
    boris_phone: TelegramClient,
) -> None:
    await boris_phone(functions.contacts.BlockRequest(await boris_phone.get_input_entity("anna_o")))
    await anna_phone.send_message("boris", "hello?")
    assert [m.text for m in server.world.dialog(anna, boris)] == ["hello?"]
    assert server.world.dialog(boris, anna) == []
    with pytest.raises(errors.YouBlockedUserError):
        await boris_phone.send_message("anna_o", "and another thing")


async def test_a_deleted_account_takes_no_messages(
    server: TelegramServer, anna: Account, boris: Account, anna_phone: TelegramClient
) -> None:
    await anna_phone.send_message("boris", "hello")
    boris.deleted = True
    with pytest.raises(errors.InputUserDeactivatedError):
        await anna_phone.send_message("boris", "hello?")
    (dialog,) = await anna_phone.get_dialogs()
    assert (dialog.entity.deleted, dialog.entity.first_name) == (True, None)


async def test_bots_and_the_service_account_are_marked_as_such(
    server: TelegramServer, anna: Account, anna_phone: TelegramClient
) -> None:
    server.world.add_account("+79000000008", "Helper", username="helper_bot", bot=True)
    assert (await anna_phone.get_entity("helper_bot")).bot
    server.world.send(server.world.service, anna, "New login")
    (dialog,) = await anna_phone.get_dialogs()
    assert (dialog.id, dialog.entity.verified) == (SERVICE_ACCOUNT_ID, True)


async def test_a_full_profile(boris: Account, anna_phone: TelegramClient) -> None:
    boris.about = "On the road till Friday"
    full = await anna_phone(functions.users.GetFullUserRequest("boris"))
    assert (full.full_user.about, full.users[0].id) == ("On the road till Friday", boris.id)
