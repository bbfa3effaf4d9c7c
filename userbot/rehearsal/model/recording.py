"""A voice note as it arrives to be turned into text: the form's fields and the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP


@dataclass(frozen=True)
class Recording:
    """`fields` are the form's other fields. `is_authorized` compares the key, which is not kept."""

    file_name: str
    media_type: str
    audio: bytes = field(repr=False)
    fields: Mapping[str, str]
    is_authorized: bool


def read_recording(headers: Mapping[str, str], body: bytes, expected_key: str | None) -> Recording:
    """Reads a multipart form. Raises ValueError when there is no file in it."""
    head = f"content-type: {headers.get('content-type', '')}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    found: tuple[str, str, bytes] | None = None
    for part in form.iter_parts() if form.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        if file_name := part.get_filename():
            found = (file_name, part.get_content_type(), raw)
        else:
            fields[str(name)] = raw.decode()
    if found is None:
        raise ValueError("the form holds no file")
    sent = headers.get("authorization", "")
    is_authorized = bool(sent) if expected_key is None else sent == f"Bearer {expected_key}"
    return Recording(*found, fields, is_authorized)
