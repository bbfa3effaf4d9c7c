"""The settings: one table of them, read once at the start from the environment and from `.env`.

The table drives the reading, the messages about what is missing or wrong, and `.env.example`. What a command
does not need is not asked for: a field that nobody needed holds a neutral value.
"""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

from userbot.errors import OwnerMustAct
from userbot.settings_table import SETTINGS, WHERE_APP, Part, ServerAddress, Setting, find_path

if TYPE_CHECKING:
    from userbot.model.client import ModelSettings

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
    `openai_api_key` is already the one to send to `openai_base_url`, or empty.
    """

    api_id: int
    api_hash: str = field(repr=False)
    phone: str | None
    telegram_server: ServerAddress | None
    telegram_server_key: str | None
    telegram_dc: int
    openai_api_key: str = field(repr=False)
    openai_base_url: str | None
    openai_model: str
    llm_api: Literal["auto", "chat", "responses"]
    owner_timezone: ZoneInfo
    owner_language: Literal["auto", "ru", "en"]
    command_prefix: str
    quiet_s: float
    dialog_lines: int
    resume_after_hours: float
    messages_per_minute: int
    first_contacts_per_day: int
    tokens_per_day: int
    dollars_per_day: float
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
    def model_settings(self) -> "ModelSettings":
        # Importing the model room costs half a second, which `userbot status` need not pay.
        from userbot.model.client import ModelSettings

        return ModelSettings(self.openai_model, self.openai_api_key, self.openai_base_url, self.llm_api)


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
        values["openai_api_key"] = reading.key_to_send(values)
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
        return name in self._from_environ or name in self._from_file

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

    def key_to_send(self, values: Mapping[str, Any]) -> str:
        """A key goes only where its owner meant it to go. One from the shell's environment, often OpenAI's, is not sent
        to another host that .env names, nor the other way round."""
        key: str = values["openai_api_key"]
        url: str | None = values["openai_base_url"]
        if not self.is_set("OPENAI_BASE_URL") or (url and urlsplit(url).hostname == OPENAI_HOST):
            if not self.is_set("OPENAI_API_KEY"):
                self.problems.append(
                    "OPENAI_API_KEY is missing: get one at https://platform.openai.com/api-keys,"
                    " or set OPENAI_BASE_URL to a model of your own, such as http://127.0.0.1:11434/v1"
                )
            return key
        in_environ = "OPENAI_API_KEY" in self._from_environ
        if key and in_environ != ("OPENAI_BASE_URL" in self._from_environ):
            places = ("the environment", ".env") if in_environ else (".env", "the environment")
            self.notes.append(
                f"OPENAI_API_KEY from {places[0]} is not sent to OPENAI_BASE_URL from {places[1]}: "
                "to send it there, set both in one place"
            )
            return ""
        return key


def _set_values(raw: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text.strip() for name in _TABLE if (text := raw.get(name)) and text.strip()}


_TABLE = {setting.name: setting for setting in SETTINGS}


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
