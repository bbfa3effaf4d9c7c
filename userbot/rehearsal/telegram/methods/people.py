"""users.* and contacts.*: who is who, and how they may be reached."""

from telethon.tl import functions, types

from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.methods.calls import Call, answers
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.wire import TL
from userbot.rehearsal.telegram.world import check_may_write

_FIRST_CHANNEL_ID = 1_000_001


@answers(functions.users.GetUsersRequest)
def get_users(call: Call, request: TL) -> TL:
    """Whoever cannot be addressed so comes back as a UserEmpty."""
    users: list[TL] = []
    for item in request.id:
        person = call.find_peer(item)
        users.append(call.user(person) if person else types.UserEmpty(getattr(item, "user_id", 0)))
    return users


@answers(functions.users.GetFullUserRequest)
def get_full_user(call: Call, request: TL) -> TL:
    person = _user(call, request.id)
    full = types.UserFull(
        id=person.id,
        settings=types.PeerSettings(),
        notify_settings=types.PeerNotifySettings(),
        common_chats_count=0,
        blocked=person.id in call.account.blocked,
        about=person.about,
        contact_require_premium=person.requires_premium,
        send_paid_messages_stars=person.stars_per_message or None,
    )
    return types.users.UserFull(full_user=full, chats=[], users=[call.user(person)])


@answers(functions.users.GetRequirementsToContactRequest)
def get_requirements_to_contact(call: Call, request: TL) -> TL:
    return [_requirement(call.account, _user(call, item)) for item in request.id]


def _requirement(account: Account, person: Account) -> TL:
    try:
        check_may_write(account, person)
    except Refusal as refusal:
        if refusal.message == "PRIVACY_PREMIUM_REQUIRED":
            return types.RequirementToContactPremium()
        if refusal.message.startswith("ALLOW_PAYMENT_REQUIRED"):
            return types.RequirementToContactPaidMessages(person.stars_per_message)
    return types.RequirementToContactEmpty()


@answers(functions.contacts.GetContactsRequest)
def get_contacts(call: Call, request: TL) -> TL:
    account = call.account
    return types.contacts.Contacts(
        contacts=[
            types.Contact(user_id, mutual=account.id in call.world.accounts[user_id].contacts)
            for user_id in account.contacts
        ],
        saved_count=0,
        users=call.users(set(account.contacts)),
    )


@answers(functions.contacts.ImportContactsRequest)
def import_contacts(call: Call, request: TL) -> TL:
    """Phones nobody has are passed over in silence."""
    imported: list[TL] = []
    people: set[int] = set()
    for item in request.contacts:
        person = call.world.by_phone(item.phone)
        if person is None or person.deleted:
            continue
        call.world.add_contact(call.account, person, item.first_name, item.last_name or None)
        imported.append(types.ImportedContact(user_id=person.id, client_id=item.client_id))
        people.add(person.id)
    return types.contacts.ImportedContacts(imported, [], [], call.users(people))


@answers(functions.contacts.AddContactRequest)
def add_contact(call: Call, request: TL) -> TL:
    person = _user(call, request.id)
    call.world.add_contact(call.account, person, request.first_name, request.last_name or None)
    return _no_updates(call, {person.id})


@answers(functions.contacts.DeleteContactsRequest)
def delete_contacts(call: Call, request: TL) -> TL:
    people = {_user(call, item).id for item in request.id}
    for user_id in people:
        call.account.contacts.pop(user_id, None)
    return _no_updates(call, people)


@answers(functions.contacts.ResolveUsernameRequest)
def resolve_username(call: Call, request: TL) -> TL:
    if (title := call.world.channels.get(request.username.lower())) is not None:
        return _resolved_channel(call, title)
    person = call.world.by_username(request.username)
    if person is None or person.deleted:
        raise Refusal(400, "USERNAME_NOT_OCCUPIED")
    return _resolved(call, person)


@answers(functions.contacts.ResolvePhoneRequest)
def resolve_phone(call: Call, request: TL) -> TL:
    person = call.world.by_phone(request.phone)
    if person is None or person.deleted:
        raise Refusal(400, "PHONE_NOT_OCCUPIED")
    return _resolved(call, person)


def _resolved(call: Call, person: Account) -> TL:
    call.account.met.add(person.id)
    return types.contacts.ResolvedPeer(types.PeerUser(person.id), [], [call.user(person)])


def _resolved_channel(call: Call, title: str) -> TL:
    channel = types.Channel(
        id=_FIRST_CHANNEL_ID + list(call.world.channels.values()).index(title),
        title=title,
        photo=types.ChatPhotoEmpty(),
        date=call.world.clock.now(),
        broadcast=True,
        access_hash=1,
    )
    return types.contacts.ResolvedPeer(types.PeerChannel(channel.id), [channel], [])


@answers(functions.contacts.SearchRequest)
def search(call: Call, request: TL) -> TL:
    """Among the account's own people by name, and among all by the start of a username."""
    words = request.q.lower().lstrip("@")
    mine: set[int] = set()
    others: set[int] = set()
    for person in call.world.accounts.values():
        contact = call.account.contacts.get(person.id)
        named = contact or person
        full_name = f"{named.first_name} {named.last_name or ''}".lower()
        by_username = bool(person.username and person.username.lower().startswith(words))
        if person is call.account or person.deleted:
            continue
        if person.id in call.account.box.dialogs or contact:
            if by_username or words in full_name:
                mine.add(person.id)
        elif by_username:
            others.add(person.id)
    call.account.met |= others
    return types.contacts.Found(
        my_results=[types.PeerUser(i) for i in sorted(mine)],
        results=[types.PeerUser(i) for i in sorted(others)],
        chats=[],
        users=call.users(mine | others),
    )


@answers(functions.contacts.BlockRequest)
def block(call: Call, request: TL) -> TL:
    call.account.blocked.add(call.peer(request.id).id)
    return True


@answers(functions.contacts.UnblockRequest)
def unblock(call: Call, request: TL) -> TL:
    call.account.blocked.discard(call.peer(request.id).id)
    return True


def _user(call: Call, item: TL) -> Account:
    person = call.find_peer(item)
    if person is None:
        raise Refusal(400, "USER_ID_INVALID")
    return person


def _no_updates(call: Call, people: set[int]) -> TL:
    return types.Updates([], call.users(people), [], call.world.clock.now(), 0)
