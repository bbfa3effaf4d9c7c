"""The person at the terminal: their language, what they are told and asked, and a QR code drawn for their phone.

With no terminal lines are read from standard input, so that a script can answer.
"""

import asyncio
import contextlib
import io
import os
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol

from userbot.errors import OwnerMustAct

Language = Literal["ru", "en"]


class Prompt(Protocol):
    """What a command needs of the person it talks to."""

    def say(self, text: str) -> None: ...

    def show_link(self, link: str) -> None:
        """A link for the person's phone, as a QR code where one can be drawn."""
        ...

    async def ask(self, question: str, *, secret: bool = False) -> str:
        """One line, without spaces around it; a secret one is not shown while typed, and is taken as it is.

        Raises EndOfInput when nobody is there to answer.
        """
        ...


class EndOfInput(OwnerMustAct):
    """A question was put, and standard input has ended."""


def choose_language(setting: Literal["auto", "ru", "en"], environ: Mapping[str, str]) -> Language:
    """The owner's; `auto` is that of the system's messages."""
    if setting != "auto":
        return setting
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    return "ru" if locale.lower().startswith("ru") else "en"


class Terminal:
    """Standard input and output. Waiting for an answer does not hold up the event loop."""

    def __init__(self, input_fd: int = 0) -> None:
        self._fd = input_fd
        self._is_tty = os.isatty(input_fd)
        # Bytes read and not yet asked for: a script may have written all its answers at once.
        self._read = b""
        self._has_ended = False

    def say(self, text: str) -> None:
        _write(text + "\n")

    def show_link(self, link: str) -> None:
        _write(f"{draw_qr(link) or ''}\n{link}\n")

    async def ask(self, question: str, *, secret: bool = False) -> str:
        _write(question + " ")
        with _echo_off(self._fd) if secret and self._is_tty else contextlib.nullcontext():
            try:
                line = await self._next_line()
            except EndOfInput:
                _write("\n")
                raise
        if secret or not self._is_tty:
            # Nobody's Enter moved the cursor on.
            _write("\n")
        return line if secret else line.strip()

    async def read_line(self, prompt: str = "") -> str | None:
        """The next line as it is, None when there are no more. The prompt is for a person only."""
        if self._is_tty:
            _write(prompt)
        try:
            return await self._next_line()
        except EndOfInput:
            return None

    def say_above(self, text: str, prompt: str) -> None:
        """While a person is asked for a line: the prompt moves down."""
        _write(f"\r\x1b[K{text}\n{prompt}")

    @property
    def is_person(self) -> bool:
        """Does somebody type here, who sees what they type?"""
        return self._is_tty

    async def _next_line(self) -> str:
        while b"\n" not in self._read and not self._has_ended:
            await self._wait_for_input()
            chunk = os.read(self._fd, 4096)
            self._read += chunk
            self._has_ended = not chunk
        if not self._read:
            raise EndOfInput("standard input has ended: run this in a terminal, or pass the answers, one a line")
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    async def _wait_for_input(self) -> None:
        loop = asyncio.get_running_loop()
        is_ready = asyncio.Event()
        try:
            loop.add_reader(self._fd, is_ready.set)
        except (PermissionError, NotImplementedError):
            return  # a plain file: always ready
        try:
            await is_ready.wait()
        finally:
            loop.remove_reader(self._fd)


@contextmanager
def _echo_off(fd: int) -> Iterator[None]:
    """As getpass does it; not getpass itself, which would hold up the connection while the person looks for the
    password, and leave a thread behind at Ctrl-C."""
    before = termios.tcgetattr(fd)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(fd, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)


def draw_qr(link: str) -> str | None:
    """For a terminal of either colour; None where `qrcode` is not installed or the terminal lacks the signs."""
    try:
        import qrcode
    except ImportError:
        return None
    code = qrcode.QRCode(border=2)
    code.add_data(link)
    drawn = io.StringIO()
    code.print_ascii(out=drawn)
    text = drawn.getvalue()
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return None
    if not sys.stdout.isatty():
        return text
    # Black on white whatever the terminal's own colours are: some cameras read nothing else.
    return "".join(f"\x1b[30;107m{line}\x1b[0m\n" for line in text.splitlines())


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
