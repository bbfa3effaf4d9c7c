"""Protects the yes of every person of one meeting: what is taken back, changed, deleted or was never an answer agrees
nothing; and who counts on word from us gets it, or the owner hears that they did not."""

from datetime import timedelta

import pytest

from tests.conversation.conftest import AGREED, ANNA, BORIS, LIMITS, OWNER, ZONE, Room, call
from tests.conversation.plan_people import (
    VERA,
    agreed,
    answers,
    at,
    begin,
    can,
    proposed,
    proposed_to_all,
    put,
    reopened,
    told,
    yes,
)
from userbot.conversation import agreed as callings
from userbot.conversation import (
    approvals,
    moves,
    plan_notices,
    plan_parts,
    plan_view,
    plan_words,
    plans,
    silent,
)
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.takeovers import settle_outgoing
from userbot.conversation.tool_arguments import BadArguments
from userbot.store import busy, desk, journal, ledger, tasks
from userbot.store import plans as store
from userbot.tasks.followups import Reminding
from userbot.tasks.lifecycle import Change
from userbot.tasks.plan import MOST_TRIES
from userbot.tasks.slots import Slot


def ends(room: Room, *task_ids: int) -> list[str | None]:
    return [room.task(task_id).closed_because for task_id in task_ids]


# --- a yes that no longer stands ------------------------------------------------------------------------------------


async def test_a_no_that_nobody_has_read_yet_is_not_overtaken_by_the_last_yes(room: Room) -> None:
    """The seconds between her words and the turn that reads them are enough for the other's yes."""
    anna, boris = await proposed_to_all(room)
    await yes(room, ANNA, anna, "14:00")
    room.writes("ой, нет, не смогу в два")
    await yes(room, BORIS, boris, "14:00")
    assert ends(room, anna, boris) == [None, None]
    await can(room, ANNA, anna, ("16:00", "18:00"))
    assert proposed(anna) == "16:00"
    assert told(BORIS, "Время подходит всем") == 0


