"""A task's mandate in the owner's own terms, on one line: what became of their words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from userbot.saved_messages import pieces, when, wording
from userbot.saved_messages.when import Language
from userbot.tasks import guard, mandate
from userbot.tasks.local_time import MINUTES_A_DAY, clock_text

WINDOWS_SHOWN = 6
APPROVED_SHOWN = 2
NAME, TEXT = 60, 120


def limits(language: Language, stored: Mapping[str, Any] | None, zone: ZoneInfo, *, whole: bool = False) -> str:
    """Days, hours, length, numbers, price, choices, and what the owner said yes to since; "" without any limit.

    `whole`: nothing of it is left out or cut, for whoever says yes to it.
    """
    if stored is None:
        return ""
    try:
        given = mandate.Mandate.from_json(stored)
    except mandate.MandateError:
        return wording.say(language, "limit.unreadable")
    most, text = (None, guard.MESSAGE_LIMIT) if whole else (WINDOWS_SHOWN, TEXT)
    parts = [*_times(language, given, most), *_values(language, given, text)]
    if given.offers is not None:
        parts.append(wording.say(language, "limit.offers", offers=when.counted(language, given.offers, "offer")))
    parts += [_approved(language, case, zone, text) for case in given.approved[0 if whole else -APPROVED_SHOWN :]]
    return "; ".join(parts)


def _times(language: Language, given: mandate.Mandate, most: int | None) -> list[str]:
    parts = []
    if given.windows and given.timezone:
        its_zone = ZoneInfo(given.timezone)
        runs = _runs(given.windows)
        windows = [_run(language, run) for run in runs[:most]]
        more = sum(len(run) for run in runs[len(windows) :])
        if more > 0:
            windows.append(wording.say(language, "limit.more", windows=when.counted(language, more, "window")))
        first_day = datetime.combine(given.windows[0].day, time(12), its_zone)
        zone_text = when.zone_name(language, first_day, its_zone)
        parts.append(wording.say(language, "limit.windows", windows="; ".join(windows), zone=zone_text))
    if given.not_on:
        days = [when.day(language, day) for day in given.not_on[:most]]
        if more := len(given.not_on) - len(days):
            days.append(wording.say(language, "limit.more", windows=when.counted(language, more, "day")))
        parts.append(wording.say(language, "limit.not_on", days="; ".join(days)))
    if given.duration_minutes is not None:
        parts.append(wording.say(language, "limit.duration", length=when.length(language, given.duration_minutes)))
    return parts


def _values(language: Language, given: mandate.Mandate, text: int) -> list[str]:
    parts = []
    if given.price is not None:
        ends = _ends(language, given.price.least, given.price.most)
        parts.append(wording.say(language, "limit.price", ends=ends, currency=given.price.currency))
    for limit in given.numbers:
        ends = " ".join(filter(None, (_ends(language, limit.least, limit.most), limit.unit)))
        values = {"name": _name(language, limit.property), "ends": pieces.one_line(ends, text)}
        parts.append(wording.say(language, "limit.number", **values))
    for choice in given.choices:
        allowed = pieces.one_line(", ".join(choice.allowed), max(text, pieces.VALUE))
        parts.append(wording.say(language, "limit.choice", name=_name(language, choice.property), allowed=allowed))
    if given.required:
        names = ", ".join(_name(language, name) for name in given.required)
        parts.append(wording.say(language, "limit.required", names=names))
    return parts


def _name(language: Language, name: str) -> str:
    return pieces.one_line(wording.label(language, name), NAME)


def _ends(language: Language, least: int | float | None, most: int | float | None) -> str:
    if least is None or most is None:
        key = "limit.most" if least is None else "limit.least"
        return wording.say(language, key, number=pieces.number((most if least is None else least) or 0))
    return pieces.number(least) if least == most else f"{pieces.number(least)}–{pieces.number(most)}"


def _approved(language: Language, case: mandate.Approved, zone: ZoneInfo, text: int) -> str:
    """A result the owner said yes to, as far as the yes goes."""
    parts = []
    if case.span is not None:
        shown = when.stretch(language, case.span.start, case.span.end, zone)
        if case.span.start == case.span.end:
            shown = when.until(language, case.span.end, zone)
        parts.append(wording.say(language, "limit.approved", time=shown))
    named = [
        f"{_name(language, name)}: {pieces.one_line(wording.value(language, value), text)}"
        for name, value in case.values
        if value is not True
    ]
    if named:
        parts.append(wording.say(language, "limit.approved_values", values=", ".join(named)))
    if case.conditions is not None:
        quoted = pieces.quote(language, case.conditions, text)
        parts.append(wording.say(language, "limit.conditions", text=quoted))
    return ", ".join(parts)


def _runs(windows: Sequence[mandate.Window]) -> list[list[mandate.Window]]:
    """Windows in the order given; one after another with the same hours on days in a row belong together."""
    runs: list[list[mandate.Window]] = []
    for window in windows:
        last = runs[-1][-1] if runs else None
        if last is not None and window == replace(last, day=last.day + timedelta(days=1)):
            runs[-1].append(window)
        else:
            runs.append([window])
    return runs


def _run(language: Language, run: Sequence[mandate.Window]) -> str:
    first, last = run[0], run[-1]
    shown = when.day(language, first.day)
    hours = f"{clock_text(first.from_minute)}–{clock_text(first.to_minute)}"
    is_whole_day = last.to_minute - last.from_minute == MINUTES_A_DAY
    if len(run) == 1:
        return shown if is_whole_day else f"{shown}, {hours}"
    shown += f" – {when.day(language, last.day)}"
    return shown if is_whole_day else wording.say(language, "limit.daily", days=shown, hours=hours)
