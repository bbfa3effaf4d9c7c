"""A rehearsal at the terminal: each line typed is said by somebody, on the Telegram of a scene, to the program there.

At a terminal time is real, and `/wait` makes it jump. From a pipe lines are said one after the other, each when the
program has dealt with the one before it, and waiting takes no time.
"""

import asyncio
import contextlib
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never, cast

from userbot.errors import OwnerMustAct, UserbotError
from userbot.model.endpoint import read_endpoint
from userbot.rehearsal.jumping import JumpingLoop
from userbot.rehearsal.rehearse import typed
from userbot.rehearsal.rehearse.ear import Ear
from userbot.rehearsal.rehearse.expectations import expectation_of
from userbot.rehearsal.rehearse.own_settings import OwnSettings
from userbot.rehearsal.rehearse.recording import (
    KEPT,
    OWNER,
    Line,
    Person,
    Recording,
    RecordingFault,
)
from userbot.rehearsal.rehearse.saved_file import read_recording, write_recording
from userbot.rehearsal.rehearse.scene import CannotBeSaid, Place, Scene, open_scene, scratch_folder
from userbot.rehearsal.rehearse.screen import Screen
from userbot.rehearsal.rehearse.summary import tell_cost, tell_outcome
from userbot.rehearsal.rehearse.words import Words
from userbot.skills import Severity, Skill, Skills, load_skills
from userbot.terminal import Terminal

PROMPT = "> "


class Stopped(UserbotError):
    """From a pipe nobody can do anything about it: the rehearsal ends."""


def find_skill(skills: Skills, named: str) -> Skill:
    """By its name or task type. Raises OwnerMustAct, saying what is wrong with it or which there are."""
    for skill in skills.by_type.values():
        if named in (skill.name, skill.task_type):
            return skill
    for fault in skills.faults:
        if fault.folder == named and fault.severity is Severity.SKIPPED:
            raise OwnerMustAct(f"the skill {named} cannot be used: {fault.text}; {fault.mend}")
    there_are = ", ".join(skill.name for skill in skills.by_type.values()) or "none"
    raise OwnerMustAct(f"there is no skill {named!r}; there are: {there_are}")


async def rehearse(
    own: OwnSettings, words: Words, terminal: Terminal, named: str | None, start: datetime, *, as_set: bool
) -> bool:
    """Until /quit or the end of input. False when the model failed a pipe. Needs a JumpingLoop. Raises OwnerMustAct,
    when there is no such skill too."""
    skills = load_skills(own.read.skills_dir)
    if not skills.by_type:
        raise OwnerMustAct(f"no usable skill in {own.read.skills_dir}: put the project's skills/ folder there")
    skill = None if named is None else find_skill(skills, named)
    start = start.astimezone(UTC).replace(microsecond=0)
    people = [Person(username, name) for username, name in words.people]
    with scratch_folder("userbot-rehearsal-") as folder:
        place = Place(Path(folder), own.read.skills_dir, own.by_name, own.read.prices_path)
        voice = _Voice(terminal)
        trouble = _Trouble(words, voice)
        loop = cast(JumpingLoop, asyncio.get_running_loop())
        ear = Ear(lambda: [(person.username, person.name) for person in people], trouble.note, loop.outside)
        async with open_scene(place, start, words.owner_name, people, ear) as scene:
            scene.loop.jumps_until = -math.inf
            await scene.start_program()
            session = _Session(scene, start, own, words, voice, people, skill, trouble)
            session.open(skills, as_set=as_set)
            return await session.run()


