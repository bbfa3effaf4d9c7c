"""Protects the main job, end to end: what the demo shows, over the real protocol, with the text of every message."""

from tests.flow.conftest import House
from userbot.rehearsal.story import cards, play


async def test_the_story_comes_out_and_nobody_reads_anything_twice(house: House) -> None:
    await play(house)
    anna, ben = house.cast.anna, house.cast.ben
    for contact in (anna, ben):
        texts = house.texts(contact)
        assert len(texts) == len(set(texts)), "a contact got a message twice"
    assert all("Ben" not in text and "договор" not in text for text in house.texts(anna))
    assert all("Анна" not in text and "Anna" not in text for text in house.texts(ben))
    assert all("аудит" not in prompt.text for prompt in house.model.lane("Ben").asked), "private notes reached a prompt"
    shown = cards(house)
    assert "понедельник, 23 ноября 2026" in shown[1]
    assert "18:30" in shown[1]
