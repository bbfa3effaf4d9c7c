"""One ordered worker per peer: wakes, looks what there is to do, and has turns made of it one after another."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import timedelta

from userbot.clock import Clock
from userbot.conversation import (
    afterwards,
    approvals,
    contact,
    last_words,
    moves,
    plan_notices,
    plan_parts,
    plans,
    reopening,
    set_aside,
    silence,
    silent,
    takeovers,
)
from userbot.conversation.condensing import Choices
from userbot.conversation.contact import World
from userbot.conversation.courtesy import IMPATIENT, Manners
from userbot.conversation.doing import Doing
from userbot.conversation.spending import Purse, TaskSpent
from userbot.conversation.turn import TurnIsNonsense
from userbot.dispatch.quiet import Quiet
from userbot.dispatch.tools import Tools
from userbot.dispatch.troubles import Troubles
from userbot.dispatch.turns import Turns
from userbot.errors import MachineFails, NeverAgain, NotLoggedIn, OwnerMustAct, TelegramUnavailable, TryAgain
from userbot.store import conversations, desk, journal, ledger, peers, tasks
from userbot.store.database import failure
from userbot.store.journal import Entry
from userbot.store.tasks import Task
from userbot.tasks.budgets import Limits, Rest

log = logging.getLogger(__name__)

# A command that takes longer than this is answered with a sign that it was seen: within a second, but not for nothing.
SEEN_S = 0.6
# While a first message waits for the morning: clocks are set, and quiet hours changed.
LOOK_AGAIN_S = 60.0


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
        self._manners = manners
        self._dialog_lines = dialog_lines
        self._choices = Choices()
        self._purse = Purse(limits, owner_id)
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._woken: dict[int, asyncio.Event] = {}
        # Whose dialogs were read since this connection began.
        self._read: set[int] = set()
        # Commands whose owner is told that they were seen, unless they are dealt with before.
        self._seen: set[int] = set()
        # What the owner's turn is doing just now.
        self.doing = Doing(clock, self._signs_moved)
        self.quiet = Quiet(clock, quiet_s)
        self._troubles = Troubles(clock, owner_id)
        self.turns = Turns(
            tools,
            clock,
            owner_id=owner_id,
            purse=self._purse,
            doing=self.doing,
            quiet=self.quiet,
            troubles=self._troubles,
        )
        # Contacts whose rows, or our reading of them, made something raise that nobody foresaw.
        self._aside: set[int] = set()
        self._settles_plans = False
        self._closed = False
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(self, peer_id: int) -> None:
        """Look at this peer soon. Stops, pauses and takeovers take effect at once, whatever turn is in flight."""
        if self._closed or peer_id in self._aside:
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
            try:
                self._settle(peer_id)
            except Exception as error:
                self._set_aside(peer_id, error)
                return
            self.settle_plans()
        self._woken.setdefault(peer_id, asyncio.Event()).set()
        if peer_id not in self._workers:
            worker = asyncio.create_task(self._work(peer_id), name=f"peer {peer_id}")
            self._workers[peer_id] = worker
            worker.add_done_callback(lambda done: self._ended(peer_id, done))

    def _settle(self, peer_id: int) -> None:
        """What follows from this contact's messages without a model."""
        taken_over = takeovers.settle_outgoing(peer_id, self._clock.now())
        changed = reopening.settle_changed_words(peer_id, self._clock.now())
        changed |= silent.settle_late(peer_id, self._clock.now())
        unsent = self._settle_unsent(peer_id)
        if silence.settle_silence(peer_id, self._clock.now()) or unsent or changed or taken_over:
            self._tools.on_change()

    def _set_aside(self, peer_id: int, error: Exception) -> None:
        """One dialog's trouble is that dialog's. Raises what is no fault of it: the disk's, the login's."""
        if isinstance(error, MachineFails | NotLoggedIn) or failure(error) is not None:
            raise error
        log.error("peer=%s is set aside until the next start", peer_id, exc_info=error)
        self._aside.add(peer_id)
        set_aside.broke_worker(peer_id, self._clock.now())
        self._tools.on_change()

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
        longest = timedelta(seconds=self.quiet.longest_s)
        holds = self._manners.holds_back
        taken_back = approvals.take_back(peer_id, now, answered_since=now - longest, holds_back=holds)
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
        if self._settles_plans:
            # Called from a wake below: each who is woken has a worker, and its first step looks here again.
            return
        self._settles_plans = True
        try:
            if plans.settle(self._clock.now()):
                self._tools.on_change()
                self._wake_owed()
        finally:
            self._settles_plans = False

    def look_after_plans(self) -> None:
        """Now and then, for what time alone brings about."""
        self.settle_plans()
        if plan_notices.report_lost(self._clock.now()):
            self._tools.on_change()
        self._wake_owed()

    def _wake_owed(self) -> None:
        for peer_id in sorted(plan_parts.peers_owed()):
            self.wake(peer_id)

    async def close(self) -> None:
        """Cut off what is under way. Nothing is lost: a turn that has not committed has not happened."""
        self._closed = True
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self.doing.close()

    def _ended(self, peer_id: int, worker: asyncio.Task[None]) -> None:
        del self._workers[peer_id]
        if worker.cancelled():
            return
        if (error := worker.exception()) is not None:
            # Something no turn is to blame for (a full disk, say): the program must not go on as if nothing were.
            known = isinstance(error, MachineFails | NotLoggedIn) or failure(error) is not None
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
                self._troubles.step_done(peer_id)
            except NotLoggedIn:
                # No key of the model's, and nothing that waiting mends: the program ends, and says what to do.
                raise
            except (TryAgain, NeverAgain, OwnerMustAct) as error:
                await self._wait_after(peer_id, error)
            except Exception as error:
                if peer_id == self._owner_id:
                    raise
                self._set_aside(peer_id, error)
                return

    async def _wait_after(self, peer_id: int, error: TryAgain | NeverAgain | OwnerMustAct) -> None:
        wait = self._troubles.came_over(peer_id, error)
        self._tools.on_change()
        woken = self._woken[peer_id]
        told = self.doing.held_up(wait.trouble) if peer_id == self._owner_id else contextlib.nullcontext()
        with told, contextlib.suppress(TimeoutError):
            await asyncio.wait_for(woken.wait() if wait.news_helps else asyncio.Event().wait(), wait.seconds)

    # --- a contact --------------------------------------------------------------------------------------------------

    async def _contact_step(self, peer_id: int) -> bool:
        """One turn in this dialog; False when there is nothing to do."""
        self.settle_plans()
        world = contact.look(peer_id, self._dialog_lines, self._choices)
        if world is None:
            if (last := last_words.look(peer_id, self._dialog_lines, self._clock.now())) is not None:
                self._purse.check_contact_turn(last, self._clock.now())
                await self.turns.run(peer_id, last.tasks[0].id, self.turns.last_words(last))
                return True
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
        if wait_s := self.quiet.seconds_left(world):
            await asyncio.sleep(wait_s)
            return True
        if (rests := self._purse.who_rests(world, self._clock.now())) is not None:
            self._rest(rests[1], rests[0])
            return True
        self._purse.check_contact_turn(world, self._clock.now())
        try:
            if self._tools.hearing is not None and (unheard := [one for one in world.new if one.is_to_be_heard]):
                # A turn of its own, which costs: what was said may change what there is to do.
                await self.turns.run(peer_id, world.tasks[0].id, self._tools.hearing.hear(unheard))
                self.wake(peer_id)
                return True
            await self.turns.run(peer_id, world.tasks[0].id, self.turns.of_contact(world))
            self._wake_owed()
        except TaskSpent as spent:
            self._rest([spent.task], spent.why)
        return True

    async def _until_woken(self, peer_id: int, longest_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken[peer_id].wait(), longest_s)

    async def _afterwards_step(self, after: World) -> None:
        """Something came from a contact whose meeting is agreed and still ahead."""
        if wait_s := self.quiet.seconds_left(after):
            await asyncio.sleep(wait_s)
            return
        self._purse.check_contact_turn(after, self._clock.now())
        await self.turns.run(after.contact.user_id, after.tasks[0].id, self.turns.after_agreement(after))

    def _rest(self, resting: Sequence[Task], why: Rest) -> None:
        moves.rest(resting, why, self._clock.now())
        log.warning("tasks=%s rest: %s", [task.id for task in resting], why.value)
        self._tools.on_change()

    # --- the owner --------------------------------------------------------------------------------------------------

    async def _owner_step(self, peer_id: int) -> bool:
        """The owner's next command that needs the model and of which a turn comes; False when there is none."""
        spoken = self._unheard(peer_id)
        if self._tools.hearing is not None and spoken:
            self._purse.check_owner_turn(self._clock.now())
            with self.doing.hearing():
                await self.turns.run(peer_id, None, self._tools.hearing.hear(spoken))
            return True
        commands = self._tools.take_commands()
        if not commands:
            return False
        self._purse.check_owner_turn(self._clock.now())
        nonsense: TurnIsNonsense | NeverAgain | None = None
        for command in commands:
            try:
                await self.turns.run(peer_id, command.focus, self.turns.of_owner(command))
                self._wake_concerned()
                return True
            except (TurnIsNonsense, NeverAgain) as error:
                # What no model makes sense of does not hold up the next command.
                nonsense = error
        assert nonsense is not None  # noqa: S101  (there was a command, and no turn)
        raise nonsense