class _Session:
    def __init__(
        self,
        scene: Scene,
        start: datetime,
        own: OwnSettings,
        words: Words,
        voice: "_Voice",
        people: list[Person],
        skill: Skill | None,
        trouble: "_Trouble",
    ) -> None:
        self._scene = scene
        self._own = own
        self._words = words
        self._voice = voice
        self._people = people
        self._skill = skill
        self._trouble = trouble
        self._lines: list[Line] = []
        self._start = start
        self._screen = Screen(scene, words, voice.say, shows_typed=not voice.is_person)

    @property
    def _prefix(self) -> str:
        return self._own.read.command_prefix

    def _say(self, phrase: str, **values: object) -> None:
        self._voice.say(self._words.say(phrase, **values))

    # --- the beginning --------------------------------------------------------------------------------------------

    def open(self, skills: Skills, *, as_set: bool) -> None:
        self._say("begins")
        model = self._own.read.model_settings
        self._say("model", model=model.model, host=read_endpoint(model).host)
        if not self._own.is_local:
            self._say("costs")
        self._say("people", people=", ".join(f"@{person.username} {person.name}" for person in self._people))
        manners = self._words.say("as_set" if as_set else "shortened")
        self._say("clock", at=self._now(), manners=manners)
        example = self._words.example("meeting")
        if self._skill is not None:
            self._say("skill", name=self._skill.name, task_type=self._skill.task_type)
            for fault in skills.faults:
                if fault.folder == self._skill.name:
                    self._say("skill_warns", text=fault.text, mend=fault.mend)
            example = self._words.example(self._skill.task_type)
        if example:
            self._say("try", example=self._prefix + example[1:])
        else:
            self._say("try_own_words", prefix=self._prefix, description=self._skill.description if self._skill else "")

    def _now(self) -> str:
        return f"{self._scene.clock.now().astimezone(self._own.read.owner_timezone):%Y-%m-%d %H:%M}"

    # --- line by line ---------------------------------------------------------------------------------------------

    async def run(self) -> bool:
        try:
            came_out = await self._read_lines()
        except Stopped as stopped:
            self._say("model_fails", error=stopped)
            came_out = False
        self._screen.flush()
        self._voice.say("")
        outcome = self._scene.outcome()
        for line in tell_outcome(outcome, self._words):
            self._voice.say(line)
        if self._scene.ear.replies:
            if self._skill is not None and self._skill.task_type not in {task.task_type for task in outcome.tasks}:
                self._say("skill_unused", name=self._skill.name)
            self._voice.say(tell_cost(self._scene.ear.replies, self._words, is_local=self._own.is_local))
        return came_out

    async def _read_lines(self) -> bool:
        while (text := await self._voice.next_line()) is not None:
            self._scene.raise_if_ended()
            meant = typed.read_line(text, self._scene.people, self._prefix)
            if meant is None:
                continue
            what, at_once = meant
            if isinstance(what, typed.Quit):
                break
            if not self._voice.is_person and not at_once:
                await self._settle()
            await self._do(what, waits=not at_once)
        if not self._voice.is_person:
            await self._settle()
        return True

    async def _settle(self) -> None:
        with self._jumping(math.inf):
            await self._scene.settle(self._trouble.raise_in_pipe)
        self._screen.flush()

    async def _do(self, what: typed.Typed, *, waits: bool) -> None:
        match what:
            case typed.Say():
                self._put(what.who, what.text, what.to, None, waits=waits, file=what.file)
            case typed.Answer():
                self._answer(what, waits=waits)
            case typed.Refer():
                self._refer(what, waits=waits)
            case typed.Meet():
                self._meet(what)
            case typed.Wait():
                await self._wait(what.seconds, settles=waits)
            case typed.Save():
                self._save(what.path)
            case typed.Help():
                self._say("help", prefix=self._prefix)
            case typed.Unclear():
                self._say(what.why, **what.values)
            case typed.Quit():
                pass
            case _:
                assert_never(what)

    def _put(
        self, who: str, text: str, to: str | None, reply_to: str | None, *, waits: bool, file: str | None = None
    ) -> None:
        if self._voice.is_person:
            waits = waits and not self._scene.is_pending()
        line = Line(self._scene.at_s, who, text, to, reply_to, waits, file)
        self._scene.say(line)
        self._lines.append(line)

    def _answer(self, answer: typed.Answer, *, waits: bool) -> None:
        shown = self._screen.message(answer.number)
        who = OWNER
        if shown is not None and shown.dialog is not self._scene.owner:
            who = next(name for name, account in self._scene.people.items() if account is shown.dialog)
        try:
            if shown is None:
                raise CannotBeSaid("it was never shown")
            reference = self._scene.reference_to(shown.dialog, shown.message_id)
            self._put(who, answer.text, None, reference, waits=waits)
        except CannotBeSaid:
            self._say("no_such_message", number=answer.number)

    def _refer(self, refer: typed.Refer, *, waits: bool) -> None:
        try:
            self._put(OWNER, refer.text, None, refer.reference, waits=waits)
        except CannotBeSaid:
            self._say("no_such_message", number=refer.reference)

    def _meet(self, meet: typed.Meet) -> None:
        person = Person(meet.username, meet.name, comes_at_s=self._scene.at_s)
        try:
            self._scene.add_person(person)
        except CannotBeSaid:
            self._say("taken", username=person.username, name=person.name)
            return
        self._people.append(person)
        self._say("met", username=person.username, name=person.name)

    async def _wait(self, seconds: float, *, settles: bool) -> None:
        until_s = self._scene.loop.time() + seconds
        with self._jumping(until_s), self._scene.passing(until_s):
            await asyncio.sleep(seconds)
        if settles and not self._voice.is_person:
            await self._settle()
        self._screen.flush()
        self._say("waited", at=self._now())

    @contextlib.contextmanager
    def _jumping(self, until: float) -> Iterator[None]:
        loop = self._scene.loop
        loop.jumps_until = until
        try:
            yield
        finally:
            loop.jumps_until = -math.inf

    # --- saving ---------------------------------------------------------------------------------------------------

    def _save(self, written: str) -> None:
        path = Path(written).expanduser()
        if path.exists():
            try:
                read_recording(path)
            except RecordingFault:
                self._say("not_saved", why=self._words.say("not_ours", path=path))
                return
        try:
            write_recording(self._recording(), path)
        except RecordingFault as fault:
            self._say("not_saved", why=fault)
            return
        self._say("saved", path=path)

    def _recording(self) -> Recording:
        scene = self._scene
        return Recording(
            start=self._start,
            owner=self._words.owner_name,
            people=tuple(self._people),
            lines=tuple(self._lines),
            replies=tuple(scene.ear.replies),
            settings={name: value for name, value in self._own.by_name.items() if name in KEPT},
            skill=self._skill.name if self._skill else None,
            until_s=scene.at_s,
            expect=expectation_of(scene.outcome()),
        )


class _Voice:
    """The terminal, where messages come in while somebody types."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._is_asking = False
        self.is_person = terminal.is_person

    def say(self, text: str) -> None:
        if self._is_asking and self.is_person:
            self._terminal.say_above(text, PROMPT)
        else:
            self._terminal.say(text)

    async def next_line(self) -> str | None:
        self._is_asking = True
        try:
            return await self._terminal.read_line(PROMPT)
        finally:
            self._is_asking = False


class _Trouble:
    """Calls of the model that failed. A person is told once, and the program goes on trying; a pipe ends."""

    def __init__(self, words: Words, voice: "_Voice") -> None:
        self._words = words
        self._voice = voice
        self._last = ""

    def note(self, error: UserbotError) -> None:
        if self._voice.is_person and str(error) != self._last:
            self._voice.say(self._words.say("model_fails", error=error))
        self._last = str(error)

    def raise_in_pipe(self) -> None:
        if self._last and not self._voice.is_person:
            raise Stopped(self._last)
