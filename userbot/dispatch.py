"""One ordered worker per peer: what is new goes in, a turn comes out. Knows when to wait, and what to do when a turn
cannot be had."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from userbot.clock import Clock
from userbot.conversation import (
    afterwards,
    approvals,
    contact,
    moves,
    owner,
    pictures,
    plan_notices,
    plan_parts,
    plans,
    reopening,
    silence,
    silent,
    takeovers,
    turn,
)
from userbot.conversation.commit import commit_contact_turn, commit_owner_turn
from userbot.conversation.contact import Setting, World
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.courtesy import IMPATIENT, Manners
from userbot.conversation.doing import Doing
from userbot.conversation.hearing import Hearing, SpeechUnavailable
from userbot.conversation.owner import Command, OwnerToolbox
from userbot.conversation.pictures import Pictures
from userbot.conversation.spending import AGAIN_S, Purse, TaskSpent
from userbot.conversation.turn import Model, TurnIsNonsense
from userbot.errors import BudgetSpent, MachineFails, NeverAgain, OwnerMustAct, TelegramUnavailable, TryAgain
from userbot.model.messages import Image, Message, Reply, ToolSpec, Usage
from userbot.people import Contact, Directory, Nobody, Several
from userbot.store import conversations, desk, journal, ledger, peers, tasks, usage
from userbot.store.database import failure
from userbot.store.journal import Entry
from userbot.store.tasks import Task
from userbot.tasks.budgets import Budget, Limits, Rest

log = logging.getLogger(__name__)

# However long somebody goes on writing or typing, they are answered after this many quiet times.
LONGEST_BURST = 8
TYPING_S = 6.0
# A command that takes longer than this is answered with a sign that it was seen: within a second, but not for nothing.
SEEN_S = 0.6
TURNS_AT_ONCE = 4
# While a first message waits for the morning: clocks are set, and quiet hours changed.
LOOK_AGAIN_S = 60.0
FIRST_RETRY_S = 15.0
LONGEST_RETRY_S = 900.0
# A model that talks nonsense costs money at every try.
LONGEST_NONSENSE_S = 6 * 3600.0
OWNER_ACTS_S = 600.0
TROUBLES = (
    "model_down",
    "speech_down",
    "model_key",
    "model_nonsense",
    "telegram_wait",
    *(f"budget_{budget}" for budget in Budget),
)


@dataclass(frozen=True)
class _Turn:
    """The turn a call is made in. `task_id`: which task pays for it."""

    turn_id: str
    peer_id: int
    task_id: int | None


_NO_TURN = _Turn("", 0, None)
_turn: ContextVar[_Turn] = ContextVar("turn", default=_NO_TURN)


@dataclass(frozen=True)
class Tools:
    """What the workers need of the other rooms.

    `setting(language)`: the owner's name, zone and skills, with prompts to be answered in that language.
    `language(text)`: the language an owner's text is in. `read_dialog(peer_id)` brings a dialog's history into the
    journal. `take_commands()` deals with every new command that needs no model and returns those that do.
    `on_change()`: rows were committed that somebody else (delivery, cards) should look at. `hearing`: who turns voice
    notes into words, if somebody does. `pictures`: who brings the contacts' pictures, if the model is to see them.
    `on_answering()`: `answering` changed.
    """

    model: Model
    directory: Directory
    setting: Callable[[str], Setting]
    read_dialog: Callable[[int], Awaitable[object]]
    take_commands: Callable[[], list[Command]]
    on_change: Callable[[], None]
    language: Callable[[str], str]
    hearing: Hearing | None = None
    pictures: Pictures | None = None
    on_answering: Callable[[], None] = lambda: None


class Dispatch:
    """Call `wake(peer_id)` whenever something about a peer may have changed; it is cheap and safe to call too often."""

    def __init__(
        self,
        tools: Tools,
        clock: Clock,
        *,
        owner_id: int,
        quiet_s: float,
        dialog_lines: int,
        limits: Limits,
        manners: Manners = IMPATIENT,
    ) -> None:
        """`manners`: how long a message to a contact waits before it goes. What they write meanwhile takes it back."""
        self._tools = tools
        self._clock = clock
        self._owner_id = owner_id
        self._quiet_s = quiet_s
        self._manners = manners
        self._dialog_lines = dialog_lines
        self._purse = Purse(limits, owner_id)
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._woken: dict[int, asyncio.Event] = {}
        self._typing_until: dict[int, datetime] = {}
        self._failures: dict[int, int] = {}
        self._slots = asyncio.Semaphore(TURNS_AT_ONCE)
        # When a turn was dropped since something newer came.
        self._dropped_at: dict[int, datetime] = {}
        # Contacts for whose words a turn is under way.
        self.answering: set[int] = set()
        # Whose dialogs were read since this connection began.
        self._read: set[int] = set()
        # Commands whose owner is told that they were seen, unless they are dealt with before.
        self._seen: set[int] = set()
        # What the owner's turn is doing just now.
        self.doing = Doing(clock, self._signs_moved)
        self._closed = False
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(self, peer_id: int) -> None:
        """Look at this peer soon. Stops, pauses and takeovers take effect at once, whatever turn is in flight."""
        if self._closed:
            return
        if peer_id == self._owner_id:
            takeovers.settle_commands(peer_id)
            for command in self._tools.take_commands():
                self._say_seen_soon(command.message_id)
            for spoken in self._spoken_replies():
                self._say_seen_soon(spoken.message_id)
            self.settle_plans()
            self._tools.on_change()
            self._wake_concerned()
        else:
            taken_over = takeovers.settle_outgoing(peer_id, self._clock.now())
            changed = reopening.settle_changed_words(peer_id, self._clock.now())
            changed |= silent.settle_late(peer_id, self._clock.now())
            unsent = self._settle_unsent(peer_id)
            if silence.settle_silence(peer_id, self._clock.now()) or unsent or changed or taken_over:
                self._tools.on_change()
            self.settle_plans()
        self._woken.setdefault(peer_id, asyncio.Event()).set()
        if peer_id not in self._workers:
            worker = asyncio.create_task(self._work(peer_id), name=f"peer {peer_id}")
            self._workers[peer_id] = worker
            worker.add_done_callback(lambda done: self._ended(peer_id, done))

    def _spoken_replies(self) -> list[Entry]:
        """What the owner says in reply to one of our messages is for us; any other voice note may be a memo."""
        spoken = [one for one in self._unheard(self._owner_id) if one.reply_to is not None]
        ours = ledger.by_message([one.reply_to for one in spoken if one.reply_to is not None])
        return [one for one in spoken if one.reply_to in ours]

    def _unheard(self, owner_id: int) -> list[Entry]:
        if self._tools.hearing is None:
            return []
        return [one for one in journal.waiting(owner_id, "new") if one.is_to_be_heard and not one.text]

    def _say_seen_soon(self, message_id: int) -> None:
        """What needs a model takes its time: its owner sees at once that it was read."""
        if message_id not in self._seen:
            self._seen.add(message_id)
            asyncio.get_running_loop().call_later(SEEN_S, self._say_seen, message_id)

    def _say_seen(self, message_id: int) -> None:
        if self._closed:
            return
        waiting = {entry.message_id for entry in journal.waiting(self._owner_id, "new")}
        if message_id in waiting and desk.add_seen(message_id, self._clock.now()):
            self._tools.on_change()

    def _signs_moved(self) -> None:
        if not self._closed and desk.signs_moved():
            self._tools.on_change()

    def _settle_unsent(self, peer_id: int) -> bool:
        """What was written for this contact is not sent when they said more since. True when there was any."""
        now = self._clock.now()
        longest = timedelta(seconds=self._quiet_s * LONGEST_BURST)
        taken_back = self._manners.holds_back and approvals.take_back(peer_id, now, answered_since=now - longest)
        return approvals.settle(peer_id, now) or taken_back

    def wake_all(self) -> None:
        """After a start: everybody with something undone."""
        for peer_id in sorted(journal.peers_waiting() - {self._owner_id}):
            self.wake(peer_id)
        self.wake(self._owner_id)

    def _wake_concerned(self) -> None:
        """What the owner wants may be for contacts: those with a first message to write, or a word of the owner's."""
        openings = {task.user_id for task in tasks.pending() if contact.needs_opening(task)}
        for peer_id in sorted(openings | conversations.peers_with_instructions() | plan_parts.peers_owed()):
            self.wake(peer_id)

    def settle_plans(self) -> None:
        """What follows for the others of a plan, whatever happened to one of its tasks."""
        if plans.settle(self._clock.now()):
            self._tools.on_change()
            self._wake_owed()

    def look_after_plans(self) -> None:
        """Now and then, for what time alone brings about."""
        self.settle_plans()
        if plan_notices.report_lost(self._clock.now()):
            self._tools.on_change()
        self._wake_owed()

    def _wake_owed(self) -> None:
        for peer_id in sorted(plan_parts.peers_owed()):
            self.wake(peer_id)

    def typing(self, peer_id: int) -> None:
        """A hint that this contact is writing: their turn waits a little longer."""
        self._typing_until[peer_id] = self._clock.now() + timedelta(seconds=TYPING_S)

    async def close(self) -> None:
        """Cut off what is under way. Nothing is lost: a turn that has not committed has not happened."""
        self._closed = True
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self.doing.close()

    def note_usage(self, call: Usage) -> None:
        """The model room reports a wire call: it belongs to the turn it was made in."""
        turn_of = _turn.get()
        if call.error is not None and turn_of.peer_id == self._owner_id:
            self.doing.asked_in_vain()
        usage.record_call(turn_of.turn_id, turn_of.peer_id, self._clock.now(), task_id=turn_of.task_id, **asdict(call))

    def _ended(self, peer_id: int, worker: asyncio.Task[None]) -> None:
        del self._workers[peer_id]
        if worker.cancelled():
            return
        if (error := worker.exception()) is not None:
            # Something no turn is to blame for (a full disk, say): the program must not go on as if nothing were.
            known = isinstance(error, MachineFails) or failure(error) is not None
            log.error("worker of peer=%s failed", peer_id, exc_info=None if known else error)
            if not self.broken.done():
                self.broken.set_exception(error)
                # Something else may end the program first: then nobody asks for it.
                self.broken.exception()
        elif self._woken[peer_id].is_set():
            self.wake(peer_id)

    async def _work(self, peer_id: int) -> None:
        """Until nothing is left to do: one turn after another, with a wait after each that could not be had."""
        step = self._owner_step if peer_id == self._owner_id else self._contact_step
        while True:
            self._woken[peer_id].clear()
            try:
                if not await step(peer_id):
                    return
                self._failures.pop(peer_id, None)
            except (TryAgain, NeverAgain, OwnerMustAct) as error:
                await self._wait_after(peer_id, error)

    async def _wait_after(self, peer_id: int, error: TryAgain | NeverAgain | OwnerMustAct) -> None:
        """Say once that nothing moves, and wait. A wake cuts the wait short only where news can help."""
        failures = self._failures[peer_id] = self._failures.get(peer_id, 0) + 1
        trouble, longest_s = _trouble(error)
        wait_s = min(FIRST_RETRY_S * 2 ** min(failures - 1, 20), longest_s)
        if isinstance(error, TryAgain) and error.after_s is not None:
            wait_s = max(wait_s, error.after_s)
        if isinstance(error, OwnerMustAct):
            wait_s = OWNER_ACTS_S
        log.warning("peer=%s waits %.0f s: %s", peer_id, wait_s, type(error).__name__)
        log.debug("peer=%s: %s", peer_id, error)
        self._say_waiting(peer_id, trouble, str(error) if isinstance(error, OwnerMustAct) else None)
        woken = self._woken[peer_id]
        told = self.doing.held_up(trouble) if peer_id == self._owner_id else contextlib.nullcontext()
        with told, contextlib.suppress(TimeoutError):
            # What the model said no sense to may read better with one message more; a model that is down stays down.
            await asyncio.wait_for(woken.wait() if trouble == "model_nonsense" else asyncio.Event().wait(), wait_s)

    def _say_waiting(self, peer_id: int, trouble: str, detail: str | None) -> None:
        now = self._clock.now()
        if peer_id == self._owner_id:
            if usage.tell_once(f"{trouble}:owner", now):
                waiting = journal.waiting(peer_id, "new")
                payload = {"what": trouble, "detail": detail}
                desk.add("problem", payload, now, reply_to=waiting[0].message_id if waiting else None)
        else:
            for task in tasks.open_with(peer_id):
                # What rests waits for its owner, whatever else is the matter.
                if task.trouble not in moves.RESTS:
                    tasks.set_trouble(task.id, trouble)
        self._tools.on_change()

    def _say_going_on(self, peer_id: int) -> None:
        if peer_id == self._owner_id:
            # A command that still waits has been told of: that another one went through changes nothing for it.
            for trouble in TROUBLES if not journal.waiting(peer_id, "new") else ():
                usage.told_is_over(f"{trouble}:owner")
        else:
            tasks.trouble_is_over(peer_id, but=(*moves.HELD_UP, *moves.RESTS))

    # --- a contact --------------------------------------------------------------------------------------------------

    async def _contact_step(self, peer_id: int) -> bool:
        """One turn in this dialog; False when there is nothing to do."""
        self.settle_plans()
        world = contact.look(peer_id, self._dialog_lines)
        if world is None:
            if (after := afterwards.look(peer_id, self._dialog_lines, self._clock.now())) is not None:
                await self._afterwards_step(after)
                return True
            if not tasks.has_open(peer_id):
                reopening.note_late(peer_id, self._clock.now())
                self._tools.on_change()
            return False
        if peer_id not in self._read or peers.swept_to(peer_id) == 0:
            # What came while the program was off, or before the task, may change everything: read before answering. The
            # second net only, though, for a dialog read before: what Telegram refuses to show holds nobody up.
            try:
                await self._tools.read_dialog(peer_id)
            except TelegramUnavailable:
                if peers.swept_to(peer_id) == 0:
                    raise
                log.warning("peer=%s is answered from what updates brought: its dialog cannot be read now", peer_id)
            self._read.add(peer_id)
            return True
        now = self._clock.now()
        if (may_write_at := self._manners.may_write_at(world, now)) > now:
            await self._until_woken(peer_id, min((may_write_at - now).total_seconds(), LOOK_AGAIN_S))
            return True
        if wait_s := self._until_quiet(world):
            await asyncio.sleep(wait_s)
            return True
        if (rests := self._purse.who_rests(world, self._clock.now())) is not None:
            self._rest(rests[1], rests[0])
            return True
        self._purse.check_contact_turn(world, self._clock.now())
        try:
            if self._tools.hearing is not None and (unheard := [one for one in world.new if one.is_to_be_heard]):
                # A turn of its own, which costs: what was said may change what there is to do.
                await self._in_turn(peer_id, world.tasks[0].id, self._tools.hearing.hear(unheard))
                self.wake(peer_id)
                return True
            await self._in_turn(peer_id, world.tasks[0].id, self._contact_turn(world))
        except TaskSpent as spent:
            self._rest([spent.task], spent.why)
        return True

    async def _until_woken(self, peer_id: int, longest_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken[peer_id].wait(), longest_s)

    async def _afterwards_step(self, after: World) -> None:
        """Something came from a contact whose meeting is agreed and still ahead."""
        if wait_s := self._until_quiet(after):
            await asyncio.sleep(wait_s)
            return
        self._purse.check_contact_turn(after, self._clock.now())
        await self._in_turn(after.contact.user_id, after.tasks[0].id, self._afterwards_turn(after))

    async def _afterwards_turn(self, after: World) -> None:
        setting = self._tools.setting(after.tasks[0].language)
        toolbox = afterwards.AfterToolbox(after)
        await turn.run(self._metered(None), afterwards.prompt(after, setting, self._clock.now()), toolbox)
        done = afterwards.commit(after, toolbox.decision, _turn.get().turn_id, self._clock.now())
        log.info("peer=%s wrote after it was agreed: %s", after.contact.user_id, "committed" if done else "dropped")

    def _rest(self, resting: Sequence[Task], why: Rest) -> None:
        moves.rest(resting, why, self._clock.now())
        log.warning("tasks=%s rest: %s", [task.id for task in resting], why.value)
        self._tools.on_change()

    def _until_quiet(self, world: World) -> float:
        """Seconds to wait for the contact to finish: messages come in bursts, and get one answer."""
        if not world.new:
            return 0
        now = self._clock.now()
        first = min(entry.received_at for entry in world.new)
        if (dropped_at := self._dropped_at.get(world.contact.user_id)) is not None:
            # Somebody who writes on and on must not get a turn, to be dropped too, for every message.
            first = max(first, dropped_at)
        last = max(entry.received_at for entry in world.new)
        typing_until = self._typing_until.get(world.contact.user_id, last)
        quiet_at = min(
            max(last + timedelta(seconds=self._quiet_s), typing_until),
            first + timedelta(seconds=self._quiet_s * LONGEST_BURST),
        )
        # Never longer than that, though the clock was set back since.
        return min(max(0.0, (quiet_at - now).total_seconds()), self._quiet_s * LONGEST_BURST)

    async def _contact_turn(self, world: World) -> None:
        turn_id = _turn.get().turn_id
        now = self._clock.now()
        setting = self._tools.setting(world.tasks[0].language)
        images: tuple[Image, ...] = ()
        if self._tools.pictures is not None:
            world, images = await self._tools.pictures.look(world)
        toolbox = ContactToolbox(world, setting, now, most_replies=self._purse.replies_left(world, now))
        prompt = pictures.show(contact.prompt(world, setting, now), world, images)
        with self._seen_answering(world):
            await turn.run(self._metered(world.tasks[0]), prompt, toolbox)
        decided = toolbox.whole()
        self._purse.check_first_contact(world, self._clock.now())
        done = commit_contact_turn(world, decided, turn_id, self._clock.now())
        if done:
            self._dropped_at.pop(world.contact.user_id, None)
        else:
            self._dropped_at[world.contact.user_id] = self._clock.now()
        self._wake_owed()
        log.info(
            "turn=%s peer=%s tasks=%s acts=%s %s",
            turn_id,
            world.contact.user_id,
            sorted(world.revisions),
            [type(act).__name__ for act in decided],
            "committed" if done else "dropped: something newer came",
        )

    @contextlib.contextmanager
    def _seen_answering(self, world: World) -> Iterator[None]:
        if not world.new:
            yield
            return
        self.answering.add(world.contact.user_id)
        self._tools.on_answering()
        try:
            yield
        finally:
            self.answering.discard(world.contact.user_id)
            self._tools.on_answering()

    # --- the owner --------------------------------------------------------------------------------------------------

    async def _owner_step(self, peer_id: int) -> bool:
        """The owner's next command that needs the model and of which a turn comes; False when there is none."""
        spoken = self._unheard(peer_id)
        if self._tools.hearing is not None and spoken:
            self._purse.check_owner_turn(self._clock.now())
            with self.doing.hearing():
                await self._in_turn(peer_id, None, self._tools.hearing.hear(spoken))
            return True
        commands = self._tools.take_commands()
        if not commands:
            return False
        self._purse.check_owner_turn(self._clock.now())
        nonsense: TurnIsNonsense | NeverAgain | None = None
        for command in commands:
            try:
                await self._in_turn(peer_id, command.focus, self._owner_turn(command))
                return True
            except (TurnIsNonsense, NeverAgain) as error:
                # What no model makes sense of does not hold up the next command.
                nonsense = error
        assert nonsense is not None  # noqa: S101  (there was a command, and no turn)
        raise nonsense

    async def _owner_turn(self, command: Command) -> None:
        turn_id = _turn.get().turn_id
        language = self._tools.language(command.text)
        setting = self._tools.setting(language)
        shown = await self._shown(command)
        directory = self.doing.directory(self._tools.directory)
        toolbox = OwnerToolbox(command, setting, directory, self._clock.now(), shown)
        prompt = owner.prompt(command, setting, self._clock.now(), shown)
        with self.doing.working_on(command.message_id):
            await turn.run(self.doing.model(self._metered(None)), prompt, toolbox)
        done = commit_owner_turn(
            command,
            toolbox.decided,
            toolbox.unknown,
            language=language,
            turn_id=turn_id,
            now=self._clock.now(),
            mode=setting.mode,
        )
        log.info(
            "turn=%s command=%s acts=%s %s",
            turn_id,
            command.message_id,
            [type(one.act).__name__ for one in toolbox.decided],
            "committed" if done else "dropped: the command is gone",
        )
        self._wake_concerned()

    async def _shown(self, command: Command) -> Contact | Several | None:
        """Whom the message shows that the command replies to."""
        if command.reply_to is None:
            return None
        found = await self._tools.directory.shown_in(command.reply_to)
        return None if isinstance(found, Nobody) else found

    def _metered(self, paying: Task | None) -> Model:
        return _Metered(self._tools.model, lambda: self._purse.check_round(paying, self._clock.now()))

    async def _in_turn(self, peer_id: int, task_id: int | None, work: Awaitable[None]) -> None:
        """Run one turn, known to whoever reports what it cost."""
        async with self._slots:
            token = _turn.set(_Turn(secrets.token_hex(6), peer_id, task_id))
            try:
                await work
            finally:
                _turn.reset(token)
        self._say_going_on(peer_id)
        self._tools.on_change()


@dataclass(frozen=True)
class _Metered:
    """The model, with the budgets looked at before each of its rounds: a turn has several, and each costs."""

    model: Model
    check: Callable[[], None]

    async def complete(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply:
        self.check()
        return await self.model.complete(messages, tools)


def _trouble(error: TryAgain | NeverAgain | OwnerMustAct) -> tuple[str, float]:
    """The trouble's code, as wording knows it, and the longest wait between tries in seconds."""
    if isinstance(error, OwnerMustAct):
        return "model_key", OWNER_ACTS_S
    if isinstance(error, BudgetSpent):
        return f"budget_{error.budget}", AGAIN_S
    if isinstance(error, SpeechUnavailable):
        return "speech_down", LONGEST_RETRY_S
    if isinstance(error, TurnIsNonsense | NeverAgain):
        return "model_nonsense", LONGEST_NONSENSE_S
    return "telegram_wait" if isinstance(error, TelegramUnavailable) else "model_down", LONGEST_RETRY_S
