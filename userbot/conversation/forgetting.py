"""Forgetting a person: their open tasks are stopped, then everything said with and about them leaves the database."""

import re
from datetime import datetime

from userbot.conversation import moves
from userbot.people import Contact, Found, Nobody, choose
from userbot.store import forgetting, peers, tasks


def find_known(query: str) -> Found:
    """Who of the people in the database this is: @username, phone number, numeric id, or a whole name."""
    known = [contact for contact in peers.contacts() if contact.user_id != peers.owner_id()]
    text = query.strip()
    digits = re.sub(r"[\s()\-.]", "", text)
    fitting: list[Contact] = []
    if text.startswith("@"):
        fitting = [contact for contact in known if (contact.username or "").casefold() == text[1:].casefold()]
    elif re.fullmatch(r"\+[0-9]+", digits):
        fitting = [contact for contact in known if re.sub(r"\D", "", contact.phone or "") == digits[1:]]
    elif re.fullmatch(r"[0-9]+", digits):
        fitting = [contact for contact in known if contact.user_id == int(digits)]
    else:
        return choose(text, known)
    return fitting[0] if fitting else Nobody("unknown")


def open_tasks_with(person: Contact) -> int:
    return len(tasks.open_with(person.user_id))


def forget(person: Contact, now: datetime) -> None:
    """Call while the program does not run: it would write down again what it has in hand."""
    for task in tasks.open_with(person.user_id):
        moves.stop(task.id, now)
    # From before that time on nothing of somebody whose tasks are closed is taken in.
    forgetting.erase(person, peers.owner_id(), now - moves.LATELY)
