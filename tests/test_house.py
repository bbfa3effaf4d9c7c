"""Protects the house: which room may import what, read from the code itself. A new import across rooms fails here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "userbot"
ROOMS = (
    *("telegram", "model", "store", "tasks", "conversation", "saved_messages", "rehearsal", "calendars", "dispatch"),
    # Of one file each.
    *("card_keeper", "time_keeper", "problems"),
)
# Who wires everything together, or is the command line's window on it, and may import any room.
EVERYTHING = ("app", "__main__", "backup", "doctor", "doctor_model", "report")
# What each room may import of the others, beside itself and the modules on top that belong to no room.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "store": (),
    "tasks": (),
    "model": (),
    "telegram": ("store",),
    "conversation": ("tasks", "store", "model.messages"),
    "saved_messages": ("store", "tasks", "conversation"),
    "dispatch": ("conversation", "tasks.budgets", "store", "model.messages"),
    "card_keeper": ("saved_messages", "store.tasks", "telegram.delivery"),
    "problems": ("store",),
    "time_keeper": ("saved_messages", "conversation", "store.instants"),
    # Whatever it reads leaves it as stretches of time: it stores those and no more.
    "calendars": ("tasks.slots", "tasks.windows", "tasks.local_time", "store.busy"),
    "rehearsal": (),
}
# Which room alone may import these vendors. The loopback Telegram speaks the same protocol as the real one.
VENDORS = {
    "telethon": ("telegram", "rehearsal"),
    "openai": ("model",),
    "peewee": ("store",),
    "playhouse": ("store",),
    "icalendar": ("calendars",),
    "recurring_ical_events": ("calendars",),
    "httpx2": ("calendars",),
}
# The demo and the soak run the program itself, in real time.
DEMO = (
    "rehearsal/demo.py",
    "rehearsal/story.py",
    "rehearsal/program.py",
    "rehearsal/killable.py",
    "rehearsal/soak/__main__.py",
)
# Runs the program itself in its own process, on jumping time, and reads its record.
REHEARSES = "rehearsal/rehearse/"
# Draws what saved_messages renders.
DRAWS = ("rehearsal/screens.py",)
# MTProto's own message ids and salts are made of the real time, and Telethon compares them with its own clock.
READS_REAL_TIME = ("clock.py", "rehearsal/telegram/", "rehearsal/bench/", *DEMO)
TIME = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
}


@dataclass(frozen=True)
class Imported:
    """`module` imports `name`, a dotted path: a module, or something in one."""

    module: str  # "store/ledger.py"
    name: str
    line: int

    @property
    def room(self) -> str:
        first = self.module.split("/")[0]
        return first.removesuffix(".py")

    @property
    def inside(self) -> str | None:
        """The part after `userbot.` when it is ours."""
        return self.name.removeprefix("userbot.") if self.name.startswith("userbot.") else None

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.name}"


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def imports(path: Path) -> Iterator[Imported]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (Imported(place(path), alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (Imported(place(path), f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


ALL = [one for path in modules() for one in imports(path)]


def is_room(name: str) -> bool:
    return name.split(".")[0] in ROOMS


def runs_the_program(module: str) -> bool:
    """Of the rehearsal room: what plays the program, and stands in for nothing that it is tested against."""
    return module in (*DEMO, *DRAWS) or module.startswith(REHEARSES)


def is_under(name: str, allowed: str) -> bool:
    return name == allowed or name.startswith(f"{allowed}.")


def test_there_is_something_to_look_at() -> None:
    assert {one.room for one in ALL} >= {"store", "tasks", "model", "telegram", "conversation", "rehearsal", "app"}
    assert set(MAY_IMPORT) == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    wrong = [
        str(one)
        for one in ALL
        if one.room == room and not runs_the_program(one.module) and one.inside is not None and is_room(one.inside)
        if not any(is_under(one.inside, allowed) for allowed in (room, *MAY_IMPORT[room]))
    ]
    assert wrong == []


def test_rehearsal_shares_nothing_with_the_program_but_the_clock() -> None:
    """What it stands in for must not be tested against the program's own idea of it."""
    wrong = [
        str(one)
        for one in ALL
        if one.room == "rehearsal" and not runs_the_program(one.module) and one.inside is not None
        if not (is_under(one.inside, "rehearsal") or is_under(one.inside, "clock"))
    ]
    assert wrong == []


def test_what_belongs_to_no_room_imports_none_but_the_rules() -> None:
    """settings, people, skills and the like stand below the rooms: skills name checks of the mandate, settings hold
    those of the model room."""
    allowed = {
        "skills.py": ("tasks.mandate",),
        "settings_reading.py": ("tasks.manners",),
        "config.py": ("model.client", "model.endpoint", "tasks", "calendars.sources"),
    }
    wrong = [
        str(one)
        for one in ALL
        if one.room not in (*ROOMS, *EVERYTHING) and one.inside is not None and is_room(one.inside)
        if not any(is_under(one.inside, name) for name in allowed.get(one.module, ()))
    ]
    assert wrong == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_vendor_has_its_own_room(vendor: str) -> None:
    """So that another library, or another version, is one room's business."""
    wrong = [str(one) for one in ALL if one.name.split(".")[0] == vendor and one.room not in VENDORS[vendor]]
    assert wrong == []


@pytest.mark.parametrize("room", ["store", "tasks"])
def test_nothing_in_these_rooms_awaits(room: str) -> None:
    """A transaction with an await inside is open while anything may happen; the rules are pure."""
    wrong = [
        f"{place(path)}:{node.lineno}"
        for path in (HOUSE / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncWith | ast.AsyncFor)
    ]
    assert wrong == []


def test_no_transaction_holds_an_await() -> None:
    wrong = [
        f"{place(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.With) and any("transaction()" in ast.unparse(item) for item in node.items)
        if any(isinstance(inner, ast.Await) for inner in ast.walk(node))
    ]
    assert wrong == []


def test_only_the_clock_reads_the_time() -> None:
    """Time is passed in: else no test could jump it, and the program's dates and its sleeps would part."""
    wrong = [
        f"{place(path)}:{node.lineno} {ast.unparse(node)}"
        for path in modules()
        if not place(path).startswith(READS_REAL_TIME)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and (ast.unparse(node.value).split(".")[-1], node.attr) in TIME
    ]
    assert wrong == []
    direct = [str(one) for one in ALL if one.name in {f"time.{name}" for _, name in TIME}]
    assert direct == []
