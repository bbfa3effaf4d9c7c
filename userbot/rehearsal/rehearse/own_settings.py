"""What a rehearsal takes of the owner's settings: those of the model, and how people are dealt with. Never the login,
the calendar, or the speech model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from userbot.config import Settings, read_settings, written_settings
from userbot.model.endpoint import read_endpoint
from userbot.settings_table import SETTINGS, Part

_NEVER = frozenset({"CALENDAR_URL", "CALDAV_URL", "CALDAV_USERNAME", "CALDAV_PASSWORD"})
_NO_SPEECH = {"SPEECH_MODEL": "off"}
# Nobody rehearses to wait; bursts still are gathered.
_SHORTENED = {"QUIET_SECONDS": "2", "HOLD_SECONDS": "0", "REPLY_DELAY_MAX_SECONDS": "0", "QUIET_HOURS": "off"}


@dataclass(frozen=True)
class OwnSettings:
    """`by_name`: as they are written, keys among them; `read`: the same, read."""

    by_name: Mapping[str, str]
    read: Settings

    @property
    def is_local(self) -> bool:
        """Do all its models stay with the owner?"""
        return all(read_endpoint(model).is_local for model in self.read.models)


def take_settings(environ: Mapping[str, str], env_file: Path | None, *, as_set: bool) -> OwnSettings:
    """`as_set`: also the pauses and quiet hours. Raises SettingsError naming what is missing or wrong."""
    written = written_settings(environ, env_file)
    read = read_settings(environ, env_file, needs=frozenset({Part.HOME, Part.MODEL, Part.OWNER}))
    wanted = {setting.name for setting in SETTINGS if setting.part in (Part.MODEL, Part.OWNER)} - _NEVER
    by_name = {name: value for name, value in written.items() if name in wanted and not name.startswith("SPEECH_")}
    by_name |= _NO_SPEECH | ({} if as_set else _SHORTENED)
    # It may be that of this system, and a recording is played on another one.
    by_name["OWNER_TIMEZONE"] = read.owner_timezone.key
    return OwnSettings(by_name, read)
