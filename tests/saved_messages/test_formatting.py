"""Protects what is bold and what links to a person: code alone decides it, and it lands on the right letters."""

from dataclasses import replace

import pytest

from tests.saved_messages.conftest import ANNA, Room
from userbot.saved_messages import formatting, pieces
from userbot.store import desk as items
from userbot.store import ledger, peers


def cut(text: str, entity: dict[str, object]) -> str:
    """What the entity covers, as Telegram counts."""
    units = text.encode("utf-16-le")
    offset, length = int(str(entity["offset"])), int(str(entity["length"]))
    return units[offset * 2 : (offset + length) * 2].decode("utf-16-le")


@pytest.mark.parametrize(
    "name", ["Анна", "👩‍🚀 Анна", "**Анна**", "[сюда](tg://user?id=1)", "№ 1", "Встреча", "<b>", "а", "🅰️🅱️", "1"]
)
def test_the_head_is_bold_and_the_name_in_it_links_to_them(room: Room, name: str) -> None:
    task = room.task(room.open(contact=replace(ANNA, first_name=name, last_name=None)))
    text = room.text(task.id)
    bold, person = formatting.of_task(text, task)
    assert cut(text, bold) == text.split("\n")[0]
    assert cut(text, person) == pieces.name("ru", peers.contact(ANNA.user_id), ANNA.user_id)
    assert (bold["type"], person["type"], person["user_id"]) == ("bold", "person", ANNA.user_id)


def test_what_others_wrote_formats_nothing(room: Room) -> None:
    """One bold line and one link, however the words of the contact and of the model look."""
    nasty = "**жирно** [тут](tg://user?id=5) @anna Анна Петрова"
    task_id = room.open(context={"topic": nasty, "when_words": nasty})
    room.ask(task_id, question=nasty)
    room.refresh()
    card, question = ledger.of_task(task_id, "card")[-1], ledger.of_task(task_id, "question")[-1]
    for row in (card, question):
        assert row.entities is not None
        assert [one["type"] for one in row.entities] == ["bold", "person"]
        assert [cut(row.text, one) for one in row.entities][1] == "Анна Петрова"
        assert all(int(one["offset"]) + int(one["length"]) <= len(row.text.split("\n")[0]) for one in row.entities)


def test_a_text_that_is_led_away_from_being_a_command_keeps_its_places(room: Room) -> None:
    room.desk = replace(room.desk, prefix="№")
    task_id = room.open()
    (row,) = (row for row in room.refresh() if row.purpose == "card")
    assert row.text.startswith("· №")
    assert row.entities is not None
    assert [cut(row.text, one) for one in row.entities] == [row.text.split("\n")[0], "Анна Петрова"]
    assert task_id == row.task_id


def test_what_a_model_said_is_plain(room: Room) -> None:
    items.add("said", {"text": "Готово · Анна Петрова"}, room.now)
    (row,) = room.refresh()
    assert row.entities is None
