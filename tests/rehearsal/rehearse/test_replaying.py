"""Protects kept dialogs from rotting in silence: a replay that no longer fits fails, and says where."""

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from userbot.rehearsal.model import Asked, ScriptedModel
from userbot.rehearsal.rehearse import Recording, ReplayFailed, differences, read_recording, replay, replay_with_model
from userbot.rehearsal.rehearse.recording import OWNER, Line, Person, RecordedCall, RecordedReply
from userbot.rehearsal.rehearse.replaying import write_lanes

DIALOGS = Path(__file__).parents[2] / "dialogs"


@pytest.fixture
def meeting() -> Recording:
    return read_recording(DIALOGS / "meeting-other-time.ru.json")


def changed(recording: Recording, name: str, **arguments: Any) -> Recording:
    """The same with other arguments in every call of this tool."""

    def call(one: RecordedCall) -> RecordedCall:
        return replace(one, arguments={**(one.arguments or {}), **arguments}) if one.name == name else one

    replies = [replace(reply, calls=tuple(call(one) for one in reply.calls)) for reply in recording.replies]
    return replace(recording, replies=tuple(replies))


async def test_a_reply_that_was_not_recorded_is_asked_for(meeting: Recording) -> None:
    with pytest.raises(ReplayFailed, match="anna: more was asked of the model than the 2 replies"):
        await replay(replace(meeting, replies=meeting.replies[:-1]))


async def test_a_reply_is_left_over(meeting: Recording) -> None:
    more = (*meeting.replies, RecordedReply(OWNER, 0.1, "more"))
    with pytest.raises(ReplayFailed, match=r"not asked for now: owner, reply 3 \(no call\)"):
        await replay(replace(meeting, replies=more))


async def test_a_tool_is_no_longer_offered(meeting: Recording) -> None:
    renamed = [
        replace(reply, calls=tuple(replace(one, name=f"{one.name}_then") for one in reply.calls))
        for reply in meeting.replies
    ]
    with pytest.raises(ReplayFailed, match="'start_conversation_then' is not offered"):
        await replay(replace(meeting, replies=tuple(renamed)))


async def test_a_call_that_was_taken_is_refused_now(meeting: Recording) -> None:
    with pytest.raises(ReplayFailed, match="start_conversation was taken when recorded, and is refused now: Error"):
        await replay(changed(meeting, "start_conversation", type="no_such_type"))


async def test_the_last_call_of_a_turn_is_refused_now(meeting: Recording) -> None:
    """Nothing was recorded after it, so what it was answered is all that can be told."""
    with pytest.raises(ReplayFailed, match="update_conversation was answered: Error: evidence: 7 is not a message"):
        await replay(changed(meeting, "update_conversation", evidence=[7]))


async def test_a_line_that_replies_to_nothing_is_named(meeting: Recording) -> None:
    line = Line(40.0, OWNER, "да", reply_to="question 1")
    with pytest.raises(ReplayFailed, match="there is no question 1 to reply to"):
        await replay(replace(meeting, lines=(*meeting.lines, line)))


async def test_dates_are_those_of_the_recording(meeting: Recording) -> None:
    """On another day "tomorrow" is no longer the date that was recorded, and the code that knows says so."""
    later = replace(meeting, start=meeting.start + timedelta(days=30))
    with pytest.raises(ReplayFailed, match="start_conversation was taken when recorded, and is refused now"):
        await replay(later)


async def test_what_the_program_writes_in_between_changes_no_id(meeting: Recording) -> None:
    """A slow model: a sign that the command was seen takes an id of its own, and the evidence still fits."""
    slow = [replace(reply, took_s=0.0 if reply.took_s > 1 else 9.0) for reply in meeting.replies]
    assert meeting.expect is not None
    assert differences(meeting.expect, await replay(replace(meeting, replies=tuple(slow)))) == []


async def test_a_lines_own_time_is_kept(meeting: Recording) -> None:
    """Two at once are answered in one turn; the second one said without waiting."""
    first, second, third = meeting.lines
    together = replace(third, at_s=second.at_s + 0.5, waits=False)
    with pytest.raises(ReplayFailed, match=r"update_conversation|not asked for"):
        await replay(replace(meeting, lines=(first, second, together)))


async def test_somebody_who_comes_later_is_not_there_before(meeting: Recording) -> None:
    """The command names nobody then: the code finds no @anna and the recorded call is refused."""
    people = (Person("anna", "Анна Кузнецова", comes_at_s=15.0),)
    with pytest.raises(ReplayFailed, match="start_conversation was taken when recorded, and is refused now"):
        await replay(replace(meeting, people=people))


def at_once(recording: Recording) -> Recording:
    """A living model is waited for in real time."""
    return replace(recording, replies=tuple(replace(reply, took_s=0.0) for reply in recording.replies))


def in_other_words(reply: RecordedReply) -> RecordedReply:
    def call(one: RecordedCall) -> RecordedCall:
        said = dict(one.arguments or {})
        return replace(one, arguments={**said, "text": f"{said['text']} Спасибо!"}) if one.name == "reply" else one

    return replace(reply, calls=tuple(map(call, reply.calls)))


def own_model(model: ScriptedModel) -> Mapping[str, str]:
    return {
        "OPENAI_API_KEY": "own",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_MODEL": "scripted",
        "SPEECH_MODEL": "off",
    }


async def test_the_same_lines_are_said_to_a_living_model(meeting: Recording) -> None:
    """It answers in its own way; what comes of it is told, with a recording of how it went."""
    async with ScriptedModel(api_key="own") as model:
        write_lanes(model, at_once(replace(meeting, replies=tuple(map(in_other_words, meeting.replies)))))
        settings = {**own_model(model), **meeting.settings}
        outcome, again = await replay_with_model(meeting, settings)
    assert outcome.task(1).closed_because == "agreed"
    assert all(text.endswith("Спасибо!") for text in outcome.said["anna"])
    assert [(line.who, line.text) for line in again.lines] == [(line.who, line.text) for line in meeting.lines]
    assert [reply.of for reply in again.replies] == [reply.of for reply in meeting.replies]
    played = dataclasses.replace(again, expect=None)
    assert (await replay(played)).task(1) == outcome.task(1)


async def test_a_contacts_prompt_is_asked_in_their_own_lane(meeting: Recording) -> None:
    """Nothing the owner was told reaches a contact's conversation by way of the wrong replies."""
    heard: dict[str, list[Asked]] = {}
    async with ScriptedModel(api_key="own") as model:
        write_lanes(model, at_once(meeting))
        await replay_with_model(meeting, {**own_model(model), **meeting.settings})
        heard = {who: model.lane(who).asked for who in (OWNER, "anna", "boris")}
    assert {who: len(asked) for who, asked in heard.items()} == {OWNER: 2, "anna": 3, "boris": 0}
    assert all("тороп" not in asked.text for asked in heard["anna"])
