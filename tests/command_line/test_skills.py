"""Protects `userbot skills`: it names what there is and what is wrong, and makes a folder that works as it is."""

import json
import re
import shutil
import stat
from pathlib import Path

import pytest

from tests.command_line.conftest import CHECKOUT, command
from userbot.errors import OwnerMustAct
from userbot.skill_start import start_skill
from userbot.skills import load_skills


@pytest.fixture
def skills(tmp_path: Path) -> Path:
    """The shipped ones, in a home of their own."""
    return Path(shutil.copytree(CHECKOUT / "skills", tmp_path / "skills"))


def test_every_skill_stands_in_a_line_with_its_type_checks_and_tools(home: dict[str, str], skills: Path) -> None:
    ended = command(home, "skills")
    assert (ended.returncode, ended.stderr) == (0, "")
    head, *lines = ended.stdout.splitlines()
    assert head.split() == ["name", "type", "checks", "tools"]
    assert len(lines) == len(load_skills(skills).by_type)
    assert re.search(r"^ask-question +question +fields brief-choice +all$", ended.stdout, re.M)


def test_a_fault_is_named_with_what_to_write_instead_and_the_exit_code_says_so(
    home: dict[str, str], skills: Path
) -> None:
    skill = skills / "ask-question" / "SKILL.md"
    skill.write_text(skill.read_text(encoding="utf-8").replace("name: ask-question", "name: asking"), encoding="utf-8")
    ended = command(home, "skills")
    assert ended.returncode == 0, "it is loaded all the same"
    assert re.search(r"^warning +ask-question +name is not that of the folder", ended.stdout, re.M)
    assert re.search(r"^ +→ .*after `name:`$", ended.stdout, re.M)
    (skills / "half-done").mkdir()
    ended = command(home, "skills", "--json")
    assert ended.returncode == 1
    shown = json.loads(ended.stdout)
    assert {one["name"] for one in shown["skills"]} >= {"ask-question", "assign-task"}
    (skipped,) = [fault for fault in shown["faults"] if fault["severity"] == "skipped"]
    assert skipped["folder"] == "half-done"
    assert skipped["mend"]


def test_without_any_skill_it_says_where_they_are_looked_for(home: dict[str, str]) -> None:
    ended = command(home, "skills")
    assert (ended.returncode, "no skill can be used" in ended.stdout, "USERBOT_HOME" in ended.stdout) == (1, True, True)


def test_a_new_skill_loads_without_faults_and_can_be_read_by_a_container(home: dict[str, str], skills: Path) -> None:
    ended = command(home, "skills", "new", "price-offer")
    assert (ended.returncode, ended.stderr) == (0, "")
    place = skills / "price-offer"
    assert ended.stdout.startswith(f"{place}\n")
    found = load_skills(skills)
    assert found.faults == ()
    skill = found.by_type["price_offer"]
    assert (skill.name, skill.checks, skill.allowed_tools) == ("price-offer", ("fields",), None)
    assert set(skill.limitable) == {"answer", "number"}
    assert skill.check_brief({"subject": "a fence", "details": None}) == []
    assert skill.check_result({"answer": None, "number": 3, "summary": "Three."}) == []
    assert "# Lines that start" not in skill.body, "what is for the author reaches no prompt"
    assert all(stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644) for path in place.rglob("*"))
    assert command(home, "skills").returncode == 0


def test_the_line_on_tools_in_a_new_skill_may_be_switched_on(skills: Path) -> None:
    skill = start_skill(skills, "price-offer") / "SKILL.md"
    text = skill.read_text(encoding="utf-8")
    skill.write_text(text.replace("# allowed-tools:", "allowed-tools:"), encoding="utf-8")
    assert load_skills(skills).faults == ()
    assert load_skills(skills).by_type["price_offer"].allowed_tools == ("reply", "update_conversation", "ask_owner")


@pytest.mark.parametrize(
    "name", ["", "Price", "price_offer", "-price", "price--offer", "2-prices", "../price", "цена", "a" * 65, "a/b", "."]
)
def test_a_name_that_no_skill_may_have_makes_nothing(skills: Path, name: str) -> None:
    before = sorted(skills.rglob("*"))
    with pytest.raises(OwnerMustAct, match="cannot be a skill's name"):
        start_skill(skills, name)
    assert sorted(skills.rglob("*")) == before


def test_what_is_there_already_is_never_written_over(home: dict[str, str], skills: Path) -> None:
    before = {path: path.read_bytes() for path in skills.rglob("*") if path.is_file()}
    ended = command(home, "skills", "new", "ask-question")
    assert (ended.returncode, "is there already" in ended.stderr) == (1, True)
    with pytest.raises(OwnerMustAct, match="ask-question are called question already"):
        start_skill(skills, "question")
    (skills / "dangling").symlink_to(skills / "nowhere")
    with pytest.raises(OwnerMustAct, match="is there already"):
        start_skill(skills, "dangling")
    assert {path: path.read_bytes() for path in skills.rglob("*") if path.is_file()} == before


def test_without_a_folder_of_skills_the_owner_is_told(tmp_path: Path) -> None:
    with pytest.raises(OwnerMustAct, match="cannot be written: No such file"):
        start_skill(tmp_path / "skills", "price-offer")
