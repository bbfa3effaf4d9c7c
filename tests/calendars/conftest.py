"""A real Radicale as a process of its own, with a password, on a free port."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import httpx2
import pytest

from userbot.calendars.sources import Account

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
USER, PASSWORD = "oleg", "correct horse"


@dataclass
class Radicale:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.port}/{USER}/"

    @property
    def url(self) -> str:
        return self.home + "work/"

    def account(self, url: str | None = None, password: str = PASSWORD) -> Account:
        return Account(url or self.url, USER, password)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx2.Response:
        return httpx2.request(method, self.home + path, content=body, headers=headers, auth=(USER, PASSWORD))

    def make_calendar(self, name: str) -> None:
        assert self.ask("MKCALENDAR", f"{name}/").status_code == 201

    def put(self, name: str, body: bytes) -> None:
        assert self.ask("PUT", f"work/{name}.ics", body).status_code == 201

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            # It waits for connections whose other end was killed.
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[Radicale]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    users = tmp_path / "users"
    users.write_text(f"{USER}:{PASSWORD}\n")
    options = {
        "server-hosts": f"127.0.0.1:{port}",
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(users),
        "auth-htpasswd-encryption": "plain",
        "auth-delay": "0",
        "storage-filesystem-folder": str(tmp_path / "collections"),
        "logging-level": "error",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    process = subprocess.Popen([sys.executable, "-m", "radicale", "--config", "", *words])  # noqa: S603
    server = Radicale(port, process)
    try:
        for _ in range(200):
            try:
                urlopen(Request(f"http://127.0.0.1:{port}/.web/"), timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "Radicale ended"
                time.sleep(0.1)
        server.make_calendar("work")
        yield server
    finally:
        server.stop()
