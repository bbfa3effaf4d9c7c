"""`.help` and `.skills` in words, from the table of commands and the skills as they were loaded."""

from userbot.saved_messages import wording
from userbot.saved_messages.command_table import BUILT_IN, BuiltIn
from userbot.saved_messages.pieces import Desk, one_line
from userbot.saved_messages.when import Language

ABOUT = 160


def help_text(language: Language, desk: Desk, about: str | None = None) -> str:
    """All commands in short; with `about`, the name of one, that one in full."""
    if about is not None and about in BUILT_IN:
        return _in_full(language, BUILT_IN[about], desk.prefix, desk.zone.key)
    lines = [wording.say(language, "help.head", prefix=desk.prefix)]
    lines += [line(language, command, desk.prefix) for command in BUILT_IN.values()]
    return "\n".join([*lines, wording.say(language, "help.reply", prefix=desk.prefix)])


def line(language: Language, command: BuiltIn, prefix: str) -> str:
    """One command with what it does."""
    typed = command.typed(language, prefix, command.arguments)
    return wording.say(language, "help.line", command=typed, what=what(command, language))


def what(command: BuiltIn, language: Language) -> str:
    return wording.say(language, f"help.{command.name}")


def more(language: Language, command: BuiltIn, prefix: str, zone: str) -> str:
    """What there is to know about it."""
    return wording.say(
        language,
        f"more.{command.name}",
        zone=zone,
        undo=wording.command(language, "undo", prefix),
        resume=wording.command(language, "resume", prefix),
        off=BUILT_IN["quiet"].typed(language, prefix, ("выкл", "off")),
    )


def _in_full(language: Language, command: BuiltIn, prefix: str, zone: str) -> str:
    lines = [
        wording.say(language, "help.about", line=line(language, command, prefix)),
        more(language, command, prefix, zone),
    ]
    if any(command.example):
        example = command.typed(language, prefix, command.example)
        lines.append(wording.say(language, "help.example", example=example))
    words = [prefix + word for word in (*command.russian, *command.english) if word != command.word(language)]
    return "\n".join([*lines, wording.say(language, "help.words", words=", ".join(words))])


def skills_text(language: Language, desk: Desk) -> str:
    """What kinds of tasks there are, and what is wrong with which."""
    lines = [wording.say(language, "skills.head")]
    for task_type, skill in desk.skills.by_type.items():
        name = one_line(wording.task_type(language, task_type), 64)
        # What a skill of the owner's own does, its author has written for the model.
        about = f"about.{task_type}"
        shown = wording.say(language, about) if wording.knows(about) else one_line(skill.description, ABOUT)
        lines.append(wording.say(language, "skills.line", name=name, about=shown))
    if desk.skills.faults:
        lines.append(wording.say(language, "skills.faults"))
    for fault in desk.skills.faults:
        key = f"skills.fault.{fault.severity.value}"
        said = {"folder": one_line(fault.folder, 64), "text": one_line(fault.text), "mend": one_line(fault.mend)}
        lines.append(wording.say(language, key, **said))
    return "\n".join(lines)
