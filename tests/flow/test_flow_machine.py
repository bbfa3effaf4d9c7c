"""Protects the owner from a machine that fails: the real program as a process, on a full disk, with damaged files,
stopped by signals. It ends with one line that says what to do, and goes on where it was when it is started again.

On a plain event loop with real time.
"""

import asyncio
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from userbot.rehearsal.model import Asked, Call, Said, ScriptedModel
from userbot.rehearsal.script import reply
from userbot.rehearsal.story import Cast, make_cast
from userbot.rehearsal.telegram import TelegramServer
from userbot.rehearsal.telegram.phone import phone_of

from .conftest import environ_of
from .script import MEETING, OPENING, meeting

# As many answers as one message holds.
MOST_AT_ONCE = 110
PATIENCE_S = 15.0
# What a supervisor gives at the least.
STOP_S = 5.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Machine:
    """The program in a home of its own, as a process that is started and ends; Anna and the owner with their phones."""

    def __init__(self, home: Path, server: TelegramServer, model: ScriptedModel, cast: Cast) -> None:
        self.home = home
        self.server = server
        self.model = model
        self.cast = cast
        self.environ = {"PATH": os.defpath, "LANG": "C.UTF-8"} | environ_of(home, server, model)
        self.environ |= {"QUIET_SECONDS": "0.2", "OWNER_LANGUAGE": "ru"}
        # The disk is to be full before a contact's words are too many.
        self.environ |= {"INCOMING_MESSAGES_PER_DAY": "1000", "INCOMING_CHARS_PER_DAY": "10000000"}
        # Seconds the model thinks about an answer to Anna.
        self.thinks_s = 0.0
        self.process: Any = None
        self._log = home / "run.log"
        self._began = 0
        model.lane("owner", "You are the secretary inside", self._owner_brain)
        model.lane("Анна", '{"contact": "Анна Кузнецова"}', self._anna_brain)

    def _owner_brain(self, asked: Asked) -> Said:
        return Said("done") if asked.tool_results else Said(calls=tuple(meeting()(asked)))

    def _anna_brain(self, asked: Asked) -> Said:
        if asked.tool_results:
            return Said("done")
        calls: list[Call] = []
        if "Write the first message of task 1" in asked:
            calls.append(reply(1, OPENING))
        lines = [json.loads(line) for line in asked.text.splitlines() if line.startswith('{"id"')]
        new = [line["text"] for line in lines if line.get("new")]
        numbers = re.findall(r"вопрос (\d+)", " ".join(new))
        for n in range(0, len(numbers), MOST_AT_ONCE):
            calls.append(reply(1, " ".join(f"ответ-{number}." for number in numbers[n : n + MOST_AT_ONCE])))
        return Said(calls=tuple(calls or [Call("stay_silent", {"reason": "nothing new"})]), delay_s=self.thinks_s)

    def launch(self, *, file_limit: int | None = None) -> None:
        def limit() -> None:
            if file_limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

        self._began = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "userbot", "run"],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=limit if file_limit is not None else None,
            )

    @property
    def said(self) -> str:
        """What it printed since it was launched."""
        return self._log.read_bytes()[self._began :].decode()

    @property
    def exit_code(self) -> int | None:
        code: int | None = self.process.poll()
        return code

    async def start(self, *, file_limit: int | None = None) -> None:
        self.launch(file_limit=file_limit)
        await self.until(lambda: "ready: account=" in self.said or self.exit_code is not None)
        assert self.exit_code is None, self.said

    async def ends(self, within_s: float = PATIENCE_S) -> int:
        await self.until(lambda: self.exit_code is not None, within_s)
        code = self.exit_code
        assert code is not None
        return code

    async def log_in(self) -> None:
        """`userbot login`, with the code and the password typed in."""
        owner = self.cast.owner
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "userbot", "login"),
            env=self.environ | {"TELEGRAM_PHONE": f"+{owner.phone}"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        asked = [request.method for request in self.server.requests].count("auth.SendCode")
        await self.until(lambda: [r.method for r in self.server.requests].count("auth.SendCode") > asked)
        typed = f"{self.server.last_code(owner.phone)}\n{owner.password}\n"
        said, _ = await process.communicate(typed.encode())
        assert process.returncode == 0, said.decode()

    async def stops(self, number: signal.Signals, code: int) -> None:
        """It ends in good order and in good time on this signal."""
        self.process.send_signal(number)
        assert await self.ends(STOP_S) == code, self.said
        assert "Traceback" not in self.said, self.said

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    async def until(self, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        while not holds():
            assert loop.time() < until, f"waited {patience_s:g} s in vain; it said:\n{self.said}"
            await asyncio.sleep(0.02)

    # --- people

    def write(self, text: str) -> None:
        self.server.world.send(self.cast.anna, self.cast.owner, text)

    def order(self, text: str) -> None:
        self.server.world.send(self.cast.owner, self.cast.owner, text)

    def texts(self) -> list[str]:
        """What Anna got from the owner's account."""
        return [m.text for m in self.server.world.dialog(self.cast.anna, self.cast.owner) if not m.out]

    async def open_meeting(self) -> None:
        self.order(MEETING)
        await self.until(lambda: OPENING in self.texts())

    def answers(self) -> list[str]:
        return re.findall(r"ответ-(\d+)\.", " ".join(self.texts()))

    async def answered(self, *numbers: int) -> None:
        """Each of the questions so far was answered, once."""
        wanted = sorted(str(number) for number in numbers)
        await self.until(lambda: len(self.answers()) >= len(wanted))
        assert sorted(self.answers()) == wanted
        assert self.texts().count(OPENING) == 1

    def complaint(self) -> str:
        """The one line that says why it ended."""
        assert "Traceback" not in self.said, self.said
        last = self.said.splitlines()[-1]
        assert last.startswith("userbot: "), self.said
        return last


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramServer())
        cast = make_cast(server.world)
        model = ScriptedModel(api_key="test")
        await model.start()
        stack.push_async_callback(model.stop)
        machine = Machine(tmp_path, server, model, cast)
        (tmp_path / "sessions").mkdir(mode=0o700)
        async with phone_of(server, cast.owner, tmp_path / "sessions" / "userbot.session") as client:
            await client.get_me()
        try:
            yield machine
        finally:
            machine.kill()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes, to be filled for real, where the database lies."""
    place = tmp_path / "data"
    place.mkdir(mode=0o700)
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root may mount a small disk; the limit on a file's size shows the same to anybody")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], check=False).returncode:  # noqa: S603
        pytest.skip("no disk can be mounted here; the limit on a file's size shows the same")
    try:
        yield place
    finally:
        subprocess.run([umount, "-l", place], check=True)  # noqa: S603


# --- the disk -------------------------------------------------------------------------------------------------------


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


async def test_a_full_disk_ends_it_with_what_to_do_and_nothing_is_lost(machine: Machine, small_disk: Path) -> None:
    await machine.start()
    await machine.open_meeting()
    filler = fill(small_disk)
    machine.write("вопрос 1")
    machine.order(".задачи")
    assert await machine.ends() == 1
    assert "the disk is full: make room" in machine.complaint()
    filler.unlink()
    # What a system does with a disk it does not trust any more.
    remount(small_disk, "ro")
    machine.write("вопрос 2")
    machine.launch()
    assert await machine.ends() == 1
    assert re.search(r"userbot\.db.*(read-only|readonly|cannot be)", machine.complaint(), re.IGNORECASE)
    remount(small_disk, "rw")
    await machine.start()
    await machine.answered(1, 2)


def remount(disk: Path, how: str) -> None:
    mount = shutil.which("mount")
    assert mount is not None
    subprocess.run([mount, "-o", f"remount,{how}", disk], check=True)  # noqa: S603


async def test_files_that_may_not_grow_end_it_with_what_to_do_and_nothing_is_lost(machine: Machine) -> None:
    """A quota, and what a developer who is not root can try."""
    await machine.start(file_limit=1_500_000)
    await machine.open_meeting()
    number = 0
    while machine.exit_code is None:
        number += 1
        assert number < 300, "it never grew"
        machine.write(f"вопрос {number} " + "и ещё немного " * 200)
        await asyncio.sleep(0.005)
    assert machine.exit_code == 1
    assert "disk" in machine.complaint()
    await machine.start()
    await machine.answered(*range(1, number + 1))


# --- signals --------------------------------------------------------------------------------------------------------


async def test_stopped_at_whatever_moment_it_ends_soon_and_loses_and_doubles_nothing(machine: Machine) -> None:
    """A model that thinks, a sweep without an answer, a send without one, executed or not: the next start goes on."""
    faults, owner = machine.server.faults, machine.cast.owner
    await machine.start()
    await machine.open_meeting()
    machine.thinks_s = 60
    asked = len(machine.model.asked)
    machine.write("вопрос 1")
    await machine.until(lambda: len(machine.model.asked) > asked)
    await machine.stops(signal.SIGTERM, 0)

    hung = faults.never_answer(account=owner, method="messages.GetHistory")
    machine.launch()
    await machine.until(lambda: hung.struck > 0)
    await machine.stops(signal.SIGHUP, 0)

    machine.thinks_s = 0
    for executed, number in ((False, signal.SIGINT), (True, signal.SIGTERM)):
        machine.write("вопрос 2" if executed else "вопрос 3")
        hung = faults.never_answer(executed=executed, account=owner, method="messages.SendMessage", when=_is_answer)
        machine.launch()
        await machine.until(lambda hung=hung: hung.struck > 0)  # type: ignore[misc]
        await machine.stops(number, 130 if number is signal.SIGINT else 0)

    await machine.start()
    await machine.answered(1, 2, 3)
    first = machine.process
    machine.launch()
    assert await machine.ends() == 4
    assert f"already running (pid {first.pid})" in machine.complaint()
    assert first.poll() is None
    machine.process = first
    await machine.answered(1, 2, 3)


def _is_answer(request: Any) -> bool:
    return "ответ" in request.message


async def test_a_stop_while_nobody_answers_at_telegrams_address(machine: Machine) -> None:
    """Connected, and never a word."""
    connected: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: connected.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    with contextlib.closing(sqlite3.connect(machine.home / "sessions" / "userbot.session")) as file, file:
        file.execute("UPDATE sessions SET port = ?", (port,))
    machine.environ["TELEGRAM_SERVER"] = f"127.0.0.1:{port}"
    machine.launch()
    await machine.until(lambda: bool(connected))
    await machine.stops(signal.SIGTERM, 0)
    silent.close()
    for writer in connected:
        writer.close()


# --- the login ------------------------------------------------------------------------------------------------------


async def test_a_copy_of_the_session_used_elsewhere_ends_it_and_a_new_login_goes_on(machine: Machine) -> None:
    """As when somebody starts the program on a second computer with a copy of the same folder."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            pytest.skip("127.0.0.2 is not an address of this machine")
    await machine.start()
    await machine.open_meeting()
    machine.write("вопрос 1")
    await machine.answered(1)
    session = machine.home / "sessions" / "userbot.session"
    copy = machine.home / "copy.session"
    with contextlib.closing(sqlite3.connect(session)) as file, contextlib.closing(sqlite3.connect(copy)) as other:
        file.backup(other)
    machine.thinks_s = 30
    machine.write("вопрос 2")
    async with phone_of(machine.server, machine.cast.owner, copy, local_addr="127.0.0.2"):
        # The program's own connection speaks when it is dropped at the latest, or pings.
        assert await machine.ends(60) == 3
    assert machine.complaint() == (
        "userbot: Telegram ended this session because it was used from two places at once: see that only one copy of it"
        " runs, then run `userbot login`"
    )
    machine.launch()
    assert await machine.ends() == 3, "nor does it start again"
    assert "userbot login" in machine.complaint()

    machine.thinks_s = 0
    machine.write("вопрос 3")
    await machine.log_in()
    await machine.start()
    await machine.answered(1, 2, 3)
