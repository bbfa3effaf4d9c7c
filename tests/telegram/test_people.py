"""Protects whom a message can reach: what the owner wrote means exactly one person, or nobody is written to."""

import pytest
from telethon.tl import types

from tests.telegram.conftest import Room
from userbot.errors import TelegramUnavailable
from userbot.people import Contact, Nobody, Several
from userbot.rehearsal.telegram import SERVICE_ACCOUNT_ID, Account, TelegramServer
from userbot.rehearsal.telegram.message import ForwardedFrom
from userbot.telegram.people import CONTACTS_KEPT, LOOK_UPS_KEPT, People, find_again, person

USERNAME, PHONE, CONTACTS = "contacts.ResolveUsername", "contacts.ResolvePhone", "contacts.GetContacts"


@pytest.fixture
def people(room: Room) -> People:
    return People(room.client, room.clock)


def asked(room: Room, *methods: str) -> int:
    return sum(len(room.server.requests_of(room.owner, method)) for method in methods)


@pytest.mark.parametrize(
    "query", ["@boris", "@BORIS", " @boris ", "t.me/boris", "https://t.me/boris", "http://t.me/Boris/"]
)
async def test_a_username_and_its_links(room: Room, people: People, boris: Account, query: str) -> None:
    """The address is the owner's own, so that the message can be sent without another look-up."""
    found = await people.find(query)
    assert isinstance(found, Contact)
    assert (found.user_id, found.access_hash) == (boris.id, room.server.world.access_hash(room.owner, boris))


@pytest.mark.parametrize("query", ["@nobody_here", "t.me/nobody_here", "@x", "boris@example.org", "", "  ", "@"])
async def test_what_names_nobody(people: People, boris: Account, query: str) -> None:
    assert await people.find(query) == Nobody("unknown")


@pytest.mark.parametrize(
    "query",
    ["+79000000002", "79000000002", "89000000002", "+7 900 000-00-02", "8 (900) 000-00-02", "7.900.000.00.02"],
)
async def test_a_phone_however_it_is_spelled(people: People, boris: Account, query: str) -> None:
    found = await people.find(query)
    assert isinstance(found, Contact)
    assert found.user_id == boris.id


async def test_eight_after_a_plus_is_another_country(
    room: Room, people: People, server: TelegramServer, boris: Account
) -> None:
    """+81 is Japan: read as Russia's 8, the message would reach a stranger in Moscow."""
    server.world.add_account("+7 131 234-56-78", "Stranger")
    ken = server.world.add_account("+81 3-1234-5678", "Ken")
    found = await people.find("+81 312345678")
    assert isinstance(found, Contact)
    assert found.user_id == ken.id


async def test_a_phone_of_the_contact_list_costs_no_look_up(room: Room, people: People, boris: Account) -> None:
    room.server.world.add_contact(room.owner, boris, "Borya")
    found = await people.find("8 900 000 00 02")
    assert isinstance(found, Contact)
    assert found.name == "Borya"
    assert asked(room, PHONE) == 0


@pytest.mark.parametrize("query", ["Boris", "boris", "Volkov", "boris volkov", "Волков", "Volkov Boris"])
async def test_a_name_is_matched_whole_in_the_owners_own_spelling(
    room: Room, people: People, boris: Account, query: str
) -> None:
    room.server.world.add_contact(room.owner, boris, "Boris", "Волков" if query == "Волков" else "Volkov")
    found = await people.find(query)
    assert isinstance(found, Contact)
    assert found.user_id == boris.id


@pytest.mark.parametrize("query", ["Bor", "oris", "Boris V", "B", "Boris the Great"])
async def test_a_part_of_a_name_is_nobody(room: Room, people: People, boris: Account, query: str) -> None:
    room.server.world.add_contact(room.owner, boris, "Boris", "Volkov")
    assert await people.find(query) == Nobody("unknown")


async def test_two_of_one_name_are_a_question(room: Room, people: People, boris: Account, vera: Account) -> None:
    room.server.world.add_contact(room.owner, boris, "Sasha", "Ivanov")
    room.server.world.add_contact(room.owner, vera, "Sasha", "Petrova")
    found = await people.find("sasha")
    assert isinstance(found, Several)
    assert {one.user_id for one in found.candidates} == {boris.id, vera.id}
    one = await people.find("Sasha Petrova")
    assert isinstance(one, Contact)
    assert one.user_id == vera.id


async def test_somebody_with_a_dialog_is_known_without_being_saved(room: Room, people: People, boris: Account) -> None:
    room.server.world.send(boris, room.owner, "hello")
    found = await people.find("Boris")
    assert isinstance(found, Contact)
    assert found.user_id == boris.id


