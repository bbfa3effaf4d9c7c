"""The settings: one table of them, read once at the start from the environment and from `.env`.

The table drives the reading, the messages about what is missing or wrong, and `.env.example`. What a command
does not need is not asked for: a field that nobody needed holds a neutral value.
"""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

from userbot.errors import OwnerMustAct
from userbot.settings_table import FALLBACKS, SETTINGS, WHERE_APP, Part, ServerAddress, Setting, find_path
from userbot.tasks.budgets import Limits
from userbot.tasks.followups import Reminding
from userbot.tasks.manners import QuietHours

if TYPE_CHECKING:
    from userbot.calendars.sources import Sources
    from userbot.model.client import ModelSettings

SPEECH_AT_OPENAI = "gpt-transcribe"
NO_SPEECH = "off"
CHECKOUT = Path(__file__).resolve().parent.parent
OPENAI_HOST = "api.openai.com"
# Accounts that write much more than people do are limited, or lost.
MESSAGES_PER_MINUTE_ON_TELEGRAM = 30


ALL_PARTS = frozenset(Part)
# What `userbot login` needs; looking at the database needs `HOME` alone.
LOGIN_PARTS = frozenset({Part.HOME, Part.TELEGRAM})
HOME_ONLY = frozenset({Part.HOME})


