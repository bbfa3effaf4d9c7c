"""Protects the skills folder: a good skill loads as written, a bad one is named and stops nothing else."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from userbot.conversation import checkins
from userbot.conversation.contact_acts import contact_tools
from userbot.skills import CONTACT_TOOLS, Severity, Skill, Skills, load_skills
from userbot.tasks.mandate import VerdictKind, check_result

SHIPPED = Path(__file__).parent.parent / "skills"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"topic": {"type": "string"}},
    "required": ["topic"],
    "additionalProperties": False,
}
METADATA = """\
metadata:
  userbot.task-type: favour
  userbot.brief-schema: assets/brief.schema.json
  userbot.result-schema: assets/result.schema.json
"""
HEAD = "name: ask-favour\ndescription: Asks for a favour.\n" + METADATA


def write(
    home: Path,
    head: str = HEAD,
    folder: str = "ask-favour",
    body: str = "Ask nicely.",
    schema: str | None = None,
) -> Path:
    """A skill's folder under `home`, right unless told otherwise."""
    place = home / folder
    (place / "assets").mkdir(parents=True)
    (place / "SKILL.md").write_text(f"---\n{head}---\n{body}\n", encoding="utf-8")
    for name in ("brief", "result"):
        (place / "assets" / f"{name}.schema.json").write_text(schema or json.dumps(SCHEMA), encoding="utf-8")
    return place


def only_fault(skills: Skills) -> str:
    assert len(skills.faults) == 1, skills.faults
    assert skills.faults[0].mend
    return skills.faults[0].text


def assert_skipped(skills: Skills, said: str, folder: str = "ask-favour") -> None:
    assert [(fault.folder, fault.severity) for fault in skills.faults] == [(folder, Severity.SKIPPED)]
    assert said in only_fault(skills)
    assert len(only_fault(skills)) < 400
    assert all(skill.name != folder for skill in skills.by_type.values())


def test_a_right_skill_loads_as_it_is_written(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "license: MIT\ncompatibility: any\nallowed-tools: reply update_conversation\n")
    skills = load_skills(tmp_path)
    assert skills.faults == ()
    assert dict(skills.by_type) == {
        "favour": Skill(
            name="ask-favour",
            task_type="favour",
            description="Asks for a favour.",
            body="Ask nicely.",
            brief_schema=SCHEMA,
            result_schema=SCHEMA,
            checks=(),
            allowed_tools=("reply", "update_conversation"),
        )
    }


def test_no_restriction_on_tools_is_not_a_restriction_to_none(tmp_path: Path) -> None:
    write(tmp_path)
    assert load_skills(tmp_path).by_type["favour"].allowed_tools is None


def test_the_tools_that_skills_may_name_are_those_there_are() -> None:
    assert {tool.name for tool in contact_tools([1], [SCHEMA])} == CONTACT_TOOLS


def test_windows_line_ends_a_byte_order_mark_and_rules_in_the_body_are_read(tmp_path: Path) -> None:
    place = write(tmp_path)
    text = f"\ufeff---\n{HEAD}---\n\nFirst.\n\n---\n\nSecond.\n".replace("\n", "\r\n")
    (place / "SKILL.md").write_bytes(text.encode())
    skills = load_skills(tmp_path)
    assert skills.faults == ()
    assert skills.by_type["favour"].body == "First.\n\n---\n\nSecond."


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD.replace("ask-favour", "favours"), "name is not that of the folder"),
        (HEAD.replace("name: ask-favour\n", ""), "name is not that of the folder"),
        (HEAD.replace("Asks", "Asks <b>"), "angle brackets"),
        (HEAD.replace("Asks", "Asks " * 300), "longer than 1024"),
        (HEAD + "version: 2\nauthor: me\n", "not in the Agent Skills standard: author, version"),
        (HEAD + "  version: 1.0\n", "metadata values should be texts, in quotes where needed: version"),
        (HEAD + "  userbot.colour: red\n", "unknown metadata: userbot.colour"),
        (HEAD + "license: 3\n", "license should be a text"),
        (HEAD + f"compatibility: {'x' * 501}\n", "compatibility should be a text of at most 500"),
        (HEAD + "allowed-tools: [reply, update_conversation]\n", "one text of names"),
        (HEAD + "allowed-tools: reply\n", "leaves out update_conversation"),
        (HEAD + "allowed-tools: reply update_conversation send_money\n", "no tool of this program: send_money"),
    ],
)
def test_a_cosmetic_fault_is_a_warning_and_the_skill_loads(tmp_path: Path, head: str, said: str) -> None:
    write(tmp_path, head)
    skills = load_skills(tmp_path)
    assert skills.faults[0].severity is Severity.WARNING
    assert said in only_fault(skills)
    assert skills.by_type["favour"].name == "ask-favour"


def test_a_folder_name_against_the_standard_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, HEAD.replace("ask-favour", "Ask--Favour"), folder="Ask--Favour")
    assert "lower-case letters and digits, joined by single hyphens" in only_fault(load_skills(tmp_path))


