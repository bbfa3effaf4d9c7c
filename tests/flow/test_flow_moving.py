"""Protects a meeting that its owner wants moved: the first agreement stands, with hour and calendar, until another is
made, its contact takes it back, or the owner calls it off; and the owner is told which of these it is."""

from collections.abc import Callable
from dataclasses import replace

from tests.flow.conftest import House
from tests.flow.script import anna_lane, owner_lane, settle_meeting, steers
from tests.flow.test_flow_afterwards import SAID, after_lane, agreed, reopens
from tests.flow.test_flow_calling_off import TO_FRIDAY, cancels, card_of, is_free, task, tells
from userbot.rehearsal.model import Asked, Call, Said, Step
from userbot.rehearsal.script import id_of, reply, turn
from userbot.rehearsal.story import cards
from userbot.store import busy, tasks
from userbot.store.busy import Stretch

WISH = "Аня, можно перенести встречу на пятницу, на 16:00?"
FIRST = "пн, 23 ноября, 15:30–16:30 МСК"
STAYS = "нет, в пятницу никак, давайте как было"


async def moving(house: House) -> Stretch:
    """Tomorrow at 15:30 is agreed, and Anna has been asked to move it to Friday; the hour that stands."""
    await agreed(house)
    (first,) = busy.holds(1)
    await asks(house)
    return first


async def asks(house: House) -> None:
    turn(owner_lane(house), "перенеси", TO_FRIDAY)
    turn(
        anna_lane(house),
        ("Перенеси на пятницу.", "It stands until another time is recorded"),
        lambda _: [reply(1, WISH)],
    )
    await house.type(house.cast.owner, "перенеси на пятницу", reply_to=await card_of(house))
    await house.see(house.cast.anna, "можно перенести")
    await house.settle()
    assert task().status == "in_progress"


def stands(first: Stretch) -> bool:
    """Is it agreed as at first, with its hour and its event?"""
    job, found = busy.event_of(1), task()
    return (
        (found.status, found.closed_because) == ("completed", "agreed")
        and found.result is not None
        and found.result["time"] == "15:30"
        and found.evidence != ()
        and busy.holds(1) == [first]
        and job is not None
        and job.meeting is not None
    )


def to_anna(house: House) -> list[str]:
    """What Anna was written from the wish on."""
    texts = house.texts(house.cast.anna)
    return texts[texts.index(WISH) :]


def first_agreement(asked: Asked, state: str, *said: str) -> Call:
    return Call("first_agreement", {"task_id": 1, "state": state, "evidence": [id_of(asked, one) for one in said]})


def settled_on_friday(said: str, at: str, answer: str) -> Callable[[Asked], list[Call]]:
    return lambda asked: [settle_meeting(asked, 1, said, at, ahead=5), reply(1, answer)]


# --- nobody answers -------------------------------------------------------------------------------------------------


async def test_when_the_contact_never_answers_the_first_hour_stands_and_the_owner_reads_it(house: House) -> None:
    house.settings = replace(house.settings, follow_ups=1, follow_up_hours=1.0)
    first = await moving(house)
    card = cards(house)[1]
    assert f"📌 Пока не договорились о другом, в силе прежнее время: {FIRST}" in card
    again = "Аня, получится в пятницу?"
    turn(anna_lane(house), "reminder 1 of 1", lambda _: [reply(1, again)])
    await house.settle(2 * 3600 + 120)
    assert stands(first)
    assert to_anna(house) == [WISH, again]
    told = await house.see(house.cast.owner, "📌 № 1", peer=house.cast.owner)
    assert told.text == f"📌 № 1 · Анна Кузнецова: ответа о переносе нет, в силе прежнее время: {FIRST}"
    card = cards(house)[1]
    assert "📌 Ответа о переносе нет. Прежняя договорённость в силе" in card
    assert "Когда: понедельник, 23 ноября 2026, 15:30–16:30" in card
    assert "больше не пишу" in card
    assert "Отменить или перенести, пока не началось: ответьте на эту карточку" in card
    # A restart changes nothing, and writes nobody.
    await house.stop_program()
    await house.start_program()
    await house.settle(120)
    assert stands(first)
    assert to_anna(house) == [WISH, again]
    # What she answers after all is taken up.
    yes = "ой, только увидела: в пятницу в 16 могу"
    after_lane(house).add(reopens(yes))
    turn(
        anna_lane(house), yes, lambda asked: [settle_meeting(asked, 1, yes, "16:00", ahead=5), reply(1, "До пятницы!")]
    )
    await house.type(house.cast.anna, yes)
    await house.see(house.cast.anna, "До пятницы!")
    await house.settle()
    (moved,) = busy.holds(1)
    assert (moved.start - first.start).days == 4
    house.model.check()


