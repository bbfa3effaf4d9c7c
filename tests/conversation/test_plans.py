"""Protects the people of one meeting from each other, and the owner's hours: what one says reaches another as a time
proposed to all and as nothing else, and a time in question is nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conversation.conftest import AGREED, ANNA, BORIS, LIMITS, MEETING, NOW, OWNER, SETTING, ZONE, Room, call
from tests.conversation.plan_people import (
    VERA,
    answers,
    at,
    begin,
    can,
    carried_out,
    proposed,
    proposed_to_all,
    put,
    say,
    yes,
)
from userbot.conversation import approvals, moves, plan_parts, plans, results, times
from userbot.conversation.contact import look, prompt
from userbot.conversation.contact_acts import RecordTimes, SayYes
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.courtesy import Manners
from userbot.conversation.tool_arguments import BadArguments
from userbot.store import busy, desk, journal, ledger, tasks
from userbot.store import plans as store
from userbot.store.busy import Stretch
from userbot.store.database import transaction
from userbot.tasks.lifecycle import Change
from userbot.tasks.manners import QuietHours
from userbot.tasks.plan import MOST_TRIES

# --- what one of them knows of the others ---------------------------------------------------------------------------

ONE: list[tuple[str, str | None]] = [("14:00", "18:00")]
OTHER: list[tuple[str, str | None]] = [("12:00", "13:00"), ("16:00", "20:00")]


async def transcript(room: Room, anna_can: list[tuple[str, str | None]], anna_says: str) -> list[str]:
    """Every prompt of Boris's conversation, and every answer of its tools, while Anna says this: until all have said
    when they can, and then until the time is put to him and he has said yes."""
    anna, boris, vera = begin(room, ANNA, BORIS, VERA)
    seen = [room_prompt(room)]
    room.writes(anna_says)
    await can(room, ANNA, anna, *anna_can)
    message_id = room.writes("могу весь день", BORIS)
    seen.append(room_prompt(room))
    toolbox = room.toolbox(room.world(BORIS))
    whole_day = [{"date": "2026-11-24", "from": "12:00", "to": "20:00"}]
    given = {"task_id": boris, "times": whole_day, "timezone": ZONE.key, "evidence": [message_id]}
    seen.append(await toolbox.call(call("record_times", **given)))
    await answers(room, toolbox, boris)
    room.writes("ну что там с остальными?", BORIS)
    seen.append(room_prompt(room))
    toolbox = room.toolbox(room.world(BORIS))
    await answers(room, toolbox, boris)
    await can(room, VERA, vera, ("12:00", "20:00"))
    seen.append(room_prompt(room))
    await put(room, BORIS, boris)
    room.writes("да, подходит", BORIS)
    seen.append(room_prompt(room))
    return seen


def room_prompt(room: Room) -> str:
    """Boris's, whether or not there is something to do."""
    world = look(BORIS.user_id, 20)
    return "" if world is None else "\n".join(message.text for message in prompt(world, SETTING, NOW))


@pytest.fixture
def other_room(room: Room, tmp_path: Any) -> Any:
    """Closes the first database and opens another, where the same story has another Anna."""
    from userbot.store import peers
    from userbot.store.database import close_database, open_database

    def open_it() -> Room:
        close_database()
        open_database(tmp_path / "other.db")
        peers.remember_owner(OWNER)
        return Room()

    return open_it


async def test_of_another_nothing_is_known_but_the_time_proposed_to_all(room: Room, other_room: Any) -> None:
    one = await transcript(room, ONE, "только не утром, у меня врач")
    other = await transcript(other_room(), OTHER, "в обед удобнее всего")
    assert one[:4] == other[:4], "before a time is proposed, to the letter"
    assert "Time to propose" in one[4]
    then = [text.replace("2026-11-24 14:00", "2026-11-24 12:00") for text in one[4:]]
    assert then == other[4:], "and then but for that time"
    assert then != one[4:]
    assert "Анна" not in "".join(one)
    assert "врач" not in "".join(one)


