"""Words that must not be said, found in whatever dress: other letters, spaced, turned round, shifted, encoded. Pure.

A private text hides two things: every run of `PRIVATE_RUN` of its words, and each single word that is telling by
itself (no everyday word). What the contact was told is not hidden; of what they said themselves the single words are
not, but a run of words is, since repeating a guess confirms it.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from userbot.tasks.everyday_words import ENGLISH, RUSSIAN
from userbot.tasks.plain_text import clean

# So many words of the private notes in a row are the notes, not chance.
PRIVATE_RUN = 3
# A word in pieces is looked for only when it is so long: shorter ones stand in other words by chance.
_WHOLE = 7
_SHORTEST = 4
# No longer beginning of a word is kept: a word of thousands of letters would have millions of letters of beginnings.
_LONGEST = 32
# «Павел», «Павла»: of a name in another case no more stays.
_NAME_STEM = 3
_LONG_NUMBER = 3
_LONGEST_TITLE = 3
# How much longer or shorter than in the notes a word may be and still be that word.
_ENDING = 4
_DECODED_AT_MOST = 24
_KNOWN_AT_MOST = 1024

# Letters that look alike, of Latin, Cyrillic and Greek, become one, after case folding and without accents. A capital
# may look like another letter than its small form does.
_CAPITALS = str.maketrans("ВНРСУХЗЧБΗΝΡΥΖΒΜΤΧ", "BHPCYX346HNPYZBMTX")
_ACCENTS = range(0x0300, 0x0370)
_ALIKE: dict[int, int | None] = {
    **dict.fromkeys(_ACCENTS),
    **str.maketrans(
        "авекмнорстухізчбѕјԁԛԝһӏѵαβεικνορτυχγμηζωςσϲϳ0|1lіıɑɡɩℓ",
        "abekmhopctyxi346sjdqwhlvabeikvoptyxymnzwcccjolllliagll",
    ),
}
_SAME_LETTER = str.maketrans("i", "l")
_PICTURES = {
    **{0x1F1E6 + n: chr(97 + n) for n in range(26)},
    **{start + n: chr(97 + n) for start in (0x1F130, 0x1F150, 0x1F170) for n in range(26)},
}

_WORD = re.compile(r"[^\W_]+")
_NAMED = re.compile(r"(?:^|[.!?:;\n«\"(]\s*)?[^\W_]+")
_SPELLED = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,3}[^\W_](?![^\W_]))+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{3,}={0,2}")
_HEX = re.compile(r"(?<![0-9a-fA-F])(?:(?:\\x|0x)?[0-9a-fA-F]{2}[ :,-]?){2,}")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|&#?\w{1,8};|=[0-9A-F]{2})")

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_CYRILLIC_33 = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_ORDER = {c: n for n, c in enumerate(_LATIN)}
_ORDERS = (
    (_ORDER, 26),
    ({c: n for n, c in enumerate(_CYRILLIC)}, 32),
    ({c: n for n, c in enumerate(_CYRILLIC_33)}, 33),
)
_HALF = str.maketrans(_LATIN + _CYRILLIC, _LATIN[13:] + _LATIN[:13] + _CYRILLIC[16:] + _CYRILLIC[:16])

Run = tuple[str, ...]
Steps = tuple[int, ...]


@dataclass(frozen=True)
class _Words:
    """A text's words in the one alphabet of lookalikes, its runs of words, and the beginnings that tell its words."""

    words: tuple[str, ...]
    runs: frozenset[Run]
    beginnings: frozenset[str]


@dataclass(frozen=True)
class _Secret:
    """A private text: its runs, those of two telling words and more, its telling words by their beginnings (with their
    whole length), the steps from letter to letter in them, which no shift of the alphabet changes."""

    run: int
    runs: frozenset[Run]
    telling_runs: frozenset[Run]
    telling: dict[str, int]
    lengths: tuple[int, ...]
    steps: dict[Steps, str]
    step_lengths: tuple[int, ...]


def says_private(
    text: str,
    private: Iterable[str],
    elsewhere: Iterable[str] = (),
    *,
    told: Sequence[str] = (),
    heard: Sequence[str] = (),
    named: Iterable[str] = (),
) -> bool:
    """Does `text` hold, in whatever dress, a word or words of the `private` texts?

    `elsewhere`: texts about other people. The conversation never read them, and everyday matters are the same with
    everybody, so only runs of words count of which two at least are telling. `named`: names that are no
    secret in any case.
    """
    names = {word[:_NAME_STEM] for name in named for word in _words(name).words}
    secrets = [_secret(one) for one in private if one]
    others = [_secret(one) for one in elsewhere if one]
    if not secrets and not others:
        return False
    views = [_read(view) for view in _views(text)]
    all_of_it = [
        _Hidden(one, one.runs, {stem for stem in one.telling if stem[:_NAME_STEM] not in names}) for one in secrets
    ]
    found = frozenset[Run]().union(*(view.runs for view in views))
    foreign = frozenset[Run]().union(*(found & secret.telling_runs for secret in others))
    # Most texts hold nothing of it, whoever knows it: then nobody has to go through all that was told and heard.
    if not foreign and not _holds(text, views, all_of_it):
        return False
    told_words = [_words(one) for one in told]
    heard_words = [_words(one) for one in heard]
    if foreign.difference(*(one.runs for one in (*told_words, *heard_words))):
        return True
    told_runs = {length: _runs_of(told_words, length) for length in {secret.run for secret in secrets}}
    known = frozenset[str]().union(*(one.beginnings for one in (*told_words, *heard_words)))
    untold = [_Hidden(one.secret, one.runs - told_runs[one.secret.run], one.stems - known) for one in all_of_it]
    return _holds(text, views, [one for one in untold if one.runs or one.stems])