def test_a_skill_without_instructions_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, body="  ")
    assert "no instructions" in only_fault(load_skills(tmp_path))


def test_a_schema_that_strict_endpoints_refuse_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, schema=json.dumps({"type": "object", "properties": {"topic": {"type": "string"}}}))
    skills = load_skills(tmp_path)
    assert "favour" in skills.by_type
    assert {fault.severity for fault in skills.faults} == {Severity.WARNING}
    assert any("must be required" in fault.text for fault in skills.faults)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD.replace("description: Asks for a favour.\n", ""), "description is missing"),
        (HEAD.replace("Asks for a favour.", ""), "description is missing"),
        (HEAD.replace("Asks for a favour.", "[1]"), "description is missing"),
        ("name: [unclosed\n", "not YAML at line"),
        ("name: \tx: y: z\n", "not YAML"),
        ("name: 2026-13-45\n", "not YAML"),
        ("name: !!python/object/apply:os.system [id]\n", "not YAML"),
        ("? [1]\n: 2\n", "not YAML"),
        ("[" * 5000 + "\n", "not YAML"),
        ("name: \x01\n", "not YAML"),
        ("just a line\n", "not a list of"),
        ("", "not a list of"),
        ("name: ask-favour\ndescription: x\n", "userbot.task-type is missing"),
        ("name: ask-favour\ndescription: x\nmetadata: [a]\n", "metadata is not a list of"),
        (HEAD.replace("favour\n  userbot.brief", "Big Favour\n  userbot.brief"), "userbot.task-type"),
        (HEAD.replace(": favour\n", ": 7\n"), "must be texts"),
        (HEAD.replace("  userbot.brief-schema: assets/brief.schema.json\n", ""), "brief-schema is missing"),
        (HEAD.replace("assets/brief.schema.json", "assets/none.json"), "assets/none.json: No such file"),
        (HEAD.replace("assets/brief.schema.json", "assets"), "assets is not a file"),
        (HEAD.replace("assets/brief.schema.json", "brief.schema.json"), "must be a path under assets/"),
        (HEAD.replace("assets/brief.schema.json", "/etc/passwd"), "must be a path under assets/"),
        (HEAD.replace("assets/brief.schema.json", "assets/../../x.json"), "must be a path under assets/"),
        (HEAD.replace("assets/brief.schema.json", '"assets/\\0"'), "cannot be read"),
        (HEAD + "  userbot.checks: meeting-time no-such\n", "the check meeting-time needs these properties"),
        (
            HEAD + "  userbot.checks: no-such\n",
            "unknown check no-such: there are brief-choice, due-date, fields, meeting-time",
        ),
        (HEAD + "  userbot.check-ins: due-date\n", "check-ins must be due-date, which the skill has to check"),
        (HEAD + "  userbot.check-ins: twice\n", "check-ins must be due-date"),
        (HEAD + "allowed-tools:\n", "allowed-tools is empty"),
        (HEAD + "allowed-tools: ''\n", "allowed-tools is empty"),
        (HEAD + "allowed-tools: reply, stay_silent\n", "no tool's name: reply,"),
        (HEAD + "allowed-tools: {reply: true}\n", "allowed-tools is empty"),
    ],
)
def test_an_unusable_skill_is_skipped_and_named(tmp_path: Path, head: str, said: str) -> None:
    write(tmp_path, head)
    assert_skipped(load_skills(tmp_path), said)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{", "assets/brief.schema.json: not JSON at line 1"),
        ('{"type": "array"}', '"type": "object"'),
        ('{"type": "object", "required": 1}', "not a JSON Schema"),
        ('{"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}', "without a $ref"),
        (" " * 300_000, "larger than"),
    ],
)
def test_an_unusable_schema_skips_its_skill(tmp_path: Path, schema: str, said: str) -> None:
    write(tmp_path, schema=schema)
    assert_skipped(load_skills(tmp_path), said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "does not start with"),
        (b"# no frontmatter\n", "does not start with"),
        (b"---\nname: x\n", "no second line"),
        (b"---\n\xff\xfe\n---\n", "cannot be read as UTF-8"),
        (None, "SKILL.md: No such file"),
    ],
)
def test_a_skill_file_that_cannot_be_read_skips_its_skill(tmp_path: Path, content: bytes | None, said: str) -> None:
    place = write(tmp_path)
    (place / "SKILL.md").unlink()
    if content is not None:
        (place / "SKILL.md").write_bytes(content)
    assert_skipped(load_skills(tmp_path), said)


