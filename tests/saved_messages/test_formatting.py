"""Protects what is bold and what links to a person: code alone decides it, and it lands on the right letters."""

from dataclasses import replace

import pytest

from tests.saved_messages.conftest import ANNA, SETTLED, Room
from userbot.conversation import drafts
from userbot.saved_messages import formatting, pieces, quoted
from userbot.saved_messages.quoted import Text
from userbot.store import desk as items
from userbot.store import ledger, peers
from userbot.store.ledger import Outgoing


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
    bold, person = formatting.of_task(Text(text), task)
    assert cut(text, bold) == text.split("\n")[0]
    assert cut(text, person) == pieces.name("ru", peers.contact(ANNA.user_id), ANNA.user_id)
    assert (bold["type"], person["type"], person["user_id"]) == ("bold", "person", ANNA.user_id)


def blocks(row: Outgoing) -> list[str]:
    """What stands in blocks of its own."""
    return [cut(row.text, one) for one in row.entities or () if one["type"] == "quote"]


def test_the_contacts_words_are_a_block_of_their_own_folded_when_long(room: Room) -> None:
    task_id = room.open()
    short = room.contact_writes("Да, в 15:30 🙂", task_id)
    room.settle(task_id, SETTLED, [short, room.contact_writes("и ещё " * 60, task_id)])
    row = room.card(task_id)
    first, second, brief = blocks(row)
    assert brief.startswith("Тема: ")
    assert first == "«Да, в 15:30 🙂»"
    assert second.startswith("«и ещё и ещё")
    assert [one["folded"] for one in row.entities or () if one["type"] == "quote"][:2] == [False, True]
    # Whole lines, with a line of code's before each: two blocks in a row would be shown as one.
    lines = row.text.split("\n")
    assert [lines[lines.index(block) - 1][-1] for block in (first, second)] == [":", ":"]


def test_a_draft_is_shown_in_blocks_letter_for_letter_and_never_folded(room: Room) -> None:
    """What the owner says yes to is all on the screen."""
    task_id = room.open(mode="draft")
    texts = ["Анна, *здравствуйте*!\n\n.stop " + "слово " * 80 + "👩‍🚀", "И ещё: 5 < 7"]
    rows = [ledger.queue(ANNA.user_id, "opening", t, room.now, task_id=task_id, state="proposed") for t in texts]
    drafts.ask(task_id, rows, room.now)
    room.refresh()
    (question,) = ledger.of_task(task_id, "question")
    assert blocks(question) == texts
    assert not any(one.get("folded") for one in question.entities or ())


def test_a_draft_that_needs_several_messages_goes_on_in_a_block(room: Room) -> None:
    task_id = room.open(mode="draft")
    text = "\n".join(f"{n} " + "слово " * 90 for n in range(9)).strip()
    rows = [ledger.queue(ANNA.user_id, "opening", text, room.now, task_id=task_id, state="proposed")]
    drafts.ask(task_id, rows, room.now)
    room.refresh()
    parts = ledger.of_task(task_id, "question")
    assert len(parts) > 1
    assert " ".join(" ".join(block for part in parts for block in blocks(part)).split()) == " ".join(text.split())
    assert [one["type"] for one in parts[0].entities or ()][:2] == ["bold", "person"]


def test_lines_of_words_in_a_row_are_one_block_that_folds_as_a_whole() -> None:
    text = quoted.joined(
        ["x:", quoted.Words("a" * 70), quoted.Words("b" * 70), "y", quoted.Words("c"), quoted.Words("")]
    )
    assert [(block.start, text.plain[block.start : block.end], block.folded) for block in text.blocks] == [
        (3, "a" * 70 + "\n" + "b" * 70, True),
        (147, "c", False),
    ]


@pytest.mark.parametrize("prefix", [".", "«", "№"])
def test_the_blocks_keep_their_places_in_a_text_that_is_led_away(room: Room, prefix: str) -> None:
    text = quoted.joined([" № 1:", quoted.Words("«да»"), "", quoted.joined(["x:", quoted.Words("👍 y")])])
    shown = quoted.not_a_command(text, prefix)
    assert [cut(shown.plain, one) for one in quoted.entities(shown)] == ["«да»", "👍 y"]


def test_one_task_in_full_looks_like_its_card(room: Room) -> None:
    task_id = room.open()
    room.settle(task_id, SETTLED, [room.contact_writes("да", task_id)])
    room.types(f".task {task_id}")
    row = next(row for row in room.refresh() if "Как шло" in row.text)
    assert [one["type"] for one in row.entities or ()] == ["bold", "person", "quote", "quote"]
    assert blocks(row)[0] == "«да»"


def test_what_others_wrote_formats_nothing(room: Room) -> None:
    """One bold line and one link, and blocks where code puts them, however the words of others look."""
    nasty = "**жирно** [тут](tg://user?id=5) @anna Анна Петрова"
    task_id = room.open(context={"topic": nasty, "when_words": nasty})
    room.ask(task_id, question=nasty)
    room.refresh()
    card, question = ledger.of_task(task_id, "card")[-1], ledger.of_task(task_id, "question")[-1]
    for row in (card, question):
        assert row.entities is not None
        bold, person, *rest = row.entities
        assert (bold["type"], person["type"]) == ("bold", "person")
        assert cut(row.text, person) == "Анна Петрова"
        assert all(int(one["offset"]) + int(one["length"]) <= len(row.text.split("\n")[0]) for one in (bold, person))
        assert {one["type"] for one in rest} <= {"quote"}
    assert [block.split(": ")[0] for block in blocks(card)] == ["Тема"], "of the brief, whose lines it is made of"
    assert blocks(question) == []


def test_a_text_that_is_led_away_from_being_a_command_keeps_its_places(room: Room) -> None:
    room.desk = replace(room.desk, prefix="№")
    task_id = room.open()
    (row,) = (row for row in room.refresh() if row.purpose == "card")
    assert row.text.startswith("· №")
    assert row.entities is not None
    assert [cut(row.text, one) for one in row.entities][:2] == [row.text.split("\n")[0], "Анна Петрова"]
    assert task_id == row.task_id


def test_what_a_model_said_is_plain(room: Room) -> None:
    items.add("said", {"text": "Готово · Анна Петрова"}, room.now)
    (row,) = room.refresh()
    assert row.entities is None
