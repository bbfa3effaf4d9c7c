"""Links, addresses, mentions, sums of money and long numbers in a text: what of them came from nowhere. Pure.

Which numbers are ordinary, since a model counts them out of windows and durations: clock times, dates, years near
now, whole numbers of one or two digits, and minutes of up to three. Every sum (a number with a currency, with
"thousand", with a percent sign) must be known by its value, however it is written; so must every other number of three
digits and more, and phone and card numbers digit by digit.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from userbot.tasks.plain_text import clean

# Telegram makes a link of a bare domain too. What ends like a file's name is none.
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}://\S+|\b(?:tg|mailto):\S+"
    r"|(?<![\w@-])(?:[\w-]++\.){1,8}(?!(?:pdf|docx?|xlsx?|pptx?|txt|rtf|odt|csv|png|jpe?g)\b)"
    r"(?:[a-z]{2,24}|рф|рус|москва|дети|онлайн|сайт|орг|ком)\b(?:[/?#:]\S*)?",
    re.IGNORECASE,
)
_AFTER_LINK = ".,:;!?…*_`'\")]}>»”"
_ENDS = r"(?:com|net|org|info|io|me|ru|su|рф|ком|ру|орг|нет)"
# "evil dot com", "evil . com", "a (at) b"
_SPELLED_LINK = re.compile(
    rf"\b([\w-]{{2,40}})\s{{0,3}}(?:\s[.](?:\s{{1,3}})?|[\[(]\s?[.]\s?[\])]|[\[( ]\s?(?:dot|точка)\s?[\]) ])"
    rf"\s{{0,3}}({_ENDS})\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,24}")
_SPELLED_ADDRESS = re.compile(r"\b([\w.+-]{1,64})\s?[\[( ]\s?(?:at|собака)\s?[\]) ]\s?([\w-]{1,63})\s?[\[( .]")
_MENTION = re.compile(r"(?<![\w@.+-])@\s?([a-z0-9_]{3,32})", re.IGNORECASE)

_MONTHS = r"(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|jan|feb|apr|may|jun|jul|aug|sep|oct|nov|dec)\w{0,8}"
# Clock times and dates, as far as they can be ones.
_TIME = re.compile(
    r"(?<![\d.,:+])(?:"
    r"20[0-9]{2}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])(?:[./](?:20)?[0-9]{2})?"
    r"|(?:0?[1-9]|1[0-2])/(?:[12]\d|3[01])(?:/(?:20)?[0-9]{2})?"
    r"|(?:[01]?\d|2[0-4])[:.][0-5]\d(?::[0-5]\d)?"
    rf"|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|-го|-е)?\s{{1,2}}{_MONTHS}(?:[\s,]{{1,2}}20[0-9]{{2}})?"
    rf"|(?<=\s)20[2-3]\d(?=\s?(?:г|год)|[.,!?\s]|$)"
    r")(?![\d:]|[.,]\d|\s?(?:₽|руб|\$|€|тыс|млн|k\b|к\b))",
    re.IGNORECASE,
)
# Digits as people group them: with spaces, dots, dashes and brackets between.
_NUMBER = re.compile(r"\+?\d(?:[ .,()\-–‑]{0,3}\d){0,60}")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .,]\d{3})+")
_DECIMAL = re.compile(r"(\d+)[.,](\d{1,2})")

_SCALE = {"тыс": 1000, "к": 1000, "k": 1000, "thousand": 1000, "grand": 1000, "млн": 10**6, "миллион": 10**6}
_SCALE |= {"million": 10**6, "mln": 10**6, "m": 10**6, "сот": 100, "hundred": 100}
_SCALED = r"(?:тысяч\w{0,3}|тыс\.?|[кk](?![\w])|thousand|grand|млн\.?|миллион\w{0,3}|million|mln|hundred)"
_CURRENCY = (
    r"(?:₽|[$€£₸₴]|р(?:\.|(?![\w]))|руб\w{0,4}\.?|rub\b|rur\b|долл\w{0,5}|usd\b|dollars?\b|bucks?\b|баксов|евро\b|eur\b|euros?\b"
    r"|gbp\b|pounds?\b|фунт\w{0,3}|тенге\b|гривен|гривн\w|%|процент\w{0,4}|percent\b|коп\w{0,4}|cents?\b)"
)
_AFTER = re.compile(rf"\s{{0,2}}({_SCALED})?\s{{0,2}}({_CURRENCY})?", re.IGNORECASE)
_BEFORE = re.compile(r"(?:[$€£₽]|usd|eur|rub)\s?$", re.IGNORECASE)
_MINUTES = re.compile(r"\s{0,2}(?:-?\s?мин|-?\s?min|мл\b|м\b|km\b|км\b)", re.IGNORECASE)

_ORDINARY_DIGITS = 2
_LONG_DIGITS = 7
# What a sum may follow from is looked for in so many texts, the last ones, and values.
_LOOKED_AT = 24
_VALUES = 40


@dataclass(frozen=True)
class Figures:
    """Where the links in a text lead, its addresses and mentions, the values of its numbers, its long numbers' last
    digits. `sums`: the values that are money or shares; `small`: those of one or two digits."""

    links: frozenset[str]
    mentions: frozenset[str]
    sums: frozenset[float]
    numbers: frozenset[float]
    long: frozenset[str]
    small: frozenset[float]


def strange_links(text: str, known: Iterable[str]) -> bool:
    """Is there a link, e-mail address or mention in `text` that none of the `known` texts holds?"""
    found = _figures(text)
    if not found.links and not found.mentions:
        return False
    texts = [_figures(one) for one in known]
    return bool(
        found.links.difference(*(one.links for one in texts))
        or found.mentions.difference(*(one.mentions for one in texts))
    )


def strange_numbers(text: str, known: Iterable[str], private: Iterable[str] = ()) -> bool:
    """Is there a sum, a phone or card number or another long one in `text` that none of the `known` texts holds?

    What follows from known numbers (so many times a price, a sum of two, a percentage, "22" meant as thousands) is
    known too, unless it stands in the `private` texts.
    """
    found = _figures(text)
    wanted = found.sums | {value for value in found.numbers if value >= 10**_ORDINARY_DIGITS}
    if not wanted and not found.long:
        return False
    texts = [_figures(one) for one in known]
    if found.long.difference(*(one.long for one in texts)):
        return True
    strange = wanted.difference(*(one.sums | one.numbers for one in texts))
    if not strange:
        return False
    hidden = frozenset[float]().union(*(one.sums | one.numbers for one in map(_figures, private)))
    values = found.small.union(*(one.sums | one.numbers | one.small for one in texts[-_LOOKED_AT:]))
    for value in sorted(strange):
        if value in hidden or not _follows(value, sorted(values)[:_VALUES]):
            return True
        values |= {value}
    return False


def _follows(value: float, values: Sequence[float]) -> bool:
    """Is `value` a product, a sum or a difference of two of the values, a share of one, or thousands of one?"""
    known = set(values)
    shares = [value / (1 - share / 100) for share in known if 0 < share < 100]
    shares += [value / (share / 100) for share in known if 0 < share <= 100]
    for wanted in (value, *(share for share in shares if share < 10**9)):
        if wanted != value and any(abs(wanted - one) < 0.01 for one in known):
            return True
        if any(one > 1 and any(abs(one * other - wanted) < 0.01 for other in values) for one in values):
            return True
    return value / 1000 in known or any(value - one in known or value + one in known for one in known)


@lru_cache(1024)
def _figures(text: str) -> Figures:
    plain = unicodedata.normalize("NFKC", clean(text))
    links = set(_links(plain))
    sums, numbers, long = _numbers(plain)
    mentions = {name.casefold() for name in _MENTION.findall(plain)}
    return Figures(
        frozenset(links),
        frozenset(mentions),
        frozenset(sums),
        frozenset(numbers),
        frozenset(long),
        frozenset(n for n in numbers if 0 < n < 100),
    )


def _links(text: str) -> Iterable[str]:
    """Where links lead: without their scheme, and what punctuation follows them in a sentence."""
    addresses = {address.casefold() for address in _ADDRESS.findall(text)}
    yield from addresses
    for found in _LINK.findall(text):
        link = re.sub(r"^(?:https?://)?(?:www\.)?", "", found.casefold().rstrip(_AFTER_LINK)).rstrip("/")
        if link.removeprefix("mailto:") not in addresses:
            yield link.removeprefix("mailto:") if "@" in link else link
    for name, end in _SPELLED_LINK.findall(text):
        yield f"{name}.{end}".casefold()
    for name, host in _SPELLED_ADDRESS.findall(text) if "(at" in text or "[at" in text or "собака" in text else ():
        yield f"{name}@{host}".casefold()


def _numbers(text: str) -> tuple[set[float], set[float], set[str]]:
    """Sums, other numbers' values, and the last ten digits of long numbers."""
    sums: set[float] = set()
    numbers: set[float] = set()
    long: set[str] = set()
    if any(c.isdigit() for c in text):
        digits = "".join(str(unicodedata.digit(c, c)) if c.isdigit() else c for c in text)
        rest = _TIME.sub(" ; ", digits)
        for found in _NUMBER.finditer(rest):
            _read_number(found, rest, sums, numbers, long)
    sums |= _spoken_sums(text)
    return sums, numbers, long


