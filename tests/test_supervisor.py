"""Protects what a supervisor decides by: a program that is alive says so, one that hangs does not pass for alive."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from userbot.supervisor import Phase, Supervisor, read_health


@pytest.fixture
def alive_path(tmp_path: Path) -> Path:
    return tmp_path / "userbot.alive"


def listen(address: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(address)
    server.setblocking(False)
    return server


def heard(server: socket.socket) -> str:
    said = ""
    while True:
        try:
            said += server.recv(4096).decode()
        except BlockingIOError:
            return said


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_is_told_of_every_phase_once_and_that_it_is_alive(tmp_path: Path, alive_path: Path, kind: str) -> None:
    name = str(tmp_path / "notify") if kind == "path" else f"\0userbot-test-{os.getpid()}"
    with listen(name) as server:
        supervisor = Supervisor(alive_path, {"NOTIFY_SOCKET": name.replace("\0", "@")})
        supervisor.enter(Phase.CONNECTING)
        assert "READY=1" not in heard(server)
        supervisor.enter(Phase.READY)
        supervisor.enter(Phase.READY)
        assert heard(server).count("READY=1\n") == 1
        supervisor.alive()
        assert heard(server) == "WATCHDOG=1\n"
        supervisor.enter(Phase.STOPPING)
        assert "STOPPING=1\n" in heard(server)


@pytest.mark.parametrize("address", ["", "relative", "/nobody/listens/here", "@nobody listens here"])
def test_without_a_supervisor_nothing_is_missed(alive_path: Path, address: str) -> None:
    supervisor = Supervisor(alive_path, {"NOTIFY_SOCKET": address})
    supervisor.enter(Phase.READY)
    supervisor.alive()
    assert alive_path.read_text() == "ready\n"


def test_a_full_disk_does_not_end_a_program_that_only_says_it_is_alive(tmp_path: Path) -> None:
    Supervisor(tmp_path / "no such folder" / "userbot.alive", {}).alive()


def test_health(alive_path: Path) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def seen(after_s: float, is_running: bool = True) -> tuple[bool, str]:
        health = read_health(alive_path, is_running, now + timedelta(seconds=after_s))
        return health.is_fine, health.what

    assert seen(0) == (False, "running, but never said that it is alive")
    Supervisor(alive_path, {}).enter(Phase.READY)
    os.utime(alive_path, (now.timestamp(), now.timestamp()))
    assert seen(100) == (True, "ready")
    assert seen(121) == (False, "hanging: last alive 121 s ago")
    assert seen(0, is_running=False) == (False, "not running")
    alive_path.write_text("connecting\n")
    os.utime(alive_path, (now.timestamp(), now.timestamp()))
    assert seen(5) == (True, "alive, connecting")
