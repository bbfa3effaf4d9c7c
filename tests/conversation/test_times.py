"""Protects the owner's hours in a contact's conversation: only free times are offered, none is promised twice, and why
a time cannot be had is told to nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conversation.conftest import AGREED, ANNA, BORIS, LIMITS, SETTING, ZONE, Room, call, everything
from tests.tokens import tokens_of
from userbot.conversation import answers, moves, results, times
from userbot.conversation.contact import prompt
from userbot.conversation.contact_acts import AskAboutResult, OfferRefused, Settle
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import ContactToolbox
from userbot.people import Contact
from userbot.store import busy, desk, journal, tasks
from userbot.store.busy import Stretch

# What "three o'clock" and the like mean on the Tuesday of the mandate, in Moscow.
DAY = datetime(2026, 11, 24, tzinfo=ZoneInfo("Europe/Moscow"))
OUTSIDE = AGREED | {"time": "21:00", "said": "в девять вечера"}


def at(hour: float) -> datetime:
    return (DAY + timedelta(hours=hour)).astimezone(UTC)


def busy_at(room: Room, *hours: tuple[float, float]) -> None:
    """The owner's calendar was read, and this is all there is."""
    busy.replace_busy([Stretch(at(a), at(b)) for a, b in hours], room.now, room.now + timedelta(days=62), room.now)


def going(room: Room, with_: Contact = ANNA, **changed: Any) -> int:
    task_id = room.open(with_, **changed)
    room.going(task_id)
    room.writes("давайте в полчетвёртого", with_)
    return task_id


def record(task_id: int, evidence: int, result: dict[str, Any]) -> Any:
    return call("update_conversation", task_id=task_id, status="completed", result=result, evidence=[evidence])


async def bring(room: Room, task_id: int, with_: Contact = ANNA, result: dict[str, Any] = AGREED) -> tuple[str, Any]:
    """What a turn reads of this result, and its toolbox."""
    toolbox = room.toolbox(room.world(with_))
    said = journal.latest(with_.user_id, 1)[0].message_id
    return await toolbox.call(record(task_id, said, result)), toolbox


def commit(room: Room, toolbox: ContactToolbox) -> bool:
    return commit_contact_turn(toolbox.world, toolbox.whole(), "t", room.now)


def free_times(room: Room, with_: Contact = ANNA) -> str:
    return room.prompt(with_).split("## Free times", 1)[1].split("\n", 2)[1]


# --- what is offered ------------------------------------------------------------------------------------------------


def test_only_free_times_inside_the_limits_are_offered(room: Room) -> None:
    busy_at(room, (12, 14), (14.5, 16), (16, 16.25))
    other = going(room, BORIS)
    assert busy.hold(other, at(18), at(19), "agreed", room.now)
    task_id = going(room)
    offered = times.to_offer(room.task(task_id), ZONE, room.now)
    assert 0 < len(offered) <= times.OFFERED
    for slot in offered:
        assert at(12) <= slot.start
        assert slot.end <= at(20)
        assert slot.end - slot.start == timedelta(hours=1)
        assert all(slot.end <= at(a) or slot.start >= at(b) for a, b in [(12, 14), (14.5, 16.25), (18, 19)])
    assert free_times(room) == "Tue 2026-11-24 17:00, 19:00 (Europe/Moscow)"


def test_of_the_calendar_the_prompt_holds_nothing_but_what_is_offered(room: Room) -> None:
    """Beyond what is offered, two calendars make the same prompt."""
    room.going(room.open())
    room.writes("А когда он занят?")
    busy_at(room, (12, 14), (15, 16))
    before = room.prompt()
    busy_at(room, (3, 5), (12, 13.5), (13, 14), (15, 16), (20, 23))
    assert room.prompt() == before
    assert "busy" not in before.split("## Free times")[1]


def test_with_nothing_free_the_owner_is_to_be_asked(room: Room) -> None:
    busy_at(room, (10, 21))
    going(room)
    assert free_times(room) == "None now: ask_owner."


def test_without_limits_humane_hours_of_the_briefs_zone_are_offered(room: Room) -> None:
    task_id = going(room, mandate=None)
    offered = times.to_offer(room.task(task_id), ZoneInfo("Asia/Tokyo"), room.now)
    assert len(offered) == times.OFFERED
    assert len({slot.local()[0].date() for slot in offered}) == times.OFFERED
    assert {slot.timezone for slot in offered} == {"Europe/Moscow"}
    assert all(9 <= slot.local()[0].hour < 20 for slot in offered)


def test_a_question_is_offered_no_times(room: Room) -> None:
    room.open_question()
    assert "## Free times" not in room.prompt()


def test_a_first_prompt_with_free_times_stays_short(room: Room) -> None:
    """Issue 6: under 3,000 tokens for a first message, tools and all."""
    busy_at(room, (12, 13), (15, 16))
    room.open(
        mandate=LIMITS | {"windows": [{"date": f"2026-11-{n}", "from": "09:00", "to": "21:00"} for n in range(24, 31)]}
    )
    world = room.world()
    assert tokens_of(prompt(world, SETTING, room.now), room.toolbox(world).tools) < 3000


# --- what cannot be had ---------------------------------------------------------------------------------------------


async def test_a_busy_time_is_refused_in_words_that_tell_nothing(room: Room) -> None:
    """The same words whether the calendar or another task is in the way."""
    task_id = going(room)
    busy_at(room, (15, 16))
    by_calendar, toolbox = await bring(room, task_id)
    assert by_calendar == results.NOT_TO_BE_HAD.format(
        others=times.spoken(times.to_offer(room.task(task_id), ZONE, room.now))
    )
    assert toolbox.acts == [OfferRefused(task_id)]
    busy_at(room)
    other = going(room, BORIS)
    assert busy.hold(other, at(15), at(16), "agreed", room.now)
    by_task, toolbox = await bring(room, task_id)
    assert by_task == by_calendar
    assert toolbox.acts == [OfferRefused(task_id)]


