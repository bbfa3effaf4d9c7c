"""The bytes of uploaded files, in memory."""

import secrets

from userbot.rehearsal.telegram.refusal import Refusal


class Files:
    def __init__(self) -> None:
        self._parts: dict[int, dict[int, bytes]] = {}
        self._contents: dict[int, bytes] = {}

    def save_part(self, upload_id: int, part: int, content: bytes) -> None:
        self._parts.setdefault(upload_id, {})[part] = content

    def finish(self, upload_id: int) -> tuple[int, int]:
        """The file's id on this server and its size. Raises FILE_PARTS_INVALID when nothing was uploaded."""
        parts = self._parts.pop(upload_id, None)
        if not parts or sorted(parts) != list(range(len(parts))):
            raise Refusal(400, "FILE_PARTS_INVALID")
        file_id = secrets.randbits(62)
        self._contents[file_id] = b"".join(parts[n] for n in sorted(parts))
        return file_id, len(self._contents[file_id])

    def content_of(self, file_id: int) -> bytes | None:
        return self._contents.get(file_id)
