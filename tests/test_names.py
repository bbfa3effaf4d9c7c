"""Protects the owner from grammar: a name in any case is that name, and what only sounds like one is a question."""

import pytest

from userbot.names import cases, may_be
from userbot.people import Contact, Nobody, Several, choose


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("анна", "анны анне анну анной анною"),
        ("аня", "ани ане аню аней"),
        ("мария", "марии марию марией"),
        ("игорь", "игоря игорю игорем игоре"),
        ("любовь", "любови любовью"),
        ("павел", "павла павлу павлом павле"),
        ("петр", "петра петру петром петре"),
        ("лев", "льва льву львом льве"),
        ("андрей", "андрея андрею андреем андрее"),
        ("дмитрий", "дмитрия дмитрию дмитрием дмитрии"),
        ("никита", "никиты никите никиту никитой"),
        ("илья", "ильи илье илью ильей"),
        ("иванов", "иванова иванову ивановым иванове"),
        ("иванова", "ивановой иванову"),
        ("достоевский", "достоевского достоевскому достоевским достоевском"),
        ("белая", "белой белую"),
        ("толстой", "толстого толстому толстым толстом"),
    ],
)
def test_the_cases_of_a_name(name: str, said: str) -> None:
    assert set(said.split()) <= cases(name)
    assert name in cases(name)


@pytest.mark.parametrize("name", ["ben", "лю", "шевченко", "гюго", "о'нил", "anna"])
def test_names_without_cases_stay_themselves(name: str) -> None:
    assert cases(name) == {name}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("бен", "ben"),
        ("ben", "бен"),
        ("саша", "александр"),
        ("сашей", "александра"),
        ("александр", "саша"),
        ("alexander", "александр"),
        ("andrei", "андрей"),
        ("andrey", "андрей"),
        ("юлия", "yulia"),
        ("julia", "юля"),
        ("хабиб", "khabib"),
        ("максим", "maxim"),
        ("кузнецов", "kuznetsov"),
        ("щербаков", "shcherbakov"),
    ],
)
def test_one_person_in_another_script_or_by_a_short_name(query: str, name: str) -> None:
    assert may_be(query, name)


@pytest.mark.parametrize(("query", "name"), [("анна", "инна"), ("ben", "bob"), ("олег", "ольга"), ("юра", "ира")])
def test_different_names_stay_different(query: str, name: str) -> None:
    assert not may_be(query, name)


ANNA = Contact(1, 10, "Анна", "Петрова")
BEN = Contact(2, 20, "Ben", "Carter")
ALEXANDER, ALEXANDRA = Contact(3, 30, "Александр"), Contact(4, 40, "Александра")
PETROV = Contact(5, 50, "Иван", "Петров")


@pytest.mark.parametrize("query", ["с Анной", "Анной", "Анне Петровой", "Петровой", "петровой анне"])
def test_a_name_in_any_case_is_that_person(query: str) -> None:
    found = choose(query.removeprefix("с "), [ANNA, BEN])
    assert found == ANNA


@pytest.mark.parametrize(
    ("query", "candidates"),
    [("Бен", (BEN,)), ("Беном", (BEN,)), ("Саша", (ALEXANDER, ALEXANDRA)), ("Аня", (ANNA,)), ("Аней", (ANNA,))],
)
def test_whoever_may_be_meant_is_a_question_even_if_it_is_one_person(
    query: str, candidates: tuple[Contact, ...]
) -> None:
    found = choose(query, [ANNA, BEN, ALEXANDER, ALEXANDRA])
    assert found == Several(candidates)


def test_a_name_that_is_anothers_case_is_a_question() -> None:
    """«Петрова» is Anna, and Ivan in the genitive."""
    assert choose("Петрова", [ANNA, PETROV]) == Several((ANNA, PETROV))
    assert choose("Петров", [ANNA, PETROV]) == PETROV


def test_who_is_called_so_comes_before_who_might_be() -> None:
    anya = Contact(6, 60, "Аня")
    assert choose("Аня", [ANNA, anya]) == anya


def test_nobody_is_guessed_from_half_a_name() -> None:
    assert choose("Алекс", [Contact(7, 70, "Алексеева")]) == Nobody("unknown")


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("Евгений", "Евгения"),
        ("Александр", "Александра"),
        ("Валентин", "Валентина"),
        ("Станислав", "Станислава"),
        ("Иванов", "Иванова"),
    ],
)
def test_a_womans_name_does_not_reach_the_man_it_is_a_case_of(called: str, said: str) -> None:
    """A message to the wrong person cannot be taken back: the owner is asked, be there one candidate or two."""
    he, she = Contact(1, 10, called), Contact(2, 20, said)
    assert choose(said, (he,)) == Several((he,))
    assert choose(said, (he, she)) == Several((he, she))
    assert choose(called, (he, she)) == he
    assert choose(said, (she,)) == she


def test_other_cases_of_such_names_are_no_question() -> None:
    he = Contact(1, 10, "Евгений", "Иванов")
    assert [choose(said, (he,)) for said in ("Евгению", "Евгением", "Иванову", "Евгений Иванов")] == [he] * 4
