import re
import string

import pytest

from userbot.saved_messages import wording
from userbot.saved_messages.command_table import BUILT_IN
from userbot.saved_messages.phrases import PARTS, PHRASES
from userbot.tasks.lifecycle import Change, ClosedBecause
from userbot.tasks.mandate import Reason

ERRORS = (
    *("USER_IS_BLOCKED", "YOU_BLOCKED_USER", "USER_PRIVACY_RESTRICTED", "INPUT_USER_DEACTIVATED"),
    *("CHAT_WRITE_FORBIDDEN", "PEER_ID_INVALID", "PRIVACY_PREMIUM_REQUIRED", "ALLOW_PAYMENT_REQUIRED"),
    *("PEER_FLOOD", "FROZEN_METHOD_INVALID"),
)


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_sentence_stands_in_two_places() -> None:
    """One of the two would never be said, and whoever mends it would wonder why nothing changes."""
    assert sum(map(len, PARTS)) == len(PHRASES)


@pytest.mark.parametrize("key", PHRASES)
def test_both_languages_say_the_same(key: str) -> None:
    """A value that only one language shows would be kept from half of the owners."""
    russian, english = PHRASES[key]
    assert _blanks(russian) == _blanks(english)
    assert russian
    assert not re.search("[а-яё]", english.replace("@имя", ""), re.IGNORECASE)


@pytest.mark.parametrize("key", PHRASES)
def test_no_sentence_names_a_built_in_command_by_hand(key: str) -> None:
    """The prefix is a setting: commands come into sentences as values."""
    for text in PHRASES[key]:
        assert not re.search(
            r"(?<!\w)\.(?:" + "|".join(w for one in BUILT_IN.values() for w in one.russian + one.english) + r")\b", text
        )


@pytest.mark.parametrize("key", PHRASES)
def test_no_bare_number_stands_before_what_it_counts(key: str) -> None:
    """ "1 tokens", "3 задач": the noun has to bend with the number, which `when.counted` does."""
    for text in PHRASES[key]:
        for word in re.findall(r"\{(?:calls|tokens|turns|number|sent|unsent)\} (\w+)", text):
            assert word in ("of", "из", "and", "without", "без", "нет"), f"{key}: {word} after a number"


def test_every_code_of_the_other_rooms_has_its_words() -> None:
    """A code without words would reach the owner as "something went wrong"."""
    for reason in Reason:
        assert wording.knows(f"reason.{reason.value}")
    for because in ClosedBecause:
        assert wording.knows(f"closed.{because.value}")
        assert wording.knows(f"state.{because.value}")
    for change in Change:
        assert wording.knows(f"event.{change.value}")
    for code in ("model_down", "model_key", "model_nonsense", "flood_wait", "telegram_wait"):
        assert wording.knows(f"trouble.{code}")
    for name in BUILT_IN:
        assert wording.knows(f"help.{name}")
        assert wording.knows(f"more.{name}")


@pytest.mark.parametrize("error", ERRORS)
def test_telegrams_refusals_are_explained(error: str) -> None:
    for language in ("ru", "en"):
        told = wording.delivery_error(wording.language_of(language), error)
        assert error not in told
        assert told != wording.say(wording.language_of(language), "error.other", error=error)


def test_an_unknown_refusal_keeps_its_name_and_a_price_is_no_part_of_one() -> None:
    assert "SOMETHING_NEW" in wording.delivery_error("en", "SOMETHING_NEW")
    assert wording.delivery_error("en", "ALLOW_PAYMENT_REQUIRED_50") == wording.delivery_error(
        "en", "ALLOW_PAYMENT_REQUIRED"
    )


@pytest.mark.parametrize("prefix", [".", "!", "/", "№", "·", "»", "бот ", "❓"])
def test_nothing_starts_with_the_prefix(prefix: str) -> None:
    """Text of ours that begins like a command could be taken for the owner's."""
    for text in (prefix + "stop 1", "  " + prefix + "stop 1", prefix * 2, "plain"):
        assert not wording.not_a_command(text, prefix).startswith(prefix)
        assert text.strip() in wording.not_a_command(text, prefix)


YES = "да Да! ДА. ок Ок ага давай Давайте! yes YES yep ok okay + 👍 👍🏽 ✅ Хорошо".split()  # noqa: SIM905
NO = "нет Нет. НЕТ! no No nope 👎 - отмена".split()  # noqa: SIM905
NEITHER = (
    *("", "?", "да?", "да, но в 16:00", "нет, лучше в пятницу", "да нет", "не знаю", "давай в пятницу", "maybe"),
    *("дальше", "note", "yes and no", "да да да да да", "1", "не да", "👍👎"),
)


@pytest.mark.parametrize("text", [*YES, "да, давай", "ок, хорошо", "yes, sure"])
def test_a_plain_yes_is_a_yes(text: str) -> None:
    assert wording.yes_or_no(text) is True


@pytest.mark.parametrize("text", [*NO, "не надо", "Не нужно!", "no thanks", "don't", "нет, спасибо"])
def test_a_plain_no_is_a_no(text: str) -> None:
    assert wording.yes_or_no(text) is False


@pytest.mark.parametrize("text", NEITHER)
def test_anything_with_more_to_it_is_neither(text: str) -> None:
    """A yes with a condition that was taken for a yes would agree to what the owner did not mean."""
    assert wording.yes_or_no(text) is None
