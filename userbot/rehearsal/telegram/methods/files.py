"""upload.* and the media that messages carry: shared contacts and uploaded photos and documents."""

import secrets
from typing import Any

from telethon.tl import functions, types

from userbot.rehearsal.telegram.methods.calls import Call, answers
from userbot.rehearsal.telegram.refusal import Refusal
from userbot.rehearsal.telegram.wire import TL


@answers(functions.upload.SaveFilePartRequest)
def save_file_part(call: Call, request: TL) -> TL:
    call.server.files.save_part(request.file_id, request.file_part, request.bytes)
    return True


@answers(functions.upload.SaveBigFilePartRequest)
def save_big_file_part(call: Call, request: TL) -> TL:
    call.server.files.save_part(request.file_id, request.file_part, request.bytes)
    return True


@answers(functions.upload.GetFileRequest)
def get_file(call: Call, request: TL) -> TL:
    content = call.server.files.content_of(getattr(request.location, "id", 0))
    if content is None:
        raise Refusal(400, "LOCATION_INVALID")
    part = content[request.offset : request.offset + request.limit]
    return types.upload.File(types.storage.FileUnknown(), 0, part)


def stored_media(call: Call, media: TL) -> Any:
    """The media as messages keep it. Raises MEDIA_INVALID for kinds this server does not know."""
    match media:
        case types.InputMediaContact():
            person = call.world.by_phone(media.phone_number)
            return types.MessageMediaContact(
                phone_number=media.phone_number,
                first_name=media.first_name,
                last_name=media.last_name,
                vcard=media.vcard,
                user_id=person.id if person else 0,
            )
        case types.InputMediaGeoPoint():
            point = media.geo_point
            return types.MessageMediaGeo(types.GeoPoint(long=point.long, lat=point.lat, access_hash=0))
        case types.InputMediaUploadedPhoto():
            return _uploaded_photo(call, media)
        case types.InputMediaUploadedDocument():
            return _uploaded_document(call, media)
        case _:
            raise Refusal(400, "MEDIA_INVALID")


def _uploaded_photo(call: Call, media: TL) -> TL:
    file_id, size = call.server.files.finish(media.file.id)
    photo = types.Photo(
        id=file_id,
        access_hash=secrets.randbits(62),
        file_reference=b"",
        date=call.world.clock.now(),
        sizes=[types.PhotoSize(type="x", w=800, h=600, size=size)],
        dc_id=2,
    )
    return types.MessageMediaPhoto(photo=photo)


def _uploaded_document(call: Call, media: TL) -> TL:
    file_id, size = call.server.files.finish(media.file.id)
    attributes = media.attributes
    document = types.Document(
        id=file_id,
        access_hash=secrets.randbits(62),
        file_reference=b"",
        date=call.world.clock.now(),
        mime_type=media.mime_type,
        size=size,
        dc_id=2,
        attributes=attributes,
    )
    return types.MessageMediaDocument(
        document=document,
        voice=any(isinstance(a, types.DocumentAttributeAudio) and a.voice for a in attributes),
        round=any(isinstance(a, types.DocumentAttributeVideo) and a.round_message for a in attributes),
    )
