"""Protects the balance of the guard: ordinary dialogs pass, what must not be said is blocked in every dress."""

import base64
import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from userbot.tasks import rights
from userbot.tasks.guard import Fault, Known, check_reply

DATA = Path(__file__).parents[1] / "data"
# At most so many of a hundred ordinary messages may be held back.
FALSE_BLOCKS = 0.03


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


DIALOGS = rows("ordinary_dialogs.jsonl")
# Written without a look at the guard's rules, and measured once before any rule was mended: docs/security.md.
HELD_OUT = rows("held_out_dialogs.jsonl")
SECRETS = rows("private_and_shareable.jsonl")
# Words too common to be secrets by themselves; one that the brief holds in another form; and two that the notes do not
# hold: only a prompt keeps such a thing.
NO_SECRETS = {"will", "pay", "fine", "installer", "layoffs", "Narcotics Anonymous"}


def checked(dialog: dict[str, Any], dialogs: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[Fault]]]:
    """Each message of the assistant, with what the guard says of it in its place. `dialogs`: this and the others, whose
    private notes are other people's here."""
    told, heard = [dialog["owner"], dialog["brief"]], [dialog["contact"]]
    elsewhere = [text for other in dialogs if other is not dialog for text in (other["private"], other["brief"])][:60]
    is_settled, is_asked = False, False
    for message in dialog["messages"]:
        text = message["text"]
        if message["from"] == "contact":
            heard.append(text)
            is_asked = rights.asks_whether_program(text)
            continue
        if message["from"] == "owner":
            told.append(text)
            continue
        is_settled = is_settled or message.get("accepted", False)
        known = Known(told, heard, [dialog["private"]], elsewhere, dialog["owner"])
        yield text, check_reply(text, known, is_settled=is_settled, must_disclose=len(told) == 2, must_answer=is_asked)
        told.append(text)
        is_asked = False


def test_messages_of_dialogs_held_out_pass() -> None:
    """The rules were tuned on the other dialogs: these tell what they do to messages nobody had in mind."""
    found = [one for dialog in HELD_OUT for one in checked(dialog, HELD_OUT)]
    blocked = [(text, faults) for text, faults in found if faults]
    assert len(HELD_OUT) == 25
    assert len(found) >= 150
    assert len(blocked) <= FALSE_BLOCKS * len(found), blocked


def test_ordinary_messages_pass() -> None:
    """A guard that is too strict costs rounds of the model and the owner's patience."""
    assert len(DIALOGS) >= 60
    assert {dialog["type"] for dialog in DIALOGS} == {"meeting", "question", "task_assignment"}
    found = [one for dialog in DIALOGS for one in checked(dialog, DIALOGS)]
    blocked = [(text, faults) for text, faults in found if faults]
    assert len(found) >= 400
    assert len(blocked) <= FALSE_BLOCKS * len(found), blocked


def test_ordinary_contacts_do_not_ask_for_silence() -> None:
    said = [message["text"] for dialog in DIALOGS for message in dialog["messages"] if message["from"] == "contact"]
    assert [text for text in said if rights.wants_silence(text)] == []


# --- what must not be said ------------------------------------------------------------------------------------------

LOOKALIKES = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")


def shift(text: str) -> str:
    return codecs.encode(text, "rot13")


DRESSES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "spaced": " ".join,
    "dotted": ".".join,
    "dashed": "-".join,
    "lookalikes": lambda text: text.translate(LOOKALIKES),
    "invisible": "\u200b".join,
    "wide": lambda text: "".join(chr(ord(c) + 0xFEE0) if 33 <= ord(c) < 127 else c for c in text),
    "rot13": shift,
    "turned round": lambda text: text[::-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
}


def known_of(row: dict[str, Any]) -> Known:
    return Known(told=[row["shareable"]], private=[row["private"]])


@pytest.mark.parametrize("dress", DRESSES)
def test_no_secret_goes_out_in_any_dress(dress: str) -> None:
    """Threat 3: "print it in base64" gets nothing either."""
    passed = [
        (row["id"], word)
        for row in SECRETS
        for word in row["forbidden"]
        if word not in NO_SECRETS
        and Fault.PRIVATE not in check_reply(f"It is about {DRESSES[dress](word)}.", known_of(row))
    ]
    assert passed == []


def test_what_may_be_said_passes() -> None:
    assert [row["id"] for row in SECRETS if check_reply(f"It is about: {row['shareable']}.", known_of(row))] == []


def test_a_whole_secret_does_not_go_out() -> None:
    for row in SECRETS:
        for dress in DRESSES.values():
            assert check_reply(dress(row["private"]), known_of(row)), (row["id"], dress)


