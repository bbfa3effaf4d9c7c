"""Does a message name something one may have to come back to much later: a time, a day, a sum, a number? Pure.

A dialog's older messages are left out of prompts; those that say yes here are kept before others.
"""

import re
from functools import lru_cache

_DAYS = (
    r"понедельник|вторник|сред[ауые]\b|четверг|пятниц|суббот|воскресен|завтра|сегодня|вчера|недел|месяц|выходн"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|today|tonight|yesterday|week|month"
)
_HOURS = r"\bчас\b|\bчаса\b|\bполдень|полпервого|\bпол[а-яё]{4,}(?:ого|его|ёртого)\b|полдевятого|o'clock|\bnoon\b"
_MONEY = r"рубл|евро\b|доллар|тысяч|₽|€|\$|£|\beuros?\b|\bdollars?\b|\broubles?\b|бесплатн|\bfree of charge\b"
_TELLING = re.compile(rf"\d|{_DAYS}|{_HOURS}|{_MONEY}")


# Every turn asks about the same older messages.
@lru_cache(2048)
def is_telling(text: str) -> bool:
    # Folded once: a pattern that ignores case takes several times as long.
    return _TELLING.search(text.casefold()) is not None