async def test_the_first_hour_does_not_come_unheard_of(house: House) -> None:
    """Nobody is reminded, and it comes near: two hours before it the owner hears that it may be kept."""
    first = await moving(house)
    await house.days_pass((first.start - house.clock.now()).total_seconds() / 86_400 - 2.2 / 24)
    await house.settle(60)
    assert task().status == "in_progress"
    await house.settle(15 * 60)
    assert stands(first)
    await house.see(house.cast.owner, "ответа о переносе нет, в силе", peer=house.cast.owner)
    assert to_anna(house) == [WISH]
    house.model.check()


async def test_while_it_is_talked_about_the_owner_is_warned_once_and_the_talk_goes_on(house: House) -> None:
    first = await moving(house)
    anna_lane(house).add(Step(Said(calls=(Call("stay_silent", {"reason": "she thinks"}),)), "подумаю"))
    await house.type(house.cast.anna, "подумаю и скажу")
    await house.settle()
    await house.days_pass((first.start - house.clock.now()).total_seconds() / 86_400 - 1.9 / 24)
    warned = await house.see(house.cast.owner, "скоро прежнее время", peer=house.cast.owner)
    assert FIRST in warned.text
    await house.stop_program()
    await house.start_program()
    await house.settle(120)
    texts = house.texts(house.cast.owner, house.cast.owner)
    assert sum("скоро прежнее время" in text for text in texts) == 1
    # It passes: the wish to meet on Friday goes on, and nobody reads that the old hour stands.
    await house.settle(3 * 3600)
    assert task().status == "in_progress"
    assert "⚠️ Прежнее время прошло, а о другом не договорились" in cards(house)[1]
    await house.type(house.cast.owner, ".стоп 1")
    said = await house.see(house.cast.owner, "Прежнее время уже прошло", peer=house.cast.owner)
    assert "в силе" not in said.text
    await house.settle()
    assert "⚠️ Перенос остановлен вами. Прежнее время уже прошло" in cards(house)[1]
    house.model.check()


async def test_when_the_times_for_the_move_are_over_the_first_agreement_stands(house: House) -> None:
    """The owner wanted it sooner: that time passes first."""
    await agreed(house)
    (first,) = busy.holds(1)
    turn(owner_lane(house), "девять", steers(1, "Лучше в девять.", 1, start="09:00", end="10:00"))
    turn(anna_lane(house), "Лучше в девять.", lambda _: [reply(1, "Аня, а в девять?")])
    await house.type(house.cast.owner, ". с Аней лучше в девять")
    await house.see(house.cast.anna, "а в девять?")
    await house.settle()
    await house.days_pass((first.start - house.clock.now()).total_seconds() / 86_400 - 5 / 24)
    await house.settle(60)
    assert stands(first)
    assert "📌 Время для переноса вышло. Прежняя договорённость в силе" in cards(house)[1]
    house.model.check()


# --- the contact's answer -------------------------------------------------------------------------------------------


async def test_a_no_to_the_move_leaves_it_as_it_was_without_a_question(house: House) -> None:
    first = await moving(house)
    confirms = "Хорошо, остаётся как было: понедельник, 15:30."
    turn(anna_lane(house), STAYS, lambda asked: [first_agreement(asked, "stays", STAYS), reply(1, confirms)])
    await house.type(house.cast.anna, STAYS)
    await house.see(house.cast.anna, confirms)
    told = await house.see(house.cast.owner, "📌 № 1", peer=house.cast.owner)
    assert f"без переноса, в силе прежнее время: {FIRST}" in told.text
    await house.settle()
    assert stands(first)
    card = cards(house)[1]
    assert "📌 Без переноса. Прежняя договорённость в силе" in card
    assert STAYS in card
    assert "❓" not in card
    house.model.check()


async def test_the_very_same_hour_is_no_question_though_the_owner_named_only_friday(house: House) -> None:
    first = await moving(house)
    same = "нет, только завтра в полчетвёртого, как договаривались"
    turn(anna_lane(house), same, lambda asked: [settle_meeting(asked, 1, same, "15:30"), reply(1, "Тогда как было!")])
    await house.type(house.cast.anna, same)
    await house.see(house.cast.anna, "Тогда как было!")
    await house.settle()
    assert stands(first)
    assert "📌 Без переноса" in cards(house)[1]
    house.model.check()


async def test_a_refusal_of_the_move_is_no_refusal_of_the_meeting(house: House) -> None:
    """A model that records it as one is asked once more, and has to say it twice to end the meeting itself."""
    first = await moving(house)
    never = "в пятницу не могу"

    def refuses(asked: Asked) -> list[Call]:
        given = {"task_id": 1, "status": "cancelled", "result": None, "evidence": [id_of(asked, never)]}
        return [Call("update_conversation", given)]

    def stays(asked: Asked) -> Said:
        return Said(calls=(first_agreement(asked, "stays", never), reply(1, "Тогда как было.")))

    lane = anna_lane(house)
    lane.add(Step(lambda asked: Said(calls=tuple(refuses(asked))), never))
    lane.add(Step(stays, "cancelled ends the meeting itself"), Step(Said("done")))
    await house.type(house.cast.anna, never)
    await house.see(house.cast.anna, "Тогда как было.")
    await house.settle()
    assert stands(first)
    house.model.check()


