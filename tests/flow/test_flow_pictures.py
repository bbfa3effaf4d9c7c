"""Protects pictures: shown to the model only where the owner said so, never kept, an album answered once; and what is
known of everything else is said to the owner and the model in words."""

from dataclasses import replace

from telethon.tl import types

from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.telegram import Account
from userbot.store.database import db

from .conftest import House
from .script import anna_lane, open_meeting

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4


def picture(house: House, size: int = len(JPEG)) -> types.MessageMediaPhoto:
    """As another server's: `size` is what it is said to have."""
    files = house.server.files
    files.save_part(1, 0, JPEG)
    file_id, _ = files.finish(1)
    sizes = [types.PhotoSize("x", 800, 600, size), types.PhotoSize("w", 2560, 1920, size)]
    return types.MessageMediaPhoto(photo=types.Photo(file_id, 1, b"", house.clock.now(), sizes, 2))


def send(house: House, who: Account, text: str = "", *, size: int = len(JPEG)) -> None:
    house.server.world.send(who, house.cast.owner, text, media=picture(house, size))


async def test_a_picture_is_shown_where_the_owner_said_so_and_kept_nowhere(house: House) -> None:
    house.settings = replace(house.settings, pictures=True)
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), ('"with": "photo"', "1. of message"), lambda _: [reply(1, "Зал подходит!")])
    send(house, house.cast.anna)
    await house.see(house.cast.anna, "Зал подходит!")
    assert "data:image/jpeg;base64," in str(anna_lane(house).asked[-1].body)
    assert not [text for text in house.texts(house.cast.owner, house.cast.owner) if "Прочитать это я не могу" in text]
    db.pragma("wal_checkpoint", "TRUNCATE")
    kept = [path for path in house.settings.database_path.parent.parent.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if JPEG[:64] in path.read_bytes()]
    house.model.check()


async def test_without_the_setting_no_picture_is_even_read(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), '"with": "photo"', lambda _: [reply(1, "Опиши, пожалуйста, словами.")])
    send(house, house.cast.anna)
    await house.see(house.cast.anna, "Опиши, пожалуйста")
    await house.see(house.cast.owner, "Прочитать это я не могу", peer=house.cast.owner)
    assert not house.server.requests_of(house.cast.owner, "upload.GetFile")
    assert "image_url" not in str(anna_lane(house).asked[-1].body)
    house.model.check()


async def test_a_picture_said_to_be_huge_is_not_read_and_the_owner_is_told(house: House) -> None:
    house.settings = replace(house.settings, pictures=True)
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), '"with": "photo"', lambda _: [reply(1, "Опиши, пожалуйста, словами.")])
    send(house, house.cast.anna, size=200 * 1024 * 1024)
    await house.see(house.cast.anna, "Опиши, пожалуйста")
    await house.see(house.cast.owner, "Прочитать это я не могу", peer=house.cast.owner)
    assert not house.server.requests_of(house.cast.owner, "upload.GetFile")
    house.model.check()


async def test_an_album_gets_one_answer_and_shows_all_of_its_pictures(house: House) -> None:
    house.settings = replace(house.settings, pictures=True)
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), ('"with": "3 × photo"', '"text": "вот зал"'), lambda _: [reply(1, "Любой из них!")])
    for text in ("вот зал", "", ""):
        house.server.world.send(house.cast.anna, house.cast.owner, text, media=picture(house), grouped_id=99)
    await house.see(house.cast.anna, "Любой из них!")
    await house.settle(60)
    asked = anna_lane(house).asked[-1]
    assert str(asked.body).count("data:image/jpeg;base64,") == 3
    assert asked.text.count("is new, about task 1") == 1
    house.model.check()


async def test_a_file_is_told_with_its_name_and_size(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    turn(anna_lane(house), '"holds": "смета.pdf, 120 KB"', lambda _: [reply(1, "Передам.")])
    file = types.Document(
        5,
        1,
        b"",
        house.clock.now(),
        "application/pdf",
        122_880,
        2,
        [types.DocumentAttributeFilename("смета.pdf")],
    )
    house.server.world.send(house.cast.anna, house.cast.owner, media=types.MessageMediaDocument(document=file))
    await house.see(house.cast.anna, "Передам.")
    await house.see(house.cast.owner, "файл: смета.pdf, 120 КБ", peer=house.cast.owner)
    house.model.check()