def test_a_link_does_not_lead_out_of_the_skills_folder(tmp_path: Path) -> None:
    """A skill from elsewhere must not put a file of the owner's into a prompt."""
    secret = tmp_path / "session.json"
    secret.write_text(json.dumps(SCHEMA))
    place = write(tmp_path / "skills")
    (place / "assets" / "brief.schema.json").unlink()
    (place / "assets" / "brief.schema.json").symlink_to(secret)
    assert_skipped(load_skills(tmp_path / "skills"), "lies outside")
    (place / "assets" / "brief.schema.json").unlink()
    (place / "assets" / "brief.schema.json").symlink_to("brief.schema.json")  # itself, for ever
    assert len(load_skills(tmp_path / "skills").faults) == 1


def test_of_two_skills_with_one_task_type_the_first_counts(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, HEAD.replace("ask-favour", "beg-favour"), folder="beg-favour")
    skills = load_skills(tmp_path)
    assert_skipped(skills, "task type favour is already that of ask-favour", folder="beg-favour")
    assert list(skills.by_type) == ["favour"]


def test_one_bad_skill_does_not_take_the_others_along(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, "name: [\n", folder="broken")
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("not a skill")
    skills = load_skills(tmp_path)
    assert_skipped(skills, "not YAML", folder="broken")
    assert list(skills.by_type) == ["favour"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert_skipped(load_skills(tmp_path / "skills"), "No such file or directory", folder="skills")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_skips_its_skill(tmp_path: Path) -> None:
    (write(tmp_path) / "SKILL.md").chmod(0)
    assert_skipped(load_skills(tmp_path), "SKILL.md: Permission denied")


def test_a_skill_says_what_is_wrong_with_a_brief_and_a_result(tmp_path: Path) -> None:
    write(tmp_path)
    skill = load_skills(tmp_path).by_type["favour"]
    assert skill.check_brief({"topic": "x"}) == skill.check_result({"topic": "x"}) == []
    assert skill.check_brief({"topc": "x"}) == ["missing: topic", "unknown properties: topc"]
    assert skill.check_result("да") == ["must be object"]


# The skills that ship

BRIEFS: dict[str, dict[str, Any]] = {
    "meeting": {
        "topic": "договор",
        "when_words": "завтра, 23 ноября, с 12 до 20 по Москве",
        "duration_minutes": 60,
        "place": None,
        "timezone": "Europe/Moscow",
    },
    "question": {"question": "Когда придёт счёт?", "details": None, "choices": None, "answer_format": "дата"},
    "task_assignment": {
        "what": "прислать акт",
        "why": None,
        "due_words": "к пятнице",
        "due_date": "2026-11-27",
    },
}
RESULTS: dict[str, dict[str, Any]] = {
    "meeting": {
        "date": "2026-11-23",
        "time": "15:30",
        "timezone": "Europe/Moscow",
        "duration_minutes": 60,
        "weekday": "mon",
        "said": "давай в полчетвёртого",
        "place": None,
        "summary": "Встреча в понедельник в 15:30.",
    },
    "question": {
        "answer": "25 ноября",
        "choice": None,
        "number": None,
        "unit": None,
        "quote": "25-го пришлю",
        "summary": "Счёт придёт 25-го.",
    },
    "task_assignment": {
        "accepted": True,
        "conditions": None,
        "due_date": "2026-11-27",
        "due_time": None,
        "timezone": "Europe/Moscow",
        "price": None,
        "summary": "Пришлёт акт к пятнице.",
    },
}


def test_the_shipped_skills_load_without_any_fault() -> None:
    skills = load_skills(SHIPPED)
    assert skills.faults == ()
    assert set(skills.by_type) == {"meeting", "question", "task_assignment"}
    assert [name for name, skill in skills.by_type.items() if skill.check_ins] == ["task_assignment"]


@pytest.mark.parametrize("task_type", BRIEFS)
def test_a_shipped_skill_takes_its_own_brief_and_result_whole(task_type: str) -> None:
    skill = load_skills(SHIPPED).by_type[task_type]
    assert skill.check_brief(BRIEFS[task_type]) == []
    assert skill.check_result(RESULTS[task_type]) == []
    assert check_result(skill.checks, None, RESULTS[task_type], NOW).kind is VerdictKind.FITS
    for name in RESULTS[task_type]:
        assert skill.check_result({k: v for k, v in RESULTS[task_type].items() if k != name}) == [f"missing: {name}"]


@pytest.mark.parametrize("task_type", BRIEFS)
def test_a_shipped_skill_is_short_enough_for_a_small_model_and_names_real_tools(task_type: str) -> None:
    skill = load_skills(SHIPPED).by_type[task_type]
    assert len(skill.body.split()) <= 450
    tools = {"reply", "update_conversation", "notify_owner", "ask_owner", "stay_silent"}
    if skill.check_ins:
        tools.add(checkins.TOOL)
    fields = {*skill.brief_schema["properties"], *skill.result_schema["properties"]}
    arguments = {
        "evidence",
        "status",
        "result",
        "completed",
        "cancelled",
        "in_progress",
        "true",
        "false",
        "null",
    }
    named = set(re.findall(r"`([^`]+)`", skill.body))
    assert named <= tools | fields | arguments
