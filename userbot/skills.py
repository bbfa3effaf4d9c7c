"""Skills: folders of instructions and schemas, one per task type, read once at the start and never run.

In the flow: the owner's turn picks a skill by task type and fills in its brief; the contact's turn reads its
body and fills in its result. The format is the Agent Skills standard (agentskills.io); ours are the four
metadata keys `userbot.task-type`, `userbot.brief-schema`, `userbot.result-schema`, `userbot.checks` and
`userbot.check-ins`.
A faulty folder never stops the program: it is named in `Skills.faults`, for `userbot doctor` to show.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from userbot.schemas import SchemaError, read_schema, strict_faults, violations
from userbot.tasks.mandate import CHECKS, Mandate, unkept_limits

STANDARD_KEYS = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})
OUR_KEYS = frozenset(
    {
        *("userbot.task-type", "userbot.brief-schema", "userbot.result-schema"),
        *("userbot.checks", "userbot.check-ins"),
    }
)
# The check whose date whoever agreed is asked about, before and after it.
CHECK_INS = "due-date"
# What a contact's conversation can be given at all (`conversation/contact_acts.py`).
CONTACT_TOOLS = frozenset({"reply", "update_conversation", "notify_owner", "ask_owner", "stay_silent"})
MAX_FILE_BYTES = 256_000
MAX_NAME, MAX_DESCRIPTION, MAX_COMPATIBILITY = 64, 1024, 500
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TASK_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TOOL = re.compile(r"[a-z][a-z0-9_]{0,63}")

# What to do about a fault, by the part of the skill it is in.
_FOLDER = "make that folder, or set USERBOT_HOME to where it is"
_FILES = "put the file there, as text in UTF-8 inside the skill's own folder; `userbot skills new` makes an example"
_HEAD = "begin SKILL.md with a line of ---, then `name: ...` and the other keys, then a line of --- again"
_STANDARD = "move it below `metadata:`, or take it out"
_TEXTS = "write it as one text, in quotes"
_NAMED = "name the folder like find-a-plumber, and write the same after `name:`"
_DESCRIPTION = "write `description: ` with what it does and when to use it: one or two sentences, without < and >"
_METADATA = 'below `metadata:` write lines such as `userbot.task-type: "offer"`; docs/skills.md names the keys'
_TYPE = "below `metadata:` write `userbot.task-type: ` and a short word of its own, such as price_offer"
_OTHER_TYPE = "give one of the two another userbot.task-type"
_SCHEMA = 'put a JSON Schema with "type": "object" there, and name it as assets/....schema.json'
_STRICT = "mend it for models that take strict schemas only; docs/skills.md shows a schema that all take"
_CHECK = "name only checks that docs/skills.md lists, and give the result's schema the properties they read"
_CHECK_INS = f"write `userbot.check-ins: {CHECK_INS}` and name {CHECK_INS} after `userbot.checks:` too, or take it out"
_TOOLS = (
    "write tools' names with spaces between, as in `allowed-tools: reply update_conversation ask_owner`; "
    "there are also notify_owner and stay_silent"
)
_BODY = "write below the second --- what the secretary is to do, and when it is done"


class Severity(StrEnum):
    WARNING = "warning"  # loaded all the same
    SKIPPED = "skipped"


@dataclass(frozen=True)
class SkillFault:
    """`folder` is the skill's folder name, `text` what is wrong in it, and `mend` what to write instead."""

    folder: str
    severity: Severity
    text: str
    mend: str


@dataclass(frozen=True)
class Skill:
    """`body` are the instructions for the contact's conversation. `checks` name entries of `mandate.CHECKS`.
    `allowed_tools`: the only tools this skill's task may use; None: no restriction."""

    name: str
    task_type: str
    description: str
    body: str
    brief_schema: Mapping[str, Any]
    result_schema: Mapping[str, Any]
    checks: tuple[str, ...] = ()
    allowed_tools: tuple[str, ...] | None = None
    # Is whoever agreed by a date asked how it stands, before that date and after it?
    check_ins: bool = False

    def check_brief(self, context: object) -> list[str]:
        """What is wrong with a task's context, in short lines for the model to mend its call."""
        return violations(self.brief_schema, context)

    def check_result(self, result: object) -> list[str]:
        """What is wrong with a result's form; `mandate.check_result` holds it against the mandate."""
        return violations(self.result_schema, result)

    def unkept(self, limits: Mandate | None) -> tuple[str, ...]:
        """The limits that this skill's checks and results cannot keep."""
        return unkept_limits(self.checks, limits, self.result_schema)

    @property
    def limitable(self) -> tuple[str, ...]:
        """Properties of the result that limits on named values may name: those a contact may leave open."""
        if "fields" not in self.checks:
            return ()
        properties = self.result_schema.get("properties", {})
        return tuple(name for name, schema in properties.items() if "null" in schema.get("type", ()))


@dataclass(frozen=True)
class Skills:
    by_type: Mapping[str, Skill]
    faults: tuple[SkillFault, ...] = ()


