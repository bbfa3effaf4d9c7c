"""Protects what is known of a message beside its text: one clean line, whatever a stranger's client put into it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import types

from userbot.telegram.describe import LINE, describe, kind_of

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def message(media: Any) -> types.Message:
    return types.Message(id=1, peer_id=types.PeerUser(2), message="", date=AT, media=media)


def file(*attributes: Any, size: int = 122_880) -> types.MessageMediaDocument:
    return types.MessageMediaDocument(
        document=types.Document(1, 1, b"", AT, "application/octet-stream", size, 2, list(attributes))
    )


def words(text: str) -> types.TextWithEntities:
    return types.TextWithEntities(text, [])


POINT = types.GeoPoint(long=37.61734, lat=55.75578, access_hash=0)
POLL = types.MessageMediaPoll(
    types.Poll(
        1,
        question=words("Когда?"),
        answers=[types.PollAnswer(words("в среду"), b"1"), types.PollAnswer(words("в\nпятницу"), b"2")],
        hash=0,
    ),
    types.PollResults(),
)


@pytest.mark.parametrize(
    ("media", "kind", "line"),
    [
        (file(types.DocumentAttributeFilename("смета.pdf")), "document", "смета.pdf, 120 KB"),
        (file(types.DocumentAttributeFilename("кино.mkv"), size=3_250_586), "document", "кино.mkv, 3.1 MB"),
        (
            file(types.DocumentAttributeAudio(200, title="Песня", performer="Хор"), size=10),
            "audio",
            "Хор — Песня, 3:20, 1 KB",
        ),
        (file(types.DocumentAttributeAudio(12, voice=True)), "voice", "0:12"),
        (file(types.DocumentAttributeVideo(62, 1, 1, round_message=True)), "video_note", "1:02"),
        (file(types.DocumentAttributeSticker("🎉", types.InputStickerSetEmpty())), "sticker", "🎉"),
        (types.MessageMediaGeo(POINT), "geo", "55.75578 37.61734"),
        (types.MessageMediaGeo(types.GeoPointEmpty()), "geo", None),
        (
            types.MessageMediaVenue(POINT, "Кафе «Два»", "ул. Ленина, 1", "", "", ""),
            "venue",
            "Кафе «Два», ул. Ленина, 1, 55.75578 37.61734",
        ),
        (types.MessageMediaContact("79000000009", "Вера", "", "", 0), "contact", "Вера, 79000000009"),
        (POLL, "poll", "Когда?: в среду / в пятницу"),
        (types.MessageMediaDice(4, "🎲"), "dice", "🎲 4"),
        (types.MessageMediaPhoto(photo=types.PhotoEmpty(1)), "document", None),
        (types.MessageMediaUnsupported(), "document", None),
        (types.MessageMediaWebPage(types.WebPageEmpty(1)), None, None),
        (None, None, None),
    ],
)
def test_every_kind_is_said_in_one_line(media: Any, kind: str | None, line: str | None) -> None:
    of = message(media)
    assert kind_of(of) == kind
    assert describe(of, kind) == line


def test_a_name_as_long_as_a_book_is_cut_and_keeps_its_ending() -> None:
    """Threat 13: it goes into every prompt and onto the owner's phone."""
    line = describe(message(file(types.DocumentAttributeFilename("a\n" * 5000 + "end.exe"))), "document")
    assert line is not None
    assert len(line) < LINE
    assert "\n" not in line
    assert line.endswith("end.exe, 120 KB")
    shared = types.MessageMediaContact("7900", "И" * 4000, "", "", 0)
    assert len(describe(message(shared), "contact") or "") == LINE