async def test_feeling_out_the_calendar_is_counted_and_ends_with_the_owner(room: Room) -> None:
    """Threat 4: after three times that cannot be had every answer is the same, and the owner is asked."""
    task_id = going(room)
    busy_at(room, (12, 20))
    for hour in (12, 13, 14):
        answer, toolbox = await bring(room, task_id, result=AGREED | {"time": f"{hour}:00"})
        assert answer.startswith("Not recorded: that time cannot be had")
        assert commit(room, toolbox)
        room.writes("А так?")
    answer, toolbox = await bring(room, task_id, result=AGREED | {"time": "16:00"})
    assert answer == results.REFUSED
    (asked,) = toolbox.acts
    assert isinstance(asked, AskAboutResult)
    assert asked.reasons == ("busy",)
    busy_at(room)
    answer, _ = await bring(room, task_id, result=AGREED | {"time": "17:00"})
    assert answer == results.REFUSED


async def test_the_owner_is_told_that_they_are_busy_and_may_say_yes_all_the_same(room: Room) -> None:
    task_id = going(room)
    busy_at(room, (21, 22))
    answer, toolbox = await bring(room, task_id, result=OUTSIDE)
    assert answer == results.REFUSED
    assert commit(room, toolbox)
    (question,) = desk.open_questions(task_id)
    assert question.payload["reasons"] == ["other_time", "busy"]
    assert answers.answer_result(question, True, SETTING.skills, room.now) is answers.ResultAnswer.TAKEN
    answer, toolbox = await bring(room, task_id, result=OUTSIDE)
    assert answer == results.ACCEPTED
    assert commit(room, toolbox)
    assert busy.holds(task_id) == [Stretch(at(21), at(22), task_id)]


async def test_one_turn_cannot_settle_one_hour_twice(room: Room) -> None:
    first = going(room)
    second = room.open(context=dict(room.task(first).context) | {"topic": "о другом"})
    room.going(second)
    room.writes("давайте в полчетвёртого оба")
    toolbox = room.toolbox()
    assert await toolbox.call(record(first, room.last_id, AGREED)) == results.ACCEPTED
    assert "cannot be had" in await toolbox.call(record(second, room.last_id, AGREED))


# --- the commit -----------------------------------------------------------------------------------------------------


async def test_two_tasks_never_promise_the_same_hour(room: Room) -> None:
    """Both turns read a free hour; only one of them commits, and the other runs again and is refused."""
    one, two = going(room), going(room, BORIS)
    first = room.toolbox(room.world(ANNA))
    second = room.toolbox(room.world(BORIS))
    half_past = AGREED | {"time": "16:00"}
    assert await first.call(record(one, room.last_id - 3, AGREED)) == results.ACCEPTED
    assert await second.call(record(two, room.last_id, half_past)) == results.ACCEPTED
    assert commit(room, first)
    before = everything()
    assert not commit(room, second)
    assert everything() == before
    assert "cannot be had" in (await bring(room, two, BORIS, half_past))[0]


async def test_a_time_that_became_busy_meanwhile_is_not_promised(room: Room) -> None:
    task_id = going(room)
    answer, toolbox = await bring(room, task_id)
    assert answer == results.ACCEPTED
    busy_at(room, (16, 17))
    assert not commit(room, toolbox)
    assert busy.holds(task_id) == []


async def test_what_was_agreed_is_held_and_wanted_in_the_calendar(room: Room) -> None:
    task_id = going(room)
    _, toolbox = await bring(room, task_id, result=AGREED | {"place": "кафе\u200b"})
    (settled,) = toolbox.acts
    assert isinstance(settled, Settle)
    assert commit(room, toolbox)
    assert busy.holds(task_id) == [Stretch(at(15.5), at(16.5), task_id)]
    job = busy.event_of(task_id)
    assert job is not None
    assert job.meeting == {
        "start": at(15.5).isoformat(),
        "end": at(16.5).isoformat(),
        "timezone": "Europe/Moscow",
        "summary": "обсудить договор: Анна Петрова",
        "location": "кафе",
    }


async def test_what_comes_to_nothing_lets_go_of_its_hour_and_its_event(room: Room) -> None:
    task_id = going(room)
    _, toolbox = await bring(room, task_id)
    assert commit(room, toolbox)
    busy.replace_busy([Stretch(at(15.5), at(16.5), task_id)], room.now, at(900), room.now)
    tasks.change(task_id, who="code", what="reopened", now=room.now, status="in_progress", closed_because=None)
    assert busy.holds(task_id)
    assert moves.stop(task_id, room.now)
    assert busy.holds(task_id) == []
    job = busy.event_of(task_id)
    assert job is not None
    assert job.meeting is None
    # The calendar was not read since: its old state keeps nobody from that hour.
    assert busy.busy_between(at(15), at(17)) == []


@pytest.mark.parametrize("zone", ["Nowhere/None", "/etc", "", None])
def test_a_zone_that_is_none_falls_back_to_the_owners(room: Room, zone: Any) -> None:
    task_id = room.open(context={"topic": "x", "timezone": zone, "duration_minutes": "long"}, mandate=None)
    assert {slot.timezone for slot in times.to_offer(room.task(task_id), ZONE, room.now)} == {ZONE.key}
