"""Limits on named values of a result: ranges of numbers, a price, allowed choices, what must be there. Pure.

In the flow: `limits.py` reads them as parts of a mandate, `mandate.py` holds a result's values against them.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from userbot.tasks.local_time import shown

Number = int | float
# More than any sum or measure two people settle in a chat, and small enough for exact comparison.
MAX_NUMBER = 10**12
MAX_LIMITS = 10
MAX_ALLOWED = 20
MAX_TEXT = 200
_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# ISO 4217, the currencies that people pay with.
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
    CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
    HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
    PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY
    TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905  (a list of them would take a screen)
)


@dataclass(frozen=True)
class Range:
    """What the number `property` of a result may be, its ends included. With `unit` the result's own `unit` has to
    say the same."""

    property: str
    least: Number | None
    most: Number | None
    unit: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"property": self.property, "min": self.least, "max": self.most, "unit": self.unit}


@dataclass(frozen=True)
class Price:
    """What a result may cost, its ends included."""

    least: Number | None
    most: Number | None
    currency: str

    def to_json(self) -> dict[str, Any]:
        return {"min": self.least, "max": self.most, "currency": self.currency}


@dataclass(frozen=True)
class Choice:
    """What the text `property` of a result may be; case and spaces do not matter."""

    property: str
    allowed: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"property": self.property, "allowed": list(self.allowed)}


def read_ranges(raw: object, problems: list[str]) -> tuple[Range, ...]:
    """The well-formed ones of a JSON list; what is wrong with the others goes into `problems`."""
    ranges: list[Range] = []
    for name, item in _items(raw, "numbers", {"property", "min", "max", "unit"}, problems):
        bounds = _bounds(item, name, problems, floor=-MAX_NUMBER)
        unit = None if item["unit"] is None else read_text(item["unit"], f"{name}.unit", problems)
        prop = _property(item["property"], name, [one.property for one in ranges], problems)
        if bounds is not None and prop is not None and (unit is not None or item["unit"] is None):
            ranges.append(Range(prop, *bounds, unit))
    return tuple(ranges)


def read_price(raw: object, problems: list[str]) -> Price | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or set(raw) != {"min", "max", "currency"}:
        problems.append("price must be an object with min, max and currency")
        return None
    bounds = _bounds(raw, "price", problems, floor=0)
    currency = read_currency(raw["currency"], "price.currency", problems)
    return None if bounds is None or currency is None else Price(*bounds, currency)


def read_choices(raw: object, problems: list[str]) -> tuple[Choice, ...]:
    choices: list[Choice] = []
    for name, item in _items(raw, "choices", {"property", "allowed"}, problems):
        prop = _property(item["property"], name, [one.property for one in choices], problems)
        allowed = _texts(item["allowed"], f"{name}.allowed", problems)
        if prop is not None and allowed:
            choices.append(Choice(prop, allowed))
    return tuple(choices)


def read_required(raw: object, problems: list[str]) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > MAX_LIMITS:
        problems.append(f"required must be null or a list of at most {MAX_LIMITS} properties")
        return ()
    names = [_property(item, f"required[{n}]", (), problems) for n, item in enumerate(raw)]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def read_number(raw: object, name: str, problems: list[str], *, floor: Number = -MAX_NUMBER) -> Number | None:
    """A finite number; 60.0 is 60, so that equal numbers are written alike."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(_bounded(raw)):
        if floor <= raw <= MAX_NUMBER:
            return int(raw) if float(raw).is_integer() else raw
        problems.append(f"{name} must be from {floor} to {MAX_NUMBER}")
        return None
    problems.append(f"{name} {shown(raw)} is not a number")
    return None


def read_currency(raw: object, name: str, problems: list[str]) -> str | None:
    if isinstance(raw, str) and raw in CURRENCIES:
        return raw
    problems.append(f"{name} {shown(raw)} is unknown: write an ISO 4217 code such as RUB, EUR, USD")
    return None


def read_text(raw: object, name: str, problems: list[str]) -> str | None:
    """A text of one line that says something."""
    text = " ".join(raw.split()) if isinstance(raw, str) else ""
    if text and len(text) <= MAX_TEXT:
        return text
    problems.append(f"{name} must be a text of at most {MAX_TEXT} characters")
    return None


def folded(text: str) -> str:
    """How texts are compared: «Офис » is «офис»."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _bounded(raw: Number) -> float:
    """The number as a float; one too large for it is infinite."""
    try:
        return float(raw)
    except OverflowError:
        return math.inf


def _items(raw: object, name: str, keys: set[str], problems: list[str]) -> list[tuple[str, Mapping[str, Any]]]:
    if raw is None:
        return []
    if not isinstance(raw, list) or len(raw) > MAX_LIMITS:
        problems.append(f"{name} must be null or a list of at most {MAX_LIMITS}")
        return []
    wrong = [n for n, item in enumerate(raw) if not isinstance(item, Mapping) or set(item) != keys]
    problems.extend(f"{name}[{n}] must be an object with {', '.join(sorted(keys))}" for n in wrong)
    return [(f"{name}[{n}]", item) for n, item in enumerate(raw) if n not in wrong]


def _bounds(
    item: Mapping[str, Any], name: str, problems: list[str], *, floor: Number
) -> tuple[Number | None, Number | None] | None:
    known = len(problems)
    least, most = (
        None if item[end] is None else read_number(item[end], f"{name}.{end}", problems, floor=floor)
        for end in ("min", "max")
    )
    if len(problems) > known:
        return None
    if least is None and most is None:
        problems.append(f"{name} needs min, max or both")
        return None
    if least is not None and most is not None and least > most:
        problems.append(f"{name}: min {least} is more than max {most}")
        return None
    return least, most


def _property(raw: object, name: str, taken: list[str] | tuple[()], problems: list[str]) -> str | None:
    if not isinstance(raw, str) or not _PROPERTY.fullmatch(raw):
        problems.append(f"{name}: {shown(raw)} is no property of a result")
        return None
    if raw in taken:
        problems.append(f"{name}: {raw} has a limit already")
        return None
    return raw


def _texts(raw: object, name: str, problems: list[str]) -> tuple[str, ...]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_ALLOWED:
        problems.append(f"{name} must be a list of 1 to {MAX_ALLOWED} texts")
        return ()
    known = len(problems)
    texts = [read_text(item, f"{name}[{n}]", problems) for n, item in enumerate(raw)]
    return tuple(dict.fromkeys(text for text in texts if text is not None)) if len(problems) == known else ()
