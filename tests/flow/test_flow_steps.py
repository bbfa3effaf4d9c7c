"""Protects what the owner sees between a message and its answer: small steps in the one card, each in its time, and few
edits of it."""

from telethon.tl.types import MessageEntityBlockquote

from tests.flow.conftest import House
from tests.flow.script import anna_lane, open_meeting, settle_meeting
from userbot.rehearsal.model import Call, Said
from userbot.rehearsal.model.said import Step
from userbot.rehearsal.script import reply, turn
from userbot.rehearsal.story import cards

EDIT = "messages.EditMessage"


def edits(house: House) -> int:
    return len(house.server.requests_of(house.cast.owner, EDIT))


async def status(house: House, expected: str, within_s: float = 20.0) -> None:
    """Wait until the card's status says so."""
    for _ in range(int(within_s * 4)):
        if cards(house)[1].splitlines()[1] == expected:
            return
        await house.settle(0.25)
    raise AssertionError(cards(house)[1].splitlines()[1])


async def test_the_card_goes_through_the_steps_in_place(house: House) -> None:
    owner, anna, world = house.cast.owner, house.cast.anna, house.server.world
    await house.start_program()
    await open_meeting(house)
    await status(house, "⏳ Сообщение доставлено, жду ответа")
    world.read(anna, owner)
    await status(house, "⏳ Прочитано, жду ответа", within_s=3)
    world.type(anna, owner)
    await status(house, "✍️ Пишет ответ…", within_s=3)
    await status(house, "⏳ Прочитано, жду ответа")
    anna_lane(house).add(
        Step(Said(calls=(Call("stay_silent", {"reason": "thinks"}),), delay_s=10)),
    )
    await house.type(anna, "сейчас гляну")
    await status(house, "💬 Пришёл ответ, читаю", within_s=4)
    await status(house, "⏳ Прочитано, жду ответа")
    assert len([m for m in house.dialog(owner, owner) if m.text.startswith("№ 1")]) == 1
    house.model.check()


async def test_a_contact_who_types_and_types_costs_two_edits(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await house.settle(10)
    before = edits(house)
    for _ in range(30):
        house.server.world.type(house.cast.anna, house.cast.owner)
        await house.settle(4)
    await house.settle(20)
    assert edits(house) - before == 2, "on, and off"
    await status(house, "⏳ Сообщение доставлено, жду ответа")


async def test_somebody_who_types_in_words_gets_few_edits(house: House) -> None:
    """Twenty messages within some seconds are shown with a few edits: too many draw floods."""
    await house.start_program()
    await open_meeting(house)
    await house.settle(10)
    anna_lane(house).add(*(Step(Said(calls=(Call("stay_silent", {"reason": "waits"}),))) for _ in range(3)))
    before = edits(house)
    for n in range(20):
        house.server.world.read(house.cast.anna, house.cast.owner)
        house.server.world.type(house.cast.anna, house.cast.owner)
        await house.type(house.cast.anna, f"слово {n}")
        await house.settle(0.2)
    await house.settle(60)
    assert edits(house) - before <= 5


async def test_the_card_is_formatted_and_links_to_the_person_also_when_it_was_edited(house: House) -> None:
    await house.start_program()
    await open_meeting(house)
    await status(house, "⏳ Сообщение доставлено, жду ответа")
    (card,) = (m for m in house.dialog(house.cast.owner, house.cast.owner) if m.text.startswith("№ 1"))
    assert card.edited_at is not None
    bold, person, *words = card.entities
    assert [type(one) for one in words] == [MessageEntityBlockquote] * 2, "the brief, and the owner's own words"
    head = card.text.splitlines()[0]
    assert (bold.offset, bold.length) == (0, len(head))
    assert person.user_id == house.cast.anna.id
    assert head[person.offset : person.offset + person.length] == "Анна Кузнецова"
    assert all(not message.entities for message in house.dialog(house.cast.anna)), "contacts get plain text"


async def test_the_report_quotes_the_contact_in_a_block_of_its_own(house: House) -> None:
    """As Telegram's own entity, also where the card was edited into the report."""
    await house.start_program()
    await open_meeting(house)
    said = "давай в три"
    turn(anna_lane(house), said, lambda asked: [settle_meeting(asked, 1, said, "15:00"), reply(1, "До завтра!")])
    await house.type(house.cast.anna, said)
    await house.see(house.cast.owner, f"«{said}»", peer=house.cast.owner)
    report = next(m for m in house.dialog(house.cast.owner, house.cast.owner) if m.text.startswith("№ 1"))
    block, _brief = (one for one in report.entities if isinstance(one, MessageEntityBlockquote))
    assert report.text[block.offset : block.offset + block.length] == f"«{said}»"
    assert not block.collapsed
    house.model.check()
