"""Who a name can mean: exactly one person, several to choose from, or nobody. Pure; Telegram brings the candidates."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from userbot.names import cases, is_another_name, may_be

_NAME_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")

# Telegram's own account: login codes arrive there.
SERVICE_ACCOUNT = 777000


@dataclass(frozen=True)
class Contact:
    """A person on Telegram. `access_hash` is what Telegram wants beside the id, and is valid for this account only."""

    user_id: int
    access_hash: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    phone: str | None = None

    @property
    def name(self) -> str:
        return clean_name(" ".join(filter(None, (self.first_name, self.last_name)))) or f"id {self.user_id}"


@dataclass(frozen=True)
class Several:
    """It is not clear who is meant, be there one candidate or more; nobody is written to before the owner chose."""

    candidates: tuple[Contact, ...]


@dataclass(frozen=True)
class Nobody:
    """No person fits. `why`: unknown | bot | deleted | self | service | not_a_person."""

    why: str


Found = Contact | Several | Nobody


class Directory(Protocol):
    """What the conversations need of Telegram: to find people by what the owner called them."""

    async def find(self, query: str) -> Found:
        """Raises TryAgain when Telegram cannot be asked now."""
        ...

    async def shown_in(self, message_id: int) -> Found:
        """Whom a message in Saved Messages shows: as a shared contact, or as the author of a forwarded message.

        Raises TryAgain when Telegram cannot be asked now.
        """
        ...


def clean_name(name: str) -> str:
    """A name as it may stand in a prompt or on a card: one line, no control characters, at most 64 characters.

    Names are chosen by strangers, so they are contact's text like any other.
    """
    return _one_line(name)[:64]


def name_for_a_model(name: str) -> str:
    """Of a name its first three words, of letters only. Whoever bears it chose it, and the owner's model, whose acts
    reach people, reads names in prompts that nothing else of a stranger's gets into: a whole order must not fit."""
    words = _NAME_WORD.findall(clean_name(name))
    return " ".join(word[:20] for word in words[:3])


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()


def choose(query: str, candidates: Sequence[Contact]) -> Found:
    """Who of `candidates` has `query` as first name, last name, or both, in either order, in any grammatical case.

    Only whole names count: half a name that fits somebody is not that person. Where nobody is called so, those who may
    be meant (by a diminutive, in another script) are Several, be it one: that is for the owner to say.
    """
    wanted = _folded(query).split()
    if not wanted:
        return Nobody("unknown")
    called = _those_called(wanted, candidates, lambda word, name: word in cases(name))
    if len(called) == 1 and not _is_perhaps_another(wanted, called[0]):
        return called[0]
    likely = called or _those_called(wanted, candidates, lambda word, name: word in cases(name) or may_be(word, name))
    return Several(tuple(likely)) if likely else Nobody("unknown")


def _is_perhaps_another(wanted: Sequence[str], contact: Contact) -> bool:
    """Was somebody of another name meant, whom nobody knows? «Александра» is no sure sign of Александр."""
    names = _folded(contact.name).split()
    return any(
        word not in names and any(is_another_name(word, name) and word in cases(name) for name in names)
        for word in wanted
    )


def _those_called(
    wanted: Sequence[str], candidates: Sequence[Contact], fits: Callable[[str, str], bool]
) -> list[Contact]:
    """Everybody once, of whom a name, or both, fit word by word."""
    fitting = {}
    for contact in candidates:
        first, last = _folded(contact.first_name).split(), _folded(contact.last_name or "").split()
        if any(
            len(name) == len(wanted) and all(map(fits, wanted, name))
            for name in (first, last, [*first, *last], [*last, *first])
        ):
            fitting[contact.user_id] = contact
    return sorted(fitting.values(), key=lambda contact: (contact.name, contact.user_id))


def _folded(name: str) -> str:
    # Not clean_name: a name that is cut would be half a name.
    return _one_line(unicodedata.normalize("NFKC", name)).casefold().replace("ё", "е")