class SettingsError(OwnerMustAct):
    """Settings are missing or wrong; `problems` names all of them, one line each, never with a secret in it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """Everything the owner can set. `notes` are lines worth showing that stop nothing.

    `telegram_server` None is Telegram itself; `telegram_server_key` is the text of a PEM file.
    `openai_api_key` is already the one to send to `openai_base_url`, or empty; the other keys are to theirs.
    """

    api_id: int
    api_hash: str = field(repr=False)
    phone: str | None = field(repr=False)
    telegram_server: ServerAddress | None
    telegram_server_key: str | None
    telegram_dc: int
    openai_api_key: str = field(repr=False)
    openai_base_url: str | None
    openai_model: str
    llm_api: Literal["auto", "chat", "responses"]
    model_timeout_s: int
    fallback_1_model: str | None
    fallback_1_base_url: str | None
    fallback_1_api_key: str = field(repr=False)
    fallback_2_model: str | None
    fallback_2_base_url: str | None
    fallback_2_api_key: str = field(repr=False)
    fallback_3_model: str | None
    fallback_3_base_url: str | None
    fallback_3_api_key: str = field(repr=False)
    fallback_to_cloud: bool
    speech_model: str | None
    speech_base_url: str | None
    speech_api_key: str = field(repr=False)
    voice_commands: bool
    pictures: bool
    owner_timezone: ZoneInfo
    owner_language: Literal["auto", "ru", "en"]
    command_prefix: str
    quiet_s: float
    dialog_lines: int
    resume_after_hours: float
    digest_at: int | None
    approval_mode: Literal["auto", "first", "draft"]
    approval_hours: float
    follow_ups: int
    follow_up_hours: float
    check_ins: bool
    hold_s: float
    reply_delay_max_s: float
    show_typing: bool
    quiet_hours: QuietHours | None
    mark_read: Literal["never", "answered"]
    messages_per_minute: int
    first_contacts_per_day: int
    turns_per_task: int
    messages_per_task: int
    tokens_per_task: int
    dollars_per_task: float
    turns_per_day: int
    messages_per_day: int
    tokens_per_day: int
    dollars_per_day: float
    incoming_messages_per_day: int
    incoming_chars_per_day: int
    calendar_url: str | Path | None = field(repr=False)
    caldav_url: str | None = field(repr=False)
    caldav_username: str = field(repr=False)
    caldav_password: str = field(repr=False)
    log_level: str
    home: Path
    env_file: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def data_dir(self) -> Path:
        return self.home / "data"

    @property
    def sessions_dir(self) -> Path:
        return self.home / "sessions"

    @property
    def private_folders(self) -> tuple[Path, Path]:
        """What lies in them is nobody else's to read."""
        return self.sessions_dir, self.data_dir

    @property
    def skills_dir(self) -> Path:
        return self.home / "skills"

    @property
    def database_path(self) -> Path:
        return self.data_dir / "userbot.db"

    @property
    def alive_path(self) -> Path:
        """A file that the running program touches."""
        return self.data_dir / "userbot.alive"

    @property
    def session_path(self) -> Path:
        return self.sessions_dir / "userbot.session"

    @property
    def lock_path(self) -> Path:
        return self.sessions_dir / "userbot.lock"

    @property
    def prices_path(self) -> Path:
        return self.home / "prices.toml"

    @property
    def limits(self) -> Limits:
        return Limits(
            turns_per_task=self.turns_per_task,
            messages_per_task=self.messages_per_task,
            tokens_per_task=self.tokens_per_task,
            dollars_per_task=self.dollars_per_task,
            incoming_messages=self.incoming_messages_per_day,
            incoming_chars=self.incoming_chars_per_day,
            turns=self.turns_per_day,
            messages=self.messages_per_day,
            tokens=self.tokens_per_day,
            dollars=self.dollars_per_day,
            first_contacts=self.first_contacts_per_day,
        )

    @property
    def reminding(self) -> Reminding:
        return Reminding(self.follow_ups, timedelta(hours=self.follow_up_hours))

    @property
    def calendar_sources(self) -> "Sources":
        from userbot.calendars.sources import Account, Feed, Sources

        feed = account = None
        if isinstance(self.calendar_url, Path):
            feed = Feed(path=self.calendar_url)
        elif self.calendar_url is not None:
            feed = Feed(url=self.calendar_url)
        if self.caldav_url is not None:
            account = Account(self.caldav_url, self.caldav_username, self.caldav_password)
        return Sources(feed, account)

    @property
    def model_settings(self) -> "ModelSettings":
        # Importing the model room costs half a second, which `userbot status` need not pay.
        from userbot.model.client import ModelSettings

        return ModelSettings(
            self.openai_model, self.openai_api_key, self.openai_base_url, self.llm_api, self.model_timeout_s
        )

    @property
    def models(self) -> "tuple[ModelSettings, ...]":
        """The model and its fallbacks, in the order in which they are asked."""
        from userbot.model.client import ModelSettings

        first = self.model_settings
        found = [first]
        for number in FALLBACKS:
            model, url, key = (getattr(self, f"fallback_{number}_{name}") for name in ("model", "base_url", "api_key"))
            if not model:
                continue
            named = f"FALLBACK_{number}"
            if url or key:
                found.append(ModelSettings(model, key, url, "auto", self.model_timeout_s, named))
            else:
                found.append(replace(first, model=model, named=named))
        return tuple(found)

    @property
    def speech_settings(self) -> "ModelSettings | None":
        """Who turns voice into text; None when nobody does."""
        from userbot.model.client import ModelSettings

        model, url, key = self.speech_model, self.speech_base_url, self.speech_api_key
        if model == NO_SPEECH:
            return None
        if not url:
            key = key or (self.openai_api_key if is_openai(self.openai_base_url) else "")
            if not key:
                return None
        return ModelSettings(model or SPEECH_AT_OPENAI, key, url, "auto", self.model_timeout_s, "SPEECH")


def read_settings(
    environ: Mapping[str, str],
    env_file: Path | None,
    *,
    needs: frozenset[Part] = ALL_PARTS,
    system_zone: Callable[[], str | None] | None = None,
) -> Settings:
    """The settings from `environ` over those in `env_file`, which may be missing; an empty value is an unset one.

    Raises SettingsError naming everything that is missing or wrong in the parts that are needed.
    `system_zone` names this system's time zone, when it has one that can be the owner's.
    """
    reading = _Reading(environ, env_file, needs)
    values: dict[str, Any] = {setting.field: reading.value_of(setting) for setting in SETTINGS}
    if values["home"] is None:
        values["home"] = default_home()
    if Part.TELEGRAM in needs:
        reading.check_server(values)
        if Part.OWNER in needs:
            reading.check_pace(values)
    if Part.MODEL in needs:
        reading.check_models(values)
    if Part.OWNER in needs:
        reading.check_calendar()
    if Part.OWNER in needs and not reading.is_set("OWNER_TIMEZONE"):
        zone = (system_zone or (lambda: find_system_zone(environ)))()
        if zone is None:
            reading.miss("OWNER_TIMEZONE")
        else:
            values["owner_timezone"] = ZoneInfo(zone)
    if reading.problems:
        raise SettingsError(tuple(reading.problems))
    return Settings(**values, env_file=reading.env_file, notes=tuple(reading.notes))


