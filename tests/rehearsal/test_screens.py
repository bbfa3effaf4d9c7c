"""Protects the README's pictures: they show what the program says today, and fit a phone."""

import html
import re

import pytest

from userbot.rehearsal import phone_screen, screens

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
    text = html.unescape(" ".join(re.findall("<text[^>]*>([^<]*)</text>", pictures[name])))
    for word in words:
        assert word in text, text


def test_long_lines_are_broken_between_words_and_none_is_lost() -> None:
    text = "слово " * 60 + "конец\n\nещё"
    lines = phone_screen.wrapped(text)
    assert " ".join(lines).split() == text.split()
    assert max(map(len, lines)) < 50
    assert "" in lines
