"""How the value of a setting is read: one function for each form a value may have.

`settings_table.py` names one of them in every row.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

# Reading one value. `folder` is what a relative path is relative to: that of .env, or the current directory.
# A ValueError says what is wrong, to be put after "NAME ".
Read = Callable[[str, Path], object]


@dataclass(frozen=True)
class ServerAddress:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def find_path(value: str, folder: Path) -> Path:
    """A path as somebody wrote it: `~` is a home, and what is relative starts at `folder`."""
    try:
        return folder / Path(value).expanduser()
    except RuntimeError:  # the home of nobody
        return folder / value


def text_like(pattern: str, wrong: str) -> Read:
    """`wrong` is all that is said: the value may be a secret."""

    def read(value: str, _: Path) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(wrong)
        return value

    return read


def one_of(*choices: str) -> Read:
    def read(value: str, _: Path) -> str:
        for choice in choices:
            if value.casefold() == choice.casefold():
                return choice
        raise ValueError(f"is {value!r}, and has to be one of {', '.join(choices)}")

    return read


def whole_number(least: int, most: int) -> Read:
    def read(value: str, _: Path) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", value) or not least <= int(value) <= most:
            raise ValueError(f"is {value!r}, and has to be a whole number from {least} to {most}")
        return int(value)

    return read


def number_of(what: str, most: int) -> Read:
    def read(value: str, _: Path) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value) or float(value) > most:
            raise ValueError(f"is {value!r}, and has to be a number of {what} from 0 to {most}")
        return float(value)

    return read


def read_phone(value: str, _: Path) -> str:
    digits = re.sub(r"[\s()\-.]", "", value)
    if not re.fullmatch(r"\+?[0-9]{5,16}", digits):
        raise ValueError(f"is {value!r}, and has to be a number with its country code, such as +7 912 345-67-89")
    return "+" + digits.lstrip("+")


def read_server(value: str, _: Path) -> ServerAddress:
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})", value)
    if match is None or not 1 <= int(match[3]) <= 65535:
        raise ValueError(f"is {value!r}, and has to be host:port")
    return ServerAddress(match[1] or match[2], int(match[3]))


def read_pem(value: str, folder: Path) -> str:
    path = find_path(value, folder)
    try:
        pem = path.read_text(encoding="ascii")
    except OSError as error:
        raise ValueError(f"names {path}, which cannot be read: {error.strerror}") from error
    except ValueError:
        pem = ""
    if "-----BEGIN RSA PUBLIC KEY-----" not in pem:
        raise ValueError(f"names {path}, which holds no `BEGIN RSA PUBLIC KEY`")
    return pem


def read_url(value: str, _: Path) -> str:
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or re.search(r"\s", value):
        raise ValueError("has to be a URL that starts with http:// or https://, such as http://127.0.0.1:11434/v1")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a name or a password: the key has a setting of its own")
    return value


def read_yes_or_no(value: str, _: Path) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise ValueError(f"is {value!r}, and has to be yes or no")
    return value.casefold() == "yes"


def read_calendar(value: str, folder: Path) -> str | Path:
    """An https URL, or the path of a file. What is wrong is said without the value: whoever knows it reads it all."""
    if value.casefold().startswith("webcal://"):
        value = "https://" + value[len("webcal://") :]
    return read_secret_url(value, folder) if "://" in value else find_path(value, folder)


def read_secret_url(value: str, _: Path) -> str:
    try:
        parts = urlsplit(value)
        stays = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
        fits = (parts.scheme == "https" or stays) and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or re.search(r"\s", value):
        raise ValueError("has to be a URL that starts with https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a name or a password")
    return value


def read_clock(value: str, _: Path) -> int:
    """A time of day, in minutes of it."""
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", value)
    if match is None:
        raise ValueError(f"is {value!r}, and has to be a time of day such as 09:00")
    return int(match[1]) * 60 + int(match[2])


def read_zone(value: str, _: Path) -> ZoneInfo:
    if value not in available_timezones():
        raise ValueError(f"is {value!r}, and has to be an IANA zone, such as Europe/Moscow")
    return ZoneInfo(value)


def read_prefix(value: str, _: Path) -> str:
    if not 1 <= len(value) <= 3 or any(c.isalnum() or c.isspace() or c == "/" or not c.isprintable() for c in value):
        raise ValueError(f"is {value!r}, and has to be 1 to 3 signs, no letters, digits, spaces or slashes among them")
    return value


def read_home(value: str, folder: Path) -> Path:
    home = find_path(value, folder).resolve()
    if not home.is_dir():
        raise ValueError(f"names {home}, which is no folder")
    return home
