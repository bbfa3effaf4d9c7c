"""A file that comes with a message: its name, and nothing that could be downloaded."""

import mimetypes
from datetime import datetime
from typing import Any

from telethon.tl.types import Document, DocumentAttributeFilename, MessageMediaDocument

BYTES = 120_000


def a_file(name: str, at: datetime) -> MessageMediaDocument:
    kind, _ = mimetypes.guess_type(name)
    attributes = [DocumentAttributeFilename(name)]
    return MessageMediaDocument(
        document=Document(1, 1, b"", at, kind or "application/octet-stream", BYTES, 2, attributes)
    )


def name_of(media: Any) -> str | None:
    """What a file made here is called; None where there is none."""
    document = getattr(media, "document", None)
    found = [one for one in getattr(document, "attributes", ()) if isinstance(one, DocumentAttributeFilename)]
    return found[0].file_name if found else None
