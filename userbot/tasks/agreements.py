"""Which agreement a message speaks of that says "agreed": by the days, hours and sums it names. Pure.

What was agreed about one matter must not vouch for another one. Words that name nothing vouch for nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from userbot.tasks.promises import accepting, folded

# A day, an hour or a number as a message may mean it: one reading of it. Several where it may be meant in several ways.
Reading = tuple[str, int, int]

_MONTHS = ("янв", "фев", "мар", "апр", "ма[йя]", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("понедельник", "вторник", "сред[ауые]", "четверг", "пятниц", "суббот", "воскресен")
_ENGLISH_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FROM_TODAY = {"сегодня": 0, "послезавтра": 2, "завтра": 1, "today": 0, "tonight": 0, "tomorrow": 1}

_ISO = re.compile(r"\b20\d\d-(\d\d)-(\d\d)\b")
_CLOCK = re.compile(r"(?<![\d.:])(\d{1,2})[:.](\d\d)(?![\d:]|\.\d)")
_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:-?(?:го|е)|st|nd|rd|th)? ([^\W\d]{3,})")
_MONTH_FIRST = re.compile(r"\b([^\W\d]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?\b")
_HOUR = re.compile(r"\b(?:в|на|к|с|до|at|from|by) (\d{1,2})(?![\d:.-]|\.\d)(?! ?(?:%|₽|руб|тыс|мин|дн|нед|people|min))")
_WEEKDAY = re.compile("|".join(rf"\b({ru}|{en})" for ru, en in zip(_WEEKDAYS, _ENGLISH_WEEKDAYS, strict=True)))
_MONTH = [re.compile(f"{ru}|{en}") for ru, en in zip(_MONTHS, _ENGLISH_MONTHS, strict=True)]
_NEAR = re.compile(rf"\b(?:{'|'.join(_FROM_TODAY)})\b")
_SUM = re.compile(r"(?<![\d:.])\d{1,3}(?:[ \u00a0]?\d{3})+(?!\d)|(?<![\d:.])\d{3}(?!\d)")


def speaks_of(
    text: str, results: Sequence[Mapping[str, Any]], today: date, moved: Sequence[Mapping[str, Any]] = ()
) -> bool:
    """Does everything in `text` that says "agreed" name a day, an hour or a sum of one of these results, and none that
    is not of it? `today`: as the person reads it who gets the message. `moved`: what stands while another time is
    looked for, perhaps on that very day, or when it would end: it is named by when it begins."""
    known = [_of(result, today) for result in results]
    first = [(_start(result), _of(result, today)) for result in moved]
    for one, longer in accepting(text):
        named = list(_named(one)) or list(_named(longer))
        begun = [readings for start, readings in first if any(not start.isdisjoint(these) for these in named)]
        if not _is_of_one(named, [*known, *begun]):
            return False
    return True


def speaks_of_another(text: str, results: Sequence[Mapping[str, Any]], today: date) -> bool:
    """Does a sentence in `text` that says "agreed" name days and hours, and not one of these results'? Of results
    without a day nothing can be told: False."""
    known = [_of(result, today) for result in results]
    if not all(any(reading[0] == "day" for reading in one) for one in known):
        return False
    everything = frozenset[Reading]().union(*known)
    named = [list(_named(one)) for one, _ in accepting(text)]
    return any(one and all(readings.isdisjoint(everything) for readings in one) for one in named)


def _is_of_one(named: Sequence[set[Reading]], known: Iterable[frozenset[Reading]]) -> bool:
    return bool(named) and any(all(not readings.isdisjoint(one) for readings in named) for one in known)


def _start(result: Mapping[str, Any]) -> frozenset[Reading]:
    """The hour alone."""
    return _of({"time": result.get("time")}, date.min)


def _of(result: Mapping[str, Any], today: date) -> frozenset[Reading]:
    """Every reading by which something in a result may be named."""
    found: set[Reading] = set()
    for key, value in result.items():
        if key in ("date", "due_date") and isinstance(value, str):
            day = date.fromisoformat(value)
            found |= {("day", day.month, day.day), ("weekday", day.weekday(), 0), ("from today", (day - today).days, 0)}
        elif key in ("time", "due_time") and isinstance(value, str) and (clock := _CLOCK.fullmatch(value)):
            found.add(("minute", int(clock[1]) * 60 + int(clock[2]), 0))
            length = result.get("duration_minutes")
            if isinstance(length, int):
                found.add(("minute", (int(clock[1]) * 60 + int(clock[2]) + length) % (24 * 60), 0))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.add(("number", int(value), 0))
        elif isinstance(value, Mapping):
            found |= {reading for reading in _of(value, today) if reading[0] == "number"}
    return frozenset(found)


def _named(sentence: str) -> Iterable[set[Reading]]:
    text = folded(sentence)
    for found in _ISO.finditer(text):
        yield {("day", int(found[1]), int(found[2]))}
    text = _ISO.sub(" ", text)
    for found in _CLOCK.finditer(text):
        # 14.10 is an hour, or a day of October.
        yield {*_hours(int(found[1]), int(found[2])), ("day", int(found[2]), int(found[1]))}
    for day, word in [(found[1], found[2]) for found in _DAY_FIRST.finditer(text)] + [
        (found[2], found[1]) for found in _MONTH_FIRST.finditer(text)
    ]:
        for n, month in enumerate(_MONTH):
            if month.match(word):
                yield {("day", n + 1, int(day))}
    for found in _HOUR.finditer(text):
        if not any(month.match(text[found.end() :].lstrip()) for month in _MONTH):
            # «На 2 часа» is how long.
            yield {*_hours(int(found[1]), 0), ("number", int(found[1]) * 60, 0)}
    for found in _WEEKDAY.finditer(text):
        yield {("weekday", (found.lastindex or 1) - 1, 0)}
    for found in _NEAR.finditer(text):
        yield {("from today", _FROM_TODAY[found[0]], 0)}
    for found in _SUM.finditer(text):
        yield {("number", int(re.sub(r"\D", "", found[0])), 0)}


def _hours(hour: int, minute: int) -> Iterable[Reading]:
    """«В 3» may be three at night and in the afternoon."""
    yield "minute", hour * 60 + minute, 0
    if hour < 12:
        yield "minute", (hour + 12) * 60 + minute, 0
