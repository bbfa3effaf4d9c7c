"""People this program has to do with: how to address them again without asking Telegram, and how far we have read."""

from userbot.errors import OwnerMustAct
from userbot.people import Contact
from userbot.store import rows
from userbot.store.tables import AccountRow, Peer

_read = rows.reader(Peer)


def remember(contact: Contact) -> None:
    """Insert or refresh `contact`; its reading marks stay."""
    columns = {
        "access_hash": contact.access_hash,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "username": contact.username,
        "phone": contact.phone,
    }
    if not Peer.update(columns).where(Peer.user_id == contact.user_id).execute():
        Peer.create(user_id=contact.user_id, **columns)


def contact(user_id: int) -> Contact | None:
    for row in _read("WHERE user_id = ?", user_id):
        return Contact(row.user_id, row.access_hash, row.first_name, row.last_name, row.username, row.phone)
    return None


def contacts() -> list[Contact]:
    return [
        Contact(row.user_id, row.access_hash, row.first_name, row.last_name, row.username, row.phone)
        for row in Peer.select()
    ]


def mark(user_id: int) -> int:
    """A number that grows with every change of this peer's journal; 0 for a peer nobody knows."""
    return int(rows.value("SELECT mark FROM peer WHERE user_id = ?", user_id) or 0)


def bump_mark(user_id: int) -> None:
    rows.change("UPDATE peer SET mark = mark + 1 WHERE user_id = ?", user_id)


def swept_to(user_id: int) -> int:
    """Every message of this dialog up to this id has been seen by a sweep; 0 when none ran yet."""
    return int(rows.value("SELECT swept_to FROM peer WHERE user_id = ?", user_id) or 0)


def set_swept_to(user_id: int, message_id: int) -> None:
    Peer.update(swept_to=message_id).where((Peer.user_id == user_id) & (Peer.swept_to < message_id)).execute()


def read_to(user_id: int) -> int:
    """They have read our messages up to this id; 0 when nothing is known of it."""
    return int(rows.value("SELECT read_to FROM peer WHERE user_id = ?", user_id) or 0)


def set_read_to(user_id: int, message_id: int) -> bool:
    """True when it is news."""
    return bool(
        rows.change("UPDATE peer SET read_to = ? WHERE user_id = ? AND read_to < ?", message_id, user_id, message_id)
    )


def begin_again_after(user_id: int, message_id: int) -> None:
    """Take this message for the last one seen, whatever was thought before."""
    Peer.update(swept_to=message_id).where(Peer.user_id == user_id).execute()


def owner_id() -> int | None:
    """Whose account this database is about; None before the first run."""
    row = AccountRow.select().first()
    return None if row is None else int(row.user_id)


def remember_owner(owner: Contact) -> None:
    """Raises OwnerMustAct when the database is another account's: tasks must not be carried on as somebody else."""
    known = owner_id()
    if known is not None and known != owner.user_id:
        raise OwnerMustAct(
            f"this database belongs to Telegram account {known}, but the session is of {owner.user_id}: "
            "log in as the former, or move data/ away"
        )
    if known is None:
        AccountRow.create(user_id=owner.user_id, first_name=owner.first_name)
    remember(owner)
