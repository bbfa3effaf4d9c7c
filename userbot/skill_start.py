"""`userbot skills new NAME`: a folder to start a skill of one's own from. It loads as it is; docs/skills.md goes on."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from userbot.errors import OwnerMustAct
from userbot.skills import MAX_NAME, load_skills

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Skills are no secret, and a container reads them as another user.
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644

_SKILL = """\
---
# Lines that start with # are for you: no model reads them. Take them out when you are done.
# The folder's name, in lower case with hyphens.
name: {name}
# Your own model picks a skill by this line: say what it does, and when to use it.
description: Asks a contact about one thing and brings back the answer. Use when the owner says so ({title}).
# The only tools it may use; leave the line out for all of them: notify_owner and stay_silent too.
# allowed-tools: reply update_conversation ask_owner
metadata:
  # A short word of its own: what tasks of this kind are called.
  userbot.task-type: {task_type}
  # What may be told to the contact, filled in by your own model from your words.
  userbot.brief-schema: assets/brief.schema.json
  # What the conversation has to bring back.
  userbot.result-schema: assets/result.schema.json
  # What code holds a result to: fields, price, due-date, no-conditions, meeting-time, brief-choice.
  userbot.checks: fields
  # With the check due-date: whoever promised something by a date is asked how it stands, before and after it.
  # userbot.check-ins: due-date
---
# {title}

Goal: an answer that the owner can use without reading the dialog.

**Ask.** Say what it is about (`subject`), with only as much of `details` as they need. One question per message.

**Read their answer.** If a part is missing, thank them for what is there and ask only for the rest. If they want time,
thank them and wait. A question that the brief does not answer goes to `ask_owner`.

**Record.** As soon as the answer is clear, call `update_conversation` with status `completed`, the result, and in
`evidence` the ids of their messages that say so. Read what comes back before you write to them:
- Accepted: thank them in one short sentence.
- The owner has to be asked: say that you will come back to it.
- Error: mend what it names, or ask them.

**No.** If they clearly do not want to, thank them, do not press, and call `update_conversation` with status
`cancelled` and `result` null.
"""


def _object(description: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_BRIEF = _object(
    "What the contact may be told. Nothing private: limits and reasons that are not for the contact stay out.",
    subject={"type": "string", "description": "What it is about, as the contact may hear it"},
    details={"type": ["string", "null"], "description": "What the contact needs to know to answer"},
)
_RESULT = _object(
    "What the contact said.",
    answer={
        "type": ["string", "null"],
        "description": "The whole answer, in the owner's language; null: none was given",
    },
    number={
        "type": ["number", "null"],
        "description": "The answer as a number, if it is one: 1500, not '1.5 thousand'",
    },
    summary={"type": "string", "description": "One or two sentences for the owner, in the owner's language"},
)


def start_skill(skills: Path, name: str) -> Path:
    """A new folder in `skills` that loads without any fault; its path.

    Raises OwnerMustAct for a name that no skill may have or that is taken, and where nothing can be written.
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise OwnerMustAct(
            f"{name!r} cannot be a skill's name: take at most {MAX_NAME} lower-case letters and digits, a letter "
            "first, words joined by single hyphens, such as price-offer"
        )
    place, task_type = skills / name, name.replace("-", "_")
    if place.exists() or place.is_symlink():
        raise OwnerMustAct(f"{place} is there already: choose another name, or edit that one")
    if other := load_skills(skills).by_type.get(task_type):
        raise OwnerMustAct(f"tasks of the skill {other.name} are called {task_type} already: choose another name")
    title = name.replace("-", " ").capitalize()
    files = {
        "SKILL.md": _SKILL.format(name=name, title=title, task_type=task_type),
        "assets/brief.schema.json": json.dumps(_BRIEF, indent=2) + "\n",
        "assets/result.schema.json": json.dumps(_RESULT, indent=2) + "\n",
    }
    try:
        for folder in (place, place / "assets"):
            folder.mkdir()
            folder.chmod(_FOLDER_MODE)
        for path, text in files.items():
            (place / path).write_text(text, encoding="utf-8")
            (place / path).chmod(_FILE_MODE)
    except OSError as error:
        raise OwnerMustAct(f"{place} cannot be written: {error.strerror}") from error
    return place