class _Reading:
    """One reading of the table: the values as they were written, and what is wrong with them."""

    def __init__(self, environ: Mapping[str, str], env_file: Path | None, needs: frozenset[Part]) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self._needs = needs
        self._from_environ = _set_values(environ)
        self.env_file, written = self._read_env_file(env_file)
        self._from_file = _set_values(written)
        self._folder_of_file = self.env_file.resolve().parent if self.env_file else Path.cwd()
        unknown = sorted(set(written) - _TABLE.keys())
        if unknown:
            self.notes.append(f"{self.env_file} holds what is no setting: {', '.join(unknown)}")

    def _read_env_file(self, path: Path | None) -> tuple[Path | None, Mapping[str, str | None]]:
        try:
            if path is None or not path.is_file():
                return None, {}
            # Whole texts only: a `$` in a key is a `$`.
            return path, dotenv_values(stream=io.StringIO(path.read_text(encoding="utf-8-sig")), interpolate=False)
        except OSError as error:
            self.problems.append(f"{path} cannot be read: {error.strerror}")
        except ValueError:
            self.problems.append(f"{path} is not a text in UTF-8")
        return None, {}

    def is_set(self, name: str) -> bool:
        return name in self.written

    @property
    def written(self) -> dict[str, str]:
        return self._from_file | self._from_environ

    def miss(self, name: str) -> None:
        self.problems.append(f"{name} is missing: {_TABLE[name].where}")

    def value_of(self, setting: Setting) -> object:
        """The value as it is to be used; whatever stands in its way becomes a problem, if the setting is needed."""
        is_needed = setting.part in self._needs
        written, folder = self._from_environ.get(setting.name), Path.cwd()
        if written is None:
            written, folder = self._from_file.get(setting.name), self._folder_of_file
        if written is not None:
            try:
                return setting.read(written, folder)
            except ValueError as error:
                if is_needed:
                    self.problems.append(f"{setting.name} {error}")
        elif is_needed and setting.is_required:
            self.miss(setting.name)
        return setting.neutral if setting.default is None else setting.read(setting.default, folder)

    def check_server(self, values: Mapping[str, Any]) -> None:
        """Another server has a key of its own; Telegram itself has hashes of one shape."""
        if self.is_set("TELEGRAM_SERVER"):
            return
        if self.is_set("TELEGRAM_SERVER_KEY"):
            self.problems.append("TELEGRAM_SERVER_KEY is set and TELEGRAM_SERVER is not: set both, or neither")
        if values["api_hash"] and not re.fullmatch(r"[0-9a-fA-F]{32}", values["api_hash"]):
            self.problems.append(f"TELEGRAM_API_HASH has to be 32 digits and letters from a to f: {WHERE_APP}")

    def check_pace(self, values: Mapping[str, Any]) -> None:
        """A server of one's own takes what it takes; Telegram itself does not."""
        most = MESSAGES_PER_MINUTE_ON_TELEGRAM
        if values["messages_per_minute"] > most and not self.is_set("TELEGRAM_SERVER"):
            self.problems.append(
                f"MESSAGES_PER_MINUTE is {values['messages_per_minute']}, and has to be at most {most} on Telegram "
                "itself, which limits accounts that write more"
            )

    def check_models(self, values: dict[str, Any]) -> None:
        """Which key goes to which model; and that each has what it needs."""
        url: str | None = values["openai_base_url"]
        if is_openai(url) and not self.is_set("OPENAI_API_KEY"):
            self.problems.append(
                "OPENAI_API_KEY is missing: get one at https://platform.openai.com/api-keys,"
                " or set OPENAI_BASE_URL to a model of your own, such as http://127.0.0.1:11434/v1"
            )
        for name in ("OPENAI", *(f"FALLBACK_{number}" for number in FALLBACKS), "SPEECH"):
            values[f"{name.lower()}_api_key"] = self._key_to_send(name, values)
        for name in (f"FALLBACK_{number}" for number in FALLBACKS):
            if self.is_set(f"{name}_MODEL"):
                self._check_openai_key(name, values)
            elif beside := [f"{name}_{what}" for what in ("BASE_URL", "API_KEY") if self.is_set(f"{name}_{what}")]:
                self.problems.append(f"{name}_MODEL is missing, though {' and '.join(beside)} is set: set it as well")
        if self.is_set("SPEECH_BASE_URL") and not is_openai(values["speech_base_url"]):
            if not self.is_set("SPEECH_MODEL"):
                self.problems.append("SPEECH_MODEL is missing: write the name its server at SPEECH_BASE_URL goes by")
        else:
            self._check_openai_key("SPEECH", values)
            is_wanted = values["speech_model"] not in (None, NO_SPEECH)
            if is_wanted and not values["speech_api_key"] and not is_openai(url):
                self.problems.append("SPEECH_BASE_URL is missing: write where SPEECH_MODEL answers, or SPEECH_API_KEY")

    def _check_openai_key(self, name: str, values: Mapping[str, Any]) -> None:
        """Who names OpenAI itself in full needs a key of its own."""
        field = name.lower()
        if values[f"{field}_base_url"] and is_openai(values[f"{field}_base_url"]) and not values[f"{field}_api_key"]:
            self.problems.append(f"{name}_API_KEY is missing: OpenAI at {name}_BASE_URL wants one")

    def check_calendar(self) -> None:
        """A CalDAV account is whole or not there at all."""
        missing = [name for name in ("CALDAV_URL", "CALDAV_USERNAME", "CALDAV_PASSWORD") if not self.is_set(name)]
        if 0 < len(missing) < 3:
            self.problems.append(f"{' and '.join(missing)} missing: the CALDAV_ settings are needed all together")

    def _key_to_send(self, name: str, values: Mapping[str, Any]) -> str:
        """A key goes only where its owner meant it to go. One from the shell's environment, often OpenAI's, is not sent
        to another host that .env names, nor the other way round."""
        key_name, url_name = f"{name}_API_KEY", f"{name}_BASE_URL"
        key: str = values[key_name.lower()]
        if is_openai(values[url_name.lower()]):
            return key
        in_environ = key_name in self._from_environ
        if key and in_environ != (url_name in self._from_environ):
            places = ("the environment", ".env") if in_environ else (".env", "the environment")
            self.notes.append(
                f"{key_name} from {places[0]} is not sent to {url_name} from {places[1]}: "
                "to send it there, set both in one place"
            )
            return ""
        return key


