"""What a contact's turn reads of their dialog, however long that is: its latest messages, and of the older ones those
that matter, word for word.

Nobody retells anything. A model's summary of a contact's words would be read as fact by every later turn, and a contact
could write into it; it would also cost a call. So code chooses, from the record: first messages of open tasks, what
results and questions rested on, what a turn marked as not to be forgotten, what the owner typed, what names a time or
a sum. It all stays quoted, with whose it is and its id.

Everything here moves in steps of several messages, so that turns that follow each other begin alike.
"""

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

from userbot.conversation import prompting
from userbot.store import conversations, ledger, tasks
from userbot.store.conversations import Line
from userbot.store.tasks import Event, Task
from userbot.tasks.lifecycle import Change
from userbot.tasks.telling import is_telling

# What the latest messages may take of a prompt, in characters. New ones are always among them.
DIALOG_LIMIT = 7_000
# Those of before the tasks are there for the tone and the names alone.
TONE_LIMIT = 2_500
# So many messages that are not new are among them in any case.
LAST_SAID = 4
# And what is kept of the older ones.
KEPT_LIMIT = 2_400
# Of the messages before the latest ones so many are looked through; what the record names is found however old it is.
LOOKED_THROUGH = 60
CITED = 12
MARKED_SHOWN = 8
# Of the marks so many are looked at before one more is made.
MARKED_LOOKED_AT = 50
DIALOGS_REMEMBERED = 500
# A turn said which of the contact's messages must not be forgotten.
MARKED = "marked"
# Id, time, author and the rest of a line beside its words.
_BESIDE = 70


@dataclass(frozen=True)
class Read:
    """`lines`: the latest messages. `kept`: older ones; `left_out`: how many more there are. All oldest first."""

    lines: tuple[Line, ...]
    kept: tuple[Line, ...] = ()
    left_out: int = 0


class Choices:
    """Which older messages were kept of each dialog the last time, and under which circumstances: what they are is read
    anew every time, but nobody looks through a long dialog again while nothing has changed before its latest messages.
    Of DIALOGS_REMEMBERED dialogs, by their ids alone; holds no words.
    """

    def __init__(self) -> None:
        self._by_peer: OrderedDict[int, tuple[Hashable, tuple[int, ...]]] = OrderedDict()

    def find(self, peer_id: int, circumstances: Hashable) -> tuple[int, ...] | None:
        known = self._by_peer.get(peer_id)
        if known is None or known[0] != circumstances:
            return None
        self._by_peer.move_to_end(peer_id)
        return known[1]

    def note(self, peer_id: int, circumstances: Hashable, chosen: Sequence[Line]) -> None:
        self._by_peer.pop(peer_id, None)
        # An album is more messages than the one it is shown as.
        if all(line.count == 1 for line in chosen):
            self._by_peer[peer_id] = circumstances, tuple(line.message_id for line in chosen if line.message_id)
        if len(self._by_peer) > DIALOGS_REMEMBERED:
            self._by_peer.popitem(last=False)


