"""What a message holds beside its text, said by code: its kind, and one line of what is known of it. Pure.

The line is data of whoever sent it, like the text: it is cleaned and quoted wherever it is shown.
"""

from collections.abc import Iterable
from typing import Any

from telethon.tl.types import (
    DocumentAttributeAudio,
    DocumentAttributeFilename,
    DocumentAttributeSticker,
    DocumentAttributeVideo,
    Message,
    MessageMediaVenue,
    MessageMediaWebPage,
)

# Which kinds Telethon's messages tell apart, the closer ones first.
KINDS = (
    "voice",
    "video_note",
    "sticker",
    "gif",
    "video",
    "audio",
    "photo",
    "contact",
    "venue",
    "geo",
    "poll",
    "dice",
    "document",
)
LINE = 300
# Of a file's name the end tells what it is.
_NAME = 120
_OPTIONS = 12


def kind_of(message: Message) -> str | None:
    """One of KINDS; None for text alone. What is of no known kind counts as a document."""
    # A link's preview is no media, and the first thing Telegram tells of it is that it is still being made.
    if message.media is None or isinstance(message.media, MessageMediaWebPage):
        return None
    return next((name for name in KINDS if getattr(message, name, None)), "document")


def describe(message: Message, kind: str | None) -> str | None:
    """At most LINE characters on one line, such as "estimate.pdf, 120 KB"; None when there is nothing to say."""
    parts = _PARTS.get(kind, _of_file)(message) if kind is not None else ()
    line = ", ".join(part for part in map(_one_line, parts) if part)
    return (line if len(line) <= LINE else line[: LINE - 1] + "…") or None


def _one_line(text: object) -> str:
    return " ".join(str(text).split()) if text is not None else ""


def _of_file(message: Message) -> Iterable[object]:
    document = message.document
    if document is None:
        return ()
    name = _attribute(message, DocumentAttributeFilename)
    named = _one_line(name.file_name) if name else ""
    if len(named) > _NAME:
        named = named[: _NAME // 2] + "…" + named[-_NAME // 2 :]
    return named, _length(message), _size(document.size)


def _of_audio(message: Message) -> Iterable[object]:
    audio = _attribute(message, DocumentAttributeAudio)
    title = " — ".join(filter(None, (audio.performer, audio.title))) if audio else ""
    return title, *_of_file(message)


def _of_voice(message: Message) -> Iterable[object]:
    return (_length(message),)


def _of_sticker(message: Message) -> Iterable[object]:
    sticker = _attribute(message, DocumentAttributeSticker)
    return (sticker.alt if sticker else None,)


def _of_contact(message: Message) -> Iterable[object]:
    shared = message.contact
    return f"{shared.first_name or ''} {shared.last_name or ''}", shared.phone_number


def _of_place(message: Message) -> Iterable[object]:
    point = message.geo
    where = f"{point.lat:.5f} {point.long:.5f}" if hasattr(point, "lat") else None
    if isinstance(message.media, MessageMediaVenue):
        return message.media.title, message.media.address, where
    return (where,)


def _of_poll(message: Message) -> Iterable[object]:
    poll = message.poll.poll
    options = " / ".join(_one_line(getattr(one.text, "text", one.text)) for one in poll.answers[:_OPTIONS])
    return (f"{_one_line(getattr(poll.question, 'text', poll.question))}: {options}",)


def _of_dice(message: Message) -> Iterable[object]:
    return (f"{message.dice.emoticon} {message.dice.value}",)


def _nothing(_: Message) -> Iterable[object]:
    return ()


_PARTS = {
    "voice": _of_voice,
    "video_note": _of_voice,
    "sticker": _of_sticker,
    "audio": _of_audio,
    "photo": _nothing,
    "contact": _of_contact,
    "venue": _of_place,
    "geo": _of_place,
    "poll": _of_poll,
    "dice": _of_dice,
}


def _attribute(message: Message, of_type: type) -> Any:
    document = message.document
    return next((one for one in getattr(document, "attributes", ()) if isinstance(one, of_type)), None)


def seconds_of(message: Message) -> int:
    """How long its sound or film is said to be; 0 when that is not said."""
    found = _attribute(message, DocumentAttributeAudio) or _attribute(message, DocumentAttributeVideo)
    return int(found.duration) if found else 0


def _length(message: Message) -> str | None:
    seconds = seconds_of(message)
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds else None


def _size(size: int) -> str:
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / 1024 / 1024:.1f} MB"