async def test_a_stranger_who_only_comes_along_is_not_known(
    room: Room, people: People, boris: Account, vera: Account
) -> None:
    """Telegram sends along the authors of forwarded messages and the members of groups: the owner never spoke with
    them, and a name must not reach them."""
    origin = ForwardedFrom(vera.id, room.clock.now())
    room.server.world.send(boris, room.owner, "look what she wrote", forwarded_from=origin)
    assert await people.find("Vera") == Nobody("unknown")


async def test_a_stranger_with_that_name_somewhere_on_telegram_is_nobody(people: People, boris: Account) -> None:
    assert await people.find("Boris") == Nobody("unknown")


async def test_bots_the_owner_channels_and_deleted_accounts_are_not_written_to(
    room: Room, people: People, server: TelegramServer
) -> None:
    server.world.add_account("+79000000008", "Helper", username="helper_bot", bot=True)
    server.world.channels["news"] = "News"
    for query in ("t.me/helper_bot", "https://t.me/helper_bot/", "@HELPER_BOT"):
        assert await people.find(query) == Nobody("bot")
    for query in ("777000", "id 777000", "tg://user?id=777000", "@777000", "t.me/777000", "+42777", "42777"):
        assert isinstance(await people.find(query), Nobody), query
    assert await people.find("@helper_bot") == Nobody("bot")
    assert await people.find("@olga") == Nobody("self")
    assert await people.find("+7 900 000-00-01") == Nobody("self")
    assert await people.find("t.me/news") == Nobody("not_a_person")
    assert person(types.User(1, deleted=True, access_hash=1)) == Nobody("deleted")
    assert person(types.User(1, support=True, access_hash=1)) == Nobody("service")
    assert person(types.User(1, min=True, access_hash=1)) == Nobody("unknown")
    assert person(types.User(1)) == Nobody("unknown")


async def test_the_same_people_are_not_found_by_name_either(
    room: Room, people: People, server: TelegramServer, boris: Account
) -> None:
    helper = server.world.add_account("+79000000008", "Helper", bot=True)
    for someone in (helper, server.world.service, boris):
        server.world.send(someone, room.owner, "hello")
    server.world.add_contact(room.owner, boris, "Boris")
    boris.deleted = True
    for name in ("Helper", "Telegram", "Boris", "Olga"):
        assert await people.find(name) == Nobody("unknown"), name
    assert person(types.User(SERVICE_ACCOUNT_ID, access_hash=1)) == Nobody("service")


@pytest.mark.parametrize(
    ("query", "same", "method"),
    [("@boris", "https://t.me/Boris", USERNAME), ("+79000000002", "8 900 000-00-02", PHONE)],
)
@pytest.mark.parametrize("is_there", [True, False])
async def test_a_look_up_is_kept_whatever_it_found(
    room: Room, people: People, boris: Account, query: str, same: str, method: str, is_there: bool
) -> None:
    """Some tens of look-ups in a burst draw a flood wait of hours."""
    boris.deleted = not is_there
    first = await people.find(query)
    assert isinstance(first, Contact) is is_there
    assert await people.find(same) == first
    assert asked(room, method) == 1
    room.clock.move_on(LOOK_UPS_KEPT)
    await people.find(query)
    assert asked(room, method) == 2


async def test_the_contact_list_is_kept_for_a_while(room: Room, people: People, boris: Account) -> None:
    for name in ("Boris", "Vera", "Nobody"):
        await people.find(name)
    assert asked(room, CONTACTS) == 1
    room.server.world.add_contact(room.owner, boris)
    room.clock.move_on(CONTACTS_KEPT)
    assert isinstance(await people.find("Boris"), Contact)


@pytest.mark.parametrize(
    ("query", "method"), [("@boris", USERNAME), ("+79000000002", PHONE), ("Boris", "messages.GetDialogs")]
)
async def test_a_flood_wait_says_how_long_and_is_not_taken_for_nobody(
    room: Room, people: People, boris: Account, query: str, method: str
) -> None:
    room.server.world.add_contact(room.owner, boris, "Boris")
    room.server.faults.refuse(420, "FLOOD_WAIT_7200", method=method)
    if method == PHONE:
        room.owner.contacts.clear()
    with pytest.raises(TelegramUnavailable) as caught:
        await people.find(query)
    assert caught.value.after_s == 7200
    assert isinstance(await people.find(query), Contact), "the next one asks again"


async def test_a_stale_address_is_found_again_only_as_the_same_person(
    room: Room, boris: Account, vera: Account
) -> None:
    """By the dialog, or by the username as long as it is still theirs."""
    stale = Contact(boris.id, 1, "Boris", username="boris")
    fresh = room.server.world.access_hash(room.owner, boris)
    found = await find_again(room.client, stale)
    assert found is not None
    assert found.access_hash == fresh
    boris.username, vera.username = None, "boris"
    assert await find_again(room.client, stale) is None
    room.server.world.send(boris, room.owner, "hello")
    found = await find_again(room.client, stale)
    assert found is not None
    assert (found.user_id, found.access_hash) == (boris.id, fresh)
