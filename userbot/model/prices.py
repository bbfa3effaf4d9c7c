"""What tokens cost, as the owner wrote it down in prices.toml. A price nobody wrote is unknown, which is not zero."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from userbot.errors import OwnerMustAct

MILLION = 1_000_000
_KINDS = ("input", "output", "cached", "cache_write")


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens. `cached`: read from the provider's cache, `cache_write`: written into it."""

    input: float
    output: float
    cached: float
    cache_write: float

    def of(self, *, input_tokens: int, output_tokens: int, cached_tokens: int, cache_write_tokens: int) -> float:
        """Dollars. The cached and the written ones are among the input tokens; reasoning ones among the output."""
        plain = max(0, input_tokens - cached_tokens - cache_write_tokens)
        dollars = plain * self.input + cached_tokens * self.cached + cache_write_tokens * self.cache_write
        return (dollars + output_tokens * self.output) / MILLION


@dataclass(frozen=True)
class Prices:
    """By a model's name or its beginning; the longest that fits counts."""

    by_name: Mapping[str, Price] = field(default_factory=dict)

    def of(self, *models: str | None) -> Price | None:
        """The price of the first of these names that has one."""
        for model in filter(None, models):
            fitting = [name for name in self.by_name if model.startswith(name)]
            if fitting:
                return self.by_name[max(fitting, key=len)]
        return None


def read_prices(path: Path) -> Prices:
    """The table in this file; no file is an empty table. Raises OwnerMustAct, naming what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Prices()
    except (OSError, ValueError) as error:
        raise OwnerMustAct(f"{path} cannot be read ({type(error).__name__}): correct it, or move it away") from error
    try:
        return Prices({name: _price(name, row) for name, row in tomllib.loads(text).items()})
    except ValueError as error:
        raise OwnerMustAct(f"{path} is not a table of prices: {error}") from error


def _price(name: str, row: object) -> Price:
    if not isinstance(row, dict):
        raise ValueError(f"{name} is no section; write the name in quotes, as prices.example.toml does")
    if unknown := sorted(row.keys() - set(_KINDS)):
        raise ValueError(f"{name} has {', '.join(unknown)}; there are {', '.join(_KINDS)}")
    found: dict[str, float] = {}
    for kind in _KINDS:
        # What is not said of the cache costs what other input does.
        value = row.get(kind, found.get("input")) if kind != "output" else row.get(kind)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ValueError(f"{kind} of {name} has to be dollars per million tokens, such as 0.25")
        found[kind] = float(value)
    return Price(**found)
