"""The table of settings: their names, how a value of each is read, and the words that explain it.

`config.py` reads the settings by this table, `.env.example` is written from it, and `settings_page.py` makes
docs/settings.md of it.
"""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from userbot.settings_reading import Read, ServerAddress, find_path
from userbot.settings_reading import number_of as _number_of
from userbot.settings_reading import one_of as _one_of
from userbot.settings_reading import read_calendar as _read_calendar
from userbot.settings_reading import read_clock as _read_clock
from userbot.settings_reading import read_home as _read_home
from userbot.settings_reading import read_pem as _read_pem
from userbot.settings_reading import read_phone as _read_phone
from userbot.settings_reading import read_prefix as _read_prefix
from userbot.settings_reading import read_quiet_hours as _read_quiet_hours
from userbot.settings_reading import read_secret_url as _read_secret_url
from userbot.settings_reading import read_server as _read_server
from userbot.settings_reading import read_url as _read_url
from userbot.settings_reading import read_yes_or_no as _yes_or_no
from userbot.settings_reading import read_zone as _read_zone
from userbot.settings_reading import text_like as _text
from userbot.settings_reading import whole_number as _whole_number

__all__ = ["FALLBACKS", "SETTINGS", "WHERE_APP", "Part", "ServerAddress", "Setting", "example_env", "find_path"]


class Part(StrEnum):
    """What a command may need settings for."""

    HOME = "where things lie"
    TELEGRAM = "Telegram"
    MODEL = "the model"
    OWNER = "the owner"


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
        "VOICE_COMMANDS",
        "voice_commands",
        Part.MODEL,
        _yes_or_no,
        "Whether every voice note in Saved Messages is heard: one that begins with «секретарь» or “secretary” is a"
        " command. yes or no; spoken replies to cards are heard in any case.",
        default="no",
    ),
    Setting(
        "PICTURES",
        "pictures",
        Part.MODEL,
        _yes_or_no,
        "Whether the model is shown the pictures that contacts send, which it must be able to take: yes or no.",
        default="no",
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
        "DIGEST_AT",
        "digest_at",
        Part.OWNER,
        _read_clock,
        "When you get a digest each day, by your own clock, such as 09:00: what waits for you, what was settled, what "
        "is late. Nothing on a day without any of it. Empty: never.",
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
        "CHECK_INS",
        "check_ins",
        Part.OWNER,
        _yes_or_no,
        "Whether people who take something on by a date are asked how it stands, before that date and after it: yes or "
        "no. What was taken on while it was yes goes on.",
        default="yes",
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
        "REPLY_DELAY_MAX_SECONDS",
        "reply_delay_max_s",
        Part.OWNER,
        _number_of("seconds", 120),
        "A reply takes as long as a person would take to type it, counted from the contact's message, but no longer "
        "than this; 0: it goes as soon as it is there.",
        default="20",
    ),
    Setting(
        "SHOW_TYPING",
        "show_typing",
        Part.OWNER,
        _yes_or_no,
        "Whether a contact who wrote sees that an answer is being typed: yes or no.",
        default="yes",
    ),
    Setting(
        "QUIET_HOURS",
        "quiet_hours",
        Part.OWNER,
        _read_quiet_hours,
        "When nobody is written to, by your clock and, where a task names their time zone, by the contact's: 22-8, "
        "22:30-7:15, or off. Whoever wrote within the last ten minutes is answered all the same. .quiet changes it.",
        default="22-8",
    ),
    Setting(
        "MARK_READ",
        "mark_read",
        Part.OWNER,
        _one_of("never", "answered"),
        "Whether contacts' messages are marked as read once they are answered: never, so that they stay unread for "
        "you, or answered. What waits for you stays unread in any case.",
        default="never",
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