def _read_number(found: re.Match[str], text: str, sums: set[float], numbers: set[float], long: set[str]) -> None:
    number = found[0]
    after = _AFTER.match(text, found.end())
    scale, currency = (after[1], after[2]) if after else (None, None)
    before = _BEFORE.search(text[max(0, found.start() - 5) : found.start()])
    is_sum = bool(scale or currency or before)
    parts = [number] if _THOUSANDS.fullmatch(number) or _DECIMAL.fullmatch(number) else re.findall(r"\d+", number)
    if not (is_sum and len(parts) == 1):
        # An enumeration of small numbers is no long one.
        whole = (re.sub(r"\D", "", one) for one in re.split(r"[.,]\s", number))
        long |= {one[-10:] for one in whole if len(one) >= _LONG_DIGITS}
    for n, part in enumerate(parts):
        value = _value(part)
        if is_sum and (n == len(parts) - 1 or re.search(r"[-–]", number)):
            sums.add(value * _scale(scale))
        elif len(part) < _LONG_DIGITS and (value >= 1000 or not _MINUTES.match(text, found.end())):
            numbers.add(value)


def _value(part: str) -> float:
    if _THOUSANDS.fullmatch(part):
        return float(re.sub(r"\D", "", part))
    if decimal := _DECIMAL.fullmatch(part):
        return float(f"{decimal[1]}.{decimal[2]}")
    digits = re.sub(r"\D", "", part)[:30]
    return float(digits or 0)