def is_openai(url: str | None) -> bool:
    """Is this base URL OpenAI's own? None is."""
    return not url or urlsplit(url).hostname == OPENAI_HOST


def _set_values(raw: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text.strip() for name in _TABLE if (text := raw.get(name)) and text.strip()}


_TABLE = {setting.name: setting for setting in SETTINGS}


def written_settings(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    """Every setting that is set, by name, as it is written: `environ` over the file. Secrets are among them.

    Raises SettingsError when the file cannot be read.
    """
    reading = _Reading(environ, env_file, frozenset())
    if reading.problems:
        raise SettingsError(tuple(reading.problems))
    return reading.written


def default_home() -> Path:
    """The current directory when it has skills/, otherwise the checkout this package lies in."""
    here = Path.cwd()
    return here if (here / "skills").is_dir() else CHECKOUT


def find_env_file(environ: Mapping[str, str]) -> Path:
    """Where `.env` is looked for, whether it is there or not: in USERBOT_HOME if the environment names one."""
    home = environ.get("USERBOT_HOME", "").strip()
    return (find_path(home, Path.cwd()) if home else default_home()) / ".env"


def find_system_zone(environ: Mapping[str, str]) -> str | None:
    """This system's IANA zone. None when it cannot be told, or is UTC: what servers are set to says nothing of
    where their owner lives."""
    named = [environ.get("TZ", "").lstrip(":")]
    for place in (Path("/etc/timezone"), Path("/etc/localtime")):
        try:
            named.append(str(place.resolve()) if place.is_symlink() else place.read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            continue
    zones = available_timezones()
    for name in named:
        zone = name.split("/zoneinfo/")[-1].removeprefix("posix/")
        if zone in zones:
            return None if ZoneInfo(zone).key.removeprefix("Etc/") in _UTC_NAMES else zone
    return None


_UTC_NAMES = frozenset({"UTC", "UCT", "Universal", "Zulu", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich"})