async def test_who_cannot_come_at_all_ends_the_meeting(house: House) -> None:
    await moving(house)
    never = "я заболела, встречи не будет"

    def refuses(asked: Asked) -> list[Call]:
        given = {"task_id": 1, "status": "cancelled", "result": None, "evidence": [id_of(asked, never)]}
        return [Call("update_conversation", given), Call("update_conversation", given), reply(1, "Выздоравливайте!")]

    turn(anna_lane(house), never, refuses)
    await house.type(house.cast.anna, never)
    await house.see(house.cast.anna, "Выздоравливайте!")
    await house.settle()
    assert task().closed_because == "declined"
    assert is_free()
    assert "❌ Отмена. Договорённость больше не действует" in cards(house)[1]
    house.model.check()


async def test_who_cannot_make_the_first_hour_either_leaves_nothing_agreed(house: House) -> None:
    """Then nobody answers any more: the owner must not read that the first hour stands."""
    house.settings = replace(house.settings, follow_ups=1, follow_up_hours=1.0)
    await moving(house)
    gone = "завтра тоже уже не могу, надо искать другое"
    turn(
        anna_lane(house),
        gone,
        lambda asked: [first_agreement(asked, "gone", gone), reply(1, "А если в пятницу в 18:00?")],
    )
    await house.type(house.cast.anna, gone)
    told = await house.see(house.cast.owner, "прежнее время тоже не подходит", peer=house.cast.owner)
    assert gone in told.text
    await house.settle()
    assert "в силе" not in cards(house)[1]
    turn(anna_lane(house), "reminder 1 of 1", lambda _: [reply(1, "Аня, что скажете о пятнице?")])
    await house.settle(2 * 3600 + 120)
    assert task().closed_because == "no_answer"
    assert is_free()
    card = cards(house)[1]
    assert "❓ Нет ответа. Договорённость была, но контакт от неё отказался, и новой нет" in card
    assert "Было согласовано:\nКогда: понедельник, 23 ноября 2026, 15:30–16:30" in card
    house.model.check()


async def test_what_the_contact_wanted_otherwise_and_left_open_is_unsettled(house: House) -> None:
    house.settings = replace(house.settings, follow_ups=1, follow_up_hours=1.0)
    await agreed(house)
    wish = "ой, давайте перенесём"
    after_lane(house).add(reopens(wish))
    turn(anna_lane(house), wish, lambda _: [reply(1, "Конечно. Когда вам удобно?")])
    await house.type(house.cast.anna, wish)
    await house.see(house.cast.anna, "Когда вам удобно?")
    turn(anna_lane(house), "reminder 1 of 1", lambda _: [reply(1, "Аня, когда вам удобно?")])
    await house.settle(2 * 3600 + 120)
    assert is_free()
    told = await house.see(house.cast.owner, "❓ № 1", peer=house.cast.owner)
    assert "прежнее отпало, нового нет" in told.text
    assert "Было согласовано:\nКогда: понедельник, 23 ноября 2026, 15:30–16:30" in cards(house)[1]
    house.model.check()


async def test_the_words_of_the_first_agreement_changed_or_deleted_meanwhile(house: House) -> None:
    first = await moving(house)
    phone = house.phones[house.cast.anna.id]
    said = next(m.id for m in house.dialog(house.cast.anna) if m.text == SAID)
    turn(anna_lane(house), "не смогу", lambda _: [reply(1, "Понял. А в пятницу?")])
    await phone.edit_message(house.cast.owner.id, said, "не смогу завтра")
    told = await house.see(
        house.cast.owner, "изменено сообщение, по которому была договорённость", peer=house.cast.owner
    )
    assert "не смогу завтра" in told.text
    await house.settle()
    assert "в силе" not in cards(house)[1]
    assert busy.holds(1) == [first]
    house.model.check()


async def test_the_words_of_the_first_agreement_deleted_meanwhile_take_nothing_back(house: House) -> None:
    await moving(house)
    said = next(m.id for m in house.dialog(house.cast.anna) if m.text == SAID)
    await house.phones[house.cast.anna.id].delete_messages(house.cast.owner.id, [said])
    told = await house.see(house.cast.owner, "Итог остаётся в силе", peer=house.cast.owner)
    assert SAID in told.text
    await house.settle(700)
    assert "в силе прежнее время" in cards(house)[1]
    assert sum("Итог остаётся в силе" in text for text in house.texts(house.cast.owner, house.cast.owner)) == 1
    house.model.check()


