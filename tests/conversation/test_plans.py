"""Protects the people of one meeting from each other, and the owner's hours: what one says reaches another as a time
proposed to all and as nothing else, and a time in question is nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conversation.conftest import AGREED, ANNA, BORIS, LIMITS, MEETING, NOW, OWNER, SETTING, ZONE, Room, call
from userbot.conversation import agreed as callings
from userbot.conversation import approvals, forgetting, moves, plan_parts, plans, reopening, results, silent, times
from userbot.conversation.commit import commit_contact_turn, commit_owner_turn
from userbot.conversation.contact import look, prompt
from userbot.conversation.contact_acts import RecordTimes, SayYes
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.courtesy import Manners
from userbot.conversation.owner_acts import StartPlan
from userbot.conversation.tool_arguments import BadArguments
from userbot.people import Contact
from userbot.store import busy, desk, journal, ledger, tasks
from userbot.store import plans as store
from userbot.store.busy import Stretch
from userbot.store.database import transaction
from userbot.tasks.followups import Reminding
from userbot.tasks.lifecycle import Change
from userbot.tasks.manners import QuietHours
from userbot.tasks.plan import MOST_PEOPLE, MOST_TRIES

DAY = datetime(2026, 11, 24, tzinfo=ZoneInfo("Europe/Moscow"))
VERA = Contact(2003, 79, "Вера", None, "vera")


def at(hour: float) -> datetime:
    return (DAY + timedelta(hours=hour)).astimezone(UTC)


def begin(room: Room, *people: Contact, **changed: Any) -> list[int]:
    """Everybody has their first message."""
    task = {
        "task_type": "meeting",
        "context": MEETING,
        "private_notes": None,
        "mandate": LIMITS,
        "language": "ru",
        "command_message_id": room.tick(),
        "mode": "auto",
        **changed,
    }
    ids = plans.start(people or (ANNA, BORIS), task, timezone=ZONE.key, owner_id=OWNER.user_id, now=room.now)
    for task_id in ids:
        room.going(task_id)
    return ids


async def say(room: Room, who: Contact, task_id: int, *stretches: tuple[str, str | None]) -> ContactToolbox:
    """They write when they can on that Tuesday, and it is recorded; the turn is not committed."""
    message_id = room.writes("вот когда могу", who)
    toolbox = room.toolbox(room.world(who))
    listed = [{"date": "2026-11-24", "from": start, "to": end} for start, end in stretches]
    answer = await toolbox.call(
        call("record_times", task_id=task_id, times=listed, timezone=ZONE.key, evidence=[message_id])
    )
    assert answer.startswith("Recorded")
    return toolbox


async def can(room: Room, who: Contact, task_id: int, *stretches: tuple[str, str | None]) -> None:
    toolbox = await say(room, who, task_id, *stretches)
    await answers(room, toolbox, task_id)


async def answers(room: Room, toolbox: ContactToolbox, task_id: int, text: str = "Хорошо, вернусь с ответом.") -> None:
    await toolbox.call(call("reply", task_id=task_id, text=text, reply_to=None, last=True))
    assert commit_contact_turn(toolbox.world, toolbox.whole(), f"t{room.last_id}", room.now)


async def put(room: Room, who: Contact, task_id: int) -> None:
    """What is owed to them is put to them, and delivered."""
    toolbox = room.toolbox(room.world(who))
    assert toolbox.missing() is not None
    await answers(room, toolbox, task_id, "Подойдёт такое время?")
    for row in room.queued(who):
        room.deliver(row.id)


async def yes(room: Room, who: Contact, task_id: int, clock: str) -> str:
    message_id = room.writes("да, подходит", who)
    toolbox = room.toolbox(room.world(who))
    result = {**AGREED, "time": clock, "said": "да, подходит"}
    given = {"task_id": task_id, "status": "completed", "result": result, "evidence": [message_id]}
    answer = await toolbox.call(call("update_conversation", **given))
    await answers(room, toolbox, task_id, "Спасибо, подтвержу, когда ответят все.")
    return answer


def proposed(task_id: int) -> str | None:
    plan = store.of_task(task_id)
    assert plan is not None
    return None if plan.proposed is None else f"{plan.proposed[0].astimezone(ZONE):%H:%M}"


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
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        await put(room, who, task_id)
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
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    await put(room, ANNA, anna)
    await put(room, BORIS, boris)
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
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    await put(room, ANNA, anna)
    await put(room, BORIS, boris)
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


async def test_only_who_is_waited_for_is_reminded(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    for row in room.queued(ANNA):
        room.deliver(row.id)
    rules = Reminding(2, timedelta(hours=1))
    assert silent.silence_of(room.task(anna), rules).since is None
    assert silent.silence_of(room.task(boris), rules).since is not None


async def agreed(room: Room) -> tuple[int, int]:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        await put(room, who, task_id)
    for who, task_id in ((ANNA, anna), (BORIS, boris)):
        await yes(room, who, task_id, "14:00")
    for who in (ANNA, BORIS):
        for row in room.queued(who):
            room.deliver(row.id)
    return anna, boris


def told(who: Contact, words: str) -> int:
    return sum(words in row.text for row in ledger.latest(who.user_id, 50))


async def test_who_stays_with_the_agreed_time_after_all_is_told_and_the_others_are_not_told_again(room: Room) -> None:
    anna, boris = await agreed(room)
    message_id = room.writes("может, перенесём?", BORIS)
    assert reopening.reopen(room.task(boris), message_id, room.now, told="reopened_later", why="wants to move it")
    plans.settle(room.now)
    assert tasks.has_open(ANNA.user_id)
    # By now the owner's calendar shows the meeting: to nobody in it is that another one.
    busy.replace_busy([Stretch(at(14), at(15), anna)], room.now, room.now + timedelta(days=60), room.now)
    await yes(room, BORIS, boris, "14:00")
    assert [room.task(one).closed_because for one in (anna, boris)] == ["agreed", "agreed"]
    assert (told(ANNA, "Время подходит всем"), told(BORIS, "Время подходит всем")) == (1, 2)


async def test_who_was_told_that_it_is_settled_is_told_when_the_owner_stops_it(room: Room) -> None:
    anna, boris = await agreed(room)
    message_id = room.writes("может, перенесём?", BORIS)
    assert reopening.reopen(room.task(boris), message_id, room.now, told="reopened_later", why="wants to move it")
    plans.settle(room.now)
    assert moves.stop(boris, room.now)
    plans.settle(room.now)
    assert [room.task(one).closed_because for one in (anna, boris)] == ["stopped", "stopped"]
    assert (told(ANNA, "не состоится"), told(BORIS, "не состоится")) == (1, 0)
    assert busy.holds(anna) == busy.holds(boris) == []


async def test_what_the_owner_calls_off_with_one_is_called_off_for_all(room: Room) -> None:
    anna, boris = await agreed(room)
    assert callings.cancel(boris, room.now) is callings.Cancelled.CALLING_OFF
    plans.settle(room.now)
    assert busy.holds(anna) == busy.holds(boris) == []
    assert room.task(anna).closed_because == "stopped"
    assert (told(ANNA, "не состоится"), told(BORIS, "не состоится")) == (1, 0)
    # Boris hears it from his own conversation, which knows his task alone.
    assert room.world(BORIS).called_off == (boris,)
    assert room.world(BORIS).parts == {}
    job = busy.event_of(anna)
    assert job is not None
    assert job.meeting is None


async def test_a_stop_that_is_taken_back_is_for_all(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    await can(room, BORIS, boris, ("14:00", "18:00"))
    assert moves.stop(boris, room.now)
    plans.settle(room.now)
    assert room.task(anna).closed_because == "stopped"
    assert moves.take_back_stop(boris, room.now)
    plans.settle(room.now)
    assert [room.task(one).closed_because for one in (anna, boris)] == [None, None]
    assert proposed(anna) == "14:00"
    assert [one.start for one in busy.holds(anna)] == [at(14)]


async def test_the_last_allowed_time_ends_it_for_all_with_one_ring(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    late = at(20.1)
    silent.follow_up(Reminding(2, timedelta(hours=24)), ZONE, late)
    plans.settle(late)
    assert [room.task(one).closed_because for one in (anna, boris)] == ["expired", "expired"]
    assert [item.task_id for item in desk.last_of("status", 9) if desk.ENDED in item.payload] == [anna]


async def test_who_is_left_out_is_not_let_in_again_by_a_late_word(room: Room) -> None:
    anna, boris = begin(room)
    evidence = room.writes("не приду", BORIS)
    moves.move(boris, Change.DECLINED, who="model", now=room.now, message_id=evidence, evidence=[evidence])
    plans.settle(room.now)
    (question,) = desk.open_questions(anna)
    assert plans.answer_without(question, True, room.now)
    assert not plans.answer_without(question, False, room.now), "answered once"
    assert not reopening.reopen(room.task(boris), evidence, room.now, told="reopened", why="edited")
    assert room.task(boris).closed_because == "declined"
    await can(room, ANNA, anna, ("14:00", "18:00"))
    assert proposed(anna) == "14:00", "with those who are left"


def test_when_nobody_is_left_it_is_over_with_one_ring(room: Room) -> None:
    anna, boris = begin(room)
    for task_id in (boris, anna):
        moves.move(task_id, Change.NO_ANSWER, who="code", now=room.now)
        plans.settle(room.now)
    plan = store.of_task(anna)
    assert plan is not None
    assert plan.phase == "over"
    assert [item.state for item in desk.last_of("ask", 9)] == ["void"]
    assert len([item for item in desk.last_of("status", 9) if desk.ENDED in item.payload]) == 1


async def test_forgetting_one_of_them_takes_their_times_away_and_ends_it(room: Room) -> None:
    anna, boris = begin(room)
    await can(room, ANNA, anna, ("14:00", "18:00"))
    forgetting.forget(ANNA, room.now)
    member = store.member(anna)
    assert member is not None
    assert (member.can, member.result, member.evidence) == (None, None, ())
    plans.settle(room.now)
    assert room.task(boris).closed_because == "stopped"


def test_settling_again_and_again_does_nothing_more(room: Room) -> None:
    """After a crash it runs again from the same rows."""
    anna, boris = begin(room)
    moves.move(boris, Change.NO_ANSWER, who="code", now=room.now)
    for _ in range(3):
        with transaction():
            store.touch(anna)
            plans.settle(room.now)
    assert len(desk.open_questions(anna)) == 1
    assert not plans.settle(room.now)


# --- naming several people ------------------------------------------------------------------------------------------

TOGETHER = {
    "user": "@anna",
    "together_with": ["Борис"],
    "type": "meeting",
    "context": MEETING,
    "mandate": LIMITS,
    "private_notes": None,
    "mode": None,
}


async def owners(room: Room, **changed: Any) -> Any:
    toolbox = room.owner_toolbox(room.command(". найди час для меня, @anna и Бориса"))
    answer = await toolbox.call(call("start_conversation", **{**TOGETHER, **changed}))
    return toolbox, answer


def carried_out(room: Room, toolbox: Any) -> None:
    decided, unknown = toolbox.decided, toolbox.unknown
    assert commit_owner_turn(toolbox.command, decided, unknown, language="ru", turn_id="t", now=room.now)


async def test_one_call_opens_a_task_for_each_and_one_plan(room: Room) -> None:
    toolbox, answer = await owners(room)
    assert answer == "Taken, with @anna, Борис."
    carried_out(room, toolbox)
    assert [task.user_id for task in tasks.all_open()] == [ANNA.user_id, BORIS.user_id]
    plan = store.of_task(1)
    assert plan is not None
    assert [one.task_id for one in plan.members] == [1, 2]


async def test_one_person_named_twice_is_one_ordinary_task(room: Room) -> None:
    toolbox, _ = await owners(room, together_with=["Анна", "@anna"])
    carried_out(room, toolbox)
    assert len(tasks.all_open()) == 1
    assert store.of_task(1) is None


async def test_with_somebody_nobody_finds_nothing_is_started(room: Room) -> None:
    toolbox, answer = await owners(room, together_with=["@nobody"])
    assert "Nothing was started" in answer
    carried_out(room, toolbox)
    assert tasks.all_open() == []
    assert [item.payload["what"] for item in desk.last_of("problem", 3)] == ["nobody"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"together_with": [f"@friend{n}" for n in range(MOST_PEOPLE)]}, "more than 8 people"),
        (
            {
                "type": "question",
                "context": {"question": "Когда?", "details": None, "choices": None, "answer_format": None},
                "mandate": None,
            },
            "meetings only",
        ),
        ({"together_with": "Борис"}, "together_with must be a list"),
        ({"together_with": [7]}, "together_with must be a list"),
    ],
)
async def test_what_cannot_be_one_meeting_is_sent_back(room: Room, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(BadArguments, match=why):
        await owners(room, **changed)


async def test_after_a_contacts_words_were_read_it_waits_for_a_yes(room: Room) -> None:
    toolbox = room.owner_toolbox(room.command(". найди час со всеми, кто ответил"))
    await toolbox.call(call("find_contact", query="Анна"))
    await toolbox.call(call("start_conversation", **TOGETHER))
    carried_out(room, toolbox)
    assert tasks.all_open() == []
    (item,) = desk.last_of("approve", 3)
    assert item.payload["act"]["kind"] == "plan"
    assert isinstance(toolbox.decided[0].act, StartPlan)