async def test_unread_words_of_another_matter_hold_it_up_no_longer_than_until_they_are_read(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    other = room.open_question()
    opening = room.going(other)
    await yes(room, ANNA, anna, "14:00")
    room.writes("отчёт будет в пятницу", reply_to=opening)
    await yes(room, BORIS, boris, "14:00")
    assert ends(room, anna, boris) == [None, None]
    toolbox = room.toolbox()
    await answers(room, toolbox, other, "Спасибо!")
    assert ends(room, anna, boris) == ["agreed", "agreed"]


async def test_a_yes_that_was_changed_has_to_be_said_again(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    await yes(room, ANNA, anna, "14:00")
    said = store.member(anna)
    assert said is not None
    journal.record_edit(ANNA.user_id, said.evidence[-1], "да, но не в два")
    # Read, and nothing recorded of it.
    toolbox = room.toolbox()
    assert "they said yes" not in room.prompt()
    await answers(room, toolbox, anna, "А когда тогда?")
    await yes(room, BORIS, boris, "14:00")
    assert ends(room, anna, boris) == [None, None]
    await yes(room, ANNA, anna, "14:00")
    assert ends(room, anna, boris) == ["agreed", "agreed"]


async def test_a_yes_that_was_deleted_is_none_and_is_asked_for_again(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    await yes(room, ANNA, anna, "14:00")
    said = store.member(anna)
    assert said is not None
    journal.record_deletion(said.evidence)
    await yes(room, BORIS, boris, "14:00")
    assert ends(room, anna, boris) == [None, None]
    for row in room.queued(ANNA):
        room.deliver(row.id)
    assert silent.silence_of(room.task(anna), Reminding(2, timedelta(hours=1))).since is not None


async def test_two_who_say_yes_at_the_same_instant_agree_it_once(room: Room) -> None:
    """Both turns have read the world before either is committed."""
    anna, boris = await proposed_to_all(room)
    boxes = []
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        message_id = room.writes("да, подходит", who)
        toolbox = room.toolbox(room.world(who))
        result = {**AGREED, "time": "14:00", "said": "да, подходит"}
        given = {"task_id": task_id, "status": "completed", "result": result, "evidence": [message_id]}
        await toolbox.call(call("update_conversation", **given))
        await toolbox.call(call("reply", task_id=task_id, text="Спасибо!", reply_to=None, last=True))
        boxes.append(toolbox)
    for n, toolbox in enumerate(boxes):
        assert commit_contact_turn(toolbox.world, toolbox.whole(), f"same{n}", room.now)
    assert ends(room, anna, boris) == ["agreed", "agreed"]
    assert (told(ANNA, "Время подходит всем"), told(BORIS, "Время подходит всем")) == (1, 1)
    assert len([item for item in desk.last_of("status", 9) if desk.ENDED in item.payload]) == 1


# --- what is no answer to what was proposed -------------------------------------------------------------------------


async def test_who_only_said_when_they_can_has_not_said_yes(room: Room) -> None:
    """An eager model takes "I can from two" for a yes to two o'clock, which nobody has put to them."""
    anna, boris = begin(room)
    await can(room, BORIS, boris, ("14:00", "18:00"))
    await can(room, ANNA, anna, ("14:00", "18:00"))
    assert proposed(anna) == "14:00"
    (message_id,) = {entry.message_id for entry in journal.latest(ANNA.user_id, 9) if entry.text == "вот когда могу"}
    given = {"task_id": anna, "status": "completed", "result": {**AGREED, "time": "14:00"}, "evidence": [message_id]}
    with pytest.raises(BadArguments, match="not put to the contact yet"):
        await room.toolbox().call(call("update_conversation", **given))
    await put(room, ANNA, anna)
    room.writes("хм")
    with pytest.raises(BadArguments, match="after that time was put to them"):
        await room.toolbox().call(call("update_conversation", **given))
    assert await yes(room, ANNA, anna, "14:00") == plan_parts.SAID_YES


async def test_a_proposal_that_has_not_gone_out_does_not_go_out_when_it_falls_through(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    for row in room.queued(ANNA):
        room.deliver(row.id)
    await answers(room, room.toolbox(), anna, "Подойдёт завтра в 14:00?")
    await put(room, BORIS, boris)
    await can(room, BORIS, boris, ("16:00", "18:00"))
    assert [row.text for row in room.queued(ANNA)] == []
    assert room.world(ANNA).owed == (anna,), "four o'clock is put to her instead"
    assert told(BORIS, "Хорошо, вернусь с ответом.") == 2, "what answers somebody's words goes out"


# --- who gets stuck -------------------------------------------------------------------------------------------------


async def test_a_time_that_comes_up_after_all_needs_no_word_of_the_owners(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("12:00", "14:00"))
    await can(room, BORIS, boris, ("18:00", "20:00"))
    assert [item.payload["times"] for item in desk.open_questions(anna)] == ["none"]
    await can(room, BORIS, boris, ("19:00", "20:00"))
    assert proposed(anna) is None
    await can(room, BORIS, boris, ("13:00", "20:00"))
    assert proposed(anna) == "13:00"
    assert desk.open_questions(anna) == []


async def test_without_one_of_them_the_others_go_on_though_no_time_had_suited_all(room: Room) -> None:
    anna, boris, vera = begin(room, ANNA, BORIS, VERA)
    await can(room, ANNA, anna, ("12:00", "16:00"))
    await can(room, BORIS, boris, ("18:00", "20:00"))
    await can(room, VERA, vera, ("14:00", "16:00"))
    message_id = room.writes("тогда без меня", BORIS)
    moves.move(boris, Change.DECLINED, who="model", now=room.now, message_id=message_id, evidence=[message_id])
    plans.settle(room.now)
    asked = [item for item in desk.open_questions(anna) if plan_view.WITHOUT in item.payload]
    assert plans.answer_without(asked[0], True, room.now)
    assert proposed(anna) == "14:00"
    assert desk.open_questions(anna) == []


# --- the owner's hand -----------------------------------------------------------------------------------------------


async def test_nobody_is_written_to_whose_dialog_the_owner_has_taken_over(room: Room) -> None:
    anna, boris, vera = begin(room, ANNA, BORIS, VERA)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    moves.move(vera, Change.NO_ANSWER, who="code", now=room.now)
    plans.settle(room.now)
    room.owner_writes("Борис, я сам тебе напишу", BORIS)
    assert settle_outgoing(BORIS.user_id, room.now)
    (question,) = desk.open_questions(anna)
    assert plans.answer_without(question, False, room.now)
    assert (told(ANNA, "не состоится"), told(BORIS, "не состоится")) == (1, 0)


async def test_who_asked_for_silence_gets_it_though_they_had_been_told_that_it_is_settled(room: Room) -> None:
    anna, boris = await reopened(room)
    message_id = room.writes("не пишите мне больше", BORIS)
    moves.move(boris, Change.ASKED_SILENCE, who="contact", now=room.now, message_id=message_id, evidence=[message_id])
    plans.settle(room.now)
    assert moves.stop(anna, room.now)
    plans.settle(room.now)
    assert (told(ANNA, "не состоится"), told(BORIS, "не состоится")) == (1, 0)


async def test_a_thanks_that_waits_for_a_yes_makes_room_for_the_news_that_it_is_settled(room: Room) -> None:
    anna, boris = await proposed_to_all(room, mode="draft")
    for task_id in (anna, boris):
        assert moves.set_mode(task_id, "draft", room.now)
    await yes(room, ANNA, anna, "14:00")
    await yes(room, BORIS, boris, "14:00")
    assert ends(room, anna, boris) == ["agreed", "agreed"]
    (waiting,) = ledger.proposed(ANNA.user_id)
    assert waiting.text.startswith("Время подходит всем")
    (draft,) = desk.open_questions(anna)
    assert approvals.send(draft, room.now) is approvals.Outcome.SENT


async def test_other_limits_for_what_was_agreed_ask_everybody_anew_and_keep_the_hour(room: Room) -> None:
    anna, boris = await agreed(room)
    wednesday = {**LIMITS, "windows": [{"date": "2026-11-25", "from": "12:00", "to": "20:00"}]}
    callings.take_up(boris, room.now, room.tick())
    assert moves.steer(boris, "Перенеси на среду.", room.now, mandate=wednesday)
    plans.settle(room.now)
    assert ends(room, anna, boris) == [None, None]
    assert room.task(anna).mandate == wednesday
    assert {ANNA.user_id, BORIS.user_id} == plan_parts.peers_owed()
    assert [one.start for one in busy.holds(anna)] == [at(14)], "until another is agreed"
    assert "среду" not in room.prompt(ANNA)


# --- the word that it is settled, or off ----------------------------------------------------------------------------


async def test_the_news_that_it_is_off_outlives_a_wait_that_telegram_asks_for(room: Room) -> None:
    """Its task is stopped by then, and what was written before a stop is not sent after one."""
    _, boris = await agreed(room)
    assert callings.cancel(boris, room.now) is callings.Cancelled.CALLING_OFF
    plans.settle(room.now)
    (row,) = [one for one in room.queued(ANNA) if "не состоится" in one.text]
    assert ledger.start_sending(row.id)
    assert not ledger.is_unwanted(row.id)
    ledger.requeue(row.id, room.now + timedelta(hours=1), "FLOOD_WAIT")
    assert room.row(row.id).state == "queued"


async def test_the_owner_hears_of_whoever_does_not_know_that_it_is_settled(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    await yes(room, ANNA, anna, "14:00")
    await yes(room, BORIS, boris, "14:00")
    assert not plan_notices.report_lost(room.now), "it may still go out"
    # At night, say: the owner writes to her of something else before it is sent.
    room.owner_writes("Привет! Как отпуск?")
    assert settle_outgoing(ANNA.user_id, room.now)
    (waiting,) = [row for row in room.queued(BORIS) if row.text.startswith("Время подходит всем")]
    moves.undeliverable(waiting, room.now, "USER_IS_BLOCKED")
    assert plan_notices.report_lost(room.now)
    assert not plan_notices.report_lost(room.now), "once"
    said = desk.last_of("problem", 5)
    assert {(one.task_id, one.payload["what"], one.payload["peer_id"]) for one in said} >= {
        (anna, "untold_settled", ANNA.user_id),
        (boris, "untold_settled", BORIS.user_id),
    }


@pytest.mark.parametrize(
    ("said", "ours", "begins"),
    [
        (["да"], ["Hello!"], "Время"),
        (["yes"], ["Здравствуйте!"], "That time"),
        (["👍", "16:00"], ["Здравствуйте!"], "Время"),
        (["👍"], ["Hello!"], "That time"),
    ],
)
def test_code_writes_in_their_language_or_else_in_the_one_they_were_written_to_in(
    said: list[str], ours: list[str], begins: str
) -> None:
    slot = Slot(at(14), at(15), ZONE.key)
    assert plan_words.settled(slot, ["\n".join(said), "\n".join(ours)]).startswith(begins)


async def test_after_so_many_times_in_vain_a_new_word_of_theirs_still_changes_nothing(room: Room) -> None:
    """Only the owner goes on: else one of them could feel out the others' days."""
    anna, boris = begin(room)
    await can(room, BORIS, boris, ("12:00", "20:00"))
    await can(room, ANNA, anna, ("12:00", "20:00"))
    for _ in range(MOST_TRIES):
        await can(room, ANNA, anna)
    await can(room, ANNA, anna, ("19:00", "20:00"))
    assert proposed(anna) is None
    assert len(tasks.all_open()) == len({ANNA.user_id, BORIS.user_id})
    assert OWNER.user_id not in plan_parts.peers_owed()


async def test_words_about_one_of_them_are_no_answer_to_the_question_about_all(room: Room) -> None:
    """ "Tell her thanks", in reply to the card beside which the question stands, must not have everybody asked anew."""
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("12:00", "14:00"))
    await can(room, BORIS, boris, ("18:00", "20:00"))
    (question,) = desk.open_questions(anna)
    assert moves.steer(anna, "Передай ей спасибо.", room.now)
    plans.settle(room.now)
    assert [item.id for item in desk.open_questions(anna)] == [question.id]
    assert plan_parts.peers_owed() == set()
    assert moves.steer(anna, "Спроси ещё раз.", room.now, question_id=question.id)
    plans.settle(room.now)
    assert plan_parts.peers_owed() == {ANNA.user_id, BORIS.user_id}


async def test_who_kept_a_time_free_hears_when_nothing_came_of_it(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    late = at(20.1)
    silent.follow_up(Reminding(2, timedelta(hours=24)), ZONE, late)
    plans.settle(late)
    assert ends(room, anna, boris) == ["expired", "expired"]
    assert (told(ANNA, "не состоится"), told(BORIS, "не состоится")) == (1, 0)
    (row,) = [one for one in room.queued(ANNA) if "не состоится" in one.text]
    assert not ledger.is_unwanted(row.id)


async def test_where_messages_wait_for_a_yes_that_word_can_be_sent_too(room: Room) -> None:
    anna, _ = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    assert moves.set_mode(anna, "draft", room.now)
    late = at(20.1)
    silent.follow_up(Reminding(2, timedelta(hours=24)), ZONE, late)
    plans.settle(late)
    (draft,) = desk.open_questions(anna)
    assert approvals.send(draft, late) is approvals.Outcome.SENT
