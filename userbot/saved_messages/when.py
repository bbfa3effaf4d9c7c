"""Dates, times, lengths and counts as the owner reads them: weekday, date, time and zone in full. Pure."""

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from userbot.tasks.local_time import MINUTES_A_DAY

Language = Literal["ru", "en"]

_WEEKDAYS = {
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_SHORT_WEEKDAYS = {
    "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = {
    "ru": (
        *("января", "февраля", "марта", "апреля", "мая", "июня"),
        *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
# Forms for 1, 2 and 5 in Russian; for 1 and more in English.
_COUNTED = {
    "day": (("день", "дня", "дней"), ("day", "days")),
    "hour": (("час", "часа", "часов"), ("hour", "hours")),
    "minute": (("минута", "минуты", "минут"), ("minute", "minutes")),
    "message": (("сообщение", "сообщения", "сообщений"), ("message", "messages")),
    "task": (("задача", "задачи", "задач"), ("task", "tasks")),
    "window": (("окно", "окна", "окон"), ("window", "windows")),
    "offer": (("предложение", "предложения", "предложений"), ("offer", "offers")),
    "step": (("шаг", "шага", "шагов"), ("step", "steps")),
}


def counted(language: Language, number: int, word: str) -> str:
    """ "3 задачи", "1 task": the number with the form of the word that goes with it."""
    russian, english = _COUNTED[word]
    if language == "ru":
        if number % 100 in range(11, 15):
            form = russian[2]
        else:
            form = russian[0] if number % 10 == 1 else russian[1] if number % 10 in (2, 3, 4) else russian[2]
    else:
        form = english[0] if number == 1 else english[1]
    return f"{number} {form}"


def length(language: Language, minutes: int) -> str:
    """A duration in hours and minutes; exactly a day is a day."""
    if minutes == MINUTES_A_DAY:
        return counted(language, 1, "day")
    parts = [(minutes // 60, "hour"), (minutes % 60, "minute")]
    return " ".join(counted(language, number, word) for number, word in parts if number) or counted(
        language, 0, "minute"
    )


def span(language: Language, passed: timedelta) -> str:
    """How long something took, no finer than anybody asks: days and hours, hours and minutes, or minutes."""
    minutes = int(passed.total_seconds() // 60)
    days, hours = minutes // MINUTES_A_DAY, minutes % MINUTES_A_DAY // 60
    if not days:
        return length(language, max(1, minutes))
    return " ".join(counted(language, number, word) for number, word in ((days, "day"), (hours, "hour")) if number)


def short_span(language: Language, seconds: int) -> str:
    """ "20 с", "3 мин": how long something takes that is still under way."""
    units = ("с", "мин") if language == "ru" else ("s", "min")
    return f"{seconds} {units[0]}" if seconds < 60 else f"{seconds // 60} {units[1]}"


def day(language: Language, when: date) -> str:
    weekday, month = _WEEKDAYS[language][when.weekday()], _MONTHS[language][when.month - 1]
    return f"{weekday}, {when.day} {month} {when.year}"


def zone_name(language: Language, at: datetime, zone: ZoneInfo) -> str:
    """ "МСК (Europe/Moscow)": what the clocks of that day are called, and the zone that names them for good."""
    short = at.astimezone(zone).tzname() or zone.key
    if short[0] in "+-":
        hours, minutes = short[1:3].lstrip("0") or "0", short[3:5]
        short = f"UTC{short[0]}{hours}" + (f":{minutes}" if minutes not in ("", "00") else "")
    elif short == "MSK" and language == "ru":
        short = "МСК"
    return short if short == zone.key else f"{short} ({zone.key})"


def moment(language: Language, at: datetime, zone: ZoneInfo) -> str:
    here = at.astimezone(zone)
    return f"{day(language, here.date())}, {here:%H:%M} {zone_name(language, at, zone)}"


def stretch(language: Language, start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """From when to when; the second date is named only where it is another one."""
    here, there = start.astimezone(zone), end.astimezone(zone)
    if here.date() == there.date():
        hours = f"{here:%H:%M}–{there:%H:%M}"
    else:
        hours = f"{here:%H:%M} – {day(language, there.date())}, {there:%H:%M}"
    return f"{day(language, here.date())}, {hours} {zone_name(language, start, zone)}"


def short_stretch(language: Language, start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """ "пн, 23 ноября, 18:30–19:30 МСК": for one line; the year and the zone's full name stand where there is room."""
    here, there = start.astimezone(zone), end.astimezone(zone)
    name = zone_name(language, start, zone).split(" (")[0]
    return f"{short_day(language, here)}, {here:%H:%M}–{there:%H:%M} {name}"


def short_time(language: Language, at: datetime, zone: ZoneInfo) -> str:
    """ "пн, 23 ноября, 18:30 МСК"."""
    here = at.astimezone(zone)
    return f"{short_day(language, here)}, {here:%H:%M} {zone_name(language, at, zone).split(' (')[0]}"


def until(language: Language, at: datetime, zone: ZoneInfo) -> str:
    """A due moment; the midnight that ends a day is that day."""
    last = at.astimezone(zone) - timedelta(minutes=1)
    return day(language, last.date()) if f"{last:%H:%M}" == "23:59" else moment(language, at, zone)


def sent_at(language: Language, at: datetime, zone: ZoneInfo) -> str:
    """When a message was written, as the owner's own Telegram shows it: their zone goes without saying."""
    here = at.astimezone(zone)
    return f"{here.day} {_MONTHS[language][here.month - 1]}, {here:%H:%M}"


def hours(from_minute: int, to_minute: int) -> str:
    """ "22:00–08:00": a stretch of the day, from and to minutes of it."""
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (from_minute, to_minute))


def short_day(language: Language, when: date) -> str:
    """ "пн, 23 ноября"."""
    return f"{_SHORT_WEEKDAYS[language][when.weekday()]}, {when.day} {_MONTHS[language][when.month - 1]}"


def short_moment(at: datetime, zone: ZoneInfo) -> str:
    """For lists of what happened, where the zone stands above them once."""
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M}"