async def test_who_wants_no_more_messages_has_not_said_that_they_do_not_come(house: House) -> None:
    first = await moving(house)
    await house.type(house.cast.anna, "не пишите мне больше")
    await house.see(house.cast.owner, "📌 № 1", peer=house.cast.owner)
    await house.settle()
    assert stands(first)
    assert tasks.asked_silence(house.cast.anna.id)
    card = cards(house)[1]
    assert "📌 Просьба больше не писать, о переносе не договорились. Прежняя договорённость в силе" in card
    assert "не пишите мне больше" in card
    assert to_anna(house)[0] == WISH
    house.model.check()


# --- the owner ------------------------------------------------------------------------------------------------------


async def test_a_stop_ends_the_move_and_not_the_meeting_and_can_be_taken_back(house: House) -> None:
    first = await moving(house)
    await house.type(house.cast.owner, ".стоп 1")
    said = await house.see(house.cast.owner, "о переносе больше не пишу", peer=house.cast.owner)
    assert f"в силе прежнее время: {FIRST}" in said.text
    assert "Контакту ничего не сказано" in said.text
    await house.settle()
    assert stands(first)
    assert "📌 Перенос остановлен вами. Прежняя договорённость в силе" in cards(house)[1]
    turn(anna_lane(house), "had stopped this task by mistake", lambda _: [reply(1, "Аня, что скажете о пятнице?")])
    await house.type(house.cast.owner, ".отмена")
    await house.see(house.cast.anna, "что скажете о пятнице?")
    await house.settle()
    assert task().status == "in_progress"
    assert f"в силе прежнее время: {FIRST}" in cards(house)[1]
    turn(anna_lane(house), STAYS, lambda asked: [first_agreement(asked, "stays", STAYS), reply(1, "Как было!")])
    await house.type(house.cast.anna, STAYS)
    await house.see(house.cast.anna, "Как было!")
    await house.settle()
    assert stands(first)
    house.model.check()


async def test_calling_it_off_in_the_middle_of_a_move_tells_the_contact(house: House) -> None:
    """She believes in the first hour."""
    await moving(house)
    cancels(house, "отмени")
    tells(house, "I call this off")
    await house.type(house.cast.owner, ". отмени встречу с Аней")
    said = await house.see(house.cast.owner, "Отменяю встречу совсем", peer=house.cast.owner)
    assert "и прежнее время, и перенос" in said.text
    await house.see(house.cast.owner, "отменено вами, контакту сказано", peer=house.cast.owner)
    await house.settle()
    assert (task().status, task().closed_because) == ("cancelled", "stopped")
    assert is_free()
    house.model.check()


async def test_the_owner_lets_it_be_as_it_was_and_the_contact_is_told(house: House) -> None:
    first = await moving(house)
    leave = Call("steer_conversation", {"task_id": 1, "instruction": "Оставь как было.", "mandate": None})
    turn(owner_lane(house), ("как было", "being_moved"), lambda _: [leave])
    back = "Аня, всё-таки оставим как было: понедельник, 15:30."
    turn(anna_lane(house), "Оставь как было.", lambda asked: [first_agreement(asked, "stays"), reply(1, back)])
    await house.type(house.cast.owner, "оставь как было", reply_to=await card_of(house))
    await house.see(house.cast.anna, back)
    await house.settle()
    assert stands(first)
    house.model.check()


async def test_moved_twice_the_first_hour_still_stands_and_the_second_takes_its_place(house: House) -> None:
    first = await moving(house)
    thursday = Call("steer_conversation", {"task_id": 1, "instruction": "Лучше в четверг.", "mandate": None})
    turn(owner_lane(house), "четверг", lambda _: [thursday])
    turn(anna_lane(house), "Лучше в четверг.", lambda _: [reply(1, "А в пятницу в 17:00?")])
    await house.type(house.cast.owner, "лучше в четверг", reply_to=await card_of(house))
    await house.see(house.cast.anna, "в 17:00?")
    assert busy.holds(1) == [first]
    yes = "да, в пять в пятницу"
    turn(anna_lane(house), yes, settled_on_friday(yes, "17:00", "Перенесли!"))
    await house.type(house.cast.anna, yes)
    await house.see(house.cast.anna, "Перенесли!")
    await house.settle()
    (moved,) = busy.holds(1)
    assert (moved.start - first.start).days == 4
    assert "✅ Договорились о встрече" in cards(house)[1]
    # And once more: then that is what stands.
    await asks(house)
    await house.type(house.cast.owner, ".стоп 1")
    await house.see(house.cast.owner, "пт, 27 ноября, 17:00–18:00 МСК", peer=house.cast.owner)
    await house.settle()
    assert busy.holds(1) == [moved]
    assert task().closed_because == "agreed"
    house.model.check()
