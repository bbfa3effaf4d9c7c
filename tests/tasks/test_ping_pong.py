"""Protects the bill and the contact from two programs that answer each other for ever (threat 13), and people who write
fast, or briefly, or the same twice, from being taken for one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from userbot.tasks.ping_pong import Said, is_ping_pong

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def dialog(*answers: tuple[float, str], ours: int = 1) -> list[Said]:
    """Each answer comes so many seconds after `ours` messages of ours; the next of ours ten seconds after that."""
    at, said = START, []
    for n, (wait_s, text) in enumerate(answers):
        for m in range(ours):
            said.append(Said(True, at, f"Question {n}, part {m}?"))
        at += timedelta(seconds=wait_s)
        said.append(Said(False, at, text))
        at += timedelta(seconds=10)
    return said


def first_stop(said: Sequence[Said]) -> int | None:
    """How many messages of ours there were when it was noticed, at the end of some exchange."""
    for n, one in enumerate(said, start=1):
        if not one.is_ours and is_ping_pong(said[:n]):
            return sum(message.is_ours for message in said[:n])
    return None


AUTO = "Thank you for your message, we will get back to you soon"
PROGRAMS = {
    "the same at once": dialog(*[(0.5, AUTO)] * 9),
    "the same after an hour": dialog(*[(3600, AUTO)] * 9),
    "nearly the same": dialog(*[(60, f"{AUTO}{'.' * n}") for n in range(9)]),
    "short at once": dialog(*[(0.3, "ok")] * 9),
    "short after a while": dialog(*[(8, "ok")] * 9),
    "something new at once": dialog(*[(2, f"Answer {n}: I would like to hear more about {n}") for n in range(9)]),
    "something new at once, several of ours each": dialog(
        *[(2, f"Answer {n}: I would like to hear more about {n}") for n in range(9)], ours=3
    ),
    "the same, several of ours each": dialog(*[(60, AUTO)] * 9, ours=3),
    "says so": dialog(
        (60, "Hello! This is Anna's assistant. What is it about?"), *[(40, f"And {n}?") for n in range(9)]
    ),
    "says so in Russian": dialog((60, "Здравствуйте, это ассистент Анны."), *[(40, f"А {n}?") for n in range(9)]),
}
PEOPLE = {
    "short and fast": dialog((2, "да"), (1.5, "ок"), (2, "в 14"), (3, "ага"), (1.8, "ну да"), (2, "все"), (2, "ок")),
    "yes to everything": dialog(*[(4, "да")] * 5),
    "bargaining": dialog(*[(9, f"Давайте лучше встретимся в {h}:00?") for h in (12, 13, 14, 15, 16, 17)]),
    "typing while we write": dialog(
        (40, "Первый вариант мне не подходит, давай подумаем ещё раз"), (2, "сейчас"), (3, "смотрю календарь"),
        (1, "вот"), (20, "в среду не могу, а в четверг после обеда вполне"), (2, "ок?"), (30, "хорошо"),
    ),
    "the same twice": dialog((30, "Сейчас не могу говорить"), (50, "Сейчас не могу говорить"), (60, "Всё, могу")),
    "asks whether it is a bot": dialog(*[(20, text) for text in (
        "Это бот?", "это ассистент или человек?", "Are you a bot? I'm a person", "Так я с ботом говорю", "ну ладно",
        "в 14", "да", "спасибо",
    )]),
    "speaks of an assistant": dialog(*[(20, f"{n}: my assistant will call your assistant") for n in "abcdefgh"[:2]],
                                     *[(20, text) for text in ("well", "perhaps on Monday", "no", "yes", "14", "bye")]),
    "one quick paste": dialog((1, AUTO * 3), (30, "that was from the website"), (25, "I mean it"), (30, "yes")),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_noticed_within_six_messages_of_ours(name: str) -> None:
    stopped_at = first_stop(PROGRAMS[name])
    assert stopped_at is not None
    assert stopped_at <= 6


@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_is_not_taken_for_one(name: str) -> None:
    assert first_stop(PEOPLE[name]) is None


def test_what_came_before_ours_had_gone_out_is_no_quick_answer_to_it() -> None:
    """After a crash ours counts as sent when that is found out, which may be long after they wrote."""
    said = dialog(*[(-4, f"Ответ {n}, и ещё кое-что к нему") for n in range(9)], ours=3)
    assert first_stop(said) is None
    assert first_stop(dialog(*[(-0.2, f"Ответ {n}, и ещё кое-что к нему") for n in range(9)], ours=3)) is not None


def test_one_answer_says_nothing() -> None:
    assert not is_ping_pong([])
    assert not is_ping_pong(dialog((0, AUTO)))
    assert not is_ping_pong([Said(False, START, AUTO)] * 9), "nobody was answered"
