"""The table of settings: their names, how a value of each is read, and the words that explain it.

`config.py` reads the settings by this table, and `.env.example` is written from it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones


class Part(StrEnum):
    """What a command may need settings for."""

    HOME = "where things lie"
    TELEGRAM = "Telegram"
    MODEL = "the model"
    OWNER = "the owner"


@dataclass(frozen=True)
class ServerAddress:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


# Reading one value. `folder` is what a relative path is relative to: that of .env, or the current directory.
# A ValueError says what is wrong, to be put after "NAME ".
Read = Callable[[str, Path], object]


@dataclass(frozen=True)
class Setting:
    """One row of the table. `about` explains it in `.env.example`, `where` says how to come by it when missing.
    `default` is as it would be written. `neutral` is what the field holds without value and default: nobody needs it
    then, or another rule than this row's has the last word (OPENAI_API_KEY, OWNER_TIMEZONE, USERBOT_HOME).
    """

    name: str
    field: str
    part: Part
    read: Read
    about: str
    default: str | None = None
    where: str | None = None
    is_required: bool = False
    neutral: object = None


def find_path(value: str, folder: Path) -> Path:
    """A path as somebody wrote it: `~` is a home, and what is relative starts at `folder`."""
    try:
        return folder / Path(value).expanduser()
    except RuntimeError:  # the home of nobody
        return folder / value


def _text(pattern: str, wrong: str) -> Read:
    """`wrong` is all that is said: the value may be a secret."""

    def read(value: str, _: Path) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(wrong)
        return value

    return read


def _one_of(*choices: str) -> Read:
    def read(value: str, _: Path) -> str:
        for choice in choices:
            if value.casefold() == choice.casefold():
                return choice
        raise ValueError(f"is {value!r}, and has to be one of {', '.join(choices)}")

    return read


def _whole_number(least: int, most: int) -> Read:
    def read(value: str, _: Path) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", value) or not least <= int(value) <= most:
            raise ValueError(f"is {value!r}, and has to be a whole number from {least} to {most}")
        return int(value)

    return read


def _number_of(what: str, most: int) -> Read:
    def read(value: str, _: Path) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value) or float(value) > most:
            raise ValueError(f"is {value!r}, and has to be a number of {what} from 0 to {most}")
        return float(value)

    return read


def _read_phone(value: str, _: Path) -> str:
    digits = re.sub(r"[\s()\-.]", "", value)
    if not re.fullmatch(r"\+?[0-9]{5,16}", digits):
        raise ValueError(f"is {value!r}, and has to be a number with its country code, such as +7 912 345-67-89")
    return "+" + digits.lstrip("+")


def _read_server(value: str, _: Path) -> ServerAddress:
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})", value)
    if match is None or not 1 <= int(match[3]) <= 65535:
        raise ValueError(f"is {value!r}, and has to be host:port")
    return ServerAddress(match[1] or match[2], int(match[3]))


def _read_pem(value: str, folder: Path) -> str:
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


def _read_url(value: str, _: Path) -> str:
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


def _yes_or_no(value: str, _: Path) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise ValueError(f"is {value!r}, and has to be yes or no")
    return value.casefold() == "yes"


def _read_calendar(value: str, folder: Path) -> str | Path:
    """An https URL, or the path of a file. What is wrong is said without the value: whoever knows it reads it all."""
    if value.casefold().startswith("webcal://"):
        value = "https://" + value[len("webcal://") :]
    return _read_secret_url(value, folder) if "://" in value else find_path(value, folder)


def _read_secret_url(value: str, _: Path) -> str:
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


def _read_zone(value: str, _: Path) -> ZoneInfo:
    if value not in available_timezones():
        raise ValueError(f"is {value!r}, and has to be an IANA zone, such as Europe/Moscow")
    return ZoneInfo(value)


def _read_prefix(value: str, _: Path) -> str:
    if not 1 <= len(value) <= 3 or any(c.isalnum() or c.isspace() or c == "/" or not c.isprintable() for c in value):
        raise ValueError(f"is {value!r}, and has to be 1 to 3 signs, no letters, digits, spaces or slashes among them")
    return value


def _read_home(value: str, folder: Path) -> Path:
    home = find_path(value, folder).resolve()
    if not home.is_dir():
        raise ValueError(f"names {home}, which is no folder")
    return home


_KEY = _text(r"[!-~]+", "holds spaces or signs that no key has")
_NAME = _text(r"\S{1,200}", "must not hold spaces")
FALLBACKS = (1, 2, 3)


def _fallback(number: int) -> tuple[Setting, ...]:
    """The settings of one model that is asked when those before it do not answer."""
    name, field = f"FALLBACK_{number}", f"fallback_{number}"
    which = "when the model above does not answer" if number == 1 else f"when fallback {number - 1} does not either"
    return (
        Setting(
            f"{name}_MODEL",
            f"{field}_model",
            Part.MODEL,
            _NAME,
            f"A model to ask {which}. Empty: none.",
        ),
        Setting(
            f"{name}_BASE_URL",
            f"{field}_base_url",
            Part.MODEL,
            _read_url,
            "Where it answers. Empty: OpenAI itself with a key of its own below, else where the first model does.",
        ),
        Setting(
            f"{name}_API_KEY",
            f"{field}_api_key",
            Part.MODEL,
            _KEY,
            "Its key, which is sent nowhere else. Empty: none, or the first model's when it answers there.",
            neutral="",
        ),
    )


WHERE_APP = "get it at https://my.telegram.org → API development tools"

SETTINGS = (
    Setting(
        "TELEGRAM_API_ID",
        "api_id",
        Part.TELEGRAM,
        _whole_number(1, 2**31 - 1),
        "The number of your application: https://my.telegram.org → API development tools.",
        where=WHERE_APP,
        is_required=True,
        neutral=0,
    ),
    Setting(
        "TELEGRAM_API_HASH",
        "api_hash",
        Part.TELEGRAM,
        _text(r"\S{1,128}", "must not hold spaces"),
        "The hash beside that number. Keep it to yourself.",
        where=WHERE_APP,
        is_required=True,
        neutral="",
    ),
    Setting(
        "TELEGRAM_PHONE",
        "phone",
        Part.TELEGRAM,
        _read_phone,
        "The number of your account, with its country code. `userbot login` asks when it is not set.",
    ),
    Setting(
        "TELEGRAM_SERVER",
        "telegram_server",
        Part.TELEGRAM,
        _read_server,
        "host:port of another Telegram-compatible server (a test server, your own). Empty: Telegram itself.",
    ),
    Setting(
        "TELEGRAM_SERVER_KEY",
        "telegram_server_key",
        Part.TELEGRAM,
        _read_pem,
        "The PEM file with that server's public RSA key.",
    ),
    Setting(
        "TELEGRAM_DC",
        "telegram_dc",
        Part.TELEGRAM,
        _whole_number(1, 9999),
        "That server's data centre number.",
        default="2",
    ),
    Setting(
        "OPENAI_API_KEY",
        "openai_api_key",
        Part.MODEL,
        _KEY,
        "The key of the model's platform. Not needed by most servers of your own. Keep it to yourself.",
        neutral="",
    ),
    Setting(
        "OPENAI_BASE_URL",
        "openai_base_url",
        Part.MODEL,
        _read_url,
        "Where an OpenAI-compatible model answers, such as http://127.0.0.1:11434/v1. Empty: OpenAI itself.",
    ),
    Setting(
        "OPENAI_MODEL",
        "openai_model",
        Part.MODEL,
        _NAME,
        "The model's name, as its platform calls it. It has to be able to call tools.",
        default="gpt-6-luna",
    ),
    Setting(
        "LLM_API",
        "llm_api",
        Part.MODEL,
        _one_of("auto", "chat", "responses"),
        "How the model is spoken to: auto, chat (Chat Completions) or responses (OpenAI's newer form).",
        default="auto",
    ),
    Setting(
        "MODEL_TIMEOUT_SECONDS",
        "model_timeout_s",
        Part.MODEL,
        _whole_number(5, 3600),
        "How many seconds one answer of a model may take. Slow computers at home need more.",
        default="120",
    ),
    *(setting for number in FALLBACKS for setting in _fallback(number)),
    Setting(
        "FALLBACK_TO_CLOUD",
        "fallback_to_cloud",
        Part.MODEL,
        _yes_or_no,
        "Whether what was meant for a model at home may go to one elsewhere when it does not answer: yes or no.",
        default="no",
    ),
    Setting(
        "SPEECH_MODEL",
        "speech_model",
        Part.MODEL,
        _NAME,
        "The model that turns voice into text; off: none. Empty: gpt-transcribe where OpenAI does it, else none.",
    ),
    Setting(
        "SPEECH_BASE_URL",
        "speech_base_url",
        Part.MODEL,
        _read_url,
        "Where it answers, such as http://127.0.0.1:8000/v1. Empty: OpenAI itself, if there is a key for it.",
    ),
    Setting(
        "SPEECH_API_KEY",
        "speech_api_key",
        Part.MODEL,
        _KEY,
        "Its key, which is sent nowhere else. Empty: none, or OPENAI_API_KEY where both are OpenAI itself.",
        neutral="",
    ),
    Setting(
        "OWNER_TIMEZONE",
        "owner_timezone",
        Part.OWNER,
        _read_zone,
        "Your time zone, such as Europe/Moscow. Empty: this system's, unless that is plain UTC.",
        where="write an IANA zone such as Europe/Moscow (this system's own cannot be told, or is plain UTC)",
        neutral=ZoneInfo("UTC"),
    ),
    Setting(
        "OWNER_LANGUAGE",
        "owner_language",
        Part.OWNER,
        _one_of("auto", "ru", "en"),
        "The language you are spoken to in: auto, ru or en.",
        default="auto",
    ),
    Setting(
        "COMMAND_PREFIX",
        "command_prefix",
        Part.OWNER,
        _read_prefix,
        "What a command in Saved Messages starts with: 1 to 3 signs, in quotes if # is one.",
        default=".",
    ),
    Setting(
        "QUIET_SECONDS",
        "quiet_s",
        Part.OWNER,
        _number_of("seconds", 3600),
        "How many seconds a contact has to be quiet before they are answered.",
        default="6",
    ),
    Setting(
        "DIALOG_LINES",
        "dialog_lines",
        Part.OWNER,
        _whole_number(1, 200),
        "How many of a dialog's last messages the model reads at least; at most half as many more.",
        default="20",
    ),
    Setting(
        "RESUME_AFTER_HOURS",
        "resume_after_hours",
        Part.OWNER,
        _number_of("hours", 1000),
        "When you write in a dialog yourself, its tasks rest. After so many hours without a word of yours they go on; "
        "0: only when you say .resume.",
        default="0",
    ),
    Setting(
        "APPROVAL_MODE",
        "approval_mode",
        Part.OWNER,
        _one_of("auto", "first", "draft"),
        "Which messages of a new task wait for your yes: auto (none), first (the first one) or draft (every one). "
        ".mode changes it for one task.",
        default="auto",
    ),
    Setting(
        "APPROVAL_HOURS",
        "approval_hours",
        Part.OWNER,
        _number_of("hours", 1000),
        "How many hours a message waits for your yes; then it is not sent and its task rests. 0: as long as it takes.",
        default="24",
    ),
    Setting(
        "FOLLOW_UPS",
        "follow_ups",
        Part.OWNER,
        _whole_number(0, 10),
        "How often a contact who does not answer is reminded; then the task is given up. 0: neither.",
        default="2",
    ),
    Setting(
        "FOLLOW_UP_HOURS",
        "follow_up_hours",
        Part.OWNER,
        _number_of("hours", 1000),
        "How many hours of silence come before each reminder, and before giving up. Fewer when the time runs out.",
        default="24",
    ),
    Setting(
        "HOLD_SECONDS",
        "hold_s",
        Part.OWNER,
        _number_of("seconds", 3600),
        "How many seconds a message to a contact is held before it goes, so that .stop still catches it.",
        default="5",
    ),
    Setting(
        "MESSAGES_PER_MINUTE",
        "messages_per_minute",
        Part.OWNER,
        _whole_number(1, 6000),
        "How many messages a minute may go to contacts, all together. More than 30 only where TELEGRAM_SERVER is set.",
        default="20",
    ),
    Setting(
        "FIRST_CONTACTS_PER_DAY",
        "first_contacts_per_day",
        Part.OWNER,
        _whole_number(0, 100),
        "To how many people a day it may write for the first time. Telegram limits accounts that write to many.",
        default="10",
    ),
    Setting(
        "TURNS_PER_TASK",
        "turns_per_task",
        Part.OWNER,
        _whole_number(1, 100_000),
        "How often the model may be asked to act for one task. A task that has spent this, or one of the next three, "
        "rests until you say .resume, which allows it as much again.",
        default="60",
    ),
    Setting(
        "MESSAGES_PER_TASK",
        "messages_per_task",
        Part.OWNER,
        _whole_number(1, 10_000),
        "How many messages a contact may get in one task.",
        default="40",
    ),
    Setting(
        "TOKENS_PER_TASK",
        "tokens_per_task",
        Part.OWNER,
        _whole_number(1, 10_000_000_000),
        "How many tokens, in and out, the model may cost for one task.",
        default="500000",
    ),
    Setting(
        "DOLLARS_PER_TASK",
        "dollars_per_task",
        Part.OWNER,
        _number_of("dollars", 100_000),
        "How many US dollars the model may cost for one task, as far as its server names prices.",
        default="2",
    ),
    Setting(
        "INCOMING_MESSAGES_PER_DAY",
        "incoming_messages_per_day",
        Part.OWNER,
        _whole_number(1, 100_000),
        "How many messages of one contact are read in 24 hours. Somebody who writes more is answered no more, and you "
        "are told; .resume goes on.",
        default="200",
    ),
    Setting(
        "INCOMING_CHARS_PER_DAY",
        "incoming_chars_per_day",
        Part.OWNER,
        _whole_number(1, 100_000_000),
        "How many characters of one contact are read in 24 hours. Of one message 2000 are read at most.",
        default="50000",
    ),
    Setting(
        "TURNS_PER_DAY",
        "turns_per_day",
        Part.OWNER,
        _whole_number(0, 1_000_000),
        "How often the model may be asked to act for contacts in 24 hours, over all tasks.",
        default="500",
    ),
    Setting(
        "MESSAGES_PER_DAY",
        "messages_per_day",
        Part.OWNER,
        _whole_number(0, 100_000),
        "How many messages may go to contacts in 24 hours, over all tasks.",
        default="300",
    ),
    Setting(
        "TOKENS_PER_DAY",
        "tokens_per_day",
        Part.OWNER,
        _whole_number(0, 10_000_000_000),
        "How many tokens, in and out, the model may cost in 24 hours.",
        default="2000000",
    ),
    Setting(
        "DOLLARS_PER_DAY",
        "dollars_per_day",
        Part.OWNER,
        _number_of("dollars", 100_000),
        "How many US dollars the model may cost in 24 hours, as far as its server names prices.",
        default="5",
    ),
    Setting(
        "CALENDAR_URL",
        "calendar_url",
        Part.OWNER,
        _read_calendar,
        "Your calendar, to know when you are busy: its secret https address in iCalendar format, or a file. "
        "docs/calendar.md says where to find it. Keep it to yourself.",
    ),
    Setting(
        "CALDAV_URL",
        "caldav_url",
        Part.OWNER,
        _read_secret_url,
        "Or a CalDAV calendar: busy times are read from it, and agreed meetings written into it.",
    ),
    Setting(
        "CALDAV_USERNAME",
        "caldav_username",
        Part.OWNER,
        _text(r"[^\r\n:]{1,200}", "must not hold a colon"),
        "The name to log in there with.",
        neutral="",
    ),
    Setting(
        "CALDAV_PASSWORD",
        "caldav_password",
        Part.OWNER,
        _text(r"[^\r\n]{1,500}", "is too long"),
        "The password for it: an app password where the service has those. Keep it to yourself.",
        neutral="",
    ),
    Setting(
        "LOG_LEVEL",
        "log_level",
        Part.HOME,
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "How much is logged. At DEBUG the texts of messages are, too.",
        default="INFO",
    ),
    Setting(
        "USERBOT_HOME",
        "home",
        Part.HOME,
        _read_home,
        "The folder of data/, sessions/ and skills/. Empty: the current one if it has skills/, else the program's.",
    ),
)


def example_env() -> str:
    """The text of `.env.example`; a test keeps the file equal to it."""
    blocks = [
        "# Copy this file to .env and fill it in. The environment wins over .env; an empty value is an unset one.\n"
    ]
    for part in (Part.TELEGRAM, Part.MODEL, Part.OWNER, Part.HOME):
        lines = [f"\n# --- {part.capitalize() if part is not Part.TELEGRAM else part} ---"]
        for setting in SETTINGS:
            if setting.part is part:
                value = "" if setting.default is None else setting.default
                lines += [f"# {setting.about}", f"{setting.name}={value}"]
        blocks.append("\n".join(lines) + "\n")
    return "".join(blocks)
