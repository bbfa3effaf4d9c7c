"""What a message's voice or picture is, as bytes in memory: read from Telegram anew, within bounds of size and time.

Nothing of it is written anywhere.
"""

import asyncio
from typing import Any

from telethon import errors
from telethon.tl.functions.messages import GetMessagesRequest
from telethon.tl.types import (
    InputDocumentFileLocation,
    InputMessageID,
    InputPhotoFileLocation,
    Message,
    PeerUser,
    PhotoSize,
    PhotoSizeProgressive,
)

from userbot.errors import NeverAgain, TelegramUnavailable
from userbot.telegram.calls import ask
from userbot.telegram.client import Client
from userbot.telegram.describe import seconds_of
from userbot.telegram.refusals import Kind, classify

DOWNLOAD_S = 60.0
MEGABYTE = 1024 * 1024
# Speech servers take no more than 25 MB.
MOST_OF_VOICE = 20 * MEGABYTE
LONGEST_VOICE_S = 900
MOST_OF_PICTURE = 2 * MEGABYTE
# Models make larger pictures smaller.
WIDEST_PICTURE = 1280
_KINDS = {"audio/ogg": "ogg", "video/mp4": "mp4"}


async def read_voice(client: Client, peer_id: int, message_id: int) -> tuple[bytes, str]:
    """A voice or video note and its kind, "ogg" or "mp4". Raises NeverAgain (it is gone, too long or too large),
    TelegramUnavailable or OwnerMustAct."""
    document = (message := await _message(client, peer_id, message_id)).document
    if document is None or not (message.voice or message.video_note):
        raise NeverAgain("the message holds no voice")
    if document.size > MOST_OF_VOICE or seconds_of(message) > LONGEST_VOICE_S:
        raise NeverAgain(f"the voice is too long: {document.size} bytes, {seconds_of(message)} s")
    location = InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, "")
    kind = _KINDS.get(document.mime_type, "mp4" if message.video_note else "ogg")
    return await _download(client, location, document.dc_id, MOST_OF_VOICE), kind


async def read_picture(client: Client, peer_id: int, message_id: int) -> bytes:
    """A photo as JPEG, in the largest size that a model looks at. Raises like `read_voice`."""
    photo = (await _message(client, peer_id, message_id)).photo
    sizes = [one for one in getattr(photo, "sizes", ()) if isinstance(one, PhotoSize | PhotoSizeProgressive)]
    fitting = [one for one in sizes if max(one.w, one.h) <= WIDEST_PICTURE and _bytes_of(one) <= MOST_OF_PICTURE]
    if photo is None or not fitting:
        raise NeverAgain("the message holds no picture of a size to look at")
    best = max(fitting, key=lambda one: one.w * one.h)
    location = InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, best.type)
    return await _download(client, location, photo.dc_id, MOST_OF_PICTURE)


def _bytes_of(size: PhotoSize | PhotoSizeProgressive) -> int:
    return int(max(size.sizes)) if isinstance(size, PhotoSizeProgressive) else int(size.size)


async def _message(client: Client, peer_id: int, message_id: int) -> Message:
    """As it is now: what a file is asked for by is good for some hours only."""
    try:
        answer = await ask(client, GetMessagesRequest(id=[InputMessageID(id=message_id)]))
    except errors.RPCError as error:
        raise NeverAgain(f"the message cannot be read: {classify(error).name}") from error
    found = next((one for one in answer.messages if isinstance(one, Message)), None)
    if found is None or found.peer_id != PeerUser(peer_id):
        raise NeverAgain("the message is gone")
    return found


async def _download(client: Client, location: Any, dc_id: int, most: int) -> bytes:
    """All of a file. How large it is said to be is not what is counted."""
    content = bytearray()
    chunks = client.iter_download(location, dc_id=dc_id)
    try:
        async with asyncio.timeout(DOWNLOAD_S):
            async for chunk in chunks:
                content += chunk
                if len(content) > most:
                    raise NeverAgain("the file is larger than it was said to be")
    except NeverAgain:
        raise
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise TelegramUnavailable("the connection was closed before the file was read") from None
    except Exception as error:
        refusal = classify(error)
        if refusal.kind in (Kind.WAIT, Kind.UNKNOWN):
            raise TelegramUnavailable(f"a file cannot be read now: {refusal.name}", after_s=refusal.seconds) from error
        raise NeverAgain(f"a file cannot be read: {refusal.name}") from error
    finally:
        await chunks.close()
    if not content:
        raise NeverAgain("the file is empty")
    return bytes(content)
