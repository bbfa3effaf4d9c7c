"""What a method is given, and the registry they all stand in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telethon.tl import types

from userbot.rehearsal.telegram.account import Account
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.render import render_user, render_users
from userbot.rehearsal.telegram.wire import TL, method_name

if TYPE_CHECKING:
    from userbot.rehearsal.telegram.connection import Connection
    from userbot.rehearsal.telegram.logins import Session
    from userbot.rehearsal.telegram.server import TelegramServer
    from userbot.rehearsal.telegram.world import World


@dataclass(frozen=True)
class Call:
    """One request: who asks, and over which connection."""

    server: "TelegramServer"
    session: "Session"
    connection: "Connection"

    @property
    def world(self) -> "World":
        return self.server.world

    @property
    def account(self) -> Account:
        """Of the one who asks. Methods that need no login look at `session.account` instead."""
        if self.session.account is None:
            raise Refusal(401, "AUTH_KEY_UNREGISTERED")
        return self.session.account

    def peer(self, peer: TL) -> Account:
        """The account behind an InputPeer or InputUser. Raises PEER_ID_INVALID for a wrong access_hash."""
        person = self.find_peer(peer)
        if person is None:
            raise Refusal(400, "PEER_ID_INVALID")
        return person

    def find_peer(self, peer: TL) -> Account | None:
        if isinstance(peer, types.InputPeerSelf | types.InputUserSelf):
            return self.account
        if isinstance(peer, types.InputPeerUserFromMessage | types.InputUserFromMessage):
            return self.world.accounts.get(peer.user_id) if self.find_peer(peer.peer) else None
        if not isinstance(peer, types.InputPeerUser | types.InputUser):
            return None
        person = self.world.accounts.get(peer.user_id)
        if person is None or person is self.account:
            return person
        if peer.access_hash == self.world.access_hash(self.account, person):
            return person
        # Telegram lets an unknown hash pass for those in the contact list.
        return person if peer.access_hash == 0 and person.id in self.account.contacts else None

    def user(self, person: Account) -> TL:
        return render_user(self.world, self.account, person)

    def users(self, ids: set[int]) -> list[TL]:
        return render_users(self.world, self.account, sorted(ids))


Answer = Callable[[Call, TL], TL]


@dataclass(frozen=True)
class Method:
    answer: Answer
    needs_login: bool


METHODS: dict[type, Method] = {}


def answers(request_type: type, *, needs_login: bool = True) -> Callable[[Answer], Answer]:
    """Register a function as the method for requests of this type."""

    def register(answer: Answer) -> Answer:
        METHODS[request_type] = Method(answer, needs_login)
        return answer

    return register


def known_method_names() -> set[str]:
    return {method_name(request_type) for request_type in METHODS}
