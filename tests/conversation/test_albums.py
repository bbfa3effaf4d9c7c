"""Protects albums: several messages for Telegram, one message for whoever reads and answers them. And what is told of
media that nobody here can read."""

import json

import pytest

from userbot.conversation import contact_commit, unread
from userbot.conversation.contact_acts import StaySilent
from userbot.store import desk, journal
from userbot.store.journal import Received

from .conftest import ANNA, Room


def sends(
    room: Room,
    media: str,
    text: str = "",
    *,
    album: int | None = None,
    about: str | None = None,
    reply_to: int | None = None,
) -> int:
    message_id = room.tick()
    received = Received(
        peer_id=ANNA.user_id,
        message_id=message_id,
        author="contact",
        text=text,
        sent_at=room.now.replace(microsecond=0),
        media=media,
        about=about,
        grouped_id=album,
        reply_to=reply_to,
    )
    assert journal.record(received, "new", room.now)
    return message_id


def lines(room: Room) -> list[dict[str, object]]:
    return [json.loads(line) for line in room.prompt().splitlines() if line.startswith('{"id"')]


def test_an_album_is_one_line_under_the_id_of_its_words_and_one_thing_to_answer(room: Room) -> None:
    room.going(room.open())
    sends(room, "photo", album=7)
    caption = sends(room, "photo", "вот зал", album=7)
    last = sends(room, "photo", album=7)
    other = sends(room, "photo", album=8)
    shown = [line for line in lines(room) if line.get("new")]
    assert [(line["id"], line["with"], line["text"]) for line in shown] == [
        (caption, "3 × photo", "вот зал"),
        (other, "photo", ""),
    ]
    prompt = room.prompt()
    assert prompt.count(f"Message {caption} is new") == 1
    assert f"Message {last} is new" not in prompt


def test_what_quotes_one_piece_of_an_album_decides_for_all_of_it(room: Room) -> None:
    """With two tasks open the pieces must not end up in different ones."""
    first = room.open()
    quoted = room.going(first)
    room.going(room.open_question())
    ids = [sends(room, "photo", album=7, reply_to=quoted), sends(room, "photo", album=7)]
    world = room.world()
    assert {world.matches[room.entry(one).id].task_id for one in ids} == {first}


@pytest.mark.parametrize(
    ("media", "about", "told"),
    [
        ("sticker", "🎉", False),
        ("sticker", None, True),
        ("venue", "Кафе, ул. Ленина, 1", False),
        ("document", "смета.pdf, 120 KB", True),
        ("photo", None, True),
        ("voice", "0:12", True),
    ],
)
def test_the_owner_is_told_of_what_could_not_be_read_and_of_nothing_else(
    room: Room, media: str, about: str | None, told: bool
) -> None:
    room.going(room.open())
    message_id = sends(room, media, about=about)
    assert unread.is_unread(room.entry(message_id), ()) is told
    assert not unread.is_unread(room.entry(message_id), {message_id})
    world = room.world()
    assert contact_commit.commit_contact_turn(world, [StaySilent("a picture")], "t1", room.now)
    payload = {"what": "contact_unreadable", "media": media, "peer_id": ANNA.user_id}
    assert [item.payload for item in desk.unposted() if item.kind == "problem"] == (
        [{**payload, **({"about": about} if about else {})}] if told else []
    )


def test_what_was_heard_is_told_to_nobody_as_unreadable(room: Room) -> None:
    room.going(room.open())
    entry = room.entry(sends(room, "voice"))
    assert entry.is_to_be_heard
    mark = room.world().mark
    journal.record_heard(entry.id, "в три")
    entry = room.entry(entry.message_id)
    assert (entry.words, entry.is_to_be_heard, unread.is_unread(entry, ())) == ("в три", False, False)
    # A turn that began before would not know it.
    assert room.world().mark != mark
    (line,) = [line for line in lines(room) if line.get("new")]
    assert (line["with"], line["text"], line["transcript"]) == ("voice", "", "в три")


def test_a_voice_is_tried_so_often_and_no_more(room: Room) -> None:
    room.going(room.open())
    entry = room.entry(sends(room, "voice"))
    for _ in range(journal.HEARING_TRIES):
        assert room.entry(entry.message_id).is_to_be_heard
        journal.count_hearing(entry.id)
    assert not room.entry(entry.message_id).is_to_be_heard


def test_an_album_counts_as_one_of_the_messages_a_contact_may_write(room: Room) -> None:
    """Ten pictures sent at once are no flood."""
    room.going(room.open())
    since = room.now
    for _ in range(10):
        sends(room, "photo", "зал", album=7)
    sends(room, "photo", album=8)
    sends(room, "photo")
    sends(room, "photo")
    assert journal.incoming_since(ANNA.user_id, since, 2000) == (4, 30)
