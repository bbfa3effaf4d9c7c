"""Protects this computer and the wait for an answer from files: nothing is read that is too large, whatever its size is
said to be, and nothing for ever."""

import asyncio

import pytest
from telethon.tl import types

from userbot.errors import NeverAgain, TelegramUnavailable
from userbot.rehearsal.telegram import Account
from userbot.telegram import media

from .conftest import SOON_S, Room

LARGER = media.MOST_OF_PICTURE + 1


def stored(room: Room, content: bytes) -> int:
    room.server.files.save_part(1, 0, content)
    return room.server.files.finish(1)[0]


def photo(room: Room, content: bytes, *sizes: types.PhotoSize) -> types.MessageMediaPhoto:
    of = types.Photo(stored(room, content), 1, b"", room.clock.now(), list(sizes), 2)
    return types.MessageMediaPhoto(photo=of)


def voice(room: Room, content: bytes, *, size: int | None = None, seconds: int = 3) -> types.MessageMediaDocument:
    attributes = [types.DocumentAttributeAudio(seconds, voice=True)]
    known = len(content) if size is None else size
    of = types.Document(stored(room, content), 1, b"", room.clock.now(), "audio/ogg", known, 2, attributes)
    return types.MessageMediaDocument(document=of, voice=True)


async def sent(room: Room, who: Account, what: object) -> int:
    room.open_task(who)
    room.server.world.send(who, room.owner, media=what)
    await asyncio.sleep(SOON_S)
    return room.rows_of(who)[-1].message_id


async def test_a_voice_is_read_whole(room: Room, boris: Account) -> None:
    content = b"OggS" + bytes(range(256)) * 4000  # more than one request brings
    message_id = await sent(room, boris, voice(room, content))
    assert await media.read_voice(room.client, boris.id, message_id) == (content, "ogg")


async def test_of_a_picture_the_largest_size_that_a_model_looks_at(room: Room, boris: Account) -> None:
    sizes = [types.PhotoSize(name, wide, 100, 10) for name, wide in (("m", 320), ("y", 1280), ("w", 2560), ("s", 90))]
    message_id = await sent(room, boris, photo(room, b"jpeg", *sizes))
    assert await media.read_picture(room.client, boris.id, message_id) == b"jpeg"
    (asked,) = room.server.requests_of(room.owner, "upload.GetFile")
    assert asked.location.thumb_size == "y"


async def test_a_file_larger_than_it_was_said_to_be_is_left_in_the_middle(room: Room, boris: Account) -> None:
    """What comes is counted, not what was announced."""
    content = bytes(LARGER + 8 * 512 * 1024)
    message_id = await sent(room, boris, photo(room, content, types.PhotoSize("x", 800, 600, 10)))
    with pytest.raises(NeverAgain, match="larger than it was said to be"):
        await media.read_picture(room.client, boris.id, message_id)
    read = sum(request.limit for request in room.server.requests_of(room.owner, "upload.GetFile"))
    assert read <= LARGER + 512 * 1024


@pytest.mark.parametrize(("size", "seconds"), [(200 * media.MEGABYTE, 3), (10, media.LONGEST_VOICE_S + 1)])
async def test_what_is_said_to_be_too_much_is_not_asked_for(
    room: Room, boris: Account, size: int, seconds: int
) -> None:
    message_id = await sent(room, boris, voice(room, b"OggS", size=size, seconds=seconds))
    with pytest.raises(NeverAgain, match="too long"):
        await media.read_voice(room.client, boris.id, message_id)
    assert not room.server.requests_of(room.owner, "upload.GetFile")


async def test_a_download_without_an_end_ends(room: Room, boris: Account) -> None:
    message_id = await sent(room, boris, voice(room, b"OggS"))
    room.server.faults.never_answer(method="upload.GetFile", times=None)
    before = room.clock.now()
    with pytest.raises(TelegramUnavailable):
        await media.read_voice(room.client, boris.id, message_id)
    assert (room.clock.now() - before).total_seconds() < media.DOWNLOAD_S + 5


async def test_a_message_that_is_gone_or_another_dialogs_is_not_read(room: Room, boris: Account) -> None:
    message_id = await sent(room, boris, voice(room, b"OggS"))
    with pytest.raises(NeverAgain, match="gone"):
        await media.read_voice(room.client, boris.id + 1, message_id)
    with pytest.raises(NeverAgain, match="gone"):
        await media.read_voice(room.client, boris.id, message_id + 100)
    with pytest.raises(NeverAgain, match="no picture"):
        await media.read_picture(room.client, boris.id, message_id)


async def test_a_file_that_telegram_does_not_have_any_more_is_not_tried_again(room: Room, boris: Account) -> None:
    gone = voice(room, b"OggS")
    gone.document.id += 1
    message_id = await sent(room, boris, gone)
    with pytest.raises(NeverAgain, match="LOCATION_INVALID"):
        await media.read_voice(room.client, boris.id, message_id)


async def test_an_empty_file_is_nothing_to_hear(room: Room, boris: Account) -> None:
    message_id = await sent(room, boris, voice(room, b""))
    with pytest.raises(NeverAgain, match="empty"):
        await media.read_voice(room.client, boris.id, message_id)
