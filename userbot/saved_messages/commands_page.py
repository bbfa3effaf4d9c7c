"""docs/commands.md, written from the table of commands: what the owner may type, for whoever reads the docs.

A test keeps the file equal. To write it anew: `python -m userbot.saved_messages.commands_page > docs/commands.md`.
"""

import argparse
import sys

from userbot.saved_messages import help_text
from userbot.saved_messages.command_table import BUILT_IN, LANGUAGES, MODES, BuiltIn

_PREFIX = "."
_ZONE = "OWNER_TIMEZONE"

_HEAD = """# Commands

What you type in Saved Messages. This page is written from the code (`userbot/saved_messages/command_table.py`).

A command starts with the prefix, `.` unless `COMMAND_PREFIX` says otherwise. Whatever is no built-in command goes to
your secretary as it stands: `. meet @name tomorrow between 12 and 20, for an hour`. Several people in one command make
several tasks: `. write to @one about the meeting, and remind @two of the report`. One meeting with all of them
is asked for as such: `. find an hour this week for me, @one and @two`; `.stop` for one of its tasks stops it for all. A
note that only looks like a command starts with the prefix twice: `..`. Everything else in Saved Messages is yours and
is not read.

A reply to a card is for that task: how to go on, an answer to its question, yes or no. A built-in command in reply to a
card is for that task too, without its number.

What was agreed can be called off or moved while it is ahead: `. cancel the meeting with @name, say that I am ill`, or a
reply to its card: `cancel`, `move it to Friday`. The contact is told, politely and once; a meeting that is called off
leaves your calendar at once, one that is moved stays there until another time is agreed. The same goes for what
somebody has taken on. `.stop` does none of this: it tells nobody anything.

Built-in commands are done at once and need no model. Both languages always work. What is mistyped does nothing, and the
nearest command is suggested.
"""


def page() -> str:
    parts = [_HEAD, _table(), *(_in_full(command) for command in BUILT_IN.values())]
    return "\n".join(parts)


def _table() -> str:
    lines = ["| command | in Russian | what it does |", "| --- | --- | --- |"]
    for command in BUILT_IN.values():
        english, russian = (command.typed(language, _PREFIX, command.arguments) for language in ("en", "ru"))
        what = help_text.what(command, "en")
        lines.append(f"| `{english}` | `{russian}` | {what} |")
    return "\n".join([*lines, ""])


def _in_full(command: BuiltIn) -> str:
    lines = [f"## {_PREFIX}{command.word('en')}", "", help_text.more("en", command, _PREFIX, _ZONE)]
    words = [f"`{_PREFIX}{word}`" for word in (*command.russian, *command.english) if word != command.word("en")]
    lines += ["", f"Also: {', '.join(words)}."]
    if any(command.example):
        english, russian = (command.typed(language, _PREFIX, command.example) for language in ("en", "ru"))
        lines.append(f"For example `{english}`, `{russian}`.")
    choices = {"mode": MODES, "lang": LANGUAGES}.get(command.name, {})
    for value in dict.fromkeys(choices.values()):
        lines.append(f"`{value}` may be typed as {', '.join(f'`{w}`' for w, v in choices.items() if v == value)}.")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.stdout.write(page())