def read(peer_id: int, least: int, opened: Sequence[Task] = (), choices: Choices | None = None) -> Read:
    """This dialog, as far as a turn for these tasks reads it: its last `least` messages, up to half as many more."""
    at_once = max(1, conversations.step(least) // 2)
    lines = fitting(conversations.dialog(peer_id, least), at_once, since(opened))
    pieces = sum(line.count for line in lines if line.message_id is not None)
    more = conversations.count(peer_id) - pieces
    first = min((line.message_id for line in lines if line.message_id is not None), default=0)
    if more <= 0 or not opened:
        return Read(tuple(lines), (), max(0, more))
    wanted = _wanted(opened)
    circumstances = first, more, tuple(task.id for task in opened), since(opened), tuple(wanted)
    known = choices.find(peer_id, circumstances) if choices is not None else None
    if known is not None:
        kept = conversations.named(peer_id, known)
    else:
        kept = _kept(peer_id, first, opened, wanted)
        if choices is not None:
            choices.note(peer_id, circumstances, kept)
    return Read(tuple(lines), tuple(kept), max(0, more - sum(line.count for line in kept)))


def since(opened: Sequence[Task]) -> int:
    """The message with which the time of these tasks began, in any dialog of this account."""
    return min((task.command_message_id or 0 for task in opened), default=0)


def fitting(lines: Sequence[Line], at_once: int, since: int) -> list[Line]:
    """These lines without the oldest, until they take no more than DIALOG_LIMIT, and those with an id below `since` no
    more than TONE_LIMIT: `at_once` of them go together. New ones stay, and are shown shorter."""
    sizes = [0 if line.is_new else _size(line, prompting.limit_of_old(line, since)) for line in lines]
    of_tone = [size if prompting.is_before(line, since) else 0 for line, size in zip(lines, sizes, strict=True)]
    left = DIALOG_LIMIT - sum(_size(line, prompting.limit_of_new(lines)) for line in lines if line.is_new)
    first, length, tone = 0, sum(sizes), sum(of_tone)
    # What was said last stays, however much is new: else what was answered, or said by the owner, is not known.
    old = [n for n, line in enumerate(lines) if not line.is_new and not prompting.is_before(line, since)]
    end = (old[-LAST_SAID:] or [len(lines)])[0]
    while first < end and (length > left or tone > TONE_LIMIT):
        # The last of them go one by one: something of the dialog should be left.
        last = first + at_once if first + at_once < end else first + 1
        length -= sum(sizes[first:last])
        tone -= sum(of_tone[first:last])
        first = last
    return [line for line in lines[:first] if line.is_new] + list(lines[first:])


def _wanted(opened: Sequence[Task]) -> list[int]:
    """The messages to be kept before all others, if they are older than the latest ones: those with which the tasks
    began, and those the record names."""
    results, marked = _cited(opened)
    openings = [row.message_id for task in opened for row in ledger.of_task(task.id, "opening")]
    return list(dict.fromkeys([*(one for one in openings if one is not None), *results, *marked]))


def _kept(peer_id: int, first: int, opened: Sequence[Task], wanted: Sequence[int]) -> list[Line]:
    """Of the messages before `first`, in the time of these tasks: what matters most, as far as there is room."""
    ids = {task.id for task in opened}
    began = since(opened)
    by_id = {line.message_id: line for line in conversations.named(peer_id, wanted)}
    older = conversations.older(peer_id, first, LOOKED_THROUGH)
    telling = [line for line in reversed(older) if line.task_id in (None, *ids) and _is_telling(line)]
    candidates = [by_id[one] for one in wanted if one in by_id] + telling
    chosen: dict[int, Line] = {}
    length = 0
    for line in candidates:
        if line.message_id is None or not began <= line.message_id < first or line.message_id in chosen:
            continue
        size = _size(line, prompting.KEPT_LINE_LIMIT)
        if length + size > KEPT_LIMIT:
            break
        length += size
        chosen[line.message_id] = line
    return [chosen[one] for one in sorted(chosen)]


def _cited(opened: Sequence[Task]) -> tuple[list[int], list[int]]:
    """The messages that results, questions about results and refusals rested on, and those that turns marked; of each
    the latest first."""
    return _named(opened, _RESTS_ON, CITED), _named(opened, (MARKED,), MARKED_SHOWN)


_RESTS_ON = tuple(
    change.value
    for change in (
        *(Change.AGREED, Change.DECLINED, Change.ASKED_OWNER, Change.REOPENED),
        *(Change.TIMES_SAID, Change.SAID_YES),
    )
)


def _named(opened: Sequence[Task], what: Collection[str], limit: int) -> list[int]:
    # Of questions some rest on no message: so more events than messages are wanted.
    found = [event for task in opened for event in tasks.latest_events(task.id, what, 2 * limit)]
    latest_first = sorted(found, key=lambda event: event.at, reverse=True)
    return list(dict.fromkeys(one for event in latest_first for one in _evidence(event)))[:limit]


def _evidence(event: Event) -> Iterable[int]:
    named = event.details.get("evidence") if isinstance(event.details, dict) else None
    if isinstance(named, list):
        return [one for one in named if isinstance(one, int)]
    return () if event.message_id is None else (event.message_id,)


def marked_of(task_id: int) -> set[int]:
    """The messages that turns have marked for this task."""
    return {one for event in tasks.latest_events(task_id, (MARKED,), MARKED_LOOKED_AT) for one in _evidence(event)}


def _is_telling(line: Line) -> bool:
    return line.speaker == "owner" or is_telling(line.known)


def _size(line: Line, limit: int) -> int:
    words = (prompting.capped(text, limit) for text in (line.text, line.about, line.heard) if text)
    return _BESIDE + sum(map(prompting.quoted_length, words))
