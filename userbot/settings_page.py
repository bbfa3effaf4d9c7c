"""docs/settings.md, made of the table of settings and of the words here: when to change which.

`make pages` writes that page and `.env.example` anew; tests hold both equal to the table.
"""

import argparse
from pathlib import Path

from userbot.settings_table import SETTINGS, Part, Setting, example_env

CHECKOUT = Path(__file__).resolve().parent.parent

HEAD = """\
# Settings

This page is made from the code by `make pages`: do not edit it by hand.

Settings are read once, at the start, from the environment and from a file `.env` in the home folder (`cp .env.example
.env`, then `chmod 600 .env`). The environment wins. An empty value is an unset one. What is missing or wrong is named
at the start, all of it at once, and nothing runs until it is mended; `userbot doctor` says the same. After a change,
start the program anew.

Needed are `TELEGRAM_API_ID` and `TELEGRAM_API_HASH`, `OPENAI_API_KEY` or `OPENAI_BASE_URL`, and `OWNER_TIMEZONE` where
the system's own zone is plain UTC or cannot be told. Everything else has a default that is meant to be right.
"""

_TITLES = {Part.TELEGRAM: "Telegram", Part.MODEL: "The model", Part.OWNER: "The owner", Part.HOME: "Where things lie"}
_COLUMNS = "| setting | default | what it does | when to change it |\n| --- | --- | --- | --- |\n"
_FALLBACK_MODEL = "You want an answer while the models before it are away: docs/models.md."
_FALLBACK_URL = "That model answers somewhere else than the first one."
_FALLBACK_KEY = "Its server wants a key of its own."
_TASK_ENDS = "Your tasks rest in the middle of an ordinary dialog, or you want to know sooner that one goes nowhere."
_DAY_ENDS = "Tasks wait for the next day though all is well, or you want a lower limit for a bad day."

WHEN = {
    "TELEGRAM_API_ID": "Once, before the first login.",
    "TELEGRAM_API_HASH": "Once, before the first login.",
    "TELEGRAM_PHONE": "Before the first login, or when your account's number changes.",
    "TELEGRAM_SERVER": "Tests only.",
    "TELEGRAM_SERVER_KEY": "Together with TELEGRAM_SERVER.",
    "TELEGRAM_DC": "Together with TELEGRAM_SERVER.",
    "OPENAI_API_KEY": "Once, or when you change the platform or the key.",
    "OPENAI_BASE_URL": "The model is not OpenAI's own: docs/models.md has an example for each server.",
    "OPENAI_MODEL": "Another model is better, cheaper, or yours; or `userbot doctor` says that this one is shut down.",
    "LLM_API": "`userbot doctor` says that the model cannot be spoken to. Nobody else needs to.",
    "MODEL_TIMEOUT_SECONDS": "Answers of a model at home are cut off for want of time.",
    "FALLBACK_1_MODEL": _FALLBACK_MODEL,
    "FALLBACK_1_BASE_URL": _FALLBACK_URL,
    "FALLBACK_1_API_KEY": _FALLBACK_KEY,
    "FALLBACK_2_MODEL": _FALLBACK_MODEL,
    "FALLBACK_2_BASE_URL": _FALLBACK_URL,
    "FALLBACK_2_API_KEY": _FALLBACK_KEY,
    "FALLBACK_3_MODEL": _FALLBACK_MODEL,
    "FALLBACK_3_BASE_URL": _FALLBACK_URL,
    "FALLBACK_3_API_KEY": _FALLBACK_KEY,
    "FALLBACK_TO_CLOUD": "Your model is at home, and an answer matters more to you than that nothing leaves the house.",
    "SPEECH_MODEL": "Speech is to be understood by another model, or by none.",
    "SPEECH_BASE_URL": "Speech is understood at home, or by another platform.",
    "SPEECH_API_KEY": "That server wants a key.",
    "OWNER_TIMEZONE": "Always, in Docker and on servers set to UTC; elsewhere when you live by other clocks than the "
    "machine, or travel for long.",
    "OWNER_LANGUAGE": "It speaks to you in the wrong language.",
    "COMMAND_PREFIX": "You often begin notes in Saved Messages with a dot.",
    "QUIET_SECONDS": "It answers before people have finished writing (more), or seems slow (less).",
    "DIALOG_LINES": "The model forgets what was said (more), or has a short context or a high price (fewer).",
    "RESUME_AFTER_HOURS": "You often write a word yourself and forget to hand the dialog back.",
    "APPROVAL_MODE": "You want to read messages before anybody else does. `draft` is a good first week.",
    "APPROVAL_HOURS": "You look at Saved Messages less often than once a day.",
    "FOLLOW_UPS": "You want people reminded more often, or never.",
    "FOLLOW_UP_HOURS": "Your contacts answer faster or slower than in a day.",
    "CHECK_INS": "You ask people yourself whether they are done.",
    "HOLD_SECONDS": "You want more time to say .stop.",
    "MESSAGES_PER_MINUTE": "Telegram limits the account: lower it. Higher is not safer.",
    "FIRST_CONTACTS_PER_DAY": "You write to strangers only now and then: lower it. Higher risks the account.",
    "TURNS_PER_TASK": _TASK_ENDS,
    "MESSAGES_PER_TASK": _TASK_ENDS,
    "TOKENS_PER_TASK": _TASK_ENDS,
    "DOLLARS_PER_TASK": _TASK_ENDS,
    "INCOMING_MESSAGES_PER_DAY": "One of your contacts writes very much.",
    "INCOMING_CHARS_PER_DAY": "One of your contacts writes very long messages.",
    "TURNS_PER_DAY": _DAY_ENDS,
    "MESSAGES_PER_DAY": _DAY_ENDS,
    "TOKENS_PER_DAY": _DAY_ENDS,
    "DOLLARS_PER_DAY": _DAY_ENDS,
    "DIGEST_AT": "You would rather look once a day than at every card.",
    "VOICE_COMMANDS": "You like to speak your commands, and every voice note to yourself may go to the speech server.",
    "PICTURES": "Your model takes pictures, and your contacts send what matters as one.",
    "REPLY_DELAY_MAX_SECONDS": "Answers feel too slow (less), or too fast to be a person's (more).",
    "SHOW_TYPING": "Contacts should not see that an answer is on its way.",
    "QUIET_HOURS": "You or your contacts keep other hours.",
    "MARK_READ": "Dialogs that it has answered should not stand unread in your list.",
    "CALENDAR_URL": "It should know when you are busy, and reading is enough.",
    "CALDAV_URL": "It should know when you are busy, and write meetings down.",
    "CALDAV_USERNAME": "Together with CALDAV_URL.",
    "CALDAV_PASSWORD": "Together with CALDAV_URL.",
    "LOG_LEVEL": "Somebody is to look for a fault. Set it back then: at DEBUG the log is as private as the dialogs.",
    "USERBOT_HOME": "Data and session lie apart from the program, as under systemd, or this disk keeps no rights.",
}


def settings_page() -> str:
    """The text of docs/settings.md; a test keeps the file equal to it."""
    parts = [HEAD]
    for part, title in _TITLES.items():
        parts.append(f"\n## {title}\n\n{_COLUMNS}")
        parts += [_row(setting) for setting in SETTINGS if setting.part is part]
    return "".join(parts)


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default is not None else "needed" if setting.is_required else "empty"
    cells = (f"`{setting.name}`", default, setting.about, WHEN.get(setting.name, ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def write_pages(folder: Path) -> None:
    """Both files that are made from the table, below `folder`."""
    (folder / ".env.example").write_text(example_env(), encoding="utf-8")
    (folder / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    write_pages(CHECKOUT)
