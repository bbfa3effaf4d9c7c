"""One turn in each kind of conversation: what it reads, the model asked round by round, and its commit. Knows which
turn a model call belongs to."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass

from userbot.clock import Clock
from userbot.conversation import afterwards, contact, last_words, owner, pictures, turn
from userbot.conversation.contact import World
from userbot.conversation.contact_commit import commit_contact_turn
from userbot.conversation.contact_tools import ContactToolbox
from userbot.conversation.doing import Doing
from userbot.conversation.owner import Command
from userbot.conversation.owner_commit import commit_owner_turn
from userbot.conversation.owner_tools import OwnerToolbox
from userbot.conversation.spending import Purse
from userbot.conversation.turn import Model
from userbot.dispatch.quiet import Quiet
from userbot.dispatch.tools import Tools
from userbot.dispatch.troubles import Troubles
from userbot.model.messages import Image, Message, Reply, ToolSpec, Usage
from userbot.people import Contact, Nobody, Several
from userbot.store import usage
from userbot.store.tasks import Task

log = logging.getLogger(__name__)

TURNS_AT_ONCE = 4


@dataclass(frozen=True)
class _Turn:
    """The turn a call is made in. `task_id`: which task pays for it."""

    turn_id: str
    peer_id: int
    task_id: int | None


_NO_TURN = _Turn("", 0, None)
_turn: ContextVar[_Turn] = ContextVar("turn", default=_NO_TURN)


class Turns:
    """The turns of all workers, of which only so many are under way at once."""

    def __init__(
        self, tools: Tools, clock: Clock, *, owner_id: int, purse: Purse, doing: Doing, quiet: Quiet, troubles: Troubles
    ) -> None:
        self._tools = tools
        self._clock = clock
        self._owner_id = owner_id
        self._purse = purse
        self._doing = doing
        self._quiet = quiet
        self._troubles = troubles
        self._slots = asyncio.Semaphore(TURNS_AT_ONCE)
        # Contacts for whose words a turn is under way.
        self.answering: set[int] = set()

    async def run(self, peer_id: int, task_id: int | None, work: Awaitable[None]) -> None:
        """Run one turn, known to whoever reports what it cost."""
        async with self._slots:
            token = _turn.set(_Turn(secrets.token_hex(6), peer_id, task_id))
            try:
                await work
            finally:
                _turn.reset(token)
        self._troubles.turn_done(peer_id)
        self._tools.on_change()

    def note_usage(self, call: Usage) -> None:
        """The model room reports a wire call: it belongs to the turn it was made in."""
        turn_of = _turn.get()
        if call.error is not None and turn_of.peer_id == self._owner_id:
            self._doing.asked_in_vain()
        usage.record_call(turn_of.turn_id, turn_of.peer_id, self._clock.now(), task_id=turn_of.task_id, **asdict(call))

    async def of_contact(self, world: World) -> None:
        """Raises TaskSpent when a task may spend no more."""
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
        self._quiet.turn_over(world.contact.user_id, dropped=not done)
        log.info(
            "turn=%s peer=%s tasks=%s acts=%s %s",
            turn_id,
            world.contact.user_id,
            sorted(world.revisions),
            [type(act).__name__ for act in decided],
            "committed" if done else "dropped: something newer came",
        )

    async def after_agreement(self, after: World) -> None:
        """Something came from a contact whose meeting is agreed and still ahead."""
        setting = self._tools.setting(after.tasks[0].language)
        toolbox = afterwards.AfterToolbox(after)
        await turn.run(self._metered(None), afterwards.prompt(after, setting, self._clock.now()), toolbox)
        done = afterwards.commit(after, toolbox.decision, _turn.get().turn_id, self._clock.now())
        log.info("peer=%s wrote after it was agreed: %s", after.contact.user_id, "committed" if done else "dropped")

    async def last_words(self, world: World) -> None:
        """A contact asked not to be written to, and said something else with it."""
        setting, now = self._tools.setting(world.tasks[0].language), self._clock.now()
        toolbox = last_words.LastWordsToolbox(world, setting, now)
        await turn.run(self._metered(None), last_words.prompt(world, setting, now), toolbox)
        done = last_words.commit(world, toolbox, _turn.get().turn_id, self._clock.now())
        log.info("peer=%s asked for silence: last words %s", world.contact.user_id, "committed" if done else "dropped")

    async def of_owner(self, command: Command) -> None:
        """One command that needs the model. Raises TurnIsNonsense or NeverAgain when no turn comes of it."""
        turn_id = _turn.get().turn_id
        language = self._tools.language(command.text)
        setting = self._tools.setting(language)
        shown = await self._shown(command)
        directory = self._doing.directory(self._tools.directory)
        toolbox = OwnerToolbox(command, setting, directory, self._clock.now(), shown)
        prompt = owner.prompt(command, setting, self._clock.now(), shown)
        with self._doing.working_on(command.message_id):
            await turn.run(self._doing.model(self._metered(None)), prompt, toolbox)
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

    async def _shown(self, command: Command) -> Contact | Several | None:
        """Whom the message shows that the command replies to."""
        if command.reply_to is None:
            return None
        found = await self._tools.directory.shown_in(command.reply_to)
        return None if isinstance(found, Nobody) else found

    def _metered(self, paying: Task | None) -> Model:
        return _Metered(self._tools.model, lambda: self._purse.check_round(paying, self._clock.now()))


@dataclass(frozen=True)
class _Metered:
    """The model, with the budgets looked at before each of its rounds: a turn has several, and each costs."""

    model: Model
    check: Callable[[], None]

    async def complete(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Reply:
        self.check()
        return await self.model.complete(messages, tools)
