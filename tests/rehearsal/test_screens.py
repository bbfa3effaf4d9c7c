"""Protects the README's pictures: they show what the program says today, and fit a phone."""

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from userbot.rehearsal import phone_screen, screens

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
REGENERATE = "draw them anew: python -m userbot.rehearsal.screens"


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    return screens.render()


def test_the_pictures_in_the_docs_are_what_the_code_renders(pictures: dict[str, str]) -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in sorted(screens.FOLDER.glob("*.svg"))}
    assert sorted(kept) == sorted(pictures), REGENERATE
    for name, picture in pictures.items():
        assert kept[name] == picture, f"{name}: {REGENERATE}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("card.ru.svg", ("№ 1 · Встреча · Анна", "Остановить: .стоп 1")),
        ("report.en.svg", ("✅ Meeting agreed", "“Yes, 15:30 suits me”", "Took: 46 minutes. The model: $0.02")),
        ("question.ru.svg", ("Предложено", "другой день", "Согласны?")),
        ("draft.en.svg", ("Send this?", "this is Pavel's assistant", "letter for letter")),
    ],
)
def test_each_shows_what_it_is_there_for(pictures: dict[str, str], name: str, words: tuple[str, ...]) -> None:
    text = html.unescape(re.sub("<[^>]*>", "", " ".join(re.findall("<text.*?</text>", pictures[name]))))
    for word in words:
        assert word in text, text


def test_they_are_written_where_one_says_and_asking_for_help_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        screens.main(["--help"])
    assert list(tmp_path.iterdir()) == []
    screens.main(["drawn"])
    assert {path.name: path.read_text(encoding="utf-8") for path in Path("drawn").iterdir()} == pictures


def test_long_lines_are_broken_between_words_and_none_is_lost() -> None:
    text = "слово " * 60 + "конец\n\nещё"
    lines = phone_screen.wrapped(text)
    assert " ".join(lines).split() == text.split()
    assert max(map(len, lines)) < 50
    assert "" in lines


def test_a_block_of_words_stands_beside_a_bar_and_shows_three_lines_when_folded() -> None:
    words = "слово " * 60
    text = f"Сказано:\n{words.strip()}\nконец"
    entity = {"type": "quote", "offset": 9, "length": len(words.strip()), "folded": False}
    whole = phone_screen.draw("", [phone_screen.Bubble(text, START, [entity])])
    folded = phone_screen.draw("", [phone_screen.Bubble(text, START, [{**entity, "folded": True}])])
    plain = phone_screen.draw("", [phone_screen.Bubble(text, START)])
    assert whole.count("слово") == 60
    assert folded.count("слово") < 30
    assert "⌄" in folded
    assert "конец" in folded
    assert whole.count("<rect") == plain.count("<rect") + 2


def test_what_is_bold_and_links_is_drawn_so() -> None:
    text = "👩 № 1 · Анна: да"
    bold = {"type": "bold", "offset": 0, "length": 19}
    person = {"type": "person", "offset": 9, "length": 4, "user_id": 1}
    drawn = phone_screen.draw("", [phone_screen.Bubble(text, START, [bold, person])])
    assert '<tspan font-weight="600" fill="#2f7d3b">Анна</tspan>' in drawn
