"""Protects what a contact is sent: clean text, no private words, no foreign links, an assistant that says it is one."""

import random

import pytest

from userbot.tasks import guard, hidden_words
from userbot.tasks.guard import Fault, Known, check_reply

FAMILY = "👨‍👩‍👧"


def faults(
    text: str,
    *,
    told: tuple[str, ...] = (),
    heard: tuple[str, ...] = (),
    private: tuple[str, ...] = (),
    must_disclose: bool = False,
) -> list[str]:
    known = Known(told=told, heard=heard, private=private, owner_name="Олег")
    return list(map(str, guard.check_reply(text, known, must_disclose=must_disclose)))


def has(found: list[str], word: str) -> bool:
    return any(word in fault for fault in found)


# --- clean ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте, Анна!\n\nВ 15:30 — удобно? «Да»",
        "It's 5 o'clock…\tok",
        f"Будем всей семьёй {FAMILY} 👍🏽 ❤️",
        "café naïve Ёлка й",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert guard.clean(text) == text


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("  \n да \n ", "да"),
        ("да\x00\x07\x1b[31m", "да[31m"),
        ("раз\r\nдва\rтри\u2028четыре", "раз\nдва\nтри\nчетыре"),
        ("до\u200bго\u200dвор\u00ad", "договор"),
        ("\u202eтекст\u202c\u2066!\u2069\ufeff", "текст!"),
        ("половина \ud83d пары", "половина  пары"),
        ("тег" + "".join(chr(0xE0000 + ord(c)) for c in "secret"), "тег"),
        ("бит" + "".join(chr(0xE0100 + n) for n in (3, 141, 59)), "бит"),
        ("a\u200d\u200d\u200db \u200d\u200d c👍\u200d\u200d", "ab  c👍"),
        ("\u061cда\u180e", "да"),
    ],
    ids=[
        "space",
        "control",
        "line ends",
        "joiners",
        "direction",
        "surrogate",
        "tags",
        "selectors",
        "runs of joiners",
        "more",
    ],
)
def test_nothing_invisible_goes_out(dirty: str, expected: str) -> None:
    """Threat 10: bytes hidden in a message carry data out as well as words do."""
    assert guard.clean(dirty) == expected


@pytest.mark.parametrize(
    "blank", ["", " \n", "\u200b\u200d", "\u3164", "\u2800\u2800", "\u115f", "\ufe0e", "\U000e0041"]
)
def test_a_message_that_shows_nothing_is_empty(blank: str) -> None:
    """Invariant 11: no empty message reaches anybody."""
    assert guard.clean(blank) == ""
    assert faults(guard.clean(blank)) == ["the text is empty"]


# --- length ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "units"), [("", 0), ("abc", 3), ("привет", 6), ("👍", 2), (FAMILY, 8)])
def test_length_is_counted_as_telegram_counts_it(text: str, units: int) -> None:
    assert guard.utf16_length(text) == units


@pytest.mark.parametrize("seed", range(40))
def test_a_long_text_is_split_without_losing_or_breaking_anything(seed: int) -> None:
    """Only the space at a seam may go. A broken surrogate pair would be a message Telegram refuses for ever."""
    dice = random.Random(seed)
    pieces = ["👍", FAMILY, "слово", "word", "é", " ", " ", "\n", "\n\n", "x" * 30, "𝕏"]
    text = "".join(dice.choices(pieces, k=400))
    limit = dice.choice([8, 16, 50, 333])
    parts = guard.split_message(text, limit)
    assert all(0 < guard.utf16_length(part) <= limit for part in parts)
    assert all(part == part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    for part in parts:
        part.encode("utf-8")


def test_a_split_falls_between_lines_or_words_where_there_are_any() -> None:
    assert guard.split_message("раз два три четыре", 12) == ["раз два три", "четыре"]
    assert guard.split_message("первая строка\nвторая", 16) == ["первая строка", "вторая"]
    assert guard.split_message("я" * 25, 10) == ["я" * 10, "я" * 10, "я" * 5]
    assert guard.split_message("👍" * 3, 3) == ["👍", "👍", "👍"]


@pytest.mark.parametrize("text", ["", "  \n", "да"])
def test_a_short_text_is_one_message_and_none_is_none(text: str) -> None:
    assert guard.split_message(text) == ([text] if text.strip() else [])


def test_a_flood_is_refused() -> None:
    assert has(faults("а" * (guard.REPLY_LIMIT + 1)), "too long")
    assert faults("а" * guard.REPLY_LIMIT) == []


# --- links ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "вот: https://evil.example/?d=1",
        "HTTP://EVIL.EXAMPLE",
        "см. www.evil.ru",
        "evil.ru/x?d=50000",
        "пиши на a.b@evil.com",
        "канал t.me/evil",
        "tg://resolve?domain=evil",
        "сайт зло.рф",
        "ссылка(evil.co.uk)",
        "..evil.com",
        "mailto:a@b",
    ],
)
def test_a_link_from_nowhere_does_not_go_out(text: str) -> None:
    """Threat 10. Telegram makes links of bare domains too."""
    assert has(faults(text), "link")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Встреча тут: https://zoom.us/j/1?pwd=2.", "ссылка https://zoom.us/j/1?pwd=2"),
        ("Это zoom.us/j/1?", "https://www.zoom.us/j/1/"),
        ("(https://zoom.us/j/1)", "«https://zoom.us/j/1»"),
        ("Вы про evil.ru?", "смотри Evil.ru!"),
    ],
)
def test_a_link_that_was_in_the_brief_or_the_dialog_may_be_repeated(text: str, known: str) -> None:
    assert faults(text, told=(known,)) == []
    assert faults(text, heard=(known,)) == []