async def test_what_another_says_drops_no_turn_that_it_does_not_concern(room: Room) -> None:
    """Else the timing would tell."""
    anna, boris = begin(room)
    toolbox = await say(room, BORIS, boris, ("14:00", "18:00"))
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await answers(room, toolbox, boris)
    assert proposed(anna) == "14:00"


async def test_a_turn_that_read_an_older_proposal_is_dropped(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    room.writes("да, подходит", BORIS)
    stale = room.toolbox(room.world(BORIS))
    await can(room, ANNA, anna, ("16:00", "18:00"))
    assert proposed(boris) == "16:00"
    await stale.call(call("reply", task_id=boris, text="Спасибо!", reply_to=None, last=True))
    assert not commit_contact_turn(stale.world, stale.whole(), "t", room.now)


def test_a_first_prompt_is_short_and_says_nothing_of_limits_and_others(room: Room) -> None:
    begin(room, private_notes="Борис важнее, можно и без Анны")
    room.writes("А кто ещё будет?")
    text = room.prompt()
    for never in ("Борис", "важнее", "window", "mandate"):
        assert never not in text
    length = len(text) + sum(
        len(tool.name) + len(tool.description) + len(str(dict(tool.parameters))) for tool in room.toolbox().tools
    )
    assert length // 4 < 3000


# --- what may be recorded and said ----------------------------------------------------------------------------------


async def test_no_time_but_the_proposed_one_is_a_yes(room: Room) -> None:
    anna, boris = begin(room)
    message_id = room.writes("давайте в полчетвёртого")
    given = {"task_id": anna, "status": "completed", "result": AGREED, "evidence": [message_id]}
    with pytest.raises(BadArguments, match=r"no time is proposed yet.*record_times"):
        await room.toolbox().call(call("update_conversation", **given))
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    await put(room, ANNA, anna)
    message_id = room.writes("давайте всё же в полчетвёртого")
    for changed in ({}, {"time": "14:00", "duration_minutes": 30}, {"time": "21:00"}):
        given["result"], given["evidence"] = {**AGREED, **changed}, [message_id]
        with pytest.raises(BadArguments, match="the proposed time is Tue 2026-11-24 14:00"):
            await room.toolbox().call(call("update_conversation", **given))
    assert desk.open_questions(anna) == [], "and the owner is asked about none of them"


async def test_a_yes_of_one_settles_nothing_and_lets_nothing_be_called_agreed(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    message_id = room.writes("да, подходит")
    toolbox = room.toolbox()
    result = {**AGREED, "time": "14:00"}
    given = {"task_id": anna, "status": "completed", "result": result, "evidence": [message_id]}
    assert await toolbox.call(call("update_conversation", **given)) == plan_parts.SAID_YES
    assert [type(act) for act in toolbox.acts] == [SayYes]
    with pytest.raises(BadArguments, match="not sent"):
        await toolbox.call(call("reply", task_id=anna, text="Договорились, вторник в 14:00!", reply_to=None, last=True))
    await answers(room, toolbox, anna, "Спасибо, подтвержу, когда ответят все.")
    assert tasks.has_open(ANNA.user_id)
    # The last yes reads the same words: that it is the last is not for this conversation to know.
    assert await yes(room, BORIS, boris, "14:00") == plan_parts.SAID_YES
    assert [room.task(one).closed_because for one in (anna, boris)] == ["agreed", "agreed"]
    assert [row.text for row in room.queued(ANNA)][-1].startswith("Время подходит всем")


async def test_a_plain_no_keeps_the_other_times_they_named(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    await put(room, ANNA, anna)
    await can(room, ANNA, anna)
    assert proposed(anna) == "15:00"


async def test_recording_is_for_plans_only_and_needs_the_contacts_own_words(room: Room) -> None:
    (anna, _), single = begin(room), room.open(VERA)
    room.going(single)
    room.writes("привет", VERA)
    assert "record_times" not in {tool.name for tool in room.toolbox(room.world(VERA)).tools}
    mine = room.writes("могу", ANNA)
    given = {"task_id": anna, "times": [], "timezone": ZONE.key}
    for evidence in ([], [mine + 50], [mine - 1]):
        with pytest.raises(BadArguments, match="evidence"):
            await room.toolbox().call(call("record_times", **given, evidence=evidence))
    with pytest.raises(BadArguments, match="no meeting of several people"):
        await room.toolbox().call(call("record_times", **{**given, "task_id": single}, evidence=[mine]))


async def test_what_is_said_last_in_a_turn_counts(room: Room) -> None:
    anna, _ = begin(room)
    toolbox = await say(room, ANNA, anna, ("14:00", "18:00"))
    again = [{"date": "2026-11-24", "from": "12:00", "to": None}]
    evidence = [toolbox.world.new[-1].message_id]
    await toolbox.call(call("record_times", task_id=anna, times=again, timezone=ZONE.key, evidence=evidence))
    assert toolbox.acts == [RecordTimes(anna, ((at(12), at(13)),), tuple(evidence))]


async def test_an_older_agreement_with_them_does_not_let_this_one_be_called_agreed(room: Room) -> None:
    older = room.open_question()
    room.going(older)
    said = room.writes("в пятницу")
    moves.move(
        older, Change.AGREED, who="model", now=room.now, message_id=said, result={"answer": "да"}, evidence=[said]
    )
    anna, _ = begin(room)
    room.writes("ну что, решили?")
    assert room.world().settled
    with pytest.raises(BadArguments, match="not sent"):
        await room.toolbox().call(call("reply", task_id=anna, text="Да, договорились!", reply_to=None, last=True))


# --- the owner's hours ----------------------------------------------------------------------------------------------


async def test_a_proposed_hour_is_held_by_all_of_them_and_by_nobody_else(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("15:00", "16:30"))
    await can(room, BORIS, boris, ("15:00", "16:30"))
    assert proposed(anna) == "15:00"
    single = room.open(VERA)
    room.going(single)
    message_id = room.writes("давайте в полчетвёртого", VERA)
    toolbox = room.toolbox(room.world(VERA))
    given = {"task_id": single, "status": "completed", "result": AGREED, "evidence": [message_id]}
    answer = await toolbox.call(call("update_conversation", **given))
    assert answer.startswith(results.NOT_TO_BE_HAD[:30])
    assert all(slot.end <= at(15) or slot.start >= at(16) for slot in times.to_offer(room.task(single), ZONE, room.now))
    assert moves.stop(boris, room.now)
    plans.settle(room.now)
    assert busy.holds(anna) == []
    toolbox = room.toolbox(room.world(VERA))
    assert await toolbox.call(call("update_conversation", **given)) == results.ACCEPTED


async def test_an_hour_that_is_taken_meanwhile_is_not_proposed_and_not_agreed(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("15:00", "18:00"))
    single = room.open(VERA)
    assert busy.hold(single, at(15), at(16), "agreed", room.now)
    await can(room, BORIS, boris, ("15:00", "18:00"))
    assert proposed(anna) == "16:00"
    await put(room, ANNA, anna)
    await put(room, BORIS, boris)
    await yes(room, ANNA, anna, "16:00")
    # The calendar was read since.
    busy.replace_busy([Stretch(at(16.5), at(16.75))], room.now, room.now + timedelta(days=60), room.now)
    await yes(room, BORIS, boris, "16:00")
    assert proposed(anna) == "17:00"
    assert tasks.has_open(ANNA.user_id)
    assert [one.start for one in busy.holds(anna)] == [at(17)]


async def test_nobody_can_feel_out_the_others_by_refusing_time_after_time(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, BORIS, boris, ("12:00", "20:00"))
    await can(room, ANNA, anna, ("12:00", "20:00"))
    for _ in range(MOST_TRIES):
        assert proposed(anna) is not None
        await can(room, ANNA, anna)
    assert proposed(anna) is None
    (question,) = desk.open_questions(anna)
    assert question.payload["times"] == "tried"
    # What else she brings changes nothing before the owner has said something.
    await can(room, ANNA, anna, ("19:00", "20:00"))
    assert proposed(anna) is None


async def test_the_limits_the_owner_changes_for_one_hold_for_all_at_once(room: Room) -> None:
    anna, boris = begin(room)
    wider = {**LIMITS, "windows": [{"date": "2026-11-25", "from": "10:00", "to": "20:00"}]}
    toolbox = room.owner_toolbox(room.command("можно в среду с десяти", boris))
    words = {"instruction": "Можно в среду.", "private_notes": None, "mode": None}
    await toolbox.call(call("steer_conversation", task_id=boris, mandate=wider, **words))
    carried_out(room, toolbox)
    assert room.task(anna).mandate == wider
    assert "Можно" not in room.prompt(ANNA)
    assert "Wed 2026-11-25 10:00" in room.prompt(ANNA)
    assert room.world(ANNA).owed == (anna,)


# --- quiet, drafts, reminders, ends ---------------------------------------------------------------------------------


async def test_what_no_word_of_theirs_asks_for_waits_for_the_morning(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    night = datetime(2026, 11, 23, 20, tzinfo=UTC)
    manners = Manners(ZONE, QuietHours(22 * 60, 8 * 60))
    assert plan_parts.peers_owed() == {ANNA.user_id, BORIS.user_id}
    assert manners.may_write_at(room.world(ANNA), night) == datetime(2026, 11, 24, 5, tzinfo=UTC)


async def test_where_it_is_night_for_them_it_waits_for_their_morning(room: Room) -> None:
    anna, boris = begin(room, context={**MEETING, "timezone": "Asia/Vladivostok"})
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    for row in room.queued(ANNA):
        room.deliver(row.id)
    afternoon = datetime(2026, 11, 23, 13, tzinfo=UTC)  # 16:00 in Moscow, 23:00 in Vladivostok
    manners = Manners(ZONE, QuietHours(22 * 60, 8 * 60))
    assert manners.may_write_at(room.world(ANNA), afternoon) > afternoon


async def test_where_messages_wait_for_a_yes_the_news_that_it_is_settled_does_too(room: Room) -> None:
    anna, boris = await proposed_to_all(room)
    await yes(room, ANNA, anna, "14:00")
    assert moves.set_mode(anna, "draft", room.now)
    await yes(room, BORIS, boris, "14:00")
    (waiting,) = ledger.proposed(ANNA.user_id)
    assert waiting.text.startswith("Время подходит всем")
    assert [row.text for row in room.queued(BORIS)][-1] == waiting.text


async def test_the_news_that_it_is_off_can_be_sent_with_a_yes(room: Room) -> None:
    """Though the task is stopped by then: it is what was shown after that."""
    anna, boris = begin(room, mode="draft")
    row = room.queue(anna, "reply", "Когда вам удобно?")
    room.deliver(row)
    message_id = room.writes("могу в любое время")
    with transaction():
        store.set_can(anna, [(at(12), at(20))], keeps_yes=False)
        journal.mark_handled([room.entry(message_id).id], "t", anna)
    moves.move(boris, Change.NO_ANSWER, who="code", now=room.now)
    plans.settle(room.now)
    (question,) = desk.open_questions(anna)
    assert plans.answer_without(question, False, room.now)
    (draft,) = desk.open_questions(anna)
    assert approvals.send(draft, room.now) is approvals.Outcome.SENT
    assert [one.text for one in room.queued(ANNA)][-1].startswith("К сожалению, общая встреча не состоится")