def _holds(text: str, views: Sequence["_Words"], hidden: Sequence["_Hidden"]) -> bool:
    return any(_is_in(view, hidden) for view in views) or any(
        _is_shifted(text, one) or _is_in_pieces(text, one) for one in hidden
    )


@dataclass(frozen=True)
class _Hidden:
    """What of a secret must not be said."""

    secret: _Secret
    runs: frozenset[Run]
    stems: set[str]


def _is_in(found: _Words, hidden: Sequence[_Hidden]) -> bool:
    for one in hidden:
        runs = found.runs if one.secret.run == PRIVATE_RUN else _runs(found.words, one.secret.run)
        if not one.runs.isdisjoint(runs):
            return True
        if one.stems.isdisjoint(found.beginnings):
            continue
        for word in found.words:
            for length in one.secret.lengths:
                stem = word[:length]
                if stem in one.stems and _is_form(word, stem, one.secret.telling[stem]):
                    return True
    return False


def _is_form(word: str, stem: str, length: int) -> bool:
    """Is `word` a form of the secret one, of `length` letters, that begins with `stem`? Short ones must stand whole,
    and an everyday word that only begins alike is no secret."""
    if len(stem) < _SHORTEST:
        return word == stem
    return abs(len(word) - length) <= _ENDING and not _is_everyday(word)


def _is_shifted(text: str, hidden: _Hidden) -> bool:
    """Does a word go up and down the alphabet as a secret one does? Then it is that word, shifted."""
    secret = hidden.secret
    wanted = {steps: stem for steps, stem in secret.steps.items() if stem in hidden.stems}
    if not wanted:
        return False
    for word in _WORD.findall(text.casefold()):
        for steps in _steps(word):
            for length in secret.step_lengths:
                stem = wanted.get(steps[:length]) if len(steps) >= length else None
                if stem and abs(len(word) - secret.telling[stem]) <= _ENDING and not _is_everyday(_alike(word)):
                    return True
    return False


def _is_in_pieces(text: str, hidden: _Hidden) -> bool:
    """Is a long secret word there with its letters apart, or a shorter one spelled letter by letter?"""
    long = [stem for stem in hidden.stems if len(stem) >= _WHOLE]
    spelled = ["".join(_WORD.findall(group)) for group in _SPELLED.findall(_alike(text))]
    if any(stem == group or (len(stem) >= 3 and stem in group) for stem in hidden.stems for group in spelled):
        return True
    if not long:
        return False
    together = "".join(_WORD.findall(_alike(text)))
    return any(stem in together or stem in together[::-1] for stem in long)


# --- the ways a text can be read ------------------------------------------------------------------------------------


def _views(text: str) -> list[str]:
    """`text` itself, turned round, shifted by half an alphabet, and whatever in it can be decoded."""
    lower = text.casefold()
    views = [text, text[::-1], lower.translate(_HALF)]
    inside = _decoded(text)
    # Encoded twice is encoded all the same; the bound keeps it cheap.
    inside += [again for one in inside[:4] for again in _decoded(one)]
    return views + inside + [one[::-1] for one in inside] + [one.casefold().translate(_HALF) for one in inside]


