"""Protects the table of commands: what is typed is read as it was meant, by everything that reads the table."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.saved_messages.conftest import Room
from userbot.conversation.courtesy import Manners
from userbot.saved_messages import commands_page, wording
from userbot.saved_messages.command_table import BUILT_IN, Slip, Typed, named, read
from userbot.skills import Severity, SkillFault
from userbot.store import preferences
from userbot.tasks.manners import QuietHours

LANGUAGES = ("ru", "en")


def test_no_word_is_two_commands() -> None:
    words = [word for one in BUILT_IN.values() for word in (*one.russian, *one.english)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_command_is_read_by_each_of_its_words_and_by_its_own_example(name: str) -> None:
    """What help tells the owner to type has to work as it stands."""
    command = BUILT_IN[name]
    for word in (*command.russian, *command.english):
        typed = read(word.upper())
        assert named(word) is command
        assert isinstance(typed, Typed)
        assert typed.name == name
    for language in LANGUAGES:
        typed = read(command.typed(wording.language_of(language), "", command.example))
        assert isinstance(typed, Typed)
        assert (typed.name, typed.is_clear) == (name, True)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("quiet 22-8", (1320, 480)),
        ("quiet22-8", (1320, 480)),
        ("тихо 22:30–8", (1350, 480)),
        (" тихо с 22 до 8", (1320, 480)),
        ("quiet from 9.15 to 24", (555, 0)),
        ("quiet off", "off"),
        ("тихо выкл", "off"),
        ("quiet", None),
    ],
)
def test_quiet_hours_as_people_type_them(text: str, hours: object) -> None:
    typed = read(text)
    assert isinstance(typed, Typed)
    assert (typed.hours, typed.is_clear) == (hours, True)


@pytest.mark.parametrize("text", ["quiet 8-8", "quiet 22", "quiet 25-8", "quiet 22:70-8", "quiet night", "lang de"])
def test_what_makes_no_sense_is_told_and_sets_nothing(room: Room, text: str) -> None:
    assert room.types(f".{text}") is None
    assert "Не понимаю" in room.answer()
    assert preferences.quiet_hours() is None
    assert preferences.language() is None


@pytest.mark.parametrize(
    "text",
    [
        " тихо сегодня в офисе",
        " отмена встречи",
        "отмена встречи с Анной",
        " язык договора выбери русский",
        " skills of Anna are needed",
        "прекрасно",
    ],
)
def test_a_sentence_that_begins_like_a_command_is_for_the_model(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("quite 22-8", "quiet 22-8"), ("mdoe 7 draft", "mode 7 draft"), ("lnag en", "lang en"), ("stpo 7", "stop 7")],
)
def test_the_nearest_command_is_suggested_with_what_followed_it(text: str, nearest: str) -> None:
    assert read(text) == Slip(nearest)


def test_docs_name_every_command_as_the_code_has_it() -> None:
    written = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == commands_page.page(), (
        "write it anew: python -m userbot.saved_messages.commands_page > docs/commands.md"
    )


@pytest.mark.parametrize("prefix", [".", "!", "бот "])
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_shows_each_command_with_the_owners_prefix(room: Room, prefix: str, language: str) -> None:
    room.desk = replace(room.desk, prefix=prefix, language=wording.language_of(language))
    room.types(f"{prefix}help")
    answer = room.answer()
    for command in BUILT_IN.values():
        assert prefix + command.word(wording.language_of(language)) in answer
    if prefix != ".":
        assert ".стоп" not in answer
        assert ".stop" not in answer


@pytest.mark.parametrize("typed", [".help stop", ".помощь стоп", ".help .стоп", ".справка STOP"])
def test_help_about_one_command_says_more(room: Room, typed: str) -> None:
    room.types(typed)
    answer = room.answer()
    assert "Задача закрывается" in answer
    assert ".стоп 7" in answer
    assert ".задачи" not in answer


def test_skills_are_listed_with_what_is_wrong(room: Room) -> None:
    faults = (
        SkillFault("broken", Severity.SKIPPED, "no task type", "name one"),
        SkillFault("odd", Severity.WARNING, "not in the standard", "move it"),
    )
    room.desk = replace(room.desk, skills=replace(room.desk.skills, faults=faults))
    room.types(".навыки")
    answer = room.answer()
    assert "Встреча" in answer
    assert "broken, не работает: no task type → name one" in answer
    assert "odd: not in the standard → move it" in answer


def test_skills_without_faults_say_nothing_of_any(room: Room) -> None:
    room.types(".skills")
    assert "⚠️" not in room.answer()


def test_quiet_hours_are_set_told_and_turned_off(room: Room) -> None:
    room.types(".тихо 22-8")
    assert "22:00–08:00, Europe/Moscow" in room.answer()
    assert preferences.quiet_hours() == (1320, 480)
    room.types(".тихо")
    assert "22:00–08:00" in room.answer()
    room.types(".quiet off")
    assert "Тихих часов нет" in room.answer()
    assert preferences.quiet_hours() is None


def test_quiet_hours_of_the_settings_are_told_too(room: Room) -> None:
    """ "As the settings say" says nothing on a phone."""
    room.desk = replace(room.desk, manners=Manners(zone=room.desk.zone, quiet=QuietHours(23 * 60, 7 * 60)))
    room.types(".тихо")
    assert "23:00–07:00" in room.answer()


def test_the_language_is_kept(room: Room) -> None:
    room.types(".lang")
    assert "русский (так в настройках)" in room.answer()
    room.types(".язык английский")
    assert preferences.language() == "en"
    assert "английский" in room.answer()


def test_the_skills_that_come_with_it_are_told_in_the_owners_language(room: Room) -> None:
    """Their descriptions are written for the model, in English."""
    room.types(".навыки")
    told = room.answer()
    assert "• Встреча: договориться о времени" in told
    assert "Use when" not in told
    assert len(told.splitlines()) == 1 + len(room.desk.skills.by_type)