class _Unusable(Exception):
    """This folder cannot become a skill; the text says why."""

    def __init__(self, text: str, mend: str) -> None:
        super().__init__(text)
        self.text, self.mend = text, mend


class _Warnings:
    """What is odd in one folder and keeps its skill from nothing."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.faults: list[SkillFault] = []

    def add(self, text: str, mend: str) -> None:
        self.faults.append(SkillFault(self._folder, Severity.WARNING, text, mend))


def load_skills(folder: Path) -> Skills:
    """Every skill in `folder`, in the order of their names; of two with one task type the first counts."""
    by_type: dict[str, Skill] = {}
    faults: list[SkillFault] = []
    try:
        places = sorted(place for place in folder.iterdir() if place.is_dir() and place.name[0] not in "._")
    except OSError as error:
        return Skills(MappingProxyType({}), (SkillFault(folder.name, Severity.SKIPPED, _reason(error), _FOLDER),))
    for place in places:
        warnings = _Warnings(place.name)
        try:
            skill = _read_skill(place, warnings)
            if skill.task_type in by_type:
                other = by_type[skill.task_type].name
                raise _Unusable(f"task type {skill.task_type} is already that of {other}", _OTHER_TYPE)
        except _Unusable as fault:
            faults.append(SkillFault(place.name, Severity.SKIPPED, fault.text, fault.mend))
            continue
        by_type[skill.task_type] = skill
        faults.extend(warnings.faults)
    return Skills(MappingProxyType(by_type), tuple(faults))


def _read_skill(place: Path, warnings: _Warnings) -> Skill:
    head, body = _split(_read_text(place, "SKILL.md"))
    front = _read_frontmatter(head)
    unknown = sorted(str(key) for key in front if key not in STANDARD_KEYS)
    if unknown:
        warnings.add(f"not in the Agent Skills standard: {_few(unknown)}; own keys go under metadata", _STANDARD)
    description = _read_description(front.get("description"), warnings)
    metadata = _read_metadata(front.get("metadata"), warnings)
    for key, limit in (("license", None), ("compatibility", MAX_COMPATIBILITY)):
        value = front.get(key)
        if value is not None and (not isinstance(value, str) or (limit and len(value) > limit)):
            warnings.add(f"{key} should be a text" + (f" of at most {limit} characters" if limit else ""), _TEXTS)
    task_type = metadata.get("userbot.task-type", "")
    if not _TASK_TYPE.fullmatch(task_type):
        raise _Unusable(
            "metadata userbot.task-type is missing or not of lower-case letters, digits and underscores", _TYPE
        )
    brief_schema = _read_schema_file(place, metadata, "userbot.brief-schema", warnings)
    result_schema = _read_schema_file(place, metadata, "userbot.result-schema", warnings)
    if not body.strip():
        warnings.add("SKILL.md has no instructions below its frontmatter", _BODY)
    checks = _read_checks(metadata.get("userbot.checks", ""), result_schema)
    return Skill(
        name=_read_name(front.get("name"), place.name, warnings),
        task_type=task_type,
        description=description,
        body=body.strip(),
        brief_schema=brief_schema,
        result_schema=result_schema,
        checks=checks,
        allowed_tools=_read_allowed_tools(front, warnings),
        check_ins=_read_check_ins(metadata.get("userbot.check-ins"), checks),
    )


def _read_text(place: Path, relative: str) -> str:
    """A file of the skill. Links are followed before asking where it lies: none leads out of the folder."""
    try:
        home = place.resolve(strict=True)
        path = (home / relative).resolve(strict=True)
        if not path.is_relative_to(home):
            raise _Unusable(f"{relative} lies outside the skill's folder", _FILES)
        if not path.is_file():
            raise _Unusable(f"{relative} is not a file", _FILES)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise _Unusable(f"{relative} is larger than {MAX_FILE_BYTES} bytes", _FILES)
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _Unusable(f"{relative}: {_reason(error)}", _FILES) from error
    except (ValueError, RuntimeError) as error:  # not UTF-8; a NUL in the name; a loop of links
        raise _Unusable(f"{relative} cannot be read as UTF-8 text", _FILES) from error


def _split(text: str) -> tuple[str, str]:
    """Frontmatter and body: the first line is ---, and so is the line that ends the frontmatter."""
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        raise _Unusable("SKILL.md does not start with a line of ---", _HEAD)
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    raise _Unusable("SKILL.md has no second line of --- to end its frontmatter", _HEAD)


def _read_frontmatter(head: str) -> dict[Any, Any]:
    try:
        front = yaml.safe_load(head)
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 2}" if error.problem_mark else ""
        raise _Unusable(f"the frontmatter is not YAML{where}: {error.problem}", _HEAD) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:  # 2026-13-45 is a ValueError
        raise _Unusable("the frontmatter is not YAML", _HEAD) from error
    if not isinstance(front, dict):
        raise _Unusable("the frontmatter is not a list of `key: value`", _HEAD)
    return front


def _read_description(raw: object, warnings: _Warnings) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise _Unusable("description is missing: the model could not tell when to use this skill", _DESCRIPTION)
    if len(raw) > MAX_DESCRIPTION:
        warnings.add(f"description is longer than {MAX_DESCRIPTION} characters", _DESCRIPTION)
    if "<" in raw or ">" in raw:
        warnings.add("description holds angle brackets", _DESCRIPTION)
    return raw.strip()


def _read_name(raw: object, folder: str, warnings: _Warnings) -> str:
    """The folder's name always works as the skill's, so a wrong name costs a warning only."""
    if raw != folder:
        warnings.add("name is not that of the folder; the folder's is used", _NAMED)
    elif not _NAME.fullmatch(folder) or len(folder) > MAX_NAME:
        warnings.add(
            f"name should be at most {MAX_NAME} lower-case letters and digits, joined by single hyphens", _NAMED
        )
    return folder


def _read_metadata(raw: object, warnings: _Warnings) -> dict[str, str]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise _Unusable("metadata is not a list of `key: value`", _METADATA)
    texts = {key: value for key, value in raw.items() if isinstance(key, str) and isinstance(value, str)}
    odd = sorted(str(key) for key in raw if key not in texts)
    if OUR_KEYS.intersection(odd):
        raise _Unusable(f"metadata values must be texts, in quotes where needed: {_few(odd)}", _METADATA)
    if odd:
        warnings.add(f"metadata values should be texts, in quotes where needed: {_few(odd)}", _METADATA)
    unknown = sorted(key for key in texts if key.startswith("userbot.") and key not in OUR_KEYS)
    if unknown:
        warnings.add(f"unknown metadata: {_few(unknown)}", _METADATA)
    return texts


def _read_schema_file(place: Path, metadata: Mapping[str, str], key: str, warnings: _Warnings) -> Mapping[str, Any]:
    relative = metadata.get(key, "")
    if not relative:
        raise _Unusable(f"metadata {key} is missing", _SCHEMA)
    parts = Path(relative).parts
    if parts[0] != "assets" or ".." in parts:
        raise _Unusable(f"metadata {key} must be a path under assets/", _SCHEMA)
    try:
        schema = read_schema(_read_text(place, relative))
    except SchemaError as error:
        raise _Unusable(f"{relative}: {error}", _SCHEMA) from error
    for fault in strict_faults(schema):
        warnings.add(f"{relative}: {fault}", _STRICT)
    return schema


def _read_checks(raw: str, result_schema: Mapping[str, Any]) -> tuple[str, ...]:
    """A check that cannot run is a promise to the owner that nobody keeps: such a skill is not loaded."""
    names = tuple(dict.fromkeys(raw.split()))
    for name in names:
        if name not in CHECKS:
            raise _Unusable(f"unknown check {name[:64]}: there are {', '.join(sorted(CHECKS))}", _CHECK)
        properties = result_schema.get("properties", {})
        missing = [read for read in CHECKS[name].reads if read not in properties]
        if missing:
            raise _Unusable(f"the check {name} needs these properties of the result: {', '.join(missing)}", _CHECK)
    return names


def _read_check_ins(raw: str | None, checks: tuple[str, ...]) -> bool:
    if raw is None:
        return False
    if raw.strip() != CHECK_INS or CHECK_INS not in checks:
        raise _Unusable(f"userbot.check-ins must be {CHECK_INS}, which the skill has to check", _CHECK_INS)
    return True


def _read_allowed_tools(front: Mapping[Any, Any], warnings: _Warnings) -> tuple[str, ...] | None:
    """A restriction that cannot be understood must not be dropped, so a wrong one keeps the skill out."""
    if "allowed-tools" not in front:
        return None
    raw = front["allowed-tools"]
    if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        warnings.add("allowed-tools should be one text of names with spaces between", _TOOLS)
        raw = " ".join(raw)
    if not isinstance(raw, str) or not raw.strip():
        raise _Unusable("allowed-tools is empty: name the tools, or leave the key out for no restriction", _TOOLS)
    names = tuple(dict.fromkeys(raw.split()))
    odd = [name for name in names if not _TOOL.fullmatch(name)]
    if odd:
        raise _Unusable(f"allowed-tools holds what is no tool's name: {_few(odd)}", _TOOLS)
    if unknown := [name for name in names if name not in CONTACT_TOOLS]:
        warnings.add(f"allowed-tools names what is no tool of this program: {_few(unknown)}", _TOOLS)
    if missing := [name for name in ("reply", "update_conversation") if name not in names]:
        warnings.add(f"allowed-tools leaves out {' and '.join(missing)}: such a task cannot end well", _TOOLS)
    return names


def _few(names: Iterable[str]) -> str:
    named = [name[:64] for name in names]
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")


def _reason(error: OSError) -> str:
    """Why, without the path: that one the caller names as the owner wrote it."""
    return error.strerror or type(error).__name__