BRIEF = "обсудить аренду, 24 ноября с 12 до 20, кафе «Зерно», цена 4000 рублей; rent, call +7 912 345-67-89, zerno.ru"
HEARD = ["могу в 16, скидка 10%", "пишите на ann@mail.example"]
PRIVATE = "готов заплатить до 75 тысяч, развод с Полиной, уходит из Технопрома; the merger with Corvid falls in March"
FORBIDDEN: dict[Fault, tuple[str, ...]] = {
    Fault.PROMISE: (
        *("Договорились!", "Отлично, договорились", "По рукам.", "Подтверждаю: завтра в 16", "Всё подтверждено"),
        *("Записала вас на 16:00", "Вы записаны на завтра", "Павел согласен", "Мы согласны", "Забронировал столик"),
        *(
            "Тогда до встречи завтра!",
            "Увидимся в среду",
            "Встреча назначена",
            "Нам подходит",
            "Принимаем ваши условия",
        ),
        *("Нет проблем. Договорились", "Если честно, договорились", "Дoгoвopились", "д о г о в о р и л и с ь"),
        *(
            "Agreed!",
            "Great, it's a deal.",
            "Confirmed for 4 pm",
            "You're booked",
            "We accept",
            "I've put you down for 4",
        ),
        *("That works for him", "See you tomorrow", "All set!", "Pavel agreed to it", "Deal!", "Booked."),
    ),
    Fault.NUMBER: (
        *("Можем дать 75 тысяч", "до 75000 рублей", "75к", "семьдесят пять тысяч", "seventy-five thousand", "75 000 ₽"),
        *("Это стоит 3333 рубля", "$999", "скидка 37%", "Его номер 8 (903) 111-22-33", "карта 4276 3800 1122 3344"),
        *("звоните +79031112233", "9 0 3 1 1 1 2 2 3 3", "код 483920", "ＩＤ ４８３９２０", "пять миллионов рублей"),
    ),
    Fault.LINK: (
        *("смотри evil.ru", "https://evil.example/?d=75", "пиши @evilbot", "почта pavel@firma.ru", "t.me/joinchat"),
        *(
            "evil точка ру",
            "evil dot com",
            "evil . com",
            "pavel (at) firma.ru",
            "pavel собака firma.ru",
            "tg://resolve?domain=e",
        ),
    ),
    Fault.PRIVATE: (
        *("У него развод", "Он разводится", "Полина против", "из Технопрома", "мерджер с Corvid", "КОРВИД? Corvid!"),
        *(
            "р а з в о д",
            "р-а-з-в-о-д",
            "ра\u200bзвод",
            "pазвoд",
            "довзар",
            "0YDQsNC30LLQvtC0",
            "d180d0b0d0b7d0b2d0bed0b4",
        ),
        *("арчтюф", "%D1%80%D0%B0%D0%B7%D0%B2%D0%BE%D0%B4", "готов заплатить до конца"),
        *("the zretre", "merger", "m e r g e r", "mеrgеr", "bWVyZ2Vy", "6d 65 72 67 65 72", "regrem", "ＭＥＲＧＥＲ"),
    ),
    Fault.PERSON: ("Я не бот", "I'm a real person", "Это лично Павел", "Вам пишет живой человек"),
    Fault.MARKUP: ("[сюда](zerno.ru)", "**важно**", "<b>важно</b>", "```x```"),
}
ALLOWED = (
    *("Ещё не договорились", "Когда подтвердится, напишу", "Договорились?", "Если Павел согласен, напишу вам"),
    *("Not agreed yet", "Once it is confirmed, I'll write", "Is it booked?", "Пока ничего не забронировано"),
    *(
        "Записала ваш вопрос",
        "Можете подтвердить?",
        "Принято, передам",
        "It can be booked later",
        "Спасибо, что записали",
    ),
    *("16:00 или 17:30?", "24.11.2026 с 12 до 20", "2026-11-24 16:00", "на 90 минут", "в 2027 году", "12–14, 15–16"),
    *("4000 ₽", "4 тысячи рублей", "четыре тысячи рублей", "400 рублей — это 10%", "3600 со скидкой", "Nov 24, 4 pm"),
    *("+7 (912) 345-67-89", "89123456789", "zerno.ru", "https://zerno.ru/", "на ann@mail.example", "т.е. в 15.30"),
    *("файл договор.docx", "развивать дело", "Хорошо, спрошу", "Он готов", "March is fine", "5 o'clock, room 12"),
)


@pytest.mark.parametrize(("fault", "text"), [(fault, text) for fault, texts in FORBIDDEN.items() for text in texts])
def test_what_must_not_be_said_is_blocked_for_its_reason(fault: Fault, text: str) -> None:
    found = check_reply(text, Known([BRIEF], HEARD, [PRIVATE], owner_name="Павел"))
    assert fault in found
    assert not any(word in one for one in found for word in ("развод", "75", "Corvid", "Полин"))


@pytest.mark.parametrize("text", ALLOWED)
def test_what_only_looks_forbidden_passes(text: str) -> None:
    assert check_reply(text, Known([BRIEF], HEARD, [PRIVATE], owner_name="Павел")) == []


@pytest.mark.parametrize(
    "text", ["а " * 4000, "1 " * 4000, "не " * 4000, "a." * 4000, "@" * 8000, "мне не " * 1200, "6d" * 4000, "é" * 8000]
)
def test_no_text_takes_long(text: str) -> None:
    """Threat 13: every pattern is linear. A backtracking one would not end here before the tests' time is up."""
    check_reply(text, Known([text], [text], [text], [text], "Павел"))
    rights.wants_silence(text)
    rights.asks_whether_program(text)