@pytest.mark.parametrize(
    "text", ["https://zoom.us/j/1?pwd=2&d=secret", "https://zoom.u", "https://zoom.us.evil.com", "zoo.us"]
)
def test_a_link_that_only_looks_known_is_not(text: str) -> None:
    assert has(faults(text, told=("https://zoom.us/j/1?pwd=2",), heard=("zoom.us",)), "link")


@pytest.mark.parametrize(
    "text", ["В 15.30, т.е. после обеда, и т.д.", "24.11.2026 at 5 p.m., e.g. in 3.5 hours", "Да...нет", "Ph.D. 1.2.3"]
)
def test_dates_times_and_abbreviations_are_no_links(text: str) -> None:
    assert faults(text) == []


# --- private words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("private", "text"),
    [
        ("готов заплатить до 50 тысяч рублей", "Он готов ЗАПЛАТИТЬ до пятидесяти"),
        ("готов заплатить до 50 тысяч рублей", "может, до 50, тысяч?"),
        ("he leaves the company in May", "She said: He leaves the office"),
        ("развод", "У него развод."),
        ("ещё не всё решено", "еще не все решено"),
        ("готов заплатить до 50", "готов за\u200bплатить до"),
        ("ｐｒｉｃｅ ｉｓ ５０", "price is 50"),
    ],
)
def test_words_of_the_private_notes_do_not_go_out(private: str, text: str) -> None:
    found = faults(text, private=("другое", private))
    assert has(found, "not meant for the contact")
    assert not any(word in fault for word in ("50", "развод", "price", "company") for fault in found)


@pytest.mark.parametrize("text", ["Он готов заплатить.", "Сколько? 50 или 60?", "company"])
def test_single_words_that_happen_to_be_private_too_are_chance(text: str) -> None:
    assert faults(text, private=("готов заплатить до 50 тысяч", "he leaves the company in May")) == []


def test_no_private_notes_hide_nothing() -> None:
    assert faults("Здравствуйте!", private=("", " … ")) == []


def test_what_the_brief_says_too_may_be_said() -> None:
    """Else notes that name the topic of the meeting would forbid to name it, and no first message could be written."""
    private = "обсудить договор с Анной, уступить не больше пяти процентов"
    assert faults("Хотим обсудить договор с Анной", told=("обсудить договор с Анной",), private=(private,)) == []
    leak = "Хотим обсудить договор с Анной, уступим не больше пяти процентов"
    assert has(faults(leak, told=("обсудить договор с Анной",), private=(private,)), "not meant")


def test_that_the_contact_guesses_a_secret_does_not_make_it_known() -> None:
    """Threat 4: confirming a guess tells it."""
    text = "Да, до 50 тысяч рублей"
    assert has(faults(text, heard=("У вас до 50 тысяч рублей?",), private=("готов до 50 тысяч рублей",)), "not meant")


# --- disclosure -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте, я ассистент Олега",
        "Это помощник Олега",
        "Я помощница Олега",
        "Пишет секретарь Олега",
        "I'm Oleg's assistant",
    ],
)
def test_the_first_message_says_who_writes(text: str) -> None:
    assert faults(text, must_disclose=True) == []


def test_a_first_message_that_does_not_is_refused() -> None:
    assert has(faults("Привет, это Олег. Встретимся?", must_disclose=True), "must say")
    assert faults("Привет! Встретимся?", must_disclose=False) == []


def test_every_fault_is_named_at_once() -> None:
    """The model mends its text in one round."""
    assert len(faults("развод evil.ru, договорились", private=("развод",), must_disclose=True)) == 4


def test_what_is_too_long_is_not_read() -> None:
    """A contact can make a model write much: that must not cost the loop, on which everybody waits, any time."""
    assert check_reply("развод evil.ru " * 10_000, Known(private=["развод"])) == [Fault.LONG]


def test_a_long_word_costs_no_square_of_its_length() -> None:
    """A contact's own words are read like ours, up to 4096 letters of them, and kept."""
    beginnings = hidden_words._words("щ" * 4096).beginnings
    assert sum(map(len, beginnings)) < 3 * 4096
