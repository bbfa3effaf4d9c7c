"""Protects the bill: a price is the server's own word or the owner's table, and else unknown, which is not zero."""

from pathlib import Path

import pytest

from tests.model.conftest import HELLO, KEY, REPLY
from userbot.errors import OwnerMustAct
from userbot.model.client import Api, ModelClient, ModelSettings
from userbot.model.messages import Usage
from userbot.model.prices import Price, Prices, read_prices
from userbot.rehearsal.model import Said, ScriptedModel, Tokens

CHECKOUT = Path(__file__).parents[2]
TABLE = """
["model"]
input = 1
output = 4
["model-large"]
input = 10
output = 40
cached = 2.5
cache_write = 12.5
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_longest_name_that_fits_counts(tmp_path: Path) -> None:
    prices = read_prices(write(tmp_path, TABLE))
    assert prices.of("model-large-2026") == Price(10, 40, 2.5, 12.5)
    assert prices.of("model-small") == Price(1, 4, 1, 1), "what is not said of the cache costs as other input"
    assert prices.of("vendor/model") is None
    assert prices.of("unknown", "model") == Price(1, 4, 1, 1)
    assert prices.of(None) is None


def test_every_kind_of_token_has_its_price() -> None:
    price = Price(input=10, output=40, cached=2.5, cache_write=12.5)
    dollars = price.of(input_tokens=1_000_000, output_tokens=100_000, cached_tokens=600_000, cache_write_tokens=200_000)
    assert dollars == pytest.approx(0.2 * 10 + 0.6 * 2.5 + 0.2 * 12.5 + 0.1 * 40)


def test_no_file_is_no_prices_and_the_example_is_one(tmp_path: Path) -> None:
    assert read_prices(tmp_path / "prices.toml") == Prices()
    example = (CHECKOUT / "prices.example.toml").read_text(encoding="utf-8")
    assert read_prices(write(tmp_path, example)) == Prices(), "no price of ours is invented"
    rows = [line.removeprefix("# ") for line in example.splitlines() if line[:3] in ("# [", "# i", "# o", "# c")]
    assert len(read_prices(write(tmp_path, "\n".join(rows))).by_name) == 2, "what it shows is how it is written"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[m\n", "not a table"),
        ("m = 1\n", "m is no section"),
        ('["m"]\ninput = "cheap"\noutput = 1\n', "input of m"),
        ('["m"]\ninput = 1\n', "output of m"),
        ('["m"]\noutput = 1\n', "input of m"),
        ('["m"]\ninput = -1\noutput = 1\n', "input of m"),
        ('["m"]\ninput = inf\noutput = 1\n', "input of m"),
        ('["m"]\ninput = true\noutput = 1\n', "input of m"),
        ('["m"]\ninput = 1\noutput = 1\nprice = 2\n', "price"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(OwnerMustAct, match=says) as caught:
        read_prices(write(tmp_path, text))
    assert "prices.toml" in str(caught.value)


async def cost_of(form: Api, tokens: Tokens | str, prices: Prices) -> float | None:
    async with ScriptedModel([Said("да", tokens=tokens)], api_key=KEY) as model:  # type: ignore[arg-type]
        usage: list[Usage] = []
        client = ModelClient(ModelSettings("m", KEY, model.base_url, form), usage.append, prices)
        await client.complete(HELLO, (REPLY,))
        await client.close()
    return usage[0].cost_usd


async def test_a_calls_cost(form: Api) -> None:
    table = Prices({"m": Price(10, 40, 2.5, 12.5)})
    tokens = Tokens(1000, 100, cached=600, cache_write=200)
    assert await cost_of(form, tokens, table) == pytest.approx((200 * 10 + 600 * 2.5 + 200 * 12.5 + 100 * 40) / 1e6)
    assert await cost_of(form, Tokens(1000, 100, cost_usd=0.5), table) == 0.5, "the server's own word goes first"
    assert await cost_of(form, Tokens(1000, 100), Prices()) is None
    assert await cost_of(form, "none", table) is None
    assert await cost_of(form, Tokens(1000, 100), Prices({"m": Price(0, 0, 0, 0)})) == 0, "free, and known to be"
