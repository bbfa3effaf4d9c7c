"""Protects readers: links lead somewhere, commands exist, both READMEs say the same, and the example skill works."""

import argparse
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from userbot.__main__ import _parser
from userbot.settings_table import SETTINGS
from userbot.skill_start import start_skill
from userbot.skills import CONTACT_TOOLS, Skill, load_skills
from userbot.tasks.limits import parse_mandate
from userbot.tasks.mandate import CHECKS, VerdictKind, check_result

CHECKOUT = Path(__file__).parents[1]
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def prose(text: str) -> str:
    return _FENCE.sub("", text)


def anchors(page: Path) -> set[str]:
    """The names that a forge gives the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).strip().replace(" ", "-") for heading in headings}


def code(text: str) -> Iterator[str]:
    """What is to be typed or is named as such: lines of code blocks, and words between backticks."""
    for _, block in _FENCE.findall(text):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", prose(text))


def test_there_are_pages() -> None:
    assert {"README.md", "README.ru.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/skills.md"} <= set(
        map(name_of, PAGES)
    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_line_to_be_pasted_holds_a_made_up_address(page: Path) -> None:
    """Whoever copies a block whole gets commands that work; an address that nobody knows here is told in words."""
    blocks = [block for _, block in _FENCE.findall(page.read_text(encoding="utf-8"))]
    cloned = re.findall(r"git clone (?:-\S+ )*(\S+)", "\n".join(blocks))
    assert [what for what in cloned if not re.match(r"\"?\$\(|https://", what)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    wrong = []
    for link in _LINK.findall(prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:docs|tests|userbot|skills)/[\w/.-]*\.(?:md|py|json|jsonl)\b", text))
    wrong = [
        path
        for path in sorted(named)
        if not (CHECKOUT / path).exists() and not re.match(r"skills/price-offer/|skills/<", path)
    ]
    assert wrong == []


def test_every_command_of_make_that_is_named_exists() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    for page in PAGES:
        for line in code(page.read_text(encoding="utf-8")):
            for target in re.findall(r"(?:^|sudo |&& |; )make ([a-z]+)", line.strip()):
                assert target in targets, f"{name_of(page)}: {line}"
    # What `make` alone says, and the list of what is no file.
    assert set(re.findall(r'@echo "make ([a-z]+)', makefile)) <= targets
    assert set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split()) == targets


def command_line() -> dict[str, set[str]]:
    """Every command of the program with its options."""
    (commands,) = [one for one in _parser()._actions if isinstance(one, argparse._SubParsersAction)]
    return {name: set(parser._option_string_actions) for name, parser in commands.choices.items()}


def test_every_command_of_the_program_that_is_named_exists_with_its_options() -> None:
    known = command_line() | {"--version": set(), "--help": set()}
    seen = set()
    for page in PAGES:
        for line in code(page.read_text(encoding="utf-8")):
            for first, rest in re.findall(r"(?:^|[/ ])userbot (--version|--help|[a-z]+)\b([^#|;&>`]*)", line.strip()):
                assert first in known, f"{name_of(page)}: {line}"
                assert set(re.findall(r"--[a-z-]+", rest)) <= known[first], f"{name_of(page)}: {line}"
                seen.add(first)
    assert seen >= {"login", "run", "doctor", "backup", "restore", "skills", "forget", "health", "status", "usage"}


def test_every_setting_that_is_to_be_written_exists() -> None:
    of_others = {"OLLAMA_CONTEXT_LENGTH", "EVERY_INSTANT"}
    names = {setting.name for setting in SETTINGS} | of_others
    for page in PAGES:
        for line in code(page.read_text(encoding="utf-8")):
            for name in re.findall(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=", line):
                assert name in names, f"{name_of(page)}: {line}"


def test_both_readmes_say_the_same() -> None:
    """By their shape: the same headings in number and depth, the same code, the same links and table rows."""
    english, russian = (CHECKOUT.joinpath(name).read_text(encoding="utf-8") for name in ("README.md", "README.ru.md"))
    assert [block for _, block in _FENCE.findall(english)] == [block for _, block in _FENCE.findall(russian)]

    def shape(text: str) -> list[str]:
        """One sign a line of what has structure."""
        lines = prose(text).splitlines()
        return [match[0] for line in lines if (match := re.match(r"#+ |- |\d\. |> |\|", line)) and match[0] != "> "]

    assert shape(english) == shape(russian)
    links = [sorted(_LINK.findall(prose(text))) for text in (english, russian)]
    # Each leads to the other, and shows the screens in its own language.
    assert [link.replace("README.ru.md", "README.md").replace(".en.svg", ".ru.svg") for link in links[0]] == links[1]
    settings = [set(re.findall(r"`([A-Z_]{5,})[=`]", prose(text))) for text in (english, russian)]
    assert settings[0] == settings[1]


def test_the_example_skill_of_the_page_works_as_it_stands(tmp_path: Path) -> None:
    skill = example_skill(tmp_path)
    assert skill.check_brief({"what": "a garden fence", "needed_words": None, "currency": "RUB"}) == []
    offer = {
        "price": {"amount": 48000, "currency": "RUB"},
        "due_date": "2026-12-08",
        "due_time": None,
        "timezone": "Europe/Moscow",
        "included": None,
        "summary": "48,000 by 8 December.",
    }
    assert skill.check_result(offer) == []
    mandate = parse_mandate(
        {
            "windows": [{"date": "2026-12-10", "from": "00:00", "to": "24:00"}],
            "timezone": "Europe/Moscow",
            "price": {"min": None, "max": 50000, "currency": "RUB"},
        },
        NOW,
    )
    assert skill.unkept(mandate) == ()
    assert check_result(skill.checks, mandate, offer, NOW).kind is VerdictKind.FITS
    dear = {**offer, "price": {"amount": 60000, "currency": "RUB"}}
    assert check_result(skill.checks, mandate, dear, NOW).kind is VerdictKind.OUTSIDE
    late = {**offer, "due_date": "2026-12-11"}
    assert check_result(skill.checks, mandate, late, NOW).kind is VerdictKind.OUTSIDE
    assert check_result(skill.checks, None, offer, NOW).kind is VerdictKind.OUTSIDE, "it costs money"


def test_the_page_on_skills_names_every_check_with_what_it_reads() -> None:
    text = (CHECKOUT / "docs" / "skills.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", text, re.M))
    assert CHECKS.keys() <= rows.keys()
    for name, check in CHECKS.items():
        assert set(re.findall(r"`(\w+)`", rows[name])) == set(check.reads)


def test_the_page_and_a_new_skill_name_every_tool_and_check(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "skills.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z]+_?[a-z]+)` \|", page, re.M)) & CONTACT_TOOLS == CONTACT_TOOLS
    started = (start_skill(tmp_path, "price-offer") / "SKILL.md").read_text(encoding="utf-8")
    assert all(name in started for name in (*CONTACT_TOOLS, *CHECKS))


def example_skill(folder: Path) -> Skill:
    """The skill whose files stand in docs/skills.md, put together as the page says."""
    text = (CHECKOUT / "docs" / "skills.md").read_text(encoding="utf-8")
    brief, result = (block for kind, block in _FENCE.findall(text) if kind == "json")
    (skill,) = (block for kind, block in _FENCE.findall(text) if kind == "markdown")
    place = folder / "price-offer"
    (place / "assets").mkdir(parents=True)
    (place / "SKILL.md").write_text(skill, encoding="utf-8")
    (place / "assets" / "brief.schema.json").write_text(brief, encoding="utf-8")
    (place / "assets" / "result.schema.json").write_text(result, encoding="utf-8")
    skills = load_skills(folder)
    assert skills.faults == ()
    return skills.by_type["price_offer"]


def test_the_licence_is_named_alike_everywhere() -> None:
    assert 'license = "MIT"' in (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    assert (CHECKOUT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    for name in ("README.md", "README.ru.md", "CONTRIBUTING.md"):
        assert "(LICENSE)" in (CHECKOUT / name).read_text(encoding="utf-8")
