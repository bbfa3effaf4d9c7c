"""Protects addresses and reading marks, and that no account carries on the tasks of another."""

import pytest

from tests.store.conftest import ANNA, OWNER
from userbot.errors import OwnerMustAct
from userbot.people import Contact
from userbot.store import peers

pytestmark = pytest.mark.usefixtures("database")


def test_a_person_is_remembered_with_what_telegram_wants_to_address_them() -> None:
    anna = Contact(ANNA, 2**62, "Анна", "Петрова", "anna", "79161234567")
    peers.remember(anna)
    assert peers.contact(ANNA) == anna
    assert peers.contact(404) is None
    assert {one.user_id for one in peers.contacts()} >= {ANNA, OWNER}


def test_a_new_name_does_not_forget_how_far_we_have_read() -> None:
    """Else every message of the dialog would be news."""
    peers.bump_mark(ANNA)
    peers.set_swept_to(ANNA, 40)
    peers.remember(Contact(ANNA, 8, "Аня"))
    assert (peers.mark(ANNA), peers.swept_to(ANNA)) == (1, 40)


def test_a_sweep_never_goes_back() -> None:
    peers.set_swept_to(ANNA, 40)
    peers.set_swept_to(ANNA, 30)
    assert peers.swept_to(ANNA) == 40


def test_an_unknown_peer_has_nothing() -> None:
    assert (peers.mark(404), peers.swept_to(404)) == (0, 0)


def test_another_accounts_database_is_refused() -> None:
    """Anna's tasks must not be carried on in Boris's name."""
    assert peers.owner_id() is None
    peers.remember_owner(Contact(OWNER, 1, "Олег"))
    peers.remember_owner(Contact(OWNER, 1, "Олег Иванов"))
    with pytest.raises(OwnerMustAct, match="belongs to"):
        peers.remember_owner(Contact(OWNER + 1, 1, "Не Олег"))
    assert peers.owner_id() == OWNER
