"""`.lang` and `.quiet`: what the owner sets from Saved Messages, kept in the database, and how it is told.

An answer's payload holds what was set before, so that `.undo` can put it back.
"""

from typing import Any, Literal

from userbot.saved_messages import when, wording
from userbot.saved_messages.command_table import BUILT_IN, Typed
from userbot.saved_messages.pieces import Desk
from userbot.saved_messages.when import Language
from userbot.store import preferences

OF = "preference"


def carry_out(typed: Typed) -> dict[str, Any]:
    """Set what the command says; the payload of the answer to it."""
    payload: dict[str, Any] = {"of": OF, "name": typed.name, "is_clear": typed.is_clear}
    if typed.language is not None:
        payload["before"] = preferences.kept("lang")
        preferences.set_language(typed.language)
    elif typed.hours is not None:
        payload["before"] = preferences.kept("quiet")
        preferences.set_quiet_hours(None if typed.hours == "off" else typed.hours)
    return payload


def put_back(payload: dict[str, Any]) -> str | None:
    """Undo what this answer was about: the command's name; None where nothing was set."""
    if payload.get("of") != OF or "before" not in payload:
        return None
    name: Literal["quiet", "lang"] = payload["name"]
    preferences.put_back(name, payload["before"])
    return name


def render(language: Language, payload: dict[str, Any], desk: Desk) -> str:
    name = str(payload["name"])
    if not payload.get("is_clear"):
        return wording.say(language, f"{name}.which", **_examples(language, name, desk))
    return text(language, name, desk)


def text(language: Language, name: str, desk: Desk) -> str:
    """What is set now."""
    examples = _examples(language, name, desk)
    if name == "lang":
        set_to = preferences.language()
        shown = wording.say(language, f"lang.{set_to or language}")
        if set_to is None:
            shown = wording.say(language, "lang.unset", shown=shown)
        return wording.say(language, "lang.is", shown=shown, example=examples["example"])
    hours = desk.manners.quiet_hours()
    if hours is None:
        return wording.say(language, "quiet.none", example=examples["example"])
    shown = when.hours(hours.start, hours.end)
    return wording.say(language, "quiet.is", hours=shown, zone=desk.zone.key, off=examples["off"])


def _examples(language: Language, name: str, desk: Desk) -> dict[str, str]:
    command = BUILT_IN[name]
    return {
        "example": command.typed(language, desk.prefix, command.example),
        "off": command.typed(language, desk.prefix, ("выкл", "off")),
    }
