"""Protects what a reply quotes where the model names nothing: what it answers, where that is clear and of use."""

from tests.conversation.conftest import Room
from userbot.conversation.contact_acts import Reply
from userbot.conversation.quoting import with_quotes


def quotes(room: Room, *task_ids: int) -> list[int | None]:
    """What replies about these tasks, in this order, quote."""
    decided = with_quotes(room.world(), [Reply(task_id, "Хорошо.", None) for task_id in task_ids])
    return [act.reply_to for act in decided if isinstance(act, Reply)]


def test_a_reply_right_below_what_it_answers_quotes_nothing(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    room.writes("в два не могу")

    assert quotes(room, task_id) == [None]


def test_the_one_question_among_several_messages_is_quoted_unless_it_is_the_last(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    asked = [room.writes(text) for text in ("в два не могу", "а в пять?", "напишите")]
    assert quotes(room, task_id) == [asked[1]]
    assert quotes(room, task_id, task_id) == [asked[1], None], "one quote is enough"
    room.writes("или в шесть?")
    assert quotes(room, task_id) == [None], "which of the two is answered is not clear"


def test_what_was_said_in_between_makes_a_quote_useful(room: Room) -> None:
    task_id = room.open()
    room.going(task_id)
    asked = room.writes("а где?")
    room.going(task_id, "Другое сообщение")

    assert quotes(room, task_id) == [asked]


def test_two_matters_in_one_turn_are_told_apart(room: Room) -> None:
    one, two = room.open(), room.open_question()
    first, second = room.going(one), room.going(two, "И ещё вопрос")
    about_one = room.writes("в два не могу", reply_to=first)
    about_two = room.writes("третья", reply_to=second)

    assert quotes(room, one, two) == [about_one, about_two]


def test_what_nobody_could_match_is_quoted_by_nobody(room: Room) -> None:
    one, two = room.open(), room.open_question()
    first = room.going(one)
    room.going(two, "И ещё вопрос")
    room.writes("в два не могу", reply_to=first)
    room.writes("третья")

    assert quotes(room, one) == [None]


def test_the_models_own_choice_stands_and_a_first_message_answers_nothing(room: Room) -> None:
    one = room.open()
    room.going(one)
    asked = [room.writes(text) for text in ("а где?", "напишите")]
    two = room.open_question()
    world = room.world()

    decided = with_quotes(world, [Reply(one, "Хорошо.", asked[1]), Reply(two, "И ещё вопрос", None)])

    assert [act.reply_to for act in decided if isinstance(act, Reply)] == [asked[1], None]