def _decoded(text: str) -> list[str]:
    found = []
    tokens = _BASE64.findall(text)
    joined = "".join(tokens)
    if len(tokens) > 1:
        # Line breaks or spaces put into it.
        tokens.append(joined[:4096])
    for token in sorted(tokens, key=len, reverse=True)[: _DECODED_AT_MOST * 4]:
        found += _texts_of(_from_base64(token))
    for token in _HEX.findall(text)[:_DECODED_AT_MOST]:
        digits = re.sub(r"\\x|0x|[^0-9a-fA-F]", "", token)
        if len(digits) % 2 == 0:
            found += _texts_of(bytes.fromhex(digits))
    if _ESCAPES.search(text):
        found += [html.unescape(text), urllib.parse.unquote(text), urllib.parse.unquote(text.replace("=", "%"))]
        found.append(re.sub(r"\\u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), text))
    return [one for one in dict.fromkeys(found) if one and one != text][:_DECODED_AT_MOST]


def _from_base64(token: str) -> bytes:
    token = token.rstrip("=").replace("-", "+").replace("_", "/")
    if len(token) % 4 == 1:
        token = token[:-1]
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return b""


def _texts_of(found: bytes) -> list[str]:
    """What the bytes may say; nothing when they are no text in any usual encoding."""
    texts = []
    for encoding in ("utf-8", "cp1251", "utf-16-le"):
        try:
            text = codecs.decode(found, encoding)
        except UnicodeDecodeError:
            continue
        if text and text.replace("\n", "").isprintable():
            texts.append(text)
            if encoding == "utf-8":
                break
    return texts


# --- words ----------------------------------------------------------------------------------------------------------


def _alike(text: str) -> str:
    text = unicodedata.normalize("NFKD", clean(text).translate(_PICTURES).translate(_CAPITALS))
    return text.casefold().translate(_ALIKE).translate(_SAME_LETTER)


def _read(text: str) -> _Words:
    words = tuple(_WORD.findall(_alike(text)))
    return _Words(words, frozenset(_runs(words, PRIVATE_RUN)), _beginnings(words))


@lru_cache(_KNOWN_AT_MOST)
def _words(text: str) -> _Words:
    return _read(text)


def _stem(word: str) -> str:
    """The beginning that the forms of a word share. Endings are cut by length: letters stand for several here."""
    n = len(word)
    return word if n < 5 else word[: min(_LONGEST, n - (1 if n < 7 else 2 if n < 10 else 3))]


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    """Every beginning by which one of the words could be known, and short words whole."""
    return frozenset(
        beginning
        for word in words
        for beginning in (word, *(word[:n] for n in range(_SHORTEST, min(_LONGEST + 1, len(word)))))
    )


def _runs(words: Sequence[str], length: int) -> set[Run]:
    return {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}


def _runs_of(texts: Iterable[_Words], length: int) -> frozenset[Run]:
    return frozenset().union(*(one.runs if length == PRIVATE_RUN else _runs(one.words, length) for one in texts))


def _steps(word: str) -> list[Steps]:
    """From each letter to the next one, counted round the alphabet: Latin, Cyrillic without ё and with it."""
    found = []
    for order, size in _ORDERS:
        places = [order.get(c, -1) for c in word]
        if -1 not in places:
            found.append(tuple((b - a) % size for a, b in pairwise(places)))
    return found


@lru_cache(_KNOWN_AT_MOST)
def _secret(text: str) -> _Secret:
    words = _words(text).words
    run = min(PRIVATE_RUN, len(words))
    telling = {}
    steps = {}
    before = ""
    for found in _NAMED.finditer(clean(text)):
        word = _WORD.findall(found[0])[-1]
        # After "Dr." and «ул.» the same sentence goes on.
        begins = not before or (not found[0][0].isalnum() and len(before) > _LONGEST_TITLE)
        before = word
        if not _is_telling(word, begins):
            continue
        for alike in _WORD.findall(_alike(word)):
            telling[_stem(alike)] = len(alike)
            if len(word) >= 5:
                cut = len(_stem(alike)) - 1
                steps.update({one[:cut]: _stem(alike) for one in _steps(word.casefold()) if len(one) >= cut})
    runs = _runs(words, run) if run else set()
    return _Secret(
        run,
        frozenset(runs),
        frozenset(one for one in runs if len(one) == PRIVATE_RUN and sum(_stem(word) in telling for word in one) > 1),
        telling,
        tuple(sorted({len(stem) for stem in telling})),
        steps,
        tuple(sorted({len(one) for one in steps})),
    )


def _is_telling(word: str, begins_sentence: bool) -> bool:
    """Is this word alone enough to give something away? Names and abbreviations are, everyday words are not."""
    if word.isdigit():
        return len(word) >= _LONG_NUMBER and not (len(word) == 4 and word.startswith("20"))
    if _is_everyday(_alike(word)):
        return False
    if _is_abbreviation(word):
        return True
    if len(word) >= 3 and (word[0].isupper() and not begins_sentence):
        return True
    return len(word) >= (_SHORTEST - 1 if word.isascii() else _SHORTEST)


def _is_abbreviation(word: str) -> bool:
    return len(word) in (2, 3, 4, 5) and word.isupper() and not _is_everyday(_alike(word))


def _is_everyday(alike: str) -> bool:
    return alike in _EVERYDAY or any(alike[:length] in _EVERYDAY_BEGINNINGS for length in range(2, len(alike) + 1))


_EVERYDAY = frozenset(_alike(word) for word in f"{RUSSIAN} {ENGLISH}".split() if "*" not in word)
_EVERYDAY_BEGINNINGS = frozenset(
    _alike(word.rstrip("*")) for word in f"{RUSSIAN} {ENGLISH}".split() if word.endswith("*")
)
