"""Protects who is taken to say what: a line for a contact must not become a command, nor the other way round."""

import pytest

from userbot.rehearsal.rehearse.typed import Answer, Help, Meet, Quit, Refer, Save, Say, Typed, Unclear, Wait, read_line

PEOPLE = ("anna", "ben")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (". договорись с @anna: завтра", Say("owner", ". договорись с @anna: завтра")),
        (".стоп 1", Say("owner", ".стоп 1")),
        ("anna: да, в 15:00", Say("anna", "да, в 15:00")),
        ("@Anna : да", Say("anna", "да")),
        ("anna: раз\\nдва", Say("anna", "раз\nдва")),
        ("anna: [file offer 2.pdf] here", Say("anna", "here", file="offer 2.pdf")),
        ("anna: [Файл смета.pdf]", Say("anna", "", file="смета.pdf")),
        ("anna: [файл] где?", Say("anna", "[файл] где?")),
        ("> anna: [file offer.pdf]", Say("owner", "[file offer.pdf]", to="anna")),
        ("> anna: сам напишу", Say("owner", "сам напишу", to="anna")),
        ("petr: да", Unclear("no_contact", {"who": "petr"})),
        ("просто заметка", Unclear("no_command", {"prefix": "."})),
        ("/contact @Petr Пётр  Седов", Meet("petr", "Пётр Седов")),
        ("/contact petr", Unclear("how_contact")),
        ("/contact @owner Owner", Unclear("how_contact")),
        ("/reply 4 да, можно", Answer(4, "да, можно")),
        ("/ответ [4] да", Answer(4, "да")),
        ("/reply question 2 да, можно", Refer("question 2", "да, можно")),
        ("/reply Card 12 не звони", Refer("card 12", "не звони")),
        ("/reply question да", Unclear("how_reply")),
        ("/reply да", Unclear("how_reply")),
        ("/reply 4", Unclear("how_reply")),
        ("/wait 2h", Wait(7200)),
        ("/wait 90 s", Wait(90)),
        ("/ждать 3д", Wait(3 * 86_400)),
        ("/wait 0h", Unclear("how_wait")),
        ("/wait 61d", Unclear("how_wait")),
        ("/wait soon", Unclear("how_wait")),
        ("/save one two.json", Save("one two.json")),
        ("/save", Unclear("how_save")),
        ("/help", Help()),
        ("/QUIT", Quit()),
        ("/dance", Unclear("no_such_command", {"word": "dance"})),
    ],
)
def test_a_line_means_one_thing(line: str, meant: Typed) -> None:
    assert read_line(line, PEOPLE, ".") == (meant, False)


def test_a_plus_says_it_at_once() -> None:
    assert read_line("+ anna: и ещё", PEOPLE, ".") == (Say("anna", "и ещё"), True)


def test_another_prefix_is_the_owners() -> None:
    assert read_line("!! сделай", PEOPLE, "!!") == (Say("owner", "!! сделай"), False)
    assert read_line(". сделай", PEOPLE, "!!") == (Unclear("no_command", {"prefix": "!!"}), False)


@pytest.mark.parametrize("line", ["", "   ", "+ "])
def test_an_empty_line_says_nothing(line: str) -> None:
    assert read_line(line, PEOPLE, ".") is None
