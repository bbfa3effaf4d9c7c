"""Protects docs/security.md: its tables say what the code has, row by row."""

import importlib
import re
from pathlib import Path

from tests.security.attacks import ATTACKS
from tests.security.teeth import TEETH

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
HOUSE = Path(__file__).parents[2] / "userbot"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)


def test_every_defence_is_in_the_table_and_no_other() -> None:
    listed = [(int(number), defence) for number, defence, _ in ROW.findall(PAGE.split("**Teeth**")[1])]
    assert listed == [(tooth.attack, tooth.defence) for tooth in TEETH]


def test_every_attack_is_told_and_has_a_tooth() -> None:
    told = [int(number) for number, *_ in ROW.findall(PAGE.split("## How it is tested")[0])]
    assert told == [attack.number for attack in ATTACKS] == list(range(1, 16))
    assert {tooth.attack for tooth in TEETH} == set(told), "an attack against which no defence was seen to matter"


def test_what_keeps_a_defence_exists() -> None:
    places = [path.relative_to(HOUSE.parent).with_suffix("") for path in HOUSE.rglob("*.py")]
    rooms = [importlib.import_module(".".join(place.parts)) for place in places if place.name != "__main__"]
    for _, defence, where in ROW.findall(PAGE.split("**Teeth**")[1]):
        for name in re.findall(r"`([\w.]+)`", where):
            first, *rest = name.split(".")
            owners = [room for room in rooms if room.__name__.endswith(f".{first}")]
            owners += [getattr(room, first) for room in rooms if hasattr(room, first)]
            assert any(not rest or hasattr(one, rest[0]) or rest[0] in one.__annotations__ for one in owners), (
                f"{defence}: there is no {name}"
            )