def _scale(word: str | None) -> int:
    if not word:
        return 1
    word = word.casefold().rstrip(".")
    return next((by for begin, by in _SCALE.items() if word == begin or (len(begin) > 2 and word.startswith(begin))), 1)


# --- numbers in words -----------------------------------------------------------------------------------------------

_SPOKEN = {
    **{"один": 1, "одн": 1, "дв": 2, "три": 3, "трех": 3, "четыр": 4, "пят": 5, "шест": 6, "сем": 7, "восем": 8},
    **{"восьм": 8, "девят": 9, "десят": 10, "одиннадцат": 11, "двенадцат": 12, "тринадцат": 13, "четырнадцат": 14},
    **{"пятнадцат": 15, "шестнадцат": 16, "семнадцат": 17, "восемнадцат": 18, "девятнадцат": 19, "двадцат": 20},
    **{"тридцат": 30, "сорок": 40, "пятьдесят": 50, "пятидесят": 50, "шестьдесят": 60, "шестидесят": 60},
    **{"семьдесят": 70, "семидесят": 70, "восемьдесят": 80, "восьмидесят": 80, "девяност": 90, "сто": 100, "ста": 100},
    **{"двести": 200, "двухсот": 200, "триста": 300, "трехсот": 300, "четыреста": 400, "четырехсот": 400},
    **{"пятьсот": 500, "пятисот": 500, "шестьсот": 600, "шестисот": 600, "семьсот": 700, "семисот": 700},
    **{"восемьсот": 800, "восьмисот": 800, "девятьсот": 900, "девятисот": 900, "полтор": 1.5},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17},
    **{"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60},
    **{"seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100},
}
_STEMS = "|".join(sorted(_SPOKEN, key=len, reverse=True))
# "fifty thousand", «пятидесяти рублей»
_SPOKEN_SUM = re.compile(
    rf"(?<!\w)((?:(?:{_STEMS})\w{{0,3}}[\s-]{{1,2}}){{1,4}})({_SCALED})?\s{{0,2}}({_CURRENCY})?", re.IGNORECASE
)
_SPOKEN_WORD = re.compile(rf"(?<!\w)({_STEMS})\w{{0,3}}", re.IGNORECASE)


def _spoken_sums(text: str) -> set[float]:
    found = set()
    for spoken in _SPOKEN_SUM.finditer(text.casefold().replace("ё", "е")):
        if not spoken[2] and not spoken[3]:
            continue
        value = 0.0
        for word in _SPOKEN_WORD.findall(spoken[1]):
            one = _SPOKEN[word]
            value = value * 100 if word == "hundred" and value else value + one
        found.add(value * _scale(spoken[2]))
    return found
