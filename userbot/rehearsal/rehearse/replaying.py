"""Plays a recording again, on a loop whose time jumps: with the model's recorded replies, or with a model that lives.

With the recorded ones the program asks a scripted endpoint on loopback, over the real SDK, and gets each conversation's
replies in their order. What no longer fits ends the replay with words for it.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

from userbot.config import default_home
from userbot.errors import OwnerMustAct, UserbotError
from userbot.rehearsal.jumping import JumpingLoop
from userbot.rehearsal.model import NOTHING_LEFT, Asked, Call, Said, ScriptedModel, Step, Tokens
from userbot.rehearsal.rehearse.ear import Ear, whose
from userbot.rehearsal.rehearse.outcome import Outcome
from userbot.rehearsal.rehearse.recording import OWNER, Line, Person, RecordedReply, Recording
from userbot.rehearsal.rehearse.scene import CannotBeSaid, Place, Scene, open_scene, scratch_folder

# How often a replay that waits looks whether it has failed.
LOOK_EVERY_S = 120.0


class ReplayFailed(OwnerMustAct):
    """The program no longer does with this recording what it did; the text says where and what."""


async def replay(
    recording: Recording, skills: Path | None = None, on_scene: Callable[[Scene], None] = lambda _: None
) -> Outcome:
    """What becomes of it with the recorded replies; needs a JumpingLoop. `skills`: a folder of them, this checkout's by
    default. `on_scene`: who wants to look at what happens there.

    Raises ReplayFailed when a reply is asked for that was not recorded or one is left over, when a tool is no longer
    offered, and when a call that was taken is refused now, or the other way round.
    """
    async with AsyncExitStack() as stack:
        model = ScriptedModel(api_key="replay")
        await model.start()
        stack.push_async_callback(model.stop)
        write_lanes(model, recording)
        settings = {
            **recording.settings,
            "OPENAI_API_KEY": "replay",
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_MODEL": "recorded",
            "SPEECH_MODEL": "off",
        }
        failures: list[UserbotError] = []

        def watch(ear: Ear) -> None:
            if problems := [*differing(recording.replies, ear.replies), *_misfits(model, recording)]:
                raise ReplayFailed("\n".join(problems))
            if failures:
                raise ReplayFailed(f"the recorded model was asked in vain: {failures[0]}")

        outcome, _ = await _play(
            recording,
            lambda home: Place(home, skills or default_home() / "skills", settings),
            Ear(lambda: _names(recording.people), failures.append),
            watch,
            on_scene,
        )
        if left := [step.name for who in _conversations(recording) for step in model.lane(who).left]:
            raise ReplayFailed("replies that were recorded and not asked for now: " + "; ".join(left))
        return outcome


async def replay_with_model(
    recording: Recording,
    settings: Mapping[str, str],
    skills: Path | None = None,
    prices: Path | None = None,
    on_scene: Callable[[Scene], None] = lambda _: None,
) -> tuple[Outcome, Recording]:
    """The same lines, said to the model that `settings` (by name) name, each when the program has dealt with the one
    before it. Beside the outcome comes a recording of how it went this time.

    Raises what the model room raises when a model cannot be had.
    """
    failures: list[UserbotError] = []

    def watch(_: Ear) -> None:
        if failures:
            raise failures[0]

    loop = cast(JumpingLoop, asyncio.get_running_loop())
    return await _play(
        recording,
        lambda home: Place(home, skills or default_home() / "skills", settings, prices),
        Ear(lambda: _names(recording.people), failures.append, loop.outside),
        watch,
        on_scene,
    )


async def _play(
    recording: Recording,
    place: Callable[[Path], Place],
    ear: Ear,
    watch: Callable[[Ear], None],
    on_scene: Callable[[Scene], None],
) -> tuple[Outcome, Recording]:
    """Say every line in its time. `watch` is called all the while and may raise."""
    at_first = [person for person in recording.people if not person.comes_at_s]
    with scratch_folder("userbot-replay-") as folder:
        async with open_scene(place(Path(folder)), recording.start, recording.owner, at_first, ear) as scene:
            on_scene(scene)
            await scene.start_program()
            said = await _say_all(scene, recording, lambda: watch(ear))
            again = replace(recording, lines=said, replies=tuple(ear.replies), until_s=scene.at_s)
            return scene.outcome(), again


async def _say_all(scene: Scene, recording: Recording, watch: Callable[[], None]) -> tuple[Line, ...]:
    late_s = 0.0
    said = []
    to_come = sorted((person for person in recording.people if person.comes_at_s), key=lambda one: one.comes_at_s)
    for line in recording.lines:
        await _until(scene, line.at_s + late_s, watch)
        while to_come and to_come[0].comes_at_s <= line.at_s:
            scene.add_person(to_come.pop(0))
        if line.waits:
            await scene.settle(watch)
        late_s = max(late_s, scene.at_s - line.at_s)
        try:
            scene.say(line)
        except CannotBeSaid as error:
            raise ReplayFailed(f"at {line.at_s:g} s, {line.who}: {line.text[:60]!r} cannot be said: {error}") from None
        said.append(replace(line, at_s=scene.at_s))
    await _until(scene, recording.until_s + late_s, watch)
    await scene.settle(watch)
    watch()
    return tuple(said)


async def _until(scene: Scene, at_s: float, watch: Callable[[], None]) -> None:
    with scene.passing(scene.loop.time() + at_s - scene.at_s):
        while (left_s := at_s - scene.at_s) > 0:
            await asyncio.sleep(min(left_s, LOOK_EVERY_S))
            watch()
            scene.raise_if_ended()


def _names(people: Sequence[Person]) -> list[tuple[str, str]]:
    return [(person.username, person.name) for person in people]


# --- the recorded model ---------------------------------------------------------------------------------------------


def _conversations(recording: Recording) -> list[str]:
    return [OWNER, *(person.username for person in recording.people)]


def write_lanes(model: ScriptedModel, recording: Recording) -> None:
    """One lane for each conversation, with its replies in order."""
    names = _names(recording.people)

    def is_of(who: str, asked: Asked) -> bool:
        return whose(asked.text, names) == who

    for who in _conversations(recording):
        lane = model.lane(who, partial(is_of, who))
        for number, reply in enumerate((reply for reply in recording.replies if reply.of == who), 1):
            lane.add(_step(reply, f"{who}, reply {number} ({_in_short(reply)})"))


def _step(reply: RecordedReply, name: str) -> Step:
    calls = tuple(Call(call.name, "{" if call.arguments is None else call.arguments) for call in reply.calls)
    # What was refused may as well have been a tool that was never offered.
    needed = {call.name for call in reply.calls if call.was_taken is not False}
    said = Said(
        reply.text or (None if calls else "."),
        calls,
        tokens="approximate" if reply.tokens is None else Tokens(*reply.tokens, cost_usd=reply.cost_usd),
        delay_s=reply.took_s,
    )
    return Step(
        said,
        tools=tuple(sorted(needed)),
        name=name,
    )


def _in_short(reply: RecordedReply) -> str:
    return ", ".join(call.name for call in reply.calls) or "no call"


def _misfits(model: ScriptedModel, recording: Recording) -> Iterator[str]:
    """What the model was asked that it has no recorded reply to; the first of it is what the rest follows from."""
    if not model.failures:
        return
    for who in _conversations(recording):
        lane = model.lane(who)
        recorded = len(_of(who, recording.replies))
        if NOTHING_LEFT in model.failures[0] and len(lane.asked) > recorded:
            yield f"{who}: more was asked of the model than the {recorded} replies that were recorded"
            yield from (f"  {result.name} was answered: {result.text}" for result in lane.asked[recorded].tool_results)
            return
    yield model.failures[0].split("; asked last: ")[0]


def differing(recorded: Sequence[RecordedReply], heard: Sequence[RecordedReply]) -> Iterator[str]:
    """Calls that were taken and are refused now, or the other way round."""
    for who in {reply.of: None for reply in heard}:
        pairs = zip(_of(who, recorded), _of(who, heard), strict=False)
        for number, (then, now) in enumerate(pairs, 1):
            for call, again in zip(then.calls, now.calls, strict=False):
                if None not in (call.was_taken, again.was_taken) and call.was_taken != again.was_taken:
                    fate = ("taken", "refused") if call.was_taken else ("refused", "taken")
                    why = f": {again.refusal}" if again.refusal else ""
                    yield f"{who}, reply {number}: {call.name} was {fate[0]} when recorded, and is {fate[1]} now{why}"


def _of(who: str, replies: Sequence[RecordedReply]) -> list[RecordedReply]:
    return [reply for reply in replies if reply.of == who]
