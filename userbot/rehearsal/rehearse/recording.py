"""A rehearsal as data: who took part, what they said and when, what the model replied, and what is to come of it.

It holds no key and no address: of the settings only those that shape a dialog (`KEPT`) are in it. `saved_file.py` reads
and writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from userbot.errors import OwnerMustAct

OWNER = "owner"
# What a line may reply to, each with a number. Each kind is counted by itself: what comes in the same moment may come
# in another order the next time.
REFERENCES = ("card", "question", "answer", "message")
# The settings a recording carries. None of them is a secret or an address; a test holds that.
KEPT = (
    *("OWNER_TIMEZONE", "OWNER_LANGUAGE", "COMMAND_PREFIX", "QUIET_SECONDS", "DIALOG_LINES", "RESUME_AFTER_HOURS"),
    *("DIGEST_AT", "APPROVAL_MODE", "APPROVAL_HOURS", "FOLLOW_UPS", "FOLLOW_UP_HOURS", "HOLD_SECONDS"),
    *("REPLY_DELAY_MAX_SECONDS", "SHOW_TYPING", "QUIET_HOURS", "MARK_READ", "TURNS_PER_TASK", "MESSAGES_PER_TASK"),
    *("TOKENS_PER_TASK", "DOLLARS_PER_TASK", "FIRST_CONTACTS_PER_DAY", "INCOMING_MESSAGES_PER_DAY"),
)


class RecordingFault(OwnerMustAct):
    """This file is no recording that can be played; the text names the place in it and what is wrong."""


@dataclass(frozen=True)
class Person:
    """A contact, known by `username` everywhere in a recording. `before`: what stood in the dialog before it began,
    as pairs of who (OWNER or the username) and text. `comes_at_s`: when they turned up."""

    username: str
    name: str
    before: tuple[tuple[str, str], ...] = ()
    comes_at_s: float = 0.0


@dataclass(frozen=True)
class Line:
    """What somebody typed, `at_s` seconds after the start.

    `who` is OWNER or a username. `to`: the contact whose dialog the owner typed in; None is Saved Messages. `reply_to`
    quotes a message of the program's in the same dialog: in Saved Messages "card 1" (of task 1), "question 2" (the
    second one asked) or "answer 3" (the third of all others), in a contact's dialog "message 2". `waits`: said when the
    program had nothing to do any more; a replay waits for that too. `file`: the name of one that a contact sends with
    it.
    """

    at_s: float
    who: str
    text: str
    to: str | None = None
    reply_to: str | None = None
    waits: bool = True
    file: str | None = None


@dataclass(frozen=True)
class RecordedCall:
    """`arguments` None: they could not be read. `was_taken`: whether the program took the call; None: it never said.
    `refusal`: what it said when it did not; no part of a file."""

    name: str
    arguments: Mapping[str, Any] | None
    was_taken: bool | None = None
    refusal: str = ""


@dataclass(frozen=True)
class RecordedReply:
    """One reply of the model, in the conversation `of` OWNER or a contact. `tokens`: in and out, if they were told."""

    of: str
    took_s: float
    text: str = ""
    calls: tuple[RecordedCall, ...] = ()
    tokens: tuple[int, int] | None = None
    cost_usd: float | None = None


@dataclass(frozen=True)
class ExpectedTask:
    """What is to become of a task. None (and an empty result) is anything; of `result` the named values are compared,
    and inside of them the same."""

    status: str | None = None
    closed_because: str | None = None
    contact: str | None = None
    task_type: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    messages: int | None = None
    questions: int | None = None


@dataclass(frozen=True)
class Expected:
    """`tasks`: all there are to be, by number; None: whatever comes. `questions`: how many the owner gets in all.
    `says` and `never_says`: pieces of text that some (no) message of the program's to this contact, or to OWNER in
    Saved Messages, holds, in any case of letters."""

    tasks: Mapping[int, ExpectedTask] | None = None
    questions: int | None = None
    says: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    never_says: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """`start`: what the clock said; `until_s`: how long it went on. `settings` by name, as they are written."""

    start: datetime
    owner: str
    people: tuple[Person, ...]
    lines: tuple[Line, ...]
    replies: tuple[RecordedReply, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    skill: str | None = None
    about: str | None = None
    until_s: float = 0.0
    expect: Expected | None = None


def split_reference(reference: str, where: str = "a reply") -> tuple[str, int]:
    """What a line replies to, such as "question 2", as its kind and its number. Raises RecordingFault."""
    kind, _, number = reference.partition(" ")
    if kind not in REFERENCES or not number.isdecimal() or not int(number):
        raise RecordingFault(f'{where}: {reference!r} is none of "card 1", "question 1", "answer 1", "message 1"')
    return kind, int(number)
